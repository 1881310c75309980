"""Reading decisions and policies: what was chosen and what it cost, from the record that routing keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import msgspec

from crossdock.kernel.clock import moment
from crossdock.kernel.document import Instant
from crossdock.kernel.ids import encode_id
from crossdock.kernel.money import Money, milli_to_minor
from crossdock.orchestration.orders.explaining import explain_decision, explain_record
from crossdock.orchestration.policies import trace
from crossdock.orchestration.policies.trace import TraceTold
from crossdock.routing import dated, words
from crossdock.routing.explain import Explanation, Told, explain
from crossdock.routing.merging import Path
from crossdock.routing.model import SiteBill
from crossdock.routing.record import Record, Versions, decode
from crossdock.routing.verdicts import Verdict
from crossdock.storage.session import Session

_SELECT = """
    SELECT d.id, d.order_id, d.delivery_no, d.cause, d.decided_at, d.cost, d.penalty, d.bound, d.proven, d.sites,
           d.record, o.currency
    FROM decisions d JOIN orders o ON o.id = d.order_id
"""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A document that we write: every field is always there."""


class AssignmentView(View, frozen=True):
    """Units of one demand that one location ships."""

    demand: int
    sku: str
    quantity: int


class BillView(View, frozen=True):
    """What one location of a plan does and costs; ``km`` is null where no distance is known."""

    location: str
    parcels: int
    units: int
    weight_g: int
    carriage: Money
    handling: Money
    lateness: Money
    prices: Money
    total: Money
    km: int | None
    transit_days: int
    ship_on: str
    deliver_on: str
    assignments: tuple[AssignmentView, ...]


class PathView(View, frozen=True):
    """The last leg of a plan whose goods are gathered: from where, what it costs, and when it goes on."""

    location: str
    parcels: int
    units: int
    weight_g: int
    carriage: Money
    handling: Money
    gathering: Money
    lateness: Money
    total: Money
    km: int | None
    transit_days: int
    arrive_on: str
    ship_on: str
    deliver_on: str


class PlanView(View, frozen=True):
    """A plan: who ships what, and its bill; with a ``path`` the locations send to the place where it begins."""

    locations: tuple[BillView, ...]
    path: PathView | None
    extra_parcels: Money
    unfilled: tuple[AssignmentView, ...]
    cost: Money
    unfilled_penalty: Money
    total: Money


class RestsOnView(View, frozen=True):
    """The versions that the decision rests on, by content hash, and the engine; no view where everything was seen."""

    network: str
    policy: str
    rate_card: str
    view: str | None
    engine: str


class DecisionLinks(View, frozen=True):
    """What the decision belongs to."""

    self: str
    order: str


class CheckView(View, frozen=True):
    """One fence at one location: what it expects and what was found.

    ``curable`` marks what more stock there, or a split with others, would make good; ``rule`` points to the policy's
    rule, null for fences that are always in force.
    """

    fence: str
    expected: str
    actual: str
    passed: bool
    curable: bool
    rule: str | None


class HeldView(View, frozen=True):
    """What a location had of one demand, and what a unit would cost there.

    ``hidden`` units more are there, but the channel's view does not show them, by the rule ``hidden_by``; ``kept``
    more no fence of the policy lets go.
    """

    demand: int
    sku: str
    wanted: int
    there: int
    unit_cost: Money
    hidden: int
    hidden_by: str | None
    kept: int


class VerdictView(View, frozen=True):
    """How one location stands; ``opening`` is what shipping from there begins at, null behind a fence.

    ``km`` is null where no distance is known, ``deliver_on`` where the location is closed.
    """

    location: str
    name: str
    kind: str
    standing: Literal["chosen", "passed_over", "fenced", "not_needed"]
    opening: Money | None
    km: int | None
    deliver_on: str | None
    checks: tuple[CheckView, ...]
    held: tuple[HeldView, ...]


class AmountView(View, frozen=True):
    """One amount of the bill: where it arises (null for the whole order), what for, how it is counted."""

    location: str | None
    what: str
    how: str
    amount: Money


class AloneView(View, frozen=True):
    """What the best single location would have done where several share the order."""

    location: str
    cost: Money
    units_unfilled: int


class AimView(View, frozen=True):
    """One ordered preference: the points of the chosen plan and of the one passed over, the fewer the better."""

    aim: str
    chosen: int
    passed_over: int | None


class ExplanationView(View, frozen=True):
    """A decision in words, its bill line by line, and the verdict on every location that was looked at.

    ``route`` is the route of the policy that it was decided by; ``aims`` are its ordered preferences in their order,
    empty where money decides.
    """

    words: tuple[str, ...]
    bill: tuple[AmountView, ...]
    passed_over_bill: tuple[AmountView, ...]
    route: str | None
    alone: AloneView | None
    aims: tuple[AimView, ...]
    verdicts: tuple[VerdictView, ...]


