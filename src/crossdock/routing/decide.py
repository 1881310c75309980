"""`decide`: one order, one look at the stock, one policy, one decision."""

from msgspec.structs import replace

from crossdock.routing.bill import Pieces, plan_of
from crossdock.routing.model import ENGINE, Decision, Demand, PassedOver, Plan, Policy, RestsOn, Snapshot
from crossdock.routing.paths import best_path
from crossdock.routing.points import Aims
from crossdock.routing.quick import among_all, quick
from crossdock.routing.solve import solve
from crossdock.routing.terms import terms
from crossdock.routing.view import View, rows_of


def decide(demand: Demand, snapshot: Snapshot, policy: Policy) -> Decision:
    """Decide by which path goods reach the customer: straight, or gathered at one place where the policy allows that.

    A pure function, as `straight` is, with the same promises.
    """
    decision = straight(demand, snapshot, policy)
    return decision if policy.merge is None else best_path(decision, demand, snapshot, policy, straight)


def straight(demand: Demand, snapshot: Snapshot, policy: Policy) -> Decision:
    """Decide which location ships how many units of each line at the least cost, and prove how good that is.

    A pure function: equal arguments give equal bytes on every machine; it stops on node counts, never on time, and
    writes to none of its arguments. Money in the answer is in 1/1000 of the minor unit. Demand is served from what
    the snapshot shows: whoever decides several orders takes the assigned units off between calls.

    Raises `RoutingError` for arrays that do not fit the network and the lines, for quantities below 1 and for sums
    that whole float64 numbers cannot hold.
    """
    known = terms(snapshot.network, policy, demand.country, demand.requires)
    view = View(demand, snapshot, known, rows_of(demand, policy))
    aims = Aims(view) if policy.prefer else None
    short = quick(view) if aims is None else among_all(view, aims)
    if short is None:
        return general(view, aims)
    best, second = plan_of(view, short[0]), plan_of(view, short[1])
    decision = write(view, best, PassedOver(second, proven=True), best.total, 0)
    return decision if aims is None else in_points(decision, aims, short[0], short[1], None)


def general(view: View, aims: Aims | None = None) -> Decision:
    """Search for the best plan and compare it with shipping nothing."""
    found = solve(view, aims)
    nothing = plan_of(view, [])
    best = plan_of(view, found.best) if found.best else nothing
    second = plan_of(view, found.second) if found.second else None
    if aims is not None:
        over = PassedOver(second, found.second_proven) if second else None
        decision = write(view, best, over, best.total, found.nodes)
        return in_points(decision, aims, found.best, found.second or None, found.bound)
    bound = nothing.total if found.bound >= nothing.total else int(found.bound)
    if nothing.total < best.total:
        return write(view, nothing, PassedOver(best, found.bound >= best.total), bound, found.nodes)
    return write(view, best, PassedOver(second, found.second_proven) if second else None, bound, found.nodes)


def in_points(decision: Decision, aims: Aims, best: Pieces, second: Pieces | None, bound: float | None) -> Decision:
    """Count a decision in points: its bound (None: proven) and gap are those of the ordered preferences."""
    points = aims.points(best, second)
    least = points.total if bound is None or bound >= points.total else int(bound)
    return replace(decision, bound=least, gap=points.total - least, proven=least == points.total, points=points)


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
        plan.extra_locations,
    )
