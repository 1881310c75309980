"""A quick stand-in for the engine, to see what a supply plan does to the year before the engine itself runs it.

One order after the other: the cheapest location that has all of it, by the policy's own prices; if none has, the
location that fills most units first, and so on. What nobody has waits, and receipts serve what waits by age. Nothing
ships; cancellations free what was allocated and drop what waits.

    python -m tests.demo.stand_in
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict, deque

import msgspec
import numpy as np
import numpy.typing as npt

from crossdock.demo import feed, online_retail
from crossdock.demo.network import LocationSpec
from crossdock.demo.places import Destination, distance_km
from crossdock.demo.reconcile import Reconciliation, reconcile
from crossdock.demo.retailer import SEED, Retailer, make_retailer
from crossdock.demo.supply import SupplyPlan
from crossdock.demo.terms import RATE_CARD

Ints = npt.NDArray[np.int64]
Key = tuple[str, int]
"""An order's external id and the number of one of its lines."""


class Waiting(msgspec.Struct):
    """Units of a line that nobody had."""

    key: Key
    units: int


class Outcome(msgspec.Struct):
    """What became of the year, in counts of orders and lines; money in 1/1000 of a penny."""

    orders: int = 0
    lines: int = 0
    split: int = 0
    """Orders whose units were allocated at more than one location when they came."""
    no_single_location: int = 0
    """Orders that no single location could fill whole."""
    waiting: int = 0
    """Orders with something to wait for."""
    backordered: int = 0
    """Lines that had to wait, in whole or in part."""
    never: int = 0
    """Lines that still wait for something at the end of the year."""
    fulfillments: int = 0
    cost: int = 0
    by_kind: dict[str, int] = {}


