"""The writer's picture of claimable stock: a row an item, a column a location, debited as a batch is decided.

Reading three hundred candidates for each of a thousand lines from the database would cost half a second a batch. The
picture may be stale, the write may not: the guard decides, and a failed guard reloads the item.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from crossdock.network.model import StockMode
from crossdock.storage.session import Session
from crossdock.storage.unit import unpack_changes

UNLIMITED = 1 << 30
MAX_ROWS = 60_000
_LOAD = """
    WITH k(item_id) AS ({keys})
    SELECT p.item_id, p.location_id, p.on_hand + p.short - p.reserved - p.allocated, s.ships, s.stock_mode,
           (SELECT coalesce(max(id), 0) FROM stock_log)
    FROM k JOIN positions p ON p.item_id = k.item_id AND p.stock_class = 0
    LEFT JOIN stockings s ON s.item_id = p.item_id AND s.location_id = p.location_id
"""
# Where an item is not shipped from, or any number of it is: there no position says what can be claimed.
_LOAD_SPECIAL = """
    WITH k(item_id) AS ({keys})
    SELECT s.item_id, s.location_id, s.ships FROM k JOIN stockings s ON s.item_id = k.item_id
    WHERE s.stock_mode = 2 OR s.ships = 0
"""
_FOLLOW = "SELECT id, worker, changes FROM stock_log WHERE id > ? ORDER BY id"
_FORGET_BEYOND = 5_000

Matrix = np.ndarray[Any, np.dtype[np.int64]]


class StockMirror:
    """Claimable units of the plain stock class by item and location; rows are loaded when first asked for."""

    def __init__(self, location_ids: Sequence[int], worker: int) -> None:
        self._columns = {location: column for column, location in enumerate(location_ids)}
        self._worker = worker
        self._rows: dict[int, int] = {}
        self._matrix: Matrix = np.zeros((256, len(location_ids)), dtype=np.int64)
        self._as_of: list[int] = []
        self._unlimited: set[tuple[int, int]] = set()
        self._closed: set[tuple[int, int]] = set()
        self._journal: list[tuple[int, int, int]] = []
        self._followed = -1
        self._free: list[int] = []

    def load(self, session: Session, items: Sequence[int], *, again: bool = False) -> None:
        """Load the items that are not here yet (or, ``again``, all of them) in one statement."""
        wanted = sorted({item for item in items if again or item not in self._rows})
        if not wanted:
            return
        if len(self._rows) + len(wanted) > MAX_ROWS:
            self.forget()
            wanted = sorted(set(items))
        for item in wanted:
            row = self._row(item)  # may put a larger matrix in the place of this one
            self._matrix[row] = 0
        keys = [(item,) for item in wanted]
        as_of = self._followed
        for item, location, claimable, ships, mode, position in session.fetch_keys(_LOAD, ("bigint",), keys):
            as_of = position
            column = self._columns.get(location)
            if column is not None and ships != 0 and mode != StockMode.UNLIMITED:
                self._matrix[self._rows[item], column] = max(0, claimable)
        for item, location, ships in session.fetch_keys(_LOAD_SPECIAL, ("bigint",), keys):
            column = self._columns.get(location)
            if column is not None:
                (self._unlimited if ships else self._closed).add((item, location))
                self._matrix[self._rows[item], column] = UNLIMITED if ships else 0
        for item in wanted:
            self._as_of[self._rows[item]] = as_of

    def _row(self, item: int) -> int:
        row = self._rows.get(item)
        if row is None and self._free:
            row = self._rows[item] = self._free.pop()
        elif row is None:
            row = self._rows[item] = len(self._as_of)
            self._as_of.append(0)
            if row >= len(self._matrix):
                self._matrix = np.vstack([self._matrix, np.zeros_like(self._matrix)])
        return row

    def forget(self) -> None:
        """Drop every row; what is needed is loaded again."""
        self._rows.clear()
        self._as_of.clear()
        self._free.clear()
        self._unlimited.clear()
        self._closed.clear()

    def stock(self, items: Sequence[int]) -> Matrix:
        """Return what is claimable now, of shape (items, locations); a copy, so that a decision keeps what it saw."""
        return self._matrix[[self._rows[item] for item in items]]

    def any_left(self, item: int) -> bool:
        """Say whether any location has a unit of the item to spare."""
        row = self._rows.get(item)
        return row is not None and bool(self._matrix[row].any())

    def is_unlimited(self, item: int, location: int) -> bool:
        """Say whether this location takes any number of the item (a drop-shipper): no position guards it."""
        return (item, location) in self._unlimited

    def debit(self, item: int, location: int, quantity: int) -> None:
        """Take units for a decision of this batch, so that the next one does not see them."""
        if (item, location) in self._unlimited or (item, location) in self._closed:
            return
        row, column = self._rows[item], self._columns[location]
        self._matrix[row, column] -= quantity
        self._journal.append((row, column, quantity))

    def credit(self, item: int, location: int, quantity: int) -> None:
        """Add units that this batch makes claimable, so that its later decisions see them."""
        if quantity and item in self._rows and location in self._columns:
            self.debit(item, location, -quantity)

    def mark(self) -> int:
        """Return a mark to which ``undo`` can go back."""
        return len(self._journal)

    def undo(self, mark: int = 0) -> None:
        """Give back what was debited since the mark, or in this batch."""
        for row, column, quantity in reversed(self._journal[mark:]):
            self._matrix[row, column] += quantity
        del self._journal[mark:]

    def keep(self) -> None:
        """Make the batch's debits part of the picture: it was committed."""
        self._journal.clear()

    def evict(self, items: Iterable[int]) -> None:
        """Forget items that this process has changed in another way than by ``debit``; they are loaded when needed."""
        for item in items:
            row = self._rows.pop(item, None)
            if row is not None:
                self._free.append(row)
                self._unlimited = {key for key in self._unlimited if key[0] != item}
                self._closed = {key for key in self._closed if key[0] != item}

    def shift(self, changes: Matrix) -> None:
        """Take in what this process has committed by columns: item, location and change of what is claimable."""
        find_row, find_column = self._rows.get, self._columns.get
        rows = np.array([find_row(item, -1) for item in changes[:, 0].tolist()], np.int64)
        here = np.flatnonzero(rows >= 0)
        columns = np.array([find_column(location, -1) for location in changes[here, 1].tolist()], np.int64)
        kept = columns >= 0
        if self._unlimited or self._closed:
            special = self._unlimited | self._closed
            places = zip(changes[here, 0].tolist(), changes[here, 1].tolist(), strict=True)
            kept &= np.array([place not in special for place in places], np.bool_)
        np.add.at(self._matrix, (rows[here[kept]], columns[kept]), changes[here[kept], 2])

    def follow(self, session: Session) -> None:
        """Take in what other processes have committed since the last time."""
        if session.dialect == "sqlite":
            return  # one process owns the file: nobody else writes
        self.catch_up(session)

    def catch_up(self, session: Session) -> None:
        """Take in what every process has committed since the last time, but what this picture's own worker did."""
        if self._followed < 0:
            self._followed = session.fetch("SELECT coalesce(max(id), 0) FROM stock_log")[0][0]
            return
        rows = session.fetch(_FOLLOW, self._followed)
        if not rows:
            return
        if len(rows) > _FORGET_BEYOND:
            self.forget()
        else:
            for position, worker, changes in rows:
                if worker != self._worker:
                    self._take_in(position, unpack_changes(changes))
        self._followed = rows[-1][0]

    def _take_in(self, position: int, changes: Matrix) -> None:
        for item, location, change in changes.tolist():
            row, column = self._rows.get(item), self._columns.get(location)
            # A row loaded after this entry contains it already.
            if row is None or column is None or self._as_of[row] >= position:
                continue
            if (item, location) in self._unlimited or (item, location) in self._closed:
                continue
            self._matrix[row, column] += change
