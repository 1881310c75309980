"""Many channels at once, on one program or two: what one is kept is there when it comes, whatever the others did."""

import random
import threading
from collections import Counter

import msgspec
import pytest

from crossdock.inventory.share_model import ShareGroup
from crossdock.orchestration import commands as c
from crossdock.orchestration.views.commands import PutShareGroups
from tests.support.world import World, order

ITEMS = ("MUG", "PEN", "LAMP")
UNITS = 60
GROUPS = [
    {"code": "market", "channels": ["market"], "strategy": "restrict", "amounts": [{"units": 20}]},
    {"code": "shops", "strategy": "regular", "amounts": [{"units": 15}]},
    {"code": "shop", "parent": "shops", "channels": ["shop"], "strategy": "reserve", "amounts": [{"percent": 40}]},
]


def stage(world: World) -> None:
    world.standard("DC", "STORE")
    world.channel("shop")
    world.channel("market")
    for sku in ITEMS:
        world.receive(sku, "DC", UNITS - 20)
        world.receive(sku, "STORE", 20)
    groups = tuple(msgspec.convert(group, ShareGroup) for group in GROUPS)
    world.do(PutShareGroups(actor=world.actor, groups=groups))


def shop_around(world: World, name: str, channels: tuple[str, ...], count: int, faults: list[BaseException]) -> None:
    """Order, and sometimes cancel or route again, one after the other, as fast as it goes."""
    chance, mine = random.Random(name), []
    try:
        for number in range(count):
            wanted = [(sku, chance.randint(1, 4)) for sku in chance.sample(ITEMS, chance.randint(1, 2))]
            document = order(f"{name}-{number}", *wanted, channel=chance.choice(channels))
            captured: c.CapturedOrder = world.app.submit_now(world.capturing(document))
            mine.append(captured.order_id)
            if chance.random() < 0.35:
                gone = mine.pop(chance.randrange(len(mine)))
                world.app.submit_now(c.CancelUnits(actor=world.actor, order_id=gone))
            elif chance.random() < 0.1:
                world.app.submit_now(c.RouteAgain(actor=world.actor, order_id=chance.choice(mine)))
    except Exception as fault:  # noqa: BLE001  (told to the test)
        faults.append(fault)


def storm(worlds: list[World], channels: tuple[str, ...], clients: int, count: int) -> None:
    faults: list[BaseException] = []
    threads = [
        threading.Thread(
            target=shop_around, args=(worlds[n % len(worlds)], f"{channels[0]}{n}", channels, count, faults)
        )
        for n in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[0]


def held(world: World) -> Counter[tuple[str, str]]:
    sql = """
        SELECT h.code, i.sku, CAST(sum(c.quantity) AS bigint) FROM claims c JOIN orders o ON o.id = c.owner_id
        JOIN channels h ON h.id = o.channel_id JOIN items i ON i.id = c.item_id WHERE c.state = 1 GROUP BY h.code, i.sku
    """
    return Counter({(channel, sku): units for channel, sku, units in world.rows(sql)})


def prove(worlds: list[World], count: int) -> None:
    world = worlds[0]
    stage(world)
    storm(worlds, ("web", "shop"), 8, count)
    before = held(world)
    for sku in ITEMS:
        assert before["web", sku] <= UNITS - 20 - 15, "nobody takes what others are kept"
        assert before["web", sku] + before["shop", sku] <= UNITS - 20
    assert world.verify().clean
    storm(worlds, ("market", "web", "shop"), 8, count)
    for number, sku in enumerate(ITEMS):  # what is left of the share is there when its owner comes for it
        taken = world.app.submit_now(world.capturing(order(f"all-{number}", (sku, 20), channel="market")))
        assert taken.order_id
    after = held(world)
    assert {after["market", sku] for sku in ITEMS} == {20}
    used = dict(world.rows("SELECT group_code, CAST(sum(used) AS bigint) FROM shares GROUP BY group_code"))
    assert used["market"] == 20 * len(ITEMS)
    report = world.verify()
    assert report.clean, [finding.message for finding in report.findings[:5]]
    for (order_id,) in world.rows("SELECT DISTINCT owner_id FROM claims WHERE state = 1"):
        world.app.submit_now(c.CancelUnits(actor=world.actor, order_id=order_id))
    assert world.rows("SELECT CAST(sum(used) AS bigint) FROM shares") == [(0,)]


@pytest.mark.timeout(300)
def test_one_program_keeps_every_share(sqlite_url: str):
    with World(sqlite_url) as world:
        prove([world], 40)


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_two_programs_keep_every_share(postgresql_url: str):
    with World(postgresql_url) as one, World(postgresql_url, upgrade=False) as other:
        prove([one, other], 40)
        assert other.app.writer.lost_races + one.app.writer.lost_races + one.app.writer.retries > 0
