"""When a fact leaves less than is claimed, reservations give way before orders do, the latest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from crossdock.events.reservations import ReservationMoved, ReservationShort
from crossdock.inventory import claims, reservation_store
from crossdock.inventory import tables as inventory_tables
from crossdock.inventory.facts import with_reserved
from crossdock.inventory.model import CauseKind, Counters, Movement, MovementType, PositionKey, Source
from crossdock.inventory.reservation_store import Reservation, ReservedClaim
from crossdock.inventory.reservations import State
from crossdock.inventory.shares import last_taken_first
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.changes import Changes
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.policies.routing import route, together
from crossdock.orchestration.reservations.reserving import (
    Hold,
    claims_of,
    demand_of,
    destination,
    held_units,
    part_rows,
    tell,
    terms,
)
from crossdock.orchestration.views import shares
from crossdock.storage.unit import Unit


class _Loss(NamedTuple):
    """Units of a line that a position no longer has."""

    claim: ReservedClaim
    quantity: int


class Holders:
    """The reservations that hold units where facts may take goods away, locked before the positions are."""

    def __init__(self, unit: Unit, engine: Engine, keys: Iterable[PositionKey]) -> None:
        self._unit = unit
        self._engine = engine
        found = reservation_store.holding(unit.session, keys)
        shared = bool(engine.directory.shares.groups)
        loaded = reservation_store.lock(unit.session, found, shared=shared) if found else {}
        self._reservations = [r for r in loaded.values() if r.row.state == State.OPEN]
        engine.directory.load_items_by_id(unit.session, self.item_ids)
        self._holds: dict[int, Hold] = {}
        self._left: dict[int, int] = {}
        self._made: list[ReservedClaim] = []

    @property
    def item_ids(self) -> set[int]:
        """The items of these reservations, to be locked with those of the orders."""
        return {item for reservation in self._reservations for item in reservation.item_ids}

    def give_way(self, changes: Changes, key: PositionKey, actor: str) -> None:
        """Take units from reservations until nothing is short at a position, or none holds any there."""
        holding = [(r, c) for r in self._reservations for c in r.claims if self._stands_on(c, key)]
        holding.sort(key=lambda pair: (-pair[0].row.created_at, -pair[1].id))
        losses: dict[int, list[_Loss]] = defaultdict(list)
        for reservation, claim in holding:
            lacking = changes.positions[key].short
            if lacking <= 0:
                break
            losses[reservation.row.id].append(self._lose(changes, reservation, claim, lacking))
        by_id = {reservation.row.id: reservation for reservation in self._reservations}
        for id_, lost in losses.items():
            self._settle(changes, by_id[id_], key, lost, actor)

    def _stands_on(self, claim: ReservedClaim, key: PositionKey) -> bool:
        return claim.source == Source.POSITION and claim.key == key and self._left.get(claim.id, claim.quantity) > 0

    def _lose(self, changes: Changes, reservation: Reservation, claim: ReservedClaim, lacking: int) -> _Loss:
        units = min(lacking, claim.quantity)
        before = changes.positions[claim.key]
        change = with_reserved(before, before.reserved - units)
        kind, number = MovementType.RESERVATION_RELEASED, reservation.row.version + 1
        changes.fact(Movement(kind, claim.key, change, self._unit.now, CauseKind.CLAIM, claim.id, number))
        self._left[claim.id] = left = claim.quantity - units
        if claim.shares:
            # ``claims.shrink`` writes it.
            _, back = last_taken_first(claim.shares, claim.quantity - left)
            self._engine.planner.shares.give_back(claim.item_id, claim.location_id, back)
        return _Loss(claim, units)

    def _settle(
        self, changes: Changes, reservation: Reservation, key: PositionKey, lost: list[_Loss], actor: str
    ) -> None:
        """Look for the lost units elsewhere; what nobody has is lost, and a reservation of nothing is broken."""
        id_ = reservation.row.id
        hold = self._holds.setdefault(id_, Hold(reservation))
        wanted = sum(loss.quantity for loss in lost)
        found = self._elsewhere(changes, reservation, lost)
        missing = wanted - sum(claim.quantity for claim in found)
        left = hold.standing.held - missing
        hold.standing = hold.standing._replace(held=left)
        if not left:
            hold.end(State.BROKEN, self._unit.now, reason="short")
        if found:
            held = held_units(
                self._engine, [*self._still(reservation), *(c for c in self._made if c.reservation_id == id_)]
            )
            moved = ReservationMoved(reservation_id=encode_id("rsv", id_), held=held, reason="short")
            tell(self._unit, id_, moved, actor)
        if missing:
            directory = self._engine.directory
            short = ReservationShort(
                reservation_id=encode_id("rsv", id_),
                sku=directory.item_by_id(key[0]).sku,
                location=directory.locations[key[1]].location.code,
                lost=missing,
                left=left,
            )
            tell(self._unit, id_, short, actor)

    def _still(self, reservation: Reservation) -> list[ReservedClaim]:
        kept = [c._replace(quantity=self._left.get(c.id, c.quantity)) for c in reservation.claims]
        return [claim for claim in kept if claim.quantity]

    def _elsewhere(self, changes: Changes, reservation: Reservation, lost: list[_Loss]) -> list[ReservedClaim]:
        """Hold the lost units at other locations, as far as there are any; what is picked up is bound to its own."""
        if reservation.row.method == "pickup":
            return []
        units: dict[int, int] = defaultdict(int)
        for loss in lost:
            units[loss.claim.line_no] += loss.quantity
        lines = [line._replace(quantity=units[line.no]) for line in reservation.lines if line.no in units]
        engine, at = self._engine, self._unit.now
        channel, routes = (
            engine.directory.channel_by_id(reservation.row.channel_id),
            terms(engine, reservation, at).routes,
        )
        where = destination(engine, reservation, at)
        routed = together(route(engine.planner, 1, demand_of(engine, lines), where, routes, at, channel))
        for fulfillment in routed.fulfillments:
            if fulfillment.took_capacity:
                engine.planner.free_capacity(fulfillment.location_id, fulfillment.work_day)
        found = claims_of(reservation.row.id, routed)
        for claim in found:
            if claim.source == Source.POSITION:
                change, kind = Counters(reserved=claim.quantity), MovementType.RESERVED
                changes.taken(Movement(kind, claim.key, change, at, CauseKind.CLAIM, claim.id))
        self._made += found
        return found

    def write(self) -> None:
        """Write what is left of the reservations; the movements are written with the facts'."""
        expires = {r.row.id: r.row.expires_at for r in self._reservations}
        claims.shrink(self._unit, list(self._left.items()))
        rows = [
            reservation_store.claim_row(claim, expires[claim.reservation_id], self._unit.now) for claim in self._made
        ]
        self._unit.insert(inventory_tables.claims, rows)
        self._unit.insert(inventory_tables.claim_shares, part_rows(self._made))
        shares.use(self._unit, [(claim.item_id, *part) for claim in self._made for part in claim.shares])
        reservation_store.update(self._unit, [hold.standing for hold in self._holds.values()])
