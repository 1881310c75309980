"""The network at work: what each location was given, and how much of its day that takes."""

from __future__ import annotations

import msgspec

from crossdock.kernel.geo import latitude_longitude
from crossdock.storage.session import Session


class LocationLoad(msgspec.Struct, frozen=True, kw_only=True):
    """A location and what the orders of a stretch of time gave it; ``allowed`` is None without a limit."""

    code: str
    name: str
    kind: str
    country: str
    city: str
    active: bool
    latitude: float
    longitude: float
    fulfillments: int
    units: int
    used: int
    allowed: int | None


class Named(msgspec.Struct, frozen=True):
    """A code and a name, for filters."""

    code: str
    name: str


class Place(msgspec.Struct, frozen=True):
    """What a location is called, what it is, and where."""

    code: str
    name: str
    kind: str
    latitude: float
    longitude: float


class _Document(msgspec.Struct, frozen=True):
    address: dict[str, str] = {}
    daily_capacity: int | None = None


def network_load(session: Session, start: int, end: int, work_day: int) -> list[LocationLoad]:
    """Return every location with the fulfillments and units of orders placed from ``start`` until before ``end``.

    ``used`` and ``allowed`` are its capacity on ``work_day``.
    """
    given = {row[0]: (int(row[1]), int(row[2] or 0)) for row in session.fetch(_GIVEN, start, end)}
    taken = {row[0]: int(row[1]) for row in session.fetch(_CAPACITY, work_day)}
    loads = []
    for id_, code, name, kind, country, x, y, z, active, data in session.fetch(_LOCATIONS):
        latitude, longitude = latitude_longitude((x, y, z))
        fulfillments, units = given.get(id_, (0, 0))
        document = msgspec.json.decode(data, type=_Document)
        loads.append(
            LocationLoad(
                code=code,
                name=name,
                kind=kind,
                country=country,
                city=document.address.get("city", ""),
                active=bool(active),
                latitude=latitude,
                longitude=longitude,
                fulfillments=fulfillments,
                units=units,
                used=taken.get(id_, 0),
                allowed=document.daily_capacity,
            )
        )
    return loads


def list_channels(session: Session) -> list[Named]:
    """Return the channels by name."""
    return [Named(*row) for row in session.fetch("SELECT code, name FROM channels ORDER BY name, code")]


def places(session: Session) -> dict[str, Place]:
    """Return every location by its code."""
    rows = session.fetch("SELECT code, name, kind, x, y, z FROM locations")
    return {code: Place(code, name, kind, *latitude_longitude((x, y, z))) for code, name, kind, x, y, z in rows}


def list_locations(session: Session) -> list[Named]:
    """Return the locations by name."""
    return [Named(*row) for row in session.fetch("SELECT code, name FROM locations ORDER BY name, code")]


_GIVEN = """
    SELECT f.location_id, count(DISTINCT f.id), sum(x.quantity - x.canceled)
    FROM orders o JOIN fulfillments f ON f.order_id = o.id AND f.execution <> 8
    JOIN fulfillment_lines x ON x.fulfillment_id = f.id
    WHERE o.placed_at >= ? AND o.placed_at < ? GROUP BY f.location_id
"""
_CAPACITY = "SELECT location_id, sum(used) FROM capacities WHERE work_day = ? GROUP BY location_id"
_LOCATIONS = """
    SELECT id, code, name, kind, country, x, y, z, active, data FROM locations ORDER BY active DESC, code
"""
