"""The cheapest way to divide lines over a few locations, each with room for so many grams: a knapsack with choices.

With a price per gram for each location the lines fall apart (`room`), and what the room is worth is taken off: a
Lagrangian bound (Geoffrion 1974). Each division costs that bound, what its lines cost above their cheapest fill, and
the price of the room that it leaves empty; none of these is below 0. So only fills below the best known division are
looked at, line by line, with the states that may still become the best one (dynamic programming with bounds over a
core of lines, after Pisinger 1997).
"""

from typing import NamedTuple

import numpy as np

from crossdock.routing.core import Core
from crossdock.routing.room import Lines
from crossdock.routing.terms import Floats

_MOST_CHOICES = 10_000
_NARROW, _WIDER, _WIDE = 64.0, 4.0, 1e6


class Division(NamedTuple):
    """The best division found below the limit (None: none), a bound below every division, and the work it was."""

    units: Floats | None
    bound: float
    cells: int


def divide(lines: Lines, room: Floats, upper: float, cells: int) -> Division:
    """Find the cheapest division that leaves every column within its room, below `upper`.

    `bound` equals its cost (or `upper`) when no state was dropped for want of memory. The division mostly costs but
    little more than the bound on it, so it is looked for there first, then ever further above.
    """
    if not lines.fit(room):
        return Division(None, np.inf, 0)
    base = lines.price(room, upper)
    bound, width, seen = float(np.ceil(base)), _NARROW, 0
    while bound < upper and seen < cells:
        top = min(upper, bound + width)
        core = _listed(lines, top - base)
        if core is None:
            break
        core.search(room[lines.heavy], top - base, bound - base, cells - seen)
        seen += core.cells
        low = min(top, float(np.ceil(base + core.bound)))
        bound = max(bound, low)
        if core.units is not None:
            return Division(core.units, bound, seen)
        if low < top and width >= _WIDE:
            break
        width *= _WIDER
    return Division(None, min(bound, upper), seen)


def _listed(lines: Lines, gap: float) -> Core | None:
    """List all fills of lines that cost less than the gap above the line's bound; None where they are too many."""
    line, left = np.arange(len(lines.shipped)), lines.shipped
    taken = np.zeros((len(line), 0))
    low, high = lines.ranges(gap)
    for at in range(low.shape[1]):
        least = np.maximum(left - high[:, at + 1 :].sum(axis=1)[line], low[line, at])
        most = np.minimum(left - low[:, at + 1 :].sum(axis=1)[line], high[line, at])
        count = np.maximum(most - least + 1.0, 0.0).astype(np.int64)
        total = int(count.sum())
        if total > _MOST_CHOICES:
            return None
        parent = np.repeat(np.arange(len(line)), count)
        take = least[parent] + (np.arange(total) - (np.cumsum(count) - count)[parent])
        line, left = line[parent], left[parent] - take
        taken = np.hstack((taken[parent], take[:, None]))
    above = lines.above(line, taken)
    some = np.flatnonzero(above < gap)
    line, taken = line[some], taken[some]
    grams = taken[:, lines.heavy] * lines.weight[line][:, None]
    return Core(line, taken, grams, above[some], lines.prices[lines.heavy], len(lines.shipped))
