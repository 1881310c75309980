"""Every price gives a bound below the optimum: that is what all claims rest on."""

import numpy as np
import pytest

from crossdock.routing.dual import Dual, ascend
from crossdock.routing.needed import Needed, needed
from crossdock.routing.problem import Problem
from crossdock.routing.terms import terms
from crossdock.routing.view import View, rows_of
from tests.routing.oracle import Costs, optimum
from tests.routing.small_orders import binding_order, order


def above_the_optimum(asked) -> list[str]:
    """List the prices whose bound lies above the optimum, with and without a price that all parcels pay."""
    demand, snapshot, policy = asked
    known = terms(snapshot.network, policy, demand.country, demand.requires)
    problem = Problem(View(demand, snapshot, known, rows_of(demand, policy)))
    found = optimum(Costs(demand, snapshot, policy))
    if found is None or not problem.m:
        return []
    wrong = []
    for common in (0.0, float(np.floor(problem.B.min() / 2)), float(problem.B.min())):
        for loaded in (False, True):
            dual = Dual(problem, 0.0 if problem.one_parcel else common)
            if loaded:
                dual.load()
            for start in (np.zeros(problem.n), dual.p):
                root = ascend(dual, start, 1, problem.value_none, np.inf, 60)
                if root.bound - policy.extra_parcel > found[0]:
                    wrong.append(f"{common}, loaded {loaded}: {root.bound} above {found[0]}")
        for above in (1, 100_000, 1_000_000):
            base = needed(problem, found[0] + policy.extra_parcel + above)
            if base is not None:
                wrong += _with_what_is_needed(problem, common, base, found[0] + policy.extra_parcel)
    return wrong


def _with_what_is_needed(problem: Problem, common: float, base: Needed, optimum: float) -> list[str]:
    wrong = []
    for loaded in (False, True):
        dual = Dual(problem, 0.0 if problem.one_parcel else common, base)
        dual.count_on(dual.needed)
        if loaded:
            dual.load()
        for v in (np.zeros(len(dual.need)), np.concatenate((dual.p, dual.need[len(dual.p) :] * 0.0))):
            bound = ascend(dual, v, 1, problem.value_none, np.inf, 60).bound
            if bound > optimum:
                wrong.append(f"{common}, loaded {loaded}, {base.columns.sum()} needed: {bound} above {optimum}")
    return wrong


@pytest.mark.parametrize("seed", [91, 120, 137, 321, 329, 350])
def test_what_is_left_behind_does_not_pay_for_parcels(seed):
    """Units whose penalty is less than the part of a parcel that they save once lifted the bound above the optimum."""
    assert not above_the_optimum(order(seed))


@pytest.mark.parametrize("seed", range(60))
def test_bounds_lie_below_the_optimum(seed):
    assert not above_the_optimum(binding_order(seed))
