"""The documents that the API takes and gives beyond the features' own."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from crossdock.api.http import Problem
from crossdock.catalog import Item
from crossdock.events import CloudEvent
from crossdock.fulfillment import FulfillmentView
from crossdock.identity import KeyView, Scope
from crossdock.inventory import FeedRun, FeedView, Kind, MovementView, PositionView
from crossdock.kernel.document import Code, ExternalId, Input, Instant, Words
from crossdock.network import Channel, Location
from crossdock.orchestration import DecisionView, JobView
from crossdock.orders import AddressIn, OrderIn, OrderLinks, OrderSummary, StatusWord

MAX_BATCH = 500
MAX_FACTS = 5_000
Sku = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]
NextCursor = Annotated[str | None, Meta(description="give it as `cursor` for the next page; null on the last")]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A document that we write: every field is always there."""


# -- orders -----------------------------------------------------------------------------------------------------------


class ReceiptLine(View, frozen=True):
    """Units of one demand in a fulfillment."""

    demand: int
    quantity: int


class ReceiptFulfillment(View, frozen=True):
    """A planned fulfillment: which location ships what."""

    id: str
    location: str
    lines: tuple[ReceiptLine, ...]


class ReceiptQueued(View, frozen=True):
    """Units that could not be assigned, and the queue they wait in."""

    demand: int
    quantity: int
    queue: str


class ReceiptReservation(View, frozen=True):
    """What became of the reservation that the order names: ``confirmed``, or why it could not serve the order."""

    id: str
    result: str


class OrderReceipt(View, frozen=True):
    """The answer to a capture: the order is stored, and this is where it was sent."""

    id: str
    channel: str
    external_id: str
    status: StatusWord
    placed_at: Instant
    captured_at: Instant
    decisions: tuple[str, ...]
    fulfillments: tuple[ReceiptFulfillment, ...]
    queued: tuple[ReceiptQueued, ...]
    reservation: Annotated[
        ReceiptReservation | None, Meta(description="null when it names none, or was captured before")
    ]
    links: OrderLinks
    version: int


class OrderBatch(Input, frozen=True):
    """Up to 500 orders, each captured on its own."""

    orders: Annotated[tuple[OrderIn, ...], Meta(min_length=1, max_length=MAX_BATCH)]


class OrderResult(View, frozen=True):
    """What became of one order of a batch: 201 new, 200 captured before, else the problem."""

    index: int
    status: int
    order: OrderReceipt | None
    problem: Problem | None


class OrderBatchResult(View, frozen=True):
    """A result for each order, in the order in which they came."""

    created: int
    existing: int
    refused: int
    results: tuple[OrderResult, ...]


class OrderList(View, frozen=True):
    """A page of orders; ``counts`` when asked for: how many there are in each status."""

    data: tuple[OrderSummary, ...]
    next_cursor: NextCursor
    counts: dict[str, int] | None


class DecisionList(View, frozen=True):
    """The decisions of an order, oldest first."""

    data: tuple[DecisionView, ...]


class FulfillmentList(View, frozen=True):
    """A page of fulfillments."""

    data: tuple[FulfillmentView, ...]
    next_cursor: NextCursor


class CancelLine(Input, frozen=True):
    """Units of a line to cancel."""

    line: Annotated[int, Meta(ge=1, le=5_000)]
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)]


class CancelIn(Input, frozen=True):
    """What to cancel: units of lines, or without ``lines`` everything that still can be."""

    lines: Annotated[tuple[CancelLine, ...], Meta(min_length=1, max_length=5_000)] | None = None
    reason: Words = ""


class AmendAddressIn(Input, frozen=True):
    """Where a delivery is to go instead."""

    destination: AddressIn
    delivery: Annotated[int, Meta(ge=1, le=100)] = 1
    reason: Words = ""


class HoldIn(Input, frozen=True):
    """Which hold."""

    reason: Code
    note: Words = ""


class RouteIn(Input, frozen=True):
    """Why the order is to be decided again."""

    reason: Code = "manual"


