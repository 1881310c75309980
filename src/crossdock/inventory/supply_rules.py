"""Who gets what is coming: one pure rule, first come, first served.

Units that wait are bound to supply lines in the order in which they will be served (priority, then age); each takes
the earliest lines that may serve it and still have units to give. So nobody who came later gets an earlier date than
somebody before him who may be served by the same lines, and binding again without a change changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Key = tuple[int, int]
"""Order id, demand number."""


class Waiting(NamedTuple):
    """Units that wait; ``places`` are the locations that may serve them, None when all may."""

    key: Key
    quantity: int
    places: frozenset[int] | None = None


class Line(NamedTuple):
    """A supply line with the units that nothing else stands on; ``day`` is when they are expected."""

    id: int
    day: int
    location_id: int
    open: int


class Binding(NamedTuple):
    """Units that wait and the line that they will be served from."""

    key: Key
    line_id: int
    quantity: int


def bind(waiting: Iterable[Waiting], lines: Sequence[Line]) -> list[Binding]:
    """Bind units that wait, in the order given, to the earliest lines; Σ bound of a line never exceeds its ``open``.

    Lines of a day are taken by id. What finds no line is left out: it waits without a date.
    """
    queues = _Queues(lines)
    out: list[Binding] = []
    for entry in waiting:
        out += queues.take(entry)
    return out


class _Queues:
    """The lines with units left, by day, as each set of locations sees them; used-up lines are skipped for good."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = sorted((line for line in lines if line.open > 0), key=lambda line: (line.day, line.id))
        self._left = [line.open for line in self._lines]
        self._seen: dict[frozenset[int] | None, tuple[list[int], int]] = {}

    def take(self, entry: Waiting) -> list[Binding]:
        """Take a demand's units from the earliest lines that may serve it."""
        ours, at = self._seen.get(entry.places) or (self._ours(entry.places), 0)
        taken: list[Binding] = []
        missing = entry.quantity
        while missing > 0 and at < len(ours):
            index = ours[at]
            units = min(missing, self._left[index])
            if units:
                self._left[index] -= units
                missing -= units
                taken.append(Binding(entry.key, self._lines[index].id, units))
            if self._left[index] == 0:
                at += 1
        self._seen[entry.places] = (ours, at)
        return taken

    def _ours(self, places: frozenset[int] | None) -> list[int]:
        return [n for n, line in enumerate(self._lines) if places is None or line.location_id in places]
