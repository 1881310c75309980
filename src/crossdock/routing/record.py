"""A decision as bytes: what was seen, what was decided, and the versions to decide it again.

The record is MessagePack. Stock is a bitmap of the cells that are not empty and their counts in one byte each, with
those of 255 and more in full behind; ship days are counted from the earliest; capacity is kept up to 255, because
a decision only asks whether there is any. About 1.5 kB for three lines at 305 locations.
"""

from collections.abc import Mapping

import msgspec
import numpy as np
from msgspec import Struct

from crossdock.routing.decide import decide
from crossdock.routing.model import Decision, Demand, DemandLine, Network, Policy, RoutingError, Snapshot

_FORMAT = 1
_MANY = 255

Line = tuple[int, int, int, int, tuple[str, ...], int]


class Versions(Struct, frozen=True):
    """The immutable things that decisions rest on, by content hash; a mapping that loads on demand will do."""

    networks: Mapping[str, Network]
    policies: Mapping[str, Policy]


class Seen(Struct, frozen=True, array_like=True):
    """The volatile facts: stock by line and site, ship days, capacity, packed."""

    cells: bytes
    counts: bytes
    many: bytes
    first_day: int
    days: bytes
    far_days: bool
    capacity: bytes


class Record(Struct, frozen=True, array_like=True):
    """What is stored of one decision."""

    format: int
    lines: tuple[Line, ...]
    country: str
    place: tuple[int, int, int] | None
    due_day: int | None
    priority: int
    requires: tuple[str, ...]
    seen: Seen
    decision: Decision

    @property
    def demand(self) -> Demand:
        """The demand as it was routed."""
        x, y, z = self.place or (None, None, None)
        return Demand(
            lines=tuple(DemandLine(*line) for line in self.lines),
            country=self.country,
            x=x,
            y=y,
            z=z,
            due_day=self.due_day,
            priority=self.priority,
            requires=self.requires,
        )


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


def encode(demand: Demand, snapshot: Snapshot, policy: Policy, decision: Decision) -> bytes:
    """Give the compact record of a decision, the same bytes for the same arguments."""
    if decision.rests_on.policy != policy.version or decision.rests_on.network != snapshot.network.version:
        raise RoutingError("the decision rests on another policy or network than it is recorded with")
    x, y, z = demand.x, demand.y, demand.z
    place = None if x is None or y is None or z is None else (x, y, z)
    lines = tuple([(i.key, i.item, i.quantity, i.weight_g, i.requires, i.unit_value) for i in demand.lines])
    return _encoder.encode(
        Record(
            _FORMAT,
            lines,
            demand.country,
            place,
            demand.due_day,
            demand.priority,
            demand.requires,
            _seen(snapshot),
            decision,
        )
    )


def _seen(snapshot: Snapshot) -> Seen:
    flat = snapshot.stock.ravel()
    filled = flat != 0
    counts = flat[filled]
    low = np.minimum(counts, _MANY).astype(np.uint8)
    many = counts[low == _MANY]
    days = snapshot.ship_day
    first = int(days.min(initial=2**31, where=days >= 0)) - 1
    offsets = np.maximum(days - first, 0)  # 0 is a closed calendar
    far = bool(len(offsets)) and int(offsets.max()) > _MANY
    return Seen(
        np.packbits(filled).tobytes(),
        low.tobytes(),
        many.astype("<i8").tobytes(),
        first,
        offsets.astype("<i8" if far else np.uint8).tobytes(),
        far,
        np.minimum(np.maximum(snapshot.capacity, 0), _MANY).astype(np.uint8).tobytes(),
    )


def decode(record: bytes) -> Record:
    """Read a record back; raises `RoutingError` when it was written in a format this engine does not know."""
    found = _decoder.decode(record)
    if found.format != _FORMAT:
        raise RoutingError(f"the record has format {found.format}, this engine reads {_FORMAT}")
    return found


def snapshot_of(record: Record, versions: Versions) -> Snapshot:
    """Give the snapshot as it was seen; capacities of 255 and more read 255."""
    network, seen = versions.networks[record.decision.rests_on.network], record.seen
    sites, lines = len(network.sites), len(record.lines)
    stock = np.zeros(lines * sites, dtype=np.int64)
    filled = np.unpackbits(np.frombuffer(seen.cells, dtype=np.uint8), count=lines * sites).astype(bool)
    counts = np.frombuffer(seen.counts, dtype=np.uint8).astype(np.int64)
    counts[counts == _MANY] = np.frombuffer(seen.many, dtype="<i8")
    stock[filled] = counts
    offsets = np.frombuffer(seen.days, dtype="<i8" if seen.far_days else np.uint8).astype(np.int64)
    days = np.where(offsets > 0, offsets + seen.first_day, -1)
    capacity = np.frombuffer(seen.capacity, dtype=np.uint8).astype(np.int64)
    return Snapshot(network, stock.reshape(lines, sites), days, capacity)


def replay(record: bytes, versions: Versions) -> Decision:
    """Decide a recorded order again from what was seen and the versions it rests on.

    The same engine gives the same decision, and encoding it again the same bytes; whether another engine does is for
    the caller to compare. Raises `KeyError` when a version is not at hand.
    """
    found = decode(record)
    policy = versions.policies[found.decision.rests_on.policy]
    return decide(found.demand, snapshot_of(found, versions), policy)
