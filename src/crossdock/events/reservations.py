"""Events of reservations, each with the example that the documentation shows."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from crossdock.events.base import EventData


class HeldUnits(msgspec.Struct, frozen=True):
    """Units of an item that stand on one source: a location's stock, or goods on their way to it."""

    sku: str
    location: str
    quantity: int
    supply: str = ""


class ReservationCreated(EventData, frozen=True):
    type: ClassVar[str] = "reservation.created"
    summary: ClassVar[str] = (
        "Units are held for a cart or checkout; with `lacking` units it holds less than was asked for."
    )

    reservation_id: str
    channel: str
    expires_at: str
    held: tuple[HeldUnits, ...]
    external_id: str = ""
    lacking: int = 0


class ReservationExtended(EventData, frozen=True):
    type: ClassVar[str] = "reservation.extended"
    summary: ClassVar[str] = "A reservation lasts longer (or shorter) than before."

    reservation_id: str
    expires_at: str
    before: str


class ReservationChanged(EventData, frozen=True):
    type: ClassVar[str] = "reservation.changed"
    summary: ClassVar[str] = "Other units are held than before; `held` is everything that is held now."

    reservation_id: str
    held: tuple[HeldUnits, ...]
    lacking: int = 0


class ReservationMoved(EventData, frozen=True):
    type: ClassVar[str] = "reservation.moved"
    summary: ClassVar[str] = "Units are held elsewhere: moved by a command, or put elsewhere where they were short."

    reservation_id: str
    held: tuple[HeldUnits, ...]
    reason: str = ""


class ReservationConfirmed(EventData, frozen=True):
    type: ClassVar[str] = "reservation.confirmed"
    summary: ClassVar[str] = (
        "An order took what was held for it: `kept` units became allocations, `added` came from free stock, `released` "
        "were given back."
    )

    reservation_id: str
    order_id: str
    kept: int
    added: int = 0
    released: int = 0


class ReservationReleased(EventData, frozen=True):
    type: ClassVar[str] = "reservation.released"
    summary: ClassVar[str] = "A reservation was given up, and its units given back."

    reservation_id: str
    units: int
    reason: str = ""


class ReservationExpired(EventData, frozen=True):
    type: ClassVar[str] = "reservation.expired"
    summary: ClassVar[str] = "A reservation's time was over, and its units given back."

    reservation_id: str
    units: int
    expires_at: str


class ReservationShort(EventData, frozen=True):
    type: ClassVar[str] = "reservation.short"
    summary: ClassVar[str] = (
        "A fact left less than is claimed, and a reservation lost units that no other location has; with `left` 0 it "
        "is broken."
    )

    reservation_id: str
    sku: str
    location: str
    lost: int
    left: int


class ReservationUnusable(EventData, frozen=True):
    type: ClassVar[str] = "order.reservation_unusable"
    summary: ClassVar[str] = (
        "An order named a reservation that could not serve it; it was captured on free stock, because a paid order "
        "must not be lost."
    )

    order_id: str
    reservation_id: str
    reason: str


_RESERVATION = "rsv_06ax7q2m00007"
_ORDER = "ord_06ax7q2m00001"
_HELD = (HeldUnits(sku="85123A", location="DC1", quantity=2),)
_UNTIL = "2026-11-21T09:15:00Z"

SAMPLES: tuple[EventData, ...] = (
    ReservationCreated(
        reservation_id=_RESERVATION, channel="web", external_id="cart-88", expires_at=_UNTIL, held=_HELD
    ),
    ReservationExtended(reservation_id=_RESERVATION, expires_at="2026-11-21T09:30:00Z", before=_UNTIL),
    ReservationChanged(reservation_id=_RESERVATION, held=_HELD, lacking=1),
    ReservationMoved(
        reservation_id=_RESERVATION,
        held=(HeldUnits(sku="85123A", location="STORE7", quantity=2),),
        reason="nearer to the customer",
    ),
    ReservationConfirmed(reservation_id=_RESERVATION, order_id=_ORDER, kept=2, added=1),
    ReservationReleased(reservation_id=_RESERVATION, units=2, reason="cart emptied"),
    ReservationExpired(reservation_id=_RESERVATION, units=2, expires_at=_UNTIL),
    ReservationShort(reservation_id=_RESERVATION, sku="85123A", location="DC1", lost=1, left=1),
    ReservationUnusable(order_id=_ORDER, reservation_id=_RESERVATION, reason="expired"),
)
