"""What a group of channels is kept nobody else gets, and what is given back goes back to where it came from."""

from typing import Any

import msgspec
import pytest

from crossdock.inventory.share_model import ShareGroup
from crossdock.orchestration.commands import RepairStock
from crossdock.orchestration.errors import ConfigurationRefused
from crossdock.orchestration.views.commands import PutShareGroups, ViewPut
from tests.support.world import World, order


def put(world: World, *groups: dict[str, Any]) -> ViewPut:
    documents = tuple(msgspec.convert(group, ShareGroup) for group in groups)
    answer: ViewPut = world.do(PutShareGroups(actor=world.actor, groups=documents))
    return answer


def group(code: str, units: int | None = None, **more: Any) -> dict[str, Any]:
    amounts = {} if units is None else {"amounts": [{"units": units}]}
    return {"code": code, "channels": [code], **amounts, **more}


@pytest.fixture
def shop(world: World) -> World:
    """Ten mugs at DC; the channels web, shop and market."""
    world.channel("shop")
    world.channel("market")
    world.receive("MUG", "DC", 10)
    return world


def got(world: World, external_id: str, quantity: int, channel: str = "web") -> int:
    captured = world.capture(external_id, ("MUG", quantity), channel=channel)
    return world.parts(captured.order_id).get("allocated", 0)


def used(world: World) -> dict[str, int]:
    return {row[0]: row[1] for row in world.rows("SELECT group_code, used FROM shares")}


def test_what_one_channel_is_kept_another_does_not_get(shop: World):
    put(shop, group("market", 4))
    assert got(shop, "W1", 8) == 6
    assert shop.waiting(shop.rows("SELECT id FROM orders")[0][0]) == [("backorder", "MUG", 2, "kept_for_others")]
    assert got(shop, "W2", 1) == 0
    assert got(shop, "M1", 5, "market") == 4
    assert used(shop) == {"market": 4}


def test_restricted_to_its_own_share(shop: World):
    put(shop, group("market", 4, strategy="restrict"))
    assert got(shop, "M1", 5, "market") == 4
    assert got(shop, "M2", 1, "market") == 0
    assert got(shop, "W1", 10) == 6


def test_own_share_first_then_what_is_free(shop: World):
    put(shop, group("market", 4, strategy="regular"))
    assert got(shop, "M1", 3, "market") == 3
    assert used(shop) == {"market": 3}
    assert got(shop, "M2", 5, "market") == 5
    assert used(shop) == {"market": 4}
    assert got(shop, "W1", 5) == 2


def test_what_is_free_first_own_share_last(shop: World):
    put(shop, group("market", 4, strategy="reserve"))
    assert got(shop, "M1", 5, "market") == 5
    assert used(shop) == {"market": 0}
    assert got(shop, "W1", 5) == 1
    assert got(shop, "M2", 9, "market") == 4
    assert used(shop) == {"market": 4}


def test_a_canceled_order_gives_its_share_back_to_the_last_unit(shop: World):
    put(shop, group("market", 4, strategy="regular"))
    captured = shop.capture("M1", ("MUG", 7), channel="market")
    assert used(shop) == {"market": 4}
    shop.cancel(captured.order_id, {1: 2})
    assert used(shop) == {"market": 4}  # the free units went last and come back first
    shop.cancel(captured.order_id, {1: 2})
    assert used(shop) == {"market": 3}
    shop.cancel(captured.order_id)
    assert used(shop) == {"market": 0}
    assert got(shop, "W1", 10) == 6


def test_routing_again_keeps_the_share(shop: World):
    put(shop, group("market", 4, strategy="restrict"))
    captured = shop.capture("M1", ("MUG", 4), channel="market")
    shop.receive("MUG", "STORE", 5)
    shop.route(captured.order_id)
    assert shop.parts(captured.order_id) == {"allocated": 4}
    assert used(shop) == {"market": 4}


def test_a_count_may_take_what_a_share_stands_on(shop: World):
    put(shop, group("market", 4), group("shop", 3))
    shop.count("MUG", "DC", 5)
    assert got(shop, "W1", 1) == 0
    assert got(shop, "M1", 9, "market") == 4
    assert got(shop, "S1", 9, "shop") == 1


def test_a_short_claim_gives_its_share_back_and_its_order_is_served_again_by_it(shop: World):
    put(shop, group("market", 4, strategy="restrict"))
    captured = shop.capture("M1", ("MUG", 4), channel="market")
    shop.receive("MUG", "STORE", 4)
    shop.count("MUG", "DC", 1)
    assert shop.parts(captured.order_id) == {"allocated": 4}
    assert used(shop) == {"market": 4}


