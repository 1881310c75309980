"""All pairs of locations at once.

With one parcel per location the least total of a pair is exact: each line is filled by one of the two or by both,
gain_l + gain_m − max(0, U_l + U_m − q) · min(margins). With several parcels it is a bound: the lines as if parcels
did not matter, and as few parcels as the weight that only one of the two has, and the whole weight, allow.
"""

import numpy as np

from crossdock.routing.problem import Problem
from crossdock.routing.terms import Floats, Ints


def pair_totals(problem: Problem, left: Ints, right: Ints) -> Floats:
    """Give the least total (or a bound below it) for the pairs (left[k], right[k])."""
    gain, reach, forced_left, forced_right = np.zeros((4, len(left)))
    parcels = not problem.one_parcel
    for line in range(problem.n):
        a, units = problem.gain[line], problem.U[line]
        a_left, a_right = a[left], a[right]
        got = np.maximum(a_left, a_right)
        q = problem.q[line]
        partial = problem.split_lines and bool(((units > 0) & (units < q)).any())
        u_left, u_right = units[left], units[right]
        over = np.maximum(u_left + u_right - q, 0.0)
        if partial:
            margin = problem.p[line] - problem.c[line]
            least = np.minimum(margin[left], margin[right])
            both = u_left * margin[left] + u_right * margin[right] - problem.H[left] - problem.H[right]
            got = np.where((u_left > 0) & (u_right > 0), np.maximum(got, both - over * least), got)
        gain += got
        if parcels:
            shipped = u_left + u_right - over if problem.split_lines else np.minimum(u_left, u_right)
            reach += problem.w[line] * shipped
            if problem.split_lines:
                forced_left += problem.w[line] * (shipped - u_right)
                forced_right += problem.w[line] * (shipped - u_left)
    if not parcels:
        return problem.value_none - gain + problem.f[left] + problem.f[right]
    total = problem.value_none - gain + problem.F[left] + problem.F[right]
    b_left, b_right = problem.B[left], problem.B[right]
    if not problem.filling:
        return total + b_left + b_right
    if not problem.split_lines:  # a line is served by either, so what is shipped is not known: the lighter counts
        number = np.maximum(np.ceil(reach / problem.limit), 2.0)
        return total + b_left + b_right + (number - 2.0) * np.minimum(b_left, b_right)
    n_left, n_right = problem.parcels(forced_left), problem.parcels(forced_right)
    more = np.maximum(np.ceil(reach / problem.limit) - n_left - n_right, 0.0)
    total += b_left * n_left + b_right * n_right + more * np.minimum(b_left, b_right)
    return total
