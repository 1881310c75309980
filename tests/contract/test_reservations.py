"""Reservations: what is held for one cart is nobody else's, until it is ordered, given back, or the time is over."""

from functools import partial

import pytest

from crossdock.inventory.reservations import (
    STATES,
    DurationTooLong,
    PlaceIn,
    ReservationNotOpen,
    ReservedDeliveryIn,
    State,
)
from crossdock.kernel.clock import MINUTE, moment
from crossdock.orchestration.errors import (
    IdempotencyKeyReused,
    MoveImpossible,
    NotEnoughToReserve,
    ReservationContentDiffers,
    ReservationNotFound,
    ReservationRefused,
    ReservedTooLate,
    UnknownChannel,
    UnknownItem,
    VersionMismatch,
)
from tests.support.reserving import (
    TO_LONDON,
    change,
    document,
    expire,
    extend,
    held,
    move,
    pick_up_at,
    refused,
    release,
    reserve,
    reserved,
    reserving,
    state,
)
from tests.support.world import World


def test_every_state_can_be_reached_and_none_but_the_open_one_be_left():
    reached, look = {State.OPEN}, [State.OPEN]
    while look:
        for following in STATES[look.pop()] - reached:
            reached.add(following)
            look.append(following)
    assert reached == set(State) == set(STATES)
    assert [state for state in State if STATES[state]] == [State.OPEN]


# -- made -------------------------------------------------------------------------------------------------------------


def test_units_of_a_cart_are_nobody_elses(world: World):
    world.receive("MUG", "DC", 3)
    cart = reserve(world, ("MUG", 2))
    other = world.capture("A1", ("MUG", 2))
    assert held(world, cart) == {"DC": {"MUG": 2}}
    assert reserved(world, "MUG", "DC") == 2
    assert world.parts(other.order_id) == {"allocated": 1, "waiting": 1}
    assert world.events().count("reservation.created") == 1
    world.assert_sound()


def test_the_nearest_location_holds_it_as_it_would_ship_it(world: World):
    world.receive("MUG", "STORE", 5)
    world.receive("MUG", "DC", 1)
    assert held(world, reserve(world, ("MUG", 1))) == {"DC": {"MUG": 1}}
    assert held(world, reserve(world, ("MUG", 1))) == {"STORE": {"MUG": 1}}


def test_a_bundle_is_held_by_its_parts(world: World):
    world.bundle("SET", {"MUG": 2, "PEN": 1})
    world.receive("MUG", "DC", 5)
    world.receive("PEN", "DC", 5)
    assert held(world, reserve(world, ("SET", 2), ("PEN", 1))) == {"DC": {"MUG": 4, "PEN": 3}}
    world.assert_sound()


def test_all_or_nothing(world: World):
    world.receive("MUG", "DC", 5)
    world.receive("PEN", "DC", 1)
    refusal = refused(world, NotEnoughToReserve, lambda: reserve(world, ("MUG", 2), ("PEN", 3), external_id="cart"))
    assert [(fault.pointer, fault.message) for fault in refusal.errors] == [
        ("/lines/1/quantity", "1 of 3 can be reserved.")
    ]
    # The external id is not used up by what was refused.
    assert held(world, reserve(world, ("MUG", 2), external_id="cart")) == {"DC": {"MUG": 2}}
    world.assert_sound()


def test_a_part_of_it_when_that_is_asked_for(world: World):
    world.receive("MUG", "DC", 2)
    cart = reserve(world, ("MUG", 5), ("PEN", 1), partial=True)
    assert held(world, cart) == {"DC": {"MUG": 2}}
    assert world.rows("SELECT units, held FROM reservations WHERE id = ?", cart) == [(6, 2)]
    refused(world, NotEnoughToReserve, lambda: reserve(world, ("PEN", 1), partial=True))
    world.assert_sound()


