"""What a stock view would change before it is saved: which items appear and vanish, how many units, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from crossdock.catalog import store as catalog
from crossdock.catalog.model import ItemFacts
from crossdock.inventory import view_checks
from crossdock.inventory.mirror import UNLIMITED, StockMirror
from crossdock.inventory.view_model import StockView
from crossdock.inventory.view_rules import CompiledView
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.errors import ConfigurationRefused
from crossdock.storage.session import Session

LOOKED_AT = 20_000
"""So many items are worked out; a preview of more says that it is of a part."""
LISTED = 12
_AT_ONCE = 1_000
_NOBODY = -1
Ints = np.ndarray[Any, np.dtype[np.int64]]


class ItemChange(msgspec.Struct, frozen=True):
    """One item: what may be promised of it now and with the view."""

    sku: str
    name: str
    before: int
    after: int

    @property
    def delta(self) -> int:
        """How many units more."""
        return self.after - self.before


class PlaceChange(msgspec.Struct, frozen=True):
    """One location: units that are claimable there, and what the channel sees of them now and with the view."""

    code: str
    name: str
    claimable: int
    before: int
    after: int


class ViewPreview(msgspec.Struct, frozen=True, kw_only=True):
    """The effect of a view on what may be promised: visible units less those that wait, per item never below 0.

    Shares of other channels are not taken off: they hold whatever the view says. Locations of unlimited stock count
    for an item's being there, not in units. ``gained`` and ``lost`` count items that appear and vanish, ``changed``
    those of which there are more or fewer; ``more`` and ``fewer`` are units.
    """

    items: int
    complete: bool
    claimable: int
    units_before: int
    units_after: int
    items_before: int
    items_after: int
    gained: int
    lost: int
    changed: int
    more: int
    fewer: int
    gained_items: tuple[ItemChange, ...]
    lost_items: tuple[ItemChange, ...]
    changed_items: tuple[ItemChange, ...]
    places: tuple[PlaceChange, ...]
    shown_before: int
    shown_after: int
    warnings: tuple[str, ...]

    @property
    def unchanged(self) -> bool:
        """Whether nobody would see a difference."""
        return not (self.gained or self.lost or self.more or self.fewer) and self.units_before == self.units_after


class _Block(NamedTuple):
    """Some items, an array each: claimable units and what waits."""

    items: list[ItemFacts]
    names: list[str]
    claimable: Ints
    waiting: Ints


def preview_view(session: Session, view: StockView) -> ViewPreview:
    """Work out what saving a view would do; against its active version, or, of a new one, against seeing everything.

    Raises ConfigurationRefused for a view that contradicts itself.
    """
    faults = view_checks.faults(view)
    if faults:
        raise ConfigurationRefused(f"{len(faults)} faults; the first: {faults[0].message}", tuple(faults))
    directory = Directory()
    directory.refresh(session)
    places = directory.places
    active = directory.view(view.code)
    stale = directory.distrusted(0)
    before = directory.everything if active is None else CompiledView(active, places, stale)
    after = CompiledView(view, places, stale)
    seen = _Sum(len(places))
    for block in _blocks(session, directory):
        seen.add(block, before, after)
    names = {stored.location.code: stored.location.name for stored in directory.locations.values()}
    return seen.told([(place.code, names[place.code]) for place in places], tuple(view_checks.warnings(view, places)))


def _blocks(session: Session, directory: Directory) -> Iterator[_Block]:
    """Yield the items that have ever stood anywhere, some at a time."""
    mirror = StockMirror(directory.location_ids, _NOBODY)
    after, left = 0, LOOKED_AT + 1
    while left > 0:
        rows = session.fetch(_ITEMS, after, min(_AT_ONCE, left))
        if not rows:
            return
        after, left = rows[-1][0], left - len(rows)
        ids = [int(row[0]) for row in rows]
        facts = catalog.facts_by_id(session, ids)
        mirror.forget()
        mirror.load(session, ids)
        waiting = dict(session.fetch_keys(_WAITING, ("bigint",), [(id_,) for id_ in ids]))
        yield _Block(
            [facts[id_] for id_ in ids],
            [str(row[1]) for row in rows],
            mirror.stock(ids),
            np.array([int(waiting.get(id_, 0)) for id_ in ids], dtype=np.int64),
        )


_ITEMS = """
    SELECT i.id, i.name FROM items i
    WHERE i.id > ? AND (EXISTS (SELECT 1 FROM positions p WHERE p.item_id = i.id)
                        OR EXISTS (SELECT 1 FROM stockings s WHERE s.item_id = i.id AND s.stock_mode = 2))
    ORDER BY i.id LIMIT ?
