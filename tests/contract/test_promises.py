"""Promises: offers by the decision that routes, orders that bring them, and the watch afterwards."""

from datetime import date

import pytest

from crossdock.inventory.model import Counters
from crossdock.inventory.view_model import Find, Selector, StockView
from crossdock.kernel.clock import MINUTE, instant, moment, parse_instant
from crossdock.network.model import Calendar, Service
from crossdock.orchestration import commands as c
from crossdock.orchestration.errors import (
    IdempotencyKeyReused,
    NotEnoughToReserve,
    PromiseMismatch,
    UnknownItem,
    UnknownPromise,
)
from crossdock.orchestration.promises.commands import Hold, KeepPromises
from crossdock.orchestration.promises.desk import quote_of
from crossdock.orchestration.promises.reserving import reservation_of
from crossdock.orchestration.views.commands import PutView
from crossdock.orders.model import Promise, Status
from crossdock.promising.documents import PromiseIn, PromiseLineIn, PromisePlaceIn
from crossdock.routing.model import RateCard, Zone
from tests.support.promises import promise, promise_axis, promise_for, take_promise, watch_promises
from tests.support.world import EVERY_DAY, World, order, standard_policy

FAST = RateCard("GBP", (Zone(3_000, 900_000, 20_000, 1),))


def plan(world: World, order_id: int) -> list[tuple[str, str]]:
    """Location and the day of arrival, of each fulfillment that sends goods off or has them where they are fetched."""
    sql = """
        SELECT l.code, f.deliver_day FROM fulfillments f JOIN locations l ON l.id = f.location_id
        WHERE f.order_id = ? AND f.execution <> 8 AND EXISTS (
            SELECT 1 FROM fulfillment_lines n JOIN claims c ON c.id = n.claim_id
            WHERE n.fulfillment_id = f.id AND c.source <> 3)
        ORDER BY l.code
    """
    return [(code, date.fromordinal(day).isoformat()) for code, day in world.rows(sql, order_id)]


def shop(world: World) -> None:
    world.put_location("SHOP", 2, capabilities=("collect", "ambient"))


# -- offers -----------------------------------------------------------------------------------------------------------


def test_a_promise_says_when_and_from_where(world: World):
    world.receive("MUG", "DC", 5)
    (offer,) = promise(world, ("MUG", 2), methods=("ship",)).data
    assert (offer.method, offer.service_level) == ("ship", "standard")
    assert (offer.date, offer.is_complete) == ("2026-11-03", True)
    (package,) = offer.packages
    assert (package.location, package.ship_on, package.deliver_on) == ("DC", "2026-11-02", "2026-11-03")
    assert offer.confidence.p50 == "2026-11-03"
    assert offer.confidence.p90 == "2026-11-04"
    assert offer.cost.amount == 366  # 3.50 to carry, 2 × 0.08 for their weight
    assert offer.carbon_g is not None
    assert offer.expires_at == moment(world.clock.at + 15 * MINUTE)


def test_a_day_holds_until_the_cut_off_of_its_location(world: World):
    world.put_location("DC", 0, time_zone="Europe/Berlin")
    world.receive("MUG", "DC", 5)
    (offer,) = promise(world, ("MUG", 2), methods=("ship",)).data
    assert offer.order_by is not None
    assert (offer.order_by.local, offer.order_by.location) == ("2026-11-02T18:00:00+01:00", "DC")
    world.clock.at = instant(offer.order_by.at) - 1
    assert promise(world, ("MUG", 2), methods=("ship",)).data[0].date == offer.date
    world.clock.at += 1
    assert promise(world, ("MUG", 2), methods=("ship",)).data[0].date == "2026-11-04"


def test_an_offer_does_not_outlive_its_cut_off(world: World):
    world.receive("MUG", "DC", 5)
    world.clock.at = parse_instant("2026-11-02T17:55:00Z")
    (offer,) = promise(world, ("MUG", 1), methods=("ship",)).data
    assert offer.expires_at == moment(parse_instant("2026-11-02T18:00:00Z"))


