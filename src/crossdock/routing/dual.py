"""A bound that holds for every plan: what the order must cost when lines pay locations a price per unit.

For any prices 0 ≤ v ≤ p, every plan costs at least  L(v) = Σ q v + Σ_l min(0, s_l)  with a location's reduced cost
s_l = f_l − Σ_i max(0, U_il (v_i − c_il) − H_l): facility location's dual (Erlenkotter 1978) with arc capacities, as a
Lagrangian bound (Geoffrion 1974). A set of at least k locations costs at least L with the k least s taken in whatever
their sign. The prices are improved by subgradient steps of Polyak's length (Held, Wolfe, Crowder 1974), deflected by
the step before (Camerini, Fratta, Maffioli 1975).

When a location may need several parcels, two valid costs are known for it, and the larger s counts: at least one
parcel, and weight ÷ limit parcels by the gram; for a few lines whole parcels are loaded (`loads`). Besides, all
locations together need as many parcels as the order weighs: Σ n + Σ φ(w) u ≥ N with N = ⌈W ÷ limit⌉ and
φ(w) = ⌊w ÷ limit⌋ + min(1, rest of that ÷ r), r the grams in the last parcel (a mixed-integer rounding cut, Nemhauser,
Wolsey 1990, in which a location with less than r counts for its part only); it enters with the multiplier `common`, a
price per parcel that all plans pay.

Thin stock makes this bound weak: a location that can give seven units where two are wanted would be opened to two
sevenths. Cover cuts mend that: with any set of locations as a core, the others must cover what the core leaves of a
line, Σ min(U, rest) z + u ≥ rest (Padberg, Van Roy, Wolsey 1985); they hold whether or not the core is open. They
enter with prices of their own.

In the bound a penalty counts at most what a unit costs alone in a parcel of its own from the dearest location: a
lower penalty bounds a higher one from below, and where nothing limits the number of locations the optimum is the same.

All values are whole numbers; prices are rounded down at each step and directions to 1/16 before they are squared, so
that sums do not depend on their order.
"""

import numpy as np

from crossdock.routing.loads import best_loads
from crossdock.routing.problem import Problem
from crossdock.routing.terms import Bools, Floats, Ints

_FEW_LINES, _FEW_PARCELS = 6, 12


class Dual:
    """The arrays of the bound: what units, lines and openings cost; of two layers the better one counts.

    Prices are one vector: v per line and, when a core is given, the price of covering what it leaves.
    """

    __slots__ = (
        "H", "U", "core", "cover", "fixed", "grams", "need", "offset", "p", "parcel", "q", "rest", "room", "two",
        "variable", "whole",
    )  # fmt: skip

    def __init__(self, problem: Problem, common: float = 0.0) -> None:
        self.U, self.H = problem.U, problem.H
        # what nobody has is lost in every plan; what somebody has is never worth more than sending it all alone
        self.q = np.minimum(problem.q, problem.U.sum(axis=1))
        self.offset = float(problem.p @ (problem.q - self.q))
        own = problem.parcels(problem.w)[:, None]
        alone = np.where(problem.U > 0, problem.c + (problem.H + problem.F + problem.B * own), 0.0).max(axis=1)
        self.p = np.minimum(problem.p, alone)
        self.two = not problem.one_parcel
        self.variable, self.fixed = [problem.U * problem.c], [problem.f]
        self.room: Floats | None = None
        if self.two:
            if common:
                grams = float(problem.w @ self.q)
                number = float(np.ceil(grams / problem.limit))
                last = grams - (number - 1) * problem.limit
                self.offset += common * number
                # a unit left behind saves whole parcels, and of another one its part; where that is more than the
                # penalty, prices stay at 0 and what all such units would save is taken off the bound
                over = np.mod(problem.w, problem.limit)
                saves = common * np.floor(problem.w / problem.limit) + np.minimum(np.ceil(common * over / last), common)
                left = problem.p - saves
                self.offset += float(self.q @ np.minimum(left, 0.0))
                self.p = np.minimum(self.p, np.maximum(left, 0.0))
                # a location that cannot fill the last parcel stands for no more than its part of it
                part = np.minimum(np.ceil(common * (problem.w @ self.U) / last), common)
                parcel = problem.B - part
            else:
                parcel = problem.B
            by_gram = np.floor(problem.w[:, None] * parcel / problem.limit)
            self.fixed = [problem.F + parcel, problem.F]
            self.parcel, self.grams = parcel, problem.w[:, None] * problem.U
            self.variable.append(self.variable[0] + problem.U * by_gram)
        self.core = np.zeros(problem.m, dtype=bool)
        self.cover: Floats | None = None
        self.rest = np.zeros(0)
        self.need, self.whole = self.q, np.maximum(self.q, 1.0)

    def load(self, problem: Problem) -> bool:
        """Load whole parcels from now on, if lines and parcels are few: a better bound, but more work; say if so."""
        most = float(np.ceil(problem.weight_g / problem.limit))
        if self.two and problem.n <= _FEW_LINES and most <= _FEW_PARCELS:
            self.room = np.arange(1.0, most + 1.0) * problem.limit
        return self.room is not None

    def count_on(self, core: Bools) -> None:
        """Take these columns as the core of the cover cuts; no cut where they can serve every line."""
        rest, cover = self.beyond(core)
        if rest.any():
            self.core, self.rest, self.cover = core, rest, cover
            self.need = np.concatenate((self.q, rest))
            self.whole = np.maximum(self.need, 1.0)

    def beyond(self, core: Bools) -> tuple[Floats, Floats]:
        """Give what a core (or one per node) leaves of each line, and what each other column can cover of that."""
        rest = np.maximum(self.q - core @ self.U.T, 0.0)
        return rest, np.minimum(self.U, rest[..., None]) * ~core[..., None, :]

    def keep(self, columns: Ints) -> None:
        """Forget all columns but these."""
        self.U, self.H, self.core = self.U[:, columns], self.H[columns], self.core[columns]
        self.variable = [cost[:, columns] for cost in self.variable]
        self.fixed = [fixed[columns] for fixed in self.fixed]
        if self.two:
            self.parcel, self.grams = self.parcel[columns], self.grams[:, columns]
        if self.cover is not None:
            self.count_on(self.core)

    def limited(self, prices: Floats) -> Floats:
        """Bring prices back to what is allowed: not below 0, together not above the penalty."""
        lines = len(self.q)
        v: Floats = np.minimum(np.maximum(prices[..., :lines], 0.0), self.p)
        if self.cover is None:
            return v
        extra = np.minimum(np.maximum(prices[..., lines:], 0.0), self.p - v)
        return np.concatenate((v, extra), axis=-1)

    def reduced(self, prices: Floats, cover: Floats | None) -> tuple[Floats, Floats, Floats | None]:
        """Give s per column, and per line and column the units and the cover that are worth their cost.

        Works on one vector of prices or on one per node (then `cover` too is one per node).
        """
        lines = len(self.q)
        worth = self.U * prices[..., :lines, None]
        minus = -self.H if cover is None else cover * prices[..., lines:, None] - self.H
        if self.room is not None:
            return self._loaded(self.room, worth, minus, cover)
        s, units, used = self._layer(0, worth, minus)
        if self.two:
            other, other_units, other_used = self._layer(1, worth, minus)
            better = other > s
            s = np.where(better, other, s)
            better = better[..., None, :]
            units, used = np.where(better, other_units, units), np.where(better, other_used, used)
        return s, self.U * units, None if cover is None else cover * used

    def _loaded(
        self, room: Floats, worth: Floats, minus: Floats, cover: Floats | None
    ) -> tuple[Floats, Floats, Floats | None]:
        margin = np.maximum(worth - self.variable[0], 0.0)
        # what covers a rest counts with the first unit, the units by their weight
        sure = np.broadcast_to(np.maximum(minus, 0.0), margin.shape)
        profit = np.maximum(margin + np.minimum(minus, 0.0), 0.0)
        least, fraction = best_loads(sure, profit, self.grams, self.parcel, room)
        fraction = np.where(profit > 0, fraction, 0.0)
        used = None if cover is None else cover * ((sure > 0) | (fraction > 0))
        return self.fixed[1] + least, self.U * fraction, used

    def _layer(self, layer: int, worth: Floats, minus: Floats) -> tuple[Floats, Bools, Bools]:
        margin = worth - self.variable[layer]
        profit = np.maximum(margin, 0.0) + minus
        used = profit > 0
        return self.fixed[layer] - np.where(used, profit, 0.0).sum(axis=-2), used & (margin > 0), used

    def slope(self, chosen: Bools, units: Floats, used: Floats | None) -> Floats:
        """Give what is still wanted of each line, and of its rest, when the chosen columns serve what pays."""
        served = units @ chosen
        if used is not None:
            served = np.concatenate((served, used @ chosen))
        wanted: Floats = self.need - served
        return wanted


