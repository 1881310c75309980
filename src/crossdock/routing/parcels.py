"""How many parcels each open location sends, when it may need several: exact for a few locations.

The lines' cheapest division ignores parcels. For given numbers of parcels a location that is too heavy must hand over
units to the others: the cheapest choice is a covering knapsack (`cover`). Numbers of parcels are tried by rising
price until they alone cost more than the best plan.
"""

from itertools import product

import numpy as np

from crossdock.routing.cover import Options, cover
from crossdock.routing.problem import Problem
from crossdock.routing.terms import Floats, Ints

_MOST_VECTORS = 24
_MOST_LOCATIONS = 4
_MOST_OPTIONS = 5_000
_CELLS_PER_LINE = 300  # what listing a line costs, in cells of the knapsack


def divide_parcels(
    problem: Problem, columns: Ints, x: Floats, least: float, upper: float
) -> tuple[Floats | None, float]:
    """Give the best division below `upper` of the lines' cheapest one `x`, or None, and a bound below every division.

    `least` is what the division costs at least with all columns used; sums hold all fixed prices and all parcels.
    """
    units, shipped = problem.U[:, columns], x.sum(axis=1)
    prices, limit = problem.B[columns], problem.limit
    alone = np.maximum(shipped[:, None] - (units.sum(axis=1)[:, None] - units), 0.0)
    fewest = problem.parcels(problem.w @ alone)
    most = problem.parcels(problem.w @ np.minimum(units, shipped[:, None]))
    number = float(np.ceil(float(problem.w @ shipped) / limit))
    spread = number - float(fewest.sum()) + len(columns)
    if problem.cells <= 0 or len(columns) > _MOST_LOCATIONS or spread ** (len(columns) - 1) > 400:
        return None, least
    weight = problem.w @ x
    ranges = [range(int(low), int(min(high, low + max(spread, 1))) + 1) for low, high in zip(fewest, most, strict=True)]
    vectors = np.array([n for n in product(*ranges) if sum(n) >= number], dtype=np.float64)
    if not len(vectors):
        return None, least
    costs = vectors @ prices
    lines = least - float(costs.min())
    order = costs.argsort(kind="stable")
    best, best_total, bound = None, upper, np.inf
    for at in order[:_MOST_VECTORS].tolist():
        start = lines + float(costs[at])
        if start >= best_total:
            break
        found, cost, low = _with(problem, columns, x, weight, vectors[at], best_total - start)
        if found is not None:
            best, best_total = found, start + cost
        bound = min(bound, start + low)
    else:
        if len(order) > _MOST_VECTORS:
            bound = min(bound, lines + float(costs[order[_MOST_VECTORS]]))
    return best, min(bound, best_total)


def _with(
    problem: Problem, columns: Ints, x: Floats, weight: Floats, number: Floats, upper: float
) -> tuple[Floats | None, float, float]:
    """Divide with so many parcels per location: the units, what moving them costs, and a bound on that.

    The bound lets the others take what they have no room for: only then is it certain that nothing moves back.
    """
    excess = weight - number * problem.limit
    heavy = np.flatnonzero(excess > 0)
    if not len(heavy):
        return x, 0.0, 0.0
    if len(heavy) > 1:
        return None, 0.0, 0.0
    source, need = int(heavy[0]), float(excess.max())
    lines, names, plain = _moves(problem, columns, x, source)
    if sum(float(options.grams.max()) for options in lines) < need:
        return None, 0.0, upper if plain else 0.0
    bound = 0.0
    for roomy in (True, False):
        if not roomy:  # the cheapest does not fit: one that does may still be found
            lines, names = _fitting(lines, names, -excess)
            if sum(float(options.grams.max()) for options in lines) < need:
                break
        problem.cells -= _CELLS_PER_LINE * len(lines) + sum(len(options.units) for options in lines)
        found = cover(lines, need, upper, max(0, problem.cells))
        problem.cells -= found.cells
        if roomy and plain:
            bound = found.bound
        if found.chosen is None:
            break
        moved, cost, room = x.copy(), 0.0, -excess
        for options, line, pick in zip(lines, names, found.chosen, strict=True):
            if pick >= 0:
                target = int(options.target[pick])
                moved[line, source] -= options.units[pick]
                moved[line, target] += options.units[pick]
                room[target] -= options.grams[pick]
                cost += float(options.cost[pick])
        if float(np.delete(room, source).min()) >= 0:
            return moved, cost, bound
    return None, 0.0, bound


def _fitting(lines: list[Options], names: list[int], room: Floats) -> tuple[list[Options], list[int]]:
    """Leave out the options that are too heavy for their target."""
    out, kept = [], []
    for options, line in zip(lines, names, strict=True):
        fits = options.grams <= room[options.target]
        if fits.any():
            out.append(Options(options.units[fits], options.grams[fits], options.cost[fits], options.target[fits]))
            kept.append(line)
    return out, kept


def _moves(problem: Problem, columns: Ints, x: Floats, source: int) -> tuple[list[Options], list[int], bool]:
    """List per line what can be moved from the source; say whether nothing better was left out of the list."""
    out: list[Options] = []
    names: list[int] = []
    plain = True
    spare = problem.U[:, columns] - x
    c, handling = problem.c[:, columns], problem.H[columns]
    for line in np.flatnonzero((x[:, source] > 0) & (problem.w > 0)).tolist():
        there, grams = x[line, source], problem.w[line]
        parts = []
        narrow = 0
        for target in range(len(columns)):
            if target == source or spare[line, target] <= 0:
                continue
            most = min(there, spare[line, target])
            narrow += most < there
            plain &= most <= _MOST_OPTIONS
            units = np.arange(1.0, min(most, _MOST_OPTIONS) + 1.0)
            cost = units * (c[line, target] - c[line, source]) + handling[target] * (x[line, target] == 0)
            cost[units == there] -= handling[source]
            parts.append((units, cost, np.full(len(units), target)))
        # with a second target a line may want both; a line of several pieces may want to be divided anew: no claim then
        plain &= len(parts) < 2 or narrow == 0
        plain &= len(columns) == 2 or there == x[line].sum() or not parts
        if any(len(part[0]) for part in parts):
            every = [np.concatenate([part[at] for part in parts]) for at in range(3)]
            out.append(Options(every[0], every[0] * grams, every[1], every[2].astype(np.int64)))
            names.append(line)
    return out, names, plain