def test_every_service_level_has_an_offer_and_its_price(world: World):
    world.do(c.PutPolicy(actor=world.actor, code="express", policy=standard_policy(card=FAST)))
    services = (Service(code="standard"), Service(code="express", policy="express", days=1, price=995, slack_days=0))
    world.channel("web", services=services)
    world.receive("MUG", "STORE", 5)
    usual, fast = promise(world, ("MUG", 1), methods=("ship",)).data
    assert (usual.service_level, usual.date, usual.price.amount) == ("standard", "2026-11-04", 0)
    assert (fast.service_level, fast.date, fast.price.amount) == ("express", "2026-11-03", 995)
    assert fast.confidence.p90 == "2026-11-03"
    assert fast.cost.amount > usual.cost.amount


def test_the_earliest_day_may_cost_more_than_the_cheapest(world: World):
    world.put_location("DC", 0, handling_parcel=5_000_000)
    world.receive("MUG", "DC", 5)
    world.receive("MUG", "STORE", 5)
    (cheap,) = promise(world, ("MUG", 1), methods=("ship",)).data
    (early,) = promise(world, ("MUG", 1), methods=("ship",), goal="earliest").data
    assert (cheap.packages[0].location, cheap.date) == ("STORE", "2026-11-04")
    assert (early.packages[0].location, early.date) == ("DC", "2026-11-03")
    (by,) = promise(world, ("MUG", 1), methods=("ship",), by=date(2026, 11, 3)).data
    assert by.packages == early.packages


def test_a_day_that_cannot_be_kept_is_not_offered(world: World):
    world.receive("MUG", "STORE", 5)
    answer = promise(world, ("MUG", 1), methods=("ship",), by=date(2026, 11, 3))
    assert answer.data == ()
    (refused,) = answer.refused
    assert (refused.reason, refused.earliest) == ("too_late", "2026-11-04")


def test_a_window_that_begins_later_is_kept_by_beginning_later(world: World):
    world.receive("MUG", "DC", 5)
    window = {"not_before": date(2026, 11, 11), "by": date(2026, 11, 12)}
    (offer,) = promise(world, ("MUG", 1), methods=("ship",), **window).data
    assert (offer.date, offer.window) == ("2026-11-11", ("2026-11-11", "2026-11-12"))
    assert offer.packages[0].ship_on == "2026-11-10"
    captured = take_promise(world, offer, "A1", ("MUG", 1))
    assert plan(world, captured.order_id) == [("DC", "2026-11-11")]
    world.route(captured.order_id)
    assert plan(world, captured.order_id) == [("DC", "2026-11-11")]
    assert promise_axis(world, captured.order_id) is Promise.KEPT
    assert watch_promises(world) == 0


def test_a_window_in_which_nobody_can_deliver_is_not_offered(world: World):
    weekdays = Calendar(work_days=("wed",), cut_off="18:00")
    world.put_location("DC", 0, calendar=weekdays)
    world.receive("MUG", "DC", 5)
    window = {"not_before": date(2026, 11, 10), "by": date(2026, 11, 11)}
    answer = promise(world, ("MUG", 1), methods=("ship",), **window)
    assert [refused.reason for refused in answer.refused] == ["too_early"]


def test_a_window_takes_a_day_on_which_the_location_has_hands_left(world: World):
    world.put_location("DC", 0, daily_capacity=1)
    world.receive("MUG", "DC", 5)
    window = {"not_before": date(2026, 11, 11), "by": date(2026, 11, 11)}
    (offer,) = promise(world, ("MUG", 1), methods=("ship",), **window).data
    take_promise(world, offer, "A1", ("MUG", 1))
    assert world.rows("SELECT used FROM capacities") == [(1,)]
    assert not promise(world, ("MUG", 1), methods=("ship",), **window).data
    assert world.capture("B1", ("MUG", 1)).status == Status.ALLOCATED  # today's hands are free


def test_thin_stock_is_promised_with_the_probability_that_it_is_found(world: World):
    view = StockView(code="shop", find=(Find(permille=900, locations=Selector(codes=("STORE",))),), confidence=500)
    world.do(PutView(actor=world.actor, view=view))
    world.channel("web", view="shop")
    world.receive("MUG", "STORE", 3)
    world.receive("PEN", "DC", 3)
    doubtful, certain = (promise(world, (sku, 2), methods=("ship",)).data[0] for sku in ("MUG", "PEN"))
    assert doubtful.confidence.find == round(0.9**3 + 3 * 0.9**2 * 0.1, 4)
    assert certain.confidence.find == 1.0


