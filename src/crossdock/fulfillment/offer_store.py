"""All SQL of offers: one job, several locations that may have it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import NamedTuple

from crossdock.fulfillment import tables
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit


class OfferState(enum.IntEnum):
    """Where an offer stands."""

    OPEN = 1
    CLAIMED = 2
    EXPIRED = 3
    WITHDRAWN = 4


class Offer(NamedTuple):
    """A row of ``fulfillment_offers``."""

    id: int
    order_id: int
    fulfillment_id: int
    state: int
    created_at: int
    expires_at: int
    ended_at: int | None
    claimed_by: int | None
    reason: str
    actor: str


_COLUMNS = ", ".join(f"o.{name}" for name in Offer._fields)


def make(unit: Unit, offer: Offer, locations: Sequence[tuple[int, int, int]]) -> None:
    """Write an offer with its locations: id, cost, day of arrival each."""
    unit.insert(tables.fulfillment_offers, [offer])
    unit.insert(tables.offer_locations, [(offer.id, *row) for row in sorted(locations)])


def read(session: Session, offer_id: int) -> Offer | None:
    """Return an offer as it stands; None when there is none."""
    rows = session.fetch(f"SELECT {_COLUMNS} FROM fulfillment_offers o WHERE o.id = ?", offer_id)
    return Offer(*rows[0]) if rows else None


def open_of(session: Session, fulfillment_id: int) -> Offer | None:
    """Return the open offer of a fulfillment; None when it is not offered."""
    sql = f"SELECT {_COLUMNS} FROM fulfillment_offers o WHERE o.fulfillment_id = ? AND o.state = 1"
    rows = session.fetch(sql, fulfillment_id)
    return Offer(*rows[0]) if rows else None


def asked(session: Session, offer_id: int) -> list[int]:
    """Return the locations that a job was offered to, by id."""
    sql = "SELECT location_id FROM offer_locations WHERE offer_id = ? ORDER BY location_id"
    return [row[0] for row in session.fetch(sql, offer_id)]


def over(session: Session, at: int, limit: int) -> list[Offer]:
    """Return open offers whose time is over, or whose work is not planned any more."""
    sql = f"""
        SELECT {_COLUMNS} FROM fulfillment_offers o JOIN fulfillments f ON f.id = o.fulfillment_id
        WHERE o.state = 1 AND (o.expires_at <= ? OR f.execution <> 1) ORDER BY o.id LIMIT ?
    """
    return [Offer(*row) for row in session.fetch(sql, at, limit)]


def end(unit: Unit, offer_id: int, state: OfferState, claimed_by: int | None) -> None:
    """End an offer; raises RuntimeError when somebody else has ended it, which the order's lock prevents."""
    sql = "UPDATE fulfillment_offers SET state = ?, ended_at = ?, claimed_by = ? WHERE id = ? AND state = 1"
    if unit.session.execute(sql, state.value, unit.now, claimed_by, offer_id) != 1:
        raise RuntimeError(f"offer {offer_id} was ended by two")
    unit.dirty = True
