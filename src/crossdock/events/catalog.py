"""Every type of event that the log knows, with the shape of its data and a sentence for the documentation.

What is stored is what readers get: ids are written as people see them, instants as microseconds UTC stay out of sight
(the envelope carries the time). No event carries personal data: the party's id and coarse geography alone.

A writer makes a row with ``new_event(OrderCaptured(...), at=…, subject=…, actor=…)``; the log's position goes in front.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from crossdock.events import policies, promises, reservations, supply, transfers, work
from crossdock.events.base import PREFIX, EventData, EventRow, EventType, new_event
from crossdock.kernel.money import Money

__all__ = ["CATALOG", "PREFIX", "EventData", "EventRow", "EventType", "new_event", "sample"]


class ConfigChange(msgspec.Struct, frozen=True):
    """One document that was created or replaced."""

    key: str
    result: str


class PlannedLine(msgspec.Struct, frozen=True):
    """Units of one demand in a fulfillment."""

    demand: int
    sku: str
    quantity: int


class OrderCaptured(EventData, frozen=True):
    type: ClassVar[str] = "order.captured"
    summary: ClassVar[str] = "An order came in and was stored; what follows is written in the same transaction."

    order_id: str
    channel: str
    external_id: str
    revision: int
    party_id: str
    total: Money
    lines: int
    units: int
    country: str
    area: str = ""


class OrderRouted(EventData, frozen=True):
    type: ClassVar[str] = "order.routed"
    summary: ClassVar[str] = "A decision assigned units of an order to locations; `cause` says what asked for it."

    order_id: str
    decision_id: str
    delivery: int
    cause: str
    locations: tuple[str, ...]
    cost: Money
    assigned: int
    unfilled: int = 0


class OrderQueued(EventData, frozen=True):
    type: ClassVar[str] = "order.queued"
    summary: ClassVar[str] = "Units of an order cannot go on; they wait in a queue, with a reason."

    order_id: str
    queue: str
    reason: str
    demand: int
    sku: str
    quantity: int
    detail: str = ""


class OrderDequeued(EventData, frozen=True):
    type: ClassVar[str] = "order.dequeued"
    summary: ClassVar[str] = "Units of an order left a queue: stock came, they were routed, or they were canceled."

    order_id: str
    queue: str
    reason: str
    demand: int
    sku: str
    quantity: int


class OrderCanceled(EventData, frozen=True):
    type: ClassVar[str] = "order.canceled"
    summary: ClassVar[str] = "Units of an order were canceled; `lines` maps line numbers to units."

    order_id: str
    lines: dict[str, int]
    units: int
    complete: bool
    reason: str = ""


class OrderAddressAmended(EventData, frozen=True):
    type: ClassVar[str] = "order.address_amended"
    summary: ClassVar[str] = "A delivery of an order goes elsewhere; the address itself is in the vault alone."

    order_id: str
    delivery: int
    country: str
    area: str = ""
    before_country: str = ""
    before_area: str = ""
    reason: str = ""


class OrderHoldPlaced(EventData, frozen=True):
    type: ClassVar[str] = "order.hold_placed"
    summary: ClassVar[str] = "An order was stopped from being released; its stock stays claimed."

    order_id: str
    reason: str
    note: str = ""


class OrderHoldReleased(EventData, frozen=True):
    type: ClassVar[str] = "order.hold_released"
    summary: ClassVar[str] = "A hold was lifted from an order."

    order_id: str
    reason: str
    note: str = ""


class OrderRevised(EventData, frozen=True):
    type: ClassVar[str] = "order.revised"
    summary: ClassVar[str] = "The channel sent a newer revision of an order, and it was taken over."

    order_id: str
    revision: int
    before_revision: int


class FulfillmentPlanned(EventData, frozen=True):
    type: ClassVar[str] = "fulfillment.planned"
    summary: ClassVar[str] = "A location is to handle a part of a delivery; it does not know of it before its release."

    order_id: str
    fulfillment_id: str
    decision_id: str
    location: str
    lines: tuple[PlannedLine, ...]
    work_on: str = ""
    deliver_on: str = ""
    feeds: str = ""
    """The fulfillment that it brings goods to, of a leg between our locations."""


class FulfillmentChanged(EventData, frozen=True):
    type: ClassVar[str] = "fulfillment.changed"
    summary: ClassVar[str] = "Units were taken out of a planned fulfillment, which goes on with the rest."

    order_id: str
    fulfillment_id: str
    location: str
    lines: tuple[PlannedLine, ...]
    reason: str = ""


class FulfillmentCanceled(EventData, frozen=True):
    type: ClassVar[str] = "fulfillment.canceled"
    summary: ClassVar[str] = "A fulfillment was called off, and its claim on stock given back."

    order_id: str
    fulfillment_id: str
    location: str
    reason: str = ""


class StockRecorded(EventData, frozen=True):
    type: ClassVar[str] = "stock.recorded"
    summary: ClassVar[str] = "Facts about stock of one source were recorded; the movements say each one."

    source: str
    facts: int
    repeated: int = 0
    failed: int = 0


class StockShort(EventData, frozen=True):
    type: ClassVar[str] = "stock.short"
    summary: ClassVar[str] = "A fact left less at a location than is claimed there; what lacks goods is routed anew."

    sku: str
    location: str
    on_hand: int
    claimed: int
    short: int


class FeedSilent(EventData, frozen=True):
    type: ClassVar[str] = "feed.silent"
    summary: ClassVar[str] = "A source of stock facts has not been heard for longer than it may be silent."

    source: str
    silent_s: int
    distrusted: bool = False
    """Whether the stock of its locations is distrusted now."""


class FeedHeard(EventData, frozen=True):
    type: ClassVar[str] = "feed.heard"
    summary: ClassVar[str] = "A source of stock facts that was silent has been heard again."

    source: str
    silent_s: int


class LevelChange(msgspec.Struct, frozen=True):
    """An item that is at another level now."""

    sku: str
    level: str
    before: str
    available_to_promise: int


class AvailabilityChanged(EventData, frozen=True):
    type: ClassVar[str] = "availability.changed"
    summary: ClassVar[str] = (
        "For a channel, items became in stock, low or out (by its `low_stock`). Changes of half a second come "
        "together, and what went back and forth between them is not told."
    )

    channel: str
    changes: tuple[LevelChange, ...]


class ConfigChanged(EventData, frozen=True):
    type: ClassVar[str] = "config.changed"
    summary: ClassVar[str] = "Items, locations, channels, a policy, a view or shares were created or replaced."

    kind: str
    changes: tuple[ConfigChange, ...]
    version: str = ""


class JobFinished(EventData, frozen=True):
    type: ClassVar[str] = "job.finished"
    summary: ClassVar[str] = "A job came to its end: succeeded, failed or canceled."

    job_id: str
    kind: str
    state: str
    done: int
    failed: int


class ApiKeyCreated(EventData, frozen=True):
    type: ClassVar[str] = "api_key.created"
    summary: ClassVar[str] = "An API key was made; its secret was shown once and is stored nowhere."

    key_id: str
    name: str
    scopes: tuple[str, ...]


class ApiKeyRevoked(EventData, frozen=True):
    type: ClassVar[str] = "api_key.revoked"
    summary: ClassVar[str] = "An API key was revoked and opens nothing any more."

    key_id: str
    name: str


_TYPES: tuple[type[EventData], ...] = (
    OrderCaptured,
    OrderRevised,
    OrderRouted,
    OrderQueued,
    OrderDequeued,
    OrderCanceled,
    OrderAddressAmended,
    OrderHoldPlaced,
    OrderHoldReleased,
    FulfillmentPlanned,
    FulfillmentChanged,
    FulfillmentCanceled,
    StockRecorded,
    StockShort,
    FeedSilent,
    FeedHeard,
    AvailabilityChanged,
    ConfigChanged,
    JobFinished,
    ApiKeyCreated,
    ApiKeyRevoked,
    *(type(event) for event in reservations.SAMPLES),
    *(type(event) for event in supply.SAMPLES),
    *(type(event) for event in promises.SAMPLES),
    *(type(event) for event in work.SAMPLES),
    *(type(event) for event in policies.SAMPLES),
    *(type(event) for event in transfers.SAMPLES),
)

CATALOG: dict[str, EventType] = {data.type: EventType(data.type, data, data.summary) for data in _TYPES}


def sample(name: str) -> Any:
    """Return an example of the type's data, for documentation and tests."""
    return msgspec.to_builtins(_SAMPLES[name])


