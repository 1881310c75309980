"""Orders of many lines: a few locations that have most of the order, and sets of the others beside them.

A tree that opens and closes location after location gets nowhere where hundreds of stores stand for each other. So
the few **deep** locations, which hold far more of the order than the rest, are opened and closed together, each
pattern of them with so many others: prices of its own for each such class, since "at least so many" lifts the bound
where thin stock makes the relaxation open parts of many. What no prices settle are sets, and there are few that cover
every line (`sets`); these are bounded line by line, all of them at once, and the best of them divided exactly.

Classes, batches of sets and sets are taken by least bound, like the nodes of a tree.
"""

import heapq
from itertools import combinations
from typing import NamedTuple

import numpy as np

from crossdock.routing.candidates import Batch
from crossdock.routing.dual import Dual, ascend
from crossdock.routing.fill import fill_bounded
from crossdock.routing.incumbents import Incumbents
from crossdock.routing.lean import Lean
from crossdock.routing.prices import start_prices
from crossdock.routing.problem import Problem
from crossdock.routing.sets import Sets, covering
from crossdock.routing.terms import Floats, Ints

_DEEP, _DEEPER = 5, 1.25
_ROOT_STEPS, _STEPS = 40, 16
_FIRST_SETS, _MORE_SETS, _MOST_SETS = 20_000, 8, 400_000
_TURNS, _FEW_SETS, _WORTH_A_TURN = 5, 200, 0.05
_CHUNK, _FILLED_AT_ONCE = 64, 2
_WORK = 100_000_000
# orders of so many lines: after so much work such a part of the cost is a gap to live with
_MANY_LINES, _ENOUGH, _SMALL_GAP = 60, 8_000_000, 0.008
_SET_WORK, _LINE_WORK, _FILL_WORK, _CELL_WORK = 8, 8, 400_000, 200


class Class(NamedTuple):
    """Sets of the deep columns `deep` and at least (or, when `only`, just) `size` of the others, which are `others`.

    `most` sets are looked at on the next visit.
    """

    deep: tuple[int, ...]
    others: Ints
    size: int
    only: bool
    prices: Floats
    most: int


class Priced(NamedTuple):
    """A class at its best prices: bounds on its sets with at least (`bound`), just (`alone`) so many, and with `more`.

    A set costs `base` and the s of its other columns at least; `last` is the s that a further column replaces.
    """

    v: Floats
    s: Floats
    base: float
    bound: float
    alone: float
    more: float
    last: float
    found: Sets | None


class Candidate(NamedTuple):
    """One set; `filled` once its best division, parcels apart, is known."""

    columns: Ints
    filled: bool