def test_two_carts_of_one_batch_never_hold_the_same_unit(world: World):
    world.receive("MUG", "DC", 3)
    tickets = [world.app.writer.submit(reserving(world, document(("MUG", 2)))) for _ in range(3)]
    outcomes = [ticket.exception() for ticket in tickets]
    assert [outcome is None for outcome in outcomes].count(True) == 1
    assert {type(outcome) for outcome in outcomes if outcome is not None} == {NotEnoughToReserve}
    assert reserved(world, "MUG", "DC") == 2
    world.assert_sound()


def test_an_unlimited_source_holds_any_number(world: World):
    world.change(
        "INSERT INTO stockings (item_id, location_id, sells, ships, stock_mode, data)"
        " SELECT i.id, l.id, 1, 1, 2, '{}' FROM items i, locations l WHERE i.sku = 'MUG' AND l.code = 'DC'"
    )
    cart = reserve(world, ("MUG", 1_000))
    assert held(world, cart) == {"DC": {"MUG": 1_000}}
    release(world, cart)
    world.restart()
    world.assert_sound()


def test_what_cannot_be_understood_is_refused(world: World):
    world.receive("MUG", "DC", 2)
    nowhere = ReservedDeliveryIn()
    both = pick_up_at("DC", destination=TO_LONDON.destination)
    past = ReservedDeliveryIn(destination=TO_LONDON.destination, by=moment(world.clock.at - 48 * 60 * MINUTE))
    for delivery, place in (
        (nowhere, "/delivery/destination"),
        (both, "/delivery/destination"),
        (past, "/delivery/by"),
        (pick_up_at("DC"), "/delivery/location"),
        (pick_up_at("MOON"), "/delivery/location"),
    ):
        refusal = refused(world, ReservationRefused, partial(reserve, world, ("MUG", 1), delivery=delivery))
        assert [fault.pointer for fault in refusal.errors] == [place]
    refused(world, UnknownItem, lambda: reserve(world, ("VASE", 1)))
    refused(world, UnknownChannel, lambda: reserve(world, ("MUG", 1), channel="moon"))
    refused(world, DurationTooLong, lambda: reserve(world, ("MUG", 1), duration_seconds=9 * 3_600))


def test_a_date_that_nobody_can_keep_is_refused(world: World):
    world.receive("MUG", "STORE", 2)
    today = ReservedDeliveryIn(destination=TO_LONDON.destination, by=moment(world.clock.at))
    refused(world, ReservedTooLate, lambda: reserve(world, ("MUG", 1), delivery=today))
    later = ReservedDeliveryIn(destination=TO_LONDON.destination, by=moment(world.clock.at + 5 * 24 * 60 * MINUTE))
    assert held(world, reserve(world, ("MUG", 1), delivery=later)) == {"STORE": {"MUG": 1}}


# -- told twice -------------------------------------------------------------------------------------------------------


def test_the_same_cart_again_is_the_same_reservation(world: World):
    world.receive("MUG", "DC", 5)
    first = reserve(world, ("MUG", 2), external_id="cart-1")
    before = world.dump()
    assert reserve(world, ("MUG", 2), external_id="cart-1") == first
    assert world.dump() == before
    refused(world, ReservationContentDiffers, lambda: reserve(world, ("MUG", 3), external_id="cart-1"))
    world.channel("app")
    assert reserve(world, ("MUG", 3), external_id="cart-1", channel="app") != first


def test_the_same_cart_twice_in_one_batch_is_one_reservation(world: World):
    world.receive("MUG", "DC", 5)
    tickets = [world.app.writer.submit(reserving(world, document(("MUG", 2), external_id="cart"))) for _ in range(3)]
    assert len({ticket.result().reservation_id for ticket in tickets}) == 1
    assert reserved(world, "MUG", "DC") == 2


def test_the_same_request_again_gets_the_same_answer(world: World):
    world.receive("MUG", "DC", 5)
    first = reserve(world, ("MUG", 2), key="k1")
    assert reserve(world, ("MUG", 2), key="k1") == first
    assert reserved(world, "MUG", "DC") == 2
    with pytest.raises(IdempotencyKeyReused):
        reserve(world, ("MUG", 1), key="k1")


