"""One fill per line so that no column exceeds its room: the lines that have more than one are gone through.

A state is the room that is left per column and what was paid above the lines' bounds. It is dropped when that and the
price of the room that must stay empty reach the limit. From each state the cheapest fills of the lines still to come
are tried at once, so that most searches end long before the last line. Dynamic programming with bounds over a core of
items is Pisinger's (1997).
"""

import numpy as np

from crossdock.routing.terms import Bools, Floats, Ints

_MOST_STATES = 4_000
_PER_LINE = 300
_SMALL = 24


class Core:
    """Fills of lines, line by line: units and grams per column, and what each costs above the line's bound.

    After `search`: the units of the best division below the limit (None: there is none), a bound on what divisions
    cost above the lines' bounds, and the work it was. Amounts are whole 256ths, so sums of them are exact.
    """

    __slots__ = ("_above", "_grams", "_line", "_lines", "_prices", "_units", "bound", "cells", "units")

    def __init__(self, line: Ints, units: Floats, grams: Floats, above: Floats, prices: Floats, lines: int) -> None:
        self._line, self._units, self._grams, self._above = line, units, grams, above
        self._prices, self._lines = prices, lines
        self.units: Floats | None = None
        self.bound, self.cells = np.inf, 0

    def search(self, room: Floats, limit: float, target: float, cells: int) -> None:
        """Look for the best division that costs less than `limit` above the lines' bounds; `target` is good enough."""
        starts = self._line.searchsorted(np.arange(self._lines))
        count = np.diff(np.append(starts, len(self._line)))
        if not count.all():  # a line has no fill below the limit
            self.bound = limit
            return
        # the cheapest fill of each line comes first in its part of `ranked`
        ranked = np.lexsort((self._above, self._line))
        chosen = ranked[starts]
        several = np.flatnonzero(count > 1)
        # the dearest differences first: what is left at the end is small change
        second = self._above[ranked[starts[several] + 1]]
        order = several[(-second).argsort(kind="stable")]
        picks = [np.arange(starts[line], starts[line] + count[line]) for line in order.tolist()]
        if len(picks) > _SMALL:
            near: list[Ints] = []
            done = np.zeros(len(room), dtype=bool)
            for _ in range(max(1, len(room) - 1)):
                chosen, some = self._balanced(room, chosen, done)
                near.append(some)
            small = np.flatnonzero(np.isin(order, np.concatenate(near)))
            self._go_through(room, limit, target, chosen, order[small], [picks[at] for at in small.tolist()], cells)
            if self.units is not None and self.bound <= target:
                return
            limit, self.bound = min(limit, self.bound), np.inf
        self._go_through(room, limit, target, chosen, order, picks, cells)
        self.bound = min(self.bound, limit)

    def _balanced(self, room: Floats, chosen: Ints, done: Bools) -> tuple[Ints, Ints]:
        """Move lines by rising price per gram until the column furthest from its room meets it; it is then done.

        Gives the fills, and the lines around the last one that was moved: these mostly suffice to reach the target.
        """
        rest = room - self._grams[chosen].sum(axis=0)
        away = np.abs(rest) * np.where(rest < 0, np.maximum(self._prices, 1.0), self._prices)
        column = int(np.where(done, -1.0, away).argmax())
        done[column] = True
        if away[column] == 0.0:
            return chosen, np.zeros(0, dtype=np.int64)
        need = -float(rest[column])
        less = self._grams[chosen[self._line], column] - self._grams[:, column]
        less = less if need > 0 else -less
        moves = np.flatnonzero(less > 0)
        dearer = (self._above[moves] - self._above[chosen[self._line[moves]]]) / less[moves]
        moves = moves[dearer.argsort(kind="stable")]
        moves = moves[np.sort(np.unique(self._line[moves], return_index=True)[1])]
        last = int(less[moves].cumsum().searchsorted(abs(need), side="left" if need > 0 else "right"))
        taken = moves[: last + (need > 0)]
        balanced = chosen.copy()
        balanced[self._line[taken]] = taken
        return balanced, self._line[moves[max(0, last - _SMALL // 2) : last + _SMALL // 2]]

    def _go_through(
        self, room: Floats, limit: float, target: float, chosen: Ints, order: Ints, picks: list[Ints], cells: int
    ) -> None:
        alone = np.ones(self._lines, dtype=bool)
        alone[order] = False
        chosen = chosen.copy()
        left = (room - self._grams[chosen[alone]].sum(axis=0))[None, :]
        paid = np.full(1, float(self._above[chosen[alone]].sum()))
        fewest = _to_come([self._grams[pick].min(axis=0) for pick in picks], len(room))
        widest = _to_come([self._grams[pick].max(axis=0) for pick in picks], len(room))
        plain = _to_come(list(self._grams[chosen[order]]), len(room))
        plain_paid = _to_come([self._above[at : at + 1] for at in chosen[order].tolist()], 1)[:, 0]
        # where all columns count, the last one has what the others have not
        told_apart = max(1, len(room) - (self._units.shape[1] == len(room)))
        best, end = limit, None
        trail: list[tuple[Ints, Ints]] = []
        for depth in range(len(picks) + 1):
            rest = left - plain[depth]
            whole = np.where((rest >= 0).all(axis=1), paid + plain_paid[depth] + rest @ self._prices, np.inf)
            if float(whole.min()) < best:
                end = depth, int(whole.argmin())
                best = float(whole[end[1]])
                if best <= target:
                    break
            if depth == len(picks):
                break
            pick, states = picks[depth], len(paid)
            self.cells += _PER_LINE + states * len(pick)
            left = (left - self._grams[pick][:, None, :]).reshape(-1, len(room))
            paid = (paid + self._above[pick][:, None]).ravel()
            sure = paid + np.maximum(left - widest[depth + 1], 0.0) @ self._prices
            keep = np.flatnonzero((left >= fewest[depth + 1]).all(axis=1) & (sure < best))
            # of states with the same room the cheapest will do
            keep = keep[np.lexsort((paid[keep], *left[keep, :told_apart].T))]
            if len(keep) > 1:
                keep = keep[_first_of_equals(left[keep, :told_apart])]
            if len(keep) > _MOST_STATES:
                least = sure[keep].argsort(kind="stable")
                self.bound = min(self.bound, float(sure[keep[least[_MOST_STATES]]]))
                keep = np.sort(keep[least[:_MOST_STATES]])
            if not len(keep):
                break
            if self.cells > cells:
                self.bound = min(self.bound, float(sure[keep].min()))
                break
            trail.append((keep % states, pick[keep // states]))
            left, paid = left[keep], paid[keep]
        self.bound = min(self.bound, best)
        if end is not None:
            depth, state = end
            for level in range(depth - 1, -1, -1):
                parents, taken = trail[level]
                chosen[order[level]] = taken[state]
                state = int(parents[state])
            self.units = self._units[chosen]


def _to_come(parts: list[Floats], width: int) -> Floats:
    """Give the sums of all parts from each one on, and 0 after the last."""
    if not parts:
        return np.zeros((1, width))
    sums: Floats = np.vstack((np.cumsum(np.array(parts)[::-1], axis=0)[::-1], np.zeros(width)))
    return sums


def _first_of_equals(rows: Floats) -> Bools:
    first: Bools = np.append(True, (rows[1:] != rows[:-1]).any(axis=1))
    return first
