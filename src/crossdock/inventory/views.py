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
CauseWord = Literal["claim", "stock_record", "repair", "feed_part", "supply_receipt", "rejection"]


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


class StepView(View, frozen=True):
    """One deduction: by which rule of the view (a JSON pointer into it), how many units, in words."""

    rule: str
    units: int
    text: str


class LocationExplained(View, frozen=True):
    """How one location's stock becomes what the channel sees.

    ``claimable`` is ``on_hand`` + ``short`` − ``reserved`` − ``allocated`` (``picked`` is part of that); with
    ``arriving`` and less the steps it is ``visible``. ``words`` is the same as a sum.
    """

    location: str
    on_hand: int
    picked: int
    reserved: int
    allocated: int
    short: int
    claimable: int
    arriving: int
    steps: tuple[StepView, ...]
    visible: int
    words: str


class ArrivalView(View, frozen=True):
    """Units that are coming and nobody has claimed; ``counted`` when they are part of the number explained."""

    location: str
    on: str
    units: int
    counted: bool


class ShareExplained(View, frozen=True):
    """What a group of channels is kept of an item: how much, how much of it is taken, what is left of it.

    ``own`` when it is the asking channel's.
    """

    group: str
    pool: str
    amount: int
    taken: int
    unused: int
    own: bool


class PartExplained(View, frozen=True):
    """A part of a bundle: how many are in one, and what can be promised of it."""

    units: int
    part: AvailabilityExplained


class AvailabilityExplained(View, frozen=True):
    """Why so many can be promised: the numbers of Availability, each location's sum, what comes, and it all in words.

    ``position`` is the log position at which all this was true. A bundle has ``parts`` in the place of locations.
    """

    sku: str
    channel: str
    on: str | None
    view: str
    view_version: str
    position: int
    available: int
    arriving: int
    waiting: int
    held_for_others: int
    available_to_promise: int
    level: LevelWord
    locations: tuple[LocationExplained, ...]
    arrivals: tuple[ArrivalView, ...]
    shares: tuple[ShareExplained, ...]
    parts: tuple[PartExplained, ...]
    words: tuple[str, ...]


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
    reservation_id: str
