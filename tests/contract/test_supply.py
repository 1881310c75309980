"""What is coming: who waits is bound to it first come, first served."""

import pytest

from crossdock.orders.model import Status
from tests.support.coming import EARLY, LATER, LATEST, waits
from tests.support.world import World

# -- lines ------------------------------------------------------------------------------------------------------------


def test_a_line_is_announced_changed_and_left_as_it_is(world: World) -> None:
    assert world.announce("PO-1", "MUG", "DC", 5, EARLY).result == "created"
    assert world.announce("PO-1", "MUG", "DC", 5, EARLY).result == "unchanged"
    assert world.announce("PO-1", "MUG", "DC", 7, LATER).result == "changed"
    assert world.rows("SELECT quantity, received, claimed, state FROM supply_lines") == [(7, 0, 0, 1)]
    assert world.events().count("supply.changed") == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sku": "NONE"}, "unknown_item"),
        ({"location": "NONE"}, "unknown_location"),
        ({"expected_on": "2026-02-30"}, "invalid_day"),
        ({"sku": "SET"}, "bundle_not_stocked"),
    ],
)
def test_what_cannot_be_is_answered_line_by_line_and_the_others_land(world: World, changes, code: str) -> None:
    world.bundle("SET", {"MUG": 2})
    wrong = {"sku": "MUG", "location": "DC", "expected_on": EARLY, **changes}
    sku, place, on = wrong["sku"], wrong["location"], wrong["expected_on"]
    good = world.supply_line("PO-1", "PEN", "DC", 3, EARLY)
    outcomes = world.put_supply(world.supply_line("PO-1", sku, place, 3, on, line="2"), good)
    assert [o.result for o in outcomes] == ["failed", "created"]
    assert outcomes[0].code == code
    assert outcomes[0].message.endswith(".")
    assert len(world.rows("SELECT id FROM supply_lines")) == 1


def test_a_line_keeps_its_item_and_its_location(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 5, EARLY)
    before = world.dump()
    for sku, place in (("PEN", "DC"), ("MUG", "STORE")):
        assert world.announce("PO-1", sku, place, 5, EARLY).code == "supply_line_differs"
    assert world.dump() == before


def test_the_same_line_twice_in_a_batch_is_said_so(world: World) -> None:
    line = world.supply_line("PO-1", "MUG", "DC", 5, EARLY)
    assert [o.code for o in world.put_supply(line, line)] == ["", "repeated"]


# -- who is bound -----------------------------------------------------------------------------------------------------


def test_who_waits_gets_a_date_when_a_line_is_announced(world: World) -> None:
    first, second = waits(world, "A1", 2), waits(world, "A2", 2)
    world.announce("PO-1", "MUG", "DC", 3, EARLY)
    assert world.bound(first) == [("MUG", EARLY, 2)]
    assert world.bound(second) == [("MUG", EARLY, 1)]
    assert world.events(second)[-1] == "order.backorder_bound"
    assert world.rows("SELECT claimed FROM supply_lines") == [(3,)]
    assert world.status(first) == Status.WAITING


def test_who_orders_what_is_coming_gets_a_date_at_once(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 3, EARLY)
    world.announce("PO-2", "MUG", "STORE", 3, LATER)
    first, second, third = waits(world, "A1", 2), waits(world, "A2", 2), waits(world, "A3", 9)
    assert world.bound(first) == [("MUG", EARLY, 2)]
    assert world.bound(second) == [("MUG", EARLY, 1), ("MUG", LATER, 1)]
    assert world.bound(third) == [("MUG", LATER, 2)]
    assert world.events(second)[-1] == "order.backorder_bound"


def test_an_earlier_line_moves_everybody_up(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 3, LATER)
    first, second = waits(world, "A1", 2), waits(world, "A2", 1)
    world.announce("PO-2", "MUG", "STORE", 2, EARLY)
    assert (world.bound(first), world.bound(second)) == ([("MUG", EARLY, 2)], [("MUG", LATER, 1)])
    assert world.events(first)[-1] == "order.backorder_rebound"
    assert "order.backorder_rebound" not in world.events(second)


