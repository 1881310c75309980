"""Why a decision came out as it did, from its record alone: verdicts, bills, what was passed over, the bound.

Nothing of this is worked out when an order is routed; it is derived from the record and the versions it names when
somebody asks, so it says the same whatever has changed since.
"""

import contextlib
from typing import Literal

import numpy as np
from msgspec import Struct, structs

from crossdock.routing.checks import Check, checks
from crossdock.routing.model import Demand, Network, Plan, Points, Policy
from crossdock.routing.record import Record, ShownBy, Versions, decode, hidden_of, snapshot_of
from crossdock.routing.terms import Ints, terms
from crossdock.routing.view import View, rows_of

Standing = Literal["chosen", "passed_over", "fenced", "not_needed"]


class Held(Struct, frozen=True):
    """What a location had of one line: the units wanted, those it could ship, what one would cost there (milli).

    `hidden` units more are there, but not for this channel; `rule` says by which rule of its view.
    """

    key: int
    item: int
    wanted: int
    there: int
    unit_cost: int
    hidden: int = 0
    rule: str = ""


class Verdict(Struct, frozen=True):
    """One location: how it stands, each fence in turn, what it had, and what shipping from there begins at (milli).

    `opening` is the base of a parcel, its handling, lateness and prices per fulfillment; −1 behind a fence.
    """

    site_id: int
    code: str
    name: str
    kind: str
    standing: Standing
    checks: tuple[Check, ...]
    held: tuple[Held, ...]
    opening: int

    @property
    def failed(self) -> tuple[Check, ...]:
        """The fences that keep the location out."""
        return tuple(check for check in self.checks if not check.passed)


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
    """All there is to say about one decision."""

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
    points: Points | None = None
    """Under ordered preferences what decided; bound and gap then count points."""


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
    )
    over = decision.passed_over
    return Explanation(
        currency=policy.card.currency,
        demand=found.demand,
        chosen=Told(chosen, bill_lines(chosen)),
        passed_over=None if over is None else Told(over.plan, bill_lines(over.plan)),
        passed_over_proven=over is not None and over.proven,
        verdicts=_verdicts(found, network, policy, versions),
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
        points=decision.points,
    )


def bill_lines(plan: Plan) -> tuple[BillLine, ...]:
    """Write a plan's bill out line by line; amounts of nothing are left out."""
    out: list[BillLine] = []
    for bill in plan.bill:
        parcels = _count(bill.parcels, "parcel")
        entries = (
            ("carriage", f"{parcels}, {bill.km} km" if bill.km >= 0 else parcels, bill.base),
            ("weight", f"{bill.weight_g} g", bill.weight),
            ("handling of parcels", parcels, bill.handling_parcel),
            ("handling of lines", _count(bill.lines, "line"), bill.handling_line),
            ("handling of units", _count(bill.units, "unit"), bill.handling_unit),
            ("lateness", f"delivered on day {bill.deliver_day}", bill.lateness),
            ("prices", "versioned with the policy", bill.prices),
        )
        out += [BillLine(bill.site_id, what, how, amount) for what, how, amount in entries if amount]
        out += [BillLine(bill.site_id, name.replace("_", " "), "by the policy", amount) for name, amount in bill.more]
    if plan.extra_parcels:
        extra = sum(bill.parcels for bill in plan.bill) - 1
        out.append(BillLine(None, "extra parcels", _count(extra, "parcel"), plan.extra_parcels))
    if plan.extra_locations:
        out.append(BillLine(None, "extra locations", _count(len(plan.bill) - 1, "location"), plan.extra_locations))
    if plan.penalty:
        units = sum(units for _, units in plan.unfilled)
        out.append(BillLine(None, "not shipped", _count(units, "unit"), plan.penalty))
    return tuple(out)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _verdicts(record: Record, network: Network, policy: Policy, versions: Versions) -> tuple[Verdict, ...]:
    demand, decision = record.demand, record.decision
    known = terms(network, policy, demand.country, demand.requires)
    view = View(demand, snapshot_of(record, versions), known, rows_of(demand, policy))
    chosen = set(decision.site_ids)
    over = set(decision.passed_over.plan.site_ids) if decision.passed_over else set()
    through = _Through(record, len(network.sites), versions)
    costs = view.base_costs(np.arange(len(network.sites))).astype(np.int64)
    out = []
    for at, site in enumerate(network.sites):
        held = through.hides(_held(view, at, costs), at)
        found = (*checks(view, at), *through.check(held), _stock(held))
        fenced = not all(check.passed for check in found)
        standing: Standing = "fenced" if fenced else "not_needed"
        if site.id in chosen:
            standing = "chosen"
        elif site.id in over:
            standing = "passed_over"
        once = int(view.parcel[at]) + (0 if view.late is None else int(view.late[at])) - int(view.once)
        opening = -1 if fenced else once
        out.append(Verdict(site.id, site.code, site.name, site.kind, standing, found, held, opening))
    return tuple(out)


class _Through:
    """What the view hid, if the decision saw the stock through one."""

    def __init__(self, record: Record, sites: int, versions: Versions) -> None:
        self._keys = {line[0]: index for index, line in enumerate(record.lines)}
        self._hidden = hidden_of(record, sites)
        self._rules = record.hidden.rules if record.hidden is not None else ()
        self._view: ShownBy | None = None
        if record.hidden is not None:
            with contextlib.suppress(KeyError):  # then its rules are named by their places alone
                self._view = versions.views[record.hidden.view]

    def hides(self, held: tuple[Held, ...], at: int) -> tuple[Held, ...]:
        """Add to what a location had what the view hid of it, and why."""
        if self._hidden is None:
            return held
        amounts, which = self._hidden
        out = []
        for line in held:
            row = self._keys[line.key]
            units, rule = int(amounts[row, at]), int(which[row, at])
            name = self._rules[rule] if 0 <= rule < len(self._rules) else ""
            out.append(structs.replace(line, hidden=units, rule=self._say(name)) if units else line)
        return tuple(out)

    def _say(self, rule: str) -> str:
        return self._view.words(rule) if self._view is not None else rule

    def check(self, held: tuple[Held, ...]) -> tuple[Check, ...]:
        """Say what is hidden of a location where that leaves nothing of what could have been claimed."""
        if self._hidden is None:
            return ()
        name = f"the view {self._view.code}" if self._view is not None else "the view"
        hiding = [line for line in held if line.hidden]
        if not hiding:
            return (Check("view", f"shown by {name}", "nothing is hidden", passed=True),)
        rules = "; ".join(dict.fromkeys(line.rule for line in hiding))
        hidden, there = sum(line.hidden for line in hiding), sum(line.there for line in held)
        text = f"{hidden} of {hidden + there} units are hidden: {rules}"
        return (Check("view", f"shown by {name}", text, passed=there > 0),)


def _held(view: View, at: int, costs: Ints) -> tuple[Held, ...]:
    able = set(view.terms.network.sites[at].capabilities)
    out = []
    for index, row in enumerate(view.bases):
        there = int(view.base_stock[index, at]) if able.issuperset(row.requires) else 0
        out.append(Held(row.lines[0].key, row.item, row.quantity, there, int(costs[index, at])))
    return tuple(out)


def _stock(held: tuple[Held, ...]) -> Check:
    some = sum(1 for line in held if line.there)
    whole = sum(1 for line in held if line.there >= line.wanted)
    return Check("stock", "a unit of any line", f"{some} of {len(held)} lines, {whole} in full", some > 0)
