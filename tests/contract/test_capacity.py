"""What a location can do in a day is limited, and taken like stock."""

from crossdock.orders.model import Status
from tests.support.world import World


def one_a_day(world: World, capacity: int | None = 1) -> None:
    world.put_location("DC", 0, daily_capacity=capacity)


def test_a_full_day_sends_the_next_order_elsewhere(world: World):
    one_a_day(world)
    world.receive("MUG", "DC", 5)
    world.receive("MUG", "STORE", 5)
    orders = [world.capture(f"A{n}", ("MUG", 1)).order_id for n in range(2)]
    assert [world.plan(id_) for id_ in orders] == [{"DC": {"MUG": 1}}, {"STORE": {"MUG": 1}}]
    assert world.rows("SELECT used, allowed FROM capacities") == [(1, 1)]


def test_the_orders_of_one_batch_share_a_day(world: World):
    one_a_day(world, 3)
    world.receive("MUG", "DC", 50)
    from tests.support.world import order

    tickets = [world.app.writer.submit(world.capturing(order(f"A{n}", ("MUG", 1)))) for n in range(10)]
    statuses = [ticket.result().status for ticket in tickets]
    assert statuses.count(Status.ALLOCATED) == 3
    assert world.rows("SELECT used FROM capacities") == [(3,)]


def test_a_cancellation_gives_the_day_back(world: World):
    one_a_day(world)
    world.receive("MUG", "DC", 5)
    first = world.capture("A1", ("MUG", 1))
    world.cancel(first.order_id)
    assert world.rows("SELECT used FROM capacities") == [(0,)]
    assert world.capture("A2", ("MUG", 1)).status == Status.ALLOCATED


def test_a_day_that_has_passed_is_not_given_back(world: World):
    one_a_day(world)
    world.receive("MUG", "DC", 5)
    first = world.capture("A1", ("MUG", 1))
    world.clock.forward(days=2)
    world.cancel(first.order_id)
    assert world.rows("SELECT used FROM capacities") == [(1,)]


def test_an_order_routed_again_keeps_its_place_in_a_full_day(world: World):
    one_a_day(world)
    world.receive("MUG", "DC", 5)
    captured = world.capture("A1", ("MUG", 1))
    world.route(captured.order_id)
    assert world.plan(captured.order_id) == {"DC": {"MUG": 1}}
    assert world.rows("SELECT used FROM capacities") == [(1,)]


def test_a_larger_capacity_holds_at_once(world: World):
    one_a_day(world)
    world.receive("MUG", "DC", 5)
    world.capture("A1", ("MUG", 1))
    one_a_day(world, 2)
    assert world.capture("A2", ("MUG", 1)).status == Status.ALLOCATED
    assert world.capture("A3", ("MUG", 1)).status == Status.WAITING
    assert world.rows("SELECT used, allowed FROM capacities") == [(2, 2)]


def test_a_smaller_capacity_holds_at_once(world: World):
    one_a_day(world, 5)
    world.receive("MUG", "DC", 5)
    world.capture("A1", ("MUG", 1))
    one_a_day(world, 1)
    assert world.capture("A2", ("MUG", 1)).status == Status.WAITING


def test_without_a_limit_nothing_is_counted(world: World):
    one_a_day(world, None)
    world.receive("MUG", "DC", 5)
    world.capture("A1", ("MUG", 1))
    assert world.rows("SELECT count(*) FROM capacities") == [(0,)]


def test_supply_that_meets_a_full_day_is_recorded_and_the_order_goes_on_waiting(world: World):
    one_a_day(world, 0)
    captured = world.capture("A1", ("MUG", 1))
    assert world.receive("MUG", "DC", 5).result == "recorded"
    assert world.parts(captured.order_id) == {"waiting": 1}
    assert world.stock("MUG", "DC") == (5, 0, 0)
