"""Goods gathered at one place and sent on in one parcel: planned, claimed and received on both legs."""

from datetime import date

import pytest

from crossdock.orchestration.directory import StoredVersions
from crossdock.routing.merging import Merge, Transfer
from crossdock.routing.record import replay
from crossdock.routing.rules import Sites
from tests.contract.test_ship_to_store import coming, for_sale, fulfillments, names
from tests.support.promises import promise, take_promise
from tests.support.world import World

LINK = Transfer(1_000, 40_000, 1_000, 1)


def gathering(world: World, **changes: object) -> None:
    """The channel's policy never splits an order, but lets its goods be gathered."""
    merge = Merge(**{"sources": True, "zones": (LINK,), "days": 1, **changes})  # type: ignore[arg-type]
    world.policy(split="never", merge=merge)


@pytest.fixture
def world(world: World) -> World:
    gathering(world)
    world.receive("MUG", "DC", 5)
    world.receive("PEN", "STORE", 5)
    return world


def days(world: World, order_id: int) -> list[tuple[str, int, int]]:
    """Location, and the days of handover and arrival after the day on which the order came."""
    sql = """
        SELECT l.code, f.work_day, f.deliver_day FROM fulfillments f JOIN locations l ON l.id = f.location_id
        WHERE f.order_id = ? AND f.execution <> 8 ORDER BY f.id
    """
    first = date(2026, 11, 2).toordinal()
    return [(code, work - first, there - first) for code, work, there in world.rows(sql, order_id)]


def test_what_lies_apart_is_gathered_and_sent_on_as_one(world: World):
    order = world.capture("A1", ("MUG", 2), ("PEN", 1))
    assert fulfillments(world, order.order_id) == [("STORE", "transfer", 1, True), ("DC", "ship", 3, False)]
    assert days(world, order.order_id) == [("STORE", 0, 1), ("DC", 2, 3)]
    assert (world.stock("MUG", "DC"), world.stock("PEN", "STORE")) == ((5, 2, 0), (5, 1, 0))
    assert coming(world) == [("DC", 1, 0, 1, 1)]
    assert for_sale(world, "PEN") == 4
    assert world.parts(order.order_id) == {"allocated": 3}
    world.assert_sound()


def test_a_hub_that_has_nothing_itself_gathers(world: World):
    gathering(world, sources=False, hubs=Sites(codes=("HUB",)))
    world.put_location("HUB", 2)
    order = world.capture("A1", ("MUG", 2), ("PEN", 1))
    assert fulfillments(world, order.order_id) == [
        ("DC", "transfer", 2, True),
        ("STORE", "transfer", 1, True),
        ("HUB", "ship", 3, False),
    ]
    assert [line[0] for line in coming(world)] == ["HUB", "HUB"]
    world.assert_sound()


def test_what_comes_to_the_place_is_allocated_there(world: World):
    order = world.capture("A1", ("MUG", 2), ("PEN", 1))
    ((reference, line),) = names(world)
    world.arrive(reference, 1, line=line)
    assert (world.stock("PEN", "DC"), world.stock("PEN", "STORE")) == ((1, 1, 0), (4, 0, 0))
    assert world.parts(order.order_id) == {"allocated": 3}
    assert for_sale(world, "PEN") == 4
    world.assert_sound()


def test_canceling_gives_back_what_both_legs_claim(world: World):
    order = world.capture("A1", ("MUG", 2), ("PEN", 1))
    world.cancel(order.order_id)
    assert (world.stock("MUG", "DC"), world.stock("PEN", "STORE")) == ((5, 0, 0), (5, 0, 0))
    assert coming(world) == [("DC", 0, 0, 0, 3)]
    world.assert_sound()


def test_one_location_that_has_all_sends_it_straight(world: World):
    world.receive("PEN", "DC", 5)
    order = world.capture("A1", ("MUG", 2), ("PEN", 1))
    assert fulfillments(world, order.order_id) == [("DC", "ship", 3, False)]


def test_the_decision_says_how_the_goods_come_together_and_replays(world: World):
    order = world.capture("A1", ("MUG", 2), ("PEN", 1))
    told = world.explanation(order.decisions[0])
    assert told is not None
    path = told.chosen.plan.path
    assert path is not None
    assert sum(line.amount for line in told.chosen.lines) == told.chosen.plan.cost
    assert {"carriage to the customer", "weight to the customer"} <= {line.what for line in told.chosen.lines}
    record = world.rows("SELECT record FROM decisions WHERE id = ?", order.decisions[0])[0][0]
    again = world.read(lambda session: replay(bytes(record), StoredVersions(session)))  # type: ignore[arg-type]
    assert again.path == path


def test_what_is_promised_gathered_is_routed_gathered(world: World):
    (offer,) = promise(world, ("MUG", 2), ("PEN", 1), methods=("ship",)).data
    assert [(p.location, p.ship_on, p.deliver_on) for p in offer.packages] == [("DC", "2026-11-04", "2026-11-05")]
    order = take_promise(world, offer, "A1", ("MUG", 2), ("PEN", 1))
    assert days(world, order.order_id) == [("STORE", 0, 1), ("DC", 2, 3)]
    world.assert_sound()
