"""Lines that are never divided have an exact answer, tree or no tree."""

import numpy as np

from benchmarks.generators import orders
from crossdock.routing.fill import fill
from crossdock.routing.problem import Problem
from crossdock.routing.subsets import applies, optimum
from crossdock.routing.terms import terms
from crossdock.routing.view import View, rows_of
from tests.routing.oracle import Costs
from tests.routing.oracle import optimum as judged


def problem_of(demand, snapshot, policy):
    known = terms(snapshot.network, policy, demand.country, demand.requires)
    return Problem(View(demand, snapshot, known, rows_of(demand, policy)))


def test_the_partition_of_whole_lines_is_the_optimum():
    for demand, snapshot, policy in orders("scarce", 30, 6, 1, 25, seed=7):
        problem = problem_of(demand, snapshot, policy)
        assert applies(problem)
        total, columns = optimum(problem)
        found = judged(Costs(demand, snapshot, policy))
        assert found is not None
        assert total - policy.extra_parcel == found[0]
        assert fill(problem, columns).total == total


def test_a_line_that_may_be_divided_is_left_to_the_tree():
    for demand, snapshot, policy in orders("scarce", 30, 3, 40, 10):
        problem = problem_of(demand, snapshot, policy)
        partial = (problem.U > 0) & (problem.q[:, None] > problem.U)
        assert applies(problem) == (problem.one_parcel and not np.any(partial))
