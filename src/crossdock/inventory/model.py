"""Words of the ledger: what moves stock, what causes it, and the counters that a movement changes."""

from __future__ import annotations

import enum
from typing import NamedTuple


class MovementType(enum.IntEnum):
    """Every way in which a counter changes (domain §2); the number is part of the ledger and never reused."""

    RECEIVED = 1
    COUNTED = 2
    ADJUSTED = 3
    SOLD = 4
    RESERVED = 5
    RESERVATION_RELEASED = 6
    ALLOCATED = 7
    RELEASED = 8
    PICKED = 9
    UNPICKED = 10
    SHIPPED = 11
    HANDED_OVER = 12
    TRANSFERRED_OUT = 13
    TRANSFERRED_IN = 14
    RETURNED = 15
    RECLASSIFIED = 16
    REPAIRED = 17


class CauseKind(enum.IntEnum):
    """What a movement's ``cause_id`` points at."""

    CLAIM = 1
    STOCK_RECORD = 2
    REPAIR = 3
    FEED_PART = 4
    SUPPLY_RECEIPT = 5
    REJECTION = 6


class ClaimKind(enum.IntEnum):
    """What stands on stock."""

    RESERVATION = 1
    ALLOCATION = 2
    TRANSFER = 3  # units that leave a position to be allocated elsewhere: they count as allocated, but for no demand


class ClaimState(enum.IntEnum):
    """Where a claim stands."""

    OPEN = 1
    RELEASED = 2
    CONSUMED = 3


class Source(enum.IntEnum):
    """What a claim stands on, and so what its release gives back."""

    POSITION = 0
    SUPPLY_LINE = 1
    UNLIMITED = 2
    PEGGED = 3  # a supply line that is on its way for this claim alone


class CountBasis(enum.IntEnum):
    """What a count has counted (domain §2)."""

    PHYSICAL = 1
    SHELF = 2
    AVAILABLE = 3


PLAIN = 0
"""The stock class of ordinary goods."""

CONDITIONS = {"damaged": 1, "display": 2}
"""The stock classes of goods that are there and that nobody can be sold, by their condition."""

COUNTERS = ("on_hand", "picked", "reserved", "allocated", "short")

PositionKey = tuple[int, int, int]
"""Item id, location id, stock class."""


class Counters(NamedTuple):
    """The counters of a position, or changes to them."""

    on_hand: int = 0
    picked: int = 0
    reserved: int = 0
    allocated: int = 0
    short: int = 0

    @property
    def claimable(self) -> int:
        """Units that nothing stands on."""
        return self.on_hand + self.short - self.reserved - self.allocated

    def plus(self, change: Counters) -> Counters:
        """Add counter by counter."""
        return Counters(*(a + b for a, b in zip(self, change, strict=True)))


class Movement(NamedTuple):
    """One line of the ledger, before it has an id."""

    type: MovementType
    key: PositionKey
    change: Counters
    occurred_at: int
    cause_kind: CauseKind
    cause_id: int
    sequence: int = 0
