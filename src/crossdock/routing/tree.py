"""The tree over sets of locations: what the root's prices leave open is opened or closed, many nodes at a time.

A node has locations that are open, closed and free, and prices v of its own, improved by a few steps from its
parent's. Only a node's own L(v) goes together with the s of the same v; the bound that it inherits is kept apart.
Nodes are taken by least bound; the search ends when no bound is below the target, or after so many nodes.

Where locations are needed that may send several parcels each, the numbers of these parcels are chosen first: each
choice is a tree of its own, which begins with prices for the room that it leaves (`room`). With convex costs of
parcels instead the bound lies by up to a parcel's price too low, which no branching over sets mends. A choice is only
looked at when the prices found for others leave it below the best plan.

Sets with a column that the best plan cannot have are put aside as nodes of their own: they are for the second only.
"""

import heapq
from copy import copy

import numpy as np
from numpy.typing import NDArray

from crossdock.routing.dual import Dual, Root
from crossdock.routing.fill import Filled, fill_bounded
from crossdock.routing.incumbents import Incumbents
from crossdock.routing.prices import start_prices
from crossdock.routing.problem import Problem
from crossdock.routing.terms import Bools, Floats, Ints

_BATCH = 16
_CHOICE, _LEAF = -1, -2
_MOST_WORK, _WORK_FOR_SECOND, _ROOM_WORK = 4_000_000, 400_000, 100
_PACE = (1.0, 0.75, 0.75, 0.5, 0.5, 0.375, 0.25, 0.25, 0.125, 0.125)
_FIRST_PACE = (1.0, 1.0, 1.0, 0.75, 0.75, 0.75, 0.5, 0.5, 0.5, 0.375, 0.375, 0.25, 0.25, 0.25, 0.125, 0.125)
Flags = NDArray[np.bool_]
Numbers = tuple[Floats, Floats]
"""The fewest and the most parcels of the heavy columns, a row for each choice."""
Node = tuple[float, int, Floats, Bools, Bools, int, int]
"""Bound, number (settles ties), prices, open, free, the column to branch on (or none yet), which numbers of parcels."""


