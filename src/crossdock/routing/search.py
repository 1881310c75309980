"""The search for the best plan over sets of locations, with a bound that holds for every plan."""

import numpy as np

from crossdock.routing.additions import Additions
from crossdock.routing.dual import Dual, Root, ascend
from crossdock.routing.fill import Filled, fill, fill_bounded
from crossdock.routing.incumbents import Incumbents
from crossdock.routing.large import Large
from crossdock.routing.needed import Needed, last_units, needed, numbers_of
from crossdock.routing.pairs import pair_totals, promising
from crossdock.routing.prices import core_of, start_prices
from crossdock.routing.problem import Problem
from crossdock.routing.room import Lines
from crossdock.routing.subsets import applies, optimum
from crossdock.routing.terms import Bools, Floats
from crossdock.routing.tree import Numbers, Tree

_CLIMBS = 40
_EXCHANGES = 4
_STEPS = 40
_FIRST_STEPS = 12  # all pairs follow, or trees by numbers of parcels, whose columns need not be thinned out further
_PAIR_CELLS = 200_000
_FEW_PAIRS = 900
_MANY_LINES = 60
_PAIRS_LOOKED_AT = 60
_LEAST_NODES, _MOST_NODES, _NODE_CELLS = 64, 2_000, 1_200_000
_MOST_NODES_OF_PARCELS = 300
_MOST_HEAVY = 5
_FOR_SECOND, _SECOND_CELLS = 64, 400_000


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
    last = np.zeros(problem.m, dtype=bool)
    if problem.m * problem.m <= _FEW_PAIRS and problem.split_lines and problem.most is None:
        last = last_units(problem)
    if int(last.sum()) > 1:  # whoever has the last units of a line mostly belongs to the best plan
        incumbents.offer(fill(problem, np.flatnonzero(last)))
    climb(problem, incumbents, last)
    bounds, nodes = _beyond_singles(problem, incumbents)
    assert incumbents.best is not None
    if bounds < incumbents.best.total and applies(problem):
        bounds, columns = optimum(problem)
        incumbents.offer(fill(problem, columns))
    inexact = float(np.where(total > alone, alone, np.inf).min())
    bound = min(inexact, bounds)
    return Found(incumbents, min(bound, incumbents.best.total), bound, nodes)


def climb(problem: Problem, incumbents: Incumbents, last: Bools) -> None:
    """Add the location that saves most, one after the other, as long as that saves anything.

    Then those that do not pay are left out again, except where they have the last units of a line.
    """
    plan = incumbents.best
    assert plan is not None
    columns = problem.at(plan.sites)
    if columns[0] < 0:
        return
    plan = Filled(columns, plan.x, plan.total)
    for _ in range(_CLIMBS):
        if len(plan.columns) == problem.m or len(plan.columns) == problem.most:
            return
        additions = Additions(problem, plan)
        column = int(additions.total.argmin())
        if additions.total[column] == np.inf:
            return
        better = fill(problem, np.sort(np.append(plan.columns, column)))
        if len(better.columns) <= len(plan.columns):
            better = additions.carried_out(problem, plan, column)
        incumbents.offer(better)
        if better.total >= plan.total:
            break
        plan = better
    while len(plan.columns) > 2:  # what came early may have become superfluous
        some = np.flatnonzero(~last[plan.columns]).tolist()
        if not some:
            break
        fewer = [fill(problem, np.delete(plan.columns, at)) for at in some]
        for other in fewer:
            incumbents.offer(other)
        better = min(fewer, key=lambda other: other.total)
        if better.total >= plan.total:
            break
        plan = better
    if not problem.one_parcel and len(plan.columns) > 1 and problem.n <= _MANY_LINES:
        incumbents.offer(fill_bounded(problem, plan.columns, plan.total)[0])


def exchange(problem: Problem, incumbents: Incumbents) -> bool:
    """Replace one location of the best plan by another, as long as that saves anything; say if it did."""
    begun = incumbents.best_key[0]
    for _ in range(_EXCHANGES):
        plan = incumbents.best
        assert plan is not None
        columns = problem.at(plan.sites)
        if len(columns) < 2 or columns[0] < 0:
            break
        for at in range(len(columns)):
            others = fill(problem, np.delete(columns, at))
            additions = Additions(problem, others)
            column = int(additions.total.argmin())
            if additions.total[column] < np.inf:
                incumbents.offer(fill(problem, np.sort(np.append(others.columns, column))))
        if incumbents.best is plan:
            break
    return incumbents.best_key[0] < begun


