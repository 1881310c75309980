"""What a location says no to, and what it does not find: the stock is put right, the units go to somebody else."""

import pytest

from crossdock.fulfillment.model import WrongState
from crossdock.orchestration.errors import VersionMismatch
from crossdock.orchestration.work.commands import Accept, Pick, Reject, Release, Restock, ShortPick, Start
from crossdock.orchestration.work.errors import FulfillmentNotFound, NotThatMany, OnHold
from crossdock.orders.model import Status
from tests.support.world import World


def at_work(world: World, order_id: int, place: str) -> int:
    """Let a location know of an order's work, accept it and begin."""
    fulfillment = world.at(order_id, place)
    for command in (Release, Accept, Start):
        world.work(command, fulfillment)
    return fulfillment


def two_places(world: World, near: int = 5, far: int = 5) -> None:
    world.receive("MUG", "DC", near)
    world.receive("MUG", "STORE", far)


# -- the steps of a location ------------------------------------------------------------------------------------------


def test_work_is_released_accepted_started_and_picked(world: World):
    two_places(world)
    order = world.capture("A1", ("MUG", 2)).order_id
    fulfillment = world.at(order, "DC")
    assert world.stands(fulfillment) == ("planned", "unsent")
    world.work(Release, fulfillment)
    assert (world.stands(fulfillment), world.parts(order)) == (("released", "sent"), {"released": 2})
    assert world.status(order) == Status.IN_PROGRESS
    world.work(Accept, fulfillment)
    world.work(Start, fulfillment)
    assert world.stands(fulfillment) == ("in_progress", "accepted")
    world.work(Pick, fulfillment, lines={1: 1})
    assert (world.stands(fulfillment), world.parts(order)) == (
        ("in_progress", "accepted"),
        {"released": 1, "picked": 1},
    )
    world.work(Pick, fulfillment)
    assert (world.stands(fulfillment), world.parts(order)) == (("picked", "accepted"), {"picked": 2})
    assert world.position("MUG", "DC") == (5, 2, 0, 2, 0)
    world.work(Restock, fulfillment, lines={1: 1})
    assert (world.stands(fulfillment), world.parts(order)) == (
        ("in_progress", "accepted"),
        {"released": 1, "picked": 1},
    )
    assert world.position("MUG", "DC") == (5, 1, 0, 2, 0)
    assert [type_ for type_ in world.events(order) if type_.startswith("fulfillment.")] == [
        "fulfillment.planned", "fulfillment.released", "fulfillment.accepted", "fulfillment.started",
        "fulfillment.picked", "fulfillment.picked", "fulfillment.restocked",
    ]  # fmt: skip


def test_a_location_does_not_learn_of_an_order_on_hold(world: World):
    two_places(world)
    order = world.capture("A1", ("MUG", 2), holds=("fraud",)).order_id
    before = world.dump()
    with pytest.raises(OnHold):
        world.work(Release, world.at(order, "DC"))
    assert world.dump() == before


def test_what_cannot_be_done_from_where_it_stands_changes_nothing(world: World):
    two_places(world)
    order = world.capture("A1", ("MUG", 2)).order_id
    fulfillment = world.at(order, "DC")
    before = world.dump()
    for command in (Accept, Start, Pick, Restock):
        with pytest.raises(WrongState):
            world.work(command, fulfillment)
    with pytest.raises(WrongState):
        world.work(Reject, fulfillment, reason="too_busy")
    with pytest.raises(VersionMismatch):
        world.work(Release, fulfillment, version=7)
    with pytest.raises(FulfillmentNotFound):
        world.work(Release, 7)
    assert world.dump() == before
    at_work(world, order, "DC")
    before = world.dump()
    for lines in ({1: 3}, {2: 1}, {1: 0}):
        with pytest.raises(NotThatMany):
            world.work(Reject, fulfillment, reason="too_busy", lines=lines)
    assert world.dump() == before


# -- rejection --------------------------------------------------------------------------------------------------------


