"""What arrives serves who is bound to it first, then who waits; and reservations of what is coming."""

from crossdock.kernel.ids import encode_id
from crossdock.orchestration.reservations.commands import MoveReservation, ReleaseReservation
from crossdock.orders.model import Status
from tests.support.coming import EARLY, LATER, LATEST, waits
from tests.support.reserving import reserve
from tests.support.world import World

# -- what arrives -----------------------------------------------------------------------------------------------------


def test_a_receipt_in_full_serves_who_is_bound_and_closes_the_line(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 3, EARLY)
    order = waits(world, "A1", 2)
    outcome = world.arrive("PO-1", 3)
    assert (outcome.result, outcome.on_hand, outcome.state) == ("recorded", 3, 2)
    assert world.stock("MUG", "DC") == (3, 2, 0)
    assert world.status(order) == Status.ALLOCATED
    assert world.plan(order) == {"DC": {"MUG": 2}}
    assert world.rows("SELECT received, claimed, state FROM supply_lines") == [(3, 0, 2)]
    assert world.bound(order) == []


def test_a_receipt_in_part_serves_in_order_and_the_rest_keeps_its_date(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 4, EARLY)
    first, second = waits(world, "A1", 2), waits(world, "A2", 2)
    world.arrive("PO-1", 3)
    assert world.parts(first) == {"allocated": 2}
    assert world.parts(second) == {"waiting": 1, "allocated": 1}
    assert world.bound(second) == [("MUG", EARLY, 1)]
    assert world.rows("SELECT received, claimed, state FROM supply_lines") == [(3, 1, 1)]
    world.arrive("PO-1", 1)
    assert world.parts(second) == {"allocated": 2}


def test_more_than_was_announced_is_recorded_and_serves_who_has_no_date(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 1, EARLY)
    first, second = waits(world, "A1", 1), waits(world, "A2", 1)
    assert world.arrive("PO-1", 5).on_hand == 5
    assert [world.status(order) for order in (first, second)] == [Status.ALLOCATED] * 2
    assert world.rows("SELECT quantity, received, state FROM supply_lines") == [(1, 5, 2)]


def test_what_arrives_for_a_canceled_line_is_there_all_the_same(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 1, EARLY, canceled=True)
    assert world.arrive("PO-1", 2).state == 3
    assert world.stock("MUG", "DC") == (2, 0, 0)


def test_a_short_final_receipt_closes_the_line_and_who_gets_nothing_waits_on(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 4, EARLY)
    world.announce("PO-2", "MUG", "DC", 4, LATER)
    first, second = waits(world, "A1", 2), waits(world, "A2", 2)
    world.arrive("PO-1", 2, final=True)
    assert world.status(first) == Status.ALLOCATED
    assert world.bound(second) == [("MUG", LATER, 2)]
    assert world.announce("PO-1", "MUG", "DC", 4, EARLY).result == "unchanged", "telling it again opens nothing"


def test_who_is_bound_to_the_line_goes_before_who_came_earlier_and_is_bound_to_another(world: World) -> None:
    """The store's line may not serve the first order, so the second one is bound to it, and is served from it."""
    world.put_location("STORE", 1, capabilities=("ship", "ambient"))
    world.announce("PO-1", "MUG", "DC", 1, LATER)
    world.announce("PO-2", "MUG", "STORE", 1, EARLY)
    first, second = waits(world, "A1", 1), waits(world, "A2", 1)
    assert (world.bound(first), world.bound(second)) == ([("MUG", EARLY, 1)], [("MUG", LATER, 1)])
    world.arrive("PO-1", 1)
    assert world.status(second) == Status.ALLOCATED
    assert (world.status(first), world.bound(first)) == (Status.WAITING, [("MUG", EARLY, 1)])


def test_a_receipt_told_twice_counts_once(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 4, EARLY)
    receipt = world.receipt("PO-1", 2, record="G1")
    assert world.receive_supply(receipt)[0].result == "recorded"
    before = world.dump()
    assert world.receive_supply(receipt)[0].result == "repeated"
    assert world.receive_supply(world.receipt("PO-1", 3, record="G1"))[0].code == "record_differs"
    assert world.dump() == before


def test_a_receipt_of_an_unknown_line_is_answered_and_the_others_land(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 4, EARLY)
    outcomes = world.receive_supply(world.receipt("PO-9", 2), world.receipt("PO-1", 2))
    assert [(o.result, o.code) for o in outcomes] == [("failed", "unknown_supply_line"), ("recorded", "")]
    assert world.stock("MUG", "DC") == (2, 0, 0)


def test_a_receipt_that_a_later_count_has_seen_raises_nothing(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 4, EARLY)
    at = world.clock.at
    world.clock.forward(hours=2)
    world.count("MUG", "DC", 4)
    assert world.arrive("PO-1", 4, at=at).on_hand == 4
    assert world.rows("SELECT received, state FROM supply_lines") == [(4, 2)]


