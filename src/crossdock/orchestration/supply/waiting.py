"""Serving demand that waits: at each receipt, and from time to time, because a new day frees capacity and calendars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crossdock.orchestration import loading
from crossdock.orchestration.changes import Changes, open_changes
from crossdock.orchestration.commands import ServedWaiting, ServeWaiting
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.supply.binding import rebind
from crossdock.orchestration.supply.line import SUPPLY
from crossdock.orders import queues
from crossdock.orders.status import WAITING
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Outcome

MORE = 100
"""So many units more are looked at than have come: some who wait may have no place to be served from."""


def serve(
    changes: Changes,
    engine: Engine,
    loaded: Mapping[int, loading.LoadedOrder],
    waiting: Sequence[int],
    items: set[int],
    actor: str,
) -> int:
    """Give what is claimable of these items to the orders that wait, in order; returns how many got something."""
    mirror, served = engine.mirror, 0
    for order_id in waiting:
        order = loaded[order_id]
        queued = {entry.demand_no for entry in order.waiting if entry.queue == "backorder" and entry.quantity}
        found = False
        for delivery_no in order.deliveries:
            wanted = {
                no: d.parts[WAITING]
                for no, d in order.demand.items()
                if no in queued and d.delivery_no == delivery_no and d.item_id in items and mirror.any_left(d.item_id)
            }
            # A look that finds nothing is no decision: the units keep their entry, and the log hears nothing.
            found = changes.route(order, delivery_no, wanted, "supply", actor, only_if_found=True) or found
        served += found
    return served


def serve_bound(
    changes: Changes, loaded: Mapping[int, loading.LoadedOrder], bound: Sequence[tuple[int, int, int]], actor: str
) -> None:
    """Give units that have arrived to the demand (order, number, units) that was bound to them, in this order."""
    for order_id, demand_no, units in bound:
        order = loaded.get(order_id)
        demand = None if order is None else order.demand.get(demand_no)
        if order is not None and demand is not None:
            wanted = {demand_no: min(units, demand.parts[WAITING])}
            changes.route(order, demand.delivery_no, wanted, "supply", actor, only_if_found=True)


class ServeWaitingHandler:
    """Does ServeWaiting."""

    max_batch = 1

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def weight(self, command: ServeWaiting) -> int:
        return command.most

    def settled(self, *, committed: bool) -> None:
        self._engine.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[ServeWaiting], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        engine, session = self._engine, unit.session
        engine.follow(session)
        wanted = queues.waiting_items(session)
        engine.mirror.load(session, wanted)
        items = [item for item in wanted if engine.mirror.any_left(item)]
        waiting = _waiting(unit, engine, items)
        chosen = waiting[: command.most]
        loaded = loading.load(session, chosen)
        # Who slipped in between two processes, without a date or before somebody else, is put right here.
        rebind(unit, engine.directory, wanted, SUPPLY)
        changes = open_changes(unit, engine, loaded.values())
        served = serve(changes, engine, loaded, chosen, set(items), command.actor.name)
        changes.write()
        return [ServedWaiting(looked_at=len(chosen), served=served)]


def _waiting(unit: Unit, engine: Engine, items: Sequence[int]) -> list[int]:
    """Return the orders that wait for these items and whose channels may have any of them, in order.

    Those whose channel sees none of what is there, or may not take it, would else stand before all others for ever.
    """
    session, directory, planner = unit.session, engine.directory, engine.planner
    channels = directory.channels
    if not directory.shares.some and all(directory.view_of(channel, unit.now).identity for channel in channels):
        return queues.waiting_orders(session, items)
    directory.load_items_by_id(session, items)
    planner.shares.load(session, items)
    pairs = [(item, channel.id) for channel in channels for item in planner.sight.open_to(channel, items, unit.now)]
    return queues.waiting_orders_of(session, pairs)
