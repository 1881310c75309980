"""One decision before the judge."""

from crossdock.routing import Decision, Plan, decide
from tests.routing.oracle import Costs, optimum
from tests.routing.small_orders import Order


def shipped(costs: Costs, order: Order, plan: Plan | Decision) -> dict[int, list[int]]:
    """Gather a plan's units by site id and item."""
    item_of = {line.key: costs.items.index(line.item) for line in order[0].lines}
    out: dict[int, list[int]] = {}
    for site, key, units in plan.assignments:
        out.setdefault(site, [0] * len(costs.items))[item_of[key]] += units
    return out


def judge(order: Order) -> tuple[Decision, list[str]]:
    """Decide an order and list what the judge holds against the decision."""
    demand, snapshot, policy = order
    decision = decide(demand, snapshot, policy)
    costs = Costs(demand, snapshot, policy)
    wrong: list[str] = []
    nothing = sum(p * q for p, q in zip(costs.p, costs.q, strict=True))
    found = optimum(costs)
    best = nothing if found is None else min(found[0], nothing)
    if decision.bound > best:
        wrong.append(f"bound {decision.bound} above the optimum {best}")
    if decision.proven and decision.total != best:
        wrong.append(f"claims {decision.total} is optimal, {best} is")
    if decision.total < best:
        wrong.append(f"total {decision.total} below the optimum {best}")
    plans: list[Plan | Decision] = [decision]
    if decision.passed_over is not None:
        plans.append(decision.passed_over.plan)
    for plan in plans:
        units = shipped(costs, order, plan)
        if plan.assignments and costs.total(units) != plan.total:
            wrong.append(f"counts {plan.total} for a plan that costs {costs.total(units)}")
        if any(x > costs.stock[costs.sites.index(site)][i] for site, row in units.items() for i, x in enumerate(row)):
            wrong.append("ships what is not there")
    if decision.assignments:
        other = optimum(costs, decision.site_ids)
        over = decision.passed_over
        if over is not None and over.proven and (other is None or other[0] != over.plan.total):
            wrong.append(f"passed over {over.plan.total}, the best other set costs {other}")
        if over is not None and other is not None and over.plan.total < other[0]:
            wrong.append(f"passed over {over.plan.total} is better than possible, {other}")
        if over is None and other is not None:
            wrong.append(f"nothing passed over, but {other} is possible")
    return decision, wrong
