"""Sources of stock facts as documents: what they count, how far their clock may be off, what their silence means."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from crossdock.inventory.model import CountBasis, MovementType
from crossdock.kernel.clock import SECOND
from crossdock.kernel.document import Code, Input, Words

Basis = Literal["physical", "shelf", "available"]
Kind = Literal[
    "counted", "received", "adjusted", "sold", "damaged", "returned", "transferred_in", "transferred_out"
]  # fmt: skip
WhenSilent = Literal["keep", "distrust"]
Column = Annotated[str, Meta(min_length=1, max_length=120)]

BASES = {"physical": CountBasis.PHYSICAL, "shelf": CountBasis.SHELF, "available": CountBasis.AVAILABLE}
BASIS_NAMES = {basis: name for name, basis in BASES.items()}

KINDS: dict[str, tuple[MovementType, int, str]] = {
    "counted": (MovementType.COUNTED, 0, ""),
    "received": (MovementType.RECEIVED, 1, ""),
    "adjusted": (MovementType.ADJUSTED, 1, ""),
    "sold": (MovementType.SOLD, -1, ""),
    "damaged": (MovementType.ADJUSTED, -1, "damage"),
    "returned": (MovementType.RETURNED, 1, ""),
    "transferred_in": (MovementType.TRANSFERRED_IN, 1, ""),
    "transferred_out": (MovementType.TRANSFERRED_OUT, -1, ""),
}
"""Each kind of fact: its movement, whether it adds or takes (0: it replaces), and the reason it has of itself."""

SIGNED = frozenset({"adjusted"})
"""Kinds whose quantity may be negative."""

MAX_QUANTITY = 1_000_000_000


class CsvProfile(Input, frozen=True):
    """How a source's CSV is read: which column is what, and what holds where there is none.

    ``kinds`` maps the source's own words to ours; ``kind`` and ``location`` hold for rows that do not say.
    """

    sku: Column = "sku"
    quantity: Column = "quantity"
    location_column: Column = "location"
    location: Code | None = None
    kind_column: Column = "kind"
    kind: Kind = "counted"
    kinds: Annotated[dict[Annotated[str, Meta(max_length=60)], Kind], Meta(max_length=100)] = {}
    occurred_at: Column = "occurred_at"
    time_format: Annotated[str, Meta(max_length=60, description="strptime format; empty for RFC 3339")] = ""
    time_zone: Annotated[str, Meta(max_length=60, description="IANA name, for times without an offset")] = "UTC"
    record: Column = "record"
    reason: Column = "reason"
    acknowledged: Column = "acknowledged"
    delimiter: Annotated[str, Meta(pattern=r"^[,;|\t]$")] = ","


class FeedSource(Input, frozen=True):
    """A source of facts about stock.

    ``basis`` is what its counts have counted: ``physical`` all that is there, ``shelf`` without what is picked,
    ``available`` without the claims it knows. ``locations`` are those that it may speak of; none for all. After
    ``silent_after_s`` without a word it is silent: that raises an alert, and with ``distrust`` its locations' stock.
    """

    code: Code
    name: Words
    basis: Basis = "physical"
    clock_tolerance_s: Annotated[int, Meta(ge=0, le=86_400, description="how far its clock may be ahead of ours")] = 300
    silent_after_s: Annotated[int, Meta(ge=1, le=31_536_000, description="seconds; absent for never")] | None = None
    when_silent: WhenSilent = "keep"
    locations: Annotated[tuple[Code, ...], Meta(max_length=10_000)] = ()
    csv: CsvProfile = CsvProfile()
    remembered: Annotated[
        int, Meta(ge=10_000, le=50_000_000, description="records by whose name a repetition is known")
    ] = 2_000_000

    @property
    def tolerance(self) -> int:
        """The clock's tolerance in microseconds."""
        return self.clock_tolerance_s * SECOND

    @property
    def silent_after(self) -> int | None:
        """The longest silence in microseconds; None where any is fine."""
        return None if self.silent_after_s is None else self.silent_after_s * SECOND
