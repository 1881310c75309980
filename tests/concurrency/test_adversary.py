"""A thousand clients, tills and counts that come late and twice, carts that are forgotten: not one unit sold twice."""

import json

import pytest

from crossdock.inventory.feed_model import FeedSource
from crossdock.inventory.share_model import Amount, ShareGroup
from crossdock.kernel.clock import HOUR, now
from crossdock.orchestration.feeds.commands import PutFeeds
from crossdock.orchestration.reservations import commands as r
from crossdock.orchestration.views.commands import PutShareGroups
from tests.support.adversary import Siege
from tests.support.clients import running
from tests.support.world import World

ITEMS = ("MUG", "PEN", "BOWL")
SAFE = ("LAMP", "VASE")
SHELF, DEPOT, KEPT = 150, 300, 60


def stage(world: World, stores: tuple[str, ...]) -> None:
    """Stores whose tills sell, a depot without a till, and a share of the lamps that is kept for the market."""
    world.policy()
    world.channel("web")
    world.channel("market")
    world.locations("DC", *stores)
    world.items(*ITEMS, *SAFE)
    for store in stores:
        world.do(PutFeeds(actor=world.actor, sources=(FeedSource(code=store, name=store, locations=(store,)),)))
        world.record(*[world.fact("received", sku, store, SHELF, at=1) for sku in ITEMS])
    world.record(*[world.fact("received", sku, "DC", DEPOT, at=1) for sku in SAFE])
    share = Amount(items=("LAMP",), units=KEPT)
    group = ShareGroup(code="market", channels=("market",), strategy="restrict", amounts=(share,))
    world.do(PutShareGroups(actor=world.actor, groups=(group,)))


def prove(world: World, truth: dict[str, dict[str, int]]) -> None:
    """The shelves are what they truly are, nothing is claimed beyond them, and nobody has eaten the market's share."""
    world.clock.at = now() + 1_000 * HOUR
    while world.app.submit_now(r.ExpireReservations(actor=world.actor)).more:
        pass
    for store, shelf in truth.items():
        assert {sku: world.stock(sku, store)[0] for sku in ITEMS} == shelf
    assert {sku: world.stock(sku, "DC")[0] for sku in SAFE} == dict.fromkeys(SAFE, DEPOT)
    assert not world.rows("SELECT 1 FROM positions WHERE allocated > on_hand OR reserved > 0 OR short > 0")
    lamps = dict(
        world.rows(
            """
            SELECT h.code, CAST(sum(c.quantity) AS bigint) FROM claims c JOIN items i ON i.id = c.item_id
            JOIN orders o ON o.id = c.owner_id JOIN channels h ON h.id = o.channel_id
            WHERE c.kind = 2 AND c.state = 1 AND i.sku = 'LAMP' GROUP BY h.code
            """
        )
    )
    assert lamps.get("web", 0) <= DEPOT - KEPT
    assert 0 < lamps.get("market", 0) <= KEPT
    ends = {row[0] for row in world.rows("SELECT state FROM reservations")}
    assert {2, 3, 4} <= ends  # confirmed, given back, expired
    report = world.verify()
    assert report.clean, [finding.message for finding in report.findings[:5]]


def besiege(url: str, stores: tuple[str, ...], clients: int, steps: int) -> None:
    with World(url) as world:
        stage(world, stores)
    begun_at = now()
    sieges = [
        Siege(url=url, name=store, seed=seed, clients=clients // len(stores), steps=steps, store=store,
              begun_at=begun_at, skus=ITEMS, safe=SAFE, shelf=SHELF)
        for seed, store in enumerate(stores)
    ]  # fmt: skip
    with running(*sieges, module="tests.support.adversary") as programs:
        assert [program.end(800) for program in programs] == [0] * len(programs)
    assert sum(int(program.said["kept"][0][0]) for program in programs) > 0
    truth = {
        siege.store: json.loads(" ".join(program.said["truth"][0]))
        for siege, program in zip(sieges, programs, strict=True)
    }
    with World(url, upgrade=False) as world:
        prove(world, truth)


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_a_siege_by_two_processes_sells_nothing_twice(postgresql_url: str):
    besiege(postgresql_url, ("NORTH", "SOUTH"), clients=1_000, steps=4)


@pytest.mark.timeout(300)
def test_a_siege_sells_nothing_twice(sqlite_url: str):
    besiege(sqlite_url, ("NORTH",), clients=1_000, steps=4)


@pytest.mark.postgres
@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_long_siege_by_two_processes_sells_nothing_twice(postgresql_url: str):
    besiege(postgresql_url, ("NORTH", "SOUTH"), clients=1_000, steps=30)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_long_siege_sells_nothing_twice(sqlite_url: str):
    besiege(sqlite_url, ("NORTH",), clients=1_000, steps=30)