def lowest(s: Floats, at_least: int) -> tuple[float, Bools]:
    """Give the least sum of s over sets of at least so many columns, and the columns."""
    chosen = s < 0
    if len(s) < at_least:
        return np.inf, chosen
    if int(chosen.sum()) < at_least:
        chosen = np.zeros(len(s), dtype=bool)
        chosen[s.argsort(kind="stable")[:at_least]] = True
    return float(s[chosen].sum()), chosen


class Root:
    """The best prices found for the whole problem: v, Σ q v, its s, and the bound for sets of at least so many columns.

    A set costs at least `prices` and the s of its columns.
    """

    __slots__ = ("bound", "prices", "s", "v")

    def __init__(self, v: Floats, s: Floats, prices: float, bound: float) -> None:
        self.v, self.s, self.prices, self.bound = v, s, prices, bound

    def rise(self, at_least: int) -> Floats:
        """Give by how much the bound rises when a column must be in the set; 0 for those that are anyway."""
        if int((self.s < 0).sum()) >= at_least:
            return np.maximum(self.s, 0.0)
        last = np.partition(self.s, at_least - 1)[at_least - 1]
        above: Floats = np.maximum(self.s - last, 0.0)
        return above


def ascend(dual: Dual, v: Floats, at_least: int, upper: float, target: float, steps: int) -> Root:
    """Improve the prices until the bound reaches the target or the steps end; `upper` is where the optimum may be."""
    upper = upper if upper < np.inf else float(dual.q @ dual.p) + dual.offset
    pace, best, since, before = 1.0, Root(v, v, -np.inf, -np.inf), 0, np.zeros(len(v))
    for _ in range(steps):
        s, units, used = dual.reduced(v, dual.cover)
        least, chosen = lowest(s, at_least)
        prices = dual.offset + float(dual.need @ v)
        bound = prices + least
        if bound > best.bound:
            best, since = Root(v, s, prices, bound), 0
            if bound >= target:
                break
        else:
            since += 1
            if since >= 3:
                pace, since = pace / 2, 0
                v = best.v
                s, units, used = dual.reduced(v, dual.cover)
                _, chosen = lowest(s, at_least)
                bound = best.bound
        direction = np.floor(dual.slope(chosen, units, used) * 16.0 / dual.whole) + np.floor(before * 0.75)
        before = direction
        norm = float(direction @ direction)
        if norm == 0.0:
            break
        length = pace * max(upper - bound, 1.0) * 16.0 / norm
        v = dual.limited(v + np.floor(direction * length / dual.whole))
    return best
