"""Why a decision came out as it did, from its record alone: verdicts, bills, what was passed over, the bound.

Nothing of this is worked out when an order is routed; it is derived from the record and the versions it names when
somebody asks, so it says the same whatever has changed since.
"""

from msgspec import Struct

from crossdock.routing.bill import plan_of
from crossdock.routing.model import Demand, Plan, Points, Policy
from crossdock.routing.path_words import path_lines
from crossdock.routing.phrases import many
from crossdock.routing.policy.document import PLAIN_ROUTE
from crossdock.routing.record import Versions, decode, snapshot_of
from crossdock.routing.terms import terms
from crossdock.routing.verdicts import Verdict, verdicts
from crossdock.routing.view import View, rows_of


class BillLine(Struct, frozen=True):
    """One amount of a bill, in milli: where it arises (None for the whole order), what for, how it is counted."""

    site_id: int | None
    what: str
    how: str
    amount: int


class Told(Struct, frozen=True):
    """A plan with its bill written out; the amounts add up to cost and penalty."""

    plan: Plan
    lines: tuple[BillLine, ...]


class Explanation(Struct, frozen=True):
    """All there is to say about one decision.

    `alone` is the best that a single location could do where several share the order: the one that leaves least
    behind, then the cheapest. Under ordered preferences there are `points`, and `bound` and `gap` count those.
    """

    currency: str
    demand: Demand
    chosen: Told
    passed_over: Told | None
    passed_over_proven: bool
    verdicts: tuple[Verdict, ...]
    bound: int
    gap: int
    proven: bool
    nodes: int
    leftover: str
    network: str
    policy: str
    rate_card: str
    engine: str
    view: str = ""
    """The version of the stock view; empty where the channel has none."""
    alone: Plan | None = None
    points: Points | None = None
    route: str = ""
    """The route of the policy's document that this was decided by; empty where it has no choice of routes."""
    rules: Policy | None = None
    queue: str = ""


def explain(record: bytes, versions: Versions) -> Explanation:
    """Explain a recorded decision in full.

    Raises `KeyError` when a version that the decision rests on is not at hand.
    """
    found = decode(record)
    decision = found.decision
    policy = versions.policies[decision.rests_on.policy]
    network = versions.networks[decision.rests_on.network]
    chosen = Plan(
        decision.assignments,
        decision.unfilled,
        decision.cost,
        decision.penalty,
        decision.extra_parcels,
        decision.bill,
        decision.extra_locations,
        decision.path,
    )
    over = decision.passed_over
    demand = found.demand
    known = terms(network, policy, demand.country, demand.requires)
    view = View(demand, snapshot_of(found, versions), known, rows_of(demand, policy))
    return Explanation(
        currency=policy.card.currency,
        demand=demand,
        chosen=Told(chosen, bill_lines(chosen)),
        passed_over=None if over is None else Told(over.plan, bill_lines(over.plan)),
        passed_over_proven=over is not None and over.proven,
        verdicts=verdicts(found, view, network, versions),
        bound=decision.bound,
        gap=decision.gap,
        proven=decision.proven,
        nodes=decision.nodes,
        leftover=decision.leftover,
        network=decision.rests_on.network,
        policy=decision.rests_on.policy,
        rate_card=decision.rests_on.rate_card,
        engine=decision.rests_on.engine,
        view="" if found.hidden is None else found.hidden.view,
        alone=_alone(view) if len(chosen.bill) > 1 else None,
        points=decision.points,
        route="" if policy.route == PLAIN_ROUTE else policy.route,
        rules=policy,
        queue=policy.queue,
    )


def bill_lines(plan: Plan) -> tuple[BillLine, ...]:
    """Write a plan's bill out line by line; amounts of nothing are left out."""
    out: list[BillLine] = []
    for bill in plan.bill:
        parcels = many(bill.parcels, "parcel")
        entries = (
            ("carriage", f"{parcels}, {bill.km} km" if bill.km >= 0 else parcels, bill.base),
            ("weight", f"{bill.weight_g} g", bill.weight),
            ("handling of parcels", parcels, bill.handling_parcel),
            ("handling of lines", many(bill.lines, "line"), bill.handling_line),
            ("handling of units", many(bill.units, "unit"), bill.handling_unit),
            ("lateness", f"delivered on day {bill.deliver_day}", bill.lateness),
            ("prices", "versioned with the policy", bill.prices),
            *[(_named(name), _HOW.get(name, "a rule of the policy"), amount) for name, amount in bill.more],
        )
        out += [BillLine(bill.site_id, what, how, amount) for what, how, amount in entries if amount]
    out += [BillLine(plan.path.site_id, *line) for line in path_lines(plan.path)] if plan.path is not None else []
    if plan.extra_parcels:
        sent = sum(bill.parcels for bill in plan.bill) if plan.path is None else plan.path.parcels
        parcels = many(sent - 1, "parcel")
        out.append(BillLine(None, "extra parcels", parcels, plan.extra_parcels))
    if plan.extra_locations:
        out.append(BillLine(None, "extra locations", many(len(plan.bill) - 1, "location"), plan.extra_locations))
    if plan.penalty:
        units = sum(units for _, units in plan.unfilled)
        out.append(BillLine(None, "not shipped", f"{many(units, 'unit')}, counted, not paid", plan.penalty))
    return tuple(out)


_HOW = {
    "surcharges": "by the carrier",
    "fuel": "by the carrier",
    "weights": "what the policy's weights add or take off",
}


def _named(name: str) -> str:
    return {"scarce": "scarce stock", "clear": "clearance credit", "failed_pick": "picks that may fail"}.get(
        name, name.replace("_", " ")
    )


def _alone(view: View) -> Plan | None:
    """Give the plan of the one location that leaves least of the order behind, then costs least."""
    best: Plan | None = None
    for at in view.ok.nonzero()[0].tolist():
        place = view.terms.network.sites[at]
        pieces = []
        for row, wanted in enumerate(view.rows):
            able = set(wanted.requires) <= set(place.capabilities)
            units = min(wanted.quantity, int(view.stock[row, at])) if able else 0
            if units:
                pieces.append((at, row, units))
        if not pieces:
            continue
        plan = plan_of(view, pieces)
        if best is None or _key(plan) < _key(best):
            best = plan
    return best


def _key(plan: Plan) -> tuple[int, int]:
    return sum(units for _, units in plan.unfilled), plan.cost
