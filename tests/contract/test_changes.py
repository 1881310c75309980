"""Orders that change: canceled, sent elsewhere, held, routed again; each in one transaction."""

import pytest

from crossdock.orchestration.errors import (
    AddressNotServed,
    NoSuchHold,
    NothingToCancel,
    NothingToRoute,
    OrderNotFound,
    VersionMismatch,
)
from crossdock.orders.model import AddressIn, Status
from tests.support.world import World

BELFAST = AddressIn(country="GB", postal_code="BT1 5GS")


def test_a_canceled_order_gives_everything_back(world: World):
    world.receive("MUG", "DC", 5)
    captured = world.capture("A1", ("MUG", 2), ("PEN", 1))
    changed = world.cancel(captured.order_id)
    assert changed.changed == {"canceled": {"1": 2, "2": 1}, "units": 3, "complete": True}
    assert changed.version == 2
    assert world.status(captured.order_id) == Status.CANCELED
    assert world.stock("MUG", "DC") == (5, 0, 0)
    assert (world.plan(captured.order_id), world.waiting(captured.order_id)) == ({}, [])


def test_waiting_units_are_canceled_before_claimed_ones(world: World):
    world.receive("MUG", "DC", 2)
    captured = world.capture("A1", ("MUG", 5))
    world.cancel(captured.order_id, {1: 4})
    assert world.parts(captured.order_id) == {"allocated": 1, "canceled": 4}
    assert world.stock("MUG", "DC") == (2, 1, 0)


def test_a_canceled_bundle_gives_back_all_its_parts(world: World):
    world.bundle("SET", {"MUG": 2, "PEN": 1})
    world.receive("MUG", "DC", 10)
    world.receive("PEN", "DC", 10)
    captured = world.capture("A1", ("SET", 3))
    changed = world.cancel(captured.order_id, {1: 2})
    assert changed.changed["canceled"] == {"1": 2}
    assert world.plan(captured.order_id) == {"DC": {"MUG": 2, "PEN": 1}}


@pytest.mark.parametrize("lines", [{1: 3}, {2: 1}, {1: 0}, {1: -1}, {1: 1, 9: 1}])
def test_what_is_not_there_cannot_be_canceled(world: World, lines):
    world.receive("MUG", "DC", 5)
    captured = world.capture("A1", ("MUG", 2))
    before = world.dump()
    with pytest.raises(NothingToCancel):
        world.cancel(captured.order_id, lines)
    assert world.dump() == before


def test_twice_canceled_is_refused(world: World):
    captured = world.capture("A1", ("MUG", 2))
    world.cancel(captured.order_id)
    before = world.dump()
    with pytest.raises(NothingToCancel):
        world.cancel(captured.order_id)
    assert world.dump() == before


def test_a_change_of_what_has_changed_meanwhile_is_refused(world: World):
    captured = world.capture("A1", ("MUG", 2))
    world.hold(captured.order_id, "fraud", version=1)
    before = world.dump()
    with pytest.raises(VersionMismatch):
        world.cancel(captured.order_id, version=1)
    with pytest.raises(OrderNotFound):
        world.cancel(7)
    assert world.dump() == before


def test_changes_of_one_order_that_arrive_together_all_happen(world: World):
    from crossdock.orchestration.commands import CancelUnits

    world.receive("MUG", "DC", 5)
    captured = world.capture("A1", ("MUG", 5))
    command = CancelUnits(actor=world.actor, order_id=captured.order_id, lines={1: 1})
    versions = sorted(t.result().version for t in [world.app.writer.submit(command) for _ in range(5)])
    assert versions == [2, 3, 4, 5, 6]
    assert world.status(captured.order_id) == Status.CANCELED


# -- holds ------------------------------------------------------------------------------------------------------------


def test_a_held_order_keeps_its_stock(world: World):
    world.receive("MUG", "DC", 5)
    captured = world.capture("A1", ("MUG", 2), holds=("fraud",))
    assert world.stock("MUG", "DC") == (5, 2, 0)
    world.hold(captured.order_id, "payment")
    assert world.rows("SELECT on_hold FROM orders") == [(2,)]
    world.release(captured.order_id, "fraud")
    assert world.rows("SELECT on_hold, version FROM orders") == [(1, 3)]


def test_a_hold_is_placed_once_and_lifted_once(world: World):
    captured = world.capture("A1", ("MUG", 2), holds=("fraud",))
    before = world.dump()
    with pytest.raises(NoSuchHold):
        world.hold(captured.order_id, "fraud")
    with pytest.raises(NoSuchHold):
        world.release(captured.order_id, "payment")
    assert world.dump() == before


# -- elsewhere --------------------------------------------------------------------------------------------------------


