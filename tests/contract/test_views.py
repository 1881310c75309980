"""What a view hides from a channel is hidden from all it does: capture, revision, another routing, waiting."""

import pytest

from crossdock.inventory.feed_model import FeedSource
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.commands import ServeWaiting
from crossdock.orchestration.errors import ConfigurationRefused
from crossdock.orchestration.feeds.commands import PutFeeds, WatchFeeds
from crossdock.orchestration.orders.decision_queries import read_decision
from crossdock.orders.model import Status
from crossdock.routing.record import decode
from tests.support.world import World, order

STORES = {"kinds": ["store"]}


def with_a_real_store(world: World) -> None:
    """DC is near, STORE further away and a store: three mugs each."""
    world.put_location("STORE", 1, kind="store", groups=["north"], tags=["small"])
    for place in ("DC", "STORE"):
        world.receive("MUG", place, 3)


def test_a_location_that_the_view_does_not_show_ships_nothing(world: World):
    with_a_real_store(world)
    world.view(locations=[STORES])
    captured = world.capture("A1", ("MUG", 2))
    assert world.plan(captured.order_id) == {"STORE": {"MUG": 2}}
    world.route(captured.order_id)
    assert world.plan(captured.order_id) == {"STORE": {"MUG": 2}}


def test_units_that_the_view_hides_are_not_given_to_the_channel_and_the_queue_says_so(world: World):
    with_a_real_store(world)
    world.view(buffers=[{"units": 2, "locations": STORES}, {"units": 3, "locations": {"kinds": ["dc"]}}])
    captured = world.capture("A1", ("MUG", 2))
    assert world.parts(captured.order_id) == {"waiting": 1, "allocated": 1}
    assert world.waiting(captured.order_id) == [("backorder", "MUG", 1, "hidden_by_view")]
    detail = world.rows("SELECT detail FROM queue_entries")[0][0]
    assert detail == "The view 'web' shows 1 of the 6 units to spare; 2 are wanted."


def test_another_channel_sees_what_it_has_no_view_for(world: World):
    with_a_real_store(world)
    world.view(exclusions=[{"items": ["MUG"]}])
    world.channel("shop")
    assert world.capture("A1", ("MUG", 1)).status == Status.WAITING
    assert world.capture("B1", ("MUG", 1), channel="shop").status == Status.ALLOCATED


def test_a_newer_revision_gets_no_more_than_the_view_shows(world: World):
    with_a_real_store(world)
    world.view(buffers=[{"units": 2}])
    first = world.capture("A1", ("MUG", 1), revision=1)
    world.capture("A1", ("MUG", 4), revision=2)
    assert world.parts(first.order_id) == {"waiting": 2, "allocated": 2}


def test_demand_that_waits_is_served_with_what_the_view_shows_of_a_receipt(world: World):
    world.view(buffers=[{"units": 2}])
    captured = world.capture("A1", ("MUG", 3))
    world.receive("MUG", "DC", 2)
    assert world.parts(captured.order_id) == {"waiting": 3}
    world.receive("MUG", "DC", 1)
    assert world.parts(captured.order_id) == {"waiting": 2, "allocated": 1}


def test_a_changed_view_holds_for_the_next_decision(world: World):
    with_a_real_store(world)
    world.view(exclusions=[{}])
    assert world.capture("A1", ("MUG", 1)).status == Status.WAITING
    world.view()
    assert world.capture("A2", ("MUG", 1)).status == Status.ALLOCATED


