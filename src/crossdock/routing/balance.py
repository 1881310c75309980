"""Mending a plan in which a location ships less than the least value: units move there from others that can spare them.

The cheapest moves per value first, until each location has enough or nobody can spare more. It bounds nothing.
"""

from __future__ import annotations

import numpy as np

from crossdock.routing.bill import Pieces
from crossdock.routing.problem import Counting
from crossdock.routing.sides import Sides
from crossdock.routing.terms import Floats, Ints
from crossdock.routing.view import View

_MOVES = 60


def balanced(view: View, counting: Counting, sides: Sides, pieces: Pieces) -> Pieces:
    """Give the plan with units moved to where too little ships; as it was where that cannot be."""
    sites = sorted({site for site, _, _ in pieces})
    column = {site: at for at, site in enumerate(sites)}
    x = np.zeros((len(view.rows), len(sites)), dtype=np.int64)
    for site, row, units in pieces:
        x[row, column[site]] = units
    stock = np.minimum(view.stock[:, sites], np.array([row.quantity for row in view.rows])[:, None])
    for place, wanted in enumerate(view.rows):
        if wanted.requires:
            stock[place] *= view.terms.capable(wanted.requires)[sites]
    cost = counting.unit_costs(np.array(sites))
    for _ in range(_MOVES):
        short = sides.value - sides.values @ x
        poor = np.flatnonzero(short > 0)
        if not len(poor):
            rows, at = np.nonzero(x)
            return sorted(zip([sites[i] for i in at], rows.tolist(), x[rows, at].tolist(), strict=True))
        if not _move(view, sides, x, stock, cost, int(poor[short[poor].argmin()])):
            break
    return pieces


def _move(view: View, sides: Sides, x: Ints, stock: Ints, cost: Floats, to: int) -> bool:
    """Move units of one row to a location that needs them; say whether anybody could spare some."""
    value, whole = sides.values @ x, view.terms.policy.split != "unit"
    best: tuple[float, int, int, int] | None = None
    for row, source in zip(*np.nonzero(x), strict=True):
        worth = int(sides.values[row])
        if source == to or not worth:
            continue
        wanted = -(-int(sides.value - value[to]) // worth)
        spare = int(value[source] - sides.value) // worth
        units = min(int(x[row, source]), int(stock[row, to] - x[row, to]), wanted, max(0, spare))
        if whole:
            units = int(x[row, source]) if spare >= x[row, source] <= stock[row, to] else 0
        if units <= 0:
            continue
        dearer = float(cost[row, to] - cost[row, source]) / worth
        if best is None or dearer < best[0]:
            best = dearer, int(row), int(source), units
    if best is None:
        return False
    _, row, source, units = best
    x[row, source] -= units
    x[row, to] += units
    return True
