"""Locations that do not answer, take no work, have less room than they had, or an empty shelf."""

import asyncio
from typing import Any

import pytest

from crossdock.fulfillment.work_rules import WorkRules
from crossdock.kernel.clock import HOUR, MINUTE
from crossdock.orchestration.errors import ConfigurationRefused, UnknownItem, UnknownLocation
from crossdock.orchestration.work.commands import (
    WATCH,
    Accept,
    MoveWork,
    PauseLocation,
    Pick,
    PutWorkRules,
    Reject,
    Release,
    ResumeLocation,
    Start,
    WatchDays,
    WatchDeadlines,
    WatchPauses,
    ZeroStock,
)
from crossdock.orchestration.work.watch import WorkWatch
from crossdock.orders.model import AddressIn, DeliveryIn, Status
from tests.support.world import LONDON, World


def two_places(world: World, near: int = 5, far: int = 5) -> None:
    world.receive("MUG", "DC", near)
    world.receive("MUG", "STORE", far)


def rules(world: World, **of: Any) -> None:
    world.do(PutWorkRules(actor=world.actor, rules=WorkRules(**of)))


def watch(world: World, command: type = WatchDeadlines) -> None:
    while world.do(command(actor=WATCH)).more:
        pass


def pause(world: World, place: str, **of: Any) -> None:
    world.do(PauseLocation(actor=world.actor, location=place, **of))


# -- time ---------------------------------------------------------------------------------------------------------


def test_a_store_that_does_not_accept_is_warned_and_then_another_is_asked(world: World):
    two_places(world)
    rules(world, accept_minutes=30, notice_minutes=10)
    order = world.capture("A1", ("MUG", 2)).order_id
    world.work(Release, world.at(order, "DC"))
    world.clock.forward(minutes=15)
    watch(world)
    assert (world.told("fulfillment.due_soon"), world.plan(order)) == ([], {"DC": {"MUG": 2}})
    world.clock.forward(minutes=6)
    watch(world)
    watch(world)
    (soon,) = world.told("fulfillment.due_soon")
    assert (soon["location"], soon["waits_for"], soon["due_at"]) == ("DC", "accept", "2026-11-02T09:30:09Z")
    assert world.plan(order) == {"DC": {"MUG": 2}}
    world.clock.forward(minutes=10)
    watch(world)
    (over,) = world.told("fulfillment.timed_out")
    assert (over["location"], over["waits_for"], over["moved"]) == ("DC", "accept", 2)
    assert world.plan(order) == {"STORE": {"MUG": 2}}
    world.route(order)
    assert world.plan(order) == {"STORE": {"MUG": 2}}
    assert world.rows("SELECT count(*) FROM deadlines") == [(0,)]


def test_a_store_that_accepts_and_does_not_begin_loses_the_work(world: World):
    two_places(world)
    world.put_location("DC", 0, start_minutes=60)
    order = world.capture("A1", ("MUG", 2)).order_id
    fulfillment = world.at(order, "DC")
    world.work(Release, fulfillment)
    world.work(Accept, fulfillment)
    world.clock.forward(minutes=61)
    watch(world)
    assert world.told("fulfillment.timed_out")[0]["waits_for"] == "start"
    assert world.plan(order) == {"STORE": {"MUG": 2}}


def test_who_began_in_time_is_left_alone(world: World):
    two_places(world)
    rules(world, accept_minutes=30, start_minutes=30)
    order = world.capture("A1", ("MUG", 2)).order_id
    for command in (Release, Accept, Start):
        world.work(command, world.at(order, "DC"))
    world.clock.forward(hours=9)
    watch(world)
    assert (world.told("fulfillment.timed_out"), world.plan(order)) == ([], {"DC": {"MUG": 2}})


def test_without_another_store_the_work_stays_and_time_begins_anew(world: World):
    two_places(world, far=0)
    rules(world, accept_minutes=30)
    order = world.capture("A1", ("MUG", 2)).order_id
    fulfillment = world.at(order, "DC")
    world.work(Release, fulfillment)
    world.clock.forward(minutes=31)
    watch(world)
    assert world.told("fulfillment.timed_out")[0]["kept"] == 2
    assert (world.stands(fulfillment), world.parts(order)) == (("released", "sent"), {"released": 2})
    world.receive("MUG", "STORE", 2)
    world.clock.forward(minutes=31)
    watch(world)
    assert world.plan(order) == {"STORE": {"MUG": 2}}