class Tree:
    """A search over sets of at least `at_least` locations among the problem's columns."""

    def __init__(self, problem: Problem, dual: Dual, incumbents: Incumbents, at_least: int) -> None:
        self.problem, self.dual, self.incumbents, self.at_least = problem, dual, incumbents, at_least
        self.nodes = 0
        self.numbers: Numbers | None = None
        self.pushed = 0
        self.work = 0  # prices of lines and columns that were looked at, step by step
        self.closed = np.inf  # the least bound among leaves that could not be settled
        self.heap: list[Node] = []

    def run(self, root: Root, most_nodes: int, for_second: int, numbers: Numbers | None = None) -> float:
        """Search, and give a bound below every set of at least so many locations that was not offered.

        With `numbers` of parcels each choice of them is a tree of its own. Once the best plan is proven, `for_second`
        nodes are left to prove the second.
        """
        self.numbers = numbers
        start, most_work = self.dual.needed, _MOST_WORK
        if numbers is None:
            self._process(root.v[None, :], start[None, :], ~start[None, :], np.full(1, -np.inf), np.zeros(1, np.int64))
        else:
            for at, bound in enumerate(self._bounds(root.v).tolist()):
                self.heap.append((bound, at - len(numbers[0]), root.v, start, ~start, _CHOICE, at))
            heapq.heapify(self.heap)
        while self.heap and self.nodes < most_nodes and self.work < most_work:
            target = self.incumbents.second_key[0]
            if self.heap[0][0] >= self.incumbents.best_key[0]:
                most_nodes = min(most_nodes, self.nodes + for_second)
                if for_second:
                    most_work = min(most_work, self.work + _WORK_FOR_SECOND)
                for_second = 0
            if self.heap[0][0] >= target:
                break
            if self.heap[0][5] < 0:
                node = heapq.heappop(self.heap)
                if node[5] == _CHOICE:
                    self._begin(node)
                else:
                    self._settle(node[3], node[0], node[2], node[6])
                continue
            batch: list[Node] = []
            best = self.incumbents.best_key[0]
            below = best if self.heap[0][0] < best else target  # what is for the second waits
            while self.heap and len(batch) < _BATCH and self.heap[0][0] < below and self.heap[0][5] >= 0:
                batch.append(heapq.heappop(self.heap))
            self._branch(batch)
        return min(self.closed, self.heap[0][0] if self.heap else np.inf)

    def _bounds(self, v: Floats) -> Floats:
        """Bound all numbers of parcels at given prices."""
        assert self.numbers is not None
        dual, (first, last) = self.dual, self.numbers
        s, _, _ = dual.reduced(v, dual.cover)
        others = np.ones(len(s), dtype=bool)
        others[dual.heavy] = False
        bound = (
            dual.offset
            + float(dual.need @ v)
            + float(np.where(others & ~dual.needed, np.minimum(s, 0.0), s)[others].sum())
        )
        free = ~dual.needed[dual.heavy]
        by_number: dict[tuple[int, int], Floats] = {}
        out = np.full(len(first), bound)
        for at, (low, high) in enumerate(zip(first, last, strict=True)):
            for place in range(len(low)):
                key = int(low[place]), int(high[place])
                if key not in by_number:
                    each = np.full(len(low), low[place]), np.full(len(low), high[place])
                    by_number[key] = dual.reduced(v, dual.cover, each)[0][dual.heavy]
                value = float(by_number[key][place])
                out[at] += min(value, 0.0) if free[place] else value
        return out

    def _begin(self, node: Node) -> None:
        """Bound one choice of numbers of parcels, with prices for the room that these have; tell the others."""
        assert self.numbers is not None
        plan = self.incumbents.best
        assert plan is not None
        columns, v, which = self.problem.at(plan.sites), node[2], node[6]
        if columns[0] >= 0:
            self.work += self.problem.n * len(columns) * _ROOM_WORK
            parcels = np.ones(self.problem.m)
            parcels[self.dual.heavy] = self.numbers[1][which]
            v = start_prices(self.problem, self.dual, Filled(columns, plan.x, plan.total), parcels)
        some = np.array([which])
        v = self._process(v[None, :], node[3][None, :], node[4][None, :], np.array([node[0]]), some, _FIRST_PACE)
        bounds = self._bounds(v[0])
        for at, other in enumerate(self.heap):
            if other[5] == _CHOICE and bounds[other[6]] > other[0]:
                self.heap[at] = (float(bounds[other[6]]), *other[1:])
        heapq.heapify(self.heap)

    def _branch(self, batch: list[Node]) -> None:
        at = np.array([node[5] for node in batch])
        rows = np.arange(len(batch))
        v = np.array([node[2] for node in batch])
        opened = np.array([node[3] for node in batch])
        free = np.array([node[4] for node in batch])
        free[rows, at] = False
        with_it = opened.copy()
        with_it[rows, at] = True
        bound = np.array([node[0] for node in batch])
        which = np.array([node[6] for node in batch])
        self._process(
            np.concatenate((v, v)),
            np.concatenate((with_it, opened)),
            np.concatenate((free, free)),
            np.concatenate((bound, bound)),
            np.concatenate((which, which)),
        )

    def _process(
        self,
        v: Floats,
        opened: Flags,
        free: Flags,
        inherited: Floats,
        which: Ints,
        paces: tuple[float, ...] = _PACE,
    ) -> Floats:
        """Bound new nodes, close what is settled, put the rest on the heap; give the nodes' prices."""
        self.nodes += len(v)
        if self.problem.most is not None:
            full = opened.sum(axis=1) >= self.problem.most
            free = free & ~full[:, None]
        v, s, bound, extra = self._narrowed(v, opened, free, which, paces)
        target = self.incumbents.second_key[0]
        with np.errstate(invalid="ignore"):
            # what must be opened raises the bound by its s, or by what it is above the last one taken in any case
            rise = np.maximum(s, 0.0) if extra is None else np.maximum(s - extra[:, None], 0.0)
            out = free & (bound[:, None] + rise >= target)
            in_any_case = free & ~out & (bound[:, None] - np.minimum(s, 0.0) >= target)
        free = free & ~out & ~in_any_case
        opened = opened | in_any_case
        own, bound = bound, np.maximum(bound, inherited)
        alive = np.flatnonzero(bound < target)
        if not len(alive):
            return v
        self._try(alive[int(bound[alive].argmin())], opened, free, s)
        for row in alive.tolist():
            value, left = float(bound[row]), free[row]
            best = self.incumbents.best_key[0]
            if value < best:  # sets with a column that the best plan cannot have come later, and only for the second
                for at in np.flatnonzero(left & (own[row] + rise[row] >= best)).tolist():
                    left = left.copy()
                    left[at] = False
                    with_it = opened[row].copy()
                    with_it[at] = True
                    self._later(max(value, float(own[row] + rise[row, at])), v[row], with_it, left, s[row], which[row])
            if left.any():
                self._later(value, v[row], opened[row], left, s[row], which[row])
            else:
                self._settle(opened[row], value, v[row], int(which[row]))
        return v

    def _later(self, bound: float, v: Floats, opened: Bools, free: Bools, s: Floats, which: int) -> None:
        """Put a node on the heap, with the column to branch on where one is free."""
        columns = np.flatnonzero(free)
        at = int(columns[np.abs(s[columns]).argmin()]) if len(columns) else _LEAF
        self.pushed += 1
        heapq.heappush(self.heap, (bound, self.pushed, v, opened, free, at, int(which)))

    def _settle(self, opened: Bools, value: float, v: Floats, which: int) -> None:
        """Divide the order over a set of columns; what that leaves open bounds the set."""
        inside = np.flatnonzero(opened)
        if len(inside) < self.at_least or (self.problem.most is not None and len(inside) > self.problem.most):
            return
        if not self.problem.one_parcel:
            self.work += self.problem.n * len(inside) * _ROOM_WORK
        plan, least = fill_bounded(self.problem, inside, self.incumbents.second_key[0])
        self.incumbents.offer(plan)
        bound = max(least, value)
        if len(plan.columns) == len(inside) and plan.total <= bound:
            return
        if bound < self.incumbents.best_key[0]:  # the division leaves it open: prices for this set alone
            only, none = opened[None, :], np.zeros((1, len(opened)), dtype=bool)
            more = self._narrowed(v[None, :], only, none, np.array([which]), _FIRST_PACE)[2]
            bound = max(bound, float(more[0]))
        self.closed = min(self.closed, bound)

    def _try(self, row: int, opened: Flags, free: Flags, s: Floats) -> None:
        """Make a plan of the most promising node: what is open and what pays."""
        columns = np.flatnonzero(opened[row] | (free[row] & (s[row] < 0)))
        if self.problem.most is not None:
            columns = columns[: self.problem.most]
        if len(columns):
            self.incumbents.offer(fill_bounded(self.problem, columns)[0])

    def _narrowed(
        self, v: Floats, opened: Flags, free: Flags, which: Ints, paces: tuple[float, ...]
    ) -> tuple[Floats, Floats, Floats, Floats | None]:
        """Improve prices over the columns that are not closed in all of the nodes; the s of the others are 0."""
        numbers = None if self.numbers is None else (self.numbers[0][which], self.numbers[1][which])
        some = np.flatnonzero((opened | free).any(axis=0))
        if self.numbers is not None:
            self.work += v.shape[0] * len(self.dual.q) * len(some) * len(paces)
        if len(some) == self.problem.m:
            return self._ascend(self.dual, v, opened, free, numbers, paces)
        dual = copy(self.dual)
        if numbers is not None:
            stay = np.isin(dual.heavy, some)
            numbers = numbers[0][:, stay], numbers[1][:, stay]
        dual.keep(some)
        v, narrow, bound, extra = self._ascend(dual, v, opened[:, some], free[:, some], numbers, paces)
        s = np.zeros(opened.shape)
        s[:, some] = narrow
        return v, s, bound, extra

    def _ascend(
        self,
        dual: Dual,
        v: Floats,
        opened: Flags,
        free: Flags,
        numbers: Numbers | None,
        paces: tuple[float, ...],
    ) -> tuple[Floats, Floats, Floats, Floats | None]:
        """Improve the prices of all nodes together; give the best v, its s and bound, and the least s that is taken."""
        upper, target = self.incumbents.best_key[0], self.incumbents.second_key[0]
        best_v, best_s = v, np.zeros_like(opened, dtype=np.float64)
        best = np.full(len(v), -np.inf)
        last = np.full(len(v), -np.inf)
        need, cover = dual.need[None, :], None
        before: Floats | None = None
        if dual.cover is not None:  # what is open in a node belongs to its core
            rest, cover = dual.beyond(opened | (dual.core & free))
            need = np.concatenate((np.broadcast_to(dual.q, rest.shape), rest), axis=1)
        for step, pace in enumerate(paces):
            s, units, used = dual.reduced(v, cover, numbers)
            chosen = opened | (free & (s < 0))
            fewer = self.at_least - chosen.sum(axis=1)
            beyond = np.full(len(v), -np.inf)
            if int(fewer.max()) > 0:
                chosen, beyond = self._topped_up(s, chosen, free, fewer)
            bound = dual.offset + (v * need).sum(axis=1) + np.where(chosen, s, 0.0).sum(axis=1)
            bound[np.isinf(beyond) & (beyond > 0)] = np.inf
            better = bound > best
            best = np.where(better, bound, best)
            best_v = np.where(better[:, None], v, best_v)
            best_s = np.where(better[:, None], s, best_s)
            last = np.where(better, beyond, last)
            if step == len(paces) - 1 or bool((best >= target).all()):
                break
            whole = np.maximum(need, 1.0)
            wanted = need[:, : len(dual.q)] - (units @ chosen[:, :, None])[:, :, 0]
            if used is not None:
                rest_wanted = need[:, len(dual.q) :] - (used @ chosen[:, :, None])[:, :, 0]
                wanted = np.concatenate((wanted, rest_wanted), axis=1)
            direction = np.floor(wanted * 16.0 / whole)
            if before is not None:
                direction += np.floor(before * 0.75)
            before = direction
            norm = np.maximum((direction * direction).sum(axis=1), 1.0)
            room = np.maximum(upper - np.where(np.isinf(bound), upper, bound), 1.0)
            length = np.floor(room * 16.0 / norm * pace)
            v = dual.limited(v + np.floor(direction * length[:, None] / whole))
        return best_v, best_s, best, np.maximum(last, 0.0)

    def _topped_up(self, s: Floats, chosen: Flags, free: Flags, fewer: Floats) -> tuple[Flags, Floats]:
        """Take in the least s where too few columns pay; give the greatest taken, infinity where there are too few."""
        chosen, beyond = chosen.copy(), np.full(len(s), -np.inf)
        for row in np.flatnonzero(fewer > 0).tolist():
            need = int(fewer[row])
            others = np.flatnonzero(free[row] & ~chosen[row])
            if len(others) < need:
                beyond[row] = np.inf
                continue
            taken = others[s[row, others].argsort(kind="stable")[:need]]
            chosen[row, taken] = True
            beyond[row] = s[row, taken[-1]]
        return chosen, beyond
