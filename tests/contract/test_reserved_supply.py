"""Reservations of goods that are coming, and of shares that channels are kept."""

from typing import Any

import msgspec

from crossdock.inventory.reservations import State
from crossdock.inventory.share_model import ShareGroup
from crossdock.orchestration.errors import MoveImpossible, NotEnoughToReserve
from crossdock.orchestration.views.commands import PutShareGroups
from tests.support.reserving import (
    change,
    expire,
    free,
    held,
    move,
    named,
    refused,
    release,
    reserve,
    reserved,
    state,
)
from tests.support.world import World

EARLY = "2026-11-10"


def coming(world: World, units: int, sku: str = "MUG", name: str = "PO-1") -> int:
    world.announce(name, sku, "DC", units, EARLY)
    return int(world.rows("SELECT id FROM supply_lines WHERE reference = ?", name)[0][0])


def claimed(world: World) -> list[tuple[Any, ...]]:
    return world.rows("SELECT claimed FROM supply_lines ORDER BY id")


def moved_to_supply(world: World, units: int = 2, line_units: int = 5) -> tuple[int, int]:
    """A cart of mugs that holds what is coming."""
    world.receive("MUG", "DC", units)
    line = coming(world, line_units)
    cart = reserve(world, ("MUG", units))
    move(world, cart, supply_line_id=line)
    return cart, line


def test_units_move_to_goods_that_are_coming(world: World):
    cart, _ = moved_to_supply(world)
    assert reserved(world, "MUG", "DC") == 0
    assert claimed(world) == [(2,)]
    assert held(world, cart) == {"DC": {"MUG": 2}}
    world.assert_sound()
    world.clock.forward(minutes=16)
    expire(world)
    assert claimed(world) == [(0,)]


def test_too_little_or_something_else_is_coming(world: World):
    world.receive("MUG", "DC", 2)
    line, other = coming(world, 1), coming(world, 5, "PEN", "PO-2")
    cart = reserve(world, ("MUG", 2))
    refused(world, MoveImpossible, lambda: move(world, cart, supply_line_id=line))
    refused(world, MoveImpossible, lambda: move(world, cart, supply_line_id=other))


def test_what_arrives_is_stock_that_is_held(world: World):
    cart, _ = moved_to_supply(world)
    world.sell("MUG", "DC", 2)
    assert world.arrive("PO-1", 1).result == "recorded"
    assert (reserved(world, "MUG", "DC"), claimed(world)) == (1, [(1,)])
    assert world.arrive("PO-1", 4).result == "recorded"
    assert (reserved(world, "MUG", "DC"), free(world, "MUG", "DC"), claimed(world)) == (2, 3, [(0,)])
    answer = world.capture("A1", ("MUG", 2), reservation_id=named(cart))
    assert world.parts(answer.order_id) == {"allocated": 2}
    world.assert_sound()


def test_what_does_not_come_is_lost(world: World):
    cart, _ = moved_to_supply(world, units=3)
    world.announce("PO-1", "MUG", "DC", 2, EARLY)
    assert (claimed(world), state(world, cart)) == ([(2,)], State.OPEN)
    assert world.rows("SELECT held FROM reservations WHERE id = ?", cart) == [(2,)]
    world.announce("PO-1", "MUG", "DC", 2, EARLY, canceled=True)
    assert (claimed(world), state(world, cart)) == ([(0,)], State.BROKEN)
    assert world.events().count("reservation.short") == 2


def test_an_order_waits_for_what_it_had_reserved(world: World):
    cart, _ = moved_to_supply(world, units=2, line_units=2)
    world.sell("MUG", "DC", 2)
    answer = world.capture("A1", ("MUG", 2), reservation_id=named(cart))
    assert answer.reservation == "confirmed"
    assert world.bound(answer.order_id) == [("MUG", EARLY, 2)]
    world.assert_sound()


# -- shares -----------------------------------------------------------------------------------------------------------


def keep(world: World, code: str, units: int) -> None:
    document = {"code": code, "channels": [code], "amounts": [{"units": units}]}
    world.do(PutShareGroups(actor=world.actor, groups=(msgspec.convert(document, ShareGroup),)))


def used(world: World) -> int:
    return int(world.rows("SELECT CAST(coalesce(sum(used), 0) AS bigint) FROM shares")[0][0])


def test_a_share_is_held_with_the_units_and_stays_bound(world: World):
    world.channel("market")
    world.receive("MUG", "DC", 5)
    keep(world, "market", 3)
    refused(world, NotEnoughToReserve, lambda: reserve(world, ("MUG", 3)))
    cart = reserve(world, ("MUG", 3), channel="market")
    assert used(world) == 3
    change(world, cart, ("MUG", 2))
    assert used(world) == 2
    rest = reserve(world, ("MUG", 2))
    answer = world.capture("A1", ("MUG", 2), channel="market", reservation_id=named(cart))
    assert (world.parts(answer.order_id), used(world)) == ({"allocated": 2}, 2)
    release(world, rest)
    world.assert_sound()


def test_a_share_comes_back_with_the_units(world: World):
    world.channel("market")
    world.receive("MUG", "DC", 5)
    keep(world, "market", 3)
    first, second = (reserve(world, ("MUG", n), channel="market") for n in (2, 1))
    release(world, first)
    assert used(world) == 1
    world.clock.forward(minutes=16)
    assert expire(world).expired == 1
    assert (used(world), state(world, second)) == (0, State.EXPIRED)
    cart = reserve(world, ("MUG", 3), channel="market")
    world.count("MUG", "DC", 1)
    assert (used(world), held(world, cart)) == (1, {"DC": {"MUG": 1}})
    world.assert_sound()


def test_all_of_a_share_can_be_confirmed(world: World):
    world.channel("market")
    world.receive("MUG", "DC", 3)
    keep(world, "market", 3)
    cart = reserve(world, ("MUG", 3), channel="market")
    answer = world.capture("A1", ("MUG", 3), channel="market", reservation_id=named(cart))
    assert world.parts(answer.order_id) == {"allocated": 3}
    assert used(world) == 3
