"""All sets of so many locations that can still be the best: by their prices and by the units that they must have.

For prices v a set costs at least a constant and the s of its columns (`dual`), and what it lacks of a line costs at
least the rest of the penalty on top. Where that alone is too much, the set has to cover the line. Columns are sorted
by s, so that sets below a limit are runs of columns; they grow by one column at a time, those that cannot cover what
is asked of them are dropped on the way, and the last column is tried line by line, the hardest line first.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossdock.routing.terms import Floats, Ints

_HALVINGS = 12
_FREELY = 40_000  # sets where nothing has to be covered
_CELLS = 4_000_000  # units of sets and lines that are looked at together
Whole = NDArray[np.signedinteger[Any]]


class Sets:
    """Sets of `size` columns, a row each; `beyond`: no other set that covers is below this sum of s."""

    __slots__ = ("beyond", "members", "sums", "work")

    def __init__(self, members: Ints, sums: Floats, beyond: float, work: int) -> None:
        self.members, self.sums, self.beyond, self.work = members, sums, beyond, work


def covering(s: Floats, units: Floats, rest: Floats, size: int, below: float, most: int) -> Sets:
    """Give the sets of so many columns whose s sum up to less than `below` and whose units cover the rest of each line.

    `units`: lines × columns. When there are more than `most` to look at, those with a greater sum are left out, and
    `beyond` says from where on; else it is infinite.
    """
    order = s.argsort(kind="stable")
    s = s[order]
    hard = np.minimum(units, rest[:, None]).sum(axis=1) / np.maximum(rest, 1.0)
    lines = hard.argsort(kind="stable")
    kind: type[np.signedinteger[Any]] = np.int32 if float(rest.sum()) * size < 2**31 else np.int64
    held: Whole = np.ascontiguousarray(np.minimum(units, rest[:, None])[lines][:, order].T).astype(kind)
    wanted: Whole = rest[lines].astype(kind)
    best = held.max(axis=0, initial=0)
    widest = int(held.sum(axis=1).max(initial=0))
    members = np.zeros((1, 0), dtype=np.int64)
    sums, work, beyond = np.zeros(1), 0, np.inf
    lacking: Whole = wanted[None, :]
    for at in range(size):
        still = size - at
        last = members[:, -1] if at else np.full(1, -1)
        limit, count = below, _runs(s, sums, last, still, below)
        room = min(most, _FREELY) if not len(rest) else most if still == 1 else max(1, min(most, _CELLS // len(rest)))
        if int(count.sum()) > room:
            limit = _shortened(s, sums, last, still, below, room)
            beyond = min(beyond, limit)
            count = _runs(s, sums, last, still, limit)
        total = int(count.sum())
        work += total
        parent = np.repeat(np.arange(len(count)), count)
        column = last[parent] + 1 + np.arange(total) - np.repeat(np.cumsum(count) - count, count)
        if still == 1:
            some = _complete(lacking, held, parent, column)
            members = np.hstack((members[parent[some]], column[some, None]))
            sums = sums[parent[some]] + s[column[some]]
            work += 4 * len(sums)
            break
        lack = np.maximum(lacking[parent] - held[column], 0)
        work += lack.size // 8
        some = np.flatnonzero((lack <= best * (still - 1)).all(axis=1) & (lack.sum(axis=1) <= widest * (still - 1)))
        members = np.hstack((members[parent[some]], column[some, None]))
        sums, lacking = sums[parent[some]] + s[column[some]], lack[some]
        below = limit
    return Sets(order[members], sums, beyond, work)


def _runs(s: Floats, sums: Floats, last: Ints, still: int, below: float) -> Ints:
    """Give for each set how many columns behind its last one may come next; all after that cost as much at least."""
    end: Ints = (s * still).searchsorted(below - sums, side="left")
    count: Ints = np.maximum(end - last - 1, 0)
    return count


def _shortened(s: Floats, sums: Floats, last: Ints, still: int, below: float, most: int) -> float:
    """Find a limit below which there are not more than so many sets to look at."""
    low, high = float(s[:still].sum()), below
    for _ in range(_HALVINGS):
        middle = float(np.floor((low + high) / 2.0))
        if int(_runs(s, sums, last, still, middle).sum()) > most:
            high = middle
        else:
            low = middle
    return low


def _complete(lacking: Whole, held: Whole, parent: Ints, column: Ints) -> Ints:
    """Give the places of those pairs of a set and a last column that lack nothing."""
    some = np.arange(len(parent))
    for line in range(lacking.shape[1]):
        if not len(some):
            break
        some = some[held[:, line][column[some]] >= lacking[:, line][parent[some]]]
    return some