# -- configuration ----------------------------------------------------------------------------------------------------


class ItemBatch(Input, frozen=True):
    """Up to 500 items."""

    items: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=MAX_BATCH)]


class LocationBatch(Input, frozen=True):
    """Up to 500 locations."""

    locations: Annotated[tuple[Location, ...], Meta(min_length=1, max_length=MAX_BATCH)]


class ChannelBatch(Input, frozen=True):
    """Up to 500 channels."""

    channels: Annotated[tuple[Channel, ...], Meta(min_length=1, max_length=MAX_BATCH)]


PutWord = Literal["created", "changed", "unchanged"]


class PutResult(View, frozen=True):
    """What became of one document."""

    key: str
    result: PutWord


class PutResults(View, frozen=True):
    """A result for each document, in the order in which they came."""

    results: tuple[PutResult, ...]


class ItemList(View, frozen=True):
    """A page of items by SKU."""

    data: tuple[Item, ...]
    next_cursor: NextCursor


class LocationList(View, frozen=True):
    """A page of locations by code."""

    data: tuple[Location, ...]
    next_cursor: NextCursor


class ChannelList(View, frozen=True):
    """A page of channels by code."""

    data: tuple[Channel, ...]
    next_cursor: NextCursor


# -- stock ------------------------------------------------------------------------------------------------------------


class FactIn(Input, frozen=True):
    """One fact about stock. ``record`` is its own id at the source: told twice it counts once.

    ``quantity`` is what was received, counted, sold and so on (not below 0), or by how much the stock is adjusted
    (either way).
    """

    record: ExternalId
    kind: Kind
    sku: Sku
    location: Code
    quantity: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
    occurred_at: Instant
    reason: Words = ""


class FactBatch(Input, frozen=True):
    """Up to 5,000 facts of one source, recorded whatever they do to the numbers."""

    source: Code
    facts: Annotated[tuple[FactIn, ...], Meta(min_length=1, max_length=MAX_FACTS)]


class FactResult(View, frozen=True):
    """What became of one fact; ``on_hand`` is the stock there afterwards."""

    record: str
    result: Literal["recorded", "repeated", "failed"]
    on_hand: int | None
    code: str
    message: str


class FactResults(View, frozen=True):
    """A result for each fact, in the order in which they came."""

    recorded: int
    repeated: int
    failed: int
    results: tuple[FactResult, ...]


class PositionList(View, frozen=True):
    """A page of positions by SKU, location and stock class."""

    data: tuple[PositionView, ...]
    next_cursor: NextCursor


class MovementList(View, frozen=True):
    """A page of the ledger, newest first."""

    data: tuple[MovementView, ...]
    next_cursor: NextCursor


class FeedList(View, frozen=True):
    """The sources of stock facts by code."""

    data: tuple[FeedView, ...]


class FeedRunList(View, frozen=True):
    """A page of runs, newest first."""

    data: tuple[FeedRun, ...]
    next_cursor: NextCursor


# -- events, jobs, keys -----------------------------------------------------------------------------------------------


class EventList(View, frozen=True):
    """Events in order; ask again with ``after`` = ``next_after``, whether or not there were any."""

    data: tuple[CloudEvent, ...]
    next_after: int
    has_more: bool


class JobList(View, frozen=True):
    """A page of jobs, newest first."""

    data: tuple[JobView, ...]
    next_cursor: NextCursor


class KeyIn(Input, frozen=True):
    """A key to make."""

    name: Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=20)]
    expires_at: Instant | None = None


class NewKey(View, frozen=True):
    """A key with its secret, which is shown once; a repeated request gets the key without it."""

    key: KeyView
    secret: str | None


class KeyList(View, frozen=True):
    """All keys, newest first, the revoked ones too."""

    data: tuple[KeyView, ...]


class Me(View, frozen=True):
    """The key that the request carries."""

    id: str
    name: str
    scopes: tuple[str, ...]
    expires_at: Instant | None


class Health(View, frozen=True):
    """Whether the process lives (or is ready to work)."""

    status: Literal["ok"]
