"""The writer: one thread that gathers commands into batches, runs them in transactions, and answers each caller.

Whatever is queued while the last batch commits is the next batch: no delay is added, and a batch of one is the same
code. A command that is refused is answered and left out; one that loses its stock to somebody else goes to the front
of the next batch; one that breaks the batch is found by bisection and the others go on.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

from crossdock.kernel.clock import Clock
from crossdock.kernel.errors import CrossdockError, Internal, Unavailable
from crossdock.kernel.ids import IdBlock
from crossdock.storage.database import Database
from crossdock.storage.errors import ConnectionLost, DatabaseUnavailable, TransientFault
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

log = logging.getLogger(__name__)

MAX_BATCH = 256
MAX_WEIGHT = 3_000  # order lines: about 20 ms of work, so that nobody waits long behind a big batch
MAX_QUEUED = 20_000
BUSY_FROM = 16
_TRANSIENT_TRIES = 20
_MOST_ATTEMPTS = 100  # from the fourth on everything is locked first: more are a fault, and must not go on for ever
_RECONNECT_SECONDS = 20.0


class Again:
    """The outcome of a command that lost a race: it is decided again in the next batch."""


class Instead:
    """The outcome of a command that turns out to be another one: that is done next, and answers for both."""

    __slots__ = ("command",)

    def __init__(self, command: Any) -> None:
        self.command = command


AGAIN = Again()
Outcome = Any
"""An answer, a CrossdockError, AGAIN, or Instead."""


class Handler(Protocol):
    """What a feature does with the commands of one kind."""

    max_batch: int

    def weight(self, command: Any) -> int:
        """How much work a command is, in order lines."""

    def run(self, unit: Unit, commands: Sequence[Any], attempts: Sequence[int]) -> list[Outcome]:
        """Do the commands in one transaction; an outcome each. ``attempts`` counts the tries before this one."""

    def settled(self, *, committed: bool) -> None:
        """Hear how the transaction ended: keep what was debited in memory, or take it back."""


class Overloaded(Unavailable):
    """More commands wait than can be done in reasonable time."""

    code = "overloaded"
    title = "More requests wait than can be served now"


class Ticket:
    """A command on its way, and where its answer goes."""

    __slots__ = ("attempts", "command", "future", "loop")

    def __init__(self, command: Any, future: Any, loop: asyncio.AbstractEventLoop | None) -> None:
        self.command = command
        self.future = future
        self.loop = loop
        self.attempts = 0


class Writer:
    """One per process; the only one that writes business data."""

    def __init__(
        self,
        database: Database,
        ids: IdBlock,
        handlers: Mapping[type, Handler],
        clock: Clock,
        on_commit: Callable[[Unit], None] | None = None,
    ) -> None:
        self._database = database
        self._ids = ids
        self._handlers = handlers
        self._clock = clock
        self._on_commit = on_commit
        self._inbox: queue.SimpleQueue[Ticket | None] = queue.SimpleQueue()
        self._front: deque[Ticket] = deque()
        self._session: Session | None = None
        self._stopping = False
        self.batches = 0
        self.retries = 0
        self.lost_races = 0
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Start the thread; the first batch opens the connection."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is queued, then end."""
        self._stopping = True
        self._inbox.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def is_busy(self) -> bool:
        """Say whether commands pile up behind the batch under way."""
        return self._inbox.qsize() > BUSY_FROM

    def submit(self, command: Any) -> Future[Any]:
        """Queue a command from any thread; the future has its answer or its error."""
        future: Future[Any] = Future()
        self._put(Ticket(command, future, None))
        return future

    def submit_async(self, command: Any) -> asyncio.Future[Any]:
        """Queue a command from the running event loop; answers of one batch wake the loop once."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._put(Ticket(command, future, loop))
        return future

    def _put(self, ticket: Ticket) -> None:
        if self._stopping or self._inbox.qsize() > MAX_QUEUED:
            raise Overloaded("The writer's queue is full; try again shortly.")
        self._inbox.put(ticket)

    # -- the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            batch = self._gather()
            if batch is None:
                break
            try:
                self._do(batch)
            except BaseException as error:
                log.exception("the writer could not do a batch")
                self._answer([(ticket, _as_answerable(error)) for ticket in batch])
        self._stopping = True
        while not self._inbox.empty():
            late = self._inbox.get()
            if late is not None:
                self._answer([(late, Overloaded("The program is ending."))])
        if self._session is not None:
            self._session.close()

    def _next(self, *, block: bool) -> Ticket | None:
        if self._front:
            return self._front.popleft()
        return self._inbox.get(block=block)

    def _gather(self) -> list[Ticket] | None:
        first = self._next(block=True)
        if first is None:
            return None
        handler = self._handlers[type(first.command)]
        batch, weight = [first], handler.weight(first.command)
        while len(batch) < min(handler.max_batch, MAX_BATCH) and weight < MAX_WEIGHT:
            try:
                ticket = self._next(block=False)
            except queue.Empty:
                break
            if ticket is None:
                self._inbox.put(None)
                break
            if type(ticket.command) is not type(first.command):
                self._front.appendleft(ticket)
                break
            batch.append(ticket)
            weight += handler.weight(ticket.command)
        return batch

    def _do(self, tickets: list[Ticket]) -> None:
        """Run a batch to its answers: once, again after a transient fault, or in halves to find the culprit."""
        handler = self._handlers[type(tickets[0].command)]
        try:
            self._settle(tickets, self._patiently(handler, tickets))
            return
        except Unavailable as nobody_home:
            log.warning("a batch of %d could not be done: %s", len(tickets), nobody_home)
            self._answer([(ticket, nobody_home) for ticket in tickets])
            return
        except Exception as error:
            if len(tickets) == 1:
                if not isinstance(error, CrossdockError):
                    log.exception("a command failed: %s", type(tickets[0].command).__name__)
                self._answer([(tickets[0], _as_answerable(error))])
                return
        half = len(tickets) // 2
        self._do(tickets[:half])
        self._do(tickets[half:])

    def _patiently(self, handler: Handler, tickets: list[Ticket]) -> list[Outcome]:
        """Run the transaction again while only the database's or the network's mood is to blame."""
        for attempt in range(_TRANSIENT_TRIES):
            try:
                return self._transaction(handler, tickets)
            except TransientFault:
                time.sleep(random.random() * 0.002 * (attempt + 1))  # noqa: S311  (jitter, not a secret)
            except ConnectionLost as lost:
                # Nothing was committed (_finish would know): the same batch is run again on a new connection.
                log.warning("the connection was lost, trying again: %s", lost)
                self._drop_connection()
            self.retries += 1
        raise DatabaseUnavailable("The database asked to try again too often.")

    def _transaction(self, handler: Handler, tickets: list[Ticket]) -> list[Outcome]:
        session = self._connection()
        unit = Unit(session, self._ids, self._clock)
        committed = False
        try:
            self._ids.renew()
            unit.start()
            outcomes = handler.run(unit, [ticket.command for ticket in tickets], [t.attempts for t in tickets])
            self._finish(unit)
            committed = True
        finally:
            if not committed:
                self._undo()
            handler.settled(committed=committed)
        self.batches += 1
        if self._on_commit is not None:
            self._on_commit(unit)
        for outcome in outcomes:
            if hasattr(outcome, "position"):
                outcome.position = outcome.position or unit.position
        return outcomes

    def _finish(self, unit: Unit) -> None:
        """Commit; when the connection breaks in it, find out over a new one whether it took effect."""
        try:
            unit.finish()
        except ConnectionLost:
            self._drop_connection()
            if not unit.was_committed(self._connection()):
                raise TransientFault("the connection was lost before the commit took effect") from None

    def _undo(self) -> None:
        if self._session is None:
            return
        try:
            self._session.rollback()
        except Exception:
            log.exception("the connection could not roll back and is dropped")
            self._drop_connection()

    def _connection(self) -> Session:
        deadline = time.monotonic() + _RECONNECT_SECONDS
        while self._session is None:
            try:
                self._session = self._database.session()
                self._database.stay_worker()
            except (DatabaseUnavailable, ConnectionLost):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        return self._session

    def _drop_connection(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _settle(self, tickets: list[Ticket], outcomes: list[Outcome]) -> None:
        done: list[tuple[Ticket, Outcome]] = []
        again: list[Ticket] = []
        for ticket, outcome in zip(tickets, outcomes, strict=True):
            if outcome is AGAIN and ticket.attempts >= _MOST_ATTEMPTS:
                done.append((ticket, Overloaded("The command lost too many races for what it needs.")))
            elif outcome is AGAIN:
                ticket.attempts += 1
                self.lost_races += 1
                again.append(ticket)
            elif isinstance(outcome, Instead):
                ticket.command = outcome.command
                again.append(ticket)
            else:
                done.append((ticket, outcome))
        self._front.extendleft(reversed(again))
        self._answer(done)

    def _answer(self, pairs: list[tuple[Ticket, Outcome]]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Any, Outcome]]] = {}
        for ticket, outcome in pairs:
            if ticket.loop is None:
                _set(ticket.future, outcome)
            else:
                by_loop.setdefault(ticket.loop, []).append((ticket.future, outcome))
        for loop, answers in by_loop.items():
            try:
                loop.call_soon_threadsafe(_set_all, answers)
            except RuntimeError:
                log.warning("%d answers had nobody left to hear them", len(answers))


def _set_all(answers: list[tuple[Any, Outcome]]) -> None:
    for future, outcome in answers:
        _set(future, outcome)


def _set(future: Any, outcome: Outcome) -> None:
    if future.cancelled() or future.done():
        return
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _as_answerable(error: BaseException) -> CrossdockError:
    if isinstance(error, CrossdockError):
        return error
    if isinstance(error, ConnectionLost):
        return DatabaseUnavailable(str(error))
    return Internal("An unexpected fault; the command had no effect.")
