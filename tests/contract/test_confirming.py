"""From a reservation to an order: the units that were held become the order's, in one transaction."""

from crossdock.inventory.reservations import ReservedDeliveryIn, State
from crossdock.kernel.clock import DAY, moment, utc_day
from crossdock.orchestration import commands as c
from tests.support.reserving import (
    TO_LONDON,
    expire,
    free,
    held,
    named,
    order_pick_up_at,
    pick_up_at,
    release,
    reserve,
    reserved,
    state,
)
from tests.support.world import LONDON, World, line, order


def take(world: World, external_id: str, cart: int, *wanted: tuple[str, int], **more: object) -> c.CapturedOrder:
    return world.capture(external_id, *wanted, reservation_id=named(cart), **more)


def last(world: World, type_: str) -> str:
    return str(world.rows("SELECT data FROM events WHERE type = ? ORDER BY id DESC LIMIT 1", type_)[0][0])


def test_the_units_that_were_held_become_the_orders(world: World):
    world.receive("MUG", "DC", 2)
    cart = reserve(world, ("MUG", 2))
    answer = take(world, "A1", cart, ("MUG", 2))
    assert answer.reservation == "confirmed"
    assert world.plan(answer.order_id) == {"DC": {"MUG": 2}}
    assert (reserved(world, "MUG", "DC"), world.stock("MUG", "DC")) == (0, (2, 2, 0))
    assert state(world, cart) is State.CONFIRMED
    assert world.rows("SELECT order_id FROM reservations WHERE id = ?", cart) == [(answer.order_id,)]
    assert "reservation.confirmed" in world.events(answer.order_id)
    assert '"kept":2' in last(world, "reservation.confirmed")
    world.assert_sound()


def test_what_the_order_does_not_take_is_given_back(world: World):
    world.receive("MUG", "DC", 5)
    world.receive("PEN", "DC", 1)
    cart = reserve(world, ("MUG", 4), ("PEN", 1))
    answer = take(world, "A1", cart, ("MUG", 1))
    assert world.plan(answer.order_id) == {"DC": {"MUG": 1}}
    assert (reserved(world, "MUG", "DC"), reserved(world, "PEN", "DC")) == (0, 0)
    assert '"kept":1,"released":4' in last(world, "reservation.confirmed")
    assert world.parts(world.capture("A2", ("MUG", 4), ("PEN", 1)).order_id) == {"allocated": 5}
    world.assert_sound()


def test_what_the_order_wants_beyond_it_comes_from_free_stock(world: World):
    world.receive("MUG", "DC", 3)
    cart = reserve(world, ("MUG", 1))
    answer = take(world, "A1", cart, ("MUG", 5), ("PEN", 1))
    assert world.parts(answer.order_id) == {"allocated": 3, "waiting": 3}
    assert '"kept":1,"added":2' in last(world, "reservation.confirmed")
    world.assert_sound()


def test_an_order_gets_what_it_reserved_though_nothing_is_free(world: World):
    world.receive("MUG", "DC", 4)
    cart = reserve(world, ("MUG", 2))
    world.capture("A1", ("MUG", 9))
    answer = take(world, "A2", cart, ("MUG", 2))
    assert world.parts(answer.order_id) == {"allocated": 2}
    world.assert_sound()


def test_a_delivery_may_be_sent_from_a_better_place(world: World):
    world.receive("MUG", "STORE", 2)
    cart = reserve(world, ("MUG", 2))
    assert held(world, cart) == {"STORE": {"MUG": 2}}
    world.receive("MUG", "DC", 2)
    answer = take(world, "A1", cart, ("MUG", 2))
    assert world.plan(answer.order_id) == {"DC": {"MUG": 2}}
    assert reserved(world, "MUG", "STORE") == 0
    assert world.parts(world.capture("A2", ("MUG", 2)).order_id) == {"allocated": 2}
    world.assert_sound()


def test_a_pick_up_comes_from_where_it_was_reserved(world: World):
    world.put_location("SHOP", 2, capabilities=("collect", "ambient"))
    world.receive("MUG", "DC", 5)
    world.receive("MUG", "SHOP", 2)
    cart = reserve(world, ("MUG", 2), delivery=pick_up_at("SHOP"))
    world.capture("A1", ("MUG", 1), deliveries=order_pick_up_at("SHOP"))
    answer = take(world, "A2", cart, ("MUG", 2), deliveries=order_pick_up_at("SHOP"))
    assert world.plan(answer.order_id) == {"SHOP": {"MUG": 2}}
    world.assert_sound()


def test_what_was_reserved_stays_though_the_view_hides_it_now(world: World):
    world.receive("MUG", "DC", 2)
    cart = reserve(world, ("MUG", 2))
    world.view(exclusions=[{}])
    other = world.capture("A1", ("MUG", 1))
    assert world.parts(other.order_id) == {"waiting": 1}
    answer = take(world, "A2", cart, ("MUG", 2))
    assert world.parts(answer.order_id) == {"allocated": 2}
    world.assert_sound()


