"""All pairs of locations at once.

With one parcel per location the least total of a pair is exact: each line is filled by one of the two or by both,
gain_l + gain_m − max(0, U_l + U_m − q) · min(margins). With several parcels it is a bound: the lines as if parcels
did not matter, and as few parcels as the weight that only one of the two has, and the whole weight, allow.

Most pairs of a large network need no such look: `promising` sorts them out by one matrix product.
"""

import numpy as np

from crossdock.routing.problem import Problem
from crossdock.routing.terms import Floats, Ints

_CHUNK = 60_000
_LEVELS = 4


def promising(problem: Problem, upper: float, prices: float, s: Floats) -> tuple[Ints, Ints, Floats]:
    """Give the pairs that may cost less than `upper`, and a bound below each; all others cost that much.

    Two bounds count: prices with their s (`dual`) sum up over the pair, `prices` being Σ q v; and each line costs what
    it costs where it is cheapest, and the penalty of the units that neither has. Units are counted by levels: those
    missing are the product of "the left has at most so many" and "so many are missing beside them at the right".
    """
    missing = _missing(problem, upper)
    some = problem.U > 0
    alone = np.where(some, problem.q[:, None] * problem.c + problem.H, np.inf).min(axis=1)
    lines = float(np.minimum(alone, problem.q * problem.p).sum())
    least = np.maximum(missing + (lines + problem.f[:, None] + problem.f), prices + s[:, None] + s)
    left, right = np.nonzero(np.triu(least < upper, 1))
    return left, right, least[left, right]


def _missing(problem: Problem, upper: float) -> Floats:
    """Bound for all pairs what the units cost that neither has, above what they would cost anywhere."""
    some = problem.U > 0
    dear = np.where(some, problem.c + problem.H, 0.0).max(axis=1)
    # what nobody has is missing in every plan and counts with the lines already
    per_unit = np.where(some.any(axis=1), np.maximum(problem.p - dear, 0.0), 0.0)
    left, right = [], []
    for line in np.flatnonzero(per_unit).tolist():
        row, wanted = problem.U[line], problem.q[line]
        levels = np.unique(row[row < wanted])
        if len(levels) > _LEVELS:  # rounded up: fewer are missing
            levels = levels[(np.arange(1, _LEVELS + 1) * len(levels)) // _LEVELS - 1]
        below = -1.0
        for level in levels.tolist():
            left.append((row > below) & (row <= level))
            beside = row + level if problem.split_lines else np.maximum(row, level)
            # beyond `upper` nothing has to be told apart
            right.append(np.minimum(np.maximum(wanted - beside, 0.0) * per_unit[line], upper))
            below = level
    if not left:
        return np.zeros((problem.m, problem.m))
    missing: Floats = np.array(left, dtype=np.float64).T @ np.array(right)
    return missing


def pair_totals(problem: Problem, left: Ints, right: Ints) -> Floats:
    """Give the least total (or a bound below it) for the pairs (left[k], right[k])."""
    sums = np.zeros((4, len(left)))
    lines = max(1, _CHUNK // max(1, len(left)))
    for start in range(0, problem.n, lines):
        sums += _lines(problem, slice(start, start + lines), left, right)
    gain, reach, forced_left, forced_right = sums
    total: Floats = problem.value_none - gain + problem.f[left] + problem.f[right]
    if problem.one_parcel or not problem.filling:
        return total
    b_left, b_right = problem.B[left], problem.B[right]
    n_left, n_right = problem.parcels(forced_left), problem.parcels(forced_right)
    more = np.maximum(np.ceil(reach / problem.limit) - n_left - n_right, 0.0)
    total += b_left * (n_left - 1.0) + b_right * (n_right - 1.0) + more * np.minimum(b_left, b_right)
    return total


def _lines(problem: Problem, lines: slice, left: Ints, right: Ints) -> Floats:
    """Give for some lines, by pair: gain, grams shipped at least, grams that only the left and the right can ship."""
    best, units, q = problem.gain[lines], problem.U[lines], problem.q[lines, None]
    gain = np.maximum(best[:, left], best[:, right])
    partial = ((units > 0) & (units < q)).any(axis=1) if problem.split_lines else np.zeros(len(best), dtype=bool)
    if partial.any():
        u, margin = units[partial], problem.p[lines][partial, None] - problem.c[lines][partial]
        u_left, u_right = u[:, left], u[:, right]
        m_left, m_right = margin[:, left], margin[:, right]
        over = np.maximum(u_left + u_right - q[partial], 0.0)
        both = u_left * m_left + u_right * m_right - over * np.minimum(m_left, m_right)
        both -= problem.H[left] + problem.H[right]
        gain[partial] = np.where((u_left > 0) & (u_right > 0), np.maximum(gain[partial], both), gain[partial])
    out = np.zeros((4, len(left)))
    out[0] = gain.sum(axis=0)
    if not problem.one_parcel:
        w, u_left, u_right = problem.w[lines], units[:, left], units[:, right]
        if problem.split_lines:
            shipped = np.minimum(u_left + u_right, q)
            out[1:] = w @ shipped, w @ (shipped - u_right), w @ (shipped - u_left)
        else:  # a line is served by either, so what is shipped is not known: the lighter counts
            out[1] = w @ np.minimum(u_left, u_right)
    return out
