"""The best division of an order over locations that are open: line by line, then parcels are squeezed.

With one parcel per location the lines are independent of each other and each is filled exactly: either whole from
one location, or by rising unit cost over a subset of them (a handling price per line and location makes fewer
pieces cheaper). Among equals, fewer pieces and better ranks win. When a location needs several parcels the result
is a good plan, not certainly the best one; `fill_bounded` says how far from it.
"""

from collections.abc import Callable
from functools import cache
from itertools import combinations

import numpy as np

from crossdock.routing.parcels import divide_parcels
from crossdock.routing.problem import Problem
from crossdock.routing.squeeze import squeeze
from crossdock.routing.terms import Bools, Floats, Ints

_SUBSETS_UP_TO = 6
_MANY = 4


class Filled:
    """Units per line and open column, and the total (cost and penalty, the extra price in every parcel).

    `sites` are the columns' places in the network once the plan is an incumbent: columns are numbered anew when the
    problem forgets some.
    """

    __slots__ = ("columns", "sites", "total", "x")

    def __init__(self, columns: Ints, x: Floats, total: float) -> None:
        self.columns, self.x, self.total = columns, x, total
        self.sites = columns

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


def fill_lines(problem: Problem, columns: Ints) -> tuple[Floats, bool]:
    """Fill each line at its least cost over the open columns, parcels apart; say whether that is certain."""
    lines = np.arange(problem.n)
    gain, units = problem.gain[:, columns], problem.U[:, columns]
    best = gain.argmax(axis=1)
    top = gain[lines, best]
    x = np.zeros_like(units)
    x[lines, best] = units[lines, best] * (top > 0)
    if not problem.split_lines or len(columns) == 1:
        return x, True
    # a division costs at least the cheapest unit for all units and two handlings: most lines need no look
    cost, able, handling = problem.c[:, columns], units > 0, problem.H[columns]
    two = handling[0] + handling[1] if len(columns) == 2 else float(np.partition(handling, 1)[:2].sum())
    cheapest = np.where(able, cost, np.inf).min(axis=1)
    whole = problem.q * cheapest + two >= problem.q * cost[lines, best] + handling[best]
    whole &= x.sum(axis=1) >= problem.q
    certain, several = True, able.sum(axis=1)
    # where all there is does not suffice, each piece pays for itself
    scarce = ~whole & (several > 1) & (units.sum(axis=1) <= problem.q)
    x[scarce] = units[scarce]
    whole |= scarce
    pairs = np.flatnonzero(~whole & (several == 2))
    if len(pairs) > 1:
        _both(problem, columns, pairs, top, x)
        whole[pairs] = True
    others = np.flatnonzero(~whole & (several > 1))
    if len(others) >= _MANY:
        for width in range(3, min(_SUBSETS_UP_TO, len(columns)) + 1):
            some = others[several[others] == width]
            if len(some) >= _MANY:
                _divide_many(problem, columns, some, width, top[some], x)
                whole[some] = True
        others = others[~whole[others]]
    for line in others.tolist():
        certain &= _divide(problem, columns, line, float(top[line]), x)
    return x, certain


@cache
def _subsets(width: int) -> Bools:
    """Give all sets of at least two of so many columns: all of them, then by size, as `_divide` tries them."""
    sets = [tuple(range(width))]
    for size in range(2, width):
        sets += combinations(range(width), size)
    inside = np.zeros((len(sets), width), dtype=bool)
    for at, members in enumerate(sets):
        inside[at, list(members)] = True
    return inside


def _divide_many(problem: Problem, columns: Ints, lines: Ints, width: int, top: Floats, x: Floats) -> None:
    """Do what `_divide` does for lines that so many open columns have, all of them at once."""
    units = problem.U[lines][:, columns]
    order = np.where(units > 0, problem.c[lines][:, columns], np.inf).argsort(axis=1, kind="stable")[:, :width]
    units = np.take_along_axis(units, order, axis=1)
    margin = problem.p[lines, None] - problem.c[lines[:, None], columns[order]]
    poured = units[:, None, :] * _subsets(width)
    take = np.minimum(np.maximum(problem.q[lines, None, None] - (poured.cumsum(axis=2) - poured), 0.0), poured)
    sent = take > 0
    got = (take * margin[:, None, :]).sum(axis=2) - (sent * problem.H[columns[order]][:, None, :]).sum(axis=2)
    best = got.max(axis=1)
    pieces = np.where(got == best[:, None], sent.sum(axis=2), width + 1)
    better = np.flatnonzero(best > top)
    x[lines[better]] = 0.0
    x[lines[better, None], order[better]] = take[better, pieces[better].argmin(axis=1)]


