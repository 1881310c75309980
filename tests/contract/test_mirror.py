"""The writer's picture of stock: the database's, whoever has written, however many items there are."""

import pytest

from crossdock.inventory import mirror
from crossdock.orders.model import Status
from tests.support.world import World, assert_mirror, order


def test_more_items_than_the_picture_holds_are_read_again(world: World, monkeypatch):
    monkeypatch.setattr(mirror, "MAX_ROWS", 4)
    skus = tuple(f"S{n}" for n in range(12))
    world.items(*skus)
    for sku in skus:
        world.receive(sku, "DC", 3)
    for n in range(12):
        wanted = [(skus[(n + i) % 12], 1) for i in range(3)]
        assert world.capture(f"A{n}", *wanted).status == Status.ALLOCATED
        assert_mirror(world.app)


def test_goods_that_a_location_does_not_ship_are_not_claimed(world: World):
    """The store keeps mugs for its own shelves."""
    item, store = world.rows("SELECT i.id, l.id FROM items i, locations l WHERE sku = 'MUG' AND code = 'STORE'")[0]
    world.change("INSERT INTO stockings VALUES (?, ?, 1, 0, 0, NULL, NULL, NULL, '{}')", item, store)
    waiting = world.capture("A1", ("MUG", 1))
    assert waiting.status == Status.WAITING
    world.receive("MUG", "STORE", 5)
    assert world.status(waiting.order_id) == Status.WAITING
    assert world.capture("A2", ("MUG", 1)).status == Status.WAITING
    world.count("MUG", "STORE", 9)
    assert world.capture("A3", ("MUG", 1)).status == Status.WAITING
    world.change("DELETE FROM stockings")
    world.restart()


def test_a_supplier_with_any_number_takes_no_position(world: World):
    item, store = world.rows("SELECT i.id, l.id FROM items i, locations l WHERE sku = 'MUG' AND code = 'STORE'")[0]
    world.change("INSERT INTO stockings VALUES (?, ?, 1, 1, 2, NULL, NULL, NULL, '{}')", item, store)
    captured = world.capture("A1", ("MUG", 5_000))
    assert world.plan(captured.order_id) == {"STORE": {"MUG": 5_000}}
    assert world.stock("MUG", "STORE") == (0, 0, 0)
    world.cancel(captured.order_id, {1: 100})
    assert world.parts(captured.order_id) == {"allocated": 4_900, "canceled": 100}
    report = world.verify()
    assert report.clean, report.findings
    world.change("DELETE FROM stockings")
    world.restart()


# -- two processes ----------------------------------------------------------------------------------------------------


@pytest.fixture
def two(postgresql_url: str):
    with World(postgresql_url) as one:
        one.standard("DC", "STORE")
        with World(postgresql_url, upgrade=False) as other:
            other.clock = one.clock
            yield one, other
            one.assert_sound()


@pytest.mark.postgres
def test_what_one_process_receives_the_other_can_claim(two):
    one, other = two
    assert other.capture("A1", ("PEN", 1)).status == Status.WAITING  # now it holds the item
    other.capture("A2", ("MUG", 1))
    other.cancel(other.rows("SELECT id FROM orders WHERE external_id = 'A2'")[0][0])
    one.receive("MUG", "DC", 2)
    assert other.capture("A3", ("MUG", 2)).status == Status.ALLOCATED
    assert one.capture("A4", ("MUG", 1)).status == Status.WAITING
    assert one.app.writer.retries == other.app.writer.retries == 0
    assert_mirror(one.app)
    assert_mirror(other.app)


@pytest.mark.postgres
def test_what_comes_between_following_and_loading_counts_once(two, monkeypatch):
    one, other = two
    other.capture("A0", ("PEN", 1))
    picture = other.app.engine.mirror
    follow = picture.follow

    def follow_and_be_overtaken(session):
        follow(session)
        monkeypatch.setattr(picture, "follow", follow)
        one.receive("MUG", "DC", 2)

    monkeypatch.setattr(picture, "follow", follow_and_be_overtaken)
    assert other.capture("A1", ("MUG", 1)).status == Status.ALLOCATED
    assert_mirror(other.app)


@pytest.mark.postgres
def test_what_one_process_configures_the_other_knows(two):
    one, other = two
    other.capture("A1", ("PEN", 1))
    one.items("VASE")
    one.put_location("NEW", 2)
    one.receive("VASE", "NEW", 2)
    assert other.capture("A2", ("VASE", 1)).status == Status.ALLOCATED


@pytest.mark.postgres
def test_a_change_of_the_configuration_is_seen_whatever_its_number(two):
    """Numbers carry the clock of the machine that made them: a newer one may be lower."""
    one, other = two
    other.capture("A1", ("PEN", 1))
    (before,) = one.rows("SELECT min(id) FROM config_log")[0]
    one.put_location("DC", 0, active=False)
    one.change("UPDATE config_log SET id = ? WHERE id = (SELECT max(id) FROM config_log)", before - 1)
    one.receive("MUG", "DC", 1)
    assert other.capture("A2", ("MUG", 1)).status == Status.WAITING


@pytest.mark.postgres
def test_the_last_place_of_a_day_goes_to_one_process(two):
    one, other = two
    one.put_location("DC", 0, daily_capacity=1)
    for world in two:
        world.capture(f"W{id(world)}", ("PEN", 1))  # both have looked at the day
    one.receive("MUG", "DC", 10)
    assert one.capture("A1", ("MUG", 1)).status == Status.ALLOCATED
    assert other.capture("A2", ("MUG", 1)).status == Status.WAITING


@pytest.mark.postgres
def test_a_fact_is_recorded_though_the_day_filled_up_in_another_process(two):
    one, other = two
    one.put_location("DC", 0, daily_capacity=1)
    waiting = other.capture("A1", ("PEN", 1))  # looked at the day, has nothing yet
    one.receive("MUG", "DC", 1)
    one.capture("A2", ("MUG", 1))
    assert other.receive("PEN", "DC", 1).result == "recorded"
    assert other.parts(waiting.order_id) == {"waiting": 1}


@pytest.mark.postgres
def test_the_same_order_sent_to_two_processes_is_one(two):
    one = two[0]
    one.receive("MUG", "DC", 50)
    tickets = []
    for n in range(40):
        document = order(f"A{n}", ("MUG", 1))
        tickets += [world.app.writer.submit(world.capturing(document)) for world in two]
    ids = [ticket.result().order_id for ticket in tickets]
    assert len(set(ids)) == 40
    assert one.stock("MUG", "DC") == (50, 40, 0)