def test_several_packages_each_have_their_day(world: World):
    world.receive("MUG", "DC", 5)
    world.receive("PEN", "STORE", 5)
    (offer,) = promise(world, ("MUG", 1), ("PEN", 1), methods=("ship",)).data
    assert [(p.location, p.deliver_on) for p in offer.packages] == [("DC", "2026-11-03"), ("STORE", "2026-11-04")]
    assert offer.date == "2026-11-04"


def test_what_is_missing_is_told(world: World):
    world.receive("MUG", "DC", 1)
    (offer,) = promise(world, ("MUG", 3), methods=("ship",)).data
    assert not offer.is_complete
    assert [(line.sku, line.quantity) for line in offer.unfilled] == [("MUG", 2)]
    answer = promise(world, ("PEN", 1), methods=("ship",))
    assert [refused.reason for refused in answer.refused] == ["out_of_stock"]


def test_a_basket_can_be_picked_up_at_the_nearest_location_that_has_it(world: World):
    shop(world)
    world.put_location("FAR", 3, capabilities=("collect", "ambient"))
    world.receive("MUG", "FAR", 5)
    world.receive("PEN", "SHOP", 5)
    offers = promise(world, ("MUG", 1), methods=("pickup",), nearest=1).data
    assert [(o.method, o.location, o.date) for o in offers] == [("pickup", "FAR", "2026-11-02")]
    assert offers[0].packages[0].km == 0


def test_goods_can_be_sent_to_a_location_that_lacks_them(world: World):
    shop(world)
    world.receive("MUG", "DC", 5)
    answer = promise(world, ("MUG", 1), locations=("SHOP", "DC", "NOWHERE"), destination=None)
    assert [(o.method, o.location, o.date) for o in answer.data] == [("ship_to_store", "SHOP", "2026-11-05")]
    assert [(r.method, r.reason) for r in answer.refused] == [
        ("pickup", "out_of_stock"),
        ("pickup", "no_pickup_there"),
        ("pickup", "unknown_location"),
        ("ship_to_store", "no_pickup_there"),
        ("ship_to_store", "unknown_location"),
    ]


def test_a_promise_sees_what_was_taken_a_moment_ago(world: World):
    world.receive("MUG", "DC", 1)
    assert promise(world, ("MUG", 1), methods=("ship",)).data
    world.capture("A1", ("MUG", 1))
    assert not promise(world, ("MUG", 1), methods=("ship",)).data
    world.receive("MUG", "STORE", 1)
    assert promise(world, ("MUG", 1), methods=("ship",)).data[0].packages[0].location == "STORE"


def test_a_full_day_is_not_promised(world: World):
    world.put_location("DC", 0, daily_capacity=1)
    world.receive("MUG", "DC", 5)
    world.receive("MUG", "STORE", 5)
    assert promise(world, ("MUG", 1), methods=("ship",)).data[0].packages[0].location == "DC"
    world.capture("A1", ("MUG", 1))
    assert promise(world, ("MUG", 1), methods=("ship",)).data[0].packages[0].location == "STORE"


def test_a_holiday_moves_the_day(world: World):
    world.put_location("DC", 0, calendar=Calendar(closed_on=("2026-11-02",), work_days=EVERY_DAY.work_days))
    world.receive("MUG", "DC", 5)
    assert promise(world, ("MUG", 1), methods=("ship",)).data[0].date == "2026-11-04"


def test_unknown_items_are_refused_with_their_place(world: World):
    with pytest.raises(UnknownItem) as refused:
        promise(world, ("MUG", 1), ("NOPE", 1))
    assert [fault.pointer for fault in refused.value.errors] == ["/lines/1/sku"]


def test_what_is_only_asked_for_is_not_stored(world: World):
    world.receive("MUG", "DC", 5)
    before = world.dump()
    (offer,) = promise(world, ("MUG", 1), methods=("ship",), keep=False).data
    assert (offer.state, offer.links) == ("quoted", None)
    assert world.dump() == before


# -- orders that bring one --------------------------------------------------------------------------------------------


