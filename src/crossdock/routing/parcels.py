"""How many parcels each open location sends, when it may need several.

The lines' cheapest division ignores parcels. Numbers of parcels are tried by rising price until they alone cost more
than the best plan; for given numbers the lines are divided within the room that those have (`choices`).
"""

from itertools import product

import numpy as np

from crossdock.routing.choices import divide
from crossdock.routing.problem import Problem
from crossdock.routing.room import Lines
from crossdock.routing.terms import Floats, Ints

_MOST_VECTORS = 24
_MOST_HEAVY = 5
_MOST_PRODUCTS = 400
_CELLS_PER_LINE = 50


def divide_parcels(
    problem: Problem, columns: Ints, x: Floats, least: float, upper: float
) -> tuple[Floats | None, float]:
    """Give the best division below `upper`, or None, and a bound below every division in which each column is paid for.

    `x` is the lines' cheapest division, parcels apart, and `least` a bound that is known.
    """
    lines = problem.value_none - float(((problem.p[:, None] - problem.c[:, columns]) * x).sum())
    lines += float(((x > 0) * problem.H[columns]).sum()) + float(problem.F[columns].sum())
    units, shipped = problem.U[:, columns], x.sum(axis=1)
    prices, limit = problem.B[columns], problem.limit
    alone = np.maximum(shipped[:, None] - (units.sum(axis=1)[:, None] - units), 0.0)
    fewest = problem.parcels(problem.w @ alone)
    most = problem.parcels(problem.w @ np.minimum(units, shipped[:, None]))
    number = float(np.ceil(float(problem.w @ shipped) / limit))
    spread = number - float(fewest.sum()) + len(columns)
    top = np.minimum(most, fewest + max(spread, 1.0))
    if (
        not Lines.fits(problem)
        or int((most > 1).sum()) > _MOST_HEAVY
        or float((top - fewest + 1).prod()) > _MOST_PRODUCTS
    ):
        return None, least
    weight = problem.w @ x
    ranges = [range(int(low), int(high) + 1) for low, high in zip(fewest, top, strict=True)]
    vectors = np.array([n for n in product(*ranges) if sum(n) >= number], dtype=np.float64)
    if not len(vectors):
        return None, least
    costs = vectors @ prices
    order = costs.argsort(kind="stable")
    best, best_total, bound = None, upper, np.inf
    parts = Lines(problem, columns, shipped)
    cheapest = float((problem.c[:, columns] * x).sum() + ((x > 0) @ problem.H[columns]).sum())
    for at in order[:_MOST_VECTORS].tolist():
        start = lines + float(costs[at])
        if start >= best_total:
            break
        room = np.minimum(vectors[at] * limit, problem.weight_g)
        if bool((weight <= room).all()):
            best, best_total = x, start
            break  # the lines' cheapest division: all numbers that cost more cost more with any division
        found = divide(parts, room, cheapest + best_total - start, problem.cells // 3)
        problem.cells -= found.cells + _CELLS_PER_LINE * problem.n
        if found.units is not None:
            moved = float((problem.c[:, columns] * found.units).sum() + ((found.units > 0) @ problem.H[columns]).sum())
            best, best_total = found.units, start + moved - cheapest
        bound = min(bound, start + found.bound - cheapest)
    else:
        if len(order) > _MOST_VECTORS:
            bound = min(bound, lines + float(costs[order[_MOST_VECTORS]]))
    return best, max(least, min(bound, best_total))