# -- extended, changed, released --------------------------------------------------------------------------------------


def test_an_extension_counts_from_now(world: World):
    world.receive("MUG", "DC", 5)
    cart = reserve(world, ("MUG", 2))
    world.clock.forward(minutes=10)
    extend(world, cart, 600)
    world.clock.forward(minutes=9)
    assert expire(world).expired == 0
    world.clock.forward(minutes=1)
    assert expire(world).expired == 1
    refused(world, ReservationNotOpen, lambda: extend(world, cart))
    assert state(world, cart) is State.EXPIRED


def test_what_is_past_its_time_cannot_be_extended_though_nobody_has_swept_it(world: World):
    world.receive("MUG", "DC", 5)
    cart = reserve(world, ("MUG", 2))
    world.clock.forward(minutes=15)
    refused(world, ReservationNotOpen, lambda: extend(world, cart))
    refused(world, ReservationNotOpen, lambda: change(world, cart, ("MUG", 1)))
    release(world, cart)
    assert reserved(world, "MUG", "DC") == 0


def test_a_reservation_lasts_no_longer_than_the_limit(world: World):
    world.receive("MUG", "DC", 5)
    cart = reserve(world, ("MUG", 2))
    refused(world, DurationTooLong, lambda: extend(world, cart, 8 * 3_600 + 1))
    refused(world, ReservationNotFound, lambda: extend(world, cart + 1))
    refused(world, VersionMismatch, lambda: extend(world, cart, version=7))
    extend(world, cart, 8 * 3_600, version=1)


def test_more_and_fewer_units(world: World):
    world.receive("MUG", "DC", 5)
    world.receive("PEN", "DC", 5)
    cart = reserve(world, ("MUG", 2))
    change(world, cart, ("MUG", 4), ("PEN", 1))
    assert held(world, cart) == {"DC": {"MUG": 4, "PEN": 1}}
    change(world, cart, ("MUG", 1))
    assert held(world, cart) == {"DC": {"MUG": 1}}
    assert (reserved(world, "MUG", "DC"), reserved(world, "PEN", "DC")) == (1, 0)
    world.assert_sound()


def test_a_change_sees_the_own_units_as_free(world: World):
    world.receive("MUG", "DC", 5)
    cart = reserve(world, ("MUG", 5))
    change(world, cart, ("MUG", 4))
    change(world, cart, ("MUG", 5))
    refused(world, NotEnoughToReserve, lambda: change(world, cart, ("MUG", 6)))
    assert held(world, cart) == {"DC": {"MUG": 5}}
    change(world, cart, ("MUG", 6), partial=True)
    assert held(world, cart) == {"DC": {"MUG": 5}}
    refused(world, UnknownItem, lambda: change(world, cart, ("VASE", 1)))
    world.assert_sound()


def test_what_is_released_is_free_at_once(world: World):
    world.receive("MUG", "DC", 2)
    cart = reserve(world, ("MUG", 2))
    release(world, cart, reason="cart emptied")
    assert state(world, cart) is State.RELEASED
    assert world.parts(world.capture("A1", ("MUG", 2)).order_id) == {"allocated": 2}
    refused(world, ReservationNotOpen, lambda: release(world, cart))
    refused(world, ReservationNotOpen, lambda: change(world, cart, ("MUG", 1)))
    world.assert_sound()


# -- moved ------------------------------------------------------------------------------------------------------------


def test_units_move_to_another_location(world: World):
    world.receive("MUG", "DC", 2)
    world.receive("MUG", "STORE", 2)
    cart = reserve(world, ("MUG", 2))
    move(world, cart, "STORE")
    assert held(world, cart) == {"STORE": {"MUG": 2}}
    assert reserved(world, "MUG", "DC") == 0
    move(world, cart, "STORE")
    assert held(world, cart) == {"STORE": {"MUG": 2}}
    world.assert_sound()


