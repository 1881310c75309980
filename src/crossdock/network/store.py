"""All SQL of the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from crossdock.kernel.geo import xyz
from crossdock.network import tables
from crossdock.network.model import Channel, Location
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

_encode = msgspec.json.Encoder().encode
_channel = msgspec.json.Decoder(Channel).decode
_location = msgspec.json.Decoder(Location).decode


class StoredChannel(NamedTuple):
    """A channel with its id."""

    id: int
    channel: Channel
    version: int


class StoredLocation(NamedTuple):
    """A location with its id and its point on the sphere in whole metres."""

    id: int
    location: Location
    point: tuple[int, int, int]
    version: int


def channels(session: Session) -> list[StoredChannel]:
    """Return all channels by id."""
    rows = session.fetch("SELECT id, data, version FROM channels ORDER BY id")
    return [StoredChannel(id_, _channel(data), version) for id_, data, version in rows]


def locations(session: Session) -> list[StoredLocation]:
    """Return all locations by id, those that are not active too."""
    rows = session.fetch("SELECT id, data, x, y, z, version FROM locations ORDER BY id")
    return [StoredLocation(id_, _location(data), (x, y, z), version) for id_, data, x, y, z, version in rows]


def put_channels(unit: Unit, documents: Sequence[Channel]) -> list[tuple[str, str]]:
    """Create or replace channels by code; says of each "created", "changed" or "unchanged"."""
    known = {stored.channel.code: stored for stored in channels(unit.session)}
    results = []
    for document in documents:
        c = document
        columns = (c.name, c.currency, c.legal_entity, c.policy, c.service_days, _encode(c).decode())
        stored = known.get(c.code)
        if stored is None:
            unit.insert(tables.channels, [(unit.ids.one(), c.code, *columns, 1)])
        elif stored.channel != c:
            unit.session.execute(
                "UPDATE channels SET name = ?, currency = ?, legal_entity = ?, policy = ?, service_days = ?, data = ?,"
                " version = version + 1 WHERE id = ?",
                *columns,
                stored.id,
            )
            unit.dirty = True
        results.append((c.code, _result(stored is None, stored is not None and stored.channel == c)))
    return results


def put_locations(unit: Unit, documents: Sequence[Location]) -> list[tuple[str, str]]:
    """Create or replace locations by code; says of each "created", "changed" or "unchanged"."""
    known = {stored.location.code: stored for stored in locations(unit.session)}
    results = []
    for document in documents:
        d = document
        point = xyz(d.latitude, d.longitude)
        columns = (d.name, d.kind, d.address.country, d.time_zone, *point, int(d.active), _encode(d).decode())
        stored = known.get(d.code)
        if stored is None:
            unit.insert(tables.locations, [(unit.ids.one(), d.code, *columns, 1)])
        elif stored.location != d:
            unit.session.execute(
                "UPDATE locations SET name = ?, kind = ?, country = ?, time_zone = ?, x = ?, y = ?, z = ?, active = ?,"
                " data = ?, version = version + 1 WHERE id = ?",
                *columns,
                stored.id,
            )
            unit.dirty = True
        results.append((d.code, _result(stored is None, stored is not None and stored.location == d)))
    return results


def _result(is_new: bool, is_same: bool) -> str:
    return "created" if is_new else "unchanged" if is_same else "changed"


# -- pauses -----------------------------------------------------------------------------------------------------------


class Pause(NamedTuple):
    """A location that takes no new work: since when, until when if that is known, why, and who said so."""

    location_id: int
    since: int
    until: int | None
    reason: str
    actor: str
    move_after: int | None
    """The fulfillment up to which planned work was moved away; None when there is none to be moved."""


_PAUSES = "SELECT location_id, since, until, reason, actor, move_after FROM location_pauses"


def paused(session: Session) -> list[int]:
    """Return the locations that take no new work, by id."""
    return [row[0] for row in session.fetch("SELECT location_id FROM location_pauses ORDER BY location_id")]


def pauses(session: Session) -> list[Pause]:
    """Return every pause, by location."""
    return [Pause(*row) for row in session.fetch(f"{_PAUSES} ORDER BY location_id")]


def pause_of(session: Session, location_id: int) -> Pause | None:
    """Return the pause of a location; None when it takes work."""
    rows = session.fetch(f"{_PAUSES} WHERE location_id = ?", location_id)
    return Pause(*rows[0]) if rows else None


def put_pause(unit: Unit, pause: Pause) -> None:
    """Pause a location, or change its pause."""
    unit.session.execute("DELETE FROM location_pauses WHERE location_id = ?", pause.location_id)
    unit.insert(tables.location_pauses, [pause])


def end_pauses(unit: Unit, location_ids: Sequence[int]) -> None:
    """Let locations take work again."""
    sql = "WITH k(id) AS ({keys}) DELETE FROM location_pauses WHERE location_id IN (SELECT id FROM k)"
    if location_ids:
        unit.session.execute_keys(sql, ("bigint",), [(id_,) for id_ in sorted(location_ids)])
        unit.dirty = True


def moved_until(unit: Unit, location_id: int, fulfillment_id: int | None) -> None:
    """Remember up to which fulfillment planned work was moved away; None when all was looked at."""
    sql = "UPDATE location_pauses SET move_after = ? WHERE location_id = ?"
    unit.dirty = bool(unit.session.execute(sql, fulfillment_id, location_id)) or unit.dirty
