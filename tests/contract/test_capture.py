"""Orders in: claimed where they ship best, queued with a reason where nothing is left, each external id once."""

import pytest

from crossdock.orchestration.errors import (
    IdempotencyKeyReused,
    OrderContentDiffers,
    OrderRefused,
    UnknownChannel,
    UnknownItem,
)
from crossdock.orders.model import AddressIn, Status
from tests.support.world import LONDON, World, line, order

BELFAST = AddressIn(country="GB", postal_code="BT1 5GS")
BERLIN = AddressIn(country="DE", postal_code="10115")


def test_an_order_is_claimed_at_the_nearest_location_that_has_it(world: World):
    world.receive("MUG", "DC", 5)
    world.receive("MUG", "STORE", 5)
    captured = world.capture("A1", ("MUG", 2))
    assert captured.status == Status.ALLOCATED
    assert world.plan(captured.order_id) == {"DC": {"MUG": 2}}
    assert world.stock("MUG", "DC") == (5, 2, 0)
    assert world.stock("MUG", "STORE") == (5, 0, 0)
    assert world.parts(captured.order_id) == {"allocated": 2}
    assert world.events(captured.order_id) == ["order.captured", "order.routed", "fulfillment.planned"]


def test_an_order_is_split_when_no_location_has_all_of_it(world: World):
    world.receive("MUG", "DC", 5)
    world.receive("PEN", "STORE", 5)
    captured = world.capture("A1", ("MUG", 2), ("PEN", 1))
    assert world.plan(captured.order_id) == {"DC": {"MUG": 2}, "STORE": {"PEN": 1}}
    assert world.rows("SELECT splits FROM orders") == [(2,)]


def test_what_nobody_has_waits_in_a_queue_with_a_reason(world: World):
    world.receive("MUG", "DC", 3)
    captured = world.capture("A1", ("MUG", 5), ("PEN", 1))
    assert captured.status == Status.PARTLY_ALLOCATED
    assert world.parts(captured.order_id) == {"allocated": 3, "waiting": 3}
    assert world.waiting(captured.order_id) == [
        ("backorder", "MUG", 2, "not_enough_stock"),
        ("backorder", "PEN", 1, "out_of_stock"),
    ]
    assert captured.queued == ((1, 2, "backorder"), (2, 1, "backorder"))


def test_where_nobody_ships_to_the_stock_stays_for_others(world: World):
    world.receive("MUG", "DC", 3)
    captured = world.capture("A1", ("MUG", 1), deliveries=(BERLIN,))
    assert world.waiting(captured.order_id) == [("backorder", "MUG", 1, "no_location")]
    assert world.stock("MUG", "DC") == (3, 0, 0)


def test_where_nobody_knows_the_country_a_person_looks(world: World):
    world.receive("MUG", "DC", 3)
    captured = world.capture("A1", ("MUG", 1), deliveries=(AddressIn(country="ZZ"),))
    assert world.waiting(captured.order_id) == [("review", "MUG", 1, "unknown_country")]
    # Stock that comes in does not wake what a person has to look at.
    world.receive("MUG", "DC", 3)
    assert world.parts(captured.order_id) == {"waiting": 1}


def test_the_last_unit_goes_to_the_first_of_many(world: World):
    world.receive("MUG", "DC", 1)
    tickets = [world.app.writer.submit(world.capturing(order(f"A{n}", ("MUG", 1)))) for n in range(20)]
    answers = [ticket.result() for ticket in tickets]
    assert [answer.status for answer in answers] == [Status.ALLOCATED] + [Status.WAITING] * 19
    assert world.stock("MUG", "DC") == (1, 1, 0)


def test_a_bundle_is_claimed_by_its_parts(world: World):
    world.bundle("SET", {"MUG": 2, "PEN": 1})
    world.receive("MUG", "DC", 10)
    world.receive("PEN", "DC", 10)
    captured = world.capture("A1", ("SET", 3))
    assert world.plan(captured.order_id) == {"DC": {"MUG": 6, "PEN": 3}}
    assert world.rows("SELECT quantity FROM lines") == [(3,)]
    assert world.rows("SELECT line_no, quantity FROM demand ORDER BY no") == [(1, 6), (1, 3)]


