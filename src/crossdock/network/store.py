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
