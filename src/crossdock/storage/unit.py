"""The unit of work: one transaction from its batch id to its log entries."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import numpy as np

from crossdock.kernel.clock import Clock
from crossdock.kernel.ids import IdBlock
from crossdock.storage import tables
from crossdock.storage.session import Session

StockChange = tuple[int, int, int]
"""Item id, location id, by how much the claimable quantity of the plain stock class changed.

In the place of a location may stand what else of the item changed: WAITING, SUPPLY, CONFIGURATION below.
"""

WAITING = -1
"""So many more units of the item wait (or fewer)."""
SUPPLY = -2
"""What is coming of the item, or who has a claim on it, is another matter now: to be read again."""
CONFIGURATION = -3
"""The configuration was changed; the third number says what of it (CONFIG_KINDS)."""
CLAIMS = -4
"""From here on an entry's rows are claims taken or given back; before it they are goods that came or went."""
CONFIG_KINDS = ("other", "item", "stock")
"""What readers must know of a change: all may be other than before, only items, or stock was mended."""


class Unit:
    """One transaction: features write through ``session``, say what happened with ``event``, and ``finish`` logs it.

    The first statement inserts a random batch id. When the connection is lost in COMMIT, looking that id up tells
    whether the batch was committed.
    """

    def __init__(self, session: Session, ids: IdBlock, clock: Clock) -> None:
        self.session = session
        self.ids = ids
        self.now = clock()
        self.batch_id = secrets.randbits(62)
        self.position = 0
        self.stock_changes: list[StockChange] = []
        self.claim_changes: list[StockChange] = []
        """The same for units that are still there and were claimed (below 0), or are claimed no more (above)."""
        self.packed_changes = b""
        self.stock_columns: list[np.ndarray[Any, np.dtype[np.int64]]] = []
        """More stock changes, as arrays of shape (n, 3): for those who have thousands."""
        self._events: list[Sequence[Any]] = []
        self.dirty = False

    def start(self) -> None:
        """Begin the transaction and leave its mark."""
        self.session.begin()
        self.session.execute("INSERT INTO batches (id, committed_at) VALUES (?, ?)", self.batch_id, self.now)

    def event(self, row: Sequence[Any]) -> None:
        """Tell everybody a fact (a row of ``events`` without its id): written with the change or not at all."""
        self._events.append(row)
        self.dirty = True

    def waits(self, item_id: int, change: int) -> None:
        """Tell who follows the log that so many more units of an item wait."""
        self.stock_changes.append((item_id, WAITING, change))

    def supply_changed(self, item_id: int) -> None:
        """Tell who follows the log that what is coming of an item, or the claims on it, must be read again."""
        self.stock_changes.append((item_id, SUPPLY, 0))

    def item_changed(self, item_id: int) -> None:
        """Tell who follows the log that an item is another one now than it was."""
        self.stock_changes.append((item_id, CONFIGURATION, CONFIG_KINDS.index("item")))

    def insert(self, table: Any, rows: Sequence[Sequence[Any]]) -> None:
        """Insert whole rows and remember that there is something to commit."""
        if rows:
            self.session.insert(table, rows)
            self.dirty = True

    def finish(self) -> None:
        """Write the log as the last statements and commit; a unit that changed nothing is rolled back."""
        if not self.dirty:
            self.session.rollback()
            return
        count = len(self._events) + 1
        first = self.session.next_log_ids(count)
        self.session.insert(tables.events, [(first + n, *row) for n, row in enumerate(self._events)])
        self.position = first + count - 1
        self.packed_changes = self._pack()
        self.session.insert(tables.stock_log, [(self.position, self.ids.worker, self.packed_changes)])
        self.session.commit()

    def _pack(self) -> bytes:
        parts = [pack_changes(self.stock_changes), *(of.astype("<i8").tobytes() for of in self.stock_columns)]
        if self.claim_changes:
            parts.append(pack_changes([(0, CLAIMS, 0), *self.claim_changes]))
        return b"".join(parts)

    def was_committed(self, session: Session) -> bool:
        """Say over a new connection whether this unit's batch id is in the database.

        Asks by inserting it: that waits for a commit that the server still works on after its connection broke.
        """
        session.begin()
        try:
            return not session.insert_new(tables.batches, [(self.batch_id, self.now)])
        finally:
            session.rollback()


def pack_changes(changes: Sequence[StockChange]) -> bytes:
    """Pack stock changes into 24 bytes each, summed by nobody: followers add them up."""
    return np.array(changes, dtype="<i8").tobytes()


def unpack_changes(packed: bytes) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the changes as an array of shape (n, 3)."""
    return np.frombuffer(packed, dtype="<i8").reshape(-1, 3)
