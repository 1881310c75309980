"""Facts about stock: recorded whatever they do to the numbers, and what follows from them is routed at once."""

from functools import partial

import pytest

from crossdock.inventory import list_movements
from crossdock.kernel.clock import HOUR, MINUTE
from crossdock.kernel.ids import encode_id
from crossdock.orders.model import Status
from tests.support.world import World


def test_what_is_received_can_be_claimed(world: World):
    outcome = world.receive("MUG", "DC", 5)
    assert (outcome.result, outcome.on_hand) == ("recorded", 5)
    assert world.capture("A1", ("MUG", 5)).status == Status.ALLOCATED


def test_a_record_told_twice_counts_once(world: World):
    world.receive("MUG", "DC", 5, record="r1", at=1)
    before = world.dump()
    assert world.receive("MUG", "DC", 5, record="r1", at=1).result == "repeated"
    assert world.dump() == before


def test_a_record_told_twice_in_one_message_counts_once(world: World):
    fact = world.fact("received", "MUG", "DC", 5, record="r1")
    assert [outcome.result for outcome in world.record(fact, fact)] == ["recorded", "repeated"]
    assert world.stock("MUG", "DC") == (5, 0, 0)


def test_a_record_told_with_another_content_changes_nothing(world: World):
    world.receive("MUG", "DC", 5, record="r1", at=1)
    before = world.dump()
    outcome = world.receive("MUG", "DC", 6, record="r1", at=1)
    assert (outcome.result, outcome.code) == ("failed", "record_differs")
    assert world.dump() == before


@pytest.mark.parametrize(
    ("sku", "place", "code"),
    [("VASE", "DC", "unknown_item"), ("MUG", "MOON", "unknown_location"), ("SET", "DC", "bundle_not_stocked")],
)
def test_a_fact_about_nothing_fails_alone(world: World, sku, place, code):
    world.bundle("SET", {"MUG": 2})
    good, bad = world.fact("received", "MUG", "DC", 5), world.fact("received", sku, place, 5)
    outcomes = world.record(bad, good)
    assert [(outcome.result, outcome.code) for outcome in outcomes] == [("failed", code), ("recorded", "")]
    assert world.stock("MUG", "DC") == (5, 0, 0)


# -- counts -----------------------------------------------------------------------------------------------------------


def test_a_count_replaces_what_was_known(world: World):
    world.receive("MUG", "DC", 5)
    assert world.count("MUG", "DC", 3).on_hand == 3
    assert world.stock("MUG", "DC") == (3, 0, 0)


def test_what_moved_after_a_late_count_stays_on_top(world: World):
    start = world.clock.at - 4 * HOUR
    world.receive("MUG", "DC", 10, at=start)
    world.receive("MUG", "DC", 4, at=start + 2 * HOUR)
    world.sell("MUG", "DC", 1, at=start + 3 * HOUR)
    # Counted between the two, told after both: 7 were there, then 4 came and 1 went.
    assert world.count("MUG", "DC", 7, at=start + HOUR).on_hand == 10


def test_what_happened_before_a_count_and_is_told_after_it_changes_nothing(world: World):
    start = world.clock.at - 4 * HOUR
    world.count("MUG", "DC", 7, at=start + HOUR)
    assert world.sell("MUG", "DC", 2, at=start).on_hand == 7
    assert world.receive("MUG", "DC", 5, at=start + HOUR).on_hand == 7
    assert world.sell("MUG", "DC", 2, at=start + HOUR + 1).on_hand == 5


def test_what_a_clock_that_is_ahead_tells_happened_when_it_was_recorded(world: World):
    world.receive("MUG", "DC", 4, at=world.clock.at + 9 * HOUR)
    assert world.rows("SELECT occurred_at - recorded_at FROM movements") == [(0,)]
    assert world.count("MUG", "DC", 7).on_hand == 7


def test_an_older_count_is_recorded_and_changes_nothing(world: World):
    start = world.clock.at - 4 * HOUR
    world.count("MUG", "DC", 7, at=start + HOUR)
    assert world.count("MUG", "DC", 90, at=start).on_hand == 7
    assert world.rows("SELECT count(*) FROM movements WHERE type = 2") == [(2,)]


