"""The cheapest way to move enough weight: a covering knapsack with options per line, exact where it stays small.

Lines are taken by rising cost per gram. A state is (grams moved, cost); it is dropped when its cost and the fractional
cover of what is still missing reach the best known cost, or when another state has moved as much for less (dynamic
programming with bounds, after Pisinger 1997). Options that reduced costs rule out are not looked at, and lines with
one option left are settled at once; with a tight bound only a few lines around the last one are ever open.
"""

from typing import NamedTuple

import numpy as np

from crossdock.routing.terms import Floats, Ints

_MOST_STATES = 2_000


class Options(NamedTuple):
    """What one line can move: units, their grams and cost per option, and where to; moving nothing is left out."""

    units: Floats
    grams: Floats
    cost: Floats
    target: Ints


class Cover(NamedTuple):
    """The option chosen per line (−1: none), or None where none is below `upper`, and a bound below every cover."""

    chosen: list[int] | None
    bound: float
    cells: int


class _Fractional:
    """The least cost of covering grams with parts of what lines move, from a line on: convex, piecewise linear."""

    def __init__(self, grams: Floats, cost: Floats) -> None:
        price = cost / np.maximum(grams, 1.0)
        self.order = price.argsort(kind="stable")
        self.price, self.grams = price[self.order], grams[self.order]
        self.sum_grams = np.concatenate(([0.0], np.cumsum(self.grams)))
        self.sum_cost = np.concatenate(([0.0], np.cumsum(cost[self.order])))

    def least(self, start: int, need: Floats) -> Floats:
        """Bound the cost of covering the needs with the lines from `start` on; infinity where they do not suffice."""
        if start == len(self.grams):
            return np.where(need > 0, np.inf, 0.0)
        target = need + self.sum_grams[start]
        at = self.sum_grams.searchsorted(target, side="left") - 1
        inside = np.minimum(np.maximum(at, start), len(self.grams) - 1)
        # the part of the last line is rounded down, and one more milli taken off for the division
        part = np.floor(self.price[inside] * (target - self.sum_grams[inside])) - 1.0
        whole = target == self.sum_grams[inside + 1]
        cost = np.where(whole, self.sum_cost[inside + 1], self.sum_cost[inside] + part) - self.sum_cost[start]
        cost[at >= len(self.grams)] = np.inf
        return np.where(need > 0, np.maximum(cost, 0.0), 0.0)


def _envelope(lines: list[Options]) -> tuple[Floats, Floats]:
    """Give per line the most grams it can move and what they cost at its least price per gram, rounded down."""
    grams, cost = np.zeros(len(lines)), np.zeros(len(lines))
    for at, options in enumerate(lines):
        best = int((options.cost / options.grams).argmin())
        grams[at] = most = options.grams.max()
        cost[at] = options.cost[best]
        if options.grams[best] != most:
            cost[at] = np.floor(options.cost[best] / options.grams[best] * most) - 1.0
    return grams, cost


def _worth_a_look(lines: list[Options], fractional: _Fractional, need: float, upper: float) -> list[Ints]:
    """Give per line the options (−1: none) that can be part of a cover below `upper`, by their reduced cost."""
    at = min(int(fractional.sum_grams.searchsorted(need)) - 1, len(fractional.price) - 1)
    per_gram = float(fractional.price[max(at, 0)])
    reduced = [np.append(np.floor(o.cost - per_gram * o.grams), 0.0) for o in lines]
    least = [float(r.min()) for r in reduced]
    gap = upper - (np.floor(per_gram * need) + sum(least)) + len(lines) + 2.0
    out = []
    for r, low in zip(reduced, least, strict=True):
        some = np.flatnonzero(r - low < gap)
        some[some == len(r) - 1] = -1
        out.append(some)
    return out


