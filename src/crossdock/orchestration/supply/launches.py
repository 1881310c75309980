"""Items before their launch: they are ordered, claimed and planned, but no location works on them before the day.

A delivery whose items may be shipped from different days on is decided in parts, one for each such day, so that what
is there now goes out now.
"""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.catalog.model import ItemFacts
from crossdock.inventory.supply_model import PREORDER
from crossdock.kernel.clock import day_start, day_text, utc_day
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.plans import NewDemand, Queued


def is_preorder(item: ItemFacts, at: int) -> bool:
    """Say whether an item is not launched yet at an instant: its day, in UTC, is still to come."""
    return item.launch_day > utc_day(at)


def by_launch(
    directory: Directory, demand: Sequence[NewDemand], at: int
) -> list[tuple[int | None, Sequence[NewDemand]]]:
    """Part demand by the instant from which it may be worked on: None for now, or the first one of the launch day."""
    today = utc_day(at)
    days = [directory.item_by_id(wanted.item_id).launch_day for wanted in demand]
    if all(day <= today for day in days):
        return [(None, demand)]
    parts: dict[int, list[NewDemand]] = {}
    for wanted, day in zip(demand, days, strict=True):
        parts.setdefault(day if day > today else 0, []).append(wanted)
    return [(day_start(day) if day else None, part) for day, part in sorted(parts.items())]


def later_of(begin: int | None, day: int | None, at: int) -> int | None:
    """Return the instant before which no work begins: the later of ``begin`` and a day's; None when both are over."""
    start = None if day is None else day_start(day)
    known = [instant for instant in (begin, start) if instant is not None and instant > at]
    return max(known, default=None)


def as_preorders(directory: Directory, queued: Sequence[Queued], at: int) -> tuple[Queued, ...]:
    """Let queue entries for items before their launch say so: they count against the preorder limit."""
    out = []
    for entry in queued:
        item = directory.item_by_id(entry.item_id)
        if entry.queue == "backorder" and is_preorder(item, at):
            detail = f"{item.sku} is launched on {day_text(item.launch_day)}. {entry.detail}"
            out.append(entry._replace(reason=PREORDER, detail=detail))
        else:
            out.append(entry)
    return tuple(out)
