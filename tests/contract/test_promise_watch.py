"""The watch over promised orders: at risk before they are late, and kept again when the reason is gone."""

from datetime import date

import msgspec

from crossdock.events.promises import OrderPromiseAtRisk
from crossdock.kernel.clock import HOUR, parse_instant
from crossdock.network.model import Calendar
from crossdock.orchestration import commands as c
from crossdock.orchestration.promises.commands import ForgetPromises
from crossdock.orchestration.promises.store import KEPT_EXPIRED
from crossdock.orders.model import Promise
from tests.support.promises import promise, promise_axis, take_promise, watch_promises
from tests.support.world import EVERY_DAY, World


def promised(world: World, sku: str = "MUG") -> c.CapturedOrder:
    (offer,) = promise(world, (sku, 1), methods=("ship",)).data
    return take_promise(world, offer, f"P-{sku}", (sku, 1))


def test_a_promise_that_nothing_threatens_stays_kept(world: World):
    world.receive("MUG", "DC", 5)
    captured = promised(world)
    assert watch_promises(world) == 0
    assert promise_axis(world, captured.order_id) is Promise.KEPT


def test_work_that_has_not_begun_before_its_last_cut_off_is_at_risk_before_it_is_late(world: World):
    world.receive("MUG", "DC", 5)
    captured = promised(world)
    world.clock.at = parse_instant("2026-11-02T15:59:59Z")
    assert watch_promises(world) == 0
    world.clock.at = parse_instant("2026-11-02T16:00:00Z")
    assert watch_promises(world) == 1
    assert promise_axis(world, captured.order_id) is Promise.AT_RISK
    assert watch_promises(world) == 0  # it is said once
    world.clock.at = parse_instant("2026-11-04T00:00:00Z")
    assert watch_promises(world) == 1
    assert promise_axis(world, captured.order_id) is Promise.LATE
    assert world.events(captured.order_id)[-2:] == ["order.promise_at_risk", "order.promise_late"]


def test_a_location_that_closes_puts_its_promises_at_risk_at_once(world: World):
    world.receive("MUG", "DC", 5)
    captured = promised(world)
    closed = Calendar(closed_on=("2026-11-02",), work_days=EVERY_DAY.work_days, cut_off="18:00")
    world.put_location("DC", 0, calendar=closed)
    assert watch_promises(world) == 1
    assert promise_axis(world, captured.order_id) is Promise.AT_RISK
    world.put_location("DC", 0)
    assert watch_promises(world) == 1
    assert promise_axis(world, captured.order_id) is Promise.KEPT
    assert world.events(captured.order_id)[-1] == "order.promise_recovered"


def test_units_that_wait_put_a_promise_at_risk(world: World):
    world.receive("MUG", "DC", 1)
    captured = promised(world)
    world.count("MUG", "DC", 0)
    assert watch_promises(world) == 1
    assert promise_axis(world, captured.order_id) is Promise.AT_RISK
    world.receive("MUG", "DC", 1)
    assert watch_promises(world) == 1
    assert promise_axis(world, captured.order_id) is Promise.KEPT


def bound_to_supply(world: World) -> c.CapturedOrder:
    """An order promised for the 11th, whose unit was lost and that now waits for a line expected on the 10th."""
    world.receive("MUG", "DC", 1)
    window = {"not_before": date(2026, 11, 11), "by": date(2026, 11, 11)}
    (offer,) = promise(world, ("MUG", 1), methods=("ship",), **window).data
    captured = take_promise(world, offer, "P-1", ("MUG", 1))
    world.announce("PO-1", "MUG", "DC", 5, "2026-11-10")
    world.count("MUG", "DC", 0)
    assert world.bound(captured.order_id) == [("MUG", "2026-11-10", 1)]
    return captured


def test_units_bound_to_supply_that_comes_in_time_put_nothing_at_risk(world: World):
    captured = bound_to_supply(world)
    watch_promises(world)
    assert promise_axis(world, captured.order_id) is Promise.KEPT


