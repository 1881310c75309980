"""Assigned by hand, offered to several, chosen by a customer: each is seen before it is done."""

import pytest

from crossdock.fulfillment.model import WrongState
from crossdock.orchestration.work.commands import (
    WATCH,
    Assign,
    Choose,
    ClaimOffer,
    OfferJob,
    PauseLocation,
    PreviewAssignment,
    PreviewChoices,
    Previewed,
    Reject,
    Release,
    Start,
    WatchOffers,
)
from crossdock.orchestration.work.errors import CannotAssign, NothingToChoose, NotOffered, OfferGone, OfferOpen
from crossdock.orders.model import AddressIn, DeliveryIn, Status
from tests.support.world import World

HOME = AddressIn(country="GB", postal_code="EC1A 1BB", line1="1 Test Street")


def two_places(world: World, near: int = 5, far: int = 5) -> None:
    world.receive("MUG", "DC", near)
    world.receive("MUG", "STORE", far)


def preview(world: World, order: int, fulfillment: int, place: str) -> Previewed:
    command = PreviewAssignment(actor=world.actor, order_id=order, fulfillment_id=fulfillment, location=place)
    answer: Previewed = world.do(command)
    return answer


# -- by hand ----------------------------------------------------------------------------------------------------------


def test_a_preview_says_what_the_other_store_costs_and_when_it_delivers_and_changes_nothing(world: World):
    two_places(world)
    order = world.capture("A1", ("MUG", 2)).order_id
    before = world.dump()
    seen = preview(world, order, world.at(order, "DC"), "STORE")
    assert world.dump() == before
    assert seen.present is not None
    assert seen.proposed is not None
    assert (seen.present.locations, seen.present.cost.amount, seen.present.deliver_on) == (("DC",), 366, "2026-11-03")
    assert (seen.proposed.locations, seen.proposed.cost.amount) == (("STORE",), 474)
    assert (seen.proposed.deliver_on, seen.days_difference) == ("2026-11-04", 1)
    assert seen.cost_difference is not None
    assert (seen.cost_difference.amount, seen.obstacles) == (108, ())


def test_what_was_previewed_is_what_is_done_and_the_reason_is_kept(world: World):
    two_places(world)
    order = world.capture("A1", ("MUG", 2)).order_id
    seen = preview(world, order, world.at(order, "DC"), "STORE")
    world.work(Assign, world.at(order, "DC"), location="STORE", reason="She lives next door.")
    assert world.plan(order) == {"STORE": {"MUG": 2}}
    (told,) = world.told("fulfillment.assigned")
    assert seen.proposed is not None
    assert (told["before"], told["location"], told["reason"]) == ("DC", "STORE", "She lives next door.")
    assert (told["cost"]["amount"], told["cost_before"]["amount"]) == (seen.proposed.cost.amount, 366)
    assert world.rows("SELECT cause FROM decisions ORDER BY id") == [("capture",), ("manual",)]


def test_a_person_may_choose_a_store_that_has_said_no(world: World):
    two_places(world)
    order = world.capture("A1", ("MUG", 2)).order_id
    world.work(Release, world.at(order, "DC"))
    world.work(Reject, world.at(order, "DC"), reason="too_busy")
    world.work(Assign, world.at(order, "STORE"), location="DC", reason="They have time now.")
    assert world.plan(order) == {"DC": {"MUG": 2}}


def test_a_store_that_cannot_have_it_says_what_stands_in_the_way(world: World):
    two_places(world, far=1)
    order = world.capture("A1", ("MUG", 2)).order_id
    fulfillment = world.at(order, "DC")
    assert [each.fence for each in preview(world, order, fulfillment, "STORE").obstacles] == ["stock"]
    before = world.dump()
    with pytest.raises(CannotAssign):
        world.work(Assign, fulfillment, location="STORE", reason="Why not?")
    with pytest.raises(CannotAssign):
        world.work(Assign, fulfillment, location="DC", reason="Why not?")
    assert world.dump() == before
    world.do(PauseLocation(actor=world.actor, location="STORE"))
    (paused,) = preview(world, order, fulfillment, "STORE").obstacles
    assert (paused.fence, paused.message) == ("accepting", "'STORE' takes no new work for now.")