def _beyond_singles(problem: Problem, incumbents: Incumbents) -> tuple[float, int]:
    """Look at all sets of two and more locations; give a bound below those that were not offered, and the nodes.

    Where columns are few all pairs come first, then a tree; else prices thin the columns out before, and classes of
    sets follow (`large`), at once where lines are many.
    """
    few = problem.m * problem.m <= _FEW_PAIRS
    classes = not few and problem.split_lines and problem.most is None
    if classes and problem.n > _MANY_LINES:
        looked = Large(problem, incumbents, problem.one_parcel, 2)
        return looked.run(), looked.nodes
    base, unsettled, at_least = _beginning(problem, incumbents) if few else (None, np.inf, 2)
    if not few:
        _drop_dear(problem, incumbents)
    if problem.m < at_least or problem.most == at_least - 1:
        return unsettled, 0
    # many locations and several parcels each: that the second is the second would cost more than the decision
    enough = incumbents.second_key[0] if few or problem.one_parcel else incumbents.best_key[0]
    root, dual = _root(problem, incumbents, base, at_least, enough, _FIRST_STEPS)
    if root.bound >= enough:
        return min(unsettled, root.bound), 0
    if not _thinned(problem, dual, incumbents, root, at_least, base):
        return min(unsettled, root.bound), 0
    if not few:
        return _after_pairs(problem, incumbents, root, dual, classes)
    found, nodes = _by_tree(problem, incumbents, root, dual, at_least, base)
    return min(unsettled, found), nodes


def _after_pairs(problem: Problem, incumbents: Incumbents, root: Root, dual: Dual, classes: bool) -> tuple[float, int]:
    """Settle all pairs, then all larger sets, of many locations."""
    before = incumbents.best_key[0]
    unsettled = _all_pairs(problem, incumbents, root)
    if problem.m < 3 or problem.most == 2:
        return unsettled, 0
    if classes:
        looked = Large(problem, incumbents, problem.one_parcel, 3)
        return min(unsettled, looked.run(root.v[: problem.n])), looked.nodes
    if incumbents.best_key[0] < before:
        climb(problem, incumbents, np.zeros(problem.m, dtype=bool))
    dual.load()
    root = ascend(dual, root.v, 3, _reachable(incumbents, 3), incumbents.second_key[0], _STEPS)
    if not _thinned(problem, dual, incumbents, root, 3):
        return min(unsettled, root.bound), 0
    if exchange(problem, incumbents) and not _thinned(problem, dual, incumbents, root, 3):
        return min(unsettled, root.bound), 0
    found, nodes = _by_tree(problem, incumbents, root, dual, 3, None)
    return min(unsettled, found), nodes