class DecisionView(View, frozen=True):
    """The record of one routing: the plan, its bill in money, the best plan passed over, and the proven bound.

    No plan at all could have a total below ``bound``; ``gap`` is how much better one could at most have been.
    ``routes`` says of each route of the policy whether it held for the delivery, and why not; null where the policy is
    one set of rules, and unless it is to be explained.
    """

    id: str
    order_id: str
    delivery: int
    cause: str
    decided_at: Instant
    plan: PlanView
    passed_over: PlanView | None
    saved: Money | None
    bound: Money
    gap: Money
    proven: bool
    leftover: str
    rests_on: RestsOnView
    routes: TraceTold | None
    explanation: ExplanationView | None
    links: DecisionLinks


def read_decision(session: Session, decision_id: int, *, explained: bool = False) -> DecisionView | None:
    """Return a decision with its plan and bill; ``explained`` adds the words and the verdict on every location."""
    found = _views(session, session.fetch(f"{_SELECT} WHERE d.id = ?", decision_id))
    if not found or not explained:
        return found[0] if found else None
    explanation = explain_decision(session, decision_id)
    if explanation is None:
        return found[0]
    told = trace.tell(session, decision_id)
    return msgspec.structs.replace(found[0], explanation=_explained(session, explanation), routes=told)


def read_reservation_explanation(session: Session, reservation_id: int) -> ExplanationView | None:
    """Return why a reservation holds its units where it does; None when nobody knows any more."""
    rows = session.fetch("SELECT decision FROM reservations WHERE id = ?", reservation_id)
    told = explain_record(session, bytes(rows[0][0])) if rows else None
    return None if told is None else _explained(session, told)


def show_decision(
    session: Session, record: bytes, versions: Versions, currency: str
) -> tuple[PlanView, ExplanationView]:
    """Return a decision that nobody stored, by its record and the versions it rests on: its plan, and why."""
    found = decode(record)
    plan = _plan(found.decision, found, _Names(session, [found]), currency)
    return plan, _explained(session, explain(record, versions))


def _explained(session: Session, told: Explanation) -> ExplanationView:
    items = sorted({held.item for verdict in told.verdicts for held in verdict.held})
    skus = dict(_pairs(session.fetch_keys(_SKUS, ("bigint",), [(id_,) for id_ in items])))
    codes = {verdict.site_id: verdict.code for verdict in told.verdicts}
    return ExplanationView(
        words=tuple(dated(sentence) for sentence in words(told)),
        bill=_amounts(told.chosen, codes, told.currency),
        passed_over_bill=() if told.passed_over is None else _amounts(told.passed_over, codes, told.currency),
        route=told.route or None,
        alone=_alone(told, codes),
        aims=_aims(told),
        verdicts=tuple(_verdict(verdict, skus, told.currency) for verdict in told.verdicts),
    )


def _alone(told: Explanation, codes: Mapping[int, str]) -> AloneView | None:
    if told.alone is None:
        return None
    return AloneView(
        location=codes[told.alone.bill[0].site_id],
        cost=_money(told.alone.cost, told.currency),
        units_unfilled=sum(units for _, units in told.alone.unfilled),
    )


def _aims(told: Explanation) -> tuple[AimView, ...]:
    if told.points is None:
        return ()
    over = dict(told.points.passed_over)
    return tuple(AimView(aim=aim, chosen=points, passed_over=over.get(aim)) for aim, points in told.points.levels)


def _verdict(verdict: Verdict, skus: Mapping[int, str], currency: str) -> VerdictView:
    return VerdictView(
        location=verdict.code,
        name=verdict.name,
        kind=verdict.kind,
        standing=verdict.standing,
        opening=None if verdict.opening < 0 else _money(verdict.opening, currency),
        km=None if verdict.km < 0 else verdict.km,
        deliver_on=None if verdict.deliver_day < 0 else _day(verdict.deliver_day),
        checks=tuple(
            CheckView(
                fence=check.fence,
                expected=dated(check.expected),
                actual=dated(check.actual),
                passed=check.passed,
                curable=check.curable,
                rule=check.rule or None,
            )
            for check in verdict.checks
        ),
        held=tuple(
            HeldView(
                demand=held.key,
                sku=skus.get(held.item, ""),
                wanted=held.wanted,
                there=held.there,
                unit_cost=_money(held.unit_cost, currency),
                hidden=held.hidden,
                hidden_by=held.rule or None,
                kept=held.kept,
            )
            for held in verdict.held
        ),
    )


def _amounts(told: Told, codes: Mapping[int, str], currency: str) -> tuple[AmountView, ...]:
    return tuple(
        AmountView(
            location=None if line.site_id is None else codes.get(line.site_id, ""),
            what=line.what,
            how=line.how,
            amount=_money(line.amount, currency),
        )
        for line in told.lines
    )


def decisions_of(session: Session, order_id: int) -> list[DecisionView]:
    """Return the decisions of an order, oldest first."""
    return _views(session, session.fetch(f"{_SELECT} WHERE d.order_id = ? ORDER BY d.id", order_id))


