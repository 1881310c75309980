"""The tree over sets of locations: what the root's prices leave open is opened or closed, many nodes at a time.

A node has locations that are open, closed and free, and prices v of its own, improved by a few steps from its
parent's. Only a node's own L(v) goes together with the s of the same v; the bound that it inherits is kept apart.
Nodes are taken by least bound; the search ends when no bound is below the target, or after so many nodes.
"""

import heapq

import numpy as np
from numpy.typing import NDArray

from crossdock.routing.dual import Dual
from crossdock.routing.fill import fill_bounded
from crossdock.routing.incumbents import Incumbents
from crossdock.routing.problem import Problem
from crossdock.routing.terms import Bools, Floats

_BATCH = 16
_PACE = (1.0, 0.75, 0.75, 0.5, 0.5, 0.375, 0.25, 0.25, 0.125, 0.125)
Flags = NDArray[np.bool_]
Node = tuple[float, int, Floats, Bools, Bools, int]
"""Bound, number (settles ties), prices, open, free, the column to branch on."""


class Tree:
    """A search over sets of at least `at_least` locations among the problem's columns."""

    def __init__(self, problem: Problem, dual: Dual, incumbents: Incumbents, at_least: int) -> None:
        self.problem, self.dual, self.incumbents, self.at_least = problem, dual, incumbents, at_least
        self.nodes = 0
        self.closed = np.inf  # the least bound among leaves that could not be settled
        self.heap: list[Node] = []

    def run(self, v: Floats, most_nodes: int, for_second: int) -> float:
        """Search, and give a bound below every set of at least so many locations that was not offered.

        Once the best plan is proven, `for_second` nodes are left to prove the second.
        """
        start = np.zeros((1, self.problem.m), dtype=bool)
        self._process(v[None, :], start, ~start, np.array([-np.inf]))
        while self.heap and self.nodes < most_nodes:
            target = self.incumbents.second_key[0]
            if self.heap[0][0] >= self.incumbents.best_key[0]:
                most_nodes = min(most_nodes, self.nodes + for_second)
                for_second = 0
            batch: list[Node] = []
            while self.heap and len(batch) < _BATCH and self.heap[0][0] < target:
                batch.append(heapq.heappop(self.heap))
            if not batch:
                break
            self._branch(batch)
        return min(self.closed, self.heap[0][0] if self.heap else np.inf)

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
        self._process(
            np.concatenate((v, v)),
            np.concatenate((with_it, opened)),
            np.concatenate((free, free)),
            np.concatenate((bound, bound)),
        )

    def _process(self, v: Floats, opened: Flags, free: Flags, inherited: Floats) -> None:
        """Bound new nodes, close what is settled, put the rest on the heap."""
        first = self.nodes
        self.nodes += len(v)
        if self.problem.most is not None:
            full = opened.sum(axis=1) >= self.problem.most
            free = free & ~full[:, None]
        v, s, bound, extra = self._ascend(v, opened, free)
        target = self.incumbents.second_key[0]
        with np.errstate(invalid="ignore"):
            # what must be opened raises the bound by its s, or by what it is above the last one taken in any case
            rise = np.maximum(s, 0.0) if extra is None else np.maximum(s - extra[:, None], 0.0)
            out = free & (bound[:, None] + rise >= target)
            in_any_case = free & ~out & (bound[:, None] - np.minimum(s, 0.0) >= target)
        free = free & ~out & ~in_any_case
        opened = opened | in_any_case
        bound = np.maximum(bound, inherited)
        alive = np.flatnonzero(bound < target)
        if not len(alive):
            return
        self._try(alive[int(bound[alive].argmin())], opened, free, s)
        for row in alive.tolist():
            self._settle(first, row, v, opened, free, s, bound)

    def _settle(self, first: int, row: int, v: Floats, opened: Flags, free: Flags, s: Floats, bound: Floats) -> None:
        columns = np.flatnonzero(free[row])
        inside = np.flatnonzero(opened[row])
        value = float(bound[row])
        if self.problem.most is not None and len(inside) > self.problem.most:
            return
        if not len(columns):
            if len(inside) >= self.at_least:
                plan, least = fill_bounded(self.problem, inside, self.incumbents.second_key[0])
                self.incumbents.offer(plan)
                if len(plan.columns) < len(inside) or plan.total > max(least, value):
                    self.closed = min(self.closed, max(least, value))
            return
        at = int(columns[np.abs(s[row, columns]).argmin()])
        heapq.heappush(self.heap, (value, first + row, v[row], opened[row], free[row], at))

    def _try(self, row: int, opened: Flags, free: Flags, s: Floats) -> None:
        """Make a plan of the most promising node: what is open and what pays."""
        columns = np.flatnonzero(opened[row] | (free[row] & (s[row] < 0)))
        if self.problem.most is not None:
            columns = columns[: self.problem.most]
        if len(columns):
            self.incumbents.offer(fill_bounded(self.problem, columns)[0])

    def _ascend(self, v: Floats, opened: Flags, free: Flags) -> tuple[Floats, Floats, Floats, Floats | None]:
        """Improve the prices of all nodes together; give the best v, its s and bound, and the least s that is taken."""
        dual, upper = self.dual, self.incumbents.best_key[0]
        best_v, best_s = v, np.zeros_like(opened, dtype=np.float64)
        best = np.full(len(v), -np.inf)
        last = np.full(len(v), -np.inf)
        need, cover = dual.need[None, :], None
        before: Floats | None = None
        if dual.cover is not None:  # what is open in a node belongs to its core
            rest, cover = dual.beyond(opened | (dual.core & free))
            need = np.concatenate((np.broadcast_to(dual.q, rest.shape), rest), axis=1)
        for step, pace in enumerate(_PACE):
            s, units, used = dual.reduced(v, cover)
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
            if step == len(_PACE) - 1:
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
