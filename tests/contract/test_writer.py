"""The writer: every command answered once, whatever happens to its neighbours or to the connection."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
import pytest

from crossdock.kernel.errors import Internal, Unavailable
from crossdock.kernel.ids import IdBlock, IdFactory
from crossdock.storage.errors import ConnectionLost, TransientFault
from crossdock.storage.jobs import Work, WorkHandler
from crossdock.storage.postgres import PostgresSession
from crossdock.storage.unit import Unit
from crossdock.storage.writer import AGAIN, Handler, Writer
from tests.support.world import World, order


class Say:
    """A command that says a word, after a number of tries, or breaks its batch."""

    def __init__(self, word: str, *, again: int = 0, breaks: bool = False) -> None:
        self.word, self.again, self.breaks = word, again, breaks


class SayHandler:
    """Writes the words of a batch down; breaks as a whole when one of them breaks."""

    max_batch = 64

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.settled_with: list[bool] = []
        self.moods: list[Exception] = []

    def weight(self, _: Say) -> int:
        return 1

    def run(self, unit: Unit, commands: Sequence[Say], attempts: Sequence[int]) -> list[Any]:
        self.batches.append([command.word for command in commands])
        if self.moods:
            raise self.moods.pop()
        if any(command.breaks for command in commands):
            raise ZeroDivisionError
        unit.dirty = True
        return [
            AGAIN if command.again > tries else command.word for command, tries in zip(commands, attempts, strict=True)
        ]

    def settled(self, *, committed: bool) -> None:
        self.settled_with.append(committed)


@pytest.fixture
def say(world: World):
    """A writer of its own over the world's database, and its handler; started by the test."""
    handler = SayHandler()
    handlers: dict[type, Handler] = {Say: handler, Work: WorkHandler()}
    writer = Writer(world.app.database, IdBlock(IdFactory(9)), handlers, world.clock)
    yield writer, handler
    if writer._thread.is_alive():
        writer.stop()


def test_what_arrives_together_is_one_transaction(world: World, say):
    writer, handler = say
    tickets = [writer.submit(Say(str(n))) for n in range(100)]
    writer.start()
    assert [ticket.result() for ticket in tickets] == [str(n) for n in range(100)]
    assert [len(batch) for batch in handler.batches] == [64, 36]


def test_one_that_breaks_is_found_and_the_others_are_done(world: World, say, caplog):
    writer, handler = say
    tickets = [writer.submit(Say(str(n), breaks=n == 13)) for n in range(20)]
    writer.start()
    assert isinstance(tickets[13].exception(), Internal)
    assert [t.result() for n, t in enumerate(tickets) if n != 13] == [str(n) for n in range(20) if n != 13]
    assert handler.settled_with.count(True) >= 2


def test_one_that_lost_a_race_is_tried_again_before_the_others(world: World, say):
    writer, handler = say
    tickets = [writer.submit(Say("a", again=2)), writer.submit(Say("b"))]
    writer.start()
    assert [ticket.result() for ticket in tickets] == ["a", "b"]
    assert handler.batches == [["a", "b"], ["a"], ["a"]]


def test_one_that_loses_every_race_is_told_so(world: World, say):
    writer, _ = say
    tickets = [writer.submit(Say("a", again=10**9)), writer.submit(Say("b"))]
    writer.start()
    assert isinstance(tickets[0].exception(10), Unavailable)
    assert tickets[1].result() == "b"


@pytest.mark.parametrize("mood", [TransientFault, ConnectionLost])
def test_a_mood_of_the_database_is_waited_out(world: World, say, mood):
    writer, handler = say
    handler.moods = [mood("deadlock"), mood("deadlock")]
    ticket = writer.submit(Say("a"))
    writer.start()
    assert ticket.result() == "a"
    assert handler.settled_with == [False, False, True]
    assert writer.retries == 2


def test_commands_of_different_kinds_are_done_in_the_order_in_which_they_came(world: World, say):
    writer, handler = say
    said: list[str] = []
    tickets = [
        writer.submit(Say("a")),
        writer.submit(Work(lambda _: said.append("b"))),
        writer.submit(Say("c")),
        writer.submit(Work(lambda _: said.append("d"))),
    ]
    writer.start()
    for ticket in tickets:
        ticket.result()
    assert handler.batches == [["a"], ["c"]]
    assert said == ["b", "d"]


def test_what_is_queued_is_done_before_the_end_and_what_comes_later_is_told_so(world: World, say):
    writer, _ = say
    tickets = [writer.submit(Say(str(n))) for n in range(200)]
    writer.start()
    writer.stop()
    assert all(ticket.result(1) for ticket in tickets)
    with pytest.raises(Unavailable):
        writer.submit(Say("late"))