def _both(problem: Problem, columns: Ints, lines: Ints, top: Floats, x: Floats) -> None:
    """Divide lines that two open columns have over both, the cheaper one first, where one alone gains less."""
    able = problem.U[lines][:, columns] > 0
    cost = np.where(able, problem.c[lines][:, columns], np.inf)
    order = cost.argsort(axis=1, kind="stable")
    first, second = order[:, 0], order[:, 1]
    p, q = problem.p[lines], problem.q[lines]
    most = problem.U[lines, columns[first]]
    rest = np.minimum(problem.U[lines, columns[second]], q - most)
    at = np.arange(len(lines))
    got = most * (p - cost[at, first]) - problem.H[columns[first]]
    got += rest * (p - cost[at, second]) - problem.H[columns[second]]
    better = np.flatnonzero((rest > 0) & (got > top[lines]))
    x[lines[better]] = 0.0
    x[lines[better], first[better]] = most[better]
    x[lines[better], second[better]] = rest[better]


def _divide(problem: Problem, columns: Ints, line: int, gain: float, x: Floats) -> bool:
    """Look for a division of one line over several open columns that gains more than its best single one.

    Says whether all divisions were looked at.
    """
    costs = problem.c[line, columns]
    units, handling = problem.U[line, columns].tolist(), problem.H[columns].tolist()
    q, p = float(problem.q[line]), float(problem.p[line])
    able = [at for at in costs.argsort(kind="stable").tolist() if units[at] > 0]

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
    return len(able) <= _SUBSETS_UP_TO


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
    """Divide the order well over the open columns (ascending), fast; columns that do not pay stay empty."""
    x, _ = fill_lines(problem, columns)
    if not problem.one_parcel and len(columns) > 1 and problem.split_lines:
        x = squeeze(problem, columns, x)
    return Filled(columns, x, total_of(problem, columns, x)).used()


def fill_bounded(problem: Problem, columns: Ints, upper: float = np.inf) -> tuple[Filled, float]:
    """Divide the order over the open columns, and give a bound below every division in which each is paid for.

    Divisions that cost `upper` and more are not looked for where that takes long.
    """
    x, certain = fill_lines(problem, columns)
    total = total_of(problem, columns, x)
    used = x.any(axis=0)
    least = -np.inf
    if certain:
        idle = float((problem.f[columns] * ~used).sum())
        least = total + idle if problem.one_parcel else _least(problem, columns, x)
    if not problem.one_parcel and total > least and len(columns) > 1 and problem.split_lines:
        tried = [x]
        if certain and problem.filling and least < min(total, upper):
            better, least = _divided(problem, columns, x, least, min(total, upper))
            if better is not None:
                tried.append(better)
        totals = [total_of(problem, columns, one) for one in tried]
        if min(totals) > least:
            tried.append(squeeze(problem, columns, x))
            totals.append(total_of(problem, columns, tried[-1]))
        total = min(totals)
        x = tried[totals.index(total)]
    return Filled(columns, x, total).used(), least


def _divided(problem: Problem, columns: Ints, x: Floats, least: float, upper: float) -> tuple[Floats | None, float]:
    """Divide parcels, or remember how it went before with these columns."""
    key = tuple(problem.sites[columns].tolist())
    known = problem.divided.get(key)
    if known is None or (known[1] is None and known[2] >= known[0] and upper > known[0]):
        known = upper, *divide_parcels(problem, columns, x, least, upper)
        problem.divided[key] = known
    return known[1], known[2]


def _least(problem: Problem, columns: Ints, x: Floats) -> float:
    """Bound a division by its lines, parcels apart, and the fewest parcels that can carry what is shipped.

    What only one open location has must leave from there; all that is shipped needs so many parcels together.
    """
    lines = problem.value_none - float(((problem.p[:, None] - problem.c[:, columns]) * x).sum())
    lines += float(((x > 0) * problem.H[columns]).sum()) + float(problem.F[columns].sum())
    prices = problem.B[columns]
    if not problem.filling or not problem.split_lines:
        return lines + float(prices.sum())
    units, shipped = problem.U[:, columns], x.sum(axis=1)
    alone = np.maximum(shipped[:, None] - (units.sum(axis=1)[:, None] - units), 0.0)
    number = problem.parcels(problem.w @ alone)
    more = max(0.0, float(np.ceil(float(problem.w @ shipped) / problem.limit) - number.sum()))
    return lines + float(prices @ number) + more * float(prices.min())
