"""What one more location would change in a plan: for all locations at once.

Per line a new location first takes units that nobody ships, then those of the line's dearest piece, which it may
replace entirely. Every total given is that of a plan that can be carried out (with one parcel per location); for a
plan with one location the best of them is the best pair that contains it.
"""

import numpy as np

from crossdock.routing.fill import Filled, total_of
from crossdock.routing.problem import Problem
from crossdock.routing.terms import Floats


class Additions:
    """Per line and column the best gain from using the column at all, and the units it then takes."""

    __slots__ = ("gain", "total", "units")

    def __init__(self, problem: Problem, plan: Filled) -> None:
        x, columns = plan.x, plan.columns
        lines = np.arange(problem.n)
        served = x > 0
        missing = (problem.q - x.sum(axis=1))[:, None]
        dear = np.where(served, problem.c[:, columns], -1.0).argmax(axis=1)
        pieces = x[lines, dear][:, None]
        cost = problem.c[:, columns][lines, dear][:, None]
        handling = problem.H[columns][dear][:, None]
        units, worth = problem.U, problem.p[:, None] - problem.c
        if problem.split_lines:
            new = np.minimum(units, missing)
            most = np.minimum(units, missing + pieces)
        else:  # all or nothing: a line has one location
            new = np.where(pieces > 0, 0.0, np.minimum(units, missing))
            most = np.where(pieces > 0, 0.0, new)
        saved = cost - problem.c
        first = new * worth
        all_of_it = first + (most - new) * saved + handling * ((most - new == pieces) & (pieces > 0))
        one = np.where(new > 0, worth, saved + handling * (pieces == 1.0))
        gain, take = all_of_it, most
        if problem.split_lines:
            better = (first > gain) & (new > 0)
            gain, take = np.where(better, first, gain), np.where(better, new, take)
            better = (one > gain) & (units > 0)
            gain, take = np.where(better, one, gain), np.where(better, 1.0, take)
        else:
            swap = units * worth - pieces * (problem.p[:, None] - cost) + handling
            gain, take = np.where(pieces > 0, swap, gain), np.where(pieces > 0, units, take)
        self.gain: Floats = gain - problem.H
        self.units: Floats = take
        usable = take > 0
        paying = np.where(usable, np.maximum(self.gain, 0.0), 0.0)
        least = np.where(usable, self.gain, -np.inf).max(axis=0)
        total = plan.total + problem.f - np.where(least > 0, paying.sum(axis=0), least)
        total[columns] = np.inf
        self.total: Floats = total

    def carried_out(self, problem: Problem, plan: Filled, column: int) -> Filled:
        """Give the plan with the column added, which ships at least one unit."""
        take, gain = self.units[:, column], self.gain[:, column]
        lines = (take > 0) & (gain > 0)
        if not lines.any():
            lines = np.zeros(problem.n, dtype=bool)
            lines[int(np.where(take > 0, gain, -np.inf).argmax())] = True
        order = np.argsort(np.append(plan.columns, column), kind="stable")
        x = np.hstack((plan.x, (take * lines)[:, None]))
        missing = problem.q - plan.x.sum(axis=1)
        dear = np.where(plan.x > 0, problem.c[:, plan.columns], -1.0).argmax(axis=1)
        for line in np.flatnonzero(lines).tolist():
            if problem.split_lines:
                x[line, dear[line]] -= max(0.0, take[line] - missing[line])
            else:
                x[line, dear[line]] = 0.0
        columns = np.append(plan.columns, column)[order]
        x = x[:, order]
        return Filled(columns, x, total_of(problem, columns, x)).used()
