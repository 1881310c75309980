"""A decision as bytes: what was seen, what was decided, and the versions to decide it again.

The record is MessagePack. Stock is a bitmap of the cells that are not empty and their counts in one byte each, with
those of 255 and more in full behind; ship days are counted from the earliest; capacity is kept up to 255, because
a decision only asks whether there is any. About 1.5 kB for three lines at 305 locations. What else was known is kept
behind (`seen`), if there was anything; such records have a format of their own.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from crossdock.routing.decide import decide
from crossdock.routing.model import Decision, Demand, DemandLine, Network, Policy, RoutingError, Snapshot
from crossdock.routing.seen import More, demand_of, more_of, snapshot_with

_FORMAT = 1
_SEEN_THROUGH_A_VIEW = 2
_WITH_MORE = 3
_MANY = 255

Line = tuple[int, int, int, int, tuple[str, ...], int]


class ShownBy(Protocol):
    """A stock view as far as an explanation needs it: its code, and what its rules are in words."""

    code: str

    def words(self, rule: str) -> str:
        """Say what a rule does."""


class Versions(Struct, frozen=True):
    """The immutable things that decisions rest on, by content hash; a mapping that loads on demand will do."""

    networks: Mapping[str, Network]
    policies: Mapping[str, Policy]
    views: Mapping[str, ShownBy] = {}


class Through(NamedTuple):
    """The view through which stock was seen: its version, what it hid (lines × sites, ≥ 0), and by which rules.

    `rules` holds for each line the names of rules and the index of one of them for every site.
    """

    version: str
    hidden: NDArray[np.int64]
    rules: tuple[tuple[tuple[str, ...], NDArray[np.int64]], ...]


class Seen(Struct, frozen=True, array_like=True):
    """The volatile facts: stock by line and site, ship days, capacity, packed."""

    cells: bytes
    counts: bytes
    many: bytes
    first_day: int
    days: bytes
    far_days: bool
    capacity: bytes


class Hidden(Struct, frozen=True, array_like=True):
    """What the view hid of what could have been claimed: by line and site, as in `Seen`, with the rule of each cell."""

    view: str
    cells: bytes
    counts: bytes
    many: bytes
    rules: tuple[str, ...]
    which: bytes


class Record(Struct, frozen=True, array_like=True):
    """What is stored of one decision; `hidden` only where it saw stock through a view, `more` where it knew more."""

    format: int
    lines: tuple[Line, ...]
    country: str
    place: tuple[int, int, int] | None
    due_day: int | None
    priority: int
    requires: tuple[str, ...]
    seen: Seen
    decision: Decision
    hidden: Hidden | None = None
    more: More | None = None

    @property
    def demand(self) -> Demand:
        """The demand as it was routed."""
        x, y, z = self.place or (None, None, None)
        demand = Demand(
            lines=tuple(DemandLine(*line) for line in self.lines),
            country=self.country,
            x=x,
            y=y,
            z=z,
            due_day=self.due_day,
            priority=self.priority,
            requires=self.requires,
        )
        return demand if self.more is None else demand_of(demand, self.more)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


def encode(
    demand: Demand, snapshot: Snapshot, policy: Policy, decision: Decision, through: Through | Hidden | None = None
) -> bytes:
    """Give the compact record of a decision, the same bytes for the same arguments.

    With `through` the record names the view that the snapshot's stock was seen through, and what it hid.
    """
    if decision.rests_on.policy != policy.version or decision.rests_on.network != snapshot.network.version:
        raise RoutingError("the decision rests on another policy or network than it is recorded with")
    x, y, z = demand.x, demand.y, demand.z
    place = None if x is None or y is None or z is None else (x, y, z)
    lines = tuple([(i.key, i.item, i.quantity, i.weight_g, i.requires, i.unit_value) for i in demand.lines])
    asked = (lines, demand.country, place, demand.due_day, demand.priority, demand.requires)
    more = more_of(demand, snapshot, policy)
    if through is None and more is None:
        return _encoder.encode((_FORMAT, *asked, _seen(snapshot), decision))
    hidden = _hidden(through) if isinstance(through, Through) else through
    if more is not None:
        return _encoder.encode((_WITH_MORE, *asked, _seen(snapshot), decision, hidden, more))
    return _encoder.encode((_SEEN_THROUGH_A_VIEW, *asked, _seen(snapshot), decision, hidden))


def _hidden(through: Through) -> Hidden:
    known: dict[str, int] = {}
    which = bytearray()
    for (names, where), row in zip(through.rules, through.hidden, strict=True):
        rule = where[row != 0]
        places = np.zeros(len(names), dtype=np.uint8)
        for at in sorted(set(rule.tolist())):
            places[at] = min(_MANY, known.setdefault(names[at], len(known)))
        which += places[rule].tobytes()
    cells, counts, many = _counts(through.hidden)
    return Hidden(through.version, cells, counts, many, tuple(known)[:_MANY], bytes(which))


def _counts(stock: NDArray[np.int64]) -> tuple[bytes, bytes, bytes]:
    flat = stock.ravel()
    filled = flat != 0
    counts = flat[filled]
    low = np.minimum(counts, _MANY).astype(np.uint8)
    return np.packbits(filled).tobytes(), low.tobytes(), counts[low == _MANY].astype("<i8").tobytes()


def _grid(cells: bytes, counts: bytes, many: bytes, lines: int, sites: int) -> NDArray[np.int64]:
    stock = np.zeros(lines * sites, dtype=np.int64)
    filled = np.unpackbits(np.frombuffer(cells, dtype=np.uint8), count=lines * sites).astype(bool)
    some = np.frombuffer(counts, dtype=np.uint8).astype(np.int64)
    some[some == _MANY] = np.frombuffer(many, dtype="<i8")
    stock[filled] = some
    return stock.reshape(lines, sites)


def hidden_of(record: Record, sites: int) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Give what the view hid, by line and site, and for each the index of its rule (−1 none); None without a view."""
    found = record.hidden
    if found is None:
        return None
    hidden = _grid(found.cells, found.counts, found.many, len(record.lines), sites)
    which = np.full(hidden.shape, -1, dtype=np.int64)
    which[hidden != 0] = np.frombuffer(found.which, dtype=np.uint8)
    return hidden, which


