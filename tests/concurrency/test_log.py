"""The log is read by position: nothing is skipped and nothing comes twice, whoever commits when."""

import threading
import time
from itertools import pairwise

import pytest

from crossdock.events.log import read_log
from crossdock.storage.jobs import Work
from crossdock.storage.postgres import PostgresSession
from crossdock.storage.unit import Unit
from tests.support.world import World, order

pytestmark = pytest.mark.postgres


class Reader:
    """Follows the log by position, as any consumer does."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stop = threading.Event()
        self.seen: list[tuple[int, str]] = []
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        position = 0
        ending = False
        while True:
            events = self._world.read(lambda session, after=position: read_log(session, after, limit=7))  # type: ignore[misc]
            self.seen += [(event.id, event.subject) for event in events]
            position = events[-1].id if events else position
            if ending and not events:
                return
            ending = self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def test_a_writer_that_pauses_before_its_commit_hides_nothing(postgresql_url: str, monkeypatch):
    """One writer has its numbers and sleeps; the other must not overtake it in the eyes of a reader."""
    with World(postgresql_url) as one:
        one.standard("DC", "STORE")
        one.receive("MUG", "DC", 2)
        one.receive("PEN", "DC", 200)
        with World(postgresql_url, upgrade=False) as other:
            reader = Reader(one)
            commit, paused = PostgresSession.commit, threading.Event()

            def pause(self: PostgresSession) -> None:
                if not paused.is_set():
                    paused.set()
                    time.sleep(0.5)
                commit(self)

            monkeypatch.setattr(PostgresSession, "commit", pause)
            slow = one.app.writer.submit(one.capturing(order("SLOW", ("MUG", 1))))
            assert paused.wait(5)
            # Other goods: nothing but the log makes the one wait for the other.
            tickets = [other.app.writer.submit(other.capturing(order(f"A{n}", ("PEN", 1)))) for n in range(20)]
            answers = [slow.result(), *[ticket.result() for ticket in tickets]]
            assert answers[0].position < min(answer.position for answer in answers[1:])
            reader.stop()
            assert reader.seen == one.rows("SELECT id, subject FROM events ORDER BY id")
            assert all(a < b for (a, _), (b, _) in pairwise(reader.seen))


def test_a_transaction_that_writes_without_the_log_keeps_no_reader_waiting(postgresql_url: str):
    with World(postgresql_url) as one:
        one.standard("DC", "STORE")
        forgotten = PostgresSession(postgresql_url, readonly=False)
        forgotten.begin()
        forgotten.execute("INSERT INTO batches (id, committed_at) VALUES (1, 1)")
        reader = Reader(one)
        one.receive("MUG", "DC", 2)
        one.capture("A1", ("MUG", 1))
        reader.stop()
        assert reader.seen == one.rows("SELECT id, subject FROM events ORDER BY id")
        forgotten.rollback()
        forgotten.close()


def test_two_busy_writers_and_a_reader(postgresql_url: str):
    with World(postgresql_url) as one:
        one.standard("DC", "STORE")
        one.receive("MUG", "DC", 500)
        with World(postgresql_url, upgrade=False) as other:
            reader = Reader(one)
            tickets = []
            for n in range(150):
                for name, world in (("a", one), ("b", other)):
                    tickets.append(world.app.writer.submit(world.capturing(order(f"{name}{n}", ("MUG", 1)))))
                if n % 10 == 0:
                    tickets.append(one.app.writer.submit(Work(_nothing)))
            for ticket in tickets:
                ticket.result()
            reader.stop()
            assert reader.seen == one.rows("SELECT id, subject FROM events ORDER BY id")
            captured = one.rows("SELECT count(*) FROM events WHERE type = 'order.captured'")
            assert captured == [(300,)]


def _nothing(unit: Unit) -> None:
    """Change nothing: the batch is rolled back, its numbers are never taken."""
    assert not unit.dirty
