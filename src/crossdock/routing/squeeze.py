"""Saving parcels: units move between open locations where that costs less than the parcel it saves."""

import numpy as np

from crossdock.routing.problem import Problem
from crossdock.routing.terms import Floats, Ints

_ROUNDS = 8


def squeeze(problem: Problem, columns: Ints, x: Floats) -> Floats:
    """Move units so that fewer parcels are needed, as long as each saved parcel pays for its moves."""
    x = x.copy()
    for _ in range(_ROUNDS):
        weight = problem.w @ x
        number = problem.parcels(weight)
        saving, moved = 0.0, None
        for source in np.flatnonzero(number > 1).tolist():
            tried = _emptied(problem, columns, x, weight, number, source)
            if tried is not None:
                saved = float(problem.B[columns[source]]) - tried[0]
                if saved > saving:
                    saving, moved = saved, tried[1]
        if moved is None:
            return x
        x = moved
    return x


def _emptied(
    problem: Problem, columns: Ints, x: Floats, weight: Floats, number: Floats, source: int
) -> tuple[float, Floats] | None:
    """Move what is in a location's last parcel into room that others have; give what that costs, and the result."""
    excess = weight[source] - (number[source] - 1) * problem.limit
    room = number * problem.limit - weight
    room[source] = 0.0
    if room.sum() < excess:
        return None
    x, cost = x.copy(), 0.0
    c, handling = problem.c[:, columns], problem.H[columns]
    units = np.minimum(problem.U[:, columns] - x, x[:, source, None])
    lines, targets = np.nonzero((units > 0) & (room > 0) & (problem.w > 0)[:, None])
    first = np.where(x[lines, targets] == 0, handling[targets], 0.0) / units[lines, targets]
    per_gram = (c[lines, targets] - c[lines, source] + first) / problem.w[lines]
    for at in np.lexsort((targets, lines, per_gram)).tolist():
        line, target = int(lines[at]), int(targets[at])
        grams = problem.w[line]
        spare = problem.U[line, columns[target]] - x[line, target]
        take = min(spare, x[line, source], room[target] // grams, -(-excess // grams))
        if take <= 0:
            continue
        opening = handling[target] if x[line, target] == 0 else 0.0
        closing = handling[source] if take == x[line, source] else 0.0
        cost += take * (c[line, target] - c[line, source]) + opening - closing
        x[line, source] -= take
        x[line, target] += take
        room[target] -= take * grams
        excess -= take * grams
        if excess <= 0:
            return cost, x
    return None
