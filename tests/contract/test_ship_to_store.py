"""Goods sent to a store for somebody: both legs are planned and claimed, and what arrives is never for sale there."""

import pytest

from crossdock.fulfillment.model import WrongState
from crossdock.inventory.supply import arriving
from crossdock.orchestration.commands import RepairStock
from crossdock.orchestration.work.commands import Accept, Reject, Release
from crossdock.orders.model import AddressIn, DeliveryIn
from tests.support.world import World

SHOP = AddressIn(country="GB", name="Ada Example")


@pytest.fixture
def world(world: World) -> World:
    world.put_location("SHOP", 2, capabilities=("collect", "ship", "ambient"))
    return world


def to_the_shop() -> tuple[DeliveryIn, ...]:
    return (DeliveryIn(destination=SHOP, method="ship_to_store", location="SHOP"),)


def fulfillments(world: World, order_id: int) -> list[tuple[str, str, int, bool]]:
    """Location, method, units that stand, whether it brings goods to another; in the order of their making."""
    sql = """
        SELECT l.code, f.method, CAST(sum(n.quantity - n.canceled) AS bigint), f.feeds
        FROM fulfillments f JOIN locations l ON l.id = f.location_id JOIN fulfillment_lines n ON n.fulfillment_id = f.id
        WHERE f.order_id = ? AND f.execution <> 8 GROUP BY f.id, l.code, f.method, f.feeds ORDER BY f.id
    """
    return [(code, method, units, feeds is not None) for code, method, units, feeds in world.rows(sql, order_id)]


def coming(world: World) -> list[tuple[str, int, int, int, int]]:
    """Supply lines by id: where to, units, received, claimed, state."""
    sql = """
        SELECT l.code, s.quantity, s.received, s.claimed, s.state FROM supply_lines s
        JOIN locations l ON l.id = s.location_id ORDER BY s.id
    """
    return world.rows(sql)


def names(world: World) -> list[tuple[str, str]]:
    return [(r, line) for r, line in world.rows("SELECT reference, line FROM supply_lines ORDER BY id")]


def for_sale(world: World, sku: str) -> int:
    """Units of an item that anybody may claim, now or of what is coming."""
    (item,) = world.rows("SELECT id FROM items WHERE sku = ?", sku)[0]
    sql = "SELECT coalesce(sum(on_hand + short - reserved - allocated), 0) FROM positions WHERE item_id = ?"
    there = int(world.rows(sql, item)[0][0])
    return there + sum(each.open for each in world.read(lambda session: arriving(session, [item])))


def test_goods_are_claimed_where_they_are_and_on_their_way(world: World):
    world.receive("MUG", "STORE", 5)
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    assert fulfillments(world, order.order_id) == [
        ("STORE", "transfer", 3, True),
        ("SHOP", "ship_to_store", 3, False),
    ]
    assert world.stock("MUG", "STORE") == (5, 3, 0)
    assert world.stock("MUG", "SHOP") == (0, 0, 0)
    assert coming(world) == [("SHOP", 3, 0, 3, 1)]
    assert world.parts(order.order_id) == {"allocated": 3}
    assert for_sale(world, "MUG") == 2
    world.assert_sound()


def test_the_day_of_the_second_leg_is_the_arrival_of_the_first(world: World):
    world.receive("MUG", "STORE", 5)
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    days = world.rows("SELECT work_day, deliver_day FROM fulfillments WHERE order_id = ? ORDER BY id", order.order_id)
    (leg, last) = days
    assert leg[1] - leg[0] == 2
    assert last == (leg[1], leg[1])
    assert world.rows("SELECT expected_day FROM supply_lines") == [(leg[1],)]


def test_what_the_store_has_itself_needs_no_leg(world: World):
    world.receive("MUG", "SHOP", 5)
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    assert fulfillments(world, order.order_id) == [("SHOP", "ship_to_store", 3, False)]
    assert coming(world) == []
    world.assert_sound()


