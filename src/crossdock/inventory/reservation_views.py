"""What people and programs see of reservations."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from crossdock.inventory.reservations import Method, StateWord
from crossdock.kernel.document import Instant


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A document that we write: every field is always there."""


class ReservedLineView(View, frozen=True):
    """A line as it was asked for, and how much of it is held now; of a bundle, how many whole ones."""

    line: int
    sku: str
    quantity: int
    held: int


class ReservedUnitsView(View, frozen=True):
    """Units that are held: of stock at a location, or of goods that are coming there (``supply_line``)."""

    sku: str
    location: str
    quantity: int
    supply_line: str | None


class ReservationView(View, frozen=True):
    """A reservation: what was asked for, what it holds and where, until when; or what became of it."""

    id: str
    channel: str
    external_id: str | None
    state: StateWord
    complete: Annotated[bool, Meta(description="it is open and holds everything that was asked for")]
    method: Method
    service_level: str
    country: str
    area: str
    location: str | None
    by: str | None
    partial: bool
    lines: tuple[ReservedLineView, ...]
    held: tuple[ReservedUnitsView, ...]
    created_at: Instant
    expires_at: Instant
    ended_at: Instant | None
    reason: str
    order_id: str | None
    supported_actions: tuple[str, ...]
    version: int


class ReservationSummary(View, frozen=True):
    """A reservation as lists show it."""

    id: str
    channel: str
    external_id: str | None
    state: StateWord
    method: Method
    location: str | None
    units: int
    held: int
    created_at: Instant
    expires_at: Instant
    order_id: str | None