def test_supply_that_slips_puts_its_promise_at_risk_until_it_is_moved_back(world: World):
    captured = bound_to_supply(world)
    watch_promises(world)
    world.announce("PO-1", "MUG", "DC", 5, "2026-11-12")
    assert watch_promises(world) == 1
    assert promise_axis(world, captured.order_id) is Promise.AT_RISK
    said = world.rows("SELECT data FROM events WHERE type = 'order.promise_at_risk' ORDER BY id DESC")[0][0]
    event = msgspec.json.decode(said, type=OrderPromiseAtRisk)
    assert (event.reason, event.location, event.promised_on, event.expected_on) == (
        "supply_slipped",
        "DC",
        "2026-11-11",
        "2026-11-13",
    )
    assert (event.supply, event.supply_previous_on, event.supply_expected_on) == (
        "PO-1/1",
        "2026-11-10",
        "2026-11-12",
    )
    assert watch_promises(world) == 0  # it is said once
    world.announce("PO-1", "MUG", "DC", 5, "2026-11-10")
    assert watch_promises(world) == 1
    assert promise_axis(world, captured.order_id) is Promise.KEPT
    assert world.events(captured.order_id)[-1] == "order.promise_recovered"


def test_supply_that_slips_further_is_told_again_once_for_each_new_day(world: World):
    captured = bound_to_supply(world)
    watch_promises(world)
    for day in ("2026-11-12", "2026-11-15", "2026-11-14", "2026-11-15", "2026-11-18"):
        world.announce("PO-1", "MUG", "DC", 5, day)
        watch_promises(world)
        watch_promises(world)
    said = world.rows("SELECT data FROM events WHERE type = 'order.promise_at_risk' ORDER BY id")
    days = [msgspec.json.decode(data, type=OrderPromiseAtRisk).expected_on for (data,) in said]
    assert days == ["2026-11-13", "2026-11-16", "2026-11-19"]
    assert promise_axis(world, captured.order_id) is Promise.AT_RISK


def test_an_earlier_line_recovers_a_promise(world: World):
    captured = bound_to_supply(world)
    world.announce("PO-1", "MUG", "DC", 5, "2026-11-20")
    watch_promises(world)
    assert promise_axis(world, captured.order_id) is Promise.AT_RISK
    world.announce("PO-2", "MUG", "DC", 1, "2026-11-09")
    assert watch_promises(world) == 1
    assert promise_axis(world, captured.order_id) is Promise.KEPT


def test_supply_that_is_overdue_slips_with_the_clock(world: World):
    captured = bound_to_supply(world)
    watch_promises(world)
    world.clock.at = parse_instant("2026-11-10T17:59:59Z")
    assert watch_promises(world) == 0
    world.clock.at = parse_instant("2026-11-10T18:00:00Z")  # what comes now is handed over tomorrow
    assert watch_promises(world) == 1
    assert promise_axis(world, captured.order_id) is Promise.AT_RISK


def test_a_location_that_prepares_for_days_makes_its_supply_late(world: World):
    captured = bound_to_supply(world)
    watch_promises(world)
    slow = Calendar(work_days=EVERY_DAY.work_days, cut_off="18:00", processing_days=1)
    world.put_location("DC", 0, calendar=slow)
    assert watch_promises(world) == 1
    said = world.rows("SELECT data FROM events WHERE type = 'order.promise_at_risk' ORDER BY id DESC")[0][0]
    event = msgspec.json.decode(said, type=OrderPromiseAtRisk)
    assert (event.reason, event.expected_on, event.supply) == ("supply_late", "2026-11-12", "")
    assert promise_axis(world, captured.order_id) is Promise.AT_RISK


def test_a_canceled_order_is_watched_no_more(world: World):
    world.receive("MUG", "DC", 1)
    captured = promised(world)
    world.cancel(captured.order_id)
    watch_promises(world)
    assert world.rows("SELECT state FROM promises") == [(3,)]


def test_expired_promises_that_nobody_ordered_are_forgotten(world: World):
    world.receive("MUG", "DC", 5)
    (offer,) = promise(world, ("MUG", 1), methods=("ship",)).data
    take_promise(world, offer, "A1", ("MUG", 1))
    promise(world, ("MUG", 1), methods=("ship",))
    world.clock.at += KEPT_EXPIRED
    assert world.do(ForgetPromises()).promises == 0
    world.clock.at += HOUR
    assert world.do(ForgetPromises()).promises == 1
    assert len(world.rows("SELECT id FROM promises")) == 1
