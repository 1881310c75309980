"""Routes in order: what one leaves over the next decides, on exactly the stock that is left, each explained."""

from __future__ import annotations

from typing import Any

import pytest

from crossdock.analytics import queue_reasons
from crossdock.kernel.clock import DAY, HOUR, parse_instant
from crossdock.orchestration import commands as c
from crossdock.orchestration.orders.decision_queries import read_decision
from crossdock.orchestration.policies import commands as p
from crossdock.orchestration.policies.trace import sentences, tell
from crossdock.orders.model import CustomerIn, DeliveryIn
from tests.routing.policy.documents import document
from tests.support.reserving import named, reserve
from tests.support.world import LONDON, World, order

STORES: dict[str, Any] = {
    "name": "stores first",
    "excluded": ["DC"],
    "leftover": "next_route",
}
REST: dict[str, Any] = {"name": "then the centre", "leftover": "queue", "queue": "scarce"}


@pytest.fixture
def shop(world: World) -> World:
    """A centre near the customer, a store far away, and no policy yet but the plain one."""
    world.standard("DC")
    world.put_location("STORE", 1, kind="store")
    return world


def _active(world: World, *routes: dict[str, Any], **changes: Any) -> None:
    saved: p.PolicySaved = world.do(p.SaveDraft(actor=world.actor, document=document(*routes, **changes)))
    world.do(p.ActivatePolicy(actor=world.actor, code="standard", number=saved.number, untried=True))


def _claims(world: World, order_id: int) -> dict[str, int]:
    sql = """
        SELECT l.code, CAST(sum(c.quantity) AS bigint) FROM claims c JOIN locations l ON l.id = c.location_id
        WHERE c.owner_id = ? AND c.state = 1 AND c.kind = 2 GROUP BY l.code
    """
    return dict(world.rows(sql, order_id))


def _queue(world: World, order_id: int) -> list[tuple[str, str, int]]:
    sql = "SELECT queue, reason, quantity FROM queue_entries WHERE order_id = ? AND closed_at IS NULL ORDER BY id"
    return world.rows(sql, order_id)


def _routes(world: World, decision_id: int) -> list[tuple[str, bool, int | None, int | None]]:
    view = world.read(lambda session: read_decision(session, decision_id, explained=True))
    assert view is not None
    assert view.routes is not None
    return [(one.route, one.held, one.asked, one.left) for one in view.routes.routes]


def test_what_the_stores_do_not_have_comes_from_the_centre_by_a_decision_of_its_own(shop: World):
    shop.receive("MUG", "STORE", 3)
    shop.receive("MUG", "DC", 4)
    _active(shop, STORES, REST)
    captured = shop.capture("A1", ("MUG", 9))
    assert _claims(shop, captured.order_id) == {"STORE": 3, "DC": 4}
    assert _queue(shop, captured.order_id) == [("scarce", "not_enough_stock", 2)]
    first, second = captured.decisions
    assert _routes(shop, first) == [("stores first", True, 9, 6), ("then the centre", True, None, None)]
    assert _routes(shop, second) == [("stores first", True, 9, 6), ("then the centre", True, 6, 2)]
    told = shop.read(lambda session: read_decision(session, second, explained=True))
    assert told is not None
    assert told.explanation is not None
    assert told.routes is not None
    assert (told.routes.policy, told.routes.version) == ("standard", 2)
    assert shop.parts(captured.order_id) == {"allocated": 7, "waiting": 2}
    shop.assert_sound()


def test_the_trace_is_told_in_sentences(shop: World):
    shop.receive("MUG", "STORE", 3)
    shop.receive("MUG", "DC", 4)
    large = {"name": "large", "when": {"type": "number", "fact": "units", "at_least": 50}}
    _active(shop, large, STORES, REST)
    captured = shop.capture("A1", ("MUG", 8))
    found = shop.read(lambda session: tell(session, captured.decisions[0]))
    assert found is not None
    assert sentences(found) == (
        "Decided by the policy 'standard', version 2:",
        "- 'large' did not hold: it holds when it has at least 50 units; here it is 8.",
        "- 'stores first' was asked for 8 units and left 5.",
        "- 'then the centre' was not needed.",
    )


