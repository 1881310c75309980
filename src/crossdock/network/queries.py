"""Reading the network."""

from __future__ import annotations

import msgspec

from crossdock.network.model import Channel, Location
from crossdock.network.store import Pause, pauses
from crossdock.storage.session import Session

_channel = msgspec.json.Decoder(Channel).decode
_location = msgspec.json.Decoder(Location).decode


def read_channel(session: Session, code: str) -> tuple[Channel, int] | None:
    """Return a channel and its version."""
    rows = session.fetch("SELECT data, version FROM channels WHERE code = ?", code)
    return (_channel(rows[0][0]), int(rows[0][1])) if rows else None


def list_channels(session: Session, after: str = "", limit: int = 100) -> list[Channel]:
    """Return channels by code from behind ``after`` on."""
    rows = session.fetch("SELECT data FROM channels WHERE code > ? ORDER BY code LIMIT ?", after, limit)
    return [_channel(row[0]) for row in rows]


def read_location(session: Session, code: str) -> tuple[Location, int] | None:
    """Return a location and its version."""
    rows = session.fetch("SELECT data, version FROM locations WHERE code = ?", code)
    return (_location(rows[0][0]), int(rows[0][1])) if rows else None


def list_locations(
    session: Session, kind: str | None = None, *, active: bool | None = None, after: str = "", limit: int = 100
) -> list[Location]:
    """Return locations by code from behind ``after`` on, of one kind or all."""
    where, params = "code > ?", [after]
    if kind is not None:
        where += " AND kind = ?"
        params.append(kind)
    if active is not None:
        where += f" AND active = {int(active)}"
    sql = f"SELECT data FROM locations WHERE {where} ORDER BY code LIMIT ?"
    return [_location(row[0]) for row in session.fetch(sql, *params, limit)]


def list_pauses(session: Session) -> list[tuple[str, Pause]]:
    """Return the locations that take no new work, by code."""
    codes = {row[0]: row[1] for row in session.fetch("SELECT id, code FROM locations")}
    return sorted((codes[pause.location_id], pause) for pause in pauses(session))
