"""Sets of locations one by one: bounded line by line, many at once, then filled, and at last divided into parcels.

Each step is dearer than the one before and is only taken when no bound of anything else is less.
"""

import numpy as np

from crossdock.routing.problem import Problem
from crossdock.routing.terms import Floats, Ints


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

    What a location handles of a line costs at least its part of what handling all its units would.
    """
    units, prices = problem.U[:, sets], problem.B[sets]
    cost = problem.c[:, sets] + np.floor(problem.H[sets] / np.maximum(units, 1.0))
    order = np.where(units > 0, cost, np.inf).argsort(axis=2, kind="stable")
    held = np.take_along_axis(units, order, axis=2)
    take = np.minimum(np.maximum(problem.q[:, None, None] - (held.cumsum(axis=2) - held), 0.0), held)
    shipped = take.sum(axis=2)
    total = (take * np.take_along_axis(cost, order, axis=2)).sum(axis=(0, 2)) + problem.F[sets].sum(axis=1)
    total += problem.p @ (problem.q[:, None] - shipped)
    if problem.one_parcel or not problem.filling:
        plain: Floats = total + prices.sum(axis=1)
        return plain
    others = units.sum(axis=2)[:, :, None] - units
    alone = np.tensordot(problem.w, np.maximum(shipped[:, :, None] - others, 0.0), axes=1)
    number = problem.parcels(alone)
    more = np.maximum(np.ceil((problem.w @ shipped) / problem.limit) - number.sum(axis=1), 0.0)
    bound: Floats = total + (prices * number).sum(axis=1) + more * prices.min(axis=1)
    return bound