def _by_tree(
    problem: Problem, incumbents: Incumbents, root: Root, dual: Dual, at_least: int, base: Needed | None
) -> tuple[float, int]:
    """Search sets of at least so many locations in a tree; give a bound below those that were not offered."""
    tree = Tree(problem, dual, incumbents, at_least)
    most = _MOST_NODES if problem.one_parcel else _MOST_NODES_OF_PARCELS
    cells = max(1, len(dual.rows) * problem.m)
    cap = max(_LEAST_NODES, min(most, _NODE_CELLS // cells))
    if base is not None:
        dual.load()
    numbers = _numbered(problem, dual, base)
    found = tree.run(root, cap, max(8, min(_FOR_SECOND, _SECOND_CELLS // cells)), numbers)
    return max(root.bound, found), tree.nodes


def _beginning(problem: Problem, incumbents: Incumbents) -> tuple[Needed | None, float, int]:
    """Find what plans have in common, and settle all pairs where that are not three locations already.

    Gives that, a bound below the sets that are settled so, and how many locations the others have at least.
    """
    base = needed(problem, incumbents.second_key[0])
    if base is not None and int(base.columns.sum()) > 2:
        columns = np.flatnonzero(base.columns)
        incumbents.offer(fill_bounded(problem, columns, incumbents.second_key[0])[0])
        return base, base.upper, len(columns)
    unsettled = _all_pairs(problem, incumbents, None)
    base = needed(problem, incumbents.second_key[0])
    return base, unsettled if base is None else min(unsettled, base.upper), 3


def _numbered(problem: Problem, dual: Dual, base: Needed | None) -> Numbers | None:
    """Give the numbers of parcels that the needed locations may send, where these are few."""
    if base is None or not dual.loaded or not Lines.fits(problem) or len(dual.heavy) > _MOST_HEAVY:
        return None
    choices = numbers_of(problem, base, dual.heavy, dual.numbers)
    if choices is None or len(choices) < 2:
        return None
    first, last = (np.repeat(part[None, :], len(choices), axis=0) for part in dual.numbers)
    inside = dual.needed[dual.heavy]
    first[:, inside] = last[:, inside] = choices
    return first, last


def _drop_dear(problem: Problem, incumbents: Incumbents) -> None:
    """Forget the columns that cost too much beside any other, even if lines were served at the least cost anywhere."""
    worth = problem.q * problem.p
    alone = np.where(problem.U > 0, problem.q[:, None] * problem.c + problem.H, np.inf).min(axis=1)
    lines = float(np.minimum(alone, worth).sum())
    keep = problem.f + (lines + float(problem.f.min())) < incumbents.second_key[0]
    assert incumbents.best is not None
    keep[incumbents.best.columns] = True  # prices begin with the best plan
    if not keep.all():
        kept = np.flatnonzero(keep)
        incumbents.best.columns = kept.searchsorted(incumbents.best.columns)
        problem.keep(kept)


def _reachable(incumbents: Incumbents, at_least: int) -> float:
    """Give what the bound on sets of at least so many locations may rise to, as far as is known."""
    assert incumbents.best is not None
    return incumbents.best.total if len(incumbents.best.columns) >= at_least else incumbents.second_key[0]


def _root(
    problem: Problem, incumbents: Incumbents, base: Needed | None, at_least: int, target: float, steps: int
) -> tuple[Root, Dual]:
    """Find the best prices; with several parcels, with and without a common price per parcel.

    Half the least price of a parcel serves best: with all of it locations beyond the parcels needed open for nothing.
    """
    assert incumbents.best is not None
    common = 0.0 if problem.one_parcel else float(np.floor(problem.B.min() / 2.0))
    found: tuple[Root, Dual] | None = None
    for multiplier in (common, 0.0)[: 1 if common == 0.0 else 2]:
        dual = Dual(problem, multiplier, base)
        plan = incumbents.best
        dual.count_on(core_of(problem, plan) | dual.needed)
        upper = max(target, _reachable(incumbents, at_least))
        root = ascend(dual, start_prices(problem, dual, plan), at_least, upper, target, steps)
        if found is None or root.bound > found[0].bound:
            found = root, dual
        if root.bound >= target:
            break
    assert found is not None
    return found


def _thinned(
    problem: Problem, dual: Dual, incumbents: Incumbents, root: Root, at_least: int, base: Needed | None = None
) -> bool:
    """Forget the columns that no set below the second best can have; say whether sets are left to look at."""
    target = incumbents.second_key[0]
    if root.bound >= target:
        return False
    keep = np.flatnonzero(root.bound + root.rise(dual.needed, at_least) < target)
    if len(keep) < at_least:
        root.bound = target
        return False
    problem.keep(keep)
    dual.keep(keep)
    if base is not None:
        base.keep(keep)
    root.s = root.s[keep]
    return True


def _all_pairs(problem: Problem, incumbents: Incumbents, root: Root | None) -> float:
    """Offer every pair that may be among the two best; give the least bound among those left unsettled."""
    unsettled = np.inf
    if root is None:
        left, right = np.triu_indices(problem.m, 1)
    else:
        left, right, least_of = promising(problem, incumbents.second_key[0], root.prices, root.s)
        most = max(1, _PAIR_CELLS // problem.n)
        if len(left) > most:
            order = least_of.argsort(kind="stable")
            unsettled = float(least_of[order[most]])
            left, right = left[order[:most]], right[order[:most]]
    totals = pair_totals(problem, left, right)
    for looked, at in enumerate(totals.argsort(kind="stable").tolist()):
        least = float(totals[at])
        if least >= incumbents.second_key[0]:
            return min(unsettled, least)
        if looked == _PAIRS_LOOKED_AT:
            return min(unsettled, least)
        plan, bound = fill_bounded(problem, np.array([left[at], right[at]]), incumbents.second_key[0])
        incumbents.offer(plan)
        # a pair that is best with one of the two left out must hold the best single location (its total is below the
        # second's): what the other costs when it has to ship, `climb` has seen for all of them, exactly in one parcel
        known = len(plan.columns) == 2 or problem.one_parcel
        if plan.total > max(least, bound) or not known:
            unsettled = min(unsettled, max(least, bound))
    return unsettled
