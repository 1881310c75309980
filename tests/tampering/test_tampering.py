"""Whatever is changed by hand, verify finds it, and repair mends it."""

from collections.abc import Iterator
from typing import Any

import pytest

from crossdock.inventory.verify import Range
from crossdock.orchestration.commands import Repaired, RepairStock
from crossdock.orchestration.proof.verify import verify
from crossdock.orders.model import Status
from tests.support.world import World, order

# A unit is moved from one part of the demand to another; the sum has to stay, or the database itself refuses it.
PARTS = {
    f"{one} demand is {other}": f"UPDATE demand SET {one} = {one} - 1, {other} = {other} + 1 WHERE {{{one}}}"
    for one in ("allocated", "waiting", "canceled")
    for other in ("waiting", "reserved", "allocated", "released", "picked", "shipped", "delivered", "canceled")
    if one != other
}
COUNTERS = {
    "position.on_hand": "UPDATE positions SET on_hand = on_hand + 3 WHERE {position}",
    "position.picked": "UPDATE positions SET picked = picked + 1 WHERE {position}",
    "position.reserved": "UPDATE positions SET reserved = reserved + 1 WHERE {position}",
    "position.allocated up": "UPDATE positions SET allocated = allocated + 1 WHERE {position}",
    "position.allocated down": "UPDATE positions SET allocated = allocated - 1 WHERE {position}",
    "position.short": "UPDATE positions SET short = short + 1 WHERE {position}",
    "position.last_movement": "UPDATE positions SET last_movement = 7 WHERE {position}",
    "movement.previous": "UPDATE movements SET previous = NULL WHERE {allocation}",
    "a position gone": "DELETE FROM positions WHERE {position}",
    "movement.on_hand": "UPDATE movements SET on_hand = on_hand - 2 WHERE {receipt}",
    "movement.picked": "UPDATE movements SET picked = picked + 1 WHERE {receipt}",
    "movement.reserved": "UPDATE movements SET reserved = reserved + 1 WHERE {receipt}",
    "movement.allocated": "UPDATE movements SET allocated = allocated + 1 WHERE {allocation}",
    "movement.short": "UPDATE movements SET short = short + 1 WHERE {receipt}",
    "a movement gone": "DELETE FROM movements WHERE {allocation}",
    "claim.quantity up": "UPDATE claims SET quantity = quantity + 1 WHERE {claim}",
    "claim.quantity down": "UPDATE claims SET quantity = quantity - 1 WHERE {claim}",
    "claim.state released": "UPDATE claims SET state = 2 WHERE {claim}",
    "claim.state open": "UPDATE claims SET state = 1 WHERE {released}",
    "a claim gone": "DELETE FROM claims WHERE {claim}",
    "line.quantity": "UPDATE fulfillment_lines SET quantity = quantity + 1 WHERE {line}",
    "line.canceled": "UPDATE fulfillment_lines SET canceled = canceled + 1 WHERE {line}",
    "line.canceled of a canceled one": "UPDATE fulfillment_lines SET canceled = canceled - 1 WHERE canceled > 0",
    "fulfillment.execution": "UPDATE fulfillments SET execution = 8 WHERE id IN "
    "(SELECT fulfillment_id FROM fulfillment_lines WHERE {line})",
    "queue_entries.quantity up": "UPDATE queue_entries SET quantity = quantity + 1 WHERE closed_at IS NULL",
    "queue_entries.quantity down": "UPDATE queue_entries SET quantity = quantity - 1 WHERE closed_at IS NULL",
    "queue_entries.closed_at": "UPDATE queue_entries SET closed_at = 1 WHERE closed_at IS NULL",
    "a queue entry gone": "DELETE FROM queue_entries WHERE closed_at IS NULL",
    "order.status": "UPDATE orders SET status = 7 WHERE external_id = 'A1'",
    "order.splits": "UPDATE orders SET splits = splits + 1 WHERE external_id = 'A1'",
    "order.queued": "UPDATE orders SET queued = queued + 1 WHERE external_id = 'A1'",
    "order.on_hold": "UPDATE orders SET on_hold = on_hold + 1 WHERE external_id = 'A1'",
    "a hold lifted": "UPDATE holds SET released_at = 1",
    "capacity.used up": "UPDATE capacities SET used = used + 1",
    "capacity.used down": "UPDATE capacities SET used = used - 1 WHERE used > 0",
    "capacity gone": "DELETE FROM capacities WHERE used > 0",
    "supply_lines.claimed up": "UPDATE supply_lines SET claimed = claimed + 1",
    "supply_lines.claimed down": "UPDATE supply_lines SET claimed = claimed - 1 WHERE claimed > 0",
    "supply_lines.received": "UPDATE supply_lines SET received = received + 1",
    "supply_lines.state": "UPDATE supply_lines SET state = 3, claimed = 0",
    "supply_lines.quantity": "UPDATE supply_lines SET quantity = received, claimed = 0",
    "a supply line gone": "DELETE FROM supply_lines",
    "a receipt of another quantity": "UPDATE supply_receipts SET quantity = quantity + 2",
    "a binding of more": "UPDATE claims SET quantity = quantity + 5 WHERE source = 1 AND state = 1",
    "a binding of less": "UPDATE claims SET quantity = quantity - 1 WHERE source = 1 AND state = 1",
    "a binding released": "UPDATE claims SET state = 2 WHERE source = 1",
    "a binding gone": "DELETE FROM claims WHERE source = 1",
    "a binding of somebody else": "UPDATE claims SET owner_no = 2 WHERE source = 1",
    "a binding elsewhere": "UPDATE claims SET location_id = (SELECT max(id) FROM locations) WHERE source = 1",
    "waiting_limits.used up": "UPDATE waiting_limits SET used = used + 1",
    "waiting_limits.used down": "UPDATE waiting_limits SET used = used - 1",
    "a waiting counter gone": "DELETE FROM waiting_limits",
}
DANGLING = {
    "a movement without its claim": "UPDATE movements SET cause_id = 7 WHERE {allocation}",
    "a movement without its record": "UPDATE movements SET cause_id = 7 WHERE {receipt}",
    "a movement without its receipt": "DELETE FROM supply_receipts",
    "an order of no channel": "UPDATE orders SET channel_id = 7 WHERE external_id = 'A1'",
    "an order of nobody": "UPDATE orders SET party_id = 7 WHERE external_id = 'A1'",
    "an external id that leads astray": "UPDATE order_keys SET order_id = 7 WHERE external_id = 'A1'",
    "demand of no item": "UPDATE demand SET item_id = 7 WHERE {waiting}",
    "a fulfillment nowhere": "UPDATE fulfillments SET location_id = 7 WHERE execution = 1",
    "a fulfillment that nobody decided": "UPDATE fulfillments SET decision_id = 7 WHERE execution = 1",
    "a delivery to no address": "UPDATE deliveries SET address_id = 7",
    "a channel without rules": "UPDATE channels SET policy = 'gone'",
    "rules without a body": "DELETE FROM versions WHERE kind = 'policy_document'",
    "a location gone": "DELETE FROM locations WHERE code = 'STORE'",
    "an item gone": "DELETE FROM items WHERE sku = 'PEN'",
}


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with World(database_url) as world:
        world.policy()
        world.channel("web")
        world.locations("DC", "STORE", daily_capacity=50)
        world.items("MUG", "PEN", "LAMP")
        for sku in ("MUG", "PEN"):
            world.receive(sku, "DC", 10)
            world.receive(sku, "STORE", 4)
        world.capture("A1", ("MUG", 6), ("PEN", 3), holds=("fraud",))
        canceled = world.capture("A2", ("PEN", 2))
        world.capture("A3", ("LAMP", 3), ("PEN", 1))  # nobody has lamps
        world.cancel(canceled.order_id)
        world.announce("PO-1", "LAMP", "DC", 10, "2026-11-20")
        world.arrive("PO-1", 1)
        world.assert_sound()
        yield world


