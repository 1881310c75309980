"""What waits is looked at again, and a look that finds nothing leaves no trace."""

from crossdock.orchestration import commands as c
from crossdock.orders.model import Status
from tests.support.world import World


def look_again(world: World, most: int = 500) -> c.ServedWaiting:
    answer: c.ServedWaiting = world.do(c.ServeWaiting(actor=world.actor, most=most))
    return answer


def test_a_new_day_frees_capacity_for_what_waits(world: World) -> None:
    world.put_location("DC", 0, daily_capacity=1)
    world.put_location("STORE", 1, active=False)
    world.receive("MUG", "DC", 9)
    first, second = world.capture("A1", ("MUG", 1)), world.capture("A2", ("MUG", 2))
    assert (first.status, second.status) == (Status.ALLOCATED, Status.WAITING)
    world.clock.forward(days=1)
    assert (look_again(world).looked_at, look_again(world).looked_at) == (1, 0)
    assert world.status(second.order_id) == Status.ALLOCATED


def test_a_look_that_finds_nothing_changes_nothing(world: World) -> None:
    world.put_location("DC", 0, daily_capacity=0)
    world.put_location("STORE", 1, active=False)
    world.receive("MUG", "DC", 9)
    world.capture("A1", ("MUG", 1))
    before = world.dump()
    answer = look_again(world)
    assert (answer.looked_at, answer.served) == (1, 0)
    assert world.dump() == before


def test_who_has_waited_longest_is_served_first(world: World) -> None:
    world.put_location("DC", 0, daily_capacity=0)
    world.put_location("STORE", 1, active=False)
    world.receive("MUG", "DC", 9)
    orders = [world.capture(name, ("MUG", 1)).order_id for name in ("A1", "A2", "A3")]
    world.put_location("DC", 0, daily_capacity=9)
    assert look_again(world, most=2).served == 2
    assert [world.status(order) for order in orders] == [Status.ALLOCATED, Status.ALLOCATED, Status.WAITING]


def test_a_receipt_that_serves_nobody_writes_no_decision(world: World) -> None:
    world.put_location("STORE", 1, active=False)
    world.put_location("DC", 0, capabilities=("ambient",))
    order = world.capture("A1", ("MUG", 1))
    world.receive("MUG", "DC", 5)
    count = world.read(lambda s: s.fetch("SELECT count(*) FROM decisions WHERE order_id = ?", order.order_id))
    assert count[0][0] == 1