def test_the_date_stays_bound(world: World):
    world.receive("MUG", "DC", 2)
    by = moment(world.clock.at + 5 * DAY)
    delivery = ReservedDeliveryIn(destination=TO_LONDON.destination, by=by)
    answer = take(world, "A1", reserve(world, ("MUG", 2), delivery=delivery), ("MUG", 2))
    bound = world.rows('SELECT "by" FROM deliveries WHERE order_id = ?', answer.order_id)[0][0]
    assert utc_day(bound) == utc_day(world.clock.at + 5 * DAY)
    # Told again without the date it is the same order.
    assert take_again(world, answer.order_id)


def take_again(world: World, order_id: int) -> bool:
    cart = world.rows("SELECT id FROM reservations WHERE order_id = ?", order_id)[0][0]
    return take(world, "A1", cart, ("MUG", 2)).order_id == order_id


def test_two_deliveries_share_what_was_reserved(world: World):
    world.receive("MUG", "DC", 3)
    cart = reserve(world, ("MUG", 3))
    lines = (line("MUG", 2), line("MUG", 2, delivery=2))
    answer = world.take(order("A1", lines=lines, deliveries=(LONDON, LONDON), reservation_id=named(cart)))
    assert world.parts(answer.order_id) == {"allocated": 3, "waiting": 1}
    world.assert_sound()


# -- what cannot serve ------------------------------------------------------------------------------------------------


def test_an_order_is_taken_in_whatever_became_of_its_reservation(world: World):
    world.receive("MUG", "DC", 9)
    world.channel("app")
    gone, over = reserve(world, ("MUG", 1)), reserve(world, ("MUG", 1))
    others, used = reserve(world, ("MUG", 1), channel="app"), reserve(world, ("MUG", 1))
    release(world, gone)
    take(world, "A0", used, ("MUG", 1))
    world.clock.forward(minutes=15)
    expire(world)
    others = reserve(world, ("MUG", 1), channel="app")
    for number, (name, reason) in enumerate(
        (
            (named(gone), "released"),
            (named(over), "expired"),
            (named(used), "taken"),
            (named(others), "other_channel"),
            (named(others + 1), "unknown"),
            ("whatever the shop calls it", "unknown"),
        ),
        1,
    ):
        answer = world.capture(f"A{number}", ("MUG", 1), reservation_id=name)
        assert answer.reservation == reason
        assert world.parts(answer.order_id) == {"allocated": 1}
        assert "order.reservation_unusable" in world.events(answer.order_id)
    assert state(world, others) is State.OPEN
    world.assert_sound()


def test_what_is_still_held_serves_the_order_also_past_its_time(world: World):
    world.receive("MUG", "DC", 1)
    cart = reserve(world, ("MUG", 1))
    world.clock.forward(minutes=20)
    assert take(world, "A1", cart, ("MUG", 1)).reservation == "confirmed"
    assert expire(world).expired == 0
    world.assert_sound()


def test_of_two_orders_with_one_reservation_the_first_has_it(world: World):
    world.receive("MUG", "DC", 3)
    cart = reserve(world, ("MUG", 2))
    commands = [world.capturing(order(f"A{n}", ("MUG", 2), reservation_id=named(cart))) for n in range(2)]
    tickets = [world.app.writer.submit(command) for command in commands]
    first, second = (ticket.result() for ticket in tickets)
    assert (first.reservation, second.reservation) == ("confirmed", "taken")
    assert world.parts(first.order_id) == {"allocated": 2}
    assert world.parts(second.order_id) == {"allocated": 1, "waiting": 1}
    assert "order.reservation_unusable" in world.events(second.order_id)
    world.assert_sound()


def test_the_same_order_again_confirms_nothing_twice(world: World):
    world.receive("MUG", "DC", 4)
    cart = reserve(world, ("MUG", 2))
    document_ = order("A1", ("MUG", 2), reservation_id=named(cart))
    first = world.take(document_, key="k1")
    again = world.take(document_, key="k1")
    assert (again.order_id, again.reservation, again.replayed) == (first.order_id, "confirmed", True)
    before = world.dump()
    assert world.take(document_).order_id == first.order_id
    assert world.dump() == before


def test_a_batch_mixes_orders_with_and_without_reservation(world: World):
    world.receive("MUG", "DC", 6)
    carts = [reserve(world, ("MUG", 2)) for _ in range(2)]
    names = [named(carts[0]), None, named(carts[1]), None]
    commands = [world.capturing(order(f"A{n}", ("MUG", 1), reservation_id=name)) for n, name in enumerate(names)]
    tickets = [world.app.writer.submit(command) for command in commands]
    ids = [ticket.result().order_id for ticket in tickets]
    assert [world.parts(id_) for id_ in ids] == [{"allocated": 1}] * 4
    assert free(world, "MUG", "DC") == 2
    world.assert_sound()


def test_a_canceled_order_gives_back_what_was_reserved_for_it(world: World):
    world.receive("MUG", "DC", 2)
    answer = take(world, "A1", reserve(world, ("MUG", 2)), ("MUG", 2))
    world.cancel(answer.order_id)
    assert free(world, "MUG", "DC") == 2
    world.assert_sound()