def test_a_busy_store_says_no_and_the_next_one_does_it(world: World):
    two_places(world)
    order = world.capture("A1", ("MUG", 2)).order_id
    fulfillment = world.at(order, "DC")
    world.work(Release, fulfillment)
    done = world.work(Reject, fulfillment, reason="too_busy", note="three are ill")
    assert (done.moved, done.kept) == (2, 0)
    assert world.plan(order) == {"STORE": {"MUG": 2}}
    assert (world.stock("MUG", "DC"), world.stock("MUG", "STORE")) == ((5, 0, 0), (5, 2, 0))
    assert world.stands(fulfillment) == ("canceled", "rejected")
    assert "barred" in world.fences(order, "DC")
    (told,) = world.told("fulfillment.rejected")
    assert told == {
        "order_id": told["order_id"], "fulfillment_id": told["fulfillment_id"], "location": "DC",
        "lines": [{"demand": 1, "sku": "MUG", "quantity": 2}], "reason": "too_busy", "note": "three are ill",
        "moved": 2, "excluded_until": "2026-11-09T09:00:09Z",
    }  # fmt: skip


def test_a_location_that_said_no_is_not_asked_again_for_a_week(world: World):
    two_places(world)
    order = world.capture("A1", ("MUG", 2)).order_id
    world.work(Release, world.at(order, "DC"))
    world.work(Reject, world.at(order, "DC"), reason="too_busy")
    world.route(order)
    assert world.plan(order) == {"STORE": {"MUG": 2}}
    world.clock.forward(days=8)
    world.route(order)
    assert world.plan(order) == {"DC": {"MUG": 2}}


def test_a_location_is_excluded_for_the_line_that_it_refused_alone(world: World):
    two_places(world)
    world.receive("PEN", "DC", 5)
    world.receive("PEN", "STORE", 5)
    order = world.capture("A1", ("MUG", 2), ("PEN", 1)).order_id
    world.work(Release, world.at(order, "DC"))
    world.work(Reject, world.at(order, "DC"), reason="too_busy", lines={1: 2})
    assert world.plan(order) == {"DC": {"PEN": 1}, "STORE": {"MUG": 2}}
    assert world.stands(world.at(order, "DC")) == ("released", "sent")


def test_units_that_are_there_stay_when_nobody_else_has_them(world: World):
    two_places(world, far=0)
    order = world.capture("A1", ("MUG", 2)).order_id
    fulfillment = world.at(order, "DC")
    world.work(Release, fulfillment)
    done = world.work(Reject, fulfillment, reason="too_busy")
    assert (done.moved, done.kept) == (0, 2)
    assert (world.plan(order), world.parts(order)) == ({"DC": {"MUG": 2}}, {"allocated": 2})
    assert world.stands(fulfillment) == ("planned", "rejected")
    assert world.capture("A2", ("MUG", 4)).status == Status.PARTLY_ALLOCATED


def test_of_units_that_are_there_those_go_that_others_have(world: World):
    two_places(world, far=1)
    order = world.capture("A1", ("MUG", 3)).order_id
    fulfillment = world.at(order, "DC")
    world.work(Release, fulfillment)
    done = world.work(Reject, fulfillment, reason="other")
    assert (done.moved, done.kept) == (1, 2)
    assert world.plan(order) == {"DC": {"MUG": 2}, "STORE": {"MUG": 1}}


def test_not_in_stock_empties_the_position_and_ripples_through_all_other_work_there(world: World):
    two_places(world)
    orders = [world.capture(f"A{n}", ("MUG", 1)).order_id for n in range(4)]
    world.work(Release, world.at(orders[0], "DC"))
    world.work(Reject, world.at(orders[0], "DC"), reason="not_in_stock")
    assert [world.plan(id_) for id_ in orders] == [{"STORE": {"MUG": 1}}] * 4
    assert (world.stock("MUG", "DC"), world.stock("MUG", "STORE")) == ((0, 0, 0), (5, 4, 0))
    assert [event["reason"] for event in world.told("fulfillment.canceled")] == ["rejected", "short", "short", "short"]
    cause = world.rows("SELECT type, on_hand, cause_kind FROM movements WHERE cause_kind = 6")
    assert cause == [(2, -5, 6)]


def test_a_mismatch_takes_off_what_was_not_there_and_leaves_the_rest(world: World):
    two_places(world)
    order, other = (world.capture(f"A{n}", ("MUG", 2)).order_id for n in range(2))
    world.work(Release, world.at(order, "DC"))
    world.work(Reject, world.at(order, "DC"), reason="mismatch")
    assert (world.plan(order), world.plan(other)) == ({"STORE": {"MUG": 2}}, {"DC": {"MUG": 2}})
    assert world.stock("MUG", "DC") == (3, 2, 0)


