"""What is coming: who waits is bound to it first come, first served, and what arrives serves him first."""

import pytest

from crossdock.inventory.view_model import Limit, StockView
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.reservations.commands import MoveReservation, ReleaseReservation
from crossdock.orchestration.views.commands import PutView
from crossdock.orders.model import Status
from tests.support.reserving import reserve
from tests.support.world import World

EARLY, LATER, LATEST = "2026-11-10", "2026-11-17", "2026-11-24"


def waits(world: World, name: str, units: int = 1, sku: str = "MUG", **more) -> int:
    """An order for something that is not there."""
    return world.capture(name, (sku, units), **more).order_id


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


# -- what arrives -----------------------------------------------------------------------------------------------------


def test_a_receipt_in_full_serves_who_is_bound_and_closes_the_line(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 3, EARLY)
    order = waits(world, "A1", 2)
    outcome = world.arrive("PO-1", 3)
    assert (outcome.result, outcome.on_hand, outcome.state) == ("recorded", 3, 2)
    assert world.stock("MUG", "DC") == (3, 2, 0)
    assert world.status(order) == Status.ALLOCATED
    assert world.plan(order) == {"DC": {"MUG": 2}}
    assert world.rows("SELECT received, claimed, state FROM supply_lines") == [(3, 0, 2)]
    assert world.bound(order) == []


def test_a_receipt_in_part_serves_in_order_and_the_rest_keeps_its_date(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 4, EARLY)
    first, second = waits(world, "A1", 2), waits(world, "A2", 2)
    world.arrive("PO-1", 3)
    assert world.parts(first) == {"allocated": 2}
    assert world.parts(second) == {"waiting": 1, "allocated": 1}
    assert world.bound(second) == [("MUG", EARLY, 1)]
    assert world.rows("SELECT received, claimed, state FROM supply_lines") == [(3, 1, 1)]
    world.arrive("PO-1", 1)
    assert world.parts(second) == {"allocated": 2}


def test_more_than_was_announced_is_recorded_and_serves_who_has_no_date(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 1, EARLY)
    first, second = waits(world, "A1", 1), waits(world, "A2", 1)
    assert world.arrive("PO-1", 5).on_hand == 5
    assert [world.status(order) for order in (first, second)] == [Status.ALLOCATED] * 2
    assert world.rows("SELECT quantity, received, state FROM supply_lines") == [(1, 5, 2)]


def test_what_arrives_for_a_canceled_line_is_there_all_the_same(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 1, EARLY, canceled=True)
    assert world.arrive("PO-1", 2).state == 3
    assert world.stock("MUG", "DC") == (2, 0, 0)


def test_a_short_final_receipt_closes_the_line_and_who_gets_nothing_waits_on(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 4, EARLY)
    world.announce("PO-2", "MUG", "DC", 4, LATER)
    first, second = waits(world, "A1", 2), waits(world, "A2", 2)
    world.arrive("PO-1", 2, final=True)
    assert world.status(first) == Status.ALLOCATED
    assert world.bound(second) == [("MUG", LATER, 2)]
    assert world.announce("PO-1", "MUG", "DC", 4, EARLY).result == "unchanged", "telling it again opens nothing"


def test_who_is_bound_to_the_line_goes_before_who_came_earlier_and_is_bound_to_another(world: World) -> None:
    """The store's line may not serve the first order, so the second one is bound to it, and is served from it."""
    world.put_location("STORE", 1, capabilities=("ship", "ambient"))
    world.announce("PO-1", "MUG", "DC", 1, LATER)
    world.announce("PO-2", "MUG", "STORE", 1, EARLY)
    first, second = waits(world, "A1", 1), waits(world, "A2", 1)
    assert (world.bound(first), world.bound(second)) == ([("MUG", EARLY, 1)], [("MUG", LATER, 1)])
    world.arrive("PO-1", 1)
    assert world.status(second) == Status.ALLOCATED
    assert (world.status(first), world.bound(first)) == (Status.WAITING, [("MUG", EARLY, 1)])


def test_a_receipt_told_twice_counts_once(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 4, EARLY)
    receipt = world.receipt("PO-1", 2, record="G1")
    assert world.receive_supply(receipt)[0].result == "recorded"
    before = world.dump()
    assert world.receive_supply(receipt)[0].result == "repeated"
    assert world.receive_supply(world.receipt("PO-1", 3, record="G1"))[0].code == "record_differs"
    assert world.dump() == before


def test_a_receipt_of_an_unknown_line_is_answered_and_the_others_land(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 4, EARLY)
    outcomes = world.receive_supply(world.receipt("PO-9", 2), world.receipt("PO-1", 2))
    assert [(o.result, o.code) for o in outcomes] == [("failed", "unknown_supply_line"), ("recorded", "")]
    assert world.stock("MUG", "DC") == (2, 0, 0)


