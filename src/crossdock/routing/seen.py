"""What a record keeps of a decision beside stock, days and capacity: facts of the delivery, its lines and the sites.

Arrays are kept where they differ from what is usual: a bitmap, and the values of its cells. Nothing is kept of what was
not given, so the record of a plain decision is as small as ever.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from crossdock.routing.model import Demand, DemandLine, Policy, Snapshot
from crossdock.routing.rules import FailedPick, When, Workload

ROOM = 65_535
"""A day's room in units is kept up to here."""

Cells = tuple[bytes, bytes]
LineMore = tuple[int, str, int, int, int]


class More(Struct, frozen=True, array_like=True):
    """What was known besides; None where it was not."""

    lines: tuple[LineMore, ...] = ()
    asked_day: int | None = None
    channel: str = ""
    service: str = ""
    value: int = 0
    facts: tuple[tuple[str, str | int], ...] = ()
    used: Cells | None = None
    units_room: Cells | None = None
    barred: Cells | None = None
    paused: Cells | None = None
    find: Cells | None = None
    days_left: Cells | None = None
    first_day: int = 0
    open_days: Cells | None = None


_PLAIN_LINE: LineMore = (0, "", 0, 0, 1)
_USUAL: dict[str, tuple[int, str]] = {
    "used": (0, "<u2"),
    "units_room": (ROOM, "<u2"),
    "find": (1_000, "<u2"),
    "days_left": (-1, "<i4"),
    "open_days": (0, "<u4"),
}


def more_of(demand: Demand, snapshot: Snapshot, policy: Policy) -> More | None:
    """Give what a record has to keep besides; None where that is nothing.

    How much of a day is taken, and how likely units are found, is kept only where the policy looks at it: it would be
    half of a record.
    """
    lines = tuple([(i.volume_cm3, i.category, i.group, i.bundle, i.in_bundle) for i in demand.lines])
    if all(line == _PLAIN_LINE for line in lines):
        lines = ()
    arrays: dict[str, Cells | None] = {}
    for name, (usual, kind) in _USUAL.items():
        array = getattr(snapshot, name)
        if (name == "used" and not _looks_at_use(policy)) or (name == "find" and not _looks_at_finding(policy)):
            array = None
        arrays[name] = None if array is None else _cells(array, usual, kind)
    for name in ("barred", "paused"):
        array = getattr(snapshot, name)
        arrays[name] = None if array is None else (np.packbits(array).tobytes(), b"")
    found = More(
        lines, demand.asked_day, demand.channel, demand.service, demand.value, demand.facts,
        arrays["used"], arrays["units_room"], arrays["barred"], arrays["paused"], arrays["find"], arrays["days_left"],
        snapshot.first_day, arrays["open_days"],
    )  # fmt: skip
    return None if found == _NOTHING else found


def _looks_at_finding(policy: Policy) -> bool:
    return any(isinstance(cost, FailedPick) for cost in policy.costs)


def _looks_at_use(policy: Policy) -> bool:
    return any(isinstance(cost, Workload) for cost in policy.costs) or any(isinstance(f, When) for f in policy.fences)


_NOTHING = More()


def demand_of(demand: Demand, more: More) -> Demand:
    """Give a demand as it was, with the facts that were kept besides."""
    lines = demand.lines
    if more.lines:
        lines = tuple(_line(line, facts) for line, facts in zip(lines, more.lines, strict=True))
    return replace(
        demand,
        lines=lines,
        asked_day=more.asked_day,
        channel=more.channel,
        service=more.service,
        value=more.value,
        facts=more.facts,
    )


def _line(line: DemandLine, facts: LineMore) -> DemandLine:
    volume, category, group, bundle, in_bundle = facts
    return replace(line, volume_cm3=volume, category=category, group=group, bundle=bundle, in_bundle=in_bundle)


def snapshot_with(snapshot: Snapshot, more: More) -> Snapshot:
    """Give a snapshot with the facts that were kept besides."""
    lines, sites = snapshot.stock.shape
    shapes = {"find": (lines, sites), "days_left": (lines, sites)}
    known: dict[str, Any] = {}
    for name, (usual, kind) in _USUAL.items():
        cells = getattr(more, name)
        known[name] = None if cells is None else _grid(cells, usual, kind, shapes.get(name, (sites,)))
    for name, shape in (("barred", (lines, sites)), ("paused", (sites,))):
        cells = getattr(more, name)
        known[name] = None if cells is None else _bits(cells[0], shape)
    return replace(snapshot, first_day=more.first_day, **known)


def _cells(array: NDArray[np.int64], usual: int, kind: str) -> Cells:
    limits = np.iinfo(kind)
    flat = np.clip(array.ravel(), limits.min, limits.max)
    other = flat != usual
    return np.packbits(other).tobytes(), flat[other].astype(kind).tobytes()


def _bits(packed: bytes, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    count = int(np.prod(shape))
    return np.unpackbits(np.frombuffer(packed, dtype=np.uint8), count=count).astype(bool).reshape(shape)


def _grid(cells: Cells, usual: int, kind: str, shape: tuple[int, ...]) -> NDArray[np.int64]:
    out = np.full(shape, usual, dtype=np.int64)
    out[_bits(cells[0], shape)] = np.frombuffer(cells[1], dtype=kind)
    return out
