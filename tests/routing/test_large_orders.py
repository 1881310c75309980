"""Orders of many lines and networks of many locations: sets of locations by classes hold before HiGHS as well."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.generators import orders
from crossdock.routing import search
from crossdock.routing.candidates import by_lines
from crossdock.routing.fill import fill_bounded
from crossdock.routing.problem import Problem
from crossdock.routing.sets import covering
from crossdock.routing.terms import terms
from crossdock.routing.view import View, rows_of
from tests.routing.judged import judge
from tests.routing.small_orders import binding_order, order


def problem_of(asked) -> Problem:
    demand, snapshot, policy = asked
    known = terms(snapshot.network, policy, demand.country, demand.requires)
    return Problem(View(demand, snapshot, known, rows_of(demand, policy)))


@pytest.mark.parametrize("lines", [0, 60])
@pytest.mark.parametrize("drawn", [order, binding_order])
def test_small_orders_searched_as_in_a_large_network_hold_before_highs(drawn, lines, monkeypatch):
    monkeypatch.setattr(search, "_FEW_PAIRS", 0)
    monkeypatch.setattr(search, "_MANY_LINES", lines)
    for seed in range(40):
        _, wrong = judge(drawn(seed))
        assert not wrong, f"order {seed}: {wrong}"


@pytest.mark.parametrize(
    ("drawn", "seed"), [(order, 516), (order, 394), (binding_order, 437), (binding_order, 112), (binding_order, 276)]
)
def test_what_nobody_has_counts_once(drawn, seed, monkeypatch):
    """The penalty of a line that nobody has once counted twice for pairs in large networks, and hid the best one."""
    monkeypatch.setattr(search, "_FEW_PAIRS", 0)
    _, wrong = judge(drawn(seed))
    assert not wrong


@pytest.mark.parametrize("kind", ["normal", "scarce"])
@pytest.mark.parametrize(("sites", "lines", "limit"), [(35, 30, 68_000), (33, 60, 68_000), (32, 40, 20_000)])
def test_orders_of_thirty_to_sixty_lines_hold_before_highs(kind, sites, lines, limit):
    for number, asked in enumerate(orders(kind, sites, lines, 3, 1, limit_g=limit)):
        decision, wrong = judge(asked)
        assert not wrong, f"{kind}, order {number}: {wrong}"
        assert decision.gap <= decision.cost // 50


@pytest.mark.parametrize("kind", ["normal", "scarce"])
def test_the_bound_of_a_set_by_its_lines_lies_below_its_best_division(kind):
    for asked in orders(kind, 40, 30, 3, 2, limit_g=10_000):
        problem = problem_of(asked)
        random = np.random.default_rng(4)
        sets = np.sort(np.array([random.permutation(problem.m)[:4] for _ in range(12)]), axis=1)
        for columns, bound in zip(sets, by_lines(problem, sets), strict=True):
            plan, _ = fill_bounded(problem, columns)
            # the bound counts all four as open, and a plan may leave some of them out
            idle = np.setdiff1d(columns, plan.columns)
            assert bound <= plan.total + problem.f[idle].sum()


@st.composite
def stocked(draw):
    lines, columns = draw(st.integers(1, 4)), draw(st.integers(1, 8))
    numbers = st.integers(0, 3)
    units = np.array(draw(st.lists(numbers, min_size=lines * columns, max_size=lines * columns)), dtype=np.float64)
    s = np.array(draw(st.lists(st.integers(-5, 30), min_size=columns, max_size=columns)), dtype=np.float64)
    rest = np.array(draw(st.lists(st.integers(1, 5), min_size=lines, max_size=lines)), dtype=np.float64)
    return s, units.reshape(lines, columns), rest


@settings(max_examples=300, deadline=None)
@given(stocked(), st.integers(1, 4), st.integers(-10, 60), st.sampled_from([2, 5, 10_000]))
def test_sets_that_cover_are_all_found_or_known_to_lie_beyond(drawn, size, below, most):
    """Given thin stock, when covering sets are listed, then no other is below what is said of the rest."""
    s, units, rest = drawn
    if size > len(s):
        return
    found = covering(s, units, rest, size, float(below), most)
    listed = {tuple(sorted(row.tolist())): total for row, total in zip(found.members, found.sums, strict=True)}
    for columns in combinations(range(len(s)), size):
        total = s[list(columns)].sum()
        if (units[:, columns].sum(axis=1) >= rest).all() and total < min(below, found.beyond):
            assert listed[columns] == total
    for columns, total in listed.items():
        assert s[list(columns)].sum() == total < below
        assert (units[:, columns].sum(axis=1) >= rest).all()