def test_an_order_is_routed_as_it_was_promised(world: World):
    world.put_location("DC", 0, handling_parcel=5_000_000)
    world.receive("MUG", "DC", 5)
    world.receive("MUG", "STORE", 5)
    (early,) = promise(world, ("MUG", 1), methods=("ship",), goal="earliest").data
    captured = take_promise(world, early, "A1", ("MUG", 1))
    assert plan(world, captured.order_id) == [("DC", early.date)]
    assert promise_axis(world, captured.order_id) is Promise.KEPT
    assert "order.promised" in world.events(captured.order_id)
    assert world.explanation(captured.decisions[0]) is not None


def test_an_order_that_is_routed_again_still_keeps_its_day(world: World):
    world.put_location("DC", 0, handling_parcel=5_000_000)
    world.receive("MUG", "DC", 5)
    world.receive("MUG", "STORE", 5)
    (early,) = promise(world, ("MUG", 1), methods=("ship",), goal="earliest").data
    captured = take_promise(world, early, "A1", ("MUG", 1))
    world.route(captured.order_id)
    assert plan(world, captured.order_id) == [("DC", early.date)]


def test_a_promise_is_kept_from_elsewhere_when_its_units_are_gone(world: World):
    world.put_location("DC2", 0)
    world.receive("MUG", "DC", 1)
    (offer,) = promise(world, ("MUG", 1), methods=("ship",)).data
    world.capture("B1", ("MUG", 1))
    world.receive("MUG", "DC2", 1)
    world.receive("MUG", "STORE", 9)
    captured = take_promise(world, offer, "A1", ("MUG", 1))
    assert plan(world, captured.order_id) == [("DC2", offer.date)]


def test_an_order_whose_promise_cannot_be_kept_is_at_risk_from_the_start(world: World):
    world.receive("MUG", "DC", 1)
    (offer,) = promise(world, ("MUG", 1), methods=("ship",)).data
    world.capture("B1", ("MUG", 1))
    world.receive("MUG", "STORE", 9)
    captured = take_promise(world, offer, "A1", ("MUG", 1))
    assert plan(world, captured.order_id) == [("STORE", "2026-11-04")]
    assert promise_axis(world, captured.order_id) is Promise.AT_RISK


def test_between_equals_the_promised_location_is_taken(world: World):
    world.put_location("TWIN", 0, rank=5)
    world.receive("MUG", "TWIN", 5)
    (offer,) = promise(world, ("MUG", 1), methods=("ship",)).data
    world.receive("MUG", "DC", 5)  # as cheap, as near, and preferred between equals
    assert promise(world, ("MUG", 1), methods=("ship",)).data[0].packages[0].location == "DC"
    captured = take_promise(world, offer, "A1", ("MUG", 1))
    assert plan(world, captured.order_id) == [("TWIN", offer.date)]


def test_a_promise_is_for_what_was_promised_and_for_one_order(world: World):
    world.receive("MUG", "DC", 9)
    (offer,) = promise(world, ("MUG", 2), methods=("ship",)).data
    before = world.dump()
    with pytest.raises(PromiseMismatch) as refused:
        take_promise(world, offer, "A1", ("MUG", 3))
    assert [fault.pointer for fault in refused.value.errors] == ["/lines"]
    with pytest.raises(UnknownPromise):
        world.take(order("A1", ("MUG", 2), promise_id="prm_0000000000001"))
    assert world.dump() == before
    first = take_promise(world, offer, "A1", ("MUG", 2))
    with pytest.raises(PromiseMismatch):
        take_promise(world, offer, "A2", ("MUG", 2))
    again = take_promise(world, offer, "A1", ("MUG", 2))
    assert (again.order_id, again.replayed) == (first.order_id, True)


def test_a_pick_up_is_ordered_as_promised(world: World):
    shop(world)
    world.receive("MUG", "SHOP", 5)
    world.receive("MUG", "DC", 5)
    pickup, sent = promise(world, ("MUG", 1), methods=("pickup", "ship_to_store")).data
    assert pickup.location == sent.location == "SHOP"
    for name, offer in (("A1", pickup), ("A2", sent)):
        captured = take_promise(world, offer, name, ("MUG", 1))
        assert plan(world, captured.order_id) == [(p.location, p.deliver_on) for p in offer.packages]


