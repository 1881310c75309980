"""What thin stock decides before any search: locations, lines and units that no good plan is without."""

import numpy as np
import pytest

from crossdock.routing.needed import needed, numbers_of
from crossdock.routing.problem import Problem
from crossdock.routing.terms import terms
from crossdock.routing.view import View, rows_of
from tests.routing.builders import CARD, POLICY, demand, network, snapshot
from tests.routing.oracle import Costs, optimum
from tests.routing.small_orders import binding_order, order

DC, LEEDS, YORK = 1, 2, 3


def problem_of(asked, seen, policy):
    known = terms(seen.network, policy, asked.country, asked.requires)
    return Problem(View(asked, seen, known, rows_of(asked, policy)))


def sites_of(problem, columns):
    return [int(site) + 1 for site in problem.sites[columns]]


def test_who_has_the_last_units_of_an_item_is_in_every_good_plan():
    seen = snapshot(network(), (5, 5, 5), (0, 0, 1), (2, 2, 0))
    problem = problem_of(demand((3, 100), (1, 100), (3, 100)), seen, POLICY)
    base = needed(problem, 5_000_000)
    assert base is not None
    assert sorted(sites_of(problem, base.columns)) == [DC, LEEDS, YORK]
    assert base.full.all()
    assert base.low[2].sum() == 2  # of the third item one unit each
    assert base.low[1].sum() == 1
    # all three are open and have room: what is left of the first and the third goes where it is cheapest
    assert not len(base.rows)
    assert base.settled > 0


def test_a_low_penalty_makes_nothing_needed():
    policy = type(POLICY)(card=CARD, unfilled_per_unit=300_000)
    seen = snapshot(network(), (5, 5, 5), (0, 0, 1))
    problem = problem_of(demand((3, 100), (1, 100)), seen, policy)
    base = needed(problem, 5_000_000)
    assert base is None


@pytest.mark.parametrize("block", range(4))
def test_what_is_needed_is_in_the_optimum(block):
    found = 0
    for drawn in (order, binding_order):
        for seed in range(block * 25, block * 25 + 25):
            asked, seen, policy = drawn(seed)
            problem = problem_of(asked, seen, policy)
            best = optimum(Costs(asked, seen, policy))
            if best is None or not problem.m:
                continue
            upper = best[0] + policy.extra_parcel + 1
            base = needed(problem, upper)
            if base is None:
                continue
            found += 1
            ids = np.array([site.id for site in seen.network.sites])[problem.sites[base.columns]]
            assert set(ids.tolist()) <= set(best[1]), f"{drawn.__name__} {seed}"
            assert base.known < upper
            heavy = np.flatnonzero(problem.w @ problem.U > problem.limit)
            first = problem.parcels(problem.w @ base.low)[heavy]
            choices = numbers_of(problem, base, heavy, (first, problem.parcels(problem.w @ problem.U)[heavy]))
            assert choices is None or len(choices)
    assert found > 5
