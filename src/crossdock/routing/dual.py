"""A bound that holds for every plan: what the order must cost when lines pay locations a price per unit.

For any prices 0 ≤ v ≤ p, every plan costs at least  L(v) = Σ q v + Σ_l min(0, s_l)  with a location's reduced cost
s_l = f_l − Σ_i max(0, U_il (v_i − c_il) − H_l): facility location's dual (Erlenkotter 1978) with arc capacities, as a
Lagrangian bound (Geoffrion 1974). A set of at least k locations costs at least L with the k least s taken in whatever
their sign. The prices are improved by subgradient steps of Polyak's length (Held, Wolfe, Crowder 1974), deflected by
the step before (Camerini, Fratta, Maffioli 1975).

When a location may need several parcels, two valid costs are known for it, and the larger s counts: at least one
parcel, and weight ÷ limit parcels by the gram; where that is little work whole parcels are loaded (`loads`). Only
"heavy" columns, which hold more than a parcel, can need several, so most columns know one cost. Besides, all
locations together need as many parcels as the order weighs: Σ n + Σ φ(w) u ≥ N with N = ⌈W ÷ limit⌉ and
φ(w) = ⌊w ÷ limit⌋ + min(1, rest of that ÷ r), r the grams in the last parcel (a mixed-integer rounding cut, Nemhauser,
Wolsey 1990, in which a location with less than r counts for its part only); it enters with the multiplier `common`, a
price per parcel that all plans pay.

Thin stock makes this bound weak: a location that can give seven units where two are wanted would be opened to two
sevenths. Cover cuts mend that: with any set of locations as a core, the others must cover what the core leaves of a
line, Σ min(U, rest) z + u ≥ rest (Padberg, Van Roy, Wolsey 1985); they hold whether or not the core is open. They
enter with prices of their own.

What all plans below a limit have in common (`needed`) is paid in advance: locations that are open in any case, units
that they send in any case; lines with nothing left to decide on are left out. The bound then holds for plans below
that limit.

In the bound a penalty counts at most what a unit costs alone in a parcel of its own from the dearest location: a
lower penalty bounds a higher one from below, and where nothing limits the number of locations the optimum is the same.

All values are whole numbers; prices are rounded down at each step and directions to 1/16 before they are squared, so
that sums do not depend on their order.
"""

from typing import Any, Protocol

import numpy as np

from crossdock.routing.loads import best_loads
from crossdock.routing.needed import Needed
from crossdock.routing.problem import Problem
from crossdock.routing.terms import Bools, Floats, Ints

_FEW_LINES, _FEW_PARCELS = 6, 12
_LOADED_CELLS = 3_000


