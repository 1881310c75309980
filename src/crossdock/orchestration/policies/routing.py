"""The loop over routes: what one leaves over the next decides on the stock that is left, each a decision of its own."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.network.store import StoredChannel
from crossdock.orchestration.planning import Planner
from crossdock.orchestration.plans import Destination, NewDemand, Routed
from crossdock.orchestration.policies.trace import Step, packed
from crossdock.orchestration.terms import Routes

OwnUnits = dict[tuple[int, int], int]


def route(
    planner: Planner,
    delivery_no: int,
    demand: Sequence[NewDemand],
    where: Destination,
    routes: Routes,
    at: int,
    channel: StoredChannel,
    *,
    own: OwnUnits | None = None,
) -> list[Routed]:
    """Decide one delivery's demand by the routes that hold, in order, and debit what it gets.

    A route that finds nothing and leaves everything to the next is no decision; the last one always is. ``own`` are
    units by item and location that stand for this demand already: what is taken of them is taken out of it, and
    credited, because it was not free.
    """
    if not routes.policies:
        return [planner.no_route(delivery_no, demand, routes.compiled.trace(routes.facts), _code(routes))]
    decided: list[Routed] = []
    steps: list[Step] = []
    left = list(demand)
    for number, policy in enumerate(routes.policies, 1):
        is_last = number == len(routes.policies)
        routed = planner.route(delivery_no, left, where, policy, at, channel, own=own, is_last=is_last)
        if own:
            _use(planner, own, routed)
        over = () if routed.decision is None else routed.decision.unfilled
        goes_on = not is_last and policy.leftover == "next_route" and bool(over)
        steps.append(Step(policy.route, sum([d.quantity for d in left]), sum([units for _, units in over])))
        if goes_on and not routed.fulfillments:
            continue
        decided.append(routed._replace(trace=packed(routes, steps)))
        if not goes_on:
            break
        units = dict(over)
        left = [d._replace(quantity=units[d.no]) for d in left if d.no in units]
    return decided


def together(decided: Sequence[Routed]) -> Routed:
    """Return the decisions for one delivery as one plan: what is held, queued and taken by all of them.

    The record is that of the first that found anything, else of the last.
    """
    first = next((routed for routed in decided if routed.fulfillments), decided[-1])
    if len(decided) == 1:
        return first
    return first._replace(
        fulfillments=tuple([f for routed in decided for f in routed.fulfillments]),
        queued=tuple([q for routed in decided for q in routed.queued]),
        canceled=tuple([c for routed in decided for c in routed.canceled]),
        takes=tuple([t for routed in decided for t in routed.takes]),
        late=any(routed.late for routed in decided),
    )


def _use(planner: Planner, own: OwnUnits, routed: Routed) -> None:
    """Take what a decision got out of the own units: those were not free, so nothing free was debited."""
    for claim in routed.taken:
        key = (claim.item_id, claim.location_id)
        units = min(claim.quantity, own.get(key, 0))
        if units:
            own[key] -= units
            planner.mirror.credit(*key, units)


def _code(routes: Routes) -> str:
    return routes.compiled.document.code
