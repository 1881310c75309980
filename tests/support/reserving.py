"""Words for reservations, over a World."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crossdock.inventory.reservations import PlaceIn, ReservationIn, ReservedDeliveryIn, ReservedLineIn, State
from crossdock.kernel.content import content_hash
from crossdock.kernel.errors import CrossdockError
from crossdock.kernel.ids import encode_id
from crossdock.orchestration import commands as c
from crossdock.orchestration.reservations import commands as r
from crossdock.orders.model import AddressIn, DeliveryIn
from tests.support.world import Wanted, World

TO_LONDON = ReservedDeliveryIn(destination=PlaceIn(country="GB", postal_code="EC1A 1BB"))
SHOPPER = AddressIn(country="GB", name="Ada Example")


def lines(*wanted: Wanted) -> tuple[ReservedLineIn, ...]:
    return tuple(ReservedLineIn(sku, quantity) for sku, quantity in wanted)


def pick_up_at(code: str, **more: Any) -> ReservedDeliveryIn:
    return ReservedDeliveryIn(method="pickup", location=code, **more)


def order_pick_up_at(code: str) -> tuple[DeliveryIn, ...]:
    return (DeliveryIn(destination=SHOPPER, method="pickup", location=code),)


def document(*wanted: Wanted, **changes: Any) -> ReservationIn:
    fields: dict[str, Any] = {"channel": "web", "lines": lines(*wanted), "delivery": TO_LONDON, **changes}
    return ReservationIn(**fields)


def reserving(world: World, asked: ReservationIn, key: str | None = None) -> r.Reserve:
    mark = content_hash(asked)
    request = None if key is None else c.RequestKey("key:test reserve", key, mark)
    return r.Reserve(actor=world.actor, request=request, reservation=asked, content_hash=mark)


def reserve(world: World, *wanted: Wanted, **changes: Any) -> int:
    """Reserve, and return the reservation's id."""
    key = changes.pop("key", None)
    answer: r.Reserved = world.do(reserving(world, document(*wanted, **changes), key))
    return answer.reservation_id


def extend(world: World, id_: int, seconds: int | None = None, **more: Any) -> None:
    world.do(r.ExtendReservation(actor=world.actor, reservation_id=id_, seconds=seconds, **more))


def change(world: World, id_: int, *wanted: Wanted, **more: Any) -> None:
    world.do(r.ChangeReservation(actor=world.actor, reservation_id=id_, lines=lines(*wanted), **more))


def release(world: World, id_: int, **more: Any) -> None:
    world.do(r.ReleaseReservation(actor=world.actor, reservation_id=id_, **more))


def move(world: World, id_: int, location: str | None = None, **more: Any) -> None:
    world.do(r.MoveReservation(actor=world.actor, reservation_id=id_, location=location, **more))


def expire(world: World, most: int = 500) -> r.Expired:
    answer: r.Expired = world.do(r.ExpireReservations(actor=world.actor, most=most))
    return answer


def named(id_: int) -> str:
    return encode_id("rsv", id_)


def state(world: World, id_: int) -> State:
    return State(world.rows("SELECT state FROM reservations WHERE id = ?", id_)[0][0])


def held(world: World, id_: int) -> dict[str, dict[str, int]]:
    """What a reservation holds: units by location and SKU."""
    sql = """
        SELECT l.code, i.sku, CAST(sum(c.quantity) AS bigint) FROM claims c
        JOIN items i ON i.id = c.item_id JOIN locations l ON l.id = c.location_id
        WHERE c.owner_id = ? AND c.kind = 1 AND c.state = 1 GROUP BY l.code, i.sku
    """
    found: dict[str, dict[str, int]] = {}
    for code, sku, units in world.rows(sql, id_):
        found.setdefault(code, {})[sku] = units
    return found


def reserved(world: World, sku: str, place: str) -> int:
    position = world.position(sku, place)
    return 0 if position is None else position.reserved


def free(world: World, sku: str, place: str) -> int:
    position = world.position(sku, place)
    return 0 if position is None else position.claimable


def refused(world: World, error: type[CrossdockError], attempt: Callable[[], object]) -> CrossdockError:
    """Prove that something is refused and that nothing has changed; returns the refusal."""
    before = world.dump()
    try:
        attempt()
    except error as refusal:
        assert world.dump() == before
        return refusal
    raise AssertionError("it was not refused")
