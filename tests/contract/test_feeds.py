"""Feeds: what a source tells is recorded once, in whatever order it comes, and orders that it concerns are routed."""

import numpy as np
import pytest

from crossdock.inventory import feed_queries
from crossdock.kernel.clock import HOUR, MINUTE
from crossdock.orchestration.feeds.commands import FeedPart, WatchFeeds
from crossdock.orders.model import Status
from tests.support.feeds import put_feed, row, tell, words
from tests.support.world import World


@pytest.fixture
def feed(world: World) -> World:
    put_feed(world)
    return world


def test_deltas_and_counts_move_what_is_there(feed: World):
    at = feed.clock.at
    done = tell(
        feed,
        row("received", "MUG", "DC", 9, at - HOUR, "r1"),
        row("sold", "MUG", "DC", 2, at - HOUR + 1, "s1"),
        row("damaged", "MUG", "DC", 1, at - HOUR + 2, "d1"),
        row("counted", "PEN", "STORE", 4, at - HOUR),
    )
    assert (words(done), done.on_hand.tolist()) == (["changed"] * 4, [9, 7, 6, 4])
    assert feed.stock("MUG", "DC") == (6, 0, 0)
    assert feed.stock("PEN", "STORE") == (4, 0, 0)


def test_a_record_told_again_counts_once_also_after_a_restart(feed: World):
    told = row("received", "MUG", "DC", 9, feed.clock.at, "r1")
    tell(feed, told)
    before = feed.dump("feed_sources", "feed_runs", "stock_log")
    assert words(tell(feed, told)) == ["repeated"]
    after = feed.dump("feed_sources", "feed_runs", "stock_log")
    assert after == before
    feed.app.writer._handlers[FeedPart]._recent.clear()  # type: ignore[attr-defined]
    assert words(tell(feed, told, row("received", "MUG", "DC", 1, feed.clock.at, "r2"))) == ["repeated", "changed"]


def test_a_record_told_with_another_content_is_refused(feed: World):
    at = feed.clock.at
    tell(feed, row("received", "MUG", "DC", 9, at, "r1"))
    done = tell(feed, row("received", "MUG", "DC", 8, at, "r1"))
    assert (words(done), done.refused[0].code, feed.stock("MUG", "DC")) == (["refused"], "record_differs", (9, 0, 0))


def test_two_sources_may_use_the_same_name_for_a_record(feed: World):
    put_feed(feed, "pos")
    at = feed.clock.at
    tell(feed, row("received", "MUG", "DC", 9, at, "1"))
    assert words(tell(feed, row("sold", "MUG", "DC", 2, at, "1"), source="pos")) == ["changed"]
    assert feed.stock("MUG", "DC") == (7, 0, 0)


def test_a_record_twice_in_one_part_counts_once(feed: World):
    told = row("received", "MUG", "DC", 9, feed.clock.at, "r1")
    assert words(tell(feed, told, told)) == ["changed", "repeated"]
    assert feed.stock("MUG", "DC") == (9, 0, 0)


def test_an_unchanged_count_writes_no_movement_and_moves_the_instant(feed: World):
    at = feed.clock.at
    tell(feed, row("counted", "MUG", "DC", 9, at - HOUR))
    done = tell(feed, row("counted", "MUG", "DC", 9, at - MINUTE))
    assert words(done) == ["unchanged"]
    assert feed.rows("SELECT count(*) FROM movements") == [(1,)]
    assert feed.rows("SELECT counted_at FROM positions") == [(at - MINUTE,)]


def test_what_is_told_late_has_been_counted(feed: World):
    at = feed.clock.at
    tell(feed, row("counted", "MUG", "DC", 9, at - HOUR))
    done = tell(feed, row("sold", "MUG", "DC", 2, at - HOUR, "s1"), row("counted", "MUG", "DC", 70, at - 2 * HOUR))
    assert (words(done), feed.stock("MUG", "DC")) == (["late", "late"], (9, 0, 0))
    assert feed.rows("SELECT count(*) FROM movements") == [(3,)]


def test_a_late_count_keeps_what_moved_after_it(feed: World):
    at = feed.clock.at
    tell(feed, row("received", "MUG", "DC", 9, at - HOUR, "r1"), row("sold", "MUG", "DC", 2, at - MINUTE, "s1"))
    done = tell(feed, row("counted", "MUG", "DC", 12, at - HOUR + 1))
    assert (words(done), feed.stock("MUG", "DC")) == (["changed"], (10, 0, 0))


def test_a_count_of_what_is_available_adds_the_claims_it_knows_of(feed: World):
    put_feed(feed, "erp", basis="available")
    tell(feed, row("received", "MUG", "DC", 9, feed.clock.at - HOUR, "r1"))
    feed.capture("A1", ("MUG", 2))
    between = feed.clock.at
    feed.clock.forward(minutes=1)
    feed.capture("A2", ("MUG", 3))
    # Counted between the two orders: the source had taken off two units, so nine are there.
    assert words(tell(feed, row("counted", "MUG", "DC", 7, between), source="erp")) == ["unchanged"]
    tell(feed, row("counted", "MUG", "DC", 7, feed.clock.at, acknowledged=0), source="erp")
    assert feed.stock("MUG", "DC") == (7, 5, 0)