class Dual:
    """The arrays of the bound: what units, lines and openings cost; of two layers the better one counts.

    Prices are one vector: v per line and, when a core is given, the price of covering what it leaves. Where plans
    have something in common (`needed`), `rows` are the lines that are left, and their arrays are those of what is left.
    """

    __slots__ = (
        "H", "U", "by_gram", "core", "cover", "fixed", "grams", "heavy", "loaded", "need", "needed", "numbers",
        "offset", "p", "parcel", "q", "rest", "room", "rows", "saves", "spent", "two", "variable", "whole",
    )  # fmt: skip

    def __init__(self, problem: Problem, common: float = 0.0, base: Needed | None = None) -> None:
        units, stock = problem.U, problem.U.sum(axis=1)
        # what nobody has is lost in every plan; what somebody has is never worth more than sending it all alone
        q = np.minimum(problem.q, stock)
        self.offset = float(problem.p @ (problem.q - q))
        own = problem.parcels(problem.w)[:, None]
        alone = np.where(units > 0, problem.c + (problem.H + problem.F + problem.B * own), 0.0).max(axis=1)
        p, weights, carried = np.minimum(problem.p, alone), problem.w, problem.w @ units
        self.two = not problem.one_parcel
        self.heavy: Ints = np.flatnonzero(carried > problem.limit) if self.two else np.zeros(0, dtype=np.int64)
        self.needed = np.zeros(problem.m, dtype=bool) if base is None else base.columns
        self.spent = np.zeros(problem.m)
        self.H, cost, full = problem.H, problem.c, np.zeros(problem.n, dtype=bool)
        self.rows: Ints = np.arange(problem.n)
        if base is not None:
            self.rows, full = base.rows, base.full
            sent = base.low > 0
            self.offset += float((base.low * cost).sum() + (sent * problem.H).sum()) + base.settled
            self.spent = problem.w @ base.low
            units, self.H = base.units[self.rows], np.where(sent, 0.0, problem.H)[self.rows]
            q, p, cost, full, weights = (
                base.left[self.rows],
                p[self.rows],
                cost[self.rows],
                full[self.rows],
                weights[self.rows],
            )
        self.U, self.q, self.p = units, q, p
        self.parcel: Floats = problem.B
        self.saves: Floats = np.zeros(len(q))
        if self.two and common:
            self._round(problem, common, float(problem.w @ np.minimum(problem.q, stock)), carried, full, weights)
        self.variable: Floats = units * cost
        # as many parcels as what is sent in any case takes, and by the gram
        fewest = problem.parcels(self.spent)
        self.fixed = problem.F + self.parcel * fewest
        if len(self.heavy):
            at = self.heavy
            self.grams: Floats = weights[:, None] * units[:, at]
            price = self.parcel[at]
            by_gram = units[:, at] * np.floor(weights[:, None] * price / problem.limit)
            sunk = np.floor(self.spent[at] * price / problem.limit)
            self.by_gram = problem.F[at] + sunk, self.variable[:, at] + by_gram
            most = problem.parcels(np.minimum(carried[at], problem.weight_g))
            self.numbers = fewest[at], most
            self.room = problem.limit
        self.loaded = False
        self.core = np.zeros(problem.m, dtype=bool)
        self.cover: Floats | None = None
        self.rest = np.zeros(0)
        self.need, self.whole = self.q, np.maximum(self.q, 1.0)

    def _round(
        self, problem: Problem, common: float, grams: float, carried: Floats, full: Bools, weights: Floats
    ) -> None:
        """Let all parcels pay a common price, which what the order weighs gives back."""
        # those that are open in any case and never send a second parcel take their grams with them
        apart = self.needed & (carried <= problem.limit)
        grams -= float(carried[apart].sum())
        number = float(np.ceil(grams / problem.limit))
        if number < 1.0:
            return
        last = grams - (number - 1) * problem.limit
        self.offset += common * number
        # a unit left behind saves whole parcels, and of another one its part; where that is more than the
        # penalty, prices stay at 0 and what all such units would save is taken off the bound
        over = np.mod(weights, problem.limit)
        saves = common * np.floor(weights / problem.limit) + np.minimum(np.ceil(common * over / last), common)
        self.saves = np.where(full, 0.0, saves)
        left = self.p - self.saves
        self.offset += float(self.q @ np.minimum(left, 0.0))
        self.p = np.minimum(self.p, np.maximum(left, 0.0))
        # a location that cannot fill the last parcel stands for no more than its part of it
        part = np.minimum(np.ceil(common * carried / last), common)
        self.parcel = problem.B - np.where(apart, 0.0, part)

    def load(self) -> bool:
        """Load whole parcels from now on, if lines and parcels are few: a better bound, but more work; say if so."""
        if not len(self.heavy) or self.loaded:
            return self.loaded
        most = float((self.numbers[1] - self.numbers[0]).max()) + 1.0
        few = len(self.q) <= _FEW_LINES or len(self.q) * len(self.heavy) <= _LOADED_CELLS
        self.loaded = few and most <= _FEW_PARCELS
        return self.loaded

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
        self.U, self.H, self.core = self.U[:, columns], self.H[..., columns], self.core[columns]
        self.variable, self.fixed = self.variable[:, columns], self.fixed[columns]
        self.parcel, self.spent = self.parcel[columns], self.spent[columns]
        self.needed = self.needed[columns]
        if len(self.heavy):
            stay = np.flatnonzero(np.isin(self.heavy, columns))
            self.heavy = columns.searchsorted(self.heavy[stay])
            self.grams, self.numbers = self.grams[:, stay], (self.numbers[0][stay], self.numbers[1][stay])
            self.by_gram = self.by_gram[0][stay], self.by_gram[1][:, stay]
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

    def reduced(
        self, prices: Floats, cover: Floats | None, numbers: tuple[Floats, Floats] | None = None
    ) -> tuple[Floats, Floats, Floats | None]:
        """Give s per column, and per line and column the units and the cover that are worth their cost.

        Works on one vector of prices or on one per node (then `cover` too is one per node). `numbers`: the fewest and
        the most parcels of the heavy columns, other than those of the whole problem.
        """
        lines = len(self.q)
        worth = self.U * prices[..., :lines, None]
        minus = -self.H if cover is None else cover * prices[..., lines:, None] - self.H
        margin = worth - self.variable
        profit = np.maximum(margin, 0.0) + minus
        used = profit > 0
        s = self.fixed - np.where(used, profit, 0.0).sum(axis=-2)
        units = self.U * (used & (margin > 0))
        covered = None if cover is None else cover * used
        if len(self.heavy):
            self._by_weight(worth, margin, minus, s, units, covered, cover, numbers or self.numbers)
        return s, units, covered

    def _by_weight(
        self,
        worth: Floats,
        margin: Floats,
        minus: Floats,
        s: Floats,
        units: Floats,
        covered: Floats | None,
        cover: Floats | None,
        numbers: tuple[Floats, Floats],
    ) -> None:
        """Put in what the columns that may need several parcels cost at least, where that is more."""
        at = self.heavy
        minus = np.broadcast_to(minus, margin.shape)[..., at]
        if self.loaded:
            margin = np.maximum(margin[..., at], 0.0)
            # what covers a rest counts with the first unit, the units by their weight
            sure = np.maximum(minus, 0.0)
            profit = np.maximum(margin + np.minimum(minus, 0.0), 0.0)
            first, last = numbers
            more = np.arange(float((last - first).max(initial=0.0)) + 1.0)
            each = first + more.reshape(-1, *[1] * first.ndim)
            priced = np.where(each <= last, each * self.parcel[at], np.inf)
            least, fraction = best_loads(sure, profit, self.grams, priced, each * self.room - self.spent[at])
            fraction = np.where(profit > 0, fraction, 0.0)
            s[..., at] = self.fixed[at] - self.numbers[0] * self.parcel[at] + least
            units[..., at] = self.U[:, at] * fraction
            if covered is not None and cover is not None:
                covered[..., at] = cover[..., at] * ((sure > 0) | (fraction > 0))
            return
        fixed, variable = self.by_gram
        margin = worth[..., at] - variable
        profit = np.maximum(margin, 0.0) + minus
        used = profit > 0
        other = fixed - np.where(used, profit, 0.0).sum(axis=-2)
        better = other > s[..., at]
        s[..., at] = np.where(better, other, s[..., at])
        better = better[..., None, :]
        units[..., at] = np.where(better, self.U[:, at] * (used & (margin > 0)), units[..., at])
        if covered is not None and cover is not None:
            covered[..., at] = np.where(better, cover[..., at] * used, covered[..., at])

    def slope(self, chosen: Bools, units: Floats, used: Floats | None) -> Floats:
        """Give what is still wanted of each line, and of its rest, when the chosen columns serve what pays."""
        served = units @ chosen
        if used is not None:
            served = np.concatenate((served, used @ chosen))
        wanted: Floats = self.need - served
        return wanted


