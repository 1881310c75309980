"""What a snapshot that is twelve hours old costs: real invoice lines, the same stock, told at once or told late.

A shop sells over the counter and online from one shelf. Each invoice of the last twelve weeks of Online Retail is, by
a seeded draw, one or the other. Goods come on Mondays. Online units are promised from what is known, picked at 17:00;
what is promised then and not on the shelf is shipped short. Live: each sale at the till is told within a minute, and
who loses a claim by it is told at once, before picking. Stale: a full snapshot as of 02:00 arrives at 14:00, and the
till tells nothing. Counting follows the arithmetic of feeds (``inventory.feed_arithmetic``).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
import numpy as np

from benchmarks.result import Result, result
from crossdock.demo.online_retail import load
from crossdock.inventory.feed_arithmetic import NEVER, NOT_SAID, Facts, Ints, Positions, Since, settle
from crossdock.inventory.model import CountBasis

FROM, TO = datetime(2011, 9, 12), datetime(2011, 12, 5)  # noqa: DTZ001  (local time, as the invoices have it)
WEEKS_OF_STOCK = 1.25
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


class Line(NamedTuple):
    """Units of an item asked for at a second, online or at the till."""

    at: int
    item: int
    units: int
    order: str
    is_online: bool


class Outcome(msgspec.Struct):
    """What happened to online units: asked, promised, taken back before picking, shipped, shipped short."""

    asked: int = 0
    promised: int = 0
    taken_back: int = 0
    shipped: int = 0
    short: int = 0
    orders_short: int = 0


def lines(seed: int = 1) -> tuple[list[Line], int]:
    """Return the lines by time, and how many items there are; each invoice is online or at the till by a draw."""
    rows, chance = load(), random.Random(seed)
    items: dict[str, int] = {}
    online: dict[str, bool] = {}
    found = []
    for row in rows.rows():
        if (
            not FROM <= row.placed_at < TO
            or row.quantity <= 0
            or row.price_mills <= 0
            or not row.stock_code[:5].isdigit()
        ):
            continue
        item = items.setdefault(row.stock_code.upper(), len(items))
        is_online = online.setdefault(row.invoice, chance.random() < 0.5)
        at = int((row.placed_at - FROM).total_seconds())
        found.append(Line(at, item, min(row.quantity, 48), row.invoice, is_online))
    return sorted(found), len(items)


class Shop:
    """One shelf: what is on it, what is known of it, what is promised of it."""

    def __init__(self, items: int, weekly: Ints, *, live: bool) -> None:
        self._live, self._weekly = live, weekly
        self._shelf = np.zeros(items, np.int64)
        self._known = np.zeros(items, np.int64)
        self._claims: dict[int, dict[str, int]] = defaultdict(dict)
        self._counted_at = np.full(items, NEVER, np.int64)
        self._moves: list[tuple[int, int, int]] = []
        self._snapshot: tuple[int, Ints] | None = None
        self._broken: set[str] = set()
        self.outcome = Outcome()

    def play(self, told: list[Line]) -> Outcome:
        """Play every minute at which something happens."""
        chores = [
            (day * _DAY + hour * _HOUR, chore)
            for day in range((TO - FROM) // timedelta(days=1))
            for hour, chore in ((2, self._count), (6, self._receive), (14, self._hear), (17, self._pick))
        ]
        at_next = 0
        for line in told:
            while at_next < len(chores) and chores[at_next][0] <= line.at:
                chores[at_next][1](chores[at_next][0])
                at_next += 1
            if line.is_online:
                self._promise(line)
            else:
                self._sell(line)
        for at, chore in chores[at_next:]:
            chore(at)
        self.outcome.orders_short = len(self._broken)
        return self.outcome

    def _claimed(self, item: int) -> int:
        return sum(self._claims[item].values())

    def _promise(self, line: Line) -> None:
        units = max(0, min(line.units, int(self._known[line.item]) - self._claimed(line.item)))
        self.outcome.asked += line.units
        self.outcome.promised += units
        if units:
            of = self._claims[line.item]
            of[line.order] = of.get(line.order, 0) + units

    def _sell(self, line: Line) -> None:
        units = min(line.units, int(self._shelf[line.item]))
        self._shelf[line.item] -= units
        if self._live and units:
            self._move(line.item, -units, line.at + _MINUTE)
            self._take_back(line.item)

    def _take_back(self, item: int) -> None:
        """Less is left than is claimed: the latest promises are routed elsewhere, or told, before anybody picks."""
        lacking = self._claimed(item) - int(self._known[item])
        for order in reversed(list(self._claims[item])):
            if lacking <= 0:
                break
            units = min(lacking, self._claims[item][order])
            self._claims[item][order] -= units
            self.outcome.taken_back += units
            lacking -= units

    def _move(self, item: int, units: int, at: int) -> None:
        if at > self._counted_at[item]:
            self._known[item] += units
            self._moves.append((item, units, at))

    def _receive(self, at: int) -> None:
        if at // _DAY % 7 == 0:
            for item in range(len(self._shelf)):
                units = max(0, int(self._weekly[item]) - int(self._shelf[item]))
                self._shelf[item] += units
                self._move(item, units, at)

    def _count(self, at: int) -> None:
        self._snapshot = (at, self._shelf.copy())

    def _hear(self, _: int) -> None:
        """The snapshot of 02:00 arrives: it replaces what was known then, and what moved since stays on top."""
        if self._live or self._snapshot is None:
            return
        taken_at, counts = self._snapshot
        places = np.arange(len(counts))
        since = np.zeros(len(counts), np.int64)
        self._moves = [move for move in self._moves if move[2] > taken_at]
        for item, units, _when in self._moves:
            since[item] += units
        claimed = np.array([self._claimed(item) for item in places.tolist()], np.int64)
        zeros = np.zeros(len(counts), np.int64)
        short = np.maximum(0, claimed - self._known)
        before = Positions(self._known, zeros, claimed, short, self._counted_at, zeros, zeros)
        physical = np.full(len(counts), CountBasis.PHYSICAL.value, np.int64)
        told = Facts(places, np.ones(len(counts), np.bool_), counts, np.full(len(counts), taken_at), physical,
                     np.full(len(counts), NOT_SAID))  # fmt: skip
        after = settle(before, told, Since(since, zeros, zeros)).after
        self._known, self._counted_at = after.on_hand, after.counted_at
        for item in np.flatnonzero(after.short > 0).tolist():
            self._take_back(item)

    def _pick(self, at: int) -> None:
        """Ship what was promised; what is not on the shelf is short, and known to be gone from then on."""
        for item, orders in self._claims.items():
            for order, units in orders.items():
                there = min(units, int(self._shelf[item]))
                self._shelf[item] -= there
                self._move(item, -there, at)
                self.outcome.shipped += there
                self.outcome.short += units - there
                if there < units:
                    self._broken.add(order)
                    self._move(item, -int(self._known[item]), at)
            orders.clear()


def simulate(seed: int = 1) -> tuple[Outcome, Outcome]:
    """Return what a late snapshot and what live sales make of the same weeks."""
    told, items = lines(seed)
    weeks = (TO - FROM) / timedelta(weeks=1)
    asked = np.zeros(items, np.int64)
    for line in told:
        asked[line.item] += line.units
    weekly = np.ceil(asked / weeks * WEEKS_OF_STOCK).astype(np.int64)
    return Shop(items, weekly, live=False).play(told), Shop(items, weekly, live=True).play(told)


def measure() -> Iterator[Result]:
    """Yield units shipped short with a stale snapshot and with live sales, and how many are taken back before that."""
    command = "12 weeks of Online Retail, half of the invoices online, one shelf; python -m benchmarks stale-feed"
    for name, outcome in zip(("snapshot_12h_old", "live"), simulate(), strict=True):
        yield result(f"short_shipped_units_{name}", outcome.short, f"of {outcome.promised:,} promised", command)
        yield result(f"short_shipped_orders_{name}", outcome.orders_short, "orders", command)
        yield result(f"taken_back_units_{name}", outcome.taken_back, "before picking", command)
