"""Killed at any moment: every order that was answered is there, once and whole, and nothing is half done."""

import random
import time
from collections.abc import Iterator

import msgspec
import pytest

from tests.support.clients import Clients, Load, running
from tests.support.postgres import PostgresServer
from tests.support.world import World

POINTS = 5
SOAK_POINTS = 200
STATEMENTS = 260


def stage(url: str) -> None:
    with World(url) as world:
        world.standard("DC", "STORE")
        world.put_location("STORE", 1, daily_capacity=30)
        world.record(world.fact("received", "MUG", "DC", 25, at=1), world.fact("received", "PEN", "STORE", 20, at=1))


def prove(world: World, load: Load, heard: list[Clients]) -> None:
    """What any of the programs heard is so, and everything was done once."""
    orders = dict(world.rows("SELECT external_id, id FROM orders"))
    assert len(orders) == load.orders
    assert world.rows("SELECT count(*) FROM orders") == [(load.orders,)]
    demanded = dict(world.rows("SELECT order_id, CAST(sum(quantity) AS bigint) FROM demand GROUP BY order_id"))
    canceled = dict(world.rows("SELECT order_id, CAST(sum(canceled) AS bigint) FROM demand GROUP BY order_id"))
    for program in heard:
        for number, answered, *_ in program.said.get("captured", []):
            assert orders[f"{load.name}{number}"] == int(answered)
    for n in range(load.orders):
        id_ = orders[f"{load.name}{n}"]
        assert canceled[id_] == (1 if load.cancels and n % 3 == 0 else 0), f"order {n}"
        assert demanded[id_] > 0
    if load.receipts:
        receipts = len(range(0, load.orders, 5))
        assert world.rows("SELECT count(*) FROM stock_records WHERE source = 'clients'") == [(receipts,)]
        assert world.rows("SELECT CAST(sum(on_hand) AS bigint) FROM positions") == [(45 + receipts,)]
    report = world.verify()
    assert report.clean, [finding.message for finding in report.findings[:5]]


def kill_and_try_again(url: str, chance: random.Random, kills: int) -> None:
    """A program is killed at a statement, and its clients send again what they sent until all is answered."""
    stage(url)
    heard: list[Clients] = []
    load = Load(url=url, orders=60, clients=12, cancels=True, receipts=True)
    for _ in range(kills):
        at, behind = chance.randrange(1, STATEMENTS), chance.random() < 0.5
        with running(msgspec.structs.replace(load, die_at=at, die_behind=behind)) as (program,):
            program.end()
        heard.append(program)
    with running(load) as (program,):
        assert program.end() == 0
    heard.append(program)
    with World(url, upgrade=False) as world:
        prove(world, load, heard)
    assert len(program.said["captured"]) == load.orders


@pytest.mark.parametrize("point", range(POINTS))
def test_killed_at_a_statement(database_url: str, point: int):
    kill_and_try_again(database_url, random.Random(point), kills=1)


@pytest.mark.soak
@pytest.mark.parametrize("point", range(POINTS, POINTS + SOAK_POINTS))
def test_killed_at_any_statement(database_url: str, point: int):
    kill_and_try_again(database_url, random.Random(point), kills=3)


# -- the database's own end -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crashing_server() -> Iterator[PostgresServer]:
    """A server for the tests of this module alone: it is stopped without warning again and again."""
    with PostgresServer() as server:
        yield server


def crash_while_clients_write(server: PostgresServer, chance: random.Random, crashes: int) -> None:
    url = server.create_database()
    stage(url)
    load = Load(url=url, orders=40 * (crashes + 1), clients=8, cancels=True, receipts=True)
    with running(load) as (program,):
        for crash in range(crashes):
            program.wait_for("captured", 40 * crash + chance.randrange(1, 40))
            time.sleep(chance.random() * 0.02)
            server.stop("immediate")
            time.sleep(chance.random() * 0.2)
            server.start()
        assert program.end() == 0
    with World(url, upgrade=False) as world:
        prove(world, load, [program])


@pytest.mark.postgres
def test_the_database_stops_in_the_middle(crashing_server: PostgresServer):
    crash_while_clients_write(crashing_server, random.Random(1), crashes=5)


@pytest.mark.soak
@pytest.mark.postgres
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(2, 12))
def test_the_database_stops_again_and_again(crashing_server: PostgresServer, seed: int):
    crash_while_clients_write(crashing_server, random.Random(seed), crashes=20)