def test_what_a_store_has_begun_stays_there(world: World):
    two_places(world)
    order = world.capture("A1", ("MUG", 2)).order_id
    fulfillment = world.at(order, "DC")
    for command in (Release, Start):
        world.work(command, fulfillment)
    with pytest.raises(WrongState):
        preview(world, order, fulfillment, "STORE")


# -- one job for several ----------------------------------------------------------------------------------------------


def offered(world: World) -> tuple[int, int]:
    """A job at the DC that STORE and SHOP may have; returns the order and the offer."""
    world.put_location("SHOP", 2)
    two_places(world)
    world.receive("MUG", "SHOP", 5)
    order = world.capture("A1", ("MUG", 2)).order_id
    offer = world.work(OfferJob, world.at(order, "DC"), locations=("STORE", "SHOP")).offer_id
    return order, offer


def test_the_first_store_that_claims_a_job_has_it_and_the_others_are_told(world: World):
    order, offer = offered(world)
    assert world.plan(order) == {"DC": {"MUG": 2}}
    world.do(ClaimOffer(actor=world.actor, offer_id=offer, location="SHOP"))
    assert world.plan(order) == {"SHOP": {"MUG": 2}}
    assert world.stands(world.at(order, "SHOP")) == ("planned", "accepted")
    (told,) = world.told("offer.claimed")
    assert (told["location"], told["lost"]) == ("SHOP", ["STORE"])
    before = world.dump()
    with pytest.raises(OfferGone):
        world.do(ClaimOffer(actor=world.actor, offer_id=offer, location="STORE"))
    assert world.dump() == before
    world.work(Release, world.at(order, "SHOP"))
    assert world.stands(world.at(order, "SHOP")) == ("released", "accepted")


def test_many_stores_claim_a_job_at_once_and_exactly_one_has_it(world: World):
    codes = [f"S{n}" for n in range(8)]
    world.locations(*codes)
    world.receive("MUG", "DC", 2)
    for code in codes:
        world.receive("MUG", code, 2)
    order = world.capture("A1", ("MUG", 2)).order_id
    ((held,),) = world.rows("SELECT l.code FROM fulfillments f JOIN locations l ON l.id = f.location_id")
    offer = world.work(OfferJob, world.at(order, held), locations=tuple(codes)).offer_id
    tickets = [world.app.writer.submit(ClaimOffer(actor=world.actor, offer_id=offer, location=code)) for code in codes]
    outcomes = [ticket.exception() for ticket in tickets]
    assert [type(each) for each in outcomes if each is not None] == [OfferGone] * 7
    (winner,) = [code for code, outcome in zip(codes, outcomes, strict=True) if outcome is None]
    assert world.plan(order) == {winner: {"MUG": 2}}


def test_an_offer_that_nobody_claims_is_over_and_the_job_stays(world: World):
    order, offer = offered(world)
    with pytest.raises(OfferOpen):
        world.work(OfferJob, world.at(order, "DC"), locations=("SHOP",))
    with pytest.raises(NotOffered):
        world.do(ClaimOffer(actor=world.actor, offer_id=offer, location="DC"))
    world.clock.forward(minutes=31)
    with pytest.raises(OfferGone):
        world.do(ClaimOffer(actor=world.actor, offer_id=offer, location="SHOP"))
    world.do(WatchOffers(actor=WATCH))
    (told,) = world.told("offer.ended")
    assert (told["state"], told["locations"]) == ("expired", ["STORE", "SHOP"])
    assert world.plan(order) == {"DC": {"MUG": 2}}


def test_a_job_that_is_another_one_now_is_offered_no_more(world: World):
    order, offer = offered(world)
    world.work(Release, world.at(order, "DC"))
    with pytest.raises(OfferGone):
        world.do(ClaimOffer(actor=world.actor, offer_id=offer, location="SHOP"))
    world.do(WatchOffers(actor=WATCH))
    assert world.told("offer.ended")[0]["state"] == "withdrawn"


def test_a_job_that_none_of_the_stores_can_do_is_not_offered(world: World):
    two_places(world, far=1)
    order = world.capture("A1", ("MUG", 2)).order_id
    before = world.dump()
    with pytest.raises(CannotAssign):
        world.work(OfferJob, world.at(order, "DC"), locations=("STORE",))
    assert world.dump() == before


# -- the customer's choice --------------------------------------------------------------------------------------------


