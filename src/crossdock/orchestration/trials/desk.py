"""An order that is none yet, under the rules that hold and under a draft: decided on the stock as it is now.

A `TryDesk` is for readers, as the desk that makes promises is: a configuration and a picture of its own, which are as
they were before when it is done. Nothing is written, nothing is claimed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

from crossdock.inventory.mirror import StockMirror
from crossdock.kernel.clock import moment
from crossdock.kernel.ids import IdBlock, IdFactory
from crossdock.orchestration.commands import Actor, CaptureOrder
from crossdock.orchestration.directory import Directory, StoredVersions
from crossdock.orchestration.errors import ConfigurationRefused
from crossdock.orchestration.orders.capture import NewOrder, check, decided
from crossdock.orchestration.orders.decision_queries import show_decision
from crossdock.orchestration.planning import Planner
from crossdock.orchestration.plans import Routed
from crossdock.orchestration.policies.trace import unpacked
from crossdock.orchestration.trials.model import Case, Outcome
from crossdock.orchestration.trials.redecide import outcome, read
from crossdock.orchestration.trials.rules import Rules
from crossdock.orchestration.trials.trying import RouteDecision, RouteTried, TriedDelivery, TriedOrder
from crossdock.orchestration.trials.views import location_codes, plan_figures
from crossdock.orders.model import OrderIn
from crossdock.routing.model import Network, Policy, RoutingError
from crossdock.routing.policy.compile import CompiledPolicy
from crossdock.routing.policy.truth import words as when_words
from crossdock.routing.record import Versions, decode
from crossdock.storage.session import Session

_NOBODY = -1  # the picture of a reader leaves out no worker's changes
_WHO = Actor("system:trial")


class _Drafted(Directory):
    """The configuration as it is, but for one policy while a draft of it is tried."""

    draft: CompiledPolicy | None = None

    def policy(self, code: str) -> CompiledPolicy:
        """Return the draft in the place of the active version."""
        if self.draft is not None and self.draft.document.code == code:
            return self.draft
        return super().policy(code)


class _Made(NamedTuple):
    """An order as it was decided: under which rules, what came of it, by what policies."""

    order: NewOrder
    routed: Sequence[Routed]
    policies: Mapping[str, Policy]


class TryDesk:
    """Tries orders that are none yet; for any reader thread, one at a time."""

    def __init__(self, ids: IdFactory) -> None:
        self._ids = IdBlock(ids)
        self._lock = threading.Lock()
        self._directory = _Drafted()
        self._build()

    def _build(self) -> None:
        self._mirror = StockMirror(self._directory.location_ids, _NOBODY)
        self._planner = Planner(self._directory, self._mirror, self._ids)

    def try_order(self, session: Session, order: OrderIn, rules: Rules, at: int) -> TriedOrder:
        """Return what an order would get now, and what under a draft; raises what would refuse the order.

        A promise and a reservation that it names are left out of it: they could only be taken for good.
        """
        with self._lock:
            if self._directory.refresh(session):
                self._build()
            self._mirror.catch_up(session)
            self._directory.load_items(session, {line.sku for line in order.lines})
            now = self._decide(session, order, None, at)
            try:
                draft = self._decide(session, order, rules.compiled, at)
            except RoutingError as error:
                raise ConfigurationRefused(f"The draft cannot decide this order: {error}.") from None
            tried = _Told(session, self._directory.network, rules)
            numbers = range(1, len(order.deliveries) + 1)
            deliveries = tuple(tried.delivery(no, now, draft) for no in numbers)
        return TriedOrder(policy=rules.document.code, order_id=None, deliveries=deliveries)

    def _decide(self, session: Session, order: OrderIn, draft: CompiledPolicy | None, at: int) -> _Made:
        directory, planner = self._directory, self._planner
        directory.draft = draft
        try:
            engine: Any = SimpleNamespace(directory=directory)
            unit: Any = SimpleNamespace(now=at, ids=self._ids)
            new = check(engine, unit, CaptureOrder(actor=_WHO, order=order, content_hash=b"", at=at))
            planner.sight.forget_capacity()
            planner.sight.prepare(session, [at], sorted({d.item_id for d in new.demand}))
            with planner.trying():
                routed = decided(planner, new)
            known = [policy for terms in new.terms for policy in terms.routes.policies]
            policies = {policy.version: policy for policy in known} | planner.derived
        finally:
            directory.draft = None
            planner.derived = {}
        return _Made(new, routed, policies)


class _Told:
    """Says what came of it."""

    def __init__(self, session: Session, network: Network, rules: Rules) -> None:
        self._session = session
        self._network = network
        self._rules = rules

    def delivery(self, no: int, now: _Made, draft: _Made) -> TriedDelivery:
        """Return a delivery as it would be decided now and under the draft."""
        currency = self._rules.document.card.currency
        before, after = self._outcome(no, now), self._outcome(no, draft)
        codes = location_codes(self._session, [each for each in (before, after) if each is not None])
        routed = [each for each in draft.routed if each.delivery_no == no]
        lost = [each.queued[0].detail for each in routed if each.decision is None and each.queued]
        return TriedDelivery(
            delivery=no,
            basis="now",
            decided_at=moment(draft.order.at),
            problem=lost[0] if lost else "",
            same=before is not None and after is not None and before.same_plan(after),
            was=None if before is None else plan_figures(before, codes, currency),
            would=None if after is None else plan_figures(after, codes, currency),
            decisions_then=(),
            routes=self._routes(no, draft.order, routed),
            decisions=tuple(self._decision(each, draft, currency) for each in routed if each.decision is not None),
        )

    def _outcome(self, no: int, made: _Made) -> Outcome | None:
        routed = [each for each in made.routed if each.delivery_no == no and each.decision is not None]
        if not routed:
            return None
        order, delivery = made.order, made.order.order.deliveries[no - 1]
        records = tuple(each.record for each in routed)
        channel = order.channel.channel.code
        case = Case(0, no, 0, order.at, channel, delivery.method, delivery.service_level, records)
        found = read(case, {self._network.version: self._network})
        plans = [(made.policies[r.decision.rests_on.policy].route, r.decision) for r in found.records]
        return outcome(found, plans)

    def _routes(self, no: int, order: NewOrder, routed: Sequence[Routed]) -> tuple[RouteTried, ...]:
        rules, facts = self._rules, order.terms[no - 1].routes.facts
        if order.terms[no - 1].routes.compiled is not rules.compiled:
            return ()  # the delivery goes by another policy
        steps = {step.route: step for each in routed for step in unpacked(each.trace)}
        tried = []
        for route, each in zip(rules.document.routes, rules.compiled.trace(facts), strict=True):
            step = steps.get(each.name)
            asked, left = (None, None) if step is None else (step.asked, step.left)
            if step is None and rules.document.is_plain:
                asked = sum(line[2] for one in routed for line in decode(one.record).lines)
                left = sum(units for one in routed if one.decision for _, units in one.decision.unfilled)
            tried.append(
                RouteTried(
                    route=each.name, when=when_words(route.when), held=each.holds, why=each.why, asked=asked, left=left
                )
            )
        return tuple(tried)

    def _decision(self, routed: Routed, made: _Made, currency: str) -> RouteDecision:
        stored = StoredVersions(self._session)
        versions = Versions({self._network.version: self._network}, made.policies, stored.views)
        plan, why = show_decision(self._session, routed.record, versions, currency)
        policy = decode(routed.record).decision.rests_on.policy
        return RouteDecision(route=made.policies[policy].route, plan=plan, explanation=why)