# -- with a reservation -----------------------------------------------------------------------------------------------


def test_a_promise_holds_its_units_for_its_order(world: World):
    world.receive("MUG", "DC", 1)
    (offer,) = promise(world, ("MUG", 1), methods=("ship",), reserve=True).data
    assert offer.reservation_id is not None
    assert world.position("MUG", "DC") == Counters(on_hand=1, reserved=1)
    other = world.capture("B1", ("MUG", 1))
    assert world.waiting(other.order_id)
    captured = take_promise(world, offer, "A1", ("MUG", 1))
    assert plan(world, captured.order_id) == [("DC", offer.date)]
    assert promise_axis(world, captured.order_id) is Promise.KEPT
    assert world.position("MUG", "DC") == Counters(on_hand=1, allocated=1)


def test_a_promise_that_is_dearer_but_in_time_is_held_where_it_was_made(world: World):
    world.put_location("DC", 0, handling_parcel=5_000_000)
    world.receive("MUG", "DC", 1)
    world.receive("MUG", "STORE", 5)
    (offer,) = promise(world, ("MUG", 1), methods=("ship",), goal="earliest", reserve=True).data
    assert world.position("MUG", "DC") == Counters(on_hand=1, reserved=1)
    captured = take_promise(world, offer, "A1", ("MUG", 1))
    assert plan(world, captured.order_id) == [("DC", offer.date)]


def test_a_pick_up_is_held_at_its_location(world: World):
    shop(world)
    world.receive("MUG", "SHOP", 1)
    (offer,) = promise(world, ("MUG", 1), methods=("pickup",), reserve=True).data
    assert world.position("MUG", "SHOP") == Counters(on_hand=1, reserved=1)
    captured = take_promise(world, offer, "A1", ("MUG", 1))
    assert plan(world, captured.order_id) == [("SHOP", offer.date)]


def test_what_is_incomplete_is_not_held(world: World):
    world.receive("MUG", "DC", 1)
    (offer,) = promise(world, ("MUG", 2), methods=("ship",), reserve=True).data
    assert (offer.is_complete, offer.reservation_id) == (False, None)
    assert world.position("MUG", "DC") == Counters(on_hand=1)


def test_a_request_that_comes_twice_holds_its_units_once_and_is_answered_the_same(world: World):
    world.receive("MUG", "DC", 4)
    lines = (PromiseLineIn("MUG", 2, 1_000),)
    place = PromisePlaceIn("GB", "EC1A 1BB")
    asked = PromiseIn(channel="web", lines=lines, destination=place, methods=("ship",), reserve=True)
    request = c.RequestKey("key:test POST", "K1", b"1")
    first = promise_for(world, asked, request)
    held = world.dump()
    assert promise_for(world, asked, request) == first
    assert world.dump() == held
    assert world.position("MUG", "DC") == Counters(on_hand=4, reserved=2)
    with pytest.raises(IdempotencyKeyReused):
        promise_for(world, asked, c.RequestKey("key:test POST", "K1", b"2"))
    assert world.dump() == held
    captured = take_promise(world, first.data[0], "A1", ("MUG", 2))
    assert plan(world, captured.order_id) == [("DC", first.data[0].date)]


def test_an_offer_whose_units_cannot_be_held_is_not_kept(world: World):
    world.receive("MUG", "DC", 1)
    asked = PromiseIn(channel="web", lines=(PromiseLineIn("MUG", 1),), destination=PromisePlaceIn("GB", "EC1A 1BB"))
    quote = world.read(lambda session: quote_of(world.app.promises, session, asked, world.clock.at))
    world.capture("B1", ("MUG", 1))
    before = world.dump()
    reserve, seconds = reservation_of(asked, quote.answer.data[0], world.actor)
    with pytest.raises(NotEnoughToReserve):
        world.do(KeepPromises(quote, Hold(reserve, 0, seconds), actor=world.actor))
    assert world.dump() == before


def test_a_destination_known_by_country_alone_has_a_promise_without_carbon(world: World):
    world.receive("MUG", "DC", 5)
    (offer,) = promise(world, ("MUG", 1), methods=("ship",), destination=PromisePlaceIn("GB")).data
    assert offer.carbon_g is None
    assert offer.packages[0].km is None
