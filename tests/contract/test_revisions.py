"""A newer revision of a captured order: what it changes is changed, what it leaves alone stays where it is."""

import pytest

from crossdock.orders.model import AddressIn, OrderIn, Status
from tests.support.world import LONDON, World, line, order

BELFAST = AddressIn(country="GB", postal_code="BT1 5GS")


def lines(*wanted: tuple[str, int]) -> OrderIn:
    return order("A1", *wanted, revision=2)


@pytest.fixture
def stocked(world: World) -> World:
    world.receive("MUG", "DC", 10)
    world.receive("PEN", "DC", 10)
    return world


def test_a_line_that_grows_is_claimed(stocked: World):
    first = stocked.capture("A1", ("MUG", 2), revision=1)
    again = stocked.take(lines(("MUG", 5)))
    assert again.order_id == first.order_id
    assert not again.replayed
    assert stocked.plan(first.order_id) == {"DC": {"MUG": 5}}
    assert stocked.stock("MUG", "DC") == (10, 5, 0)
    assert stocked.rows("SELECT revision, version, total FROM orders") == [(2, 2, 5_000)]


def test_a_line_that_shrinks_gives_back(stocked: World):
    first = stocked.capture("A1", ("MUG", 5), revision=1)
    stocked.take(lines(("MUG", 2)))
    assert stocked.parts(first.order_id) == {"allocated": 2}
    assert stocked.stock("MUG", "DC") == (10, 2, 0)


def test_a_line_that_waits_and_grows_waits_for_all_of_it(world: World):
    world.receive("MUG", "DC", 3)
    first = world.capture("A1", ("MUG", 5), revision=1)
    world.take(lines(("MUG", 7)))
    assert world.parts(first.order_id) == {"allocated": 3, "waiting": 4}
    assert sum(entry[2] for entry in world.waiting(first.order_id)) == 4
    world.receive("MUG", "DC", 4)
    assert world.status(first.order_id) == Status.ALLOCATED


def test_a_line_that_waits_and_shrinks_waits_for_less(world: World):
    world.receive("MUG", "DC", 3)
    first = world.capture("A1", ("MUG", 7), revision=1)
    world.take(lines(("MUG", 4)))
    assert world.parts(first.order_id) == {"allocated": 3, "waiting": 1}
    assert [entry[2] for entry in world.waiting(first.order_id)] == [1]


def test_a_line_that_is_gone_is_canceled_and_a_new_one_claimed(stocked: World):
    first = stocked.capture("A1", ("MUG", 2), revision=1)
    stocked.take(lines(("PEN", 3)))
    assert stocked.plan(first.order_id) == {"DC": {"PEN": 3}}
    assert stocked.parts(first.order_id) == {"allocated": 3, "canceled": 2}
    assert stocked.rows("SELECT no, quantity FROM lines ORDER BY no") == [(1, 2), (2, 3)]


def test_what_was_canceled_stays_canceled(stocked: World):
    first = stocked.capture("A1", ("MUG", 5), revision=1)
    stocked.cancel(first.order_id, {1: 2})
    stocked.take(lines(("MUG", 5), ("PEN", 1)))
    assert stocked.parts(first.order_id) == {"allocated": 4, "canceled": 2}


def test_a_bundle_grows_in_all_its_parts(stocked: World):
    stocked.bundle("SET", {"MUG": 2, "PEN": 1})
    first = stocked.capture("A1", ("SET", 1), revision=1)
    stocked.take(lines(("SET", 3)))
    assert stocked.plan(first.order_id) == {"DC": {"MUG": 6, "PEN": 3}}


def test_a_bundle_whose_parts_share_an_item_grows_by_all_of_them(stocked: World):
    stocked.bundle("PAIR", {"MUG": 2})
    stocked.bundle("BOX", {"PAIR": 1, "MUG": 1})
    first = stocked.capture("A1", ("BOX", 1), revision=1)
    assert stocked.parts(first.order_id) == {"allocated": 3}
    stocked.take(lines(("BOX", 2)))
    assert stocked.parts(first.order_id) == {"allocated": 6}


def test_a_bundle_that_is_packed_otherwise_now(stocked: World):
    """The catalogue says something else than when the order came."""
    stocked.bundle("SET", {"MUG": 2})
    first = stocked.capture("A1", ("SET", 1), revision=1)
    stocked.bundle("SET", {"PEN": 4})
    stocked.take(lines(("SET", 2)))
    assert stocked.plan(first.order_id) == {"DC": {"MUG": 4}}


def test_another_address_routes_the_delivery_anew(stocked: World):
    stocked.put_location("BELFAST", 4)
    stocked.receive("MUG", "BELFAST", 5)
    first = stocked.capture("A1", ("MUG", 2), revision=1)
    stocked.take(order("A1", ("MUG", 2), deliveries=(BELFAST,), revision=2))
    assert stocked.plan(first.order_id) == {"BELFAST": {"MUG": 2}}


def test_a_second_delivery_is_added(stocked: World):
    stocked.put_location("BELFAST", 4)
    stocked.receive("PEN", "BELFAST", 5)
    first = stocked.capture("A1", ("MUG", 2), revision=1)
    both = (line("MUG", 2), line("PEN", 1, delivery=2))
    stocked.take(order("A1", lines=both, deliveries=(LONDON, BELFAST), revision=2))
    assert stocked.plan(first.order_id) == {"DC": {"MUG": 2}, "BELFAST": {"PEN": 1}}


def test_the_newest_of_many_revisions_wins_whatever_the_order(stocked: World):
    tickets = [
        stocked.app.writer.submit(stocked.capturing(order("A1", ("MUG", n), revision=n))) for n in (2, 5, 3, 1, 4)
    ]
    assert len({ticket.result().order_id for ticket in tickets}) == 1
    assert stocked.rows("SELECT revision FROM orders") == [(5,)]
    assert stocked.stock("MUG", "DC") == (10, 5, 0)


def test_a_revision_that_cannot_be_understood_changes_nothing(stocked: World):
    from crossdock.orchestration.errors import UnknownItem

    stocked.capture("A1", ("MUG", 2), revision=1)
    before = stocked.dump()
    with pytest.raises(UnknownItem):
        stocked.take(lines(("MUG", 2), ("VASE", 1)))
    assert stocked.dump() == before
