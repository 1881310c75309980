"""What locations, items and lines say of themselves reaches routing: units a day, lines together, whole bundles."""

import pytest

from crossdock.routing.rules import Carrier, FailedPick, Sites, Step, Without, Workload
from tests.support.world import World, line, order


@pytest.fixture
def shop(world: World) -> World:
    """A shop with two locations and a bundle of a mug and a pen."""
    world.bundle("SET", {"MUG": 1, "PEN": 1})
    return world


def test_a_location_is_not_given_more_units_than_it_takes_in_a_day(shop: World):
    shop.put_location("DC", 0, daily_units=3)
    for place in ("DC", "STORE"):
        shop.receive("MUG", place, 9)
    orders = [shop.capture(f"A{n}", ("MUG", 2)).order_id for n in range(2)]
    assert [shop.plan(id_) for id_ in orders] == [{"DC": {"MUG": 2}}, {"STORE": {"MUG": 2}}]
    shop.restart()
    assert shop.plan(shop.capture("A2", ("MUG", 2)).order_id) == {"STORE": {"MUG": 2}}
    assert shop.plan(shop.capture("A3", ("MUG", 1)).order_id) == {"DC": {"MUG": 1}}


def test_an_order_larger_than_a_days_units_is_divided(shop: World):
    shop.put_location("DC", 0, daily_units=3)
    shop.receive("MUG", "DC", 9)
    shop.receive("MUG", "STORE", 2)
    assert shop.plan(shop.capture("A1", ("MUG", 5)).order_id) == {"DC": {"MUG": 3}, "STORE": {"MUG": 2}}


def test_lines_that_belong_together_leave_together_or_wait_together(shop: World):
    shop.receive("MUG", "DC", 1)
    shop.receive("PEN", "STORE", 1)
    document = order("A1", lines=(line("MUG", 1, together=1), line("PEN", 1, together=1)))
    taken = shop.take(document)
    assert shop.plan(taken.order_id) == {}
    apart = shop.capture("A2", ("MUG", 1), ("PEN", 1))
    assert shop.plan(apart.order_id) == {"DC": {"MUG": 1}, "STORE": {"PEN": 1}}


def test_lines_that_belong_together_still_do_when_they_are_routed_again(shop: World):
    for place in ("DC", "STORE"):
        shop.receive("MUG", place, 1)
        shop.receive("PEN", place, 1)
    document = order("A1", lines=(line("MUG", 1, together=7), line("PEN", 1, together=7)))
    taken = shop.take(document)
    assert shop.plan(taken.order_id) == {"DC": {"MUG": 1, "PEN": 1}}
    shop.policy(fences=(Without(Sites(codes=("DC",))),))
    shop.adjust("PEN", "STORE", -1)
    shop.route(taken.order_id)
    assert shop.plan(taken.order_id) == {"DC": {"MUG": 1, "PEN": 1}}  # one of them alone may not go


def test_bundles_kept_whole_are_shared_out_bundle_by_bundle(shop: World):
    shop.policy(whole_bundles=True)
    for sku, place, units in (("MUG", "DC", 3), ("PEN", "DC", 1), ("MUG", "STORE", 1), ("PEN", "STORE", 3)):
        shop.receive(sku, place, units)
    taken = shop.capture("A1", ("SET", 2))
    assert shop.plan(taken.order_id) == {"DC": {"MUG": 1, "PEN": 1}, "STORE": {"MUG": 1, "PEN": 1}}


def test_where_a_view_doubts_that_units_are_found_a_failed_pick_is_priced(shop: World):
    for place in ("DC", "STORE"):
        shop.receive("MUG", place, 50)
    shop.view(find=[{"permille": 600, "locations": {"codes": ["DC"]}}])
    assert shop.plan(shop.capture("A1", ("MUG", 1)).order_id) == {"DC": {"MUG": 1}}
    shop.policy(costs=(FailedPick(per_unit=1_000_000),))
    assert shop.plan(shop.capture("A2", ("MUG", 1)).order_id) == {"STORE": {"MUG": 1}}


def test_work_is_dearer_where_the_day_is_full(shop: World):
    shop.put_location("DC", 0, daily_capacity=4)
    shop.policy(costs=(Workload(steps=(Step(500, 5_000_000),)),))
    for place in ("DC", "STORE"):
        shop.receive("MUG", place, 50)
    plans = [shop.plan(shop.capture(f"A{n}", ("MUG", 1)).order_id) for n in range(3)]
    assert plans == [{"DC": {"MUG": 1}}, {"DC": {"MUG": 1}}, {"STORE": {"MUG": 1}}]


def test_a_carrier_that_does_not_collect_at_a_location_keeps_it_out(shop: World):
    shop.put_location("DC", 0, carriers=("dhl",))
    shop.policy(fences=(Carrier("ups"),))
    for place in ("DC", "STORE"):
        shop.receive("MUG", place, 5)
    assert shop.plan(shop.capture("A1", ("MUG", 1)).order_id) == {"STORE": {"MUG": 1}}
