"""What has had its time is forgotten, and nothing else."""

from crossdock.storage.housekeeping import BATCHES_KEPT, KeepHouse
from crossdock.storage.requests import RETENTION
from tests.support.world import World, order


def test_a_remembered_answer_is_kept_for_its_time_and_then_forgotten(world: World) -> None:
    world.receive("MUG", "DC", 5)
    first = world.take(order("A1", ("MUG", 1)), key="k1")
    world.clock.at += RETENTION // 2
    assert world.do(KeepHouse()).answers == 0
    assert world.take(order("A1", ("MUG", 1)), key="k1").replayed
    world.clock.at += RETENTION // 2
    assert world.do(KeepHouse()).answers == 1
    assert world.take(order("A1", ("MUG", 1)), key="k1").order_id == first.order_id


def test_batch_ids_are_forgotten_after_a_day(world: World) -> None:
    world.receive("MUG", "DC", 5)
    world.clock.at += BATCHES_KEPT + 1
    assert world.do(KeepHouse()).batches > 0
    assert world.do(KeepHouse()).batches == 0


def test_a_change_of_the_configuration_is_seen_though_an_older_one_is_forgotten(world: World) -> None:
    world.receive("MUG", "DC", 5)
    world.clock.at += BATCHES_KEPT + 1
    world.do(KeepHouse())
    world.put_location("DC", 0, active=False)
    assert world.capture("A1", ("MUG", 1)).fulfillments == ()
