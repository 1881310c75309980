"""One order under a draft: what it would get, by which routes and why, next to what really was decided.

Nothing is written and nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from crossdock.kernel.clock import moment
from crossdock.kernel.document import Instant
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.directory import StoredVersions
from crossdock.orchestration.errors import OrderNotFound
from crossdock.orchestration.orders.decision_queries import (
    DecisionView,
    ExplanationView,
    PlanView,
    read_decision,
    show_decision,
)
from crossdock.orchestration.trials import cases
from crossdock.orchestration.trials.model import Case
from crossdock.orchestration.trials.redecide import UNREADABLE, Read, Turn, outcome, read, turns, was
from crossdock.orchestration.trials.request import KIND, trial_request
from crossdock.orchestration.trials.rules import Rules
from crossdock.orchestration.trials.views import PlanFigures, View, location_codes, plan_figures
from crossdock.routing.model import Network, RoutingError
from crossdock.routing.policy.truth import words as when_words
from crossdock.routing.record import Hidden, Versions, encode
from crossdock.storage import jobs
from crossdock.storage.session import Session

_network = msgspec.json.Decoder(Network).decode


class RouteTried(View, frozen=True):
    """One route of the draft: when it holds, whether it did, else why not, and how many units it was asked and left.

    ``asked`` and ``left`` are null of a route that was not reached.
    """

    route: str
    when: str
    held: bool
    why: str
    asked: int | None
    left: int | None


class RouteDecision(View, frozen=True):
    """What one route decided, with its bill and its explanation."""

    route: str
    plan: PlanView
    explanation: ExplanationView


class TriedDelivery(View, frozen=True):
    """A delivery under the draft. ``basis`` says what it was decided on: its own record, or the stock as it is now.

    ``was`` and ``decisions_then`` are null and empty for an order that was never routed. ``problem`` says why it could
    not be decided; then everything else is empty.
    """

    delivery: int
    basis: Literal["record", "now"]
    decided_at: Instant
    problem: str
    same: bool
    was: PlanFigures | None
    would: PlanFigures | None
    decisions_then: tuple[DecisionView, ...]
    routes: tuple[RouteTried, ...]
    decisions: tuple[RouteDecision, ...]


class TriedOrder(View, frozen=True):
    """An order under a draft; ``order_id`` is null of one that is no order yet."""

    policy: str
    order_id: str | None
    deliveries: tuple[TriedDelivery, ...]


def try_past(session: Session, order_id: int, rules: Rules) -> TriedOrder:
    """Return what a past order would have got under a draft, from its records; raises OrderNotFound."""
    found = cases.of_order(session, order_id, rules.compiled.asks)
    if not found.orders:
        raise OrderNotFound("There is no order of this id.")
    networks = {version: _network(body) for version, body in found.networks}
    tried = [_try(session, case, networks, rules) for case in found.cases]
    return TriedOrder(policy=rules.document.code, order_id=encode_id("ord", order_id), deliveries=tuple(tried))


def try_again(session: Session, job_id: int, order_id: int) -> TriedOrder | None:
    """Return an order under the draft of a trial; None when there is no such trial."""
    job = jobs.get(session, job_id)
    return None if job is None or job.kind != KIND else try_past(session, order_id, trial_request(job).rules)


def find_order(session: Session, channel: str, external_id: str) -> int:
    """Return the order of a channel by its own id; raises OrderNotFound."""
    sql = """
        SELECT k.order_id FROM order_keys k JOIN channels c ON c.id = k.channel_id
        WHERE c.code = ? AND k.external_id = ?
    """
    rows = session.fetch(sql, channel, external_id)
    if not rows:
        raise OrderNotFound(f"There is no order '{external_id}' of the channel '{channel}'.")
    return int(rows[0][0])


def _try(session: Session, case: Case, networks: dict[str, Network], rules: Rules) -> TriedDelivery:
    try:
        found = read(case, networks)
    except KeyError:
        return problem(case, "The network that its decision rests on is not stored.")
    except UNREADABLE:
        return problem(case, "The record of its decision cannot be read.")
    try:
        done = turns(found, rules)
    except RoutingError as error:
        return problem(case, f"The draft cannot decide it: {error}.")
    before, after = was(found), outcome(found, [(turn.route, turn.decision) for turn in done])
    codes = location_codes(session, (before, after))
    currency = rules.document.card.currency
    then = [read_decision(session, id_, explained=True) for id_ in _ids(session, case)]
    return TriedDelivery(
        delivery=case.delivery,
        basis="record",
        decided_at=moment(case.at),
        problem="",
        same=before.same_plan(after),
        was=plan_figures(before, codes, currency),
        would=plan_figures(after, codes, currency),
        decisions_then=tuple(each for each in then if each is not None),
        routes=tuple(told(case, rules, done)),
        decisions=tuple(_decision(session, found, turn, at, currency) for at, turn in enumerate(done)),
    )


def problem(case: Case, why: str) -> TriedDelivery:
    """Return a delivery that could not be decided again."""
    return TriedDelivery(
        delivery=case.delivery,
        basis="record",
        decided_at=moment(case.at),
        problem=why,
        same=False,
        was=None,
        would=None,
        decisions_then=(),
        routes=(),
        decisions=(),
    )


def told(case: Case, rules: Rules, done: Sequence[Turn]) -> list[RouteTried]:
    """Return every route of the draft, in order, with what came of it."""
    by_name = {turn.route: turn for turn in done}
    tried = []
    for route, each in zip(rules.document.routes, rules.compiled.trace(case.facts), strict=True):
        turn = by_name.get(each.name)
        tried.append(
            RouteTried(
                route=each.name,
                when=when_words(route.when),
                held=each.holds,
                why=each.why,
                asked=None if turn is None else sum(line.quantity for line in turn.demand.lines),
                left=None if turn is None else sum(units for _, units in turn.decision.unfilled),
            )
        )
    return tried


def _ids(session: Session, case: Case) -> list[int]:
    """Return the decisions of a case: the first, and those on what it left over."""
    sql = "SELECT id FROM decisions WHERE order_id = ? AND delivery_no = ? AND decided_at = ? AND id >= ? ORDER BY id"
    rows = session.fetch(sql, case.order_id, case.delivery, case.at, case.decision_id)
    return [int(row[0]) for row in rows[: len(case.records)]]


def _decision(session: Session, found: Read, turn: Turn, at: int, currency: str) -> RouteDecision:
    hidden: Hidden | None = found.records[0].hidden if at == 0 else None
    record = encode(turn.demand, turn.snapshot, turn.policy, turn.decision, hidden)
    stored = StoredVersions(session)
    network = turn.snapshot.network
    versions = Versions({network.version: network}, {turn.policy.version: turn.policy}, stored.views)
    plan, why = show_decision(session, record, versions, currency)
    return RouteDecision(route=turn.route, plan=plan, explanation=why)
