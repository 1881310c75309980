"""Shares of channels behind the writer: read for a batch, debited as it is decided, locked and checked by the guard.

Whoever takes an item that somebody is kept locks all counters of the item first, those that it does not touch too:
what is free is a difference of sums, and holds against other takers only while none of them can change it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from crossdock.inventory import tables
from crossdock.inventory.mirror import UNLIMITED
from crossdock.inventory.share_rules import FREE, Template
from crossdock.inventory.shares import ItemShares, Part
from crossdock.kernel.ids import IdBlock
from crossdock.orchestration.directory import Directory
from crossdock.routing.model import Decision
from crossdock.storage.guard import Kind, Take
from crossdock.storage.session import Session
from crossdock.storage.unit import StockChange, Unit

Ints = np.ndarray[Any, np.dtype[np.int64]]
_ROUNDS = 4


class ShareBook:
    """The shares of the items of one batch; those of which nobody is kept any are not in it."""

    def __init__(self, directory: Directory, ids: IdBlock) -> None:
        self._directory = directory
        self._ids = ids
        self._columns = {id_: column for column, id_ in enumerate(directory.location_ids)}
        self.items: dict[int, ItemShares] = {}
        self._begun: dict[int, ItemShares] = {}
        self._ids_of: dict[int, list[int]] = {}
        self._missing: dict[int, list[tuple[Any, ...]]] = {}
        self._journal: list[tuple[int, int, int, int, tuple[Part, ...]]] = []

    # -- reading and locking -------------------------------------------------------------------------------------

    def load(self, session: Session, items: Iterable[int]) -> None:
        """Read how the shares of these items stand; nothing is locked."""
        self.items, self._ids_of, self._missing, self._journal = {}, {}, {}, []
        templates = self._templates(items)
        if templates:
            self._read(session, templates, lock=False)
        self._begun = {item: shares.copy() for item, shares in self.items.items()}

    def open(self, session: Session, items: Iterable[int]) -> None:
        """Make the counters of items that are traded for the first time, and lock all counters of these items.

        To be called before their positions are locked.
        """
        templates = self._templates(items)
        if not templates:
            return
        known = self._rows(session, templates, lock=True)
        self._missing = {item: self._new(item, template, known[item])[0] for item, template in templates.items()}
        if any(self._missing.values()):
            self._make(session)
            self._rows(session, templates, lock=True)

    def locked(self, session: Session) -> Mapping[tuple[int, ...], int]:
        """Lock the counters of the batch's items and return what is free of everything shared (for guard.take)."""
        if not self.items:
            return {}
        self._make(session)
        if session.dialect == "sqlite":  # the only writer: nothing can have changed since it was read
            return self._free(self._begun)
        before, ids_before = self.items, self._ids_of
        self._read(session, {item: shares.template for item, shares in before.items()}, lock=True)
        free = self._free(self.items)
        self.items, self._ids_of = before, ids_before
        return free

    def _free(self, items: Mapping[int, ItemShares]) -> dict[tuple[int, ...], int]:
        free: dict[tuple[int, ...], int] = {}
        for item, shares in items.items():
            for id_, standing in zip(self._ids_of[item], shares.standing(), strict=True):
                free[(id_,)] = standing.private
            for over, units in enumerate(shares.free()):
                free[item, over] = max(0, units)
        return free

    def _templates(self, items: Iterable[int]) -> dict[int, Template]:
        rules = self._directory.shares
        if not rules.some:
            return {}
        found = {item: rules.template(self._directory.item_by_id(item)) for item in sorted(set(items))}
        return {item: template for item, template in found.items() if template is not None}

    def _make(self, session: Session) -> None:
        rows = [row for item in sorted(self._missing) for row in self._missing[item]]
        self._missing = {}
        if rows:
            session.insert_new(tables.shares, rows)

    def _rows(
        self, session: Session, templates: Mapping[int, Template], *, lock: bool
    ) -> dict[int, dict[tuple[str, str], tuple[int, int, int]]]:
        """Return by item, then group and pool, the counters' ids and what is used and spent of them."""
        keys = [(item,) for item in sorted(templates)]
        rows: dict[int, dict[tuple[str, str], tuple[int, int, int]]] = defaultdict(dict)
        for id_, item, group, pool, used, spent in session.fetch_keys(_LOCK if lock else _ROWS, ("bigint",), keys):
            rows[item][group, pool] = (id_, used, spent)
        return rows

    def _new(
        self, item: int, template: Template, known: Mapping[tuple[str, str], tuple[int, int, int]]
    ) -> tuple[list[tuple[Any, ...]], list[tuple[int, int, int]]]:
        """Return the rows of counters that are not there yet, and of all counters id, used and spent."""
        new: list[tuple[Any, ...]] = []
        standing = []
        for node in template.nodes:
            row = known.get((node.group, node.pool))
            if row is None:
                row = (self._ids.one(), 0, 0)
                new.append((item, node.group, node.pool, *row))
            standing.append(row)
        return new, standing

    def _read(self, session: Session, templates: Mapping[int, Template], *, lock: bool) -> None:
        rows = self._rows(session, templates, lock=lock)
        stock = self._stock(session, templates)
        items, ids_of = {}, {}
        for item, template in templates.items():
            self._missing[item], standing = self._new(item, template, rows[item])
            claimable, basis = stock[item]
            items[item] = ItemShares(template, claimable, basis, [r[1] for r in standing], [r[2] for r in standing])
            ids_of[item] = [row[0] for row in standing]
        self.items, self._ids_of = items, ids_of

    def _stock(self, session: Session, templates: Mapping[int, Template]) -> dict[int, tuple[list[int], list[int]]]:
        """Return what is claimable, and claimable or claimed, in each set of locations of each item."""
        small = {item: template for item, template in templates.items() if template.everywhere}
        if len(small) == len(templates):
            return self._sums(session, small)
        size = len(self._columns)
        claimable = {item: np.zeros(size, dtype=np.int64) for item in templates}
        basis = {item: np.zeros(size, dtype=np.int64) for item in templates}
        keys = [(item,) for item in sorted(templates)]
        for item, location, free, all_of_it in session.fetch_keys(_STOCK, ("bigint",), keys):
            column = self._columns.get(location)
            if column is not None:
                claimable[item][column] = max(0, free)
                basis[item][column] = all_of_it
        return {
            item: (
                [int(claimable[item][mask].sum()) for mask in template.masks],
                [int(basis[item][mask].sum()) for mask in template.masks],
            )
            for item, template in templates.items()
        }

    def _sums(self, session: Session, templates: Mapping[int, Template]) -> dict[int, tuple[list[int], list[int]]]:
        """Return the same where shares are kept of the whole network alone."""
        some = len(self._directory.locations) > len(self._columns)
        sql = _SUMS.replace("{active}", _ACTIVE if some else "")
        found = {item: ([0], [0]) for item in templates}
        for item, free, whole in session.fetch_keys(sql, ("bigint",), [(item,) for item in sorted(templates)]):
            found[item] = ([int(free)], [int(whole)])
        return found

    # -- what a decision may see and take ------------------------------------------------------------------------

    def shown(self, items: Sequence[int], stock: Ints, group: str | None) -> Ints:
        """Return of visible stock (a row an item) what the group may take of it, each location taken for itself."""
        if not self.items or self.items.keys().isdisjoint(items):
            return stock
        out = stock.copy()
        for row, item in enumerate(items):
            shares = self.items.get(item)
            if shares is not None:
                _cut(out[row], shares.rooms(group, stock.shape[1]))
        return out

    def trimmed(
        self, decision: Decision, items: Mapping[int, int], stock: Ints, group: str | None, turn: int
    ) -> Ints | None:
        """Return stock cut to what the group may take together, where a decision would take more; None where it fits.

        ``items``: the item of each demand number, in the order of the rows of ``stock``. From the fourth turn on
        nothing else is offered than what fits of the decision itself, so that there is an end.
        """
        rows = list(items.values())
        if not self.items:
            return None
        wanted: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for site, no, quantity in decision.assignments:
            if items[no] in self.items:
                wanted[items[no]][self._columns[site]] += quantity
        out: Ints | None = None
        for item, at in wanted.items():
            limited = {column: n for column, n in at.items() if stock[rows.index(item), column] < UNLIMITED}
            fits = self.items[item].fit(group, limited)
            if fits == limited:
                continue
            out = stock.copy() if out is None else out
            left = np.zeros(stock.shape[1], dtype=np.int64)
            if turn < _ROUNDS:
                probe = self.items[item].copy()
                for column, units in fits.items():
                    probe.take(group, column, units)
                left = probe.rooms(group, stock.shape[1])
            for column, units in fits.items():
                left[column] += units
            for row, of in enumerate(rows):
                if of == item:
                    _cut(out[row], left)
        return out

    def take(self, item: int, location: int, quantity: int, group: str | None) -> tuple[tuple[Part, ...], list[Take]]:
        """Take units that a decision assigned: from which counters (their ids, 0 is free), and what the guard takes."""
        shares = self.items.get(item)
        if shares is None:
            return (), []
        column = self._columns[location]
        parts = tuple(shares.take(group, column, quantity))
        self._journal.append((item, column, -sum([n for _, n in parts]), 0, parts))
        ids, zone = self._ids_of[item], shares.template.zone_of[column]
        takes: dict[tuple[int, ...], int] = defaultdict(int)
        for source, units in parts:
            if source != FREE:
                takes[(ids[source],)] += units
            for pool in shares.template.charged(source, zone):
                takes[item, pool] += units
        named = tuple((0 if source == FREE else ids[source], units) for source, units in parts)
        if all(id_ == 0 for id_, _ in named):
            named = ()
        return named, [Take(Kind.SHARE, key, units) for key, units in takes.items()]

    def give_back(self, item: int, location: int, parts: Sequence[Part]) -> None:
        """Let later decisions of the batch see what a claim gives back: (counter's id or 0, units) each."""
        if item in self.items and location in self._columns:
            known = {id_: source for source, id_ in enumerate(self._ids_of[item])}
            self._change(item, self._columns[location], 0, 0, [(known[i], -n) for i, n in parts if i in known])

    def returned(
        self, item: int, location: int, quantity: int, parts: Sequence[Part]
    ) -> tuple[list[Take], list[tuple[int, int, int]]]:
        """Let later decisions have what a claim gives back, and return what the guard gives back with it.

        The second are counters that this item has no more: (item, counter, units below 0), to be written by ``use``.
        """
        shares = self.items.get(item)
        if shares is None or location not in self._columns:
            return [], [(item, id_, -units) for id_, units in parts if id_]
        self.moved(item, location, quantity, 0)
        self.give_back(item, location, parts)
        known = {id_: source for source, id_ in enumerate(self._ids_of[item])}
        zone = shares.template.zone_of[self._columns[location]]
        back: dict[tuple[int, ...], int] = defaultdict(int)
        stray = []
        for id_, units in parts or [(0, quantity)]:
            source = known.get(id_, FREE)
            if id_ and source == FREE:
                stray.append((item, id_, -units))
                continue
            if id_:
                back[(id_,)] -= units
            for pool in shares.template.charged(source, zone):
                back[item, pool] -= units
        return [Take(Kind.SHARE, key, units) for key, units in back.items()], stray

    def moved(self, item: int, location: int, claimable: int, basis: int) -> None:
        """Let later decisions of the batch see that stock has changed."""
        if item in self.items and location in self._columns:
            self._change(item, self._columns[location], claimable, basis, ())

    def _change(self, item: int, column: int, claimable: int, basis: int, used: Sequence[Part]) -> None:
        self.items[item].change(column, claimable, basis, used)
        self._journal.append((item, column, claimable, basis, tuple(used)))

    def tell(self, unit: Unit, takes: Sequence[Take]) -> None:
        """Tell followers of the log what the guard has taken from counters: the item, −the counter, the units."""
        if takes:
            item_of = {id_: item for item, ids in self._ids_of.items() for id_ in ids}
            took = [(item_of[t.key[0]], -t.key[0], t.quantity) for t in takes if len(t.key) == 1]
            unit.stock_changes.extend(took)

    def mark(self) -> int:
        """Return a mark to which ``undo`` can go back."""
        return len(self._journal)

    def undo(self, mark: int) -> None:
        """Give back what was taken since the mark."""
        for item, column, claimable, basis, used in reversed(self._journal[mark:]):
            self.items[item].change(column, -claimable, -basis, [(source, -units) for source, units in used])
        del self._journal[mark:]