def test_a_policy_under_which_nothing_can_be_routed_leaves_work_with_the_reason_and_says_how_many(shop: World):
    shop.receive("MUG", "DC", 20)
    _active(shop, {"name": "nobody", "excluded": ["DC", "STORE"], "leftover": "review"})
    for name in ("A1", "A2", "A3"):
        shop.capture(name, ("MUG", 2))
    (found,) = shop.read(queue_reasons)
    assert (found.queue, found.reason, found.orders, found.units) == ("review", "no_location", 3, 6)
    shop.assert_sound()


def test_two_routes_never_see_the_same_unit(shop: World):
    shop.receive("MUG", "STORE", 2)
    _active(shop, STORES, {"name": "anybody"})
    captured = shop.capture("A1", ("MUG", 3))
    assert _claims(shop, captured.order_id) == {"STORE": 2}
    assert _queue(shop, captured.order_id) == [("backorder", "out_of_stock", 1)]
    shop.assert_sound()


def test_a_route_that_finds_nothing_is_no_decision_but_is_told(shop: World):
    shop.receive("MUG", "DC", 4)
    _active(shop, STORES, REST)
    captured = shop.capture("A1", ("MUG", 2))
    (only,) = captured.decisions
    assert _routes(shop, only) == [("stores first", True, 2, 2), ("then the centre", True, 2, 0)]


def test_a_route_holds_for_its_deliveries_alone_and_the_others_are_told_why_not(shop: World):
    shop.receive("MUG", "DC", 20)
    shop.receive("MUG", "STORE", 20)
    big = {**STORES, "name": "big", "when": {"type": "number", "fact": "units", "at_least": 10}}
    _active(shop, big, {"name": "rest"})
    small, large = shop.capture("A1", ("MUG", 9)), shop.capture("A2", ("MUG", 10))
    assert _claims(shop, small.order_id) == {"DC": 9}
    assert _claims(shop, large.order_id) == {"STORE": 10}
    view = shop.read(lambda session: read_decision(session, small.decisions[0], explained=True))
    assert view is not None
    assert view.routes is not None
    told = view.routes.routes[0]
    assert (told.when, told.why) == (
        "it has at least 10 units",
        "it holds when it has at least 10 units; here it is 9",
    )


@pytest.mark.parametrize(
    ("when", "changes"),
    [
        ({"type": "contains", "fact": "tag", "any": ["vip"]}, {"tags": ("vip",)}),
        ({"type": "yes", "fact": "known_customer"}, {"customer": CustomerIn(external_id="C-1", name="Ada")}),
        ({"type": "yes", "fact": "gift"}, {"deliveries": (DeliveryIn(destination=LONDON, gift=True),)}),
        ({"type": "number", "fact": "value", "at_least": 3_000}, {"lines_of": 3}),
        ({"type": "number", "fact": "weight_g", "at_least": 1_200}, {"lines_of": 3}),
        ({"type": "contains", "fact": "sku", "any": ["PEN"]}, {"sku": "PEN"}),
        ({"type": "one_of", "fact": "area", "values": ["EC1A"]}, {}),
        ({"type": "number", "fact": "priority", "at_least": 5}, {"priority": 9}),
    ],
)
def test_an_order_is_routed_again_by_the_same_facts_as_when_it_came(
    shop: World, when: dict[str, Any], changes: dict[str, Any]
):
    changes = dict(changes)
    units, sku = changes.pop("lines_of", 1), changes.pop("sku", "MUG")
    _active(shop, {**STORES, "name": "special", "when": when, "leftover": "backorder"}, {"name": "rest"})
    shop.receive(sku, "DC", 10)
    captured = shop.take(order("A1", (sku, units), **changes))
    assert _claims(shop, captured.order_id) == {}
    shop.receive(sku, "STORE", 10)
    assert _claims(shop, captured.order_id) == {"STORE": units}
    plain = shop.capture("A2", ("LAMP", 1), deliveries=(LONDON,)) if when["fact"] != "area" else None
    if plain is not None:
        shop.receive("LAMP", "DC", 5)
        assert _claims(shop, plain.order_id) == {"DC": 1}
    shop.assert_sound()