def test_a_decision_names_the_view_and_says_what_it_hid(world: World):
    with_a_real_store(world)
    put = world.view(exclusions=[{"locations": {"codes": ["DC"]}, "note": "closed for stocktaking"}])
    captured = world.capture("A1", ("MUG", 1))
    (record,) = world.rows("SELECT record FROM decisions")[0]
    assert decode(bytes(record)).hidden is not None
    assert put.results == (("web", "created"),)
    told = world.read(lambda session: read_decision(session, captured.decisions[0], explained=True))
    assert told is not None
    assert told.explanation is not None
    verdict = next(v for v in told.explanation.verdicts if v.location == "DC")
    check = next(c for c in verdict.checks if c.fence == "view")
    assert check.expected == "shown by the view web"
    assert check.actual == "3 of 3 units are hidden: excluded: every item at DC (closed for stocktaking)"
    assert not check.passed
    hidden = "what it has is hidden by the view web: excluded: every item at DC (closed for stocktaking)."
    (sentence,) = [sentence for sentence in told.explanation.words if sentence.endswith(hidden)]
    assert sentence.startswith("The nearest, Dc at ")
    assert told.id == encode_id("dec", captured.decisions[0])


def test_a_view_that_would_hide_everything_is_kept_and_warned_of(world: World):
    with_a_real_store(world)
    put = world.view(locations=[{"codes": ["NOWHERE"]}])
    assert put.warnings == (
        "The view hides everything: none of its selectors picks a location.",
        "/locations/0 picks no location: NOWHERE.",
    )
    assert world.view(exclusions=[{}]).warnings == (
        "The view hides everything: /exclusions/0 excludes every item at every location.",
    )
    assert world.view(buffers=[{"units": 1}]).warnings == ()


def test_the_same_view_again_changes_nothing(world: World):
    world.view(buffers=[{"units": 1}])
    before = world.dump()
    assert world.view(buffers=[{"units": 1}]).results == (("web", "unchanged"),)
    assert world.dump() == before


def test_a_channel_cannot_look_through_a_view_that_is_not_there(world: World):
    before = world.dump()
    with pytest.raises(ConfigurationRefused, match="no stock view 'nowhere'"):
        world.channel("web", view="nowhere")
    assert world.dump() == before


def test_an_order_of_several_lines_of_one_item_sees_what_is_shown_once(world: World):
    with_a_real_store(world)
    world.view(buffers=[{"units": 2}])
    captured = world.take(order("A1", ("MUG", 1), ("MUG", 2)))
    assert world.parts(captured.order_id) == {"waiting": 1, "allocated": 2}


def test_orders_that_see_nothing_do_not_keep_others_from_being_served(world: World):
    world.channel("shop")
    world.view(exclusions=[{"locations": {"codes": ["DC"]}}])
    world.put_location("DC", 0, daily_capacity=0)
    world.receive("MUG", "DC", 9)
    hidden = [world.capture(f"A{n}", ("MUG", 1)).order_id for n in range(3)]
    shown = world.capture("B1", ("MUG", 1), channel="shop").order_id
    world.put_location("DC", 0, daily_capacity=9)
    served = world.do(ServeWaiting(actor=world.actor, most=1))
    assert (served.looked_at, served.served) == (1, 1)
    assert world.parts(shown) == {"allocated": 1}
    assert all(world.parts(order_id) == {"waiting": 1} for order_id in hidden)


def test_stock_of_a_source_that_fell_silent_is_hidden_where_the_view_says_so(world: World):
    with_a_real_store(world)
    world.channel("shop")
    world.view(exclusions=[{"stale": True}])
    source = FeedSource(code="till", name="Till", silent_after_s=60, when_silent="distrust", locations=("DC",))
    world.do(PutFeeds(actor=world.actor, sources=(source,)))
    first = world.capture("A1", ("MUG", 1))
    assert world.plan(first.order_id) == {"DC": {"MUG": 1}}
    world.clock.forward(minutes=5)
    assert world.do(WatchFeeds(actor=world.actor)).silent == ("till",)
    assert world.plan(world.capture("A2", ("MUG", 1)).order_id) == {"STORE": {"MUG": 1}}
    assert world.plan(world.capture("B1", ("MUG", 1), channel="shop").order_id) == {"DC": {"MUG": 1}}
    world.route(first.order_id)
    assert world.plan(first.order_id) == {"STORE": {"MUG": 1}}