class Large:
    """The search; `least` is the least bound of what was closed, `nodes` the number of classes and sets looked at."""

    def __init__(self, problem: Problem, incumbents: Incumbents, with_second: bool, at_least: int) -> None:
        self.problem, self.incumbents, self.with_second = problem, incumbents, with_second
        self.at_least = at_least
        self.least, self.nodes, self.work, self.pushed = np.inf, 0, 0, 0
        self.heap: list[tuple[float, int, Class | Batch | Candidate]] = []
        self.seen: dict[int, Ints] = {}
        self.half = 0.0 if problem.one_parcel else float(np.floor(problem.B.min() / 2.0))
        self.parcels = 1.0 if problem.one_parcel else float(np.ceil(problem.weight_g / problem.limit))
        self.duals = {common: Dual(problem, common) for common in sorted({self.half, 0.0})}

    @property
    def target(self) -> float:
        """What a bound has to reach."""
        return self.incumbents.second_key[0] if self.with_second else self.incumbents.best_key[0]

    def run(self, prices: Floats | None = None) -> float:
        """Search, from these prices if any; give a bound below every set of so many locations that was not offered."""
        self._begin(prices)
        while self.heap and self.heap[0][0] < self.target and self.work < _WORK and not self._near_enough():
            bound, _, entry = heapq.heappop(self.heap)
            if isinstance(entry, Class):
                self._look(bound, entry)
            elif isinstance(entry, Batch):
                self._compare(entry)
            else:
                self._fill(bound, entry)
        return min(self.least, self.heap[0][0] if self.heap else np.inf)

    def _near_enough(self) -> bool:
        """Say whether much was spent and the gap is small: then it is worth no more work."""
        plan, problem = self.incumbents.best, self.problem
        if plan is None or problem.n <= _MANY_LINES or self.work < _ENOUGH:
            return False
        left = problem.q - plan.x.sum(axis=1)
        shipped = plan.total - float(problem.p @ left) - problem.offset
        return plan.total - min(self.least, self.heap[0][0]) <= _SMALL_GAP * shipped

    def _later(self, bound: float, entry: Class | Batch | Candidate) -> None:
        """Put something on the heap, or close it if its bound is good enough."""
        if bound >= self.target:
            self.least = min(self.least, bound)
            return
        self.pushed += 1
        heapq.heappush(self.heap, (bound, self.pushed, entry))

    def _begin(self, prices: Floats | None) -> None:
        """Find prices for the whole problem and put all patterns of deep columns on the heap."""
        problem, plan, least = self.problem, self.incumbents.best, self.at_least
        assert plan is not None
        dual, steps = self.duals[self.half], _ROOT_STEPS if prices is None else _STEPS
        lean = Lean(dual, np.arange(problem.m), np.zeros(problem.m, dtype=bool))
        if prices is None:
            prices = start_prices(problem, dual, plan)
        reach = max(self.target, plan.total if len(plan.columns) >= least else self.incumbents.second_key[0])
        root = ascend(lean, lean.limited(prices), least, reach, self.target, steps)
        self.work += steps * problem.U.size
        if root.bound >= self.target:
            self.least = root.bound
            return
        keep = root.bound + root.rise(lean.needed, least) < self.target
        self.least = self.target if not keep.all() else np.inf
        units = problem.U.sum(axis=0)
        deepest = (-units).argsort(kind="stable")[:_DEEP]
        deep = deepest[keep[deepest] & (units[deepest] > _DEEPER * np.median(units))]
        others = np.setdiff1d(np.flatnonzero(keep), deep)
        plain = root.prices + float(np.minimum(root.s[others], 0.0).sum())
        for size in range(len(deep) + 1):
            for some in combinations(sorted(deep.tolist()), size):
                bound = max(root.bound, plain + float(root.s[list(some)].sum()))
                self._later(bound, Class(some, others, max(0, least - size), False, root.v, _FIRST_SETS))

    def _look(self, known: float, at: Class) -> None:
        """Improve the prices of a class, list its smallest sets, and put what is left back on the heap."""
        self.nodes += 1
        size, deep, others = at.size, np.array(at.deep, dtype=np.int64), at.others
        if size > len(others):
            return
        priced = self._priced(at)
        if not at.only:
            stay = priced.bound + np.maximum(priced.s - priced.last, 0.0) < self.target
            more = max(known, priced.bound, priced.more)
            self._later(more, at._replace(others=others[stay], size=size + 1, prices=priced.v))
        found = priced.found
        if found is None or max(known, priced.alone) >= self.target:
            self.least = min(self.least, max(known, priced.alone, self.target))
            return
        self.least = min(self.least, self.target)
        beyond = self._list(deep, others[found.members], priced.base + found.sums, known)
        beyond = min(beyond, priced.base + found.beyond)
        if beyond < np.inf:
            rest = at._replace(only=True, prices=priced.v, most=min(at.most * _MORE_SETS, _MOST_SETS))
            self._later(max(known, beyond), rest)

    def _priced(self, at: Class) -> Priced:
        """Improve the prices of a class until few of its smallest sets are left, or that gets nowhere."""
        size, deep = at.size, np.array(at.deep, dtype=np.int64)
        dual = self.duals[0.0 if len(deep) + size >= self.parcels else self.half]
        columns = np.concatenate((deep, at.others))
        lean = Lean(dual, columns, np.arange(len(columns)) < len(deep))
        rest = np.maximum(dual.q - dual.U[:, deep].sum(axis=1), 0.0)
        v, before, found, alone = lean.limited(at.prices), -np.inf, None, -np.inf
        turn, steps = 0, _STEPS if size else 1
        while True:
            turn += 1
            self.work += steps * lean.U.size
            root = ascend(lean, v, len(deep) + size, self.target, self.target, steps)
            v, s = root.v, root.s[len(deep) :]
            base, rank = root.prices + float(root.s[: len(deep)].sum()), np.sort(s)
            alone = base + float(rank[:size].sum())  # of sets with just so many
            found = None
            if alone >= self.target:
                break
            must = np.flatnonzero((self.problem.p - dual.saves - v >= self.target - alone) & (rest > 0))
            found = covering(s, dual.U[np.ix_(must, at.others)], rest[must], size, self.target - base, at.most)
            self.work += found.work * _SET_WORK
            little = turn == _TURNS or alone - before < (self.target - alone) * _WORTH_A_TURN
            if little or len(found.members) <= _FEW_SETS:
                break
            before = alone
        more = base + float(rank[: size + 1].sum() + np.minimum(rank[size + 1 :], 0.0).sum())
        last = max(0.0, float(rank[size - 1])) if size else 0.0
        return Priced(v, s, base, root.bound, alone, more, last, found)

    def _list(self, deep: Ints, sets: Ints, bounds: Floats, known: float) -> float:
        """Take up the sets that are new, not too many; compare the best, and give the bound of those left out."""
        sets = np.sort(np.hstack((np.broadcast_to(deep, (len(sets), len(deep))), sets)), axis=1)
        size, left = sets.shape[1], np.inf
        if self.problem.m**size < 2**63:  # else some may be looked at twice
            keys = sets @ (self.problem.m ** np.arange(size))
            seen = self.seen.get(size, np.zeros(0, dtype=np.int64))
            new = np.flatnonzero(~np.isin(keys, seen))
        else:
            keys, seen, new = np.zeros(len(sets), dtype=np.int64), np.zeros(0, dtype=np.int64), np.arange(len(sets))
        if len(new) > _FIRST_SETS:
            new = new[bounds[new].argsort(kind="stable")]
            left = float(bounds[new[_FIRST_SETS]])
            new = new[:_FIRST_SETS]
        self.seen[size] = np.concatenate((seen, keys[new]))
        if len(new):
            self._compare(Batch(sets[new], np.maximum(bounds[new], known)), _FILLED_AT_ONCE)
        return left

    def _compare(self, batch: Batch, at_once: int = 0) -> None:
        """Bound the next sets of a batch line by line; fill some of them."""
        sets, bounds = batch.next(self.problem, _CHUNK, self.target)
        self.work += sets.size * self.problem.n * _LINE_WORK
        self._later(batch.bound, batch)
        for rank, at in enumerate(bounds.argsort(kind="stable").tolist()):
            if rank < at_once and bounds[at] < self.target:
                self._fill(float(bounds[at]), Candidate(sets[at], False))
            else:
                self._later(float(bounds[at]), Candidate(sets[at], False))

    def _fill(self, bound: float, at: Candidate) -> None:
        """Divide the order over a set: its lines first, its parcels when that alone is left."""
        self.nodes += 1
        cells = self.problem.cells
        plan, least = fill_bounded(self.problem, at.columns, self.target if at.filled else -np.inf)
        self.work += _FILL_WORK + (cells - self.problem.cells) * _CELL_WORK
        self.incumbents.offer(plan)
        bound = max(bound, least)
        if len(plan.columns) == len(at.columns) and plan.total <= bound:
            return
        if at.filled or self.problem.one_parcel:
            self.least = min(self.least, bound)
        else:
            self._later(bound, Candidate(at.columns, True))
