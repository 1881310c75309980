"""What is coming as people look for it: by day, overdue or not, with who is bound to a line and what arrived of it."""

from functools import partial

from crossdock.analytics import (
    SupplyFilter,
    bound_to,
    count_reservations,
    count_supply,
    list_supply,
    read_supply_line,
    receipts_of,
)
from crossdock.kernel.clock import MINUTE, parse_day
from crossdock.kernel.ids import encode_id
from crossdock.orchestration import promise_of_order
from tests.support.reserving import release, reserve
from tests.support.world import World

TODAY = parse_day("2026-11-02")


def announced(world: World) -> None:
    """Three lines: one overdue, one of today, one later for the store."""
    world.standard()
    world.announce("PO-1", "MUG", "DC", 10, "2026-10-30")
    world.announce("PO-2", "PEN", "DC", 4, "2026-11-02")
    world.announce("PO_3", "MUG", "STORE", 6, "2026-11-09")


def names(world: World, **fields: object) -> list[str]:
    wanted = SupplyFilter(**fields)  # type: ignore[arg-type]
    page = world.read(lambda session: list_supply(session, wanted, TODAY))
    counts = world.read(lambda session: count_supply(session, wanted, TODAY))
    assert counts[wanted.show] == len(page.lines)
    return [line.reference for line in page.lines]


def test_lines_come_by_day_and_filters_narrow_list_and_counts_alike(world: World):
    announced(world)
    assert names(world) == ["PO-1", "PO-2", "PO_3"]
    assert names(world, show="overdue") == ["PO-1"]
    assert names(world, sku="MUG") == ["PO-1", "PO_3"]
    assert names(world, location="STORE") == ["PO_3"]
    assert names(world, q="po-") == ["PO-1", "PO-2"]
    assert names(world, q="po_") == ["PO_3"]
    assert names(world, until_day=TODAY) == ["PO-1", "PO-2"]
    world.arrive("PO-2", 4)
    assert names(world, show="closed") == ["PO-2"]
    assert names(world, show="all") == ["PO_3", "PO-2", "PO-1"]


def test_a_page_goes_on_behind_the_last_one_both_ways(world: World):
    announced(world)
    assert walk(world, SupplyFilter(show="open")) == ["PO-1", "PO-2", "PO_3"]
    assert walk(world, SupplyFilter(show="all")) == ["PO_3", "PO-2", "PO-1"]


def walk(world: World, wanted: SupplyFilter) -> list[str]:
    """The references of every page, one line a page."""
    seen, after = [], None
    while True:
        page = world.read(partial(list_supply, wanted=wanted, today=TODAY, after=after, limit=1))
        seen += [line.reference for line in page.lines]
        after = page.next
        if after is None:
            return seen


def test_a_line_says_who_is_bound_to_it_and_what_arrived(world: World):
    announced(world)
    waiting = world.capture("A1", ("PEN", 3))
    line = world.read(lambda session: read_supply_line(session, "PO-2", "1"))
    assert line is not None
    assert (line.coming, line.bound, line.free, line.kind, line.state) == (4, 3, 1, "purchase", "open")
    (bound,) = world.read(lambda session: bound_to(session, line.id))
    assert (bound.kind, bound.id, bound.external_id, bound.channel, bound.quantity) == (
        "order", encode_id("ord", waiting.order_id), "A1", "web", 3,
    )  # fmt: skip
    world.arrive("PO-2", 4, record="GRN-9")
    (receipt,) = world.read(lambda session: receipts_of(session, line.id))
    assert (receipt.record, receipt.quantity, receipt.actor) == ("GRN-9", 4, "key:test")
    assert world.read(lambda session: bound_to(session, line.id)) == []
    assert world.read(lambda session: read_supply_line(session, "PO-2", "2")) is None


def test_reservations_are_counted_by_state_and_those_that_end_soon(world: World):
    world.standard().receive("MUG", "DC", 9)
    reserve(world, ("MUG", 1), duration_seconds=60)
    reserve(world, ("MUG", 1), duration_seconds=3_600)
    release(world, reserve(world, ("MUG", 1)))
    counts = world.read(lambda session: count_reservations(session, world.clock.at + 2 * MINUTE))
    assert {name: count for name, count in counts.items() if count} == {"open": 2, "released": 1, "soon": 1, "all": 3}


def test_an_order_without_a_promise_has_none(world: World):
    world.standard().receive("MUG", "DC", 1)
    order = world.capture("A1", ("MUG", 1)).order_id
    assert world.read(lambda session: promise_of_order(session, order, world.clock.at)) is None