_ORDER = "ord_06ax7q2m00001"
_FULFILLMENT = "ful_06ax7q2m00002"
_DECISION = "dec_06ax7q2m00003"
_JOB = "job_06ax7q2m00004"
_KEY = "key_06ax7q2m00005"
_GBP = "GBP"
_LINE = PlannedLine(demand=1, sku="85123A", quantity=2)

_SAMPLES: dict[str, EventData] = {
    event.type: event
    for event in (
        OrderCaptured(
            order_id=_ORDER, channel="web", external_id="W-1001", revision=0, party_id="pty_06ax7q2m00006",
            total=Money(2548, _GBP), lines=1, units=2, country="GB", area="EC1A",
        ),
        OrderRevised(order_id=_ORDER, revision=2, before_revision=1),
        OrderRouted(
            order_id=_ORDER, decision_id=_DECISION, delivery=1, cause="capture", locations=("DC1",),
            cost=Money(412, _GBP), assigned=2,
        ),
        OrderQueued(
            order_id=_ORDER, queue="backorder", reason="no_stock", demand=1, sku="85123A", quantity=2,
            detail="No location has stock that may ship to GB.",
        ),
        OrderDequeued(order_id=_ORDER, queue="backorder", reason="routed", demand=1, sku="85123A", quantity=2),
        OrderCanceled(order_id=_ORDER, lines={"1": 2}, units=2, complete=True, reason="customer changed their mind"),
        OrderAddressAmended(
            order_id=_ORDER, delivery=1, country="GB", area="M1", before_country="GB", before_area="EC1A",
        ),
        OrderHoldPlaced(order_id=_ORDER, reason="fraud", note="score 81"),
        OrderHoldReleased(order_id=_ORDER, reason="fraud", note="called the customer"),
        FulfillmentPlanned(
            order_id=_ORDER, fulfillment_id=_FULFILLMENT, decision_id=_DECISION, location="DC1", lines=(_LINE,),
            work_on="2026-11-23", deliver_on="2026-11-24",
        ),
        FulfillmentChanged(order_id=_ORDER, fulfillment_id=_FULFILLMENT, location="DC1", lines=(_LINE,)),
        FulfillmentCanceled(order_id=_ORDER, fulfillment_id=_FULFILLMENT, location="DC1", reason="canceled"),
        StockRecorded(source="wms", facts=120, repeated=3),
        StockShort(sku="85123A", location="DC1", on_hand=3, claimed=5, short=2),
        FeedSilent(source="wms", silent_s=3600, distrusted=True),
        FeedHeard(source="wms", silent_s=5400),
        AvailabilityChanged(channel="web", changes=(LevelChange("85123A", "low", "in_stock", 4),)),
        ConfigChanged(kind="location", changes=(ConfigChange("DC1", "changed"),)),
        JobFinished(job_id=_JOB, kind="orders.import", state="succeeded", done=1000, failed=2),
        ApiKeyCreated(key_id=_KEY, name="web shop", scopes=("orders:write",)),
        ApiKeyRevoked(key_id=_KEY, name="web shop"),
        *reservations.SAMPLES,
        *supply.SAMPLES,
        *promises.SAMPLES,
        *work.SAMPLES,
        *policies.SAMPLES,
        *transfers.SAMPLES,
    )
}  # fmt: skip
