"""How many units may wait, and what waits for its launch."""

from crossdock.inventory.view_model import Limit, StockView
from crossdock.orchestration.views.commands import PutView
from crossdock.orders.model import Status
from tests.support.coming import EARLY, LATER, waits
from tests.support.world import World

# -- limits -----------------------------------------------------------------------------------------------------------


def test_no_more_units_wait_than_may_and_the_others_go_to_a_person(world: World) -> None:
    world.items("MUG", backorder_limit=3)
    first, second, third = (world.capture(name, ("MUG", 2)).order_id for name in ("A1", "A2", "A3"))
    assert world.waiting(first)[0][0] == "backorder"
    assert world.waiting(second) == [("review", "MUG", 2, "backorder_limit")]
    assert world.waiting(third)[0][3] == "backorder_limit"
    world.cancel(first)
    assert world.waiting(waits(world, "A4", 3))[0][0] == "backorder"


def test_units_that_a_revision_adds_keep_to_the_limit_too(world: World) -> None:
    world.items("MUG", backorder_limit=3)
    order = world.capture("A1", ("MUG", 2), revision=1).order_id
    world.capture("A1", ("MUG", 2), ("MUG", 1), revision=2)
    world.capture("A1", ("MUG", 2), ("MUG", 1), ("MUG", 4), revision=3)
    assert [(entry[0], entry[2]) for entry in world.waiting(order)] == [
        ("backorder", 2),
        ("backorder", 1),
        ("review", 4),
    ]


def test_a_view_limits_what_its_channel_lets_wait(world: World) -> None:
    view = StockView(code="few", backorders=(Limit(items=("MUG",), units=2), Limit(units=0)))
    world.do(PutView(actor=world.actor, view=view))
    world.channel("web", view="few")
    world.channel("shop")
    assert world.waiting(waits(world, "A1", 2))[0][0] == "backorder"
    assert world.waiting(waits(world, "A2", 1))[0][3] == "backorder_limit"
    assert world.waiting(waits(world, "A3", 1, "PEN"))[0][3] == "backorder_limit"
    assert world.waiting(waits(world, "A4", 5, channel="shop"))[0][0] == "backorder"


def test_a_limit_that_is_set_later_counts_who_waits_already(world: World) -> None:
    waits(world, "A1", 5)
    world.items("MUG", backorder_limit=6)
    assert world.waiting(waits(world, "A2", 2))[0][3] == "backorder_limit"
    world.items("MUG", backorder_limit=7)
    assert world.waiting(waits(world, "A3", 2))[0][0] == "backorder"


# -- launches ---------------------------------------------------------------------------------------------------------


def test_nothing_is_worked_on_before_the_launch(world: World) -> None:
    world.items("MUG", launch_on=LATER)
    world.receive("MUG", "DC", 5)
    order = world.capture("A1", ("MUG", 2)).order_id
    assert world.status(order) == Status.ALLOCATED
    days = world.rows("SELECT work_day FROM fulfillments")
    world.clock.forward(days=15)
    assert days == world.rows("SELECT ? + 0 AS day", _day(LATER))


def test_what_is_there_now_goes_out_now(world: World) -> None:
    world.items("MUG", launch_on=LATER)
    world.receive("MUG", "DC", 5)
    world.receive("PEN", "DC", 5)
    world.capture("A1", ("MUG", 1), ("PEN", 1))
    early, late = sorted(row[0] for row in world.rows("SELECT work_day FROM fulfillments"))
    assert early < late == _day(LATER)


def test_a_preorder_waits_with_its_reason_and_is_bound_like_any_other(world: World) -> None:
    world.items("MUG", launch_on=LATER, preorder_limit=2)
    world.announce("PO-1", "MUG", "DC", 5, EARLY)
    order, other = world.capture("A1", ("MUG", 2)).order_id, world.capture("A2", ("MUG", 1)).order_id
    assert world.waiting(order) == [("backorder", "MUG", 2, "preorder")]
    assert world.waiting(other) == [("review", "MUG", 1, "preorder_limit")]
    assert world.bound(order) == [("MUG", EARLY, 2)]
    world.arrive("PO-1", 5)
    assert world.rows("SELECT work_day FROM fulfillments") == [(_day(LATER),)]


def _day(text: str) -> int:
    from crossdock.kernel.clock import parse_day

    return parse_day(text)
