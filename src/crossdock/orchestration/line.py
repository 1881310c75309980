"""The line of those who wait, while one transaction changes it: counted, and in the end bound anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from crossdock.inventory.supply import SupplyRow
from crossdock.orchestration import limits
from crossdock.orchestration.binding import rebind
from crossdock.orchestration.directory import Directory
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

    def unsettle(self, items: Iterable[int]) -> None:
        """Bind the line of these items anew though nobody joined or left it: who may serve it may have changed."""
        self._items.update(items)

    def settle(self, unit: Unit, directory: Directory, before: Sequence[SupplyRow]) -> None:
        """Write the counters, and bind anew who waits for what has changed; ``before``: lines as they were."""
        limits.settle(unit, directory, self._counts)
        items = (self._items & self._supplied) | {row.item_id for row in before}
        if items:
            rebind(unit, directory, items, SUPPLY, before)
