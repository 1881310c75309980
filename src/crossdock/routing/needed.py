"""Locations, lines and units that every plan worth looking at has: what thin stock decides before any search.

Every plan costs at least what its lines cost where they are cheapest. A plan without a location that holds the last
units of a line pays their penalty on top; where that reaches `upper`, all plans below it use the location. So it is
with a line that ships less than everybody together has, and with the units of such a line that no others have. What
is known to be open makes the next proof easier, so this goes on until nothing is added (the probing of integer
programming, Savelsbergh 1994). It rests on costs alone and holds for any policy that lets lines be divided.
"""

from itertools import product

import numpy as np

from crossdock.routing.problem import Problem
from crossdock.routing.terms import Bools, Floats, Ints

_MOST_NUMBERS = 400


class Needed:
    """`columns` are open in every plan below `upper`; `low` are units per line and column that every such plan ships.

    `rows`: the lines that have units left to decide on; `left`: these units; `units`: what each column can add of them.
    `full`: lines that ship all there is. `settled`: what the other lines cost above `low`.
    `known`: what every plan costs at least.
    """

    __slots__ = ("columns", "full", "known", "left", "low", "rows", "settled", "units", "upper")

    def __init__(self, problem: Problem, columns: Bools, low: Floats, full: Bools, known: float, upper: float) -> None:
        self.columns, self.low, self.full, self.known, self.upper = columns, low, full, known, upper
        self.left: Floats = np.minimum(problem.q, problem.U.sum(axis=1)) - low.sum(axis=1)
        self.units: Floats = np.minimum(problem.U - low, self.left[:, None])
        self.settled = self._settle(problem)
        self.rows: Ints = np.flatnonzero(self.left > 0)

    def keep(self, columns: Ints) -> None:
        """Forget all columns but these."""
        self.columns, self.low, self.units = self.columns[columns], self.low[:, columns], self.units[:, columns]

    def _settle(self, problem: Problem) -> float:
        """Leave lines out whose rest is cheapest where a location is open and never sends a second parcel."""
        light = self.columns & (problem.w @ problem.U <= problem.limit)
        some = self.units > 0
        handling = np.where(self.low > 0, 0.0, problem.H)
        cheapest = np.where(some, problem.c, np.inf).min(axis=1)
        least = np.where(some, handling, np.inf).min(axis=1)
        best = some & light & (self.units >= self.left[:, None])
        best &= (problem.c <= cheapest[:, None]) & (handling <= least[:, None])
        lines = np.flatnonzero(best.any(axis=1) & self.full)
        at = best[lines].argmax(axis=1)
        units = self.left[lines]
        cost = float((units * problem.c[lines, at] + handling[lines, at]).sum())
        self.left[lines], self.units[lines] = 0.0, 0.0
        return cost


def last_units(problem: Problem) -> Bools:
    """Give the columns that hold the last units of lines, where these are worth more than all the column's parcels."""
    stock = problem.U.sum(axis=1)
    low = np.maximum(problem.U - np.maximum(stock - problem.q, 0.0)[:, None], 0.0)
    worth = np.where(low > 0, low * (problem.p[:, None] - problem.c) - problem.H, 0.0).sum(axis=0)
    last: Bools = worth > problem.F + problem.B * problem.parcels(problem.w @ problem.U)
    return last


def needed(problem: Problem, upper: float) -> Needed | None:
    """Find what all plans below `upper` have in common; None where that is nothing."""
    if not problem.split_lines or problem.most is not None:
        return None
    units, cost = problem.U, problem.c
    stock = units.sum(axis=1)
    shipped = np.minimum(problem.q, stock)
    low = np.maximum(units - (stock - shipped)[:, None], 0.0)
    if not low.any():
        return None
    some = units > 0
    order = np.where(some, cost, np.inf).argsort(axis=1, kind="stable")
    most = np.take_along_axis(units, order, axis=1)
    take = np.minimum(np.maximum(shipped[:, None] - (most.cumsum(axis=1) - most), 0.0), most)
    handling = np.where(some, problem.H, np.inf).min(axis=1)
    handling[shipped == 0] = 0.0
    base = float((take * np.take_along_axis(cost, order, axis=1)).sum() + handling.sum())
    base += float(problem.p @ (problem.q - shipped))
    # a unit that stays behind saves at most the dearest one, and the line's handling if nothing is sent of it
    lost = problem.p - np.where(some, cost, 0.0).max(axis=1)
    without = np.where(low > 0, np.maximum(low * lost[:, None] - handling[:, None], 0.0), 0.0).sum(axis=0)
    one_less = np.maximum(lost - handling, 0.0)
    columns, full = np.zeros(problem.m, dtype=bool), np.zeros(problem.n, dtype=bool)
    while True:
        known = base + float(
            (problem.F + problem.B * problem.parcels(problem.w @ (low * full[:, None])))[columns].sum()
        )
        full_now = full | (known + one_less >= upper)
        now = columns | (known + without >= upper) | (low[full_now] > 0).any(axis=0)
        if (now == columns).all() and (full_now == full).all():
            break
        columns, full = now, full_now
    if not columns.any():
        return None
    return Needed(problem, columns, low * full[:, None], full, known, upper)


def numbers_of(problem: Problem, base: Needed, heavy: Ints, ranges: tuple[Floats, Floats]) -> Floats | None:
    """Give the numbers of parcels that the needed heavy columns may send in plans below `upper`, by rising price.

    None where there are none to choose or too many.
    """
    at = np.flatnonzero(base.columns[heavy])
    first, last = ranges[0][at], ranges[1][at]
    price = problem.B[heavy[at]]
    spare = base.upper - base.known
    last = np.minimum(last, first + np.maximum(np.ceil(spare / np.maximum(price, 1.0)) - 1.0, 0.0))
    count = last - first + 1.0
    if not len(at) or float(count.prod()) > _MOST_NUMBERS:
        return None
    grid = np.array(list(product(*[range(int(n)) for n in count.tolist()])), dtype=np.float64)
    costs = grid @ price
    some = np.flatnonzero(costs < spare)
    return (first + grid[some])[costs[some].argsort(kind="stable")]
