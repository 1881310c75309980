"""Up to eight lines that are never divided: the exact optimum by dynamic programming over sets of lines.

The least cost of a set of lines from one location is a matrix product over all sets and locations; a plan is a
partition of the lines into such sets and a rest that stays. Merging two sets at one location only saves an opening,
so it does no harm that the partition does not know the locations apart. The tree rarely needs it.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from crossdock.routing.problem import Problem
from crossdock.routing.terms import Floats, Ints

MOST_LINES = 8


def applies(problem: Problem) -> bool:
    """Say whether no line is worth dividing: each is whole or missing everywhere, or has to stay together."""
    if problem.n > MOST_LINES or not problem.one_parcel:
        return False
    return not problem.split_lines or bool(((problem.U == 0) | (problem.q[:, None] == problem.U)).all())


@cache
def _pairs(lines: int) -> tuple[Ints, Ints, Ints]:
    """Give all (set, not empty part of it), ordered by set, and where each set begins."""
    sets: list[int] = []
    parts: list[int] = []
    starts: list[int] = []
    for whole in range(1, 1 << lines):
        starts.append(len(sets))
        part = whole
        while part:
            sets.append(whole)
            parts.append(part)
            part = (part - 1) & whole
    return np.array(sets), np.array(parts), np.array(starts)


def optimum(problem: Problem) -> tuple[float, Ints]:
    """Give the least total of plans that ship something, and the columns of one that has it."""
    sets = np.arange(1 << problem.n)
    member: NDArray[np.float64] = ((sets[:, None] >> np.arange(problem.n)) & 1).astype(np.float64)
    costs = problem.f - member @ problem.gain
    where = costs.argmin(axis=1)
    alone: Floats = costs[sets, where]
    whole, part, starts = _pairs(problem.n)
    rest = whole ^ part
    most = min(problem.n, problem.most or problem.n)
    layers: list[Floats] = []
    choices: list[Ints] = []
    before: Floats = np.zeros(len(sets))  # lines that are in no part stay behind
    for _ in range(most):
        cost = alone[part] + before[rest]
        least = np.full(len(sets), np.inf)
        least[1:] = np.minimum.reduceat(cost, starts)
        first = np.full(len(sets), -1)
        hits = np.flatnonzero(cost == least[whole])
        first[whole[hits[::-1]]] = part[hits[::-1]]
        layers.append(least)
        before = least
        choices.append(first)
    best = int(np.argmin([layer[-1] for layer in layers]))
    columns, at = set(), len(sets) - 1
    for layer in range(best, -1, -1):
        chosen = int(choices[layer][at])
        columns.add(int(where[chosen]))
        at ^= chosen
    return problem.value_none + float(layers[best][-1]), np.array(sorted(columns))
