"""Units that wait longer than their route says are canceled: by a chore, in the order in which their time came."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.events.catalog import OrderCanceled, new_event
from crossdock.kernel.ids import encode_id
from crossdock.orchestration import loading
from crossdock.orchestration.changes import Changes, open_changes
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.loading import LoadedOrder
from crossdock.orchestration.policies.commands import GivenUp, GiveUpWaiting
from crossdock.orders.status import CANCELED, WAITING
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Outcome

REASON = "waited_too_long"
GIVE_UP_SECONDS = 60.0


class GiveUpWaitingHandler:
    """Does GiveUpWaiting."""

    max_batch = 1

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def weight(self, command: GiveUpWaiting) -> int:
        return command.most

    def settled(self, *, committed: bool) -> None:
        self._engine.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[GiveUpWaiting], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        orders = _overdue(unit.session, unit.now, command.most)
        if not orders:
            return [GivenUp(orders=0, canceled=0)]
        self._engine.follow(unit.session)
        loaded = loading.load(unit.session, orders)
        entries = _entries(unit.session, unit.now, orders)  # as they are now that the orders are locked
        changes = open_changes(unit, self._engine, loaded.values())
        given_up = [_give_up(unit, changes, loaded[id_], entries.get(id_, {}), command) for id_ in sorted(loaded)]
        changes.write()
        return [GivenUp(orders=sum(1 for units in given_up if units), canceled=sum(given_up))]


def _give_up(unit: Unit, changes: Changes, order: LoadedOrder, overdue: dict[int, int], command: GiveUpWaiting) -> int:
    """Cancel the units (demand number to units) of an order; returns how many."""
    actor, lines = command.actor.name, dict[str, int]()
    for no, units in sorted(overdue.items()):
        demand = order.demand[no]
        gone = min(units, demand.parts[WAITING])
        if gone:
            changes.cancel_waiting(order, no, gone, REASON, actor)
            lines[str(demand.line_no)] = lines.get(str(demand.line_no), 0) + gone
    if lines:
        complete = all(d.parts[CANCELED] == d.quantity for d in order.demand.values())
        subject, units = encode_id("ord", order.row.id), sum(lines.values())
        event = OrderCanceled(order_id=subject, lines=lines, units=units, complete=complete, reason=REASON)
        unit.event(new_event(event, at=unit.now, subject=subject, actor=actor, order_id=order.row.id))
    return sum(lines.values())


def _overdue(session: Session, at: int, most: int) -> list[int]:
    sql = """
        SELECT order_id, min(cancel_at) FROM queue_entries
        WHERE cancel_at IS NOT NULL AND cancel_at <= ? AND closed_at IS NULL
        GROUP BY order_id ORDER BY min(cancel_at), order_id LIMIT ?
    """
    return [row[0] for row in session.fetch(sql, at, most)]


def _entries(session: Session, at: int, orders: Sequence[int]) -> dict[int, dict[int, int]]:
    sql = """
        WITH k(id) AS ({keys})
        SELECT q.order_id, q.demand_no, q.quantity FROM k JOIN queue_entries q ON q.order_id = k.id
        WHERE q.cancel_at IS NOT NULL AND q.cancel_at <= ? AND q.closed_at IS NULL
    """
    found: dict[int, dict[int, int]] = {}
    for order_id, no, units in session.fetch_keys(sql, ("bigint",), [(id_,) for id_ in sorted(orders)], at):
        of_order = found.setdefault(order_id, {})
        of_order[no] = of_order.get(no, 0) + units
    return found