@pytest.mark.parametrize(("reason", "stock_class"), [("damaged", 1), ("worn_display", 2)])
def test_damaged_goods_are_there_and_nobody_can_have_them(world: World, reason: str, stock_class: int):
    two_places(world)
    order = world.capture("A1", ("MUG", 2)).order_id
    world.work(Release, world.at(order, "DC"))
    world.work(Reject, world.at(order, "DC"), reason=reason)
    assert world.plan(order) == {"STORE": {"MUG": 2}}
    sql = "SELECT stock_class, on_hand FROM positions p JOIN locations l ON l.id = p.location_id WHERE l.code = 'DC'"
    assert sorted(world.rows(sql)) == [(0, 3), (stock_class, 2)]
    assert world.rows("SELECT type, on_hand FROM movements WHERE cause_kind = 6 ORDER BY id") == [(16, -2), (16, 2)]


def test_a_unit_that_does_not_exist_waits_when_nobody_else_has_one(world: World):
    world.receive("MUG", "DC", 2)
    order = world.capture("A1", ("MUG", 2)).order_id
    world.work(Release, world.at(order, "DC"))
    world.work(Reject, world.at(order, "DC"), reason="not_in_stock")
    assert (world.plan(order), world.parts(order)) == ({}, {"waiting": 2})
    assert world.waiting(order) == [("backorder", "MUG", 2, "out_of_stock")]


def test_rerouted_units_go_before_an_order_that_came_later(world: World):
    two_places(world, near=2, far=1)
    order = world.capture("A1", ("MUG", 1)).order_id
    world.work(Release, world.at(order, "DC"))
    world.work(Reject, world.at(order, "DC"), reason="not_in_stock")
    late = world.capture("A2", ("MUG", 1))
    assert (world.plan(order), late.status) == ({"STORE": {"MUG": 1}}, Status.WAITING)


# -- short pick -------------------------------------------------------------------------------------------------------


def test_a_short_pick_keeps_what_was_found_and_sends_the_rest_elsewhere(world: World):
    two_places(world)
    order = world.capture("A1", ("MUG", 3)).order_id
    fulfillment = at_work(world, order, "DC")
    world.work(Pick, fulfillment, lines={1: 1})
    done = world.work(ShortPick, fulfillment, lines={1: 2})
    assert done.moved == 2
    assert world.plan(order) == {"DC": {"MUG": 1}, "STORE": {"MUG": 2}}
    assert world.parts(order) == {"picked": 1, "allocated": 2}
    assert world.position("MUG", "DC") == (1, 1, 0, 1, 0)
    assert world.stands(fulfillment) == ("picked", "accepted")
    assert world.told("fulfillment.short_picked")[0]["lines"] == [{"demand": 1, "sku": "MUG", "quantity": 2}]


def test_picked_goods_are_available_again_when_they_are_put_back_and_not_before(world: World):
    two_places(world, far=0)
    order = world.capture("A1", ("MUG", 5)).order_id
    fulfillment = at_work(world, order, "DC")
    world.work(Pick, fulfillment, lines={1: 2})
    with pytest.raises(NotThatMany):
        world.work(Reject, fulfillment, reason="mismatch", lines={1: 4})
    world.work(Restock, fulfillment)
    world.work(Reject, fulfillment, reason="mismatch", lines={1: 4})
    assert (world.parts(order), world.stock("MUG", "DC")) == ({"released": 1, "waiting": 4}, (1, 1, 0))


def test_a_count_that_finds_less_leaves_what_is_picked_alone(world: World):
    two_places(world)
    first, second = (world.capture(f"A{n}", ("MUG", 2)).order_id for n in range(2))
    world.work(Pick, at_work(world, second, "DC"))
    world.count("MUG", "DC", 2)
    assert (world.plan(first), world.plan(second)) == ({"STORE": {"MUG": 2}}, {"DC": {"MUG": 2}})


def test_work_that_a_location_knows_of_is_neither_canceled_nor_routed_by_a_click(world: World):
    from crossdock.orchestration.errors import NothingToCancel, NothingToRoute

    two_places(world)
    order = world.capture("A1", ("MUG", 2)).order_id
    world.work(Release, world.at(order, "DC"))
    before = world.dump()
    with pytest.raises(NothingToCancel):
        world.cancel(order)
    with pytest.raises(NothingToRoute):
        world.route(order)
    assert world.dump() == before