def test_a_move_to_where_there_is_too_little_is_refused(world: World):
    world.receive("MUG", "DC", 2)
    world.receive("MUG", "STORE", 1)
    cart = reserve(world, ("MUG", 2))
    refused(world, MoveImpossible, lambda: move(world, cart, "STORE"))
    refused(world, MoveImpossible, lambda: move(world, cart, "MOON"))
    refused(world, MoveImpossible, lambda: move(world, cart))
    refused(world, MoveImpossible, lambda: move(world, cart, supply_line_id=1))
    assert held(world, cart) == {"DC": {"MUG": 2}}


def test_a_bundle_does_not_move_to_where_one_of_its_parts_is_too_few(world: World):
    world.bundle("SET", {"MUG": 2, "PEN": 1})
    world.receive("MUG", "DC", 1)
    world.receive("MUG", "STORE", 5)
    world.receive("PEN", "STORE", 3)
    cart = reserve(world, ("SET", 3))
    refused(world, MoveImpossible, lambda: move(world, cart, "STORE"))
    assert held(world, cart) == {"DC": {"MUG": 1}, "STORE": {"MUG": 5, "PEN": 3}}


def test_a_pick_up_moves_with_the_place_where_it_is_collected(world: World):
    world.put_location("SHOP", 2, capabilities=("collect", "ambient"))
    world.put_location("KIOSK", 3, capabilities=("collect", "ambient"))
    world.receive("MUG", "SHOP", 2)
    world.receive("MUG", "KIOSK", 2)
    cart = reserve(world, ("MUG", 2), delivery=pick_up_at("SHOP"))
    assert held(world, cart) == {"SHOP": {"MUG": 2}}
    move(world, cart, "KIOSK")
    assert held(world, cart) == {"KIOSK": {"MUG": 2}}
    change(world, cart, ("MUG", 1))
    assert held(world, cart) == {"KIOSK": {"MUG": 1}}


# -- the end of the time ----------------------------------------------------------------------------------------------


def test_what_is_past_its_time_is_free_for_others(world: World):
    world.receive("MUG", "DC", 3)
    first = reserve(world, ("MUG", 1), duration_seconds=60)
    second = reserve(world, ("MUG", 2), duration_seconds=120)
    world.clock.forward(seconds=57)
    assert expire(world).expired == 0  # 59 seconds old: a command takes one
    assert expire(world).expired == 1
    assert (state(world, first), state(world, second)) == (State.EXPIRED, State.OPEN)
    assert reserved(world, "MUG", "DC") == 2
    assert world.parts(world.capture("A1", ("MUG", 2)).order_id) == {"allocated": 1, "waiting": 1}
    world.assert_sound()


def test_a_flood_of_abandoned_carts_ends_in_a_few_batches(world: World):
    world.receive("MUG", "DC", 300)
    carts = [reserve(world, ("MUG", 1), duration_seconds=60) for _ in range(120)]
    batches = world.app.writer.batches
    world.clock.forward(minutes=5)
    ended = [expire(world, most=50) for _ in range(3)]
    assert [(e.expired, e.more) for e in ended] == [(50, True), (50, True), (20, False)]
    assert world.app.writer.batches == batches + 3
    assert {state(world, cart) for cart in carts} == {State.EXPIRED}
    assert reserved(world, "MUG", "DC") == 0
    assert world.events().count("reservation.expired") == 120
    world.assert_sound()


def test_a_restart_forgets_no_reservation(world: World):
    world.receive("MUG", "DC", 2)
    cart = reserve(world, ("MUG", 2))
    world.restart()
    assert world.parts(world.capture("A1", ("MUG", 1)).order_id) == {"waiting": 1}
    world.clock.forward(minutes=15)
    assert expire(world).wanted
    assert state(world, cart) is State.EXPIRED


# -- what a channel may not see ---------------------------------------------------------------------------------------


def test_to_where_nobody_ships_nothing_is_held(world: World):
    world.receive("MUG", "DC", 2)
    abroad = ReservedDeliveryIn(destination=PlaceIn(country="DE"))
    refused(world, NotEnoughToReserve, lambda: reserve(world, ("MUG", 1), delivery=abroad))