def lowest(s: Floats, needed: Bools, at_least: int) -> tuple[float, Bools]:
    """Give the least sum of s over sets of at least so many columns, the needed ones among them, and the columns."""
    chosen = (s < 0) | needed
    if len(s) < at_least:
        return np.inf, chosen
    if int(chosen.sum()) < at_least:
        chosen = np.zeros(len(s), dtype=bool)
        chosen[np.where(needed, -np.inf, s).argsort(kind="stable")[:at_least]] = True
    return float(s[chosen].sum()), chosen


class Root:
    """The best prices found for the whole problem: v, Σ q v, its s, and the bound for sets of at least so many columns.

    A set costs at least `prices` and the s of its columns.
    """

    __slots__ = ("bound", "prices", "s", "v")

    def __init__(self, v: Floats, s: Floats, prices: float, bound: float) -> None:
        self.v, self.s, self.prices, self.bound = v, s, prices, bound

    def rise(self, needed: Bools, at_least: int) -> Floats:
        """Give by how much the bound rises when a column must be in the set; 0 for those that are anyway."""
        s = np.where(needed, -1.0, self.s)
        if int((s < 0).sum()) >= at_least:
            return np.maximum(s, 0.0)
        last = np.partition(s, at_least - 1)[at_least - 1]
        above: Floats = np.maximum(s - last, 0.0)
        return above


class Priced(Protocol):
    """What `ascend` asks of a bound."""

    cover: Any
    need: Floats
    needed: Bools
    offset: float
    p: Floats
    q: Floats
    whole: Floats

    def reduced(self, prices: Floats, cover: Any, /) -> tuple[Floats, Any, Any]: ...
    def slope(self, chosen: Bools, units: Any, used: Any, /) -> Floats: ...
    def limited(self, prices: Floats) -> Floats: ...


def ascend(dual: Priced, v: Floats, at_least: int, upper: float, target: float, steps: int) -> Root:
    """Improve the prices until the bound reaches the target or the steps end; `upper` is where the optimum may be."""
    upper = upper if upper < np.inf else float(dual.q @ dual.p) + dual.offset
    pace, best, since, before = 1.0, Root(v, v, -np.inf, -np.inf), 0, np.zeros(len(v))
    for _ in range(steps):
        s, units, used = dual.reduced(v, dual.cover)
        least, chosen = lowest(s, dual.needed, at_least)
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
                _, chosen = lowest(s, dual.needed, at_least)
                bound = best.bound
        direction = np.floor(dual.slope(chosen, units, used) * 16.0 / dual.whole) + np.floor(before * 0.75)
        before = direction
        norm = float(direction @ direction)
        if norm == 0.0:
            break
        length = pace * max(upper - bound, 1.0) * 16.0 / norm
        v = dual.limited(v + np.floor(direction * length / dual.whole))
    return best
