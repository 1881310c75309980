"""What people and programs see of fulfillments."""

from __future__ import annotations

from typing import Literal

import msgspec

from crossdock.kernel.document import Instant

ExecutionWord = Literal[
    "planned", "released", "in_progress", "picked", "packed", "shipped", "ready", "canceled", "handed_over"
]
NegotiationWord = Literal["unsent", "sent", "acknowledged", "accepted", "rejected"]
CancellationWord = Literal["none", "requested", "accepted", "refused"]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A document that we write: every field is always there."""


class FulfillmentLineView(View, frozen=True):
    """Units of one demand in a fulfillment, by how far they are."""

    demand: int
    line: int
    sku: str
    name: str
    quantity: int
    picked: int
    packed: int
    shipped: int
    canceled: int


class FulfillmentLinks(View, frozen=True):
    """What the fulfillment belongs to."""

    self: str
    order: str
    decision: str


class FulfillmentView(View, frozen=True):
    """The part of a delivery that one location handles; as long as it is only planned nothing can be done to it.

    One that ``feeds`` another is a leg between our locations; the other ``depends_on`` it and hands the goods on.
    """

    id: str
    order_id: str
    channel: str
    external_id: str
    delivery: int
    location: str
    method: str
    execution: ExecutionWord
    negotiation: NegotiationWord
    cancellation: CancellationWord
    decision_id: str
    depends_on: tuple[str, ...]
    feeds: str | None
    workflow: str
    work_on: str
    deliver_on: str
    release_at: Instant | None
    created_at: Instant
    units: int
    lines: tuple[FulfillmentLineView, ...]
    supported_actions: tuple[str, ...]
    links: FulfillmentLinks
    version: int