def test_a_receipt_that_a_later_count_has_seen_raises_nothing(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 4, EARLY)
    at = world.clock.at
    world.clock.forward(hours=2)
    world.count("MUG", "DC", 4)
    assert world.arrive("PO-1", 4, at=at).on_hand == 4
    assert world.rows("SELECT received, state FROM supply_lines") == [(4, 2)]


def test_stock_that_comes_without_a_line_serves_the_first_and_frees_what_he_was_bound_to(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 1, EARLY)
    first, second = waits(world, "A1", 1), waits(world, "A2", 1)
    world.receive("MUG", "DC", 1)
    assert world.status(first) == Status.ALLOCATED
    assert world.bound(second) == [("MUG", EARLY, 1)]


def test_what_arrives_goes_to_who_waits_before_a_new_order_sees_it(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 2, EARLY)
    waiting = waits(world, "A1", 2)
    world.arrive("PO-1", 2)
    assert world.status(waiting) == Status.ALLOCATED
    assert world.capture("A2", ("MUG", 1)).status == Status.WAITING


def test_the_same_request_is_answered_the_same(world: World) -> None:
    line = world.supply_line("PO-1", "MUG", "DC", 5, EARLY)
    assert world.put_supply(line, key="k1") == world.put_supply(line, key="k1")
    receipt = world.receipt("PO-1", 2)
    assert world.receive_supply(receipt, key="k2") == world.receive_supply(receipt, key="k2")


def test_a_transfer_and_a_return_have_movements_of_their_own(world: World) -> None:
    world.announce("T-1", "MUG", "DC", 1, EARLY, kind="transfer")
    world.announce("R-1", "MUG", "DC", 1, EARLY, kind="return")
    world.arrive("T-1", 1)
    world.arrive("R-1", 1)
    assert [row[0] for row in world.rows("SELECT type FROM movements ORDER BY id")] == [14, 15]


# -- reservations on what is coming ----------------------------------------------------------------------------------


def hold_of(world: World, reference: str, units: int) -> int:
    """A reservation of so many mugs that are there, moved to a supply line, so that the mugs are free again."""
    world.receive("MUG", "DC", units)
    cart = reserve(world, ("MUG", units))
    (line_id,) = world.rows("SELECT id FROM supply_lines WHERE reference = ?", reference)[0]
    world.do(MoveReservation(actor=world.actor, reservation_id=cart, supply_line_id=line_id))
    world.sell("MUG", "DC", units)
    return cart


def held_on(world: World, cart: int) -> list[tuple[int, int]]:
    return world.rows("SELECT source, quantity FROM claims WHERE owner_id = ? AND state = 1 ORDER BY id", cart)


def test_who_reserved_of_a_line_gets_his_units_when_they_come_and_who_waits_gets_the_rest(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 4, EARLY)
    cart = hold_of(world, "PO-1", 2)
    order = waits(world, "A1", 3)
    assert world.bound(order) == [("MUG", EARLY, 2)]
    world.arrive("PO-1", 3)
    assert held_on(world, cart) == [(0, 2)]
    assert world.position("MUG", "DC") == (3, 0, 2, 1, 0)
    assert world.parts(order) == {"waiting": 2, "allocated": 1}
    assert world.bound(order) == [("MUG", EARLY, 1)]
    assert world.events().count("reservation.moved") == 2


def test_a_line_that_shrinks_takes_from_who_waits_first_and_then_from_reservations(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 4, EARLY)
    cart = hold_of(world, "PO-1", 2)
    order = waits(world, "A1", 2)
    world.announce("PO-1", "MUG", "DC", 2, EARLY)
    assert (world.bound(order), held_on(world, cart)) == ([], [(1, 2)])
    world.announce("PO-1", "MUG", "DC", 1, EARLY)
    assert held_on(world, cart) == [(1, 1)]
    assert world.rows("SELECT held, state FROM reservations WHERE id = ?", cart) == [(1, 1)]
    world.announce("PO-1", "MUG", "DC", 1, EARLY, canceled=True)
    assert held_on(world, cart) == []
    assert world.rows("SELECT held, state, reason FROM reservations WHERE id = ?", cart) == [(0, 5, "supply")]
    assert world.events().count("reservation.short") == 2


def test_an_order_that_confirms_what_it_reserved_of_a_line_keeps_its_place(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 2, EARLY)
    world.announce("PO-2", "MUG", "DC", 9, LATER)
    cart = hold_of(world, "PO-1", 2)
    other = waits(world, "A1", 2)
    assert world.bound(other) == [("MUG", LATER, 2)]
    mine = waits(world, "A2", 2, reservation_id=encode_id("rsv", cart))
    assert (world.bound(mine), world.bound(other)) == ([("MUG", EARLY, 2)], [("MUG", LATER, 2)])
    world.announce("PO-3", "MUG", "DC", 1, LATEST)
    assert (world.bound(mine), world.bound(other)) == ([("MUG", EARLY, 2)], [("MUG", LATER, 2)])