@pytest.mark.parametrize("what", [*COUNTERS, *PARTS])
def test_what_is_changed_by_hand_is_found_and_mended(world: World, what: str):
    tamper(world, {**COUNTERS, **PARTS}[what])
    found = world.verify().findings
    assert found, "nobody noticed"
    assert all(finding.message.endswith(".") and finding.subject for finding in found)

    repaired: Repaired = world.do(RepairStock(actor=world.actor))
    assert not repaired.left
    assert repaired.repaired
    world.assert_sound()

    records = world.rows("SELECT actor, subject, before, after FROM repairs")
    assert {row[0] for row in records} == {"key:test"}
    assert {row[1] for row in records} == set(repaired.repaired)
    # What was mended can be worked with: stock still comes in and goes out, and nothing is left over.
    world.receive("MUG", "DC", 30)
    for (order_id,) in world.rows("SELECT id FROM orders WHERE status <> 8"):
        world.cancel(order_id)
    world.assert_sound()
    assert not world.rows("SELECT 1 FROM positions WHERE allocated <> 0 OR short <> 0")


@pytest.mark.parametrize("what", DANGLING)
def test_what_points_at_nothing_is_found_and_left_to_a_person(world: World, what: str):
    tamper(world, DANGLING[what])
    assert world.verify().findings, "nobody noticed"


