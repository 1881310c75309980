"""What people and programs see of fulfillments."""

from __future__ import annotations

from typing import Literal

import msgspec

from crossdock.kernel.document import Instant
from crossdock.kernel.money import Money

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
    """The part of a delivery that one location handles; what it waits for until ``due_at``, and what can be done.

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
    waits_for: Literal["", "accept", "start", "retry"]
    due_at: Instant | None
    created_at: Instant
    units: int
    lines: tuple[FulfillmentLineView, ...]
    supported_actions: tuple[str, ...]
    links: FulfillmentLinks
    version: int


class OfferedLocation(View, frozen=True):
    """A location that a job was offered to, with what it would cost from there and the day it would arrive."""

    location: str
    cost: Money
    deliver_on: str


class OfferView(View, frozen=True):
    """One job for several locations: the first that claims it has it."""

    id: str
    order_id: str
    fulfillment_id: str
    state: Literal["open", "claimed", "expired", "withdrawn"]
    locations: tuple[OfferedLocation, ...]
    claimed_by: str | None
    reason: str
    created_at: Instant
    expires_at: Instant
    supported_actions: tuple[str, ...]