def test_what_arrives_serves_who_waits(feed: World):
    order = feed.capture("A1", ("MUG", 2)).order_id
    done = tell(
        feed, row("received", "MUG", "DC", 3, feed.clock.at, "r1"), row("counted", "PEN", "DC", 8, feed.clock.at)
    )
    assert (words(done), feed.status(order)) == (["changed", "changed"], Status.ALLOCATED)
    assert feed.stock("MUG", "DC") == (3, 2, 0)


def test_who_loses_a_claim_by_a_count_is_routed_again(feed: World):
    tell(
        feed,
        row("received", "MUG", "DC", 3, feed.clock.at, "r1"),
        row("received", "MUG", "STORE", 2, feed.clock.at, "r2"),
    )
    order = feed.capture("A1", ("MUG", 3)).order_id
    assert feed.plan(order) == {"DC": {"MUG": 3}}
    tell(feed, row("counted", "MUG", "DC", 1, feed.clock.at))
    assert feed.plan(order) == {"DC": {"MUG": 1}, "STORE": {"MUG": 2}}
    assert "stock.short" in feed.events()


def test_a_till_may_sell_what_was_never_there(feed: World):
    tell(feed, row("sold", "MUG", "STORE", 2, feed.clock.at, "s1"))
    assert feed.stock("MUG", "STORE") == (-2, 0, 2)
    assert "stock.short" in feed.events()


def test_a_movement_leads_back_to_its_record_and_reason(feed: World):
    at = feed.clock.at
    tell(feed, row("counted", "PEN", "DC", 1, at), row("damaged", "MUG", "DC", 1, at, "d-77"),
         row("adjusted", "MUG", "DC", 3, at, "a-1", reason="found"))  # fmt: skip
    from crossdock.inventory import list_movements

    page = feed.read(list_movements)
    said = {(m.type, m.source, m.record, m.reason, m.cause) for m in page.movements}
    assert said == {
        ("counted", "wms", "", "", "feed_part"),
        ("adjusted", "wms", "d-77", "damage", "feed_part"),
        ("adjusted", "wms", "a-1", "found", "feed_part"),
    }


def test_rows_that_concern_many_orders_are_left_to_the_next_transaction(feed: World, monkeypatch):
    monkeypatch.setattr("crossdock.orchestration.feeds.handler._MOST_SINGLE", 2)
    orders = [feed.capture(f"A{n}", (sku, 1)).order_id for n, sku in enumerate(["MUG", "PEN", "LAMP"])]
    rows = [row("received", sku, "DC", 1, feed.clock.at, f"r{sku}") for sku in ("MUG", "PEN", "LAMP")]
    assert tell(feed, *rows).done == 2
    assert words(tell(feed, *rows)) == ["repeated", "repeated", "changed"]
    assert {feed.status(order) for order in orders} == {Status.ALLOCATED}


def test_a_source_that_falls_silent_raises_an_alert_and_is_distrusted(feed: World):
    put_feed(feed, "till", silent_after_s=600, when_silent="distrust", locations=("STORE",))
    tell(feed, row("counted", "MUG", "STORE", 5, feed.clock.at), source="till")
    feed.clock.forward(minutes=9)
    assert feed.app.submit_now(WatchFeeds(actor=feed.actor)).silent == ()
    feed.clock.forward(minutes=2)
    assert feed.app.submit_now(WatchFeeds(actor=feed.actor)).silent == ("till",)
    assert feed.app.submit_now(WatchFeeds(actor=feed.actor)).silent == ()
    assert feed.read(feed_queries.distrusted) == {"STORE"}
    tell(feed, row("counted", "MUG", "STORE", 5, feed.clock.at), source="till")
    assert feed.read(feed_queries.distrusted) == frozenset()
    assert [name for name in feed.events() if name.startswith("feed.")] == ["feed.silent", "feed.heard"]


def test_records_beyond_what_is_remembered_are_forgotten(feed: World):
    for n in range(3):
        tell(feed, row("received", "MUG", "DC", 1, feed.clock.at, f"r{n}"))
    feed.clock.forward(days=8)
    tell(feed, row("received", "MUG", "DC", 1, feed.clock.at, "r9"))
    assert feed.app.submit_now(WatchFeeds(actor=feed.actor)).forgotten == 3
    view = feed.read(lambda session: feed_queries.read_feed(session, "wms", feed.clock.at))
    assert view is not None
    assert (view.remembered, view.state, view.last_run and view.last_run.changed) == (1, "heard", 1)


def test_the_numbers_of_a_run_say_what_became_of_its_rows(feed: World):
    at = feed.clock.at
    rows = [row("received", "MUG", "DC", 1, at, "r1"), row("counted", "PEN", "DC", 0, at - HOUR)]
    done = tell(feed, *rows, failed=3)
    assert np.asarray(done.results).tolist() == [0, 1]
    assert feed.rows("SELECT rows, changed, unchanged, failed FROM feed_runs ORDER BY id DESC LIMIT 1") == [
        (5, 1, 1, 3)
    ]
