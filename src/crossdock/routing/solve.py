"""From a view to the best plan that keeps all rules, with a bound below every such plan."""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

import numpy as np

from crossdock.routing.balance import balanced
from crossdock.routing.bill import Pieces
from crossdock.routing.fill import Filled
from crossdock.routing.packing import packed
from crossdock.routing.problem import Counting, Problem
from crossdock.routing.search import search
from crossdock.routing.sides import Dear, Priced, Sides
from crossdock.routing.view import View

_CUTS = 12
_PRICES = 10


class Solved(NamedTuple):
    """The best plan and the best with other locations, each with its total; the bound; what was proven, nodes.

    Without pieces nothing ships at all. The bound holds for plans that ship something. All is in what was counted.
    """

    best: Pieces
    total: float
    second: Pieces
    second_total: float
    second_proven: bool
    bound: float
    nodes: int


def solve(view: View, counting: Counting | None = None) -> Solved:
    """Search for the two best plans, all rules kept."""
    counting = view if counting is None else counting
    sides = Sides(view)
    if view.terms.policy.complete:
        return _all_or_nothing(view, counting, sides)
    return _kept(view, counting, sides)


def _all_or_nothing(view: View, counting: Counting, sides: Sides) -> Solved:
    """Search among plans that ship everything: whatever else was found is none."""
    dear = Dear(view, counting)
    found = _kept(view, dear, sides)
    whole = found.best if _whole(view, found.best) else []
    second = found.second if _whole(view, found.second) else []
    bound = np.inf if found.bound >= dear.above else found.bound
    if not whole and second:
        return Solved(second, found.second_total, [], np.inf, second_proven=False, bound=bound, nodes=found.nodes)
    return Solved(
        whole,
        found.total if whole else np.inf,
        second,
        found.second_total if second else np.inf,
        found.second_proven and bool(second),
        bound,
        found.nodes,
    )


def _whole(view: View, pieces: Pieces) -> bool:
    left = [row.quantity for row in view.rows]
    for _, row, units in pieces:
        left[row] -= units
    return bool(pieces) and not any(left)


def _kept(view: View, counting: Counting, sides: Sides) -> Solved:
    if sides.value:
        view = copy(view)
        view.ok = view.ok & sides.reachable()
    first = ask(view, counting)
    if not sides.some or not first.best:
        return first
    return _Keeping(view, counting, sides).run(first)


def ask(view: View, counting: Counting, back: float = 0.0) -> Solved:
    """Search without the rules that the search does not know; `back` is what prices on these give back.

    A plan that ships only what does not pay costs no less than shipping nothing, and the first opening.
    """
    problem = Problem(view, counting)
    idle = problem.value_none + counting.once - back
    if not problem.m:
        return Solved([], np.inf, [], np.inf, second_proven=False, bound=idle - problem.offset, nodes=0)
    found = search(problem)
    assert found.best is not None
    off = problem.offset
    best, second = pieces_of(found.best), pieces_of(found.second)
    second_total = found.second.total - off if found.second is not None else np.inf
    bound = min(found.bound, idle) - off
    return Solved(best, found.best.total - off, second, second_total, found.second_proven, bound, found.nodes)


def pieces_of(plan: Filled | None) -> Pieces:
    """List what a filled plan ships, ordered by site, then row."""
    if plan is None:
        return []
    rows, columns = np.nonzero(plan.x)
    sites = plan.sites[columns]
    units = plan.x[rows, columns].astype(np.int64)
    return sorted(zip(sites.tolist(), rows.tolist(), units.tolist(), strict=True))


