"""The documents of reservations, and examples of them."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from crossdock.api.documents import NextCursor, View
from crossdock.api.http import Problem
from crossdock.inventory import (
    MAX_RESERVED_LINES,
    ReservationIn,
    ReservationSummary,
    ReservationView,
    ReservedLineIn,
    Seconds,
)
from crossdock.kernel.document import Code, Input, Words

MAX_RESERVATIONS = 100


class ReservationBatch(Input, frozen=True):
    """Up to 100 reservations, each for itself."""

    reservations: Annotated[tuple[ReservationIn, ...], Meta(min_length=1, max_length=MAX_RESERVATIONS)]


class ReservationResult(View, frozen=True):
    """What became of one reservation of a batch: 201 new, 200 made before, else the problem."""

    index: int
    status: int
    reservation: ReservationView | None
    problem: Problem | None


class ReservationBatchResult(View, frozen=True):
    """A result for each reservation, in the order in which they came."""

    created: int
    existing: int
    refused: int
    results: tuple[ReservationResult, ...]


class ReservationList(View, frozen=True):
    """A page of reservations, newest first."""

    data: tuple[ReservationSummary, ...]
    next_cursor: NextCursor


class ExtendIn(Input, frozen=True):
    """How long the reservation is to last from now on; absent for as long as reservations last here."""

    duration_seconds: Seconds | None = None


class ChangeReservationIn(Input, frozen=True):
    """What is to be held instead of what is held; ``partial`` is as it was when it is absent."""

    lines: Annotated[tuple[ReservedLineIn, ...], Meta(min_length=1, max_length=MAX_RESERVED_LINES)]
    partial: bool | None = None


class ReleaseReservationIn(Input, frozen=True):
    """Why it is given up."""

    reason: Words = ""


class MoveReservationIn(Input, frozen=True):
    """Where the units are to be held: at another location, or of goods that are coming (``sup_…``). One of both."""

    location: Code | None = None
    supply_line: Annotated[str, Meta(pattern="^sup_[0-7][0-9a-hjkmnp-tv-z]{12}$")] | None = None
    reason: Words = ""


RESERVATION: dict[str, Any] = {
    "channel": "web",
    "external_id": "cart-88",
    "lines": [{"sku": "85123A", "quantity": 2}],
    "delivery": {"destination": {"country": "GB", "postal_code": "SW1Y 4JH"}},
    "duration_seconds": 900,
}
PICK_UP: dict[str, Any] = {
    "channel": "web",
    "lines": [{"sku": "85123A", "quantity": 1}, {"sku": "71053", "quantity": 1}],
    "delivery": {"method": "pickup", "location": "STORE7"},
    "partial": True,
}
EXTEND: dict[str, Any] = {"duration_seconds": 600}
CHANGE: dict[str, Any] = {"lines": [{"sku": "85123A", "quantity": 1}]}
RELEASE: dict[str, Any] = {"reason": "cart emptied"}
MOVE: dict[str, Any] = {"location": "DC1", "reason": "nearer to the customer"}