def test_stock_that_comes_without_a_line_serves_the_first_and_frees_what_he_was_bound_to(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 1, EARLY)
    first, second = waits(world, "A1", 1), waits(world, "A2", 1)
    world.receive("MUG", "DC", 1)
    assert world.status(first) == Status.ALLOCATED
    assert world.bound(second) == [("MUG", EARLY, 1)]


def test_what_arrives_goes_to_who_waits_before_a_new_order_sees_it(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 2, EARLY)
    waiting = waits(world, "A1", 2)
    world.arrive("PO-1", 2)
    assert world.status(waiting) == Status.ALLOCATED
    assert world.capture("A2", ("MUG", 1)).status == Status.WAITING


def test_the_same_request_is_answered_the_same(world: World) -> None:
    line = world.supply_line("PO-1", "MUG", "DC", 5, EARLY)
    assert world.put_supply(line, key="k1") == world.put_supply(line, key="k1")
    receipt = world.receipt("PO-1", 2)
    assert world.receive_supply(receipt, key="k2") == world.receive_supply(receipt, key="k2")


def test_a_transfer_and_a_return_have_movements_of_their_own(world: World) -> None:
    world.announce("T-1", "MUG", "DC", 1, EARLY, kind="transfer")
    world.announce("R-1", "MUG", "DC", 1, EARLY, kind="return")
    world.arrive("T-1", 1)
    world.arrive("R-1", 1)
    assert [row[0] for row in world.rows("SELECT type FROM movements ORDER BY id")] == [14, 15]


# -- reservations on what is coming ----------------------------------------------------------------------------------


def hold_of(world: World, reference: str, units: int) -> int:
    """A reservation of so many mugs that are there, moved to a supply line, so that the mugs are free again."""
    world.receive("MUG", "DC", units)
    cart = reserve(world, ("MUG", units))
    (line_id,) = world.rows("SELECT id FROM supply_lines WHERE reference = ?", reference)[0]
    world.do(MoveReservation(actor=world.actor, reservation_id=cart, supply_line_id=line_id))
    world.sell("MUG", "DC", units)
    return cart


def held_on(world: World, cart: int) -> list[tuple[int, int]]:
    return world.rows("SELECT source, quantity FROM claims WHERE owner_id = ? AND state = 1 ORDER BY id", cart)


def test_who_reserved_of_a_line_gets_his_units_when_they_come_and_who_waits_gets_the_rest(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 4, EARLY)
    cart = hold_of(world, "PO-1", 2)
    order = waits(world, "A1", 3)
    assert world.bound(order) == [("MUG", EARLY, 2)]
    world.arrive("PO-1", 3)
    assert held_on(world, cart) == [(0, 2)]
    assert world.position("MUG", "DC") == (3, 0, 2, 1, 0)
    assert world.parts(order) == {"waiting": 2, "allocated": 1}
    assert world.bound(order) == [("MUG", EARLY, 1)]
    assert world.events().count("reservation.moved") == 2


def test_a_line_that_shrinks_takes_from_who_waits_first_and_then_from_reservations(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 4, EARLY)
    cart = hold_of(world, "PO-1", 2)
    order = waits(world, "A1", 2)
    world.announce("PO-1", "MUG", "DC", 2, EARLY)
    assert (world.bound(order), held_on(world, cart)) == ([], [(1, 2)])
    world.announce("PO-1", "MUG", "DC", 1, EARLY)
    assert held_on(world, cart) == [(1, 1)]
    assert world.rows("SELECT held, state FROM reservations WHERE id = ?", cart) == [(1, 1)]
    world.announce("PO-1", "MUG", "DC", 1, EARLY, canceled=True)
    assert held_on(world, cart) == []
    assert world.rows("SELECT held, state, reason FROM reservations WHERE id = ?", cart) == [(0, 5, "supply")]
    assert world.events().count("reservation.short") == 2


def test_an_order_that_confirms_what_it_reserved_of_a_line_keeps_its_place(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 2, EARLY)
    world.announce("PO-2", "MUG", "DC", 9, LATER)
    cart = hold_of(world, "PO-1", 2)
    other = waits(world, "A1", 2)
    assert world.bound(other) == [("MUG", LATER, 2)]
    mine = waits(world, "A2", 2, reservation_id=encode_id("rsv", cart))
    assert (world.bound(mine), world.bound(other)) == ([("MUG", EARLY, 2)], [("MUG", LATER, 2)])
    world.announce("PO-3", "MUG", "DC", 1, LATEST)
    assert (world.bound(mine), world.bound(other)) == ([("MUG", EARLY, 2)], [("MUG", LATER, 2)])


def test_a_reservation_that_is_given_back_lets_who_waits_move_up(world: World) -> None:
    world.announce("PO-1", "MUG", "DC", 2, EARLY)
    cart = hold_of(world, "PO-1", 2)
    order = waits(world, "A1", 1)
    assert world.bound(order) == []
    world.do(ReleaseReservation(actor=world.actor, reservation_id=cart))
    assert world.bound(order) == [("MUG", EARLY, 1)]