def test_a_location_has_its_own_time_before_that_of_all(world: World):
    two_places(world)
    rules(world, accept_minutes=30)
    world.put_location("DC", 0, accept_minutes=120)
    order = world.capture("A1", ("MUG", 2)).order_id
    world.work(Release, world.at(order, "DC"))
    world.clock.forward(minutes=90)
    watch(world)
    assert world.plan(order) == {"DC": {"MUG": 2}}


def test_what_was_rejected_and_nobody_had_goes_when_somebody_has_it(world: World):
    two_places(world, far=0)
    order = world.capture("A1", ("MUG", 2)).order_id
    world.work(Release, world.at(order, "DC"))
    world.work(Reject, world.at(order, "DC"), reason="too_busy")
    world.clock.forward(minutes=16)
    watch(world)
    assert world.plan(order) == {"DC": {"MUG": 2}}
    world.receive("MUG", "STORE", 2)
    world.clock.forward(minutes=16)
    watch(world)
    assert world.plan(order) == {"STORE": {"MUG": 2}}
    assert world.told("fulfillment.relieved")[0]["reason"] == "rejected"


def test_the_watch_looks_at_everything_that_time_changes(world: World):
    two_places(world)
    rules(world, accept_minutes=30)
    order = world.capture("A1", ("MUG", 2)).order_id
    world.work(Release, world.at(order, "DC"))
    pause(world, "STORE", until=world.clock.at + 10 * MINUTE)
    world.clock.forward(minutes=31)
    assert asyncio.run(WorkWatch(world.app).once()) == 2
    assert world.told("location.resumed") == [{"location": "STORE", "reason": "the time is over"}]
    assert world.told("fulfillment.timed_out")[0]["kept"] == 2


# -- pauses -----------------------------------------------------------------------------------------------------------


def test_a_paused_location_gets_no_new_work_until_its_time_is_over(world: World):
    two_places(world)
    pause(world, "DC", until=world.clock.at + 2 * HOUR, reason="power cut")
    first = world.capture("A1", ("MUG", 1)).order_id
    assert world.plan(first) == {"STORE": {"MUG": 1}}
    assert world.fences(first, "DC") == ["accepting"]
    world.clock.forward(hours=3)
    watch(world, WatchPauses)
    assert world.told("location.resumed") == [{"location": "DC", "reason": "the time is over"}]
    assert world.plan(world.capture("A2", ("MUG", 1)).order_id) == {"DC": {"MUG": 1}}


def test_a_paused_location_keeps_its_planned_work_unless_it_is_to_go(world: World):
    two_places(world)
    order = world.capture("A1", ("MUG", 2)).order_id
    pause(world, "DC")
    watch(world, WatchPauses)
    assert world.plan(order) == {"DC": {"MUG": 2}}
    pause(world, "DC", move_work=True)
    watch(world, WatchPauses)
    assert world.plan(order) == {"STORE": {"MUG": 2}}
    (told,) = world.told("fulfillment.relieved")
    assert (told["location"], told["reason"], told["moved"]) == ("DC", "paused", 2)


def test_a_location_that_somebody_opens_again_gets_work_at_once(world: World):
    two_places(world)
    pause(world, "DC")
    world.do(ResumeLocation(actor=world.actor, location="DC"))
    assert world.plan(world.capture("A1", ("MUG", 1)).order_id) == {"DC": {"MUG": 1}}
    before = world.dump()
    world.do(ResumeLocation(actor=world.actor, location="DC"))
    with pytest.raises(UnknownLocation):
        pause(world, "MARS")
    with pytest.raises(ConfigurationRefused):
        pause(world, "DC", until=world.clock.at - MINUTE)
    assert world.dump() == before


def test_the_planned_work_of_a_closed_location_goes_page_by_page_as_far_as_others_have_it(world: World):
    two_places(world, far=3)
    orders = [world.capture(f"A{n}", ("MUG", 1)).order_id for n in range(5)]
    released = orders[0]
    world.work(Release, world.at(released, "DC"))
    world.put_location("DC", 0, active=False)
    after: int | None = 0
    moved = kept = 0
    while after is not None:
        done = world.do(MoveWork(actor=world.actor, location="DC", after=after, most=2))
        moved, kept, after = moved + done.moved, kept + done.kept, done.after
    assert (moved, kept) == (3, 1)
    assert [list(world.plan(id_)) for id_ in orders] == [["DC"], ["STORE"], ["STORE"], ["STORE"], ["DC"]]


# -- less room --------------------------------------------------------------------------------------------------------