def _cut(row: Ints, most: Ints) -> None:
    """Leave no more at a location than so much, except where there is no end of it."""
    np.minimum(row, most, out=row, where=row < UNLIMITED)


def use(unit: Unit, takes: Sequence[tuple[int, int, int]]) -> None:
    """Write what was taken from counters that are locked already: (item id, counter id, units) each."""
    sums: dict[tuple[int, int], int] = defaultdict(int)
    for item, id_, units in takes:
        if id_:
            sums[item, id_] += units
    if sums:
        rows = sorted((id_, units) for (_, id_), units in sums.items())
        unit.session.execute_keys(_USE, ("bigint", "bigint"), rows)
        unit.dirty = True
        changes: list[StockChange] = [(item, -id_, units) for (item, id_), units in sums.items()]
        unit.stock_changes.extend(changes)


_ROWS = """
    WITH k(item_id) AS ({keys})
    SELECT s.id, s.item_id, s.group_code, s.pool, s.used, s.spent FROM k JOIN shares s ON s.item_id = k.item_id
    ORDER BY s.id
"""
_LOCK = _ROWS + " {lock}"
_STOCK = """
    WITH k(item_id) AS ({keys})
    SELECT p.item_id, p.location_id, p.on_hand + p.short - p.reserved - p.allocated, p.on_hand + p.short
    FROM k JOIN positions p ON p.item_id = k.item_id AND p.stock_class = 0
    LEFT JOIN stockings s ON s.item_id = p.item_id AND s.location_id = p.location_id
    WHERE p.on_hand + p.short <> 0 AND coalesce(s.ships, 1) <> 0 AND coalesce(s.stock_mode, 0) <> 2
"""
_SUMS = """
    WITH k(item_id) AS ({keys})
    SELECT p.item_id, CAST(sum(p.on_hand + p.short - p.reserved - p.allocated) AS bigint),
        CAST(sum(p.on_hand + p.short) AS bigint)
    FROM k JOIN positions p ON p.item_id = k.item_id AND p.stock_class = 0 {active}
    LEFT JOIN stockings s ON s.item_id = p.item_id AND s.location_id = p.location_id
    WHERE coalesce(s.ships, 1) <> 0 AND coalesce(s.stock_mode, 0) <> 2 GROUP BY p.item_id
"""
_ACTIVE = "JOIN locations l ON l.id = p.location_id AND l.active = 1"
_USE = """
    WITH v(id, n) AS ({keys})
    UPDATE shares SET used = shares.used + v.n FROM v WHERE shares.id = v.id AND shares.used + v.n >= 0
"""
