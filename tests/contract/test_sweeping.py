"""The sweeper: units are back within a second of the end, on any number of processes."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from crossdock.app import App
from crossdock.inventory.reservations import State
from crossdock.kernel import clock
from crossdock.kernel.clock import MINUTE, SECOND
from crossdock.orchestration.chores import again_and_again
from crossdock.orchestration.reservations.expiry import SWEEP_SECONDS, Sweeper
from crossdock.orchestration.reservations.forgetting import KEPT_ENDED, ForgetReservations
from tests.support.reserving import expire, extend, named, release, reserve, reserved, state
from tests.support.world import World


def test_a_round_ends_what_is_due_and_wakes_nobody_else(world: World):
    world.receive("MUG", "DC", 3)
    cart, other = reserve(world, ("MUG", 1), duration_seconds=60), reserve(world, ("MUG", 1), duration_seconds=600)
    sweeper, batches = Sweeper(world.app), world.app.writer.batches
    assert asyncio.run(sweeper.once()) == 0
    assert world.app.writer.batches == batches
    world.clock.forward(seconds=61)
    assert asyncio.run(sweeper.once()) == 1
    assert (state(world, cart), state(world, other)) == (State.EXPIRED, State.OPEN)
    assert SWEEP_SECONDS <= 0.25


def test_who_waits_gets_what_comes_back(world: World):
    world.receive("MUG", "DC", 2)
    reserve(world, ("MUG", 2), duration_seconds=60)
    order = world.capture("A1", ("MUG", 1)).order_id
    assert world.parts(order) == {"waiting": 1}
    world.clock.forward(seconds=61)
    asyncio.run(Sweeper(world.app).once())
    assert world.parts(order) == {"allocated": 1}


def test_what_was_extended_meanwhile_goes_on(world: World):
    world.receive("MUG", "DC", 2)
    cart = reserve(world, ("MUG", 2), duration_seconds=60)
    world.clock.forward(seconds=50)
    extend(world, cart, 600)
    world.clock.forward(seconds=50)
    assert asyncio.run(Sweeper(world.app).once()) == 0
    assert state(world, cart) is State.OPEN


def test_units_are_back_within_a_second(database_url: str):
    with World(database_url, clock=clock.now) as world:
        world.standard()
        world.record(world.fact("received", "MUG", "DC", 60, at=1))
        carts = [reserve(world, ("MUG", 1), duration_seconds=2) for _ in range(60)]
        assert reserved(world, "MUG", "DC") == 60
        last = world.rows("SELECT max(expires_at) FROM reservations")[0][0]

        async def sweep_until_free() -> int:
            sweeping = asyncio.create_task(again_and_again("sweeping", Sweeper(world.app).once, SWEEP_SECONDS))
            deadline = time.monotonic() + 20
            count = "SELECT count(*) FROM reservations WHERE state = 1"
            while (await world.app.database.read(lambda session: session.fetch(count)))[0][0]:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.01)
            sweeping.cancel()
            return clock.now()

        free_at = asyncio.run(sweep_until_free())
        # Written within a second of their time, each of them, and seen to be.
        late = world.rows("SELECT max(ended_at - expires_at) FROM reservations")[0][0]
        assert late < SECOND
        assert free_at - last < 2 * SECOND
        assert {state(world, cart) for cart in carts} == {State.EXPIRED}
        assert reserved(world, "MUG", "DC") == 0


@pytest.mark.postgres
def test_two_processes_end_each_reservation_once(postgresql_url: str):
    with World(postgresql_url) as world:
        world.standard()
        world.receive("MUG", "DC", 80)
        for _ in range(80):
            reserve(world, ("MUG", 1), duration_seconds=60)
        other = App(postgresql_url, clock=world.clock, readers=1)
        other.start()
        try:
            world.clock.forward(minutes=2)
            with ThreadPoolExecutor() as pool:
                ended = list(pool.map(lambda app: asyncio.run(Sweeper(app).once()), (world.app, other)))
        finally:
            other.close()
        assert sum(ended) == 80
        assert reserved(world, "MUG", "DC") == 0
        assert world.events().count("reservation.expired") == 80
        world.assert_sound()


# -- forgotten --------------------------------------------------------------------------------------------------------


def test_what_ended_without_an_order_is_forgotten_a_month_after_its_time(world: World):
    world.receive("MUG", "DC", 9)
    given_back = reserve(world, ("MUG", 1), external_id="cart-1")
    release(world, given_back)
    over = reserve(world, ("MUG", 2))
    ordered = reserve(world, ("MUG", 3), external_id="cart-3")
    world.capture("A1", ("MUG", 3), reservation_id=named(ordered))
    world.clock.forward(minutes=20)
    expire(world)
    world.clock.at += KEPT_ENDED - 15 * MINUTE
    assert world.do(ForgetReservations()) == 0
    world.clock.at += 30 * MINUTE
    still = reserve(world, ("MUG", 1))
    assert world.do(ForgetReservations()) == 2
    assert world.do(ForgetReservations()) == 0
    kept = {row[0] for row in world.rows("SELECT id FROM reservations")}
    assert kept == {ordered, still}
    assert not {given_back, over} & {row[0] for row in world.rows("SELECT reservation_id FROM reservation_lines")}
    assert world.rows("SELECT external_id FROM reservation_keys") == [("cart-3",)]
    assert world.rows("SELECT count(*) FROM movements WHERE reserved <> 0")[0][0] == 7, "the ledger keeps everything"
    assert reserve(world, ("MUG", 1), external_id="cart-1") not in kept
    world.assert_sound()


def test_so_many_are_forgotten_in_parts(world: World):
    world.receive("MUG", "DC", 9)
    for _ in range(3):
        release(world, reserve(world, ("MUG", 1)))
    world.clock.at += KEPT_ENDED + 20 * MINUTE
    assert [world.do(ForgetReservations(most=2)) for _ in range(3)] == [2, 1, 0]
