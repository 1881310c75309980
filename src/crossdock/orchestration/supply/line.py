"""The line of those who wait, while one transaction changes it: counted, and in the end bound anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from crossdock.inventory.supply import SupplyRow
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.plans import Queued
from crossdock.orchestration.supply import limits
from crossdock.orchestration.supply.binding import rebind
from crossdock.storage.unit import Unit

SUPPLY = "system:supply"
"""Who binds, in the log."""


class WaitingLine:
    """What changes in who waits; ``supplied`` are the items of which something is coming, their lines locked."""

    def __init__(self, supplied: frozenset[int]) -> None:
        self._supplied = supplied
        self._counts: dict[limits.LimitKey, int] = defaultdict(int)
        self._items: set[int] = set()

    def changed(self, channel_id: int, queue: str, item_id: int, reason: str, units: int) -> None:
        """Count units that begin to wait, or wait no longer, for stock."""
        if queue == "backorder":
            for key in limits.keys_of(item_id, channel_id, reason):
                self._counts[key] += units
            self._items.add(item_id)

    def limited(
        self, unit: Unit, directory: Directory, channel_id: int, queued: Sequence[Queued]
    ) -> tuple[Queued, ...]:
        """Return what is to be queued, with units beyond a limit for a person: they were not sold before."""
        keys = {e: limits.keys_of(e.item_id, channel_id, e.reason) for e in queued if e.queue == "backorder"}
        room = limits.room(unit, directory, {key for both in keys.values() for key in both}) if keys else {}
        out = []
        for entry in queued:
            left = {key: room[key] - self._counts[key] for key in keys.get(entry, ())}
            full = next((key for key, units in left.items() if units < entry.quantity), None)
            out.append(entry if full is None else limits.beyond(directory, entry, full, left[full]))
            if full is None:
                for key in left:
                    room[key] -= entry.quantity
        return tuple(out)

    def unsettle(self, items: Iterable[int]) -> None:
        """Bind the line of these items anew though nobody joined or left it: who may serve it may have changed."""
        self._items.update(items)

    def settle(self, unit: Unit, directory: Directory, before: Sequence[SupplyRow]) -> None:
        """Write the counters, and bind anew who waits for what has changed; ``before``: lines as they were."""
        limits.settle(unit, directory, self._counts)
        items = (self._items & self._supplied) | {row.item_id for row in before}
        if items:
            rebind(unit, directory, items, SUPPLY, before)
