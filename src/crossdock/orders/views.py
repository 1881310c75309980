"""What people and programs see of an order: one set of shapes for the API, the console and the command line."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from crossdock.kernel.document import Instant
from crossdock.kernel.money import Money

StatusWord = Literal[
    "waiting",
    "partly_allocated",
    "allocated",
    "in_progress",
    "partly_shipped",
    "shipped",
    "delivered",
    "canceled",
]
PaymentWord = Literal["pending", "authorized", "paid"]
PromiseWord = Literal["kept", "at_risk", "late"]
CancellationWord = Literal["none", "requested", "accepted", "refused"]
OriginWord = Literal["sale", "replacement", "exchange"]
ExecutionWord = Literal[
    "planned", "released", "in_progress", "picked", "packed", "shipped", "ready", "canceled", "handed_over"
]
OrderAction = Literal["cancel", "amend_address", "hold", "release_hold", "route", "choose"]

Version = Annotated[int, Meta(ge=1, description="rises with every change; also the ETag")]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A document that we write: every field is always there."""


class Parts(View, frozen=True):
    """Where the units are; the parts always add up to the quantity."""

    waiting: int
    reserved: int
    allocated: int
    released: int
    picked: int
    shipped: int
    delivered: int
    lost: int
    canceled: int


class PricePart(View, frozen=True):
    """A named charge or discount, as the channel priced it."""

    code: str
    amount: Money
    name: str


class TaxView(View, frozen=True):
    """A tax as the channel reckoned it, ``rate`` in basis points."""

    amount: Money
    rate: int
    jurisdiction: str
    included: bool


class LineView(View, frozen=True):
    """A line as it was bought, and where its units are (of a bundle: the units of its parts)."""

    no: int
    external_id: str | None
    sku: str
    name: str
    quantity: int
    unit: str
    unit_factor: int
    together: int
    unit_price: Money
    total: Money
    delivery: int
    discounts: tuple[PricePart, ...]
    charges: tuple[PricePart, ...]
    taxes: tuple[TaxView, ...]
    metadata: dict[str, str]
    parts: Parts
    version: Version


class ExpectedView(View, frozen=True):
    """Units that wait and are bound to what is coming: the day on which they are expected at a location."""

    on: str
    quantity: int
    location: str
    supply_line_id: str
    supply: str


class DemandView(View, frozen=True):
    """What routing serves: units of one item for one delivery, and where they are.

    ``expected`` says when units that wait will be there; those that it leaves out have no date.
    """

    no: int
    line: int
    delivery: int
    sku: str
    quantity: int
    origin: OriginWord
    parts: Parts
    expected: tuple[ExpectedView, ...]


class AddressView(View, frozen=True):
    """Where a delivery goes, from the vault."""

    name: str
    company: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str


class CustomerView(View, frozen=True):
    """Who ordered, from the vault."""

    external_id: str | None
    name: str
    email: str
    phone: str


class DeliveryView(View, frozen=True):
    """Where and when a part of the order is to go; ``address`` only for who may read customers."""

    no: int
    method: str
    country: str
    area: str
    latitude: float | None
    longitude: float | None
    not_before: Instant | None
    by: Instant | None
    service_level: str
    location: str | None
    gift: bool
    address: AddressView | None


class FulfillmentRef(View, frozen=True):
    """A fulfillment of the order, in short."""

    id: str
    delivery: int
    location: str
    execution: ExecutionWord
    units: int
    work_on: str
    deliver_on: str
    decision_id: str


class QueueEntryView(View, frozen=True):
    """Units that cannot go on: why, since when, and whose they are."""

    id: str
    order_id: str
    queue: str
    demand: int
    sku: str
    quantity: int
    reason: str
    detail: str
    owner: str
    priority: int
    since: Instant
    closed_at: Instant | None


class HoldView(View, frozen=True):
    """A stop on the order."""

    id: str
    reason: str
    note: str
    owner: str
    placed_at: Instant
    released_at: Instant | None
    released_by: str | None


class DecisionRef(View, frozen=True):
    """A routing decision of the order, in short."""

    id: str
    delivery: int
    cause: str
    decided_at: Instant
    cost: Money
    proven: bool
    locations: int


class OrderLinks(View, frozen=True):
    """Where the rest of the order is."""

    self: str
    timeline: str
    decisions: str
    fulfillments: str


class OrderSummary(View, frozen=True):
    """An order as lists show it."""

    id: str
    channel: str
    external_id: str
    status: StatusWord
    on_hold: bool
    queued: bool
    payment: PaymentWord
    promise: PromiseWord
    total: Money
    placed_at: Instant
    captured_at: Instant
    lines: int
    units: int
    parts: Parts
    locations: tuple[str, ...]
    country: str
    priority: int
    version: Version


class OrderView(View, frozen=True):
    """An order with everything that is known about it."""

    id: str
    channel: str
    external_id: str
    revision: int
    party_id: str
    customer: CustomerView | None
    status: StatusWord
    on_hold: bool
    queued: bool
    payment: PaymentWord
    promise: PromiseWord
    cancellation: CancellationWord
    priority: int
    total: Money
    charges: tuple[PricePart, ...]
    discounts: tuple[PricePart, ...]
    tags: tuple[str, ...]
    metadata: dict[str, str]
    reservation_id: str | None
    placed_at: Instant
    captured_at: Instant
    parts: Parts
    lines: tuple[LineView, ...]
    demand: tuple[DemandView, ...]
    deliveries: tuple[DeliveryView, ...]
    fulfillments: tuple[FulfillmentRef, ...]
    queue: tuple[QueueEntryView, ...]
    holds: tuple[HoldView, ...]
    decisions: tuple[DecisionRef, ...]
    supported_actions: tuple[OrderAction, ...]
    links: OrderLinks
    version: Version


def order_links(order_id: str) -> OrderLinks:
    """Return the addresses of an order's parts."""
    base = f"/v1/orders/{order_id}"
    return OrderLinks(
        self=base, timeline=f"{base}/timeline", decisions=f"{base}/decisions", fulfillments=f"{base}/fulfillments"
    )


def supported_actions(parts: Parts, *, on_hold: bool, choice: bool = False) -> tuple[OrderAction, ...]:
    """Say what can be asked of an order whose units are there."""
    free = parts.waiting + parts.reserved + parts.allocated
    still_here = free + parts.released + parts.picked
    actions: list[OrderAction] = []
    if free:
        actions += ["cancel", "amend_address", "route"]
    if still_here:
        actions.append("hold")
    if on_hold:
        actions.append("release_hold")
    if choice:
        actions.append("choose")
    return tuple(actions)
