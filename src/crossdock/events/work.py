"""Events about work at locations: what they answered, what they did not find, what others were asked for."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from crossdock.events.base import EventData
from crossdock.kernel.money import Money


class WorkLine(msgspec.Struct, frozen=True):
    """Units of one demand."""

    demand: int
    sku: str
    quantity: int


class FulfillmentEvent(EventData, frozen=True):
    """What the events about a fulfillment say."""

    order_id: str
    fulfillment_id: str
    location: str


class FulfillmentReleased(FulfillmentEvent, frozen=True):
    type: ClassVar[str] = "fulfillment.released"
    summary: ClassVar[str] = "A location learned of its work and may begin; `accept_by` is when others are asked."

    accept_by: str = ""


class FulfillmentAccepted(FulfillmentEvent, frozen=True):
    type: ClassVar[str] = "fulfillment.accepted"
    summary: ClassVar[str] = "A location said that it will do the work; `start_by` is when others are asked."

    start_by: str = ""


class FulfillmentStarted(FulfillmentEvent, frozen=True):
    type: ClassVar[str] = "fulfillment.started"
    summary: ClassVar[str] = "A location began to work on it."


class FulfillmentPicked(FulfillmentEvent, frozen=True):
    type: ClassVar[str] = "fulfillment.picked"
    summary: ClassVar[str] = "Units were taken off the shelf; `complete` when nothing is left to pick."

    lines: tuple[WorkLine, ...]
    complete: bool = False


class FulfillmentRestocked(FulfillmentEvent, frozen=True):
    type: ClassVar[str] = "fulfillment.restocked"
    summary: ClassVar[str] = "Picked units were put back on the shelf."

    lines: tuple[WorkLine, ...]


class RefusalEvent(FulfillmentEvent, frozen=True):
    """What the events about work that a location does not do say; `kept` units stay there, nobody else has them."""

    lines: tuple[WorkLine, ...]
    reason: str
    note: str = ""
    moved: int = 0
    kept: int = 0
    excluded_until: str = ""


class FulfillmentRejected(RefusalEvent, frozen=True):
    type: ClassVar[str] = "fulfillment.rejected"
    summary: ClassVar[str] = "A location said no to units; `reason` says why, and what it says of the stock there."


class FulfillmentShortPicked(RefusalEvent, frozen=True):
    type: ClassVar[str] = "fulfillment.short_picked"
    summary: ClassVar[str] = "Units were not found where they were to be picked."


class FulfillmentDueSoon(FulfillmentEvent, frozen=True):
    type: ClassVar[str] = "fulfillment.due_soon"
    summary: ClassVar[str] = "A location has not accepted (or begun) yet, and its time is nearly over."

    waits_for: str
    due_at: str


class FulfillmentTimedOut(FulfillmentEvent, frozen=True):
    type: ClassVar[str] = "fulfillment.timed_out"
    summary: ClassVar[str] = "A location did not accept (or begin) in time; what others can have goes to them."

    waits_for: str
    moved: int = 0
    kept: int = 0


class FulfillmentAssigned(FulfillmentEvent, frozen=True):
    type: ClassVar[str] = "fulfillment.assigned"
    summary: ClassVar[str] = (
        "Somebody chose the location by hand; `cost_before` is what it would have cost where it was."
    )

    units: int
    before: str = ""
    reason: str = ""
    cost: Money | None = None
    cost_before: Money | None = None


class FulfillmentRelieved(FulfillmentEvent, frozen=True):
    type: ClassVar[str] = "fulfillment.relieved"
    summary: ClassVar[str] = "Planned work left a location that is closed, paused or has more than it can do in a day."

    reason: str
    moved: int = 0
    kept: int = 0


class FulfillmentOffered(FulfillmentEvent, frozen=True):
    type: ClassVar[str] = "fulfillment.offered"
    summary: ClassVar[str] = "A job was offered to several locations: the first that claims it has it."

    offer_id: str
    locations: tuple[str, ...]
    expires_at: str


class OfferClaimed(FulfillmentEvent, frozen=True):
    type: ClassVar[str] = "offer.claimed"
    summary: ClassVar[str] = (
        "A location claimed a job that was offered; `lost` are those that are told that it is gone."
    )

    offer_id: str
    lost: tuple[str, ...] = ()


class OfferEnded(FulfillmentEvent, frozen=True):
    type: ClassVar[str] = "offer.ended"
    summary: ClassVar[str] = "A job is offered no more: nobody claimed it in time, or it is another one now."

    offer_id: str
    state: str
    locations: tuple[str, ...] = ()


class LocationPaused(EventData, frozen=True):
    type: ClassVar[str] = "location.paused"
    summary: ClassVar[str] = "A location takes no new work; `until` is empty when nobody knows."

    location: str
    until: str = ""
    reason: str = ""
    moves_work: bool = False


class LocationResumed(EventData, frozen=True):
    type: ClassVar[str] = "location.resumed"
    summary: ClassVar[str] = "A location takes work again."

    location: str
    reason: str = ""


class OrderChoiceAsked(EventData, frozen=True):
    type: ClassVar[str] = "order.choice_asked"
    summary: ClassVar[str] = "A pick-up cannot be had as planned: the customer is to choose what becomes of it."

    order_id: str
    delivery: int
    lines: tuple[WorkLine, ...]
    reason: str


class OrderChoiceMade(EventData, frozen=True):
    type: ClassVar[str] = "order.choice_made"
    summary: ClassVar[str] = "The customer chose what becomes of a pick-up that cannot be had as planned."

    order_id: str
    delivery: int
    option: str
    units: int
    location: str = ""
    note: str = ""


_ORDER = "ord_06ax7q2m00001"
_FULFILLMENT = "ful_06ax7q2m00002"
_OFFER = "off_06ax7q2m00007"
_STORE = "STORE1"
_LINE = WorkLine(demand=1, sku="85123A", quantity=2)
SAMPLES: tuple[EventData, ...] = (
    FulfillmentReleased(
        order_id=_ORDER, fulfillment_id=_FULFILLMENT, location=_STORE, accept_by="2026-11-23T09:30:00Z"
    ),
    FulfillmentAccepted(order_id=_ORDER, fulfillment_id=_FULFILLMENT, location=_STORE, start_by="2026-11-23T11:00:00Z"),
    FulfillmentStarted(order_id=_ORDER, fulfillment_id=_FULFILLMENT, location=_STORE),
    FulfillmentPicked(order_id=_ORDER, fulfillment_id=_FULFILLMENT, location=_STORE, lines=(_LINE,), complete=True),
    FulfillmentRestocked(order_id=_ORDER, fulfillment_id=_FULFILLMENT, location=_STORE, lines=(_LINE,)),
    FulfillmentRejected(
        order_id=_ORDER,
        fulfillment_id=_FULFILLMENT,
        location=_STORE,
        lines=(_LINE,),
        reason="damaged",
        note="torn box",
        moved=2,
        excluded_until="2026-11-30T09:00:00Z",
    ),
    FulfillmentShortPicked(
        order_id=_ORDER,
        fulfillment_id=_FULFILLMENT,
        location=_STORE,
        lines=(_LINE,),
        reason="not_in_stock",
        moved=2,
        excluded_until="2026-11-30T09:00:00Z",
    ),
    FulfillmentDueSoon(
        order_id=_ORDER, fulfillment_id=_FULFILLMENT, location=_STORE, waits_for="accept", due_at="2026-11-23T09:30:00Z"
    ),
    FulfillmentTimedOut(order_id=_ORDER, fulfillment_id=_FULFILLMENT, location=_STORE, waits_for="accept", moved=2),
    FulfillmentAssigned(
        order_id=_ORDER,
        fulfillment_id=_FULFILLMENT,
        location=_STORE,
        units=2,
        before="DC1",
        reason="The customer lives next door.",
        cost=Money(412, "GBP"),
        cost_before=Money(395, "GBP"),
    ),
    FulfillmentRelieved(order_id=_ORDER, fulfillment_id=_FULFILLMENT, location=_STORE, reason="capacity", moved=2),
    FulfillmentOffered(
        order_id=_ORDER,
        fulfillment_id=_FULFILLMENT,
        location=_STORE,
        offer_id=_OFFER,
        locations=("STORE2", "STORE3"),
        expires_at="2026-11-23T09:30:00Z",
    ),
    OfferClaimed(order_id=_ORDER, fulfillment_id=_FULFILLMENT, location=_STORE, offer_id=_OFFER, lost=("STORE2",)),
    OfferEnded(
        order_id=_ORDER,
        fulfillment_id=_FULFILLMENT,
        location=_STORE,
        offer_id=_OFFER,
        state="expired",
        locations=("STORE2", "STORE3"),
    ),
    LocationPaused(location="STORE1", until="2026-11-23T14:00:00Z", reason="power cut", moves_work=True),
    LocationResumed(location="STORE1", reason="the time is over"),
    OrderChoiceAsked(order_id=_ORDER, delivery=1, lines=(_LINE,), reason="not_in_stock"),
    OrderChoiceMade(order_id=_ORDER, delivery=1, option="ship", units=2),
)
