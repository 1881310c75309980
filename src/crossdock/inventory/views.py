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
CauseWord = Literal["claim", "stock_record", "repair", "feed_part", "supply_receipt"]


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


LevelWord = Literal["in_stock", "low", "out"]


class LocationAvailability(View, frozen=True):
    """What can be had of an item at one location, never more than can be promised of it in all."""

    location: str
    available: int


class Availability(View, frozen=True):
    """What can be promised of an item, to one channel (or to all, where ``channel`` is empty), now or by a date.

    ``available_to_promise`` is ``available`` (what the channel may claim, all locations together), with what arrives
    until the date, less the units that wait, less what is kept for other channels; never below 0.
    """

    sku: str
    channel: str
    on: str | None
    available: int
    arriving: int
    waiting: int
    held_for_others: int
    available_to_promise: int
    level: LevelWord
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
