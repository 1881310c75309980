"""A reservation becomes an order's: its units are added back, decided upon, given back and allocated in one write.

An order that names a reservation which cannot serve it is captured all the same, on free stock: a command may be
refused, but an order that was paid must not be lost. Its timeline says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from crossdock.events.catalog import new_event
from crossdock.events.reservations import ReservationConfirmed, ReservationUnusable
from crossdock.inventory import ledger
from crossdock.inventory import reservation_store as store
from crossdock.inventory.model import PLAIN, CauseKind, ClaimState, Counters, Movement, MovementType, PositionKey
from crossdock.inventory.reservation_store import Reservation
from crossdock.inventory.reservations import State, word
from crossdock.kernel.clock import day_start, moment
from crossdock.kernel.errors import Invalid
from crossdock.kernel.ids import decode_id, encode_id
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.plans import Routed
from crossdock.orchestration.reservations.reserving import Hold, credit, give_back_shares, own_units, tell, tell_supply
from crossdock.storage.guard import Take, Taken
from crossdock.storage.unit import Unit

if TYPE_CHECKING:
    from crossdock.orchestration.orders.capture import NewOrder


class Confirmation:
    """What an order's reservation gives it, or why it cannot; ``own`` shrinks as the order's deliveries are decided."""

    __slots__ = ("hold", "named", "number", "own", "unusable")

    def __init__(self, named: str, reservation: Reservation | None, unusable: str) -> None:
        self.named = named
        self.hold = None if reservation is None else Hold(reservation)
        self.own = {} if reservation is None else own_units(reservation)
        self.unusable = unusable
        self.number = 0
        """The order's place at the guard."""

    @property
    def takes(self) -> list[Take]:
        """What the reservation gives back."""
        return [] if self.hold is None else self.hold.takes

    @property
    def item_ids(self) -> set[int]:
        """The items of which units are given back."""
        return set() if self.hold is None else {claim.item_id for claim in self.hold.reservation.claims}

    @property
    def coming(self) -> Counter[int]:
        """The units that are given back to supply lines, by line."""
        found: Counter[int] = Counter()
        for claim, _ in () if self.hold is None else self.hold.given:
            if claim.supply_line_id is not None:
                found[claim.supply_line_id] += claim.quantity
        return found

    def begin(self, unit: Unit, engine: Engine) -> None:
        """Give everything back, so that the order can have it."""
        if self.hold is not None:
            self.hold.give_back(unit, engine)

    def close(self, unit: Unit, engine: Engine, order_id: int) -> None:
        """End the reservation; what the order did not take is free for the orders after it."""
        if self.hold is None:
            return
        self.hold.given_as = ClaimState.CONSUMED
        self.hold.end(State.CONFIRMED, unit.now, order_id=order_id)
        credit(engine, self.own)


def open_confirmations(unit: Unit, engine: Engine, new: Mapping[int, NewOrder]) -> list[int]:
    """Lock the reservations that orders name, and say of each order what its reservation gives it.

    Returns the places of orders that name the reservation of an order before them: they must come again.
    """
    wanted = {index: _id(order) for index, order in new.items()}
    named, shared = {id_ for id_ in wanted.values() if id_ is not None}, bool(engine.directory.shares.groups)
    loaded = store.lock(unit.session, named, shared=shared)
    again: list[int] = []
    taken: set[int] = set()
    for index, order in new.items():
        reservation = loaded.get(wanted[index] or 0)
        unusable = _unusable(order, reservation)
        if reservation is not None and not unusable:
            if reservation.row.id in taken:
                again.append(index)
                continue
            taken.add(reservation.row.id)
            _bind_document(order, reservation)
        order.confirmation = Confirmation(_name(order), None if unusable else reservation, unusable)
    return again


def _id(order: NewOrder) -> int | None:
    if order.order.reservation_id is None:
        return None if order.promise is None else order.promise.reservation_id
    try:
        return decode_id("rsv", order.order.reservation_id)
    except Invalid:
        return None