def _seen(snapshot: Snapshot) -> Seen:
    days = snapshot.ship_day
    first = int(days.min(initial=2**31, where=days >= 0)) - 1
    offsets = np.maximum(days - first, 0)  # 0 is a closed calendar
    far = bool(len(offsets)) and int(offsets.max()) > _MANY
    return Seen(
        *_counts(snapshot.stock),
        first,
        offsets.astype("<i8" if far else np.uint8).tobytes(),
        far,
        np.minimum(np.maximum(snapshot.capacity, 0), _MANY).astype(np.uint8).tobytes(),
    )


def decode(record: bytes) -> Record:
    """Read a record back; raises `RoutingError` when it was written in a format this engine does not know."""
    found = _decoder.decode(record)
    if not _FORMAT <= found.format <= _WITH_MORE:
        raise RoutingError(f"the record has format {found.format}, this engine reads {_FORMAT} to {_WITH_MORE}")
    return found


def snapshot_of(record: Record, versions: Versions) -> Snapshot:
    """Give the snapshot as it was seen; capacities of 255 and more read 255."""
    network, seen = versions.networks[record.decision.rests_on.network], record.seen
    sites, lines = len(network.sites), len(record.lines)
    stock = _grid(seen.cells, seen.counts, seen.many, lines, sites)
    offsets = np.frombuffer(seen.days, dtype="<i8" if seen.far_days else np.uint8).astype(np.int64)
    days = np.where(offsets > 0, offsets + seen.first_day, -1)
    capacity = np.frombuffer(seen.capacity, dtype=np.uint8).astype(np.int64)
    snapshot = Snapshot(network, stock, days, capacity)
    return snapshot if record.more is None else snapshot_with(snapshot, record.more)


def replay(record: bytes, versions: Versions) -> Decision:
    """Decide a recorded order again from what was seen and the versions it rests on.

    The same engine gives the same decision, and encoding it again the same bytes; whether another engine does is for
    the caller to compare. Raises `KeyError` when a version is not at hand.
    """
    found = decode(record)
    policy = versions.policies[found.decision.rests_on.policy]
    return decide(found.demand, snapshot_of(found, versions), policy)
