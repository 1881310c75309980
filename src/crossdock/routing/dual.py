"""A bound that holds for every plan: what the order must cost when lines pay locations a price per unit.

For any prices 0 ≤ v ≤ p, every plan costs at least  L(v) = Σ q v + Σ_l min(0, s_l)  with a location's reduced cost
s_l = f_l − Σ_i max(0, U_il (v_i − c_il) − H_l): facility location's dual (Erlenkotter 1978) with arc capacities, as a
Lagrangian bound (Geoffrion 1974). A set of at least k locations costs at least L with the k least s taken in whatever
their sign. The prices are improved by subgradient steps of Polyak's length (Held, Wolfe, Crowder 1974).

When a location may need several parcels, two valid costs are known for it, and the larger s counts: at least one
parcel, and weight ÷ limit parcels by the gram. Besides, all locations together need as many parcels as the order
weighs: n + Σ w u ÷ r ≥ N with N = ⌈W ÷ limit⌉ and r the grams in the last parcel (a mixed-integer rounding cut); it
enters with the multiplier `common`, a price per parcel that all plans pay.

All values are whole numbers; prices are rounded down at each step and directions to 1/16 before they are squared, so
that sums do not depend on their order.
"""

import numpy as np

from crossdock.routing.problem import Problem
from crossdock.routing.terms import Bools, Floats, Ints


class Dual:
    """The arrays of the bound: per layer what units and lines cost and what opening costs; both layers are valid."""

    __slots__ = ("U", "costs", "fixed", "offset", "p", "q", "two")

    def __init__(self, problem: Problem, common: float = 0.0) -> None:
        self.q, self.p, self.U = problem.q, problem.p, problem.U
        self.offset = 0.0
        self.two = not problem.one_parcel
        variable = problem.U * problem.c + problem.H
        self.costs, self.fixed = [variable], [problem.f]
        if self.two:
            if common:
                number = np.ceil(problem.weight_g / problem.limit)
                last = problem.weight_g - (number - 1) * problem.limit
                self.offset = common * float(number)
                self.p = np.maximum(problem.p - np.ceil(common * problem.w / last), 0.0)
            parcel = problem.B - common
            by_gram = np.floor(problem.w[:, None] * parcel / problem.limit)
            self.fixed = [problem.F + parcel, problem.F]
            self.costs.append(variable + problem.U * by_gram)

    def keep(self, columns: Ints) -> None:
        """Forget all columns but these."""
        self.U = self.U[:, columns]
        self.costs = [cost[:, columns] for cost in self.costs]
        self.fixed = [fixed[columns] for fixed in self.fixed]

    def reduced(self, v: Floats) -> tuple[Floats, Floats]:
        """Give s per column for prices v, and per line and column the units that are worth their cost."""
        profit = self.U * v[:, None] - self.costs[0]
        s = self.fixed[0] - np.maximum(profit, 0.0).sum(axis=0)
        units = self.U * (profit > 0)
        if self.two:
            profit = self.U * v[:, None] - self.costs[1]
            other = self.fixed[1] - np.maximum(profit, 0.0).sum(axis=0)
            better = other > s
            s = np.where(better, other, s)
            units = np.where(better, self.U * (profit > 0), units)
        return s, units


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
    """The best prices found for the whole problem: v, its s, and the bound for sets of at least so many columns."""

    __slots__ = ("bound", "s", "v")

    def __init__(self, v: Floats, s: Floats, bound: float) -> None:
        self.v, self.s, self.bound = v, s, bound

    def rise(self, at_least: int) -> Floats:
        """Give by how much the bound rises when a column must be in the set; 0 for those that are anyway."""
        if int((self.s < 0).sum()) >= at_least:
            return np.maximum(self.s, 0.0)
        last = np.partition(self.s, at_least - 1)[at_least - 1]
        above: Floats = np.maximum(self.s - last, 0.0)
        return above


def ascend(dual: Dual, v: Floats, at_least: int, target: float, steps: int) -> Root:
    """Improve the prices until the bound reaches the target, as it must when no such set is better, or steps end."""
    upper = target if target < np.inf else float(dual.q @ dual.p) + dual.offset
    pace, best, since = 1.0, Root(v, v, -np.inf), 0
    for _ in range(steps):
        s, units = dual.reduced(v)
        least, chosen = lowest(s, at_least)
        bound = dual.offset + float(dual.q @ v) + least
        if bound > best.bound:
            best, since = Root(v, s, bound), 0
            if bound >= target:
                break
        else:
            since += 1
            if since >= 3:
                pace, since = pace / 2, 0
                v = best.v
                s, units = dual.reduced(v)
                _, chosen = lowest(s, at_least)
                bound = best.bound
        slope = dual.q - units @ chosen
        direction = np.floor(slope * 16.0 / dual.q)
        norm = float(direction @ direction)
        if norm == 0.0:
            break
        length = pace * max(upper - bound, 1.0) * 16.0 / norm
        v = np.minimum(np.maximum(v + np.floor(direction * length / dual.q), 0.0), dual.p)
    return best