def test_only_the_items_and_orders_asked_for_are_mended(world: World):
    tamper(world, COUNTERS["position.on_hand"])
    tamper(world, COUNTERS["order.status"])
    (mug, _), (order_id,) = _ids(world, "MUG", "DC"), world.rows("SELECT id FROM orders WHERE external_id = 'A1'")[0]

    repaired = world.do(RepairStock(actor=world.actor, items=(mug,)))
    assert repaired.repaired == ("MUG at DC",)
    assert [finding.check for finding in world.verify().findings] == ["order_mark"]

    world.do(RepairStock(actor=world.actor, orders=(order_id,)))
    world.assert_sound()


def test_a_sound_ledger_is_left_as_it_is(world: World):
    before = world.dump()
    repaired = world.do(RepairStock(actor=world.actor))
    assert (repaired.repaired, repaired.left) == ((), ())
    assert world.dump() == before


def test_a_range_of_items_is_proven_alone(world: World):
    tamper(world, COUNTERS["position.on_hand"])
    (mug, _), (pen, _) = _ids(world, "MUG", "DC"), _ids(world, "PEN", "DC")
    sound = world.read(lambda session: verify(session, world.clock.at, items=Range(pen, pen)))
    broken = world.read(lambda session: verify(session, world.clock.at, items=Range(mug, mug)))
    assert sound.clean
    assert [(f.check, f.subject, f.found, f.expected) for f in broken.findings] == [
        ("counter_is_movements", "MUG at DC", 13, 10)
    ]


def test_a_repair_shows_in_the_ledger(world: World):
    tamper(world, COUNTERS["movement.allocated"])
    world.do(RepairStock(actor=world.actor))
    (row,) = world.rows("SELECT allocated, cause_kind, cause_id FROM movements WHERE type = 17")
    assert row[:2] == (-1, 3)
    assert world.rows("SELECT subject FROM repairs WHERE id = ?", row[2]) == [("MUG at DC",)]


def tamper(world: World, sql: str) -> None:
    """Change the database by hand, in one place."""
    item, place = _ids(world, "MUG", "DC")
    claim = world.rows("SELECT id FROM claims WHERE state = 1 AND item_id = ? AND location_id = ?", item, place)[0][0]
    wheres = {
        "position": f"item_id = {item} AND location_id = {place}",
        "receipt": f"item_id = {item} AND location_id = {place} AND type = 1",
        "allocation": f"item_id = {item} AND location_id = {place} AND type = 7",
        "claim": f"id = {claim}",
        "released": "state = 2",
        "line": f"claim_id = {claim}",
        "allocated": f"item_id = {item} AND allocated > 0",
        "waiting": "waiting > 0",
        "canceled": "canceled > 0",
    }
    assert world.change(sql.format(**wheres)) >= 1


def _ids(world: World, sku: str, code: str) -> Any:
    return world.rows("SELECT i.id, l.id FROM items i, locations l WHERE i.sku = ? AND l.code = ?", sku, code)[0]


@pytest.mark.postgres
def test_a_repair_is_seen_by_a_process_that_never_saw_the_damage(postgresql_url: str):
    with World(postgresql_url) as one:
        one.standard("DC", "STORE")
        one.receive("MUG", "DC", 10)
        with World(postgresql_url, upgrade=False) as other:
            other.capture("A1", ("MUG", 1))
            one.change("UPDATE positions SET on_hand = on_hand + 7")
            one.do(RepairStock(actor=one.actor))
            other.assert_sound()
            assert other.capture("A2", ("MUG", 9)).status == Status.ALLOCATED


def test_a_repair_among_busy_writers_sees_nothing_half_done(postgresql_url: str):
    with World(postgresql_url) as one:
        one.standard("DC", "STORE")
        one.receive("MUG", "DC", 1_000)
        with World(postgresql_url, upgrade=False) as other:
            tickets = [other.app.writer.submit(other.capturing(order(f"A{n}", ("MUG", 1)))) for n in range(600)]
            one.change("UPDATE positions SET on_hand = on_hand + 7")
            repairs = [one.app.writer.submit(RepairStock(actor=one.actor)) for _ in range(5)]
            answers = [repair.result() for repair in repairs]
            assert [answer.repaired for answer in answers] == [("MUG at DC",), (), (), (), ()]
            assert {ticket.result().status for ticket in tickets} == {Status.ALLOCATED}
            assert one.stock("MUG", "DC") == (1_000, 600, 0)
            one.assert_sound()
            other.assert_sound()