def test_waiting_demand_gets_its_share_of_a_receipt(shop: World):
    put(shop, group("market", 4, strategy="restrict"), group("shop", 20))
    captured = shop.capture("M1", ("MUG", 5), channel="market")
    assert shop.parts(captured.order_id) == {"waiting": 1, "allocated": 4}
    put(shop, group("market", 5, strategy="restrict"))
    shop.receive("MUG", "DC", 1)
    assert shop.parts(captured.order_id) == {"allocated": 5}


def test_percent_are_of_what_stands_there_free_or_claimed(shop: World):
    put(shop, group("market", strategy="restrict", amounts=[{"percent": 25}]))
    assert got(shop, "M1", 2, "market") == 2
    assert got(shop, "M2", 1, "market") == 0
    shop.receive("MUG", "DC", 10)
    assert got(shop, "M3", 9, "market") == 2
    assert got(shop, "W1", 20) == 15


def test_a_share_of_some_locations_is_kept_there(shop: World):
    shop.receive("MUG", "STORE", 5)
    pools = [{"code": "stores", "locations": {"codes": ["STORE"]}}]
    put(shop, group("market", pools=pools, strategy="restrict", amounts=[{"pool": "stores", "units": 4}]))
    captured = shop.capture("M1", ("MUG", 2), channel="market")
    assert shop.plan(captured.order_id) == {"STORE": {"MUG": 2}}
    web = shop.capture("W1", ("MUG", 15))
    assert shop.plan(web.order_id) == {"DC": {"MUG": 10}, "STORE": {"MUG": 1}}


def test_children_share_what_their_parent_is_kept(shop: World):
    put(
        shop,
        group("europe", 6, channels=[], strategy="restrict"),
        group("market", 2, parent="europe", strategy="regular"),
        group("shop", 1, parent="europe", strategy="restrict"),
    )
    assert got(shop, "S1", 9, "shop") == 1
    assert got(shop, "M1", 9, "market") == 5
    assert used(shop) == {"europe": 3, "market": 2, "shop": 1}
    assert got(shop, "W1", 9) == 4


def test_an_item_of_its_own_amount_takes_the_place_of_the_amount_for_all(shop: World):
    shop.receive("PEN", "DC", 10)
    put(shop, group("market", amounts=[{"units": 4}, {"items": ["MUG"], "units": 9}]))
    assert got(shop, "W1", 10) == 1
    captured = shop.capture("W2", ("PEN", 10))
    assert shop.parts(captured.order_id) == {"waiting": 4, "allocated": 6}


def test_two_orders_of_one_batch_do_not_take_the_same_share(shop: World):
    put(shop, group("market", 4, strategy="restrict"))
    orders = [order(f"M{n}", ("MUG", 1), channel="market") for n in range(8)]
    tickets = [shop.app.writer.submit(shop.capturing(document)) for document in orders]
    answers = [ticket.result() for ticket in tickets]
    assert sum(len(answer.fulfillments) for answer in answers) == 4
    assert used(shop) == {"market": 4}


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ([group("a", 1, channels=["nobody"])], "no channel 'nobody'"),
        ([group("a", 1, channels=["web"]), group("b", 1, channels=["web"])], "in the group 'b' already"),
        ([group("a", 1, channels=[], parent="z")], "no group 'z'"),
        ([group("a", 1, channels=[], parent="b"), group("b", 1, channels=[], parent="a")], "above itself"),
        ([group("a", channels=[], amounts=[{"units": 1, "percent": 2}])], "in units or in percent"),
        ([group("a", channels=[], amounts=[{"units": 1, "pool": "x"}])], "no pool 'x'"),
    ],
)
def test_groups_that_contradict_themselves_are_refused(shop: World, documents: list[dict[str, Any]], message: str):
    before = shop.dump()
    with pytest.raises(ConfigurationRefused, match=message):
        put(shop, *documents)
    assert shop.dump() == before


def test_what_is_odd_is_said(shop: World):
    pools = [{"code": "near", "locations": {"codes": ["NOWHERE"]}}]
    answer = put(
        shop,
        group("market", amounts=[{"percent": 70}]),
        group("shop", amounts=[{"percent": 50}], pools=pools),
    )
    assert answer.warnings == (
        "The groups are kept 120 % of everything together: whoever comes first gets it.",
        "The pool 'near' of 'shop' picks no location: NOWHERE.",
    )


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE shares SET used = used + 2",
        "UPDATE shares SET spent = spent + 1",
        "UPDATE claim_shares SET quantity = quantity + 3",
        "UPDATE claims SET quantity = quantity - 2",
        "DELETE FROM claim_shares",
    ],
)
def test_a_share_changed_by_hand_is_found_and_mended(shop: World, damage: str):
    put(shop, group("market", 6))
    shop.capture("M1", ("MUG", 5), channel="market")
    assert shop.verify().clean
    shop.change(damage)
    assert not shop.verify().clean
    repaired = shop.do(RepairStock(actor=shop.actor))
    assert repaired.repaired
    assert repaired.left == ()
    assert shop.verify().clean
