"""Facts that leave less than is claimed: reservations give way before orders do, the latest first."""

from crossdock.inventory.reservations import State
from crossdock.orchestration.commands import RepairStock
from tests.support.reserving import (
    change,
    expire,
    extend,
    free,
    held,
    named,
    pick_up_at,
    release,
    reserve,
    reserved,
    state,
)
from tests.support.world import World


def test_reservations_give_way_before_orders_do(world: World):
    world.receive("MUG", "DC", 5)
    early = reserve(world, ("MUG", 2))
    order = world.capture("A1", ("MUG", 2)).order_id
    late = reserve(world, ("MUG", 1))
    world.count("MUG", "DC", 3)
    assert (state(world, late), held(world, late)) == (State.BROKEN, {})
    assert held(world, early) == {"DC": {"MUG": 1}}
    assert world.parts(order) == {"allocated": 2}
    assert world.stock("MUG", "DC") == (3, 2, 0)
    assert world.events().count("reservation.short") == 2
    world.assert_sound()


def test_orders_lose_only_what_no_reservation_can_give(world: World):
    world.receive("MUG", "DC", 4)
    order = world.capture("A1", ("MUG", 3)).order_id
    cart = reserve(world, ("MUG", 1))
    world.count("MUG", "DC", 2)
    assert state(world, cart) is State.BROKEN
    assert world.parts(order) == {"allocated": 2, "waiting": 1}
    world.assert_sound()


def test_what_is_short_here_is_held_elsewhere(world: World):
    world.receive("MUG", "DC", 2)
    world.receive("MUG", "STORE", 1)
    cart = reserve(world, ("MUG", 2))
    world.sell("MUG", "DC", 2)
    assert held(world, cart) == {"STORE": {"MUG": 1}}
    assert (reserved(world, "MUG", "DC"), reserved(world, "MUG", "STORE")) == (0, 1)
    assert [event for event in world.events() if event.startswith("reservation.")] == [
        "reservation.created",
        "reservation.moved",
        "reservation.short",
    ]
    world.assert_sound()


def test_what_is_picked_up_is_not_held_elsewhere(world: World):
    world.put_location("SHOP", 2, capabilities=("collect", "ambient", "ship"))
    world.receive("MUG", "SHOP", 2)
    world.receive("MUG", "DC", 2)
    cart = reserve(world, ("MUG", 2), delivery=pick_up_at("SHOP"))
    world.count("MUG", "SHOP", 0)
    assert state(world, cart) is State.BROKEN
    world.assert_sound()


def test_what_is_left_goes_on(world: World):
    world.receive("MUG", "DC", 3)
    world.receive("PEN", "DC", 1)
    cart = reserve(world, ("MUG", 2), ("PEN", 1))
    world.count("MUG", "DC", 0)
    assert held(world, cart) == {"DC": {"PEN": 1}}
    extend(world, cart, 600)
    change(world, cart, ("PEN", 1))
    answer = world.capture("A1", ("PEN", 1), reservation_id=named(cart))
    assert (answer.reservation, world.parts(answer.order_id)) == ("confirmed", {"allocated": 1})
    world.assert_sound()


def test_several_lines_of_one_cart_on_one_position(world: World):
    world.receive("MUG", "DC", 4)
    cart = reserve(world, ("MUG", 2), ("MUG", 2))
    world.count("MUG", "DC", 1)
    assert held(world, cart) == {"DC": {"MUG": 1}}
    world.adjust("MUG", "DC", -1)
    assert state(world, cart) is State.BROKEN
    world.assert_sound()


def test_after_a_part_was_lost_the_rest_ends_as_ever(world: World):
    world.receive("MUG", "DC", 6)
    first, second, third = (reserve(world, ("MUG", 2)) for _ in range(3))
    world.count("MUG", "DC", 5)
    assert held(world, third) == {"DC": {"MUG": 1}}
    release(world, third)
    world.count("MUG", "DC", 3)
    assert held(world, second) == {"DC": {"MUG": 1}}
    world.clock.forward(minutes=20)
    assert expire(world).expired == 2
    assert state(world, first) is state(world, second) is State.EXPIRED
    assert free(world, "MUG", "DC") == 3
    world.assert_sound()


def test_a_message_with_several_facts_takes_from_each_place(world: World):
    world.receive("MUG", "DC", 2)
    world.receive("PEN", "DC", 2)
    cart = reserve(world, ("MUG", 2), ("PEN", 2))
    world.record(world.fact("sold", "MUG", "DC", 1), world.fact("sold", "PEN", "DC", 2))
    assert held(world, cart) == {"DC": {"MUG": 1}}
    world.assert_sound()


def test_a_broken_reservation_serves_no_order(world: World):
    world.receive("MUG", "DC", 1)
    cart = reserve(world, ("MUG", 1))
    world.count("MUG", "DC", 0)
    answer = world.capture("A1", ("MUG", 1), reservation_id=named(cart))
    assert answer.reservation == "broken"
    assert world.parts(answer.order_id) == {"waiting": 1}


# -- what verify finds and repair mends -------------------------------------------------------------------------------


def test_a_claim_of_no_reservation_is_found_and_given_up(world: World):
    world.receive("MUG", "DC", 3)
    cart = reserve(world, ("MUG", 2))
    world.change("UPDATE reservations SET state = 3, held = 0 WHERE id = ?", cart)
    assert {finding.check for finding in world.verify().findings} == {"reservation_has_owner"}
    mended = world.do(repair(world))
    assert not mended.left
    assert reserved(world, "MUG", "DC") == 0
    world.restart()
    world.assert_sound()


def test_a_reservation_that_says_another_number_is_found_and_mended(world: World):
    world.receive("MUG", "DC", 3)
    cart = reserve(world, ("MUG", 2))
    world.change("UPDATE reservations SET held = 1 WHERE id = ?", cart)
    assert {finding.check for finding in world.verify().findings} == {"reservation_is_claims"}
    world.do(repair(world))
    assert world.rows("SELECT held FROM reservations WHERE id = ?", cart) == [(2,)]
    world.restart()
    world.assert_sound()


def test_a_claim_that_holds_more_than_was_asked_for_is_cut(world: World):
    world.receive("MUG", "DC", 5)
    cart = reserve(world, ("MUG", 2))
    world.change("UPDATE claims SET quantity = 4 WHERE owner_id = ?", cart)
    assert "reservation_is_claims" in {finding.check for finding in world.verify().findings}
    mended = world.do(repair(world))
    assert not mended.left
    world.restart()
    world.assert_sound()


def repair(world: World) -> RepairStock:
    return RepairStock(actor=world.actor)