def test_two_bundles_and_a_part_share_one_stock(world: World):
    world.bundle("SET", {"MUG": 2})
    world.receive("MUG", "DC", 5)
    captured = world.capture("A1", ("SET", 1), ("MUG", 2), ("SET", 1))
    assert world.parts(captured.order_id) == {"allocated": 5, "waiting": 1}
    assert world.stock("MUG", "DC") == (5, 5, 0)


def test_units_are_base_units(world: World):
    world.receive("MUG", "DC", 30)
    document = order("A1", lines=(line("MUG", 2, unit="dozen", unit_factor=12),))
    captured = world.take(document)
    assert world.parts(captured.order_id) == {"allocated": 24}


def test_each_delivery_is_routed_for_itself(world: World):
    world.receive("MUG", "DC", 5)
    world.put_location("BELFAST", 4)
    world.receive("MUG", "BELFAST", 5)
    lines = (line("MUG", 1), line("MUG", 2, delivery=2))
    captured = world.take(order("A1", lines=lines, deliveries=()).__class__(**_two(lines)))
    assert world.plan(captured.order_id) == {"DC": {"MUG": 1}, "BELFAST": {"MUG": 2}}
    assert len(captured.decisions) == 2


def _two(lines):
    one = order("A1", ("MUG", 1), deliveries=(LONDON, BELFAST))
    return {**{name: getattr(one, name) for name in one.__struct_fields__}, "lines": lines}


def test_a_gift_that_is_never_split_waits_as_a_whole(world: World):
    world.policy(split="never")
    world.receive("MUG", "DC", 5)
    world.receive("PEN", "STORE", 5)
    captured = world.capture("A1", ("MUG", 1), ("PEN", 1))
    assert len(world.plan(captured.order_id)) == 1
    assert world.parts(captured.order_id) == {"allocated": 1, "waiting": 1}


@pytest.mark.parametrize(
    ("leftover", "parts", "queue"),
    [
        ("backorder", {"allocated": 1, "waiting": 2}, "backorder"),
        ("review", {"allocated": 1, "waiting": 2}, "review"),
        ("ship_available", {"allocated": 1, "canceled": 2}, None),
        ("cancel", {"canceled": 3}, None),
    ],
)
def test_the_policy_says_what_becomes_of_the_rest(world: World, leftover, parts, queue):
    world.policy(leftover=leftover)
    world.receive("MUG", "DC", 1)
    captured = world.capture("A1", ("MUG", 3))
    assert world.parts(captured.order_id) == parts
    assert [entry[0] for entry in world.waiting(captured.order_id)] == ([queue] if queue else [])


# -- each external id once --------------------------------------------------------------------------------------------


def test_the_same_order_again_is_answered_and_changes_nothing(world: World):
    world.receive("MUG", "DC", 5)
    first = world.capture("A1", ("MUG", 2))
    before = world.dump()
    again = world.capture("A1", ("MUG", 2))
    assert (again.order_id, again.replayed) == (first.order_id, True)
    assert world.dump() == before


def test_another_content_under_the_same_id_is_refused_and_changes_nothing(world: World):
    world.receive("MUG", "DC", 5)
    world.capture("A1", ("MUG", 2))
    before = world.dump()
    with pytest.raises(OrderContentDiffers):
        world.capture("A1", ("MUG", 3))
    assert world.dump() == before


def test_an_older_revision_is_ignored(world: World):
    world.receive("MUG", "DC", 5)
    first = world.capture("A1", ("MUG", 2), revision=7)
    before = world.dump()
    again = world.capture("A1", ("MUG", 3), revision=6)
    assert (again.order_id, again.replayed) == (first.order_id, True)
    assert world.dump() == before


def test_the_same_id_in_another_channel_is_another_order(world: World):
    world.channel("shop")
    world.receive("MUG", "DC", 5)
    one = world.capture("A1", ("MUG", 1))
    other = world.capture("A1", ("MUG", 1), channel="shop")
    assert one.order_id != other.order_id
    assert world.stock("MUG", "DC") == (5, 2, 0)


