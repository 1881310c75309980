"""Offers that draw on supply: promised for the day on which what is coming arrives, bound when the order comes."""

from __future__ import annotations

from datetime import date

from crossdock.orchestration import commands as c
from crossdock.orders.model import Promise
from crossdock.promising import PromiseView
from tests.support.promises import promise, promise_axis, take_promise, watch_promises
from tests.support.world import World


def awaited(offer: PromiseView) -> list[tuple[str, int, str, str, str]]:
    return [(a.sku, a.quantity, a.supply, a.expected_on, a.deliver_on) for a in offer.awaited]


def test_what_is_not_there_is_promised_for_the_day_on_which_supply_arrives(world: World):
    world.announce("PO-1", "MUG", "DC", 5, "2026-11-10")
    (offer,) = promise(world, ("MUG", 2), methods=("ship",)).data
    assert (offer.date, offer.is_complete, offer.packages, offer.unfilled) == ("2026-11-11", True, (), ())
    assert awaited(offer) == [("MUG", 2, "PO-1/1", "2026-11-10", "2026-11-11")]
    captured = take_promise(world, offer, "A1", ("MUG", 2))
    assert world.bound(captured.order_id) == [("MUG", "2026-11-10", 2)]
    assert promise_axis(world, captured.order_id) is Promise.KEPT
    assert watch_promises(world) == 0
    world.announce("PO-1", "MUG", "DC", 5, "2026-11-12")
    assert watch_promises(world) == 1
    assert promise_axis(world, captured.order_id) is Promise.AT_RISK


def test_what_is_there_goes_at_once_and_the_rest_when_it_comes(world: World):
    world.receive("MUG", "DC", 1)
    world.announce("PO-1", "MUG", "DC", 1, "2026-11-10")
    world.announce("PO-2", "MUG", "STORE", 9, "2026-11-12")
    (offer,) = promise(world, ("MUG", 4), methods=("ship",)).data
    assert [(p.location, p.deliver_on) for p in offer.packages] == [("DC", "2026-11-03")]
    assert awaited(offer) == [
        ("MUG", 1, "PO-1/1", "2026-11-10", "2026-11-11"),
        ("MUG", 2, "PO-2/1", "2026-11-12", "2026-11-14"),
    ]
    assert (offer.date, offer.is_complete) == ("2026-11-14", True)
    captured = take_promise(world, offer, "A1", ("MUG", 4))
    assert world.plan(captured.order_id) == {"DC": {"MUG": 1}}
    assert world.bound(captured.order_id) == [("MUG", "2026-11-10", 1), ("MUG", "2026-11-12", 2)]
    assert watch_promises(world) == 0


def test_supply_that_others_wait_for_is_promised_to_nobody_else(world: World):
    world.announce("PO-1", "MUG", "DC", 3, "2026-11-10")
    world.capture("A1", ("MUG", 2))
    (offer,) = promise(world, ("MUG", 2), methods=("ship",)).data
    assert (offer.is_complete, [(line.sku, line.quantity) for line in offer.unfilled]) == (False, [("MUG", 1)])
    assert awaited(offer) == [("MUG", 1, "PO-1/1", "2026-11-10", "2026-11-11")]


def test_what_is_hidden_or_comes_too_late_or_may_not_wait_is_not_promised(world: World):
    world.announce("PO-1", "MUG", "DC", 5, "2026-11-10")
    late = promise(world, ("MUG", 1), methods=("ship",), by=date(2026, 11, 9))
    assert [(r.reason, r.earliest) for r in late.refused] == [("too_late", "2026-11-11")]
    world.view(exclusions=[{"locations": {"codes": ["DC"]}}])
    assert [r.reason for r in promise(world, ("MUG", 1), methods=("ship",)).refused] == ["out_of_stock"]
    world.view(backorders=[{"units": 1}])
    assert len(promise(world, ("MUG", 1), methods=("ship",)).data) == 1
    assert [r.reason for r in promise(world, ("MUG", 2), methods=("ship",)).refused] == ["out_of_stock"]
    world.view()
    world.policy(leftover="cancel")
    assert [r.reason for r in promise(world, ("MUG", 1), methods=("ship",)).refused] == ["out_of_stock"]


def test_a_preorder_is_promised_for_its_launch(world: World):
    world.items("GAME", launch_on="2026-11-20")
    world.announce("PO-1", "GAME", "DC", 5, "2026-11-10")
    (offer,) = promise(world, ("GAME", 1), methods=("ship",)).data
    assert awaited(offer) == [("GAME", 1, "PO-1/1", "2026-11-10", "2026-11-21")]
    captured = take_promise(world, offer, "A1", ("GAME", 1))
    assert watch_promises(world) == 0
    assert promise_axis(world, captured.order_id) is Promise.KEPT


def test_units_that_are_not_there_are_not_held_for_a_cart(world: World):
    world.announce("PO-1", "MUG", "DC", 5, "2026-11-10")
    (offer,) = promise(world, ("MUG", 1), methods=("ship",), reserve=True).data
    assert offer.reservation_id is None


def test_an_order_without_a_promise_that_came_first_has_its_place_in_the_line(world: World):
    """Nothing is held by a promise alone: who orders first is bound first, and the other is at risk from the start."""
    world.announce("PO-1", "MUG", "DC", 1, "2026-11-10")
    (offer,) = promise(world, ("MUG", 1), methods=("ship",)).data
    world.capture("A1", ("MUG", 1))
    captured: c.CapturedOrder = take_promise(world, offer, "A2", ("MUG", 1))
    assert world.bound(captured.order_id) == []
    watch_promises(world)
    assert promise_axis(world, captured.order_id) is Promise.AT_RISK
