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
    """Where an item stands: columns of its locations, units at each that can be claimed, and that are there at all."""

    columns: Ints
    claimable: Ints
    there: Ints


class Positions:
    """Units by item and location. Locations are columns, numbered as they are first seen; a column never changes."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}
        self._columns: dict[int, int] = {}
        self._keys = np.zeros(0, dtype=np.int64)
        self._at = np.zeros(0, dtype=np.int64)
        self._claimable = np.zeros(0, dtype=np.int64)
        self._there = np.zeros(0, dtype=np.int64)
        self._starts = np.zeros(1, dtype=np.int64)
        self._fresh: dict[int, dict[int, list[int]]] = defaultdict(dict)
        self._fresh_count = 0

    @classmethod
    def of(cls, items: Ints, locations: Ints, claimable: Ints, there: Ints) -> Positions:
        """Make the columns of positions that are each there once, in any order."""
        made = cls()
        item_ids, rows = np.unique(items, return_inverse=True)
        location_ids, columns = np.unique(locations, return_inverse=True)
        made._rows = {item: row for row, item in enumerate(item_ids.tolist())}
        made._columns = {location: column for column, location in enumerate(location_ids.tolist())}
        keys = (rows.astype(np.int64) << _COLUMN_BITS) | columns.astype(np.int64)
        made._arrange(keys, claimable, there)
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
        arrays = (self._keys, self._at, self._claimable, self._there, self._starts)
        return sum(array.nbytes for array in arrays)

    def change(
        self, items: Sequence[int], locations: Sequence[int], changes: Sequence[int], *, goods: bool = True
    ) -> None:
        """Add changes to positions; one that is not there begins with nothing. A position may come twice.

        ``goods`` came or went: both numbers change. Else claims were taken or given back: what is there stays.
        """
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
        np.add.at(self._claimable, places[known], by[known])
        if goods:
            np.add.at(self._there, places[known], by[known])
        if not known.all():
            self._change_fresh(keys[~known].tolist(), by[~known].tolist(), goods=goods)

    def _change_fresh(self, keys: list[int], changes: list[int], *, goods: bool) -> None:
        for key, change in zip(keys, changes, strict=True):
            row, column = self._fresh[key >> _COLUMN_BITS], key & _COLUMN_MASK
            if column not in row:
                row[column] = [0, 0]
                self._fresh_count += 1
            row[column][0] += change
            row[column][1] += change if goods else 0
        if self._fresh_count >= _MERGE_FROM:
            self._merge()

    def _merge(self) -> None:
        keys = [(row << _COLUMN_BITS) | column for row, of in self._fresh.items() for column in of]
        numbers = np.array([both for of in self._fresh.values() for both in of.values()], dtype=np.int64)
        self._fresh.clear()
        self._fresh_count = 0
        self._arrange(
            np.concatenate([self._keys, np.array(keys, dtype=np.int64)]),
            np.concatenate([self._claimable, numbers[:, 0]]),
            np.concatenate([self._there, numbers[:, 1]]),
        )

    def _arrange(self, keys: Ints, claimable: Ints, there: Ints) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys, self._claimable, self._there = keys[order], claimable[order], there[order]
        self._at = self._keys & _COLUMN_MASK
        self._starts = np.searchsorted(self._keys, np.arange(len(self._rows) + 1, dtype=np.int64) << _COLUMN_BITS)

    def held(self, item: int) -> Held:
        """Return where an item stands and how much of it; copies."""
        row = self._rows.get(item)
        if row is None:
            return _NOWHERE
        found = _NOWHERE
        if row + 1 < len(self._starts):
            part = slice(self._starts[row], self._starts[row + 1])
            found = Held(self._at[part], self._claimable[part].copy(), self._there[part].copy())
        fresh = self._fresh.get(row)
        if not fresh:
            return found
        numbers = np.array([*fresh.values()], dtype=np.int64)
        more = Held(np.array([*fresh], dtype=np.int64), numbers[:, 0], numbers[:, 1])
        return Held(*(np.concatenate(pair) for pair in zip(found, more, strict=True)))

    def each(self, items: Iterable[int]) -> dict[int, Held]:
        """Return where each of these items stands."""
        return {item: self.held(item) for item in items}


_NOTHING: Ints = np.zeros(0, dtype=np.int64)
_NOWHERE = Held(_NOTHING, _NOTHING, _NOTHING)
