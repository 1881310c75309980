"""What can be promised: as the database says, at once, of one log position, on both databases."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import date
from functools import partial

import msgspec
import pytest

from crossdock.inventory import AvailabilityExplained
from crossdock.inventory.share_model import ShareGroup
from crossdock.inventory.view_model import Buffer, Exclusion, SafetyStock, Selector
from crossdock.network.model import Channel
from crossdock.orchestration import Ask, AtpAnswer, ask_database, explain_availability
from crossdock.orchestration import commands as c
from crossdock.orchestration.availability.questions import LIMIT_SECONDS
from crossdock.orchestration.views.commands import PutShareGroups
from tests.support.reserving import expire, reserve
from tests.support.world import World, seeded


def ask(world: World, *asks: Ask, at_least: int = 0) -> AtpAnswer:
    return asyncio.run(world.app.atp.answer(asks, at_least))


def told(world: World, sku: str = "MUG", **more: object) -> int:
    return ask(world, Ask(sku, **more)).told[0].total  # type: ignore[arg-type]


@pytest.fixture
def seeing(world: World) -> World:
    """A world whose picture is loaded."""
    world.app.atp.start()
    while not world.app.atp.picture.loaded:
        pass
    return world


def test_what_is_received_and_sold_is_seen_by_the_next_reader(seeing: World):
    seeing.receive("MUG", "DC", 5)
    seeing.receive("MUG", "STORE", 2)
    assert told(seeing) == 7
    seeing.capture("A1", ("MUG", 3))
    assert (told(seeing), told(seeing, location="DC"), told(seeing, location="STORE")) == (4, 2, 2)
    seeing.sell("MUG", "STORE", 2)
    assert (told(seeing), told(seeing, location="STORE")) == (2, 0)
    assert ask(seeing, Ask("MUG")).lag <= 0.1


def test_units_that_wait_are_promised_to_nobody_else(seeing: World):
    order = seeing.capture("A1", ("MUG", 3))
    assert told(seeing) == 0
    waiting = ask(seeing, Ask("MUG")).told[0].atp
    assert waiting is not None
    assert (waiting.waiting, waiting.total) == (3, 0)
    seeing.receive("MUG", "DC", 5)
    after = ask(seeing, Ask("MUG")).told[0].atp
    assert after is not None
    assert (after.waiting, after.available, after.total) == (0, 2, 2)
    seeing.cancel(order.order_id)
    assert told(seeing) == 5


def test_a_channel_is_told_what_its_view_shows_and_at_once_when_that_changes(seeing: World):
    seeing.receive("MUG", "DC", 10)
    seeing.receive("MUG", "STORE", 4)
    seeing.channel("shop")
    store = Selector(codes=("STORE",))
    seeing.view("web", buffers=(Buffer(units=1),))
    assert (told(seeing), told(seeing, channel="web"), told(seeing, channel="shop")) == (14, 12, 14)
    seeing.view("web", buffers=(Buffer(units=1),), exclusions=(Exclusion(locations=store),))
    assert told(seeing, channel="web") == 9
    assert told(seeing, channel="web", location="STORE") == 0
    assert told(seeing, channel="shop", location="STORE") == 4


def test_a_bundle_can_be_promised_as_often_as_its_parts_allow(seeing: World):
    seeing.bundle("SET", {"MUG": 2, "PEN": 1})
    seeing.receive("MUG", "DC", 5)
    seeing.receive("PEN", "STORE", 9)
    assert (told(seeing, "SET"), told(seeing, "SET", location="DC")) == (2, 0)
    seeing.receive("PEN", "DC", 1)
    assert told(seeing, "SET", location="DC") == 1


def test_what_does_not_exist_is_said_to_be_so(seeing: World):
    asks = (Ask("NOPE"), Ask("MUG", channel="nope"), Ask("MUG", location="NOPE"), Ask("MUG"))
    assert [each.fault for each in ask(seeing, *asks).told] == [
        "unknown_item",
        "unknown_channel",
        "unknown_location",
        "",
    ]


def test_what_comes_by_a_date_can_be_promised_by_that_date(seeing: World):
    item, place = seeing.rows("SELECT i.id, l.id FROM items i, locations l WHERE sku = 'MUG' AND code = 'STORE'")[0]
    day = date(2026, 12, 1).toordinal()
    columns = "id, kind, reference, line, item_id, location_id, stock_class, expected_day, quantity, received, claimed"
    values = "1, 1, 'PO1', '1', ?, ?, 0, ?, 10, 2, 3, 1, 0, 0"
    sql = f"INSERT INTO supply_lines ({columns}, state, created_at, changed_at) VALUES ({values})"
    seeing.change(sql, item, place, day)
    seeing.receive("MUG", "DC", 2)
    found = seeing.read(lambda session: ask_database(session, [Ask("MUG"), Ask("MUG", day=day)], 0)).told
    assert [each.total for each in found] == [2, 7]
    assert [each.total for each in ask(seeing, Ask("MUG", day=day - 1), Ask("MUG", day=day)).told] == [2, 2]
    seeing.app.atp.picture.distrust()
    assert told(seeing, day=day) == 7
    assert told(seeing, day=day, location="STORE") == 5
    seeing.change("DELETE FROM supply_lines")


def test_without_a_picture_the_database_answers_the_same(world: World):
    world.receive("MUG", "DC", 5)
    answer = ask(world, Ask("MUG"))
    assert (answer.told[0].total, answer.lag) == (5, 0.0)


def test_after_any_business_the_picture_says_what_the_database_says(seeing: World):
    chance = seeded("availability")
    skus, places = ("MUG", "PEN", "LAMP"), ("DC", "STORE")
    asks = [Ask(sku, channel, place) for sku in skus for channel in ("", "web") for place in ("", *places)]
    orders: list[int] = []
    for n in range(60):
        _something(seeing, chance, n, skus, places, orders)
        answer = ask(seeing, *asks)
        truth = seeing.read(lambda session: ask_database(session, asks, seeing.clock()))
        assert [each.total for each in answer.told] == [each.total for each in truth.told]
        assert seeing.app.atp.picture.shows(truth.position)


def _something(
    world: World, chance: random.Random, n: int, skus: tuple[str, ...], places: tuple[str, ...], orders: list[int]
) -> None:
    sku, place = chance.choice(skus), chance.choice(places)
    match chance.randrange(6):
        case 0:
            world.receive(sku, place, chance.randrange(1, 8))
        case 1:
            world.count(sku, place, chance.randrange(6))
        case 2:
            world.sell(sku, place, 1)
        case 3 if orders:
            world.cancel(orders.pop(chance.randrange(len(orders))))
        case 4:
            world.view("web", buffers=(Buffer(units=chance.randrange(1, 4)),))
        case _:
            orders.append(world.capture(f"A{n}", (sku, chance.randrange(1, 5))).order_id)


def test_after_a_repair_the_picture_is_read_anew(seeing: World):
    seeing.receive("MUG", "DC", 5)
    seeing.change("UPDATE positions SET on_hand = 9")
    assert told(seeing) == 5
    seeing.do(c.RepairStock(actor=seeing.actor))
    assert told(seeing) == 5
    seeing.change("UPDATE positions SET on_hand = 9")
    seeing.app.atp.picture.distrust()
    assert told(seeing) == 9
    seeing.do(c.RepairStock(actor=seeing.actor))
    assert told(seeing) == 5


def test_every_number_is_explained_by_sums_that_add_up(seeing: World):
    chance = seeded("explained")
    seeing.view("web", buffers=(Buffer(units=1),), safety_stock=(SafetyStock(units=3),))
    skus, places = ("MUG", "PEN", "LAMP"), ("DC", "STORE")
    seeing.bundle("SET", {"MUG": 1, "PEN": 2})
    orders: list[int] = []
    for n in range(30):
        _something(seeing, chance, n, skus, places, orders)
    for sku in (*skus, "SET"):
        for channel in ("", "web"):
            explained = seeing.read(partial(explain_availability, ask=Ask(sku, channel), now=0))
            assert explained.available_to_promise == told(seeing, sku, channel=channel)
            for one in (explained, *(part.part for part in explained.parts)):
                _adds_up(one)


def _adds_up(explained: AvailabilityExplained) -> None:
    for here in explained.locations:
        assert here.claimable == here.on_hand + here.short - here.reserved - here.allocated
        assert here.visible == here.claimable + here.arriving - sum(step.units for step in here.steps)
        assert here.words.endswith(f"= {here.visible}")
    if not explained.parts:
        assert sum(here.visible for here in explained.locations) == explained.available + explained.arriving
        free = explained.available + explained.arriving - explained.waiting - explained.held_for_others
        assert explained.available_to_promise == max(0, free)


def test_an_explanation_says_each_deduction_in_words(seeing: World):
    seeing.receive("MUG", "DC", 12)
    seeing.capture("A1", ("MUG", 3))
    seeing.view("web", buffers=(Buffer(units=2),))
    explained = seeing.read(lambda session: explain_availability(session, Ask("MUG", "web"), 0))
    assert [here.words for here in explained.locations] == [
        "12 on hand − 3 allocated − 2 (buffer of 2 units for every item at every location) = 7"
    ]
    assert explained.words == (
        "Channel web sees 7 units at 1 of 1 locations that have any.",
        "So 7 units can be promised.",
    )


# -- two processes ----------------------------------------------------------------------------------------------------


@pytest.fixture
def two(postgresql_url: str):
    with World(postgresql_url) as one:
        one.standard("DC", "STORE")
        with World(postgresql_url, upgrade=False) as other:
            other.clock = one.clock
            for world in (one, other):
                world.app.atp.start()
            while not (one.app.atp.picture.loaded and other.app.atp.picture.loaded):
                pass
            yield one, other


def test_what_one_process_commits_the_other_tells_within_a_tenth_of_a_second(two: tuple[World, World]):
    one, other = two
    for n in range(1, 11):
        one.receive("MUG", "DC", 1)
        until = time.monotonic() + LIMIT_SECONDS
        while told(other) != n and time.monotonic() < until:
            pass
        assert told(other) == n
        assert told(one) == n
        assert not ask(other, Ask("MUG")).stale


def test_who_brings_the_position_of_a_write_sees_it_in_any_process(two: tuple[World, World]):
    one, other = two
    one.receive("MUG", "DC", 50)
    for n in range(20):
        order = one.capture(f"A{n}", ("MUG", 1))
        assert ask(other, Ask("MUG"), at_least=order.position).told[0].total == 49 - n
        assert ask(one, Ask("MUG"), at_least=order.position).told[0].total == 49 - n


def test_a_view_changed_in_one_process_is_seen_through_in_the_other(two: tuple[World, World]):
    one, other = two
    one.receive("MUG", "DC", 5)
    one.view("web", buffers=(Buffer(units=2),))
    # The channel looks through the view from its own change on, which comes after the view's.
    position = one.do(c.PutChannels(actor=one.actor, channels=(Channel(code="b", name="B", currency="GBP"),))).position
    assert ask(other, Ask("MUG", "web"), at_least=position).told[0].total == 3
    assert ask(other, Ask("MUG", "b"), at_least=position).told[0].total == 5


def test_two_processes_that_both_write_agree_on_every_number(two: tuple[World, World]):
    chance = seeded("two writers")
    skus = ("MUG", "PEN", "LAMP")
    asks = [Ask(sku, "", place) for sku in skus for place in ("", "DC", "STORE")]
    orders: list[int] = []
    last = 0
    for n in range(60):
        world = chance.choice(two)
        if chance.random() < 0.4:
            world.receive(chance.choice(skus), chance.choice(("DC", "STORE")), chance.randrange(1, 6), record=f"{n}")
        else:
            order = world.capture(f"A{n}", (chance.choice(skus), chance.randrange(1, 4)))
            orders.append(order.order_id)
            last = order.position
        if orders and chance.random() < 0.2:
            last = world.cancel(orders.pop()).position
    truth = two[0].read(lambda session: ask_database(session, asks, 0))
    for world in two:
        found = ask(world, *asks, at_least=max(last, truth.position))
        assert [each.total for each in found.told] == [each.total for each in truth.told]


def test_an_answer_older_than_the_limit_says_so(two: tuple[World, World]):
    one, _ = two
    one.app.atp.stop()
    time.sleep(LIMIT_SECONDS * 1.2)
    answer = ask(one, Ask("MUG"))
    assert answer.stale
    assert answer.lag > LIMIT_SECONDS


# -- shares -----------------------------------------------------------------------------------------------------------


def share(code: str, strategy: str, *amounts: dict[str, object], **more: object) -> ShareGroup:
    return msgspec.convert(
        {"code": code, "channels": [code], "strategy": strategy, "amounts": list(amounts), **more}, ShareGroup
    )


@pytest.fixture
def sharing(seeing: World) -> World:
    """Three channels: one keeps to its own five units, one begins with its own fifth, one has none."""
    for code in ("own", "fifth"):
        seeing.channel(code)
    groups = (share("own", "restrict", {"units": 5}), share("fifth", "regular", {"percent": 20}))
    seeing.do(PutShareGroups(actor=seeing.actor, groups=groups))
    return seeing


def test_what_is_kept_for_others_is_promised_to_nobody_else(sharing: World):
    sharing.receive("MUG", "DC", 20)
    assert [told(sharing, channel=code) for code in ("own", "fifth", "web")] == [5, 15, 11]
    sharing.capture("A1", ("MUG", 2), channel="own")
    assert [told(sharing, channel=code) for code in ("own", "fifth", "web")] == [3, 15, 11]
    sharing.capture("A2", ("MUG", 6), channel="web")
    assert [told(sharing, channel=code) for code in ("own", "fifth", "web")] == [3, 9, 5]
    explained = sharing.read(partial(explain_availability, ask=Ask("MUG", "web"), now=0))
    assert (explained.available, explained.held_for_others, explained.available_to_promise) == (12, 7, 5)
    assert [(s.group, s.amount, s.taken, s.unused, s.own) for s in explained.shares] == [
        ("fifth", 4, 0, 4, False),
        ("own", 5, 2, 3, False),
    ]


def test_what_is_promised_can_be_had_to_the_last_unit_and_no_more(sharing: World):
    chance = seeded("to the last unit")
    channels = ("own", "fifth", "web")
    for n in range(25):
        sku, channel = chance.choice(("MUG", "PEN")), chance.choice(channels)
        sharing.receive(sku, chance.choice(("DC", "STORE")), chance.randrange(1, 12))
        if chance.random() < 0.5:
            sharing.capture(f"B{n}", (chance.choice(("MUG", "PEN")), chance.randrange(1, 6)), channel=channel)
        asks = [Ask(each, code, place) for each in ("MUG", "PEN") for code in channels for place in ("", "DC")]
        truth = sharing.read(lambda session, of=asks: ask_database(session, of, 0))  # type: ignore[misc]
        assert [each.total for each in ask(sharing, *asks).told] == [each.total for each in truth.told]
        promised = told(sharing, sku, channel=channel)
        if promised and not ask(sharing, Ask(sku, channel)).told[0].atp.waiting:  # type: ignore[union-attr]
            taken = sharing.capture(f"A{n}", (sku, promised + 1), channel=channel)
            assert sharing.parts(taken.order_id) == {"allocated": promised, "waiting": 1}
            assert told(sharing, sku, channel=channel) == 0
            sharing.cancel(taken.order_id)


# -- reservations and supply ------------------------------------------------------------------------------------------


def same_as_the_database(world: World, *asks: Ask) -> list[int]:
    """What the picture tells, after making sure that the database tells the same."""
    truth = world.read(partial(ask_database, asks=asks, now=0))
    found = [each.total for each in ask(world, *asks).told]
    assert found == [each.total for each in truth.told]
    return found


def test_what_is_reserved_is_promised_to_nobody_else_until_it_expires(seeing: World):
    seeing.receive("MUG", "DC", 10)
    reserve(seeing, ("MUG", 4))
    assert same_as_the_database(seeing, Ask("MUG"), Ask("MUG", "web")) == [6, 6]
    seeing.clock.forward(days=1)
    expire(seeing)
    assert same_as_the_database(seeing, Ask("MUG"), Ask("MUG", "web")) == [10, 10]


def test_announced_supply_is_promised_by_its_date_and_who_waits_is_bound_to_it_first(seeing: World):
    days = [date(2026, 11, n).toordinal() for n in (9, 10, 17)]
    asks = [Ask("MUG", "web", "", day) for day in (None, *days)]
    seeing.capture("A1", ("MUG", 2))
    seeing.announce("PO-1", "MUG", "DC", 5, "2026-11-10")
    assert same_as_the_database(seeing, *asks) == [0, 0, 3, 3]
    seeing.announce("PO-2", "MUG", "STORE", 4, "2026-11-17")
    assert same_as_the_database(seeing, *asks) == [0, 0, 3, 7]
    seeing.announce("PO-1", "MUG", "DC", 5, "2026-11-24")
    assert same_as_the_database(seeing, *asks) == [0, 0, 0, 2]
    seeing.receive("MUG", "DC", 3)
    assert same_as_the_database(seeing, *asks) == [1, 1, 1, 5]
