"""What a location does not do: the reason's effect on stock, the units to others, the ripple through other work.

Everything is one transaction, in this order: who said no is remembered, the units go back, the stock becomes what the
reason says, the units are decided anew, and then those of everybody else who loses units by the same fact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from crossdock.events.work import FulfillmentRejected, FulfillmentShortPicked
from crossdock.fulfillment import store as fulfillments
from crossdock.fulfillment.model import AT_WORK, Execution, Negotiation, WrongState, word
from crossdock.fulfillment.reasons import REASONS, Effect, Reason
from crossdock.fulfillment.store import Rejected
from crossdock.inventory import records
from crossdock.inventory.model import PLAIN, CauseKind, CountBasis, MovementType, PositionKey, Source
from crossdock.kernel.clock import HOUR, rfc3339
from crossdock.orchestration.loading import HeldClaim, HeldFulfillment, LoadedOrder, Rejection
from crossdock.orchestration.stock import settling
from crossdock.orchestration.stock.settling import Fact
from crossdock.orchestration.work.bench import Bench, WorkHandler, current
from crossdock.orchestration.work.commands import WorkDone
from crossdock.orchestration.work.moving import lines_of, units_of
from crossdock.orchestration.work.rerouting import Moved, again, by_demand, elsewhere, is_collected
from crossdock.orchestration.work.steps import RETRY
from crossdock.storage.unit import Unit

Units = Sequence[tuple[HeldClaim, int]]


class Why(NamedTuple):
    """Why a location does not do something, and who says so."""

    kind: str
    reason: str
    note: str
    actor: str


class Refusal(NamedTuple):
    """Units that a location does not do, with what is remembered of it."""

    kind: str
    reason: str
    note: str
    actor: str
    ids: dict[int, int]
    """The id of the rejection of each demand."""
    until: int


class RefusingHandler(WorkHandler):
    """What rejections and short picks have in common."""

    kind = "rejected"

    def do(self, unit: Unit, command: Any) -> WorkDone:
        order_id = self.order_of(unit, command.fulfillment_id)
        reason = REASONS[command.reason]
        bench = Bench(unit, self._engine, [order_id], _suspects(unit, command.fulfillment_id, reason))
        order = bench.loaded[order_id]
        fulfillment = current(order, command.fulfillment_id, command.version)
        self.check(fulfillment)
        units = units_of(order.resting_in(fulfillment.id), command.lines, picked=False)
        why = Why(self.kind, command.reason, command.note, command.actor.name)
        said = remember(bench, order, fulfillment, units, why)
        moved = (
            _exists(bench, order, fulfillment, units, said)
            if reason.exists
            else _gone(bench, order, fulfillment, units, said, reason)
        )
        _tell(bench, order, fulfillment, units, said, moved)
        bench.write()
        return WorkDone(order_id=order_id, fulfillment_id=fulfillment.id, moved=moved.moved, kept=moved.kept)

    def check(self, fulfillment: HeldFulfillment) -> None:
        """Refuse what cannot be refused by the location from where it stands."""
        if fulfillment.execution not in AT_WORK:
            raise WrongState(f"A fulfillment that is {word(Execution(fulfillment.execution))} cannot be rejected.")


class RejectHandler(RefusingHandler):
    """Does Reject."""


class ShortPickHandler(RefusingHandler):
    """Does ShortPick."""

    kind = "short_picked"

    def check(self, fulfillment: HeldFulfillment) -> None:
        if fulfillment.execution != Execution.IN_PROGRESS:
            raise WrongState(f"Nothing is picked of a fulfillment that is {word(Execution(fulfillment.execution))}.")


def remember(bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, units: Units, why: Why) -> Refusal:
    """Remember who said no to what: the location is not asked for these lines again for a time."""
    unit, rules = bench.unit, bench.engine.directory.work_rules
    until = unit.now + rules.exclude_hours * HOUR
    quantity = by_demand(units)
    said = Refusal(*why, {no: unit.ids.one() for no in quantity}, until)
    order_id, location, words = order.row.id, fulfillment.location_id, (why.kind, why.reason, why.note)
    rows = [
        Rejected(said.ids[no], order_id, no, location, fulfillment.id, *words, n, unit.now, until, why.actor)
        for no, n in quantity.items()
    ]
    fulfillments.reject(unit, rows)
    order.rejections += [Rejection(order_id, no, location, until) for no in quantity]
    return said


def _suspects(unit: Unit, fulfillment_id: int, reason: Reason) -> list[PositionKey]:
    """Return the positions of which the reason says something."""
    if reason.exists:
        return []
    classes = [PLAIN]
    if reason.effect is Effect.SET_ASIDE:
        classes.append(records.stock_class(unit, reason.condition))
    items = fulfillments.positions_of(unit.session, fulfillment_id)
    return [(item, location, of) for item, location in items for of in classes]


def _exists(bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, units: Units, said: Refusal) -> Moved:
    """The goods are there and the location does not do it: to others, or it stays until another can have it."""
    changes, delivery_no = bench.changes, fulfillment.delivery_no
    if is_collected(order, delivery_no):
        for claim, n in units:
            changes.unclaim(order, claim.id, n, said.kind, said.actor)
        again(changes, order, delivery_no, by_demand(units), said.reason, said.actor)
        _ended(bench, order, fulfillment)
        return Moved(sum(n for _, n in units), 0)
    moved = elsewhere(changes, order, delivery_no, units, said.kind, said.actor)
    if not _ended(bench, order, fulfillment):
        whole = {claim.id for claim, _ in units} >= {claim.id for claim in order.claims_of(fulfillment.id)}
        if moved.kept and whole and not any(claim.picked for claim in order.claims_of(fulfillment.id)):
            # Nobody else has it, and this location does not want it: it waits there until somebody can.
            bench.steps.set(order, fulfillment, Execution.PLANNED, Negotiation.REJECTED)
            bench.steps.due(fulfillment.id, RETRY, bench.engine.directory.work_rules.retry_minutes)
    return moved


def _gone(
    bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, units: Units, said: Refusal, reason: Reason
) -> Moved:
    """The goods are not there: the stock becomes what the reason says, and whoever loses units by it is routed anew."""
    unit, changes, delivery_no = bench.unit, bench.changes, fulfillment.delivery_no
    for claim, n in units:
        changes.unclaim(order, claim.id, n, said.kind, said.actor)
    facts = _facts(unit, [(order.behind(claim), n) for claim, n in units], said, reason)
    before = {fact.key: changes.positions[fact.key].short for fact in facts}
    counts = records.last_counts(unit.session, before)
    for fact in facts:
        settling.apply(unit, changes, fact, counts)
    again(changes, order, delivery_no, by_demand(units), said.kind, said.actor)
    if not _ended(bench, order, fulfillment):
        complete = not any(claim.on_shelf for claim in order.claims_of(fulfillment.id))
        bench.steps.set(order, fulfillment, Execution.PICKED if complete else None)
    settling.rescue(unit, bench.engine, changes, bench.loaded, bench.holders, before, said.actor)
    return Moved(sum(n for _, n in units), 0)


def _facts(unit: Unit, units: Units, said: Refusal, reason: Reason) -> list[Fact]:
    facts: list[Fact] = []
    for claim, n in units:
        if claim.source != Source.POSITION:
            continue
        key, id_ = (claim.item_id, claim.location_id, claim.stock_class), said.ids[claim.demand_no]

        def fact(
            kind: MovementType,
            quantity: int,
            at: PositionKey = key,
            id_: int = id_,
            basis: CountBasis = CountBasis.SHELF,
        ) -> Fact:
            return Fact(at, kind, quantity, unit.now, basis, None, (CauseKind.REJECTION, id_, len(facts)))

        if reason.effect is Effect.EMPTY:
            # The shelf is empty: what is known to be there is what has been taken off it.
            facts.append(fact(MovementType.COUNTED, 0))
        elif reason.effect is Effect.TAKEN_OFF:
            facts.append(fact(MovementType.ADJUSTED, -n))
        else:
            aside = (claim.item_id, claim.location_id, records.stock_class(unit, reason.condition))
            facts.append(fact(MovementType.RECLASSIFIED, -n))
            facts.append(fact(MovementType.RECLASSIFIED, n, aside))
    return facts


def _ended(bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment) -> bool:
    """Let a fulfillment of which nothing is left have been rejected; says whether that is so."""
    if fulfillment.id in order.fulfillments:
        return False
    if Negotiation(fulfillment.negotiation) is not Negotiation.UNSENT:
        bench.steps.set(order, fulfillment, None, Negotiation.REJECTED)
    bench.steps.not_due(fulfillment.id)
    return True


def _tell(
    bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, units: Units, said: Refusal, moved: Moved
) -> None:
    make = FulfillmentShortPicked if said.kind == "short_picked" else FulfillmentRejected
    event = make(
        **bench.who(order, fulfillment),
        lines=lines_of(bench, units),
        reason=said.reason,
        note=said.note,
        moved=moved.moved,
        kept=moved.kept,
        excluded_until=rfc3339(said.until),
    )
    bench.tell(order, event, said.actor)
