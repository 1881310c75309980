"""The best division of an order over locations that are open: line by line, then parcels are squeezed.

With one parcel per location the lines are independent of each other and each is filled exactly: either whole from
one location, or by rising unit cost over a subset of them (a handling price per line and location makes fewer
pieces cheaper). Among equals, fewer pieces and better ranks win. When a location needs several parcels the result
is a good plan, not certainly the best one; `least_cost` in `leaf` says how far from it.
"""

from collections.abc import Callable
from itertools import combinations

import numpy as np

from crossdock.routing.problem import Problem
from crossdock.routing.terms import Floats, Ints

_SUBSETS_UP_TO = 6


class Filled:
    """Units per line and open column, and the total (cost and penalty, the extra price in every parcel)."""

    __slots__ = ("columns", "total", "x")

    def __init__(self, columns: Ints, x: Floats, total: float) -> None:
        self.columns, self.x, self.total = columns, x, total

    def used(self) -> "Filled":
        """Drop the columns that ship nothing."""
        some = self.x.any(axis=0)
        return self if some.all() else Filled(self.columns[some], self.x[:, some], self.total)


def total_of(problem: Problem, columns: Ints, x: Floats) -> float:
    """Count the total of a division; columns that ship nothing cost nothing."""
    used = x.any(axis=0)
    number = problem.parcels(problem.w @ x) * used
    cost = float((problem.F[columns] * used).sum() + problem.B[columns] @ number)
    cost += float(((x > 0) * problem.H[columns]).sum() + (problem.c[:, columns] * x).sum())
    return cost + float(problem.p @ (problem.q - x.sum(axis=1)))


def fill_lines(problem: Problem, columns: Ints) -> Floats:
    """Fill each line at its least cost over the open columns, parcels apart."""
    lines = np.arange(problem.n)
    gain, units = problem.gain[:, columns], problem.U[:, columns]
    best = gain.argmax(axis=1)
    top = gain[lines, best]
    x = np.zeros_like(units)
    x[lines, best] = units[lines, best] * (top > 0)
    if not problem.split_lines or len(columns) == 1:
        return x
    whole = x.sum(axis=1) >= problem.q
    if len(columns) > 2:
        handling = np.sort(problem.H[columns])
        whole &= problem.H[columns][best] <= handling[0] + handling[1]
    divided = np.flatnonzero(~whole | (problem.c[:, columns].min(axis=1) < problem.c[:, columns][lines, best]))
    for line in divided.tolist():
        _divide(problem, columns, line, float(top[line]), x)
    return x


def _divide(problem: Problem, columns: Ints, line: int, gain: float, x: Floats) -> None:
    """Look for a division of one line over several open columns that gains more than its best single one."""
    costs = problem.c[line, columns]
    units, handling = problem.U[line, columns].tolist(), problem.H[columns].tolist()
    q, p = float(problem.q[line]), float(problem.p[line])
    able = [at for at in costs.argsort(kind="stable").tolist() if units[at] > 0]
    if len(able) < 2:
        return

    def poured(subset: list[int]) -> tuple[float, list[tuple[int, float]]]:
        left, got, parts = q, 0.0, []
        for at in subset:
            take = min(left, units[at])
            if take > 0:
                got += take * (p - costs[at]) - handling[at]
                parts.append((at, take))
                left -= take
        return got, parts

    best, parts = poured(able)
    if len(able) <= _SUBSETS_UP_TO:
        for size in range(2, len(able)):
            for subset in combinations(able, size):
                got, those = poured(list(subset))
                if got > best or (got == best and len(those) < len(parts)):
                    best, parts = got, those
    else:
        best, parts = _thinned(able, poured)
    if best > gain:
        x[line] = 0.0
        for at, take in parts:
            x[line, at] = take


Parts = list[tuple[int, float]]


def _thinned(able: list[int], poured: Callable[[list[int]], tuple[float, Parts]]) -> tuple[float, Parts]:
    """Leave out one column after the other as long as that gains."""
    best, parts = poured(able)
    while len(able) > 2:
        tried = [poured(able[:at] + able[at + 1 :]) for at in range(len(able))]
        at = max(range(len(able)), key=lambda index: (tried[index][0], -index))
        if tried[at][0] < best:
            break
        best, parts = tried[at]
        able = able[:at] + able[at + 1 :]
    return best, parts


def fill(problem: Problem, columns: Ints) -> Filled:
    """Divide the order over the open columns (ascending); columns that do not pay stay empty."""
    x = fill_lines(problem, columns)
    return Filled(columns, x, total_of(problem, columns, x)).used()
