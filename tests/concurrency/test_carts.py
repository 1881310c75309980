"""Hundreds of carts and few units: what a cart holds is nobody else's, and what it gives up is somebody's again."""

import random

import msgspec
import pytest

from tests.support.clients import Clients, Load, running
from tests.support.world import World

HOT = ("MUG", "PEN", "LAMP", "BOWL")
UNITS = 40


def stage(world: World, rounds: int) -> None:
    world.policy()
    world.channel("web")
    world.locations("DC", "STORE")
    skus = [f"{sku}-{index}" for index in range(rounds) for sku in HOT] if rounds > 1 else list(HOT)
    world.items(*skus)
    for sku in skus:
        world.record(
            world.fact("received", sku, "DC", UNITS - 10, at=1), world.fact("received", sku, "STORE", 10, at=1)
        )


def prove(world: World, heard: list[Clients]) -> None:
    """Every cart that was confirmed got all its units, and nothing was held or sold beyond what was there."""
    report = world.verify()
    assert report.clean, [finding.message for finding in report.findings[:5]]
    assert not world.rows("SELECT 1 FROM positions WHERE reserved + allocated > on_hand OR short > 0")
    lines = (
        "SELECT order_id, CAST(sum(quantity) AS bigint), CAST(sum(allocated) AS bigint) FROM demand GROUP BY order_id"
    )
    units = {row[0]: (row[1], row[2]) for row in world.rows(lines)}
    confirmed = dict(world.rows("SELECT order_id, id FROM reservations WHERE state = 2"))
    for program in heard:
        for _, order, _, result in program.said.get("captured", []):
            assert result == "confirmed"
            wanted, got = units[int(order)]
            assert wanted == got, f"order {order}"
            assert int(order) in confirmed
    assert len(units) == len(confirmed)
    claims = world.rows(
        "SELECT CAST(coalesce(sum(c.quantity), 0) AS bigint) FROM claims c JOIN reservations r ON r.id = c.owner_id"
        " WHERE c.kind = 1 AND c.state = 1 AND r.state = 1"
    )
    assert claims == world.rows("SELECT CAST(coalesce(sum(reserved), 0) AS bigint) FROM positions")


@pytest.mark.timeout(300)
def test_one_process_with_hundreds_of_carts(sqlite_url: str):
    with World(sqlite_url) as world:
        stage(world, 6)
    load = Load(url=sqlite_url, clients=300, orders=1_800, rounds=6, skus=HOT, carts=True)
    with running(load) as (program,):
        assert program.end(280) == 0
    assert program.said["empty"]
    with World(sqlite_url, upgrade=False) as world:
        prove(world, [program])


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_two_processes_with_hundreds_of_carts(postgresql_url: str):
    with World(postgresql_url) as world:
        stage(world, 6)
        loads = [
            Load(url=postgresql_url, name=n, seed=s, clients=150, orders=900, rounds=6, skus=HOT, carts=True)
            for s, n in enumerate(("a", "b"))
        ]
        with running(*loads) as programs:
            assert [program.end(280) for program in programs] == [0, 0]
        prove(world, programs)


def kill_and_try_again(url: str, chance: random.Random) -> None:
    """A program is killed at a statement while carts become orders; its clients send again what they sent."""
    with World(url) as world:
        stage(world, 1)
    load = Load(url=url, name="k", orders=48, clients=12, skus=HOT, carts=True)
    heard: list[Clients] = []
    fatal = msgspec.structs.replace(load, die_at=chance.randrange(20, 320), die_behind=chance.random() < 0.5)
    with running(fatal) as (program,):
        program.end()
    heard.append(program)
    with running(load) as (program,):
        assert program.end() == 0
    heard.append(program)
    with World(url, upgrade=False) as world:
        prove(world, heard)
        # Nobody heard of a cart or an order that is not there, and each is there once.
        carts = dict(world.rows("SELECT external_id, id FROM reservations"))
        for said in heard:
            for n, id_ in said.said.get("reserved", []):
                assert carts[f"k{n}"] == int(id_)


@pytest.mark.parametrize("point", range(4))
def test_killed_while_carts_become_orders(database_url: str, point: int):
    kill_and_try_again(database_url, random.Random(f"carts {point}"))


@pytest.mark.soak
@pytest.mark.parametrize("point", range(4, 104))
def test_killed_at_any_statement_of_a_cart(database_url: str, point: int):
    kill_and_try_again(database_url, random.Random(f"carts {point}"))
