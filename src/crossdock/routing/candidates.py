"""Sets of locations one by one: bounded line by line, many at once, then filled, and at last divided into parcels.

Each step is dearer than the one before and is only taken when no bound of anything else is less.
"""

import numpy as np

from crossdock.routing.problem import Problem
from crossdock.routing.terms import Floats, Ints

_LONGEST = 52  # bits


class Batch:
    """Sets of one size, by rising bound; those before `at` have been looked at."""

    __slots__ = ("at", "bounds", "sets")

    def __init__(self, sets: Ints, bounds: Floats) -> None:
        order = bounds.argsort(kind="stable")
        self.sets, self.bounds, self.at = sets[order], bounds[order], 0

    def next(self, problem: Problem, most: int, below: float) -> tuple[Ints, Floats]:
        """Give the next sets, at most so many and only with bounds below a limit, and their better bounds."""
        end = min(self.at + most, int(self.bounds.searchsorted(below)))
        sets, bounds = self.sets[self.at : end], self.bounds[self.at : end]
        self.at = end
        return sets, np.maximum(bounds, by_lines(problem, sets)) if len(sets) else bounds

    @property
    def bound(self) -> float:
        """What those that are left cost at least; infinite when none is."""
        return float(self.bounds[self.at]) if self.at < len(self.bounds) else np.inf


def by_lines(problem: Problem, sets: Ints) -> Floats:
    """Bound many sets: each line filled by rising unit cost, its handling shared out, and the fewest parcels.

    What a location handles of a line costs at least its part of what handling all its units would. Cost and units of
    a piece are sorted as one number; where it would be too long, costs are rounded down.
    """
    held, prices = [problem.U[:, column] for column in sets.T], problem.B[sets]
    step = float(2 ** int(problem.q.max()).bit_length())
    dearest = float(problem.c.max() + problem.H.max()) + 1.0
    round_to = float(2 ** max(0, int(dearest * step).bit_length() - _LONGEST))
    keys = []
    for units, column in zip(held, sets.T, strict=True):
        cost = problem.c[:, column] + np.floor(problem.H[column] / np.maximum(units, 1.0))
        keys.append(np.floor(cost / round_to) * step + units)
    for last in range(len(keys) - 1, 0, -1):  # a network of comparisons, for all lines and sets at once
        for at in range(last):
            low = np.minimum(keys[at], keys[at + 1])
            keys[at + 1] = np.maximum(keys[at], keys[at + 1])
            keys[at] = low
    left, total = np.repeat(problem.q[:, None], len(sets), axis=1), problem.F[sets].sum(axis=1)
    for key in keys:
        cost = np.floor(key / step)
        take = np.minimum(left, key - cost * step)
        left -= take
        total += (take * cost).sum(axis=0) * round_to
    total += problem.p @ left
    if problem.one_parcel or not problem.filling:
        plain: Floats = total + prices.sum(axis=1)
        return plain
    # units that no other location of the set has must leave from here
    shipped = problem.q[:, None] - left
    short = shipped - np.add.reduce(held)
    number = np.array([problem.parcels(problem.w @ np.maximum(short + units, 0.0)) for units in held]).T
    more = np.maximum(np.ceil((problem.w @ shipped) / problem.limit) - number.sum(axis=1), 0.0)
    bound: Floats = total + (prices * number).sum(axis=1) + more * prices.min(axis=1)
    return bound