def test_an_unchanged_count_moves_the_instant(world: World):
    start = world.clock.at - 4 * HOUR
    world.count("MUG", "DC", 7, at=start)
    world.count("MUG", "DC", 7, at=start + MINUTE)
    assert world.rows("SELECT counted_at FROM positions") == [(start + MINUTE,)]
    assert world.count("MUG", "DC", 5, at=start + MINUTE // 2).on_hand == 7


def test_a_count_sees_what_the_same_message_moved(world: World):
    start = world.clock.at - 4 * HOUR
    outcomes = world.record(
        world.fact("received", "MUG", "DC", 5, at=start + HOUR),
        world.fact("counted", "MUG", "DC", 3, at=start),
        world.fact("sold", "MUG", "DC", 1, at=start + 2 * HOUR),
    )
    assert [outcome.on_hand for outcome in outcomes] == [5, 8, 7]


def test_what_moved_at_the_instant_of_a_count_was_counted(world: World):
    start = world.clock.at - 4 * HOUR
    world.receive("MUG", "DC", 5, at=start)
    assert world.count("MUG", "DC", 3, at=start).on_hand == 3


def test_a_count_stands_against_what_the_same_message_tells_of_before(world: World):
    start = world.clock.at - 4 * HOUR
    outcomes = world.record(
        world.fact("counted", "MUG", "DC", 7, at=start + HOUR),
        world.fact("sold", "MUG", "DC", 2, at=start),
        world.fact("counted", "MUG", "DC", 90, at=start),
    )
    assert [outcome.on_hand for outcome in outcomes] == [7, 7, 7]


def test_a_count_of_claimed_goods_keeps_the_claims_that_are_there(world: World):
    world.receive("MUG", "DC", 5)
    captured = world.capture("A1", ("MUG", 4))
    world.count("MUG", "DC", 4)
    assert world.stock("MUG", "DC") == (4, 4, 0)
    assert world.status(captured.order_id) == Status.ALLOCATED


# -- short ------------------------------------------------------------------------------------------------------------


def test_who_promised_last_is_put_back_on_the_road(world: World):
    world.receive("MUG", "DC", 3)
    orders = [world.capture(f"A{n}", ("MUG", 1)).order_id for n in range(3)]
    world.receive("MUG", "STORE", 1)
    world.count("MUG", "DC", 1)
    assert world.plan(orders[0]) == {"DC": {"MUG": 1}}
    assert world.plan(orders[2]) == {"STORE": {"MUG": 1}}
    assert world.waiting(orders[1]) == [("backorder", "MUG", 1, "out_of_stock")]
    assert world.stock("MUG", "DC") == (1, 1, 0)
    assert "stock.short" in world.events()


def test_a_till_may_sell_what_was_claimed(world: World):
    world.receive("MUG", "STORE", 2)
    captured = world.capture("A1", ("MUG", 2))
    assert world.sell("MUG", "STORE", 2).on_hand == 0
    assert world.parts(captured.order_id) == {"waiting": 2}
    assert world.stock("MUG", "STORE") == (0, 0, 0)


def test_a_till_may_sell_what_was_never_there(world: World):
    assert world.sell("MUG", "STORE", 2).on_hand == -2
    assert world.stock("MUG", "STORE") == (-2, 0, 2)
    assert world.capture("A1", ("MUG", 1)).status == Status.WAITING


def test_what_arrives_pays_what_was_missing_first(world: World):
    world.sell("MUG", "STORE", 2)
    captured = world.capture("A1", ("MUG", 2))
    world.receive("MUG", "STORE", 3)
    assert world.stock("MUG", "STORE") == (1, 1, 0)
    assert world.parts(captured.order_id) == {"allocated": 1, "waiting": 1}


def test_damage_takes_goods_away(world: World):
    world.receive("MUG", "DC", 5)
    captured = world.capture("A1", ("MUG", 5))
    assert world.adjust("MUG", "DC", -2).on_hand == 3
    assert world.parts(captured.order_id) == {"allocated": 3, "waiting": 2}


def test_a_demand_that_loses_two_claims_at_once_waits_once(world: World):
    world.receive("MUG", "DC", 3)
    captured = world.capture("A1", ("MUG", 4))
    world.receive("MUG", "DC", 1)
    assert world.rows("SELECT count(*) FROM claims WHERE state = 1") == [(2,)]
    world.count("MUG", "DC", 0)
    assert world.parts(captured.order_id) == {"waiting": 4}
    assert sum(entry[2] for entry in world.waiting(captured.order_id)) == 4


def test_a_part_of_an_order_moves_and_the_rest_stays(world: World):
    world.receive("MUG", "DC", 5)
    captured = world.capture("A1", ("MUG", 5))
    world.receive("MUG", "STORE", 1)
    world.adjust("MUG", "DC", -2)
    assert world.plan(captured.order_id) == {"DC": {"MUG": 3}, "STORE": {"MUG": 1}}
    assert world.waiting(captured.order_id) == [("backorder", "MUG", 1, "not_enough_stock")]


# -- supply for those who wait ----------------------------------------------------------------------------------------


def test_who_has_waited_longest_is_served_first(world: World):
    orders = [world.capture(f"A{n}", ("MUG", 2)).order_id for n in range(3)]
    world.receive("MUG", "DC", 3)
    assert [world.parts(id_) for id_ in orders] == [{"allocated": 2}, {"allocated": 1, "waiting": 1}, {"waiting": 2}]


def test_a_higher_priority_is_served_before_an_older_order(world: World):
    old = world.capture("A1", ("MUG", 1)).order_id
    urgent = world.capture("A2", ("MUG", 1), priority=5).order_id
    world.receive("MUG", "DC", 1)
    assert world.parts(urgent) == {"allocated": 1}
    assert world.parts(old) == {"waiting": 1}


def test_what_arrives_for_those_who_wait_is_never_seen_by_a_new_order(world: World):
    waiting = world.capture("A1", ("MUG", 2)).order_id
    world.receive("MUG", "DC", 2)
    assert world.capture("A2", ("MUG", 1)).status == Status.WAITING
    assert world.status(waiting) == Status.ALLOCATED
    assert world.waiting(waiting) == []


def test_units_that_go_on_waiting_keep_their_place(world: World):
    first = world.capture("A1", ("MUG", 3)).order_id
    since = world.rows("SELECT since FROM queue_entries WHERE order_id = ?", first)
    world.receive("MUG", "DC", 1)
    assert world.rows("SELECT since FROM queue_entries WHERE order_id = ? AND closed_at IS NULL", first) == since
    assert world.waiting(first) == [("backorder", "MUG", 2, "out_of_stock")]


def test_one_who_cannot_be_reached_does_not_keep_goods_from_others(world: World):
    world.capture("A1", ("MUG", 1), deliveries=(_berlin(),))
    other = world.capture("A2", ("MUG", 1)).order_id
    world.receive("MUG", "DC", 1)
    assert world.parts(other) == {"allocated": 1}


def test_a_message_with_many_facts_is_done_as_one(world: World):
    waiting = world.capture("A1", ("MUG", 2), ("PEN", 2)).order_id
    outcomes = world.record(world.fact("received", "MUG", "DC", 2), world.fact("received", "PEN", "DC", 2))
    assert [outcome.on_hand for outcome in outcomes] == [2, 2]
    # One decision over both: one parcel, not two.
    assert world.rows("SELECT splits FROM orders WHERE id = ?", waiting) == [(1,)]


def _berlin():
    from crossdock.orders.model import AddressIn

    return AddressIn(country="DE")


# -- the ledger read back ---------------------------------------------------------------------------------------------


def test_the_history_of_an_item_is_read_back_along_its_positions(world: World):
    world.receive("MUG", "DC", 9)
    world.receive("MUG", "STORE", 4)
    world.receive("PEN", "DC", 2)
    world.capture("A1", ("MUG", 3))
    world.sell("MUG", "STORE", 1)
    everything = world.rows("SELECT id FROM movements WHERE item_id = (SELECT id FROM items WHERE sku = 'MUG')")
    read: list[str] = []
    after = None
    while True:
        page = world.read(partial(list_movements, sku="MUG", after=after, limit=2))
        read += [movement.id for movement in page.movements]
        if page.next is None:
            break
        after = page.next
    assert read == [encode_id("mov", id_) for (id_,) in sorted(everything, reverse=True)]
    there = world.read(lambda session: list_movements(session, "MUG", "STORE")).movements
    assert [movement.type for movement in there] == ["sold", "received"]
