"""Positions as columns: a million of them in a few arrays, read by item, changed by thousands at a time.

Two levels: sorted arrays of what was there when they were made, and a small dictionary of positions that came since.
When that has grown, both are merged into new arrays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]

_COLUMN_BITS = 20
_COLUMN_MASK = (1 << _COLUMN_BITS) - 1
_MERGE_FROM = 4_096


class Held(NamedTuple):
    """Where an item stands: columns of its locations, and units at each."""

    columns: Ints
    units: Ints


class Positions:
    """Units by item and location. Locations are columns, numbered as they are first seen; a column never changes."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}
        self._columns: dict[int, int] = {}
        self._keys = np.zeros(0, dtype=np.int64)
        self._at = np.zeros(0, dtype=np.int64)
        self._units = np.zeros(0, dtype=np.int64)
        self._starts = np.zeros(1, dtype=np.int64)
        self._fresh: dict[int, dict[int, int]] = defaultdict(dict)
        self._fresh_count = 0

    @classmethod
    def of(cls, items: Ints, locations: Ints, units: Ints) -> Positions:
        """Make the columns of positions that are each there once, in any order."""
        made = cls()
        item_ids, rows = np.unique(items, return_inverse=True)
        location_ids, columns = np.unique(locations, return_inverse=True)
        made._rows = {item: row for row, item in enumerate(item_ids.tolist())}
        made._columns = {location: column for column, location in enumerate(location_ids.tolist())}
        made._arrange((rows.astype(np.int64) << _COLUMN_BITS) | columns.astype(np.int64), units)
        return made

    def __len__(self) -> int:
        return len(self._keys) + self._fresh_count

    @property
    def items(self) -> list[int]:
        """The ids of the items that stand anywhere, empty positions included."""
        return list(self._rows)

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self._columns)

    @property
    def location_ids(self) -> list[int]:
        """The locations by column."""
        return list(self._columns)

    @property
    def nbytes(self) -> int:
        """How much memory the arrays take."""
        return self._keys.nbytes + self._at.nbytes + self._units.nbytes + self._starts.nbytes

    def change(self, items: Sequence[int], locations: Sequence[int], changes: Sequence[int]) -> None:
        """Add changes to positions; one that is not there begins with nothing. A position may come twice."""
        rows, columns = self._rows, self._columns
        for item in items:
            if item not in rows:
                rows[item] = len(rows)
        for location in locations:
            if location not in columns:
                columns[location] = len(columns)
        wanted = [(rows[i] << _COLUMN_BITS) | columns[c] for i, c in zip(items, locations, strict=True)]
        keys = np.array(wanted, dtype=np.int64)
        places = np.searchsorted(self._keys, keys)
        known = np.zeros(len(keys), dtype=bool)
        inside = places < len(self._keys)
        known[inside] = self._keys[places[inside]] == keys[inside]
        by = np.array(changes, dtype=np.int64)
        np.add.at(self._units, places[known], by[known])
        if not known.all():
            self._change_fresh(keys[~known].tolist(), by[~known].tolist())

    def _change_fresh(self, keys: list[int], changes: list[int]) -> None:
        for key, change in zip(keys, changes, strict=True):
            row = self._fresh[key >> _COLUMN_BITS]
            column = key & _COLUMN_MASK
            self._fresh_count += column not in row
            row[column] = row.get(column, 0) + change
        if self._fresh_count >= _MERGE_FROM:
            self._merge()

    def _merge(self) -> None:
        keys = [(row << _COLUMN_BITS) | column for row, of in self._fresh.items() for column in of]
        units = [n for of in self._fresh.values() for n in of.values()]
        self._fresh.clear()
        self._fresh_count = 0
        self._arrange(
            np.concatenate([self._keys, np.array(keys, dtype=np.int64)]),
            np.concatenate([self._units, np.array(units, dtype=np.int64)]),
        )

    def _arrange(self, keys: Ints, units: Ints) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys, self._units = keys[order], units[order]
        self._at = self._keys & _COLUMN_MASK
        self._starts = np.searchsorted(self._keys, np.arange(len(self._rows) + 1, dtype=np.int64) << _COLUMN_BITS)

    def held(self, item: int) -> Held:
        """Return where an item stands and how much of it; copies."""
        row = self._rows.get(item)
        if row is None:
            return Held(_NONE, _NONE)
        if row + 1 < len(self._starts):
            start, end = self._starts[row], self._starts[row + 1]
            at, units = self._at[start:end], self._units[start:end].copy()
        else:
            at, units = _NONE, _NONE
        fresh = self._fresh.get(row)
        if not fresh:
            return Held(at, units)
        more = np.array([*fresh.keys(), *fresh.values()], dtype=np.int64).reshape(2, -1)
        return Held(np.concatenate([at, more[0]]), np.concatenate([units, more[1]]))

    def each(self, items: Iterable[int]) -> dict[int, Held]:
        """Return where each of these items stands."""
        return {item: self.held(item) for item in items}


_NONE: Ints = np.zeros(0, dtype=np.int64)