def test_nobody_is_left_without_an_answer_when_it_ends(world: World, say):
    writer, _ = say
    answers: list[Any] = []

    def insist() -> None:
        while True:
            try:
                answers.append(writer.submit(Say("x")))
            except Unavailable:
                return

    writer.start()
    threads = [threading.Thread(target=insist) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    writer.stop()
    for thread in threads:
        thread.join()
    for answer in answers:
        with contextlib.suppress(Unavailable):
            assert answer.result(timeout=2) == "x"


def test_a_value_that_the_database_refuses_is_one_commands_fault(world: World, say, caplog):
    writer, _ = say

    def insert(number: int) -> Callable[[Unit], Any]:
        def do(unit: Unit) -> int:
            nothing = ", ".join(["0"] * 6 + ["NULL"] * 4)
            unit.session.execute(f"INSERT INTO positions VALUES (?, 1, {nothing})", number)
            unit.dirty = True
            return number

        return do

    writer.start()
    assert writer.submit(Work(insert(1))).result() == 1
    assert isinstance(writer.submit(Work(insert(1))).exception(), Internal)
    assert writer.submit(Work(insert(2))).result() == 2
    world.change("DELETE FROM positions")


# -- a connection that breaks in COMMIT -------------------------------------------------------------------------------


@pytest.fixture
def postgres_world(postgresql_url: str):
    with World(postgresql_url) as world:
        world.standard("DC", "STORE")
        world.receive("MUG", "DC", 10)
        yield world
        world.assert_sound()


@pytest.mark.postgres
@pytest.mark.parametrize("committed", [True, False])
def test_a_connection_lost_in_commit_makes_it_exactly_once(postgres_world: World, monkeypatch, committed: bool, caplog):
    world, commit = postgres_world, PostgresSession.commit
    lost: list[int] = []

    def break_once(self: PostgresSession) -> None:
        if lost:
            commit(self)
            return
        lost.append(1)
        if committed:
            commit(self)
        self._db.terminate()
        raise ConnectionLost("cut by the test")

    captured = world.capture("A1", ("MUG", 5))
    monkeypatch.setattr(PostgresSession, "commit", break_once)
    changed = world.cancel(captured.order_id, {1: 1})
    assert lost
    assert changed.version == 2
    assert world.parts(captured.order_id) == {"allocated": 4, "canceled": 1}


@pytest.mark.postgres
def test_a_commit_that_is_still_under_way_is_waited_for(postgres_world: World, postgres_server, monkeypatch, caplog):
    """The server goes on committing after the connection broke: whoever looks too early would do it twice."""
    world, commit = postgres_world, PostgresSession.commit
    lost: list[int] = []
    captured = world.capture("A1", ("MUG", 5))
    slow = """
        CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON batches DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION wait()
    """
    postgres_server.execute(slow, world.url)
    gate = PostgresSession(world.url, readonly=False)
    gate.execute("SELECT pg_advisory_lock(77)")

    async def cut(session: PostgresSession) -> None:
        sent = asyncio.ensure_future(session._db.execute("COMMIT"))
        await asyncio.sleep(0.3)
        session._db.terminate()
        try:
            await sent
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError):
            raise ConnectionLost("cut by the test") from None

    def break_once(self: PostgresSession) -> None:
        if lost:
            commit(self)
            return
        lost.append(1)
        self._loop.run_until_complete(cut(self))

    monkeypatch.setattr(PostgresSession, "commit", break_once)
    opener = threading.Timer(1.5, lambda: gate.execute("SELECT pg_advisory_unlock(77)"))
    opener.start()
    changed = world.cancel(captured.order_id, {1: 1})
    opener.join()
    gate.close()
    assert lost
    assert world.parts(captured.order_id) == {"allocated": 4, "canceled": 1}
    assert changed.version == 2


@pytest.mark.postgres
def test_a_server_that_starts_again_is_found_again(own_postgres_server, caplog):
    with World(own_postgres_server.create_database()) as world:
        world.standard("DC")
        world.receive("MUG", "DC", 10)
        own_postgres_server.restart("immediate")
        world.capture("A1", ("MUG", 2))
        # The number in its ids is still its own: nobody who starts now gets the same.
        other = World(world.url, upgrade=False)
        assert other.app.ids.worker != world.app.ids.worker
        assert other.take(order("A2", ("MUG", 2))).order_id
        other.close()
        world.assert_sound()