def test_twins_in_one_batch_are_one_order(world: World):
    world.receive("MUG", "DC", 5)
    document = order("A1", ("MUG", 1))
    tickets = [world.app.writer.submit(world.capturing(document)) for _ in range(10)]
    answers = [ticket.result() for ticket in tickets]
    assert len({answer.order_id for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 9
    assert world.stock("MUG", "DC") == (5, 1, 0)


# -- Idempotency-Keys -------------------------------------------------------------------------------------------------


def test_a_repeated_request_gets_the_stored_answer(world: World):
    world.receive("MUG", "DC", 5)
    document = order("A1", ("MUG", 2))
    first = world.take(document, key="k1")
    before = world.dump()
    again = world.take(document, key="k1")
    assert again.replayed
    assert again.fulfillments == first.fulfillments
    assert again.order_id == first.order_id
    assert world.dump() == before


def test_a_key_with_another_body_is_refused(world: World):
    world.receive("MUG", "DC", 5)
    world.take(order("A1", ("MUG", 2)), key="k1")
    before = world.dump()
    with pytest.raises(IdempotencyKeyReused):
        world.take(order("A2", ("MUG", 2)), key="k1")
    assert world.dump() == before


def test_a_refusal_is_not_remembered(world: World):
    document = order("A1", ("VASE", 1))
    with pytest.raises(UnknownItem):
        world.take(document, key="k1")
    world.items("VASE")
    assert not world.take(document, key="k1").replayed


def test_a_program_that_starts_again_still_knows_what_it_answered(world: World):
    world.receive("MUG", "DC", 5)
    first = world.take(order("A1", ("MUG", 2)), key="k1")
    world.restart()
    assert world.take(order("A1", ("MUG", 2)), key="k1").order_id == first.order_id
    assert world.stock("MUG", "DC") == (5, 2, 0)
    assert world.capture("A2", ("MUG", 4)).queued == ((1, 1, "backorder"),)


# -- who is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "error", "pointer"),
    [
        (order("A1", ("MUG", 1), channel="nowhere"), UnknownChannel, None),
        (order("A1", ("MUG", 1), ("VASE", 1)), UnknownItem, "/lines/1/sku"),
        (order("A1", ("MUG", 1), currency="EUR"), OrderRefused, "/currency"),
        (order("A1", lines=(line("MUG", 1, delivery=2),)), OrderRefused, "/lines/0/delivery"),
        (order("A1", ("MUG", 1), deliveries=(LONDON, BELFAST)), OrderRefused, "/deliveries/1"),
        (order("A1", lines=(line("MUG", 1, price=-1),)), OrderRefused, "/lines/0/unit_price"),
    ],
)
def test_an_order_that_cannot_be_understood_changes_nothing(world: World, document, error, pointer):
    world.receive("MUG", "DC", 5)
    before = world.dump()
    with pytest.raises(error) as refused:
        world.take(document)
    assert pointer is None or pointer in [fault.pointer for fault in refused.value.errors]
    assert world.dump() == before


def test_one_that_is_refused_leaves_its_batch_alone(world: World):
    world.receive("MUG", "DC", 5)
    documents = [order("A1", ("MUG", 1)), order("A2", ("VASE", 1)), order("A3", ("MUG", 1))]
    tickets = [world.app.writer.submit(world.capturing(document)) for document in documents]
    assert tickets[0].result().status == Status.ALLOCATED
    assert isinstance(tickets[1].exception(), UnknownItem)
    assert tickets[2].result().status == Status.ALLOCATED


def test_the_answer_carries_the_position_at_which_it_can_be_read(world: World):
    world.receive("MUG", "DC", 5)
    captured = world.capture("A1", ("MUG", 1))
    assert world.rows("SELECT max(id) FROM stock_log") == [(captured.position,)]
    assert world.rows("SELECT max(id) < ? FROM events", captured.position)[0][0]


def test_a_person_stands_in_the_vault_alone(world: World):
    world.receive("MUG", "DC", 5)
    world.capture("A1", ("MUG", 1))
    said = {
        table
        for table, rows in world.dump().items()
        if any("Ada" in str(value) or "ada@" in str(value) for row in rows for value in row)
    }
    assert said == {"parties", "addresses"}
