"""Reservations whose time is over give their units back within a second, however many end at once."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from crossdock.events.reservations import ReservationExpired
from crossdock.inventory import reservation_store as store
from crossdock.inventory.reservations import State
from crossdock.kernel.clock import rfc3339
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.commands import Actor, ServeWaiting
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.reservations.commands import Expired, ExpireReservations
from crossdock.orchestration.reservations.reserving import Hold, credit, own_units, tell, write
from crossdock.orders import queues
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Outcome

log = logging.getLogger(__name__)

SWEEP_SECONDS = 0.25
"""How often we look: four times in the second within which a unit is to be back."""
_ACTOR = Actor("system:expiry")
_EXPIRE = ExpireReservations(actor=_ACTOR)
_SERVE = ServeWaiting(actor=_ACTOR)


class ExpireHandler:
    """Does ExpireReservations: one conditional write gives back what all of them held."""

    max_batch = 1

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def weight(self, command: ExpireReservations) -> int:
        return command.most

    def settled(self, *, committed: bool) -> None:
        self._engine.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[ExpireReservations], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        engine, session = self._engine, unit.session
        engine.follow(session)
        due = store.due(session, unit.now, command.most)
        # Another process may have ended or extended some of them while we waited for their locks.
        shared = bool(engine.directory.shares.groups)
        over = [
            reservation
            for reservation in store.lock(session, due, shared=shared).values()
            if reservation.row.state == State.OPEN and reservation.row.expires_at <= unit.now
        ]
        items = {item for reservation in over for item in reservation.item_ids}
        engine.directory.load_items_by_id(session, items)
        engine.planner.shares.load(session, items)
        holds: list[Hold] = []
        for reservation in over:
            hold = Hold(reservation)
            hold.give_back(unit, engine)
            credit(engine, own_units(reservation))
            hold.end(State.EXPIRED, unit.now)
            holds.append(hold)
            event = ReservationExpired(
                reservation_id=encode_id("rsv", reservation.row.id),
                units=hold.units,
                expires_at=rfc3339(reservation.row.expires_at),
            )
            tell(unit, reservation.row.id, event, command.actor.name)
        # Each gives back on its own: the guard then pays what is short in the order of the commands.
        taken = engine.take(unit, [hold.takes for hold in holds])
        write(unit, engine, holds, range(len(holds)), taken)
        wanted = bool(items) and bool(queues.waiting_orders(session, items))
        return [Expired(expired=len(holds), more=len(due) == command.most, wanted=wanted)]


class Application(Protocol):
    """What the sweeper needs of the application: its readers and its writer."""

    @property
    def database(self) -> Any:
        """The readers."""

    def submit(self, command: Any) -> Awaitable[Any]:
        """Have the writer do a command."""

    def clock(self) -> int:
        """The present instant in microseconds UTC."""


class Sweeper:
    """Ends reservations whose time is over; the server asks it to four times a second.

    Any number of processes may sweep: what one has ended, the next finds ended.
    """

    def __init__(self, app: Application) -> None:
        self._app = app

    async def once(self) -> int:
        """End everything that is due now; returns how many reservations ended."""
        ended, wanted, more = 0, False, await self._is_due()
        while more:
            done: Expired = await self._app.submit(_EXPIRE)
            ended += done.expired
            wanted = wanted or done.wanted
            more = done.more
        if wanted:
            # Who waits for these units goes before who asks next.
            await self._app.submit(_SERVE)
        return ended

    async def _is_due(self) -> bool:
        """Ask a reader first: an idle writer is not to be woken four times a second."""
        first = await self._app.database.read(store.next_expiry)
        return first is not None and first <= self._app.clock()