def cover(lines: list[Options], need: float, upper: float, cells: int) -> Cover:
    """Find the cheapest choice of options that moves at least so many grams, below cost `upper`.

    Costs are whole and not below 0. `bound` equals the cost of what was chosen (or `upper`) when nothing was dropped
    for want of room; after looking at so many `cells` the search ends with what it has.
    """
    fractional = _Fractional(*_envelope(lines))
    root = float(fractional.least(0, np.array([need]))[0])
    if root >= upper:
        return Cover(None, upper, 0)
    masks = _worth_a_look(lines, fractional, need, upper)
    chosen = [-1] * len(lines)
    free: list[int] = []
    for line, mask in enumerate(masks):
        if len(mask) == 0:
            return Cover(None, upper, 0)
        if len(mask) > 1:
            free.append(line)
            continue
        chosen[line] = pick = int(mask[0])
        if pick >= 0:
            need -= float(lines[line].grams[pick])
            upper -= (settled := float(lines[line].cost[pick]))
            root -= settled
    paid = sum(float(lines[line].cost[pick]) for line, pick in enumerate(chosen) if pick >= 0)
    if not free or need <= 0:
        done = need <= 0 and upper > 0
        return Cover(chosen if done else None, paid + (0.0 if done else upper), 0)
    picks, bound, seen = _states([lines[line] for line in free], [masks[line] for line in free], need, upper, cells)
    if bound < upper:
        bound = max(bound, root)
    if picks is None:
        return Cover(None, paid + bound, seen)
    for line, pick in zip(free, picks, strict=True):
        chosen[line] = pick
    return Cover(chosen, paid + bound, seen)


def _states(
    lines: list[Options], masks: list[Ints], need: float, upper: float, cells: int
) -> tuple[list[int] | None, float, int]:
    """Go through the lines with all states that may still be the best."""
    fractional = _Fractional(*_envelope(lines))
    grams, cost = np.zeros(1), np.zeros(1)
    trail: list[tuple[Ints, Ints]] = []
    best, end, bound, seen = upper, None, np.inf, 0
    for depth, line in enumerate(fractional.order.tolist()):
        those, states = masks[line], len(grams)
        seen += states * len(those)
        if seen > cells:
            bound = min(bound, float((cost + fractional.least(depth, need - grams)).min()))
            break
        moved = np.append(lines[line].grams, 0.0)[those]  # the last, which −1 finds, moves nothing
        price = np.append(lines[line].cost, 0.0)[those]
        grams = (grams + moved[:, None]).ravel()
        cost = (cost + price[:, None]).ravel()
        least = cost + fractional.least(depth + 1, need - grams)
        keep = np.flatnonzero(least < best)
        done = keep[grams[keep] >= need]
        if len(done):
            top = int(done[cost[done].argmin()])
            best, end = float(cost[top]), (depth, top % states, int(those[top // states]))
            keep = keep[(grams[keep] < need) & (least[keep] < best)]
        if not len(keep):
            break
        keep = keep[np.lexsort((cost[keep], -grams[keep]))]
        price = cost[keep]
        keep = keep[np.append(True, price[1:] < np.minimum.accumulate(price)[:-1])]
        if len(keep) > _MOST_STATES:
            order = least[keep].argsort(kind="stable")
            bound = min(bound, float(least[keep[order[_MOST_STATES]]]))
            keep = np.sort(keep[order[:_MOST_STATES]])
        trail.append((keep % states, those[keep // states]))
        grams, cost = grams[keep], cost[keep]
    bound = min(bound, best)
    return (None if end is None else _traced(fractional.order, trail, end)), bound, seen


def _traced(order: Ints, trail: list[tuple[Ints, Ints]], end: tuple[int, int, int]) -> list[int]:
    chosen = [-1] * len(order)
    depth, state, pick = end
    chosen[int(order[depth])] = pick
    for level in range(depth - 1, -1, -1):
        parents, picks = trail[level]
        chosen[int(order[level])] = int(picks[state])
        state = int(parents[state])
    return chosen