class StandIn:
    """The state of the pretended engine."""

    def __init__(self, retailer: Retailer) -> None:
        self.retailer, self.sites = retailer, retailer.locations
        self.site = {site.code: index for index, site in enumerate(self.sites)}
        self.item = {item.sku: index for index, item in enumerate(retailer.items)}
        self.weight: Ints = np.array([item.weight_g for item in retailer.items], dtype=np.int64)
        self.stock: Ints = np.zeros((len(self.item), len(self.sites)), dtype=np.int64)
        for opening in retailer.supply.opening:
            self.stock[self.item[opening.sku], self.site[opening.location]] += opening.quantity
        self.parcel: Ints = np.array([site.handling_parcel for site in self.sites])
        self.per_line: Ints = np.array([site.handling_line for site in self.sites])
        self.per_unit: Ints = np.array([site.handling_unit for site in self.sites])
        self.rates: dict[Destination, tuple[Ints, Ints]] = {}
        self.queue: dict[int, deque[Waiting]] = defaultdict(deque)
        self.allocated: dict[Key, list[tuple[int, int]]] = {}
        self.waits: dict[Key, Waiting] = {}
        self.outcome = Outcome()

    def run(self, year: Reconciliation) -> Outcome:
        for event in feed.events(year, self.retailer):
            match event:
                case feed.OrderPlaced():
                    self.place(event)
                case feed.ReceiptArrived():
                    self.receive(
                        self.item[event.receipt.sku], self.site[event.receipt.location], event.receipt.quantity
                    )
                case feed.CancellationReceived():
                    for part in event.cancellation.matched:
                        self.cancel((part.external_id, part.line_number), event.cancellation.sku, part.quantity)
        self.outcome.never = sum(1 for entry in self.waits.values() if entry.units)
        return self.outcome

    def place(self, event: feed.OrderPlaced) -> None:
        lines = event.order.lines
        rows = np.array([self.item[line.sku] for line in lines])
        need = np.array([line.quantity for line in lines], dtype=np.int64)
        unique, back = np.unique(rows, return_inverse=True)
        total = np.bincount(back, weights=need).astype(np.int64)
        plan = self.decide(unique, total, event.destination)
        self.stock[unique] -= plan
        used = np.flatnonzero(plan.any(axis=0))
        out = self.outcome
        out.orders += 1
        out.lines += len(lines)
        out.split += len(used) > 1
        out.fulfillments += len(used)
        for site in used.tolist():
            kind = self.sites[site].kind
            out.by_kind[kind] = out.by_kind.get(kind, 0) + 1
            out.cost += int(self.cost(unique, plan[:, site], event.destination)[site])
        left = {int(row): [[site, int(plan[i, site])] for site in used.tolist()] for i, row in enumerate(unique)}
        missing = 0
        for line, row in zip(lines, rows.tolist(), strict=True):
            missing += self.record((event.order.external_id, line.number), row, line.quantity, left[row])
        out.backordered += missing
        out.waiting += missing > 0

    def record(self, key: Key, row: int, quantity: int, left: list[list[int]]) -> int:
        mine = []
        for entry in left:
            taken = min(quantity, entry[1])
            if taken:
                entry[1] -= taken
                quantity -= taken
                mine.append((entry[0], taken))
        self.allocated[key] = mine
        if quantity:
            waiting = Waiting(key, quantity)
            self.queue[row].append(waiting)
            self.waits[key] = waiting
        return int(quantity > 0)

    def decide(self, rows: Ints, need: Ints, to: Destination) -> Ints:
        have = self.stock[rows]
        fill = np.minimum(have, need[:, None])
        plan = np.zeros_like(fill)
        complete = (have >= need[:, None]).all(axis=0)
        if complete.any():
            cost = np.where(complete, self.cost(rows, need, to), np.iinfo(np.int64).max)
            best = int(cost.argmin())
            plan[:, best] = need
            return plan
        self.outcome.no_single_location += 1
        left = need.copy()
        while True:
            fill = np.minimum(have, left[:, None])
            lines = (fill > 0).sum(axis=0)
            if not lines.any():
                return plan
            best = int(np.lexsort((self.cost(rows, left, to), -lines, -fill.sum(axis=0)))[0])
            plan[:, best] += fill[:, best]
            left -= fill[:, best]
            have = have - np.eye(len(self.sites), dtype=np.int64)[best] * fill[:, best][:, None]

    def cost(self, rows: Ints, units: Ints, to: Destination) -> Ints:
        base, per_kg = self.rate(to)
        grams = int((self.weight[rows] * units).sum())
        parcels = max(1, -(-grams // RATE_CARD.parcel_limit_g))
        lines, count = int((units > 0).sum()), int(units.sum())
        cost: Ints = (base + self.parcel) * parcels + per_kg * grams // 1000
        cost += self.per_line * lines + self.per_unit * count
        return cost

    def rate(self, to: Destination) -> tuple[Ints, Ints]:
        if to not in self.rates:
            entries = [_entry(site, to) for site in self.sites]
            self.rates[to] = (np.array([e[0] for e in entries]), np.array([e[1] for e in entries]))
        return self.rates[to]

    def receive(self, row: int, site: int, quantity: int) -> None:
        queue = self.queue[row]
        while queue and quantity:
            entry = queue[0]
            taken = min(entry.units, quantity)
            quantity -= taken
            entry.units -= taken
            if taken:
                self.allocated[entry.key].append((site, taken))
            if entry.units == 0:
                queue.popleft()
        self.stock[row, site] += quantity

    def cancel(self, key: Key, sku: str, quantity: int) -> None:
        entry = self.waits.get(key)
        if entry is not None:
            dropped = min(entry.units, quantity)
            entry.units -= dropped
            quantity -= dropped
        kept = []
        for site, units in self.allocated[key]:
            freed = min(units, quantity)
            quantity -= freed
            if units - freed:
                kept.append((site, units - freed))
            if freed:
                self.receive(self.item[sku], site, freed)
        self.allocated[key] = kept


def _entry(site: LocationSpec, to: Destination) -> tuple[int, int]:
    if to.country != "GB":
        lane = next(lane for lane in RATE_CARD.lanes if to.country in lane.destinations or lane.destinations == ("*",))
        return lane.base, lane.per_kg
    assert to.lat is not None
    assert to.lon is not None
    km = distance_km(site.latitude, site.longitude, to.lat, to.lon)
    zone = next(zone for zone in RATE_CARD.zones if km <= zone.up_to_km)
    return zone.base, zone.per_kg


def main() -> None:
    changes = {name: float(value) for name, value in (change.split("=") for change in sys.argv[1:])}
    seed = int(changes.pop("seed", SEED))
    kinds = {field.name: field.type for field in msgspec.structs.fields(SupplyPlan)}
    plan = SupplyPlan(**{name: kinds[name](value) for name, value in changes.items()})
    year = reconcile(online_retail.load())
    retailer = make_retailer(year.orders, year.cancellations, seed, plan)
    start = time.perf_counter()
    out = StandIn(retailer).run(year)
    supply, took = retailer.supply, time.perf_counter() - start
    print(f"{took:.1f} s, {len(supply.receipts):,} receipts, {len(supply.opening):,} positions")
    print(f"split {out.split / out.orders:.1%}, no single location {out.no_single_location / out.orders:.1%}")
    print(f"backordered lines {out.backordered / out.lines:.2%}, never {out.never / out.lines:.2%}")
    print(f"orders waiting {out.waiting / out.orders:.1%}, fulfillments {out.fulfillments:,} {out.by_kind}")
    print(f"cost per order £{out.cost / out.orders / 100_000:.2f}")


if __name__ == "__main__":
    main()