def test_a_reservation_that_is_given_back_lets_who_waits_move_up(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 2, EARLY)
    cart = hold_of(world, "PO-1", 2)
    order = waits(world, "A1", 1)
    assert world.bound(order) == []
    world.do(ReleaseReservation(actor=world.actor, reservation_id=cart))
    assert world.bound(order) == [("MUG", EARLY, 1)]


# -- limits -----------------------------------------------------------------------------------------------------------


def test_no_more_units_wait_than_may_and_the_others_go_to_a_person(world: World) -> None:
    world.items("MUG", backorder_limit=3)
    first, second, third = (world.capture(name, ("MUG", 2)).order_id for name in ("A1", "A2", "A3"))
    assert world.waiting(first)[0][0] == "backorder"
    assert world.waiting(second) == [("review", "MUG", 2, "backorder_limit")]
    assert world.waiting(third)[0][3] == "backorder_limit"
    world.cancel(first)
    assert world.waiting(waits(world, "A4", 3))[0][0] == "backorder"


def test_units_that_a_revision_adds_keep_to_the_limit_too(world: World) -> None:
    world.items("MUG", backorder_limit=3)
    order = world.capture("A1", ("MUG", 2), revision=1).order_id
    world.capture("A1", ("MUG", 2), ("MUG", 1), revision=2)
    world.capture("A1", ("MUG", 2), ("MUG", 1), ("MUG", 4), revision=3)
    assert [(entry[0], entry[2]) for entry in world.waiting(order)] == [
        ("backorder", 2),
        ("backorder", 1),
        ("review", 4),
    ]


def test_a_view_limits_what_its_channel_lets_wait(world: World) -> None:
    view = StockView(code="few", backorders=(Limit(items=("MUG",), units=2), Limit(units=0)))
    world.do(PutView(actor=world.actor, view=view))
    world.channel("web", view="few")
    world.channel("shop")
    assert world.waiting(waits(world, "A1", 2))[0][0] == "backorder"
    assert world.waiting(waits(world, "A2", 1))[0][3] == "backorder_limit"
    assert world.waiting(waits(world, "A3", 1, "PEN"))[0][3] == "backorder_limit"
    assert world.waiting(waits(world, "A4", 5, channel="shop"))[0][0] == "backorder"


def test_a_limit_that_is_set_later_counts_who_waits_already(world: World) -> None:
    waits(world, "A1", 5)
    world.items("MUG", backorder_limit=6)
    assert world.waiting(waits(world, "A2", 2))[0][3] == "backorder_limit"
    world.items("MUG", backorder_limit=7)
    assert world.waiting(waits(world, "A3", 2))[0][0] == "backorder"


# -- launches ---------------------------------------------------------------------------------------------------------


def test_nothing_is_worked_on_before_the_launch(world: World) -> None:
    world.items("MUG", launch_on=LATER)
    world.receive("MUG", "DC", 5)
    order = world.capture("A1", ("MUG", 2)).order_id
    assert world.status(order) == Status.ALLOCATED
    days = world.rows("SELECT work_day FROM fulfillments")
    world.clock.forward(days=15)
    assert days == world.rows("SELECT ? + 0 AS day", _day(LATER))


def test_what_is_there_now_goes_out_now(world: World) -> None:
    world.items("MUG", launch_on=LATER)
    world.receive("MUG", "DC", 5)
    world.receive("PEN", "DC", 5)
    world.capture("A1", ("MUG", 1), ("PEN", 1))
    early, late = sorted(row[0] for row in world.rows("SELECT work_day FROM fulfillments"))
    assert early < late == _day(LATER)


def test_a_preorder_waits_with_its_reason_and_is_bound_like_any_other(world: World) -> None:
    world.items("MUG", launch_on=LATER, preorder_limit=2)
    world.announce("PO-1", "MUG", "DC", 5, EARLY)
    order, other = world.capture("A1", ("MUG", 2)).order_id, world.capture("A2", ("MUG", 1)).order_id
    assert world.waiting(order) == [("backorder", "MUG", 2, "preorder")]
    assert world.waiting(other) == [("review", "MUG", 1, "preorder_limit")]
    assert world.bound(order) == [("MUG", EARLY, 2)]
    world.arrive("PO-1", 5)
    assert world.rows("SELECT work_day FROM fulfillments") == [(_day(LATER),)]


def _day(text: str) -> int:
    from crossdock.kernel.clock import parse_day

    return parse_day(text)