def test_what_is_over_a_lowered_capacity_goes_elsewhere_the_latest_first(world: World):
    world.put_location("DC", 0, daily_capacity=5)
    two_places(world)
    orders = [world.capture(f"A{n}", ("MUG", 1)).order_id for n in range(4)]
    world.put_location("DC", 0, daily_capacity=2)
    watch(world, WatchDays)
    assert [list(world.plan(id_)) for id_ in orders] == [["DC"], ["DC"], ["STORE"], ["STORE"]]
    assert [told["reason"] for told in world.told("fulfillment.relieved")] == ["capacity", "capacity"]
    assert sorted(world.rows("SELECT used, allowed FROM capacities")) == [(2, 2)]


def test_what_nobody_else_has_stays_beyond_the_capacity_and_routing_it_again_comes_to_an_end(world: World):
    world.put_location("DC", 0, daily_capacity=5)
    two_places(world, far=0)
    orders = [world.capture(f"A{n}", ("MUG", 1)).order_id for n in range(3)]
    world.put_location("DC", 0, daily_capacity=1)
    watch(world, WatchDays)
    for order in orders:
        world.route(order)
    assert [list(world.plan(id_)) for id_ in orders] == [["DC"]] * 3
    assert world.rows("SELECT used, allowed FROM capacities") == [(3, 1)]


# -- an empty shelf ---------------------------------------------------------------------------------------------------


def test_an_empty_shelf_sends_all_open_work_for_the_item_there_elsewhere(world: World):
    two_places(world)
    orders = [world.capture(f"A{n}", ("MUG", 1)).order_id for n in range(4)]
    for command in (Release, Accept, Start, Pick):
        world.work(command, world.at(orders[0], "DC"))
    world.work(Release, world.at(orders[1], "DC"))
    done = world.do(ZeroStock(actor=world.actor, sku="MUG", location="DC"))
    assert (done.on_hand, done.orders) == (1, 4)
    assert [list(world.plan(id_)) for id_ in orders] == [["DC"], ["STORE"], ["STORE"], ["STORE"]]
    assert world.position("MUG", "DC") == (1, 1, 0, 1, 0)


def test_an_empty_shelf_of_what_does_not_exist_is_refused(world: World):
    before = world.dump()
    with pytest.raises(UnknownItem):
        world.do(ZeroStock(actor=world.actor, sku="UNICORN", location="DC"))
    with pytest.raises(UnknownLocation):
        world.do(ZeroStock(actor=world.actor, sku="MUG", location="MARS"))
    assert world.dump() == before


# -- pick-ups ---------------------------------------------------------------------------------------------------------


def collected(world: World) -> int:
    """An order of two mugs that its customer collects at SHOP."""
    world.put_location("SHOP", 1, capabilities=("ship", "collect", "ambient"))
    world.receive("MUG", "SHOP", 2)
    delivery = DeliveryIn(destination=AddressIn(country="GB", postal_code="EC1A 1BB"), method="pickup", location="SHOP")
    return world.capture("P1", ("MUG", 2), deliveries=(delivery,)).order_id


@pytest.mark.parametrize("reason", ["too_busy", "not_in_stock"])
def test_a_pick_up_that_is_rejected_is_not_routed_but_its_customer_is_asked(world: World, reason: str):
    two_places(world)
    order = collected(world)
    world.work(Release, world.at(order, "SHOP"))
    world.work(Reject, world.at(order, "SHOP"), reason=reason)
    assert (world.plan(order), world.parts(order)) == ({}, {"waiting": 2})
    assert [entry[:3] for entry in world.waiting(order)] == [("customer_choice", "MUG", 2)]
    assert world.told("order.choice_asked")[0]["lines"] == [{"demand": 1, "sku": "MUG", "quantity": 2}]


def test_a_pick_up_whose_goods_a_count_does_not_find_asks_its_customer_too(world: World):
    two_places(world)
    order = collected(world)
    world.count("MUG", "SHOP", 1)
    assert (world.plan(order), world.waiting(order)) == (
        {"SHOP": {"MUG": 1}},
        [("customer_choice", "MUG", 1, "short")],
    )
    world.receive("MUG", "SHOP", 5)
    assert world.waiting(order) == [("customer_choice", "MUG", 1, "short")]


def test_a_pick_up_stays_where_somebody_will_come_when_the_store_closes_or_sleeps(world: World):
    two_places(world)
    rules(world, accept_minutes=30)
    order = collected(world)
    pause(world, "SHOP", move_work=True)
    watch(world, WatchPauses)
    world.work(Release, world.at(order, "SHOP"))
    world.clock.forward(minutes=31)
    watch(world)
    assert (world.plan(order), world.told("fulfillment.timed_out")[0]["kept"]) == ({"SHOP": {"MUG": 2}}, 2)
    assert LONDON.country == "GB"
    assert world.status(order) == Status.IN_PROGRESS
