"""What is true of a World's stock, worked out naively from its rows: ledger, claims, what waits, who is kept what.

Nothing here reads a counter that the program keeps: each number is a sum over movements or claims.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from crossdock.inventory.share_model import Amount, ShareGroup
from crossdock.inventory.view_model import StockView
from tests.inventory.naive_atp import naive_visible
from tests.support.world import World

Units = dict[str, int]

_LEDGER = """
    SELECT l.code, CAST(sum(m.on_hand) AS bigint), CAST(sum(m.on_hand + m.short) AS bigint)
    FROM movements m JOIN locations l ON l.id = m.location_id JOIN items i ON i.id = m.item_id
    WHERE i.sku = ? GROUP BY l.code
"""
_CLAIMED = """
    SELECT l.code, CAST(sum(c.quantity) AS bigint)
    FROM claims c JOIN locations l ON l.id = c.location_id JOIN items i ON i.id = c.item_id
    WHERE i.sku = ? AND c.state = 1 AND c.source = 0 GROUP BY l.code
"""
_WAITS = """
    SELECT CAST(coalesce(sum(q.quantity), 0) AS bigint) FROM queue_entries q JOIN items i ON i.id = q.item_id
    WHERE i.sku = ? AND q.closed_at IS NULL
"""
_BOUND = """
    SELECT CAST(coalesce(sum(c.quantity), 0) AS bigint) FROM claims c JOIN items i ON i.id = c.item_id
    WHERE i.sku = ? AND c.state = 1 AND c.source = 1 AND c.kind = 2
"""
_COMING = """
    SELECT s.expected_day, l.code, s.quantity - s.received - coalesce((
        SELECT CAST(sum(c.quantity) AS bigint) FROM claims c WHERE c.supply_line_id = s.id AND c.source = 1
        AND c.state = 1), 0)
    FROM supply_lines s JOIN locations l ON l.id = s.location_id JOIN items i ON i.id = s.item_id
    WHERE i.sku = ? AND s.state = 1 ORDER BY s.expected_day, s.id
"""
_TAKEN = """
    SELECT s.group_code, CAST(sum(t.quantity) AS bigint) FROM claim_shares t JOIN shares s ON s.id = t.share_id
    JOIN claims c ON c.id = t.claim_id JOIN items i ON i.id = s.item_id
    WHERE i.sku = ? AND c.state = 1 GROUP BY s.group_code
"""


class Stock(NamedTuple):
    """An item as its rows say: by place what is on the shelf, what stands there for sale or claimed, what is free."""

    on_hand: Units
    there: Units
    claimable: Units
    waiting: int
    coming: list[tuple[int, str, int]]
    taken: Units
    """Units that open claims took from each group's share."""


class Open(NamedTuple):
    """What a channel may be promised: visible by place, open by place, in all before and after who waits."""

    visible: Units
    at: Units
    before_waiting: int
    total: int


def stock_of(world: World, sku: str) -> Stock:
    """Add up an item's rows."""
    ledger = world.rows(_LEDGER, sku)
    claimed = dict(world.rows(_CLAIMED, sku))
    there = {place: max(0, units) for place, _, units in ledger}
    claimable = {place: max(0, units - claimed.get(place, 0)) for place, _, units in ledger}
    waiting = max(0, world.rows(_WAITS, sku)[0][0] - world.rows(_BOUND, sku)[0][0])
    coming = [(day, place, units) for day, place, units in world.rows(_COMING, sku) if units > 0]
    on_hand = {place: units for place, units, _ in ledger}
    return Stock(on_hand, there, claimable, waiting, coming, dict(world.rows(_TAKEN, sku)))


def naive_open(
    stock: Stock,
    sku: str,
    places: Sequence[str],
    view: StockView,
    groups: Sequence[ShareGroup],
    channel: str,
    day: int | None = None,
) -> Open:
    """Return what a channel may be promised, where shares are kept of the whole network alone."""
    visible = naive_visible(view, places, stock.claimable, stock.coming, day, sku)
    arrived = sum(units for when, _, units in stock.coming if day is not None and when <= day)
    shares = _Shares(groups, sku, stock, arrived)
    may = shares.may(next((group.code for group in groups if channel in group.channels), None))
    before = min(sum(visible.values()), may)
    total = max(0, before - stock.waiting)
    return Open(visible, {p: min(units, may, total) for p, units in visible.items()}, before, total)


class _Shares:
    """The definition of shares, word for word (inventory.shares), of one item and the whole network."""

    def __init__(self, groups: Sequence[ShareGroup], sku: str, stock: Stock, arrived: int) -> None:
        self._groups = {group.code: group for group in groups}
        self._amount_of: dict[str, Amount] = {}
        for group in groups:
            fit = [a for a in group.amounts if sku in a.items] + [a for a in group.amounts if not a.items]
            if fit:
                self._amount_of[group.code] = fit[0]
        self._stock = stock
        self._basis = sum(stock.there.values()) + arrived
        self._claimable = sum(stock.claimable.values()) + arrived

    def _above(self, code: str) -> str | None:
        """Return the nearest group above that is kept some of the item."""
        above = self._groups[code].parent
        return above if above is None or above in self._amount_of else self._above(above)

    def _children(self, code: str | None) -> list[str]:
        return [each for each in self._amount_of if self._above(each) == code]

    def amount(self, code: str) -> int:
        amount = self._amount_of[code]
        if amount.units is not None:
            return amount.units
        above = self._above(code)
        return (self._basis if above is None else self.amount(above)) * (amount.percent or 0) // 100

    def taken(self, code: str) -> int:
        return self._stock.taken.get(code, 0) + sum(self.taken(child) for child in self._children(code))

    def unused(self, code: str) -> int:
        return max(0, self.amount(code) - self.taken(code))

    def kept(self, code: str) -> int:
        return max(self.unused(code), sum(self.kept(child) for child in self._children(code)))

    def may(self, code: str | None) -> int:
        """Return what a group may take: its own, and beyond that as its strategy and those above it allow."""
        if code is None:
            return max(0, self._claimable - sum(self.kept(each) for each in self._children(None)))
        group = self._groups[code]
        if code not in self._amount_of:
            return self.may(group.parent)
        own = max(0, self.unused(code) - sum(self.kept(child) for child in self._children(code)))
        return own if group.strategy == "restrict" else own + self.may(group.parent)


class Told(NamedTuple):
    """What happened at a shelf, once: a count, or a change."""

    kind: str
    sku: str
    place: str
    units: int
    at: int

    @property
    def change(self) -> int:
        """The units that it brought or took; a count brings none."""
        return -self.units if self.kind in ("sold", "damaged") else self.units


def naive_shelf(told: Mapping[int, Told], sku: str, place: str) -> int:
    """Return what is on a shelf: the last count, and what came or went after it, in whatever order it was told."""
    here = [each for each in told.values() if (each.sku, each.place) == (sku, place)]
    counts = [(each.at, each.units) for each in here if each.kind == "counted"]
    since, base = max(counts, default=(-1, 0))
    return base + sum(each.change for each in here if each.kind != "counted" and each.at > since)