def test_a_date_that_slips_is_told_with_the_old_one(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 3, EARLY)
    order = waits(world, "A1", 2)
    world.announce("PO-1", "MUG", "DC", 3, LATER)
    assert world.bound(order) == [("MUG", LATER, 2)]
    data = world.rows("SELECT data FROM events WHERE type = 'order.backorder_rebound'")
    assert len(data) == 1
    assert f'"expected_on":"{LATER}","previous_on":"{EARLY}"' in data[0][0]


def test_a_line_that_slips_behind_another_gives_its_place_to_it(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 2, EARLY)
    world.announce("PO-2", "MUG", "DC", 2, LATER)
    first, second = waits(world, "A1", 2), waits(world, "A2", 2)
    world.announce("PO-1", "MUG", "DC", 2, LATEST)
    assert (world.bound(first), world.bound(second)) == ([("MUG", LATER, 2)], [("MUG", LATEST, 2)])


def test_a_line_that_shrinks_lets_go_of_who_came_last(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 3, EARLY)
    first, second = waits(world, "A1", 2), waits(world, "A2", 1)
    world.announce("PO-1", "MUG", "DC", 2, EARLY)
    assert (world.bound(first), world.bound(second)) == ([("MUG", EARLY, 2)], [])
    assert world.events(second)[-1] == "order.backorder_unbound"


def test_a_canceled_line_lets_go_of_everybody_and_comes_back_when_it_is_wanted_again(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 3, EARLY)
    order = waits(world, "A1", 2)
    world.announce("PO-1", "MUG", "DC", 3, EARLY, canceled=True)
    assert world.bound(order) == []
    assert world.rows("SELECT state, claimed FROM supply_lines") == [(3, 0)]
    world.announce("PO-1", "MUG", "DC", 3, EARLY)
    assert world.bound(order) == [("MUG", EARLY, 2)]


def test_when_somebody_cancels_everybody_behind_moves_up(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 2, EARLY)
    world.announce("PO-2", "MUG", "DC", 9, LATER)
    orders = [waits(world, name, 2) for name in ("A1", "A2", "A3")]
    assert [world.bound(order)[0][1] for order in orders] == [EARLY, LATER, LATER]
    world.cancel(orders[0])
    assert [world.bound(order) for order in orders] == [[], [("MUG", EARLY, 2)], [("MUG", LATER, 2)]]
    assert world.rows("SELECT claimed FROM supply_lines ORDER BY expected_day") == [(2,), (2,)]


def test_a_part_that_is_canceled_frees_what_it_was_bound_to(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 2, EARLY)
    first, second = waits(world, "A1", 2), waits(world, "A2", 1)
    world.cancel(first, {1: 1})
    assert (world.bound(first), world.bound(second)) == ([("MUG", EARLY, 1)], [("MUG", EARLY, 1)])


def test_a_higher_priority_goes_before(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 2, EARLY)
    world.announce("PO-2", "MUG", "DC", 2, LATER)
    first = waits(world, "A1", 2)
    urgent = waits(world, "A2", 2, priority=5)
    assert (world.bound(urgent), world.bound(first)) == ([("MUG", EARLY, 2)], [("MUG", LATER, 2)])
    assert world.events(first)[-1] == "order.backorder_rebound"


def test_nobody_is_bound_to_a_line_that_may_not_serve_him(world: World) -> None:
    world.policy(excluded=("STORE",))
    world.announce("PO-1", "MUG", "STORE", 2, EARLY)
    world.announce("PO-2", "MUG", "DC", 2, LATER)
    assert world.bound(waits(world, "A1", 2)) == [("MUG", LATER, 2)]


def test_binding_anew_without_a_change_changes_nothing(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 3, EARLY)
    world.announce("PO-2", "MUG", "DC", 3, LATER)
    for name in ("A1", "A2", "A3"):
        waits(world, name, 2)
    before = world.dump("events", "supply_lines", "stock_log")
    claims = world.rows("SELECT id, claimed FROM supply_lines ORDER BY id")
    world.announce("PO-3", "MUG", "DC", 3, LATEST)
    world.announce("PO-3", "MUG", "DC", 4, LATEST)
    assert world.dump("events", "supply_lines", "stock_log") == before
    assert world.rows("SELECT id, claimed FROM supply_lines WHERE claimed > 0 ORDER BY id") == claims
