"""What can be asked of the writer about reservations, and what it answers."""

from __future__ import annotations

from crossdock.inventory.reservations import ReservationIn, ReservedLineIn
from crossdock.orchestration.commands import Answer, Command


class Reserve(Command, frozen=True):
    """Hold units for a cart or checkout: decide on the channel's view, claim, record. Answer: Reserved."""

    reservation: ReservationIn
    content_hash: bytes


class ReservationCommand(Command, frozen=True, kw_only=True):
    """What the commands on one reservation carry."""

    reservation_id: int
    version: int | None = None


class ExtendReservation(ReservationCommand, frozen=True):
    """Let a reservation last so many seconds from now on. Answer: Reserved."""

    seconds: int | None = None


class ChangeReservation(ReservationCommand, frozen=True):
    """Hold other units: decided anew with the own ones added back, all or nothing as at first. Answer: Reserved."""

    lines: tuple[ReservedLineIn, ...]
    partial: bool | None = None
    """Whether what there is will do; None is as it was."""


class ReleaseReservation(ReservationCommand, frozen=True):
    """Give everything back. Answer: Reserved."""

    reason: str = ""


class MoveReservation(ReservationCommand, frozen=True):
    """Hold the same units at another location, or of a supply line. Answer: Reserved."""

    location: str | None = None
    supply_line_id: int | None = None
    reason: str = ""


class ExpireReservations(Command, frozen=True):
    """Give back what reservations hold whose time is over, at most so many of them. Answer: Expired."""

    most: int = 500


class Reserved(Answer):
    """Answer of the commands on a reservation; a replay of the external id carries ``reservation_id`` alone."""

    reservation_id: int
    version: int = 0


class Expired(Answer):
    """Answer of ExpireReservations: how many ended, whether more are due, whether somebody waits for their units."""

    expired: int
    more: bool
    wanted: bool