def _name(order: NewOrder) -> str:
    """Return how the order, or the promise that it brings, names the reservation."""
    id_ = _id(order)
    return order.order.reservation_id or ("" if id_ is None else encode_id("rsv", id_))


def _unusable(order: NewOrder, reservation: Reservation | None) -> str:
    """Say why a reservation cannot serve an order; "" when it can, also past its time if its units are still held."""
    if reservation is None:
        return "unknown"
    if reservation.row.channel_id != order.channel.id:
        return "other_channel"
    state = State(reservation.row.state)
    return {State.OPEN: "", State.CONFIRMED: "taken"}.get(state, word(state))


def _bind_document(order: NewOrder, reservation: Reservation) -> None:
    """Write the date that the reservation binds into the order, so that later decisions on it keep to it as well."""
    due = reservation.row.due_day
    if due is None:
        return
    last = moment(day_start(due + 1)) - timedelta(microseconds=1)
    document = order.order
    deliveries = tuple(replace(d, by=last if d.by is None else min(d.by, last)) for d in document.deliveries)
    order.command = replace(order.command, order=replace(document, deliveries=deliveries))


# -- writing ----------------------------------------------------------------------------------------------------------


def write(unit: Unit, engine: Engine, kept: Sequence[NewOrder], taken: Taken) -> None:
    """Write the ledger of a batch with confirmations, order by order as the guard was asked, and end reservations."""
    movements: list[tuple[int, Movement]] = []
    ended: list[int] = []
    standings, holds = [], []
    for order in kept:
        confirmation = order.confirmation
        if confirmation is not None and confirmation.hold is not None:
            hold = confirmation.hold
            told = hold.movements(unit.now, confirmation.number, taken.paid)
            engine.changed_otherwise(movement.key[0] for _, movement in told if movement.change.short)
            movements += told
            ended += [claim.id for claim, _ in hold.given]
            standings.append(hold.standing)
            holds.append(hold)
            tell_supply(unit, hold)
        movements += _allocated(unit.now, order.routed)
        if confirmation is not None:
            _tell(unit, order, confirmation)
    give_back_shares(unit, holds)
    ledger.tell(unit, movements, ledger.Chain(taken.heads))
    store.end_claims(unit, ended, ClaimState.CONSUMED)
    store.update(unit, standings)


def _allocated(now: int, routed: Iterable[Routed]) -> list[tuple[int, Movement]]:
    lines = []
    for claim in (c for r in routed for c in r.taken):
        key: PositionKey = (claim.item_id, claim.location_id, PLAIN)
        change = Counters(allocated=claim.quantity)
        lines.append((claim.id, Movement(MovementType.ALLOCATED, key, change, now, CauseKind.CLAIM, claim.id)))
    return lines


def _tell(unit: Unit, order: NewOrder, confirmation: Confirmation) -> None:
    text_id, actor = encode_id("ord", order.id), order.command.actor.name
    if confirmation.hold is None:
        event = ReservationUnusable(order_id=text_id, reservation_id=confirmation.named, reason=confirmation.unusable)
        unit.event(new_event(event, at=unit.now, subject=text_id, actor=actor, order_id=order.id))
        return
    reservation = confirmation.hold.reservation
    held: Counter[int] = Counter()
    for claim in reservation.claims:
        held[claim.item_id] += claim.quantity
    got: Counter[int] = Counter()
    for taken in (c for r in order.routed for c in r.claims):
        got[taken.item_id] += taken.quantity
    id_ = reservation.row.id
    confirmed = ReservationConfirmed(
        reservation_id=encode_id("rsv", id_),
        order_id=text_id,
        kept=(held & got).total(),
        added=(got - held).total(),
        released=(held - got).total(),
    )
    tell(unit, id_, confirmed, actor, order.id)
