"""`decide`: one order, one look at the stock, one policy, one decision."""

import numpy as np

from crossdock.routing.bill import Pieces, plan_of
from crossdock.routing.fill import Filled
from crossdock.routing.model import ENGINE, Decision, Demand, PassedOver, Plan, Policy, RestsOn, Snapshot
from crossdock.routing.problem import Problem
from crossdock.routing.quick import quick
from crossdock.routing.search import search
from crossdock.routing.terms import terms
from crossdock.routing.view import View, rows_of


def decide(demand: Demand, snapshot: Snapshot, policy: Policy) -> Decision:
    """Decide which location ships how many units of each line at the least cost, and prove how good that is.

    A pure function: equal arguments give equal bytes on every machine; it stops on node counts, never on time, and
    writes to none of its arguments. Money in the answer is in 1/1000 of the minor unit. Demand is served from what
    the snapshot shows: whoever decides several orders takes the assigned units off between calls.

    Raises `RoutingError` for arrays that do not fit the network and the lines, for quantities below 1 and for sums
    that whole float64 numbers cannot hold.
    """
    known = terms(snapshot.network, policy, demand.country, demand.requires)
    view = View(demand, snapshot, known, rows_of(demand, policy))
    short = quick(view)
    if short is None:
        return general(view)
    best, second = plan_of(view, short[0]), plan_of(view, short[1])
    return write(view, best, PassedOver(second, proven=True), best.total, 0)


def general(view: View) -> Decision:
    """Search for the best plan and compare it with shipping nothing."""
    problem = Problem(view)
    nothing = plan_of(view, [])
    if not problem.m:
        return write(view, nothing, None, nothing.total, 0)
    found = search(problem)
    best = plan_of(view, pieces_of(found.best))
    second = plan_of(view, pieces_of(found.second)) if found.second is not None else None
    bound = min(int(found.bound) - view.terms.extra, nothing.total)
    if nothing.total < best.total:
        return write(view, nothing, PassedOver(best, found.bound >= best.total + view.terms.extra), bound, found.nodes)
    return write(view, best, PassedOver(second, found.second_proven) if second else None, bound, found.nodes)


def pieces_of(plan: Filled | None) -> Pieces:
    """List what a filled plan ships, ordered by site, then row."""
    if plan is None:
        return []
    rows, columns = np.nonzero(plan.x)
    sites = plan.sites[columns]
    units = plan.x[rows, columns].astype(np.int64)
    return sorted(zip(sites.tolist(), rows.tolist(), units.tolist(), strict=True))


def write(view: View, plan: Plan, passed_over: PassedOver | None, bound: int, nodes: int) -> Decision:
    """Put the decision together; a bound above the plan's total is only as good as the plan."""
    policy = view.terms.policy
    bound = min(bound, plan.total)
    return Decision(
        plan.assignments,
        plan.unfilled,
        plan.cost,
        plan.penalty,
        plan.extra_parcels,
        plan.bill,
        bound,
        plan.total - bound,
        bound == plan.total,
        nodes,
        passed_over,
        policy.leftover if plan.unfilled else "none",
        RestsOn(view.snapshot.network.version, policy.version, policy.card.version, ENGINE),
    )