class _Keeping:
    """Asks again and again until a plan keeps the rules and the bound says so, or the questions end."""

    def __init__(self, view: View, counting: Counting, sides: Sides) -> None:
        self.view, self.counting, self.sides = view, counting, sides
        self.pool: dict[tuple[int, ...], tuple[float, Pieces]] = {}
        self.nodes = 0

    def run(self, first: Solved) -> Solved:
        """Search from the first answer on."""
        self.nodes = first.nodes
        self._offer(first.best, first.total)
        self._offer(first.second, first.second_total)
        bound = first.bound
        if not self.sides.broken(first.best):
            second_kept = bool(first.second) and not self.sides.broken(first.second)
            return self._answer(bound, second_proven=first.second_proven and second_kept)
        self._cut(first)
        if self.sides.parcels is not None or self.sides.room is not None or self.sides.value:
            for pieces in packed(self.view, self.counting, self.sides):
                self._offer(pieces, self._total(pieces))
        return self._answer(self._raise(first, bound), second_proven=False)

    def _answer(self, bound: float, *, second_proven: bool) -> Solved:
        known = sorted(self.pool.items(), key=lambda entry: (entry[1][0], entry[0]))
        if not known:
            return Solved([], np.inf, [], np.inf, second_proven=False, bound=bound, nodes=self.nodes)
        total, best = known[0][1]
        other, second = known[1][1] if len(known) > 1 else (np.inf, [])
        return Solved(best, total, second, other, second_proven, min(bound, total), self.nodes)

    def _offer(self, pieces: Pieces, total: float) -> None:
        broken = self.sides.broken(pieces) if pieces else []
        if broken and all(one.rule == "value" for one in broken):
            pieces = balanced(self.view, self.counting, self.sides, pieces)
            total, broken = self._total(pieces), self.sides.broken(pieces)
        if not pieces or broken:
            return
        key = tuple(sorted({site for site, _, _ in pieces}))
        if key not in self.pool or total < self.pool[key][0]:
            self.pool[key] = total, pieces

    def _ask(self, view: View, priced: Priced) -> Solved:
        found = ask(view, priced, priced.back)
        self.nodes += found.nodes
        return found

    def _cut(self, found: Solved) -> None:
        """Leave out what breaks a rule, until a plan keeps all; prices on parcels, until they are few enough."""
        view, priced = copy(self.view), Priced(self.sides, self.counting)
        sites = np.arange(len(view.ok))
        cost, penalty = self.counting.unit_costs(sites), self.counting.penalties()
        for turn in range(_CUTS):
            broken = self.sides.broken(found.best)
            if not broken:
                return
            one = max(broken, key=lambda entry: (entry.rule != "parcels", entry.over, -entry.site))
            if one.rule == "parcels":
                least = float(priced.parcel[view.ok].min(initial=1.0))
                priced.pay([one], max(least, 1.0) * 4.0**turn)
            elif one.rule == "value":
                view.ok = view.ok.copy()
                view.ok[one.site] = False
            else:
                view.stock = self.sides.cut(view.stock, one, cost, penalty)
            found = self._ask(view, priced)
            for pieces in (found.best, found.second):
                self._offer(pieces, self._total(pieces))
            if not found.best:
                return

    def _raise(self, found: Solved, bound: float) -> float:
        """Raise the bound by prices on what is broken."""
        priced, pace = Priced(self.sides, self.counting), 1.0
        for _ in range(_PRICES):
            best = min((total for total, _ in self.pool.values()), default=np.inf)
            if bound >= best or not found.best:
                break
            broken = self.sides.broken(found.best)
            if broken:
                norm = float(sum(one.over * one.over for one in broken))
                room = best - bound if best < np.inf else max(1.0, abs(bound) / 8.0)
                priced.pay(broken, pace * room / norm)
            elif priced.prices:
                priced.ease(set(priced.prices), 0.75)
                pace /= 2.0
            found = self._ask(self.view, priced)
            for pieces in (found.best, found.second):
                self._offer(pieces, self._total(pieces))
            bound = max(bound, found.bound)
        return bound

    def _total(self, pieces: Pieces) -> float:
        """Count a plan anew, without the prices on rules."""
        return total_of(self.view, self.counting, pieces)


def total_of(view: View, counting: Counting, pieces: Pieces) -> float:
    """Count what a plan comes to: whole numbers, so the order of the sums does not matter."""
    if not pieces:
        return np.inf
    sites = np.array(sorted({site for site, _, _ in pieces}))
    column = {int(site): at for at, site in enumerate(sites.tolist())}
    units = np.zeros((len(view.rows), len(sites)))
    for site, row, count in pieces:
        units[row, column[site]] += count
    grams = np.array([row.weight_g for row in view.rows], dtype=np.float64) @ units
    number = np.maximum(np.ceil(grams / view.terms.limit), 1.0)
    quantity = np.array([row.quantity for row in view.rows], dtype=np.float64)
    total = float((counting.unit_costs(sites) * units).sum()) + float(counting.parcel[sites] @ number)
    total += float(((units > 0) * counting.line[sites]).sum())
    total += 0.0 if counting.late is None else float(counting.late[sites].sum())
    return total + float(counting.penalties() @ (quantity - units.sum(axis=1))) - counting.once
