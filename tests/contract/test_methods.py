"""Service levels and pick-up: the same decision, by the rate card and the place that the delivery names."""

import pytest

from crossdock.network.model import Service
from crossdock.orchestration import commands as c
from crossdock.orchestration.errors import ConfigurationRefused, OrderRefused
from crossdock.orders.model import AddressIn, DeliveryIn
from crossdock.routing.model import RateCard, Zone
from tests.support.world import LONDON, World, standard_policy

EXPRESS = RateCard("GBP", (Zone(3_000, 900_000, 20_000, 1),))
SHOP = AddressIn(country="GB", name="Ada Example")


def express(world: World) -> None:
    """The channel sells an express service that has a rate card of its own."""
    world.do(c.PutPolicy(actor=world.actor, code="express", policy=standard_policy(card=EXPRESS)))
    world.channel("web", services=(Service(code="express", policy="express", days=1, price=995),))


def fulfillments(world: World, order_id: int) -> list[tuple[str, str, int]]:
    sql = """
        SELECT l.code, f.method, f.deliver_day - f.work_day FROM fulfillments f JOIN locations l ON l.id = f.location_id
        WHERE f.order_id = ? ORDER BY l.code
    """
    return [(row[0], row[1], row[2]) for row in world.rows(sql, order_id)]


def picking_up(at: str, method: str = "pickup") -> tuple[DeliveryIn, ...]:
    return (DeliveryIn(destination=SHOP, method=method, location=at),)  # type: ignore[arg-type]


def test_a_service_level_is_decided_by_its_own_rate_card(world: World):
    express(world)
    world.receive("MUG", "STORE", 5)
    fast = world.capture("A1", ("MUG", 1), deliveries=(DeliveryIn(destination=LONDON, service_level="express"),))
    usual = world.capture("A2", ("MUG", 1), deliveries=(DeliveryIn(destination=LONDON),))
    assert fulfillments(world, fast.order_id) == [("STORE", "ship", 1)]
    assert fulfillments(world, usual.order_id) == [("STORE", "ship", 2)]


def test_a_delivery_that_is_routed_again_keeps_its_service_level(world: World):
    express(world)
    world.receive("MUG", "STORE", 5)
    deliveries = (DeliveryIn(destination=LONDON, service_level="express"),)
    order = world.capture("A1", ("MUG", 1), deliveries=deliveries)
    world.receive("MUG", "DC", 5)
    world.count("MUG", "STORE", 0)
    assert fulfillments(world, order.order_id)[0] == ("DC", "ship", 1)


def test_a_service_level_needs_a_policy_that_exists(world: World):
    with pytest.raises(ConfigurationRefused) as refused:
        world.channel("web", services=(Service(code="express", policy="nothing"),))
    assert [fault.pointer for fault in refused.value.errors] == ["/channels/0/services/0/policy"]


def test_a_service_level_is_listed_once(world: World):
    with pytest.raises(ConfigurationRefused):
        world.channel("web", services=(Service(code="express"), Service(code="express", days=1)))


def test_what_is_picked_up_comes_from_the_store_alone(world: World):
    world.put_location("SHOP", 2, capabilities=("collect", "ambient"))
    world.receive("MUG", "DC", 5)
    world.receive("MUG", "SHOP", 2)
    order = world.capture("A1", ("MUG", 3), deliveries=picking_up("SHOP"))
    assert world.plan(order.order_id) == {"SHOP": {"MUG": 2}}
    assert fulfillments(world, order.order_id) == [("SHOP", "pickup", 0)]
    assert world.waiting(order.order_id)[0][2] == 1


def test_goods_for_a_store_are_sent_there_from_where_it_is_cheapest(world: World):
    world.put_location("SHOP", 2, capabilities=("collect", "ambient"))
    world.receive("MUG", "DC", 5)
    world.receive("MUG", "STORE", 5)
    order = world.capture("A1", ("MUG", 3), deliveries=picking_up("SHOP", "ship_to_store"))
    assert fulfillments(world, order.order_id) == [("SHOP", "ship_to_store", 0), ("STORE", "transfer", 2)]


def test_nothing_is_picked_up_where_that_is_not_possible(world: World):
    before = world.dump()
    for at in ("DC", "NOWHERE"):
        with pytest.raises(OrderRefused):
            world.capture("A1", ("MUG", 1), deliveries=picking_up(at))
    with pytest.raises(OrderRefused):
        world.capture("A1", ("MUG", 1), deliveries=(DeliveryIn(destination=SHOP, method="pickup"),))
    assert world.dump() == before


def test_a_decision_of_a_pick_up_can_be_explained_ever_after(world: World):
    world.put_location("SHOP", 2, capabilities=("collect", "ambient"))
    world.receive("MUG", "SHOP", 2)
    order = world.capture("A1", ("MUG", 1), deliveries=picking_up("SHOP"))
    (decision,) = order.decisions
    told = world.explanation(decision)
    assert told is not None
    assert told.chosen.plan.site_ids == tuple(
        row[0] for row in world.rows("SELECT id FROM locations WHERE code = 'SHOP'")
    )