def test_what_is_there_and_what_comes_is_handed_over_as_one(world: World):
    world.receive("MUG", "SHOP", 2)
    world.receive("MUG", "STORE", 1)
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    assert fulfillments(world, order.order_id) == [
        ("STORE", "transfer", 1, True),
        ("SHOP", "ship_to_store", 3, False),
    ]
    assert world.stock("MUG", "SHOP") == (2, 2, 0)
    world.assert_sound()
    world.cancel(order.order_id)
    assert (world.stock("MUG", "SHOP"), world.stock("MUG", "STORE")) == ((2, 0, 0), (1, 0, 0))
    world.assert_sound()


def test_what_arrives_belongs_to_the_order_in_the_same_movement(world: World):
    world.receive("MUG", "STORE", 5)
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    ((reference, line),) = names(world)
    outcome = world.arrive(reference, 3, line=line)
    assert (outcome.result, outcome.on_hand) == ("recorded", 3)
    assert world.stock("MUG", "SHOP") == (3, 3, 0)
    assert world.stock("MUG", "STORE") == (2, 0, 0)
    assert coming(world) == [("SHOP", 3, 3, 0, 2)]
    assert world.parts(order.order_id) == {"allocated": 3}
    assert for_sale(world, "MUG") == 2
    sql = "SELECT m.on_hand, m.allocated FROM movements m WHERE m.type = 14"
    assert world.rows(sql) == [(3, 3)]
    assert "fulfillment.supplied" in world.events(order.order_id)
    world.assert_sound()


def test_nobody_else_is_sold_what_is_under_way_or_has_come_for_somebody(world: World):
    world.receive("MUG", "STORE", 3)
    world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    waiting = world.capture("A2", ("MUG", 1))
    assert (world.plan(waiting.order_id), world.bound(waiting.order_id)) == ({}, [])
    ((reference, line),) = names(world)
    world.arrive(reference, 3, line=line)
    assert world.plan(waiting.order_id) == {}
    assert for_sale(world, "MUG") == 0
    world.assert_sound()


def test_a_transfer_that_comes_in_parts_is_claimed_part_by_part(world: World):
    world.receive("MUG", "STORE", 5)
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    ((reference, line),) = names(world)
    world.arrive(reference, 1, line=line)
    assert (world.stock("MUG", "SHOP"), world.stock("MUG", "STORE")) == ((1, 1, 0), (4, 2, 0))
    assert coming(world) == [("SHOP", 3, 1, 2, 1)]
    world.assert_sound()
    world.arrive(reference, 2, line=line)
    assert (world.stock("MUG", "SHOP"), world.stock("MUG", "STORE")) == ((3, 3, 0), (2, 0, 0))
    assert world.parts(order.order_id) == {"allocated": 3}
    world.assert_sound()


def test_more_than_was_sent_is_free_stock(world: World):
    world.receive("MUG", "STORE", 5)
    world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    ((reference, line),) = names(world)
    world.arrive(reference, 4, line=line)
    assert world.stock("MUG", "SHOP") == (4, 3, 0)
    world.assert_sound()


def test_what_does_not_come_is_looked_for_again(world: World):
    world.receive("MUG", "STORE", 5)
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    ((reference, line),) = names(world)
    world.arrive(reference, 1, line=line, final=True)
    assert world.stock("MUG", "SHOP") == (1, 1, 0)
    assert world.parts(order.order_id) == {"allocated": 3}
    assert coming(world) == [("SHOP", 1, 1, 0, 2), ("SHOP", 2, 0, 2, 1)]
    world.assert_sound()


def test_canceling_gives_back_both_legs(world: World):
    world.receive("MUG", "STORE", 5)
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    world.cancel(order.order_id, {1: 1})
    assert world.stock("MUG", "STORE") == (5, 2, 0)
    assert coming(world) == [("SHOP", 2, 0, 2, 1)]
    world.assert_sound()
    world.cancel(order.order_id)
    assert world.stock("MUG", "STORE") == (5, 0, 0)
    assert coming(world) == [("SHOP", 0, 0, 0, 3)]
    assert fulfillments(world, order.order_id) == []
    world.assert_sound()


