"""The guard over the real database: what it has locked nobody else takes, and what it takes is there."""

import threading
from collections.abc import Iterator

import pytest

from crossdock.storage import guard
from crossdock.storage.errors import Poisoned
from crossdock.storage.guard import Kind, Mismatch, Take
from crossdock.storage.session import Session
from tests.support.world import World


@pytest.fixture
def mug(world: World) -> Take:
    """One of three mugs."""
    world.receive("MUG", "DC", 3)
    return Take(Kind.POSITION_ALLOCATED, world.rows("SELECT item_id, location_id, stock_class FROM positions")[0], 1)


@pytest.fixture
def session(world: World, mug: Take) -> Iterator[Session]:
    session = world.app.database.session()
    session.begin()
    yield session
    session.rollback()
    session.close()


def allocated(session: Session) -> list[int]:
    return [row[0] for row in session.fetch("SELECT allocated FROM positions")]


def test_commands_are_served_in_their_order_all_or_nothing(session: Session, mug: Take):
    day = Take(Kind.CAPACITY, (mug.key[1], 740_000, 0), 1)
    session.execute("INSERT INTO capacities VALUES (?, ?, ?, 0, 1)", *day.key)
    two, one = mug._replace(quantity=2), mug
    lost = guard.take(session, [[two, day], [one, day], [two], [one]]).missing
    # The second finds the day taken and gives its mug back, the third wants more than is left, the fourth is served.
    assert lost == [None, day, two, None]
    assert allocated(session) == [3]
    assert session.fetch("SELECT used FROM capacities")[0][0] == 1


def test_what_is_not_there_cannot_be_taken(session: Session, mug: Take):
    nowhere = Take(Kind.POSITION_ALLOCATED, (7, 7, 0), 1)
    assert guard.take(session, [[mug, nowhere], [mug, mug]]).missing == [nowhere, None]
    assert allocated(session) == [2]


def test_a_picture_that_is_wrong_is_no_danger(session: Session, mug: Take, monkeypatch):
    """Even if the look lied, the write is conditional; and behind it the database itself refuses."""
    monkeypatch.setattr(guard, "_lock", lambda _, things, *__: {thing: guard._Free(100) for thing in things})
    with pytest.raises(Mismatch):
        guard.take(session, [[mug._replace(quantity=4)]])
    with pytest.raises(Poisoned):
        session.execute("UPDATE positions SET allocated = 4")


@pytest.mark.postgres
def test_two_that_want_the_last_one_wait_for_each_other(postgresql_url: str):
    with World(postgresql_url) as world:
        world.standard("DC")
        world.receive("MUG", "DC", 1)
        key = world.rows("SELECT item_id, location_id, stock_class FROM positions")[0]
        last = Take(Kind.POSITION_ALLOCATED, key, 1)
        one, other = world.app.database.session(), world.app.database.session()
        one.begin()
        assert guard.take(one, [[last]]).missing == [None]
        told: list[object] = []

        def want() -> None:
            other.begin()
            told.append(guard.take(other, [[last]]).missing)
            other.rollback()

        waiting = threading.Thread(target=want)
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive(), "it did not wait for the first to end"
        one.commit()
        waiting.join(5)
        assert told == [[last]], "it is a shortage, no accident"
        one.close()
        other.close()


@pytest.mark.postgres
def test_batches_that_want_the_same_rows_in_any_order_never_lock_in_a_circle(postgresql_url: str):
    with World(postgresql_url) as world:
        skus = tuple(f"S{n}" for n in range(20))
        world.standard("DC", items=skus)
        for sku in skus:
            world.receive(sku, "DC", 10_000)
        keys = world.rows("SELECT item_id, location_id, stock_class FROM positions")
        failures: list[BaseException] = []

        def hammer(seed: int) -> None:
            import random

            chance, session = random.Random(seed), world.app.database.session()
            try:
                for _ in range(40):
                    wants = [[Take(Kind.POSITION_ALLOCATED, key, 1)] for key in chance.sample(keys, len(keys))]
                    session.begin()
                    assert guard.take(session, wants).missing == [None] * len(wants)
                    session.commit()
            except BaseException as error:  # noqa: BLE001
                failures.append(error)
            finally:
                session.close()

        threads = [threading.Thread(target=hammer, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert set(world.rows("SELECT allocated FROM positions")) == {(160,)}


# -- what a command held itself ---------------------------------------------------------------------------------------


def reserve(session: Session, mug: Take, quantity: int) -> None:
    taken = guard.take(session, [[mug._replace(kind=Kind.POSITION_RESERVED, quantity=quantity)]])
    assert taken.missing == [None]


def counters(session: Session) -> tuple[int, ...]:
    return tuple(session.fetch("SELECT on_hand, reserved, allocated, short FROM positions")[0])


def test_a_reservation_and_an_allocation_stand_on_the_same_units(session: Session, mug: Take):
    reserve(session, mug, 2)
    assert guard.take(session, [[mug._replace(quantity=2)], [mug]]).missing == [mug._replace(quantity=2), None]
    assert counters(session) == (3, 2, 1, 0)


def test_reserved_units_become_allocated_ones_though_nothing_else_is_free(session: Session, mug: Take):
    reserve(session, mug, 3)
    back, taken = mug._replace(kind=Kind.POSITION_RESERVED, quantity=-3), mug._replace(quantity=3, mark=77)
    assert guard.take(session, [[back, taken]]).missing == [None]
    assert counters(session) == (3, 0, 3, 0)
    assert session.fetch("SELECT last_movement FROM positions")[0][0] == 77


def test_what_is_given_back_pays_first_for_what_is_short(session: Session, mug: Take):
    reserve(session, mug, 3)
    session.execute("UPDATE positions SET on_hand = 1, short = 2")
    taken = guard.take(session, [[mug._replace(kind=Kind.POSITION_RESERVED, quantity=-3)], [mug], [mug]])
    assert taken.missing == [None, None, mug]
    assert taken.paid == {(0, mug.key): 2}
    assert counters(session) == (1, 0, 1, 0)


def test_a_supply_line_gives_no_more_than_is_still_to_come(session: Session, mug: Take):
    item, location, _ = mug.key
    row = (1, 1, "PO-1", "1", item, location, 0, 740_000, 5, 2, 0, 1, 0, 0, None)
    session.execute(f"INSERT INTO supply_lines VALUES ({', '.join('?' * len(row))})", *row)
    two = Take(Kind.SUPPLY, (1,), 2)
    assert guard.take(session, [[two], [two], [two._replace(quantity=1)]]).missing == [None, two, None]
    assert session.fetch("SELECT claimed FROM supply_lines")[0][0] == 3