def test_an_order_sent_elsewhere_leaves_from_there(world: World):
    world.receive("MUG", "DC", 5)
    world.put_location("BELFAST", 4)
    world.receive("MUG", "BELFAST", 5)
    captured = world.capture("A1", ("MUG", 2))
    world.send_elsewhere(captured.order_id, BELFAST)
    assert world.plan(captured.order_id) == {"BELFAST": {"MUG": 2}}
    assert (world.stock("MUG", "DC"), world.stock("MUG", "BELFAST")) == ((5, 0, 0), (5, 2, 0))


def test_an_order_sent_elsewhere_keeps_its_units_when_there_are_no_others(world: World):
    world.receive("MUG", "DC", 2)
    captured = world.capture("A1", ("MUG", 2))
    world.capture("A2", ("MUG", 2))
    world.send_elsewhere(captured.order_id, BELFAST)
    assert world.plan(captured.order_id) == {"DC": {"MUG": 2}}


# -- routed again -----------------------------------------------------------------------------------------------------


def test_an_order_routed_again_finds_what_has_become_better(world: World):
    world.receive("MUG", "STORE", 2)
    captured = world.capture("A1", ("MUG", 2))
    world.receive("MUG", "DC", 2)
    changed = world.route(captured.order_id)
    assert changed.changed == {"allocated": 2, "allocated_before": 2, "kept": []}
    assert world.plan(captured.order_id) == {"DC": {"MUG": 2}}
    assert world.stock("MUG", "STORE") == (2, 0, 0)


def test_an_order_routed_again_keeps_what_it_has_when_there_is_nothing_else(world: World):
    world.receive("MUG", "DC", 2)
    captured = world.capture("A1", ("MUG", 2))
    world.capture("A2", ("MUG", 2))
    world.route(captured.order_id)
    assert world.parts(captured.order_id) == {"allocated": 2}


def test_a_canceled_order_is_not_routed(world: World):
    captured = world.capture("A1", ("MUG", 2))
    world.cancel(captured.order_id)
    before = world.dump()
    with pytest.raises(NothingToRoute):
        world.route(captured.order_id)
    assert world.dump() == before


def test_routing_again_and_again_leaves_nothing_behind(world: World):
    world.receive("MUG", "DC", 4)
    world.receive("MUG", "STORE", 1)
    captured = world.capture("A1", ("MUG", 7))
    for _ in range(5):
        world.route(captured.order_id)
    assert world.parts(captured.order_id) == {"allocated": 5, "waiting": 2}
    assert world.waiting(captured.order_id) == [("backorder", "MUG", 2, "not_enough_stock")]
    assert world.rows("SELECT splits, queued FROM orders") == [(2, 1)]


def test_routing_again_what_only_waits_keeps_its_place(world: World):
    captured = world.capture("A1", ("MUG", 2))
    entry = world.rows("SELECT id, quantity, since FROM queue_entries")
    world.route(captured.order_id)
    assert world.rows("SELECT id, quantity, since FROM queue_entries") == entry


def test_what_a_cancellation_frees_serves_the_next_order(world: World):
    world.receive("MUG", "DC", 2)
    captured = world.capture("A1", ("MUG", 2))
    world.cancel(captured.order_id)
    assert world.capture("A2", ("MUG", 2)).status == Status.ALLOCATED


# -- without an alternative the old claim stays -----------------------------------------------------------------------


def test_an_order_keeps_its_claim_when_its_location_closes_and_no_other_has_the_goods(world: World):
    world.receive("MUG", "STORE", 2)
    captured = world.capture("A1", ("MUG", 2))
    world.put_location("STORE", 1, active=False)
    before = world.dump("batches")
    changed = world.route(captured.order_id)
    assert changed.changed == {"allocated": 2, "allocated_before": 2, "kept": [1]}
    assert world.dump("batches", "orders", "stock_log") == {
        name: rows for name, rows in before.items() if name not in ("orders", "stock_log")
    }
    assert world.stock("MUG", "STORE") == (2, 2, 0)


def test_an_address_that_nothing_can_be_shipped_to_is_refused_and_changes_nothing(world: World):
    world.receive("MUG", "DC", 2)
    captured = world.capture("A1", ("MUG", 2))
    before = world.dump()
    with pytest.raises(AddressNotServed):
        world.send_elsewhere(captured.order_id, AddressIn(country="AU", postal_code="2000"))
    assert world.dump() == before
    assert world.stock("MUG", "DC") == (2, 2, 0)


def test_a_look_at_another_place_takes_nothing_from_the_next_order(world: World):
    world.receive("MUG", "STORE", 2)
    captured = world.capture("A1", ("MUG", 2))
    world.put_location("STORE", 1, active=False)
    world.route(captured.order_id)
    world.put_location("STORE", 1)
    world.receive("MUG", "STORE", 1)
    assert world.capture("A2", ("MUG", 2)).status == Status.PARTLY_ALLOCATED
    assert world.stock("MUG", "STORE") == (3, 3, 0)
