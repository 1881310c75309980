"""What people and programs see of stock: positions, availability, the ledger."""

from __future__ import annotations

from typing import Literal

import msgspec

from crossdock.kernel.document import Instant

MovementWord = Literal[
    "received",
    "counted",
    "adjusted",
    "sold",
    "reserved",
    "reservation_released",
    "allocated",
    "released",
    "picked",
    "unpicked",
    "shipped",
    "handed_over",
    "transferred_out",
    "transferred_in",
    "returned",
    "reclassified",
    "repaired",
]
CauseWord = Literal["claim", "stock_record", "repair"]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A document that we write: every field is always there."""


class PositionView(View, frozen=True):
    """How much of an item stands at a location; ``available`` is what nothing stands on, never below 0."""

    sku: str
    location: str
    stock_class: int
    on_hand: int
    picked: int
    reserved: int
    allocated: int
    short: int
    available: int
    counted_at: Instant | None


class LocationAvailability(View, frozen=True):
    """What one location has of an item that nothing stands on."""

    location: str
    available: int


class Availability(View, frozen=True):
    """What can be promised of an item: claimable units in all, by location, and units that wait for stock already.

    ``available_to_promise`` is the claimable total of the active locations less what waits, never below 0.
    """

    sku: str
    available: int
    waiting: int
    available_to_promise: int
    locations: tuple[LocationAvailability, ...]


class MovementView(View, frozen=True):
    """One line of the ledger: what it did to each counter, when it happened, when we heard, and what caused it."""

    id: str
    type: MovementWord
    sku: str
    location: str
    stock_class: int
    on_hand: int
    picked: int
    reserved: int
    allocated: int
    short: int
    occurred_at: Instant
    recorded_at: Instant
    cause: CauseWord
    cause_id: str
    source: str
    record: str
    reason: str
    order_id: str