class _Names:
    """What the numbers in records are called."""

    def __init__(self, session: Session, records: list[Record]) -> None:
        items = sorted({line[1] for record in records for line in record.lines})
        self.skus: dict[int, str] = dict(_pairs(session.fetch_keys(_SKUS, ("bigint",), [(id_,) for id_ in items])))
        sites = {bill.site_id for record in records for plan in _plans(record) for bill in plan.bill}
        self.codes: dict[int, str] = dict(
            _pairs(session.fetch_keys(_CODES, ("bigint",), [(id_,) for id_ in sorted(sites)]))
        )


_SKUS = "WITH k(id) AS ({keys}) SELECT i.id, i.sku FROM k JOIN items i ON i.id = k.id"
_CODES = "WITH k(id) AS ({keys}) SELECT l.id, l.code FROM k JOIN locations l ON l.id = k.id"


def _pairs(rows: list[Any]) -> list[tuple[int, str]]:
    return [(int(row[0]), str(row[1])) for row in rows]


def _plans(record: Record) -> list[Any]:
    over = record.decision.passed_over
    return [record.decision] if over is None else [record.decision, over.plan]


def _views(session: Session, rows: list[Any]) -> list[DecisionView]:
    records = [decode(bytes(row[10])) for row in rows]
    names = _Names(session, records)
    return [_view(row, record, names) for row, record in zip(rows, records, strict=True)]


def _view(row: Any, record: Record, names: _Names) -> DecisionView:
    id_, order, delivery, cause, at, cost, penalty, bound, proven, _, _, currency = row
    decision, public, of_order = record.decision, encode_id("dec", id_), encode_id("ord", order)
    over = decision.passed_over
    rests = decision.rests_on
    return DecisionView(
        id=public,
        order_id=of_order,
        delivery=delivery,
        cause=cause,
        decided_at=moment(at),
        plan=_plan(decision, record, names, currency),
        passed_over=None if over is None else _plan(over.plan, record, names, currency),
        saved=None if over is None else _money(over.plan.total - decision.total, currency),
        bound=_money(bound, currency),
        gap=_money(max(0, cost + penalty - bound), currency),
        proven=bool(proven),
        leftover=decision.leftover,
        rests_on=RestsOnView(
            network=rests.network,
            policy=rests.policy,
            rate_card=rests.rate_card,
            view=(record.hidden.view or None) if record.hidden is not None else None,
            engine=rests.engine,
        ),
        routes=None,
        explanation=None,
        links=DecisionLinks(self=f"/v1/decisions/{public}", order=f"/v1/orders/{of_order}"),
    )


def _plan(plan: Any, record: Record, names: _Names, currency: str) -> PlanView:
    items = {line[0]: names.skus.get(line[1], "") for line in record.lines}
    by_site: dict[int, list[AssignmentView]] = {}
    for site, key, quantity in plan.assignments:
        by_site.setdefault(site, []).append(AssignmentView(demand=key, sku=items.get(key, ""), quantity=quantity))
    return PlanView(
        locations=tuple(_bill(bill, names.codes, tuple(by_site.get(bill.site_id, ())), currency) for bill in plan.bill),
        path=None if plan.path is None else _path(plan.path, names.codes, currency),
        extra_parcels=_money(plan.extra_parcels, currency),
        unfilled=tuple(AssignmentView(demand=key, sku=items.get(key, ""), quantity=n) for key, n in plan.unfilled),
        cost=_money(plan.cost, currency),
        unfilled_penalty=_money(plan.penalty, currency),
        total=_money(plan.cost + plan.penalty, currency),
    )


def _path(path: Path, codes: Mapping[int, str], currency: str) -> PathView:
    return PathView(
        location=codes.get(path.site_id, ""),
        parcels=path.parcels,
        units=path.units,
        weight_g=path.weight_g,
        carriage=_money(path.base + path.weight, currency),
        handling=_money(path.handling_parcel, currency),
        gathering=_money(path.gathering, currency),
        lateness=_money(path.lateness, currency),
        total=_money(path.total, currency),
        km=None if path.km < 0 else path.km,
        transit_days=path.transit_days,
        arrive_on=_day(path.arrive_day),
        ship_on=_day(path.ship_day),
        deliver_on=_day(path.deliver_day),
    )


def _bill(bill: SiteBill, codes: Mapping[int, str], assignments: tuple[AssignmentView, ...], currency: str) -> BillView:
    return BillView(
        location=codes.get(bill.site_id, ""),
        parcels=bill.parcels,
        units=bill.units,
        weight_g=bill.weight_g,
        carriage=_money(bill.base + bill.weight, currency),
        handling=_money(bill.handling_parcel + bill.handling_line + bill.handling_unit, currency),
        lateness=_money(bill.lateness, currency),
        prices=_money(bill.prices, currency),
        total=_money(bill.total, currency),
        km=None if bill.km < 0 else bill.km,
        transit_days=bill.transit_days,
        ship_on=_day(bill.ship_day),
        deliver_on=_day(bill.deliver_day),
        assignments=assignments,
    )


def _money(milli: int, currency: str) -> Money:
    return Money(milli_to_minor(milli), currency)


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat() if ordinal > 0 else ""