def test_a_shortage_where_a_leg_begins_sends_it_from_elsewhere(world: World):
    world.receive("MUG", "STORE", 3)
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    world.receive("MUG", "DC", 5)
    world.count("MUG", "STORE", 1)
    assert fulfillments(world, order.order_id) == [
        ("STORE", "transfer", 1, True),
        ("SHOP", "ship_to_store", 1, False),
        ("DC", "transfer", 2, True),
        ("SHOP", "ship_to_store", 2, False),
    ]
    assert (world.stock("MUG", "STORE"), world.stock("MUG", "DC")) == ((1, 1, 0), (5, 2, 0))
    world.assert_sound()


def test_routing_again_gives_back_exactly_what_was_claimed(world: World):
    world.receive("MUG", "DC", 3)
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    world.receive("MUG", "STORE", 3)
    world.route(order.order_id)
    assert fulfillments(world, order.order_id) == [
        ("STORE", "transfer", 3, True),
        ("SHOP", "ship_to_store", 3, False),
    ]
    assert (world.stock("MUG", "DC"), world.stock("MUG", "STORE")) == ((3, 0, 0), (3, 3, 0))
    world.assert_sound()


def test_who_waits_for_a_store_gets_both_legs_when_goods_come(world: World):
    order = world.capture("A1", ("MUG", 2), deliveries=to_the_shop())
    assert world.waiting(order.order_id)[0][:3] == ("backorder", "MUG", 2)
    world.receive("MUG", "DC", 2)
    assert fulfillments(world, order.order_id) == [
        ("DC", "transfer", 2, True),
        ("SHOP", "ship_to_store", 2, False),
    ]
    world.assert_sound()


def test_a_transfer_for_somebody_cannot_be_changed_as_supply(world: World):
    world.receive("MUG", "STORE", 5)
    world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    ((reference, line),) = names(world)
    before = world.dump()
    (outcome,) = world.put_supply(world.supply_line(reference, "MUG", "SHOP", 9, "2026-11-09", line=line))
    assert (outcome.result, outcome.code) == ("failed", "supply_line_pegged")
    assert world.dump() == before


def test_a_transfer_that_does_not_add_up_is_found_and_mended(world: World):
    world.receive("MUG", "STORE", 5)
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    world.change("UPDATE supply_lines SET claimed = 1")
    assert [finding.check for finding in world.verify().findings] == ["transfer_is_whole"]
    world.do(RepairStock(actor=world.actor))
    assert world.stock("MUG", "STORE") == (5, 0, 0)
    assert world.parts(order.order_id) == {"waiting": 3}
    assert world.waiting(order.order_id)[0][0] == "review"
    world.assert_sound()


# -- work on legs ------------------------------------------------------------------------------------------------------


def test_a_store_does_not_learn_of_what_is_not_there_yet(world: World):
    world.receive("MUG", "STORE", 5)
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    with pytest.raises(WrongState, match="on their way"):
        world.work(Release, world.at(order.order_id, "SHOP"))
    ((reference, line),) = names(world)
    world.arrive(reference, 3, line=line)
    world.work(Release, world.at(order.order_id, "SHOP"))
    assert world.parts(order.order_id) == {"released": 3}
    world.assert_sound()


def test_a_location_that_rejects_a_leg_lets_another_send_it(world: World):
    world.receive("MUG", "STORE", 5)
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    world.receive("MUG", "DC", 5)
    leg = world.at(order.order_id, "STORE")
    world.work(Release, leg)
    world.work(Accept, leg)
    world.assert_sound()
    world.work(Reject, leg, reason="too_busy")
    assert fulfillments(world, order.order_id) == [("DC", "transfer", 3, True), ("SHOP", "ship_to_store", 3, False)]
    assert (world.stock("MUG", "STORE"), world.stock("MUG", "DC")) == ((5, 0, 0), (5, 3, 0))
    world.assert_sound()


def test_an_empty_shelf_where_a_leg_begins_sends_it_from_elsewhere(world: World):
    world.receive("MUG", "STORE", 5)
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    world.receive("MUG", "DC", 5)
    leg = world.at(order.order_id, "STORE")
    world.work(Release, leg)
    world.work(Reject, leg, reason="not_in_stock")
    assert fulfillments(world, order.order_id) == [("DC", "transfer", 3, True), ("SHOP", "ship_to_store", 3, False)]
    assert world.stock("MUG", "STORE") == (0, 0, 0)
    world.assert_sound()