def test_a_route_for_the_weekend_holds_at_the_weekend(shop: World):
    shop.receive("MUG", "DC", 20)
    shop.receive("MUG", "STORE", 20)
    weekend = {**STORES, "name": "weekend", "when": {"type": "during", "days": ["sat", "sun"]}}
    _active(shop, weekend, {"name": "week"}, time_zone="Europe/London")
    assert _claims(shop, shop.capture("A1", ("MUG", 1)).order_id) == {"DC": 1}  # Monday
    shop.clock.at = parse_instant("2026-11-07T10:00:00Z")
    assert _claims(shop, shop.capture("A2", ("MUG", 1)).order_id) == {"STORE": 1}


def test_where_no_route_holds_the_work_lies_in_review_and_says_why(shop: World):
    shop.receive("MUG", "DC", 20)
    _active(shop, {"name": "only in France", "when": {"type": "one_of", "fact": "country", "values": ["FR"]}})
    captured = shop.capture("A1", ("MUG", 2))
    assert _queue(shop, captured.order_id) == [("review", "no_route", 2)]
    detail = shop.rows("SELECT detail FROM queue_entries WHERE order_id = ?", captured.order_id)[0][0]
    assert detail == (
        "None of the 1 routes of the policy 'standard' holds for this delivery. 'only in France': it holds when the "
        "country is FR; here it is GB."
    )
    shop.assert_sound()


def test_units_are_parked_in_the_queue_that_the_route_names(shop: World):
    shop.receive("MUG", "DC", 20)
    nobody = {
        "name": "for the buyer",
        "excluded": ["DC", "STORE"],
        "leftover": "queue",
        "queue": "buyer",
    }
    _active(shop, nobody)
    captured = shop.capture("A1", ("MUG", 2))
    assert _queue(shop, captured.order_id) == [("buyer", "no_location", 2)]
    assert shop.rows("SELECT owner FROM queue_entries WHERE order_id = ?", captured.order_id) == [("service",)]


def test_what_waits_longer_than_its_route_says_is_canceled_and_says_so(shop: World):
    _active(shop, {"name": "two days", "cancel_after_hours": 48})
    waits, other = shop.capture("A1", ("MUG", 2)), shop.capture("A2", ("PEN", 1))
    shop.clock.at += 47 * HOUR
    assert shop.do(p.GiveUpWaiting(actor=c.Actor("system:waiting"))).canceled == 0
    shop.receive("PEN", "DC", 1)
    shop.clock.at += DAY
    given_up: p.GivenUp = shop.do(p.GiveUpWaiting(actor=c.Actor("system:waiting")))
    assert (given_up.orders, given_up.canceled) == (1, 2)
    assert shop.parts(waits.order_id) == {"canceled": 2}
    assert shop.parts(other.order_id) == {"allocated": 1}
    assert _queue(shop, waits.order_id) == []
    reasons = shop.rows("SELECT data FROM events WHERE type = 'order.canceled'")
    assert len(reasons) == 1
    assert b"waited_too_long" in (reasons[0][0] if isinstance(reasons[0][0], bytes) else reasons[0][0].encode())
    shop.assert_sound()


def test_a_reservation_is_held_by_several_routes_and_becomes_an_order(shop: World):
    shop.receive("MUG", "STORE", 2)
    shop.receive("MUG", "DC", 2)
    _active(shop, STORES, {"name": "rest"})
    reservation = reserve(shop, ("MUG", 4))
    assert shop.rows("SELECT held FROM reservations WHERE id = ?", reservation) == [(4,)]
    captured = shop.take(order("A1", ("MUG", 4), reservation_id=named(reservation)))
    assert captured.reservation == "confirmed"
    assert _claims(shop, captured.order_id) == {"STORE": 2, "DC": 2}
    shop.assert_sound()
