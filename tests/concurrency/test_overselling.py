"""A thousand clients and few units: never one too many, and whoever gets none waits with a reason."""

import pytest

from tests.support.clients import Load, running
from tests.support.world import World

HOT = ("MUG", "PEN", "LAMP", "BOWL")
UNITS = 120


def stage(world: World, rounds: int) -> None:
    """Few units of each round's items at two locations."""
    world.policy()
    world.channel("web")
    world.locations("DC", "STORE")
    skus = [f"{sku}-{index}" for index in range(rounds) for sku in HOT]
    world.items(*skus)
    for sku in skus:
        world.record(
            world.fact("received", sku, "DC", UNITS - 30, at=1), world.fact("received", sku, "STORE", 30, at=1)
        )


def prove(world: World, attempts: int) -> None:
    """Every unit is given to one order, and what is left of the orders lies in a queue."""
    assert world.rows("SELECT count(*) FROM orders") == [(attempts,)]
    assert not world.rows("SELECT 1 FROM positions WHERE allocated > on_hand OR short > 0")
    sold = world.rows("SELECT item_id, CAST(sum(allocated) AS bigint) FROM positions GROUP BY item_id")
    assert {units for _, units in sold} == {UNITS}
    claims = "SELECT item_id, CAST(sum(quantity) AS bigint) FROM claims WHERE state = 1 GROUP BY item_id"
    assert sorted(world.rows(claims)) == sorted(sold)
    assert {row[0] for row in world.rows("SELECT reason FROM queue_entries")} <= {
        "out_of_stock",
        "not_enough_stock",
    }
    report = world.verify()
    assert report.clean, [finding.message for finding in report.findings[:5]]


def two_processes(url: str, rounds: int, clients: int) -> None:
    with World(url) as world:
        stage(world, rounds)
        half = clients * rounds // 2
        loads = [
            Load(url=url, name=name, seed=seed, clients=clients // 2, orders=half, rounds=rounds, skus=HOT)
            for seed, name in enumerate(("a", "b"))
        ]
        with running(*loads) as programs:
            assert [program.end(600) for program in programs] == [0, 0]
        prove(world, 2 * half)
        lost = sum(program.counters()["lost"] for program in programs)
        print(f"{lost} of {2 * half} attempts lost a race")
        assert lost >= 2 * half // 100


def one_process(url: str, rounds: int, clients: int) -> None:
    with World(url) as world:
        stage(world, rounds)
    load = Load(url=url, clients=clients, orders=clients * rounds, rounds=rounds, skus=HOT)
    with running(load) as (program,):
        assert program.end(600) == 0
    with World(url, upgrade=False) as world:
        prove(world, clients * rounds)


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_two_processes_never_sell_a_unit_twice(postgresql_url: str):
    two_processes(postgresql_url, rounds=24, clients=1_000)


@pytest.mark.timeout(300)
def test_one_process_never_sells_a_unit_twice(sqlite_url: str):
    one_process(sqlite_url, rounds=24, clients=1_000)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_two_processes_never_sell_a_unit_twice_for_long(postgresql_url: str):
    two_processes(postgresql_url, rounds=120, clients=1_000)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_one_process_never_sells_a_unit_twice_for_long(sqlite_url: str):
    one_process(sqlite_url, rounds=120, clients=1_000)