"""
_WAITING = """
    WITH k(item_id) AS ({keys})
    SELECT q.item_id, CAST(sum(q.quantity) AS bigint)
    FROM k JOIN queue_entries q ON q.item_id = k.item_id AND q.closed_at IS NULL GROUP BY q.item_id
"""


class _Sum:
    """Adds up what the blocks say."""

    def __init__(self, places: int) -> None:
        self.items = 0
        self.complete = True
        self.by_place = np.zeros((3, places), dtype=np.int64)
        self.changes: list[ItemChange] = []
        self.there = [0, 0]
        self.units = [0, 0]

    def add(self, block: _Block, before: CompiledView, after: CompiledView) -> None:
        """Take in a block."""
        room = LOOKED_AT - self.items
        if len(block.items) > room:
            self.complete = False
            block = _Block(block.items[:room], block.names[:room], block.claimable[:room], block.waiting[:room])
        self.items += len(block.items)
        if not block.items:
            return
        sums = []
        for at, stock in enumerate((block.claimable, *(v.rows(block.items, block.claimable) for v in (before, after)))):
            counted = np.where(stock >= UNLIMITED, 0, stock)
            self.by_place[at] += counted.sum(axis=0)
            if at:
                left = np.maximum(counted.sum(axis=1) - block.waiting, 0)
                there = (left > 0) | (stock >= UNLIMITED).any(axis=1)
                self.units[at - 1] += int(left.sum())
                self.there[at - 1] += int(there.sum())
                sums.append((left, there))
        (was, was_there), (now, is_there) = sums
        for row in np.flatnonzero((was != now) | (was_there != is_there)).tolist():
            facts = block.items[row]
            self.changes.append(ItemChange(facts.sku, block.names[row], int(was[row]), int(now[row])))

    def told(self, places: Sequence[tuple[str, str]], warnings: tuple[str, ...]) -> ViewPreview:
        """Return the sum as a document; what changes most comes first."""
        by_size = sorted(self.changes, key=lambda one: (-abs(one.delta), one.sku))
        gained = [one for one in by_size if one.before == 0 < one.after]
        lost = [one for one in by_size if one.after == 0 < one.before]
        other = [one for one in by_size if one.before and one.after]
        claimable, was, now = self.by_place.tolist()
        rows = [
            PlaceChange(code, name, *numbers)
            for (code, name), *numbers in zip(places, claimable, was, now, strict=True)
        ]
        return ViewPreview(
            items=self.items,
            complete=self.complete,
            claimable=sum(claimable),
            units_before=self.units[0],
            units_after=self.units[1],
            items_before=self.there[0],
            items_after=self.there[1],
            gained=len(gained),
            lost=len(lost),
            changed=len(other),
            more=sum(one.delta for one in self.changes if one.delta > 0),
            fewer=-sum(one.delta for one in self.changes if one.delta < 0),
            gained_items=tuple(gained[:LISTED]),
            lost_items=tuple(lost[:LISTED]),
            changed_items=tuple(other[:LISTED]),
            places=tuple(sorted(rows, key=lambda row: (-abs(row.after - row.before), -row.claimable, row.code))),
            shown_before=sum(1 for units in was if units),
            shown_after=sum(1 for units in now if units),
            warnings=warnings,
        )
