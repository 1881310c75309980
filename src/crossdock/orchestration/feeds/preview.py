"""What an import would do, row by row, without doing it: earlier rows of the same import are taken into account."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from crossdock.inventory import feed_store as store
from crossdock.inventory.feed_arithmetic import NEVER, Ints, Positions
from crossdock.inventory.feed_arithmetic import settle as settle_columns
from crossdock.inventory.feed_decoding import Fault
from crossdock.inventory.feed_keys import RecentKeys, repeated_within, unpack
from crossdock.inventory.feed_model import BASES
from crossdock.inventory.feed_rows import Rows, counted_none
from crossdock.inventory.feed_store import Locked, StoredSource, Tally
from crossdock.orchestration.feeds.looks import facts_of, grouped, since_of
from crossdock.storage.session import Session

_WORDS = ("changed", "unchanged", "late")
_EMPTY = (0, 0, 0, 0, NEVER, 0, NEVER)


class DiffLine(msgspec.Struct, frozen=True):
    """What a row would do: what is there before and after it (``before`` and ``after`` equal when nothing changes)."""

    line: int
    offset: int
    item_id: int
    location_id: int
    result: str
    before: int
    after: int
    sku: str = ""
    location: str = ""


class Preview:
    """A dry run of one import."""

    def __init__(self, stored: StoredSource) -> None:
        self._stored = stored
        self._recent: RecentKeys | None = None
        self._touched: dict[tuple[int, int], tuple[int, ...]] = {}

    def look(self, session: Session, rows: Rows) -> tuple[list[DiffLine], list[Fault], Tally]:
        """Return what rows would do, which would be refused, and their number by result."""
        fresh, refused, repeated = self._admit(session, rows)
        lines: list[DiffLine] = []
        counts = np.zeros(3, np.int64)
        if len(fresh):
            lines, counts = self._settle(session, rows, fresh)
        tally = Tally(
            rows=len(rows),
            changed=int(counts[0]),
            unchanged=int(counts[1]),
            late=int(counts[2]),
            repeated=repeated,
            failed=len(refused),
        )
        return lines, refused, tally

    def left_out(self, session: Session, keys: list[tuple[int, int]], at: int) -> list[DiffLine]:
        """Return what counting these positions as empty would do, but for those that the import names."""
        rest = [key for key in keys if key not in self._touched]
        if not rest:
            return []
        rows = counted_none(rest, at, BASES[self._stored.source.basis].value)
        lines, _ = self._settle(session, rows, np.arange(len(rows)))
        return [msgspec.structs.replace(line, result="zeroed") for line in lines if line.before != line.after]

    def _admit(self, session: Session, rows: Rows) -> tuple[Ints, list[Fault], int]:
        if self._recent is None:
            self._recent = RecentKeys()
            for number, packed in store.keys_behind(session, self._stored.id, -1):
                self._recent.add(*unpack(packed), number)
        told, marks = self._recent.find(rows.key)
        told &= rows.keyed
        repeats, first = repeated_within(rows.key, rows.keyed)
        marks = np.where(told, marks, rows.mark[first])
        again = told | repeats
        differs = again & (marks != rows.mark)
        new = np.flatnonzero(~again & rows.keyed)
        self._recent.add(rows.key[new], rows.mark[new], self._recent.seen + 1)
        refused = []
        for row in np.flatnonzero(differs).tolist():
            text = f"The record '{rows.record[row]}' was told before with another content."
            place = int(rows.line[row]), int(rows.offset[row])
            refused.append(Fault(*place, "record_differs", text, record=rows.record[row]))
        return np.flatnonzero(~again), refused, int((again & ~differs).sum())

    def _settle(self, session: Session, rows: Rows, fresh: Ints) -> tuple[list[DiffLine], Ints]:
        order, place, item, location = grouped(rows, fresh)
        locked = self._positions(session, item, location)
        facts = facts_of(rows, order, place)
        effects = settle_columns(locked.columns, facts, since_of(session, facts, locked))
        for n, key in enumerate(zip(item.tolist(), location.tolist(), strict=True)):
            self._touched[key] = tuple(int(column[n]) for column in effects.after)
        before = (effects.left - effects.on_hand).tolist()
        names = dict(map(tuple, session.fetch_keys(_SKUS, ("bigint",), [(i,) for i in np.unique(item).tolist()])))
        codes = dict(map(tuple, session.fetch("SELECT id, code FROM locations")))
        lines: list[Any] = [
            DiffLine(
                line=int(rows.line[row]),
                offset=int(rows.offset[row]),
                item_id=int(rows.item[row]),
                location_id=int(rows.location[row]),
                result=_WORDS[int(effects.result[n])],
                before=before[n],
                after=int(effects.left[n]),
                sku=names.get(int(rows.item[row]), ""),
                location=codes.get(int(rows.location[row]), ""),
            )
            for n, row in enumerate(order.tolist())
        ]
        lines.sort(key=lambda line: line.line)
        return lines, np.bincount(effects.result, minlength=3)

    def _positions(self, session: Session, item: Ints, location: Ints) -> Locked:
        """Return the positions as earlier rows of the import would leave them; empty ones where there are none."""
        found = store.look(session, item, location, lock=False)
        known = {key: n for n, key in enumerate(zip(found.item.tolist(), found.location.tolist(), strict=True))}
        columns, heads = [], []
        for key in zip(item.tolist(), location.tolist(), strict=True):
            n = known.get(key)
            there = _EMPTY if n is None else tuple(int(column[n]) for column in found.columns)
            columns.append(self._touched.get(key, there))
            heads.append(0 if n is None else int(found.head[n]))
        return Locked(item, location, Positions(*np.array(columns, np.int64).T), np.array(heads, np.int64))


_SKUS = "WITH k(id) AS ({keys}) SELECT i.id, i.sku FROM k JOIN items i ON i.id = k.id"
