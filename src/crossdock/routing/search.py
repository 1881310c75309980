"""The search for the best plan over sets of locations, with a bound that holds for every plan."""

import numpy as np

from crossdock.routing.fill import fill
from crossdock.routing.incumbents import Incumbents
from crossdock.routing.problem import Problem
from crossdock.routing.terms import Floats


class Found:
    """The two best plans, the bound below every plan that ships something, and what was proven in how many nodes."""

    __slots__ = ("best", "bound", "nodes", "second", "second_proven")

    def __init__(self, incumbents: Incumbents, bound: float, second_bound: float, nodes: int) -> None:
        self.best, self.second, self.bound, self.nodes = incumbents.best, incumbents.second, bound, nodes
        self.second_proven = self.second is not None and second_bound >= self.second.total


def singles(problem: Problem) -> tuple[Floats, Floats]:
    """Give for each column the total of shipping all that it can alone, and a bound below anything it can do alone."""
    x = problem.U * (problem.gain > 0)
    if problem.one_parcel:
        total = problem.value_none - problem.gain.sum(axis=0) + problem.f
        return total, total
    number = problem.parcels(problem.w @ x)
    total = problem.value_none - problem.gain.sum(axis=0) + problem.F + problem.B * number
    if problem.filling:
        return total, total
    return total, problem.value_none - problem.gain.sum(axis=0) + problem.f


def free_lines(problem: Problem) -> float:
    """Give the least the lines can cost if opening locations and parcels were free."""
    able = problem.U > 0
    cost = np.where(able, problem.q[:, None] * problem.c + problem.H, (problem.q * problem.p)[:, None])
    return float(np.minimum(cost.min(axis=1), problem.q * problem.p).sum())


def search(problem: Problem) -> Found:
    """Search for the two best sets of locations."""
    incumbents = Incumbents(problem)
    total, alone = singles(problem)
    for column in total.argsort(kind="stable")[:2].tolist():
        incumbents.offer(fill(problem, np.array([column])))
    first = float(alone.min())
    if problem.most == 1:
        second = float(np.partition(alone, 1)[1]) if problem.m > 1 else np.inf
        return Found(incumbents, first, second, 0)
    if problem.m == 1:
        return Found(incumbents, first, np.inf, 0)
    greedy(problem, incumbents, int(total.argmin()))
    two = float(np.partition(problem.f, 1)[:2].sum()) + free_lines(problem)
    return Found(incumbents, min(first, two), -np.inf, 0)


def greedy(problem: Problem, incumbents: Incumbents, start: int) -> None:
    """Add the location that saves most, one after the other, as long as that saves anything."""
    open_columns = [start]
    best = fill(problem, np.array(open_columns))
    while problem.most is None or len(open_columns) < problem.most:
        tried = [
            fill(problem, np.array(sorted([*open_columns, column])))
            for column in range(problem.m)
            if column not in open_columns
        ]
        if not tried:
            return
        for plan in tried:
            incumbents.offer(plan)
        top = min(tried, key=lambda plan: plan.total)
        if top.total >= best.total:
            return
        best, open_columns = top, top.columns.tolist()