def asked(world: World, *, other: int = 5, home: int = 5) -> int:
    """An order of two mugs that was to be collected at SHOP, which does not have them."""
    collect = ("ship", "collect", "ambient")
    world.put_location("SHOP", 1, capabilities=collect)
    world.put_location("OTHER", 2, capabilities=collect)
    for place, units in (("SHOP", 2), ("OTHER", other), ("DC", home)):
        if units:
            world.receive("MUG", place, units)
    delivery = DeliveryIn(destination=HOME, method="pickup", location="SHOP")
    order = world.capture("P1", ("MUG", 2), deliveries=(delivery,)).order_id
    world.work(Release, world.at(order, "SHOP"))
    world.work(Reject, world.at(order, "SHOP"), reason="not_in_stock")
    return order


def choose(world: World, order: int, option: str, location: str = "") -> None:
    world.do(Choose(actor=world.actor, order_id=order, delivery_no=1, option=option, location=location))


def test_the_customers_options_have_their_price_and_their_day_and_looking_changes_nothing(world: World):
    order = asked(world)
    before = world.dump()
    (delivery,) = world.do(PreviewChoices(actor=world.actor, order_id=order)).deliveries
    assert world.dump() == before
    assert (delivery.units, delivery.reasons) == (2, ("rejected",))
    told = [
        (c.option, c.location, c.deliver_on, c.cost and c.cost.amount, c.amount and c.amount.amount)
        for c in delivery.choices
    ]
    assert told == [
        ("ship", "", "2026-11-03", 366, None),
        ("pickup", "OTHER", "2026-11-02", 0, None),
        ("wait", "", "", None, None),
        ("cancel", "", "", None, 2000),
    ]


def test_it_is_shipped_to_the_customer(world: World):
    order = asked(world)
    choose(world, order, "ship")
    assert (world.plan(order), world.waiting(order)) == ({"DC": {"MUG": 2}}, [])
    assert world.rows("SELECT method FROM deliveries WHERE order_id = ?", order) == [("ship",)]
    assert world.told("order.choice_made")[0]["option"] == "ship"
    with pytest.raises(NothingToChoose):
        choose(world, order, "ship")


def test_it_is_collected_at_another_store(world: World):
    order = asked(world)
    choose(world, order, "pickup", "OTHER")
    assert (world.plan(order), world.waiting(order)) == ({"OTHER": {"MUG": 2}}, [])


def test_the_customer_waits_for_the_store_that_said_no(world: World):
    order = asked(world)
    choose(world, order, "wait")
    assert world.waiting(order)[0][:3] == ("backorder", "MUG", 2)
    world.receive("MUG", "SHOP", 2)
    assert (world.plan(order), world.waiting(order)) == ({"SHOP": {"MUG": 2}}, [])


def test_the_customer_has_the_money_back(world: World):
    order = asked(world)
    choose(world, order, "cancel")
    assert (world.status(order), world.waiting(order)) == (Status.CANCELED, [])
    assert world.told("order.canceled")[0]["lines"] == {"1": 2}


def test_what_cannot_be_had_in_full_is_no_option(world: World):
    order = asked(world, other=1, home=0)
    (delivery,) = world.do(PreviewChoices(actor=world.actor, order_id=order)).deliveries
    assert [choice.option for choice in delivery.choices] == ["wait", "cancel"]
    before = world.dump()
    with pytest.raises(NothingToChoose):
        choose(world, order, "pickup", "OTHER")
    assert world.dump() == before


def test_what_is_found_stays_to_be_collected_and_the_rest_of_the_order_is_shipped(world: World):
    collect = ("ship", "collect", "ambient")
    world.put_location("SHOP", 1, capabilities=collect)
    world.receive("MUG", "SHOP", 2)
    world.receive("PEN", "SHOP", 1)
    world.receive("PEN", "DC", 1)
    delivery = DeliveryIn(destination=HOME, method="pickup", location="SHOP")
    order = world.capture("P1", ("MUG", 2), ("PEN", 1), deliveries=(delivery,)).order_id
    world.count("PEN", "SHOP", 0)
    choose(world, order, "ship")
    assert world.plan(order) == {"SHOP": {"MUG": 2}, "DC": {"PEN": 1}}
    rows = world.rows("SELECT no, method FROM deliveries WHERE order_id = ? ORDER BY no", order)
    assert rows == [(1, "pickup"), (2, "ship")]
