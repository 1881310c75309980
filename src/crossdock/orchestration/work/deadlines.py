"""What is due: notice before time is over, others asked when it is; and days that hold more than they now may."""

from __future__ import annotations

from crossdock.events.work import FulfillmentDueSoon, FulfillmentRelieved, FulfillmentTimedOut
from crossdock.fulfillment import store as fulfillments
from crossdock.fulfillment.model import UNANSWERED, Execution, Negotiation
from crossdock.fulfillment.store import Deadline
from crossdock.kernel.clock import MINUTE, rfc3339, utc_day
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.loading import HeldFulfillment, LoadedOrder
from crossdock.orchestration.work.bench import Bench, WorkHandler
from crossdock.orchestration.work.commands import WatchDays, WatchDeadlines, Watched
from crossdock.orchestration.work.pausing import move_planned
from crossdock.orchestration.work.refusing import Why, remember
from crossdock.orchestration.work.rerouting import Moved, elsewhere, is_collected
from crossdock.orchestration.work.steps import ACCEPT, RETRY, WAITS_FOR, minutes_for
from crossdock.storage.unit import Unit

_TRY_AGAIN = 5 * MINUTE
_MOST_DAYS = 20


class WatchDeadlinesHandler(WorkHandler):
    """Does WatchDeadlines."""

    def do(self, unit: Unit, command: WatchDeadlines) -> Watched:
        due = fulfillments.due(unit.session, unit.now, command.most)
        if not due:
            return Watched()
        order_of = fulfillments.orders_of(unit.session, [deadline.fulfillment_id for deadline in due])
        bench = Bench(unit, self._engine, set(order_of.values()))
        for deadline in due:
            order = bench.loaded.get(order_of.get(deadline.fulfillment_id, 0))
            fulfillment = None if order is None else order.fulfillments.get(deadline.fulfillment_id)
            if order is None or fulfillment is None or not _waits(fulfillment, deadline.kind):
                bench.steps.not_due(deadline.fulfillment_id)
            elif not deadline.noticed and unit.now < deadline.due_at:
                _notice(bench, order, fulfillment, deadline, command.actor.name)
            else:
                _over(bench, order, fulfillment, deadline.kind, command.actor.name)
        bench.write()
        unit.dirty = True
        return Watched(looked_at=len(due), more=len(due) == command.most)


def _waits(fulfillment: HeldFulfillment, kind: int) -> bool:
    """Say whether a fulfillment still stands where the deadline was set."""
    if kind == RETRY:
        return (fulfillment.execution, fulfillment.negotiation) == (Execution.PLANNED, Negotiation.REJECTED)
    answered = fulfillment.negotiation not in UNANSWERED
    return fulfillment.execution == Execution.RELEASED and answered == (kind != ACCEPT)


def _notice(bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, deadline: Deadline, actor: str) -> None:
    who, waits_for = bench.who(order, fulfillment), WAITS_FOR[deadline.kind]
    bench.tell(order, FulfillmentDueSoon(**who, waits_for=waits_for, due_at=rfc3339(deadline.due_at)), actor)
    bench.steps.noticed(deadline)


def _over(bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, kind: int, actor: str) -> None:
    """Time is over: others are asked; what nobody else can have stays, and is asked for once more."""
    units = [(claim, claim.quantity) for claim in order.resting_in(fulfillment.id)]
    who, waits_for = bench.who(order, fulfillment), WAITS_FOR[kind]
    if is_collected(order, fulfillment.delivery_no):
        moved = Moved(0, sum(n for _, n in units))  # somebody will come for it there
    else:
        if kind != RETRY:
            remember(bench, order, fulfillment, units, Why("timed_out", "timed_out", "", actor))
        moved = elsewhere(bench.changes, order, fulfillment.delivery_no, units, "timed_out", actor)
    if kind != RETRY:
        bench.tell(order, FulfillmentTimedOut(**who, waits_for=waits_for, moved=moved.moved, kept=moved.kept), actor)
    elif moved.moved:
        bench.tell(order, FulfillmentRelieved(**who, reason="rejected", moved=moved.moved, kept=moved.kept), actor)
    if fulfillment.id not in order.fulfillments:
        bench.steps.not_due(fulfillment.id)
        return
    directory = bench.engine.directory
    place, rules = directory.locations[fulfillment.location_id].location, directory.work_rules
    bench.steps.due(fulfillment.id, kind, minutes_for(rules, place, kind), 0 if kind == RETRY else rules.notice_minutes)


class WatchDaysHandler(WorkHandler):
    """Does WatchDays: a day that has more planned than a lowered capacity allows gives the rest to others."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._tried: dict[tuple[int, int], tuple[int, int, int]] = {}

    def do(self, unit: Unit, command: WatchDays) -> Watched:
        over = fulfillments.overfull_days(unit.session, utc_day(unit.now), _MOST_DAYS)
        for location, day, used, allowed in over:
            tried = self._tried.get((location, day))
            if tried is not None and tried[:2] == (used, allowed) and unit.now < tried[2] + _TRY_AGAIN:
                continue
            if len(self._tried) > _MOST_DAYS:
                self._tried.clear()
            self._tried[location, day] = (used, allowed, unit.now)
            self._relieve(unit, location, day, used - allowed, command)
            return Watched(looked_at=1, more=True)
        return Watched()

    def _relieve(self, unit: Unit, location: int, day: int, excess: int, command: WatchDays) -> None:
        """Move as many fulfillments as are too many: the least urgent first, of equals the latest."""
        page = fulfillments.planned_on(unit.session, location, day, command.most)
        if not page:
            return
        bench = Bench(unit, self._engine, {order for _, order in page})
        for id_, order_id in page:
            if excess <= 0:
                break
            order = bench.loaded[order_id]
            move_planned(bench, order, id_, "capacity", command.actor.name)
            excess -= id_ not in order.fulfillments
        bench.write()
