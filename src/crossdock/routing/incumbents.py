"""The best plan found so far, and the best one with another set of locations."""

import numpy as np

from crossdock.routing.fill import Filled
from crossdock.routing.problem import Problem

Key = tuple[float, int, float, tuple[int, ...]]


class Incumbents:
    """Keep the two best plans with different sets of locations.

    Plans are compared by (total, lines that are divided, parcels, columns), and columns are sorted by (rank, id):
    so whole-line plans win ties, then fewer parcels, then better ranks.
    """

    __slots__ = ("best", "best_key", "problem", "second", "second_key")

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.best: Filled | None = None
        self.second: Filled | None = None
        worst: Key = (np.inf, 0, 0.0, ())
        self.best_key = self.second_key = worst

    def offer(self, plan: Filled) -> None:
        """Take the plan in if it is one of the two best."""
        if plan.total > self.second_key[0] or not len(plan.columns):
            return
        plan.sites = self.problem.sites[plan.columns]
        x = plan.x
        divided = int(((x > 0).sum(axis=1) > 1).sum())
        places = tuple(self.problem.order[plan.columns].tolist())
        key: Key = (plan.total, divided, float(self.problem.parcels(self.problem.w @ x).sum()), places)
        if self.best is not None and places == self.best_key[3]:
            if key < self.best_key:
                self.best, self.best_key = plan, key
        elif key < self.best_key:
            self.second, self.second_key = self.best, self.best_key
            self.best, self.best_key = plan, key
        elif key < self.second_key:
            self.second, self.second_key = plan, key
