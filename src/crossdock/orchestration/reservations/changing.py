"""Commands on reservations that exist: extend, change, release, move."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from crossdock.events.reservations import (
    ReservationChanged,
    ReservationExtended,
    ReservationMoved,
    ReservationReleased,
)
from crossdock.inventory import reservation_store as store
from crossdock.inventory.model import PLAIN, Source
from crossdock.inventory.reservation_store import Reservation, ReservedClaim
from crossdock.inventory.reservations import MOST_CHANGES, Durations, ReservationNotOpen, State, TooManyChanges, word
from crossdock.kernel.clock import rfc3339
from crossdock.kernel.errors import CrossdockError
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.errors import (
    MoveImpossible,
    NotEnoughToReserve,
    ReservationNotFound,
    VersionMismatch,
)
from crossdock.orchestration.reservations.commands import (
    ChangeReservation,
    ExtendReservation,
    MoveReservation,
    ReleaseReservation,
    ReservationCommand,
    Reserved,
)
from crossdock.orchestration.reservations.reserve import explode
from crossdock.orchestration.reservations.reserving import (
    Hold,
    credit,
    decide,
    destination,
    held_units,
    own_units,
    tell,
    write,
)
from crossdock.storage.unit import Unit
from crossdock.storage.writer import AGAIN, Outcome


class ReservationHandler(ABC):
    """What the commands on one reservation have in common: lock and load the batch's, change each, write once."""

    max_batch = 64

    def __init__(self, engine: Engine, durations: Durations) -> None:
        self._engine = engine
        self._durations = durations

    def weight(self, command: Any) -> int:
        return 10

    def settled(self, *, committed: bool) -> None:
        self._engine.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[Any], attempts: Sequence[int]) -> list[Outcome]:
        engine, session = self._engine, unit.session
        engine.follow(session)
        shared = bool(engine.directory.shares.groups)
        loaded = store.lock(session, {command.reservation_id for command in commands}, shared=shared)
        items = {item for reservation in loaded.values() for item in reservation.item_ids}
        items |= self.also_items(unit, commands)
        engine.directory.load_items_by_id(session, items)
        engine.planner.sight.prepare(session, [unit.now], sorted(items))
        outcomes: list[Outcome] = [None] * len(commands)
        holds: dict[int, Hold] = {}
        seen: set[int] = set()
        for index, command in enumerate(commands):
            if command.reservation_id in seen:
                outcomes[index] = AGAIN  # one change a batch: the second starts from what the first left
                continue
            try:
                reservation = _current(loaded, command, unit.now)
                holds[index] = self.change(unit, reservation, command)
                seen.add(command.reservation_id)
            except CrossdockError as refusal:
                outcomes[index] = refusal
        taken = engine.take(unit, [hold.takes for hold in holds.values()])
        kept: list[tuple[int, Hold]] = []
        for number, (index, hold) in enumerate(holds.items()):
            if taken.missing[number] is None:
                kept.append((number, hold))
                row = hold.reservation.row
                outcomes[index] = Reserved(reservation_id=row.id, version=row.version + 1)
                self.tell(unit, hold, commands[index])
            else:
                outcomes[index] = AGAIN
                engine.lost_race(hold.reservation.item_ids)
        write(unit, engine, [hold for _, hold in kept], [number for number, _ in kept], taken)
        return outcomes

    def also_items(self, unit: Unit, commands: Sequence[Any]) -> set[int]:
        """Return the items that the commands bring into the reservations."""
        return set()

    @abstractmethod
    def change(self, unit: Unit, reservation: Reservation, command: Any) -> Hold:
        """Plan the change of one reservation; refuses before it has planned anything."""

    @abstractmethod
    def tell(self, unit: Unit, hold: Hold, command: Any) -> None:
        """Write down and tell what the guard has granted."""


def _current(loaded: dict[int, Reservation], command: ReservationCommand, now: int) -> Reservation:
    """Return the reservation if it can still be changed; what is past its time is not, though it may not be swept."""
    reservation = loaded.get(command.reservation_id)
    if reservation is None:
        raise ReservationNotFound(f"There is no reservation {encode_id('rsv', command.reservation_id)}.")
    row = reservation.row
    if row.state != State.OPEN:
        raise ReservationNotOpen(f"The reservation is {word(State(row.state))}.")
    if command.version is not None and command.version != row.version:
        raise VersionMismatch(f"The reservation is at version {row.version}, the request names {command.version}.")
    if row.expires_at <= now and not isinstance(command, ReleaseReservation):
        raise ReservationNotOpen(f"The reservation expired at {rfc3339(row.expires_at)}.")
    if row.version >= MOST_CHANGES and not isinstance(command, ReleaseReservation):
        raise TooManyChanges(f"The reservation was changed {row.version} times.")
    return reservation


class ExtendHandler(ReservationHandler):
    """Does ExtendReservation: the new time counts from now on."""

    def change(self, unit: Unit, reservation: Reservation, command: ExtendReservation) -> Hold:
        hold = Hold(reservation)
        hold.standing = hold.standing._replace(expires_at=self._durations.until(unit.now, command.seconds))
        return hold

    def tell(self, unit: Unit, hold: Hold, command: ExtendReservation) -> None:
        row = hold.reservation.row
        event = ReservationExtended(
            reservation_id=encode_id("rsv", row.id),
            expires_at=rfc3339(hold.standing.expires_at),
            before=rfc3339(row.expires_at),
        )
        tell(unit, row.id, event, command.actor.name)


class ReleaseHandler(ReservationHandler):
    """Does ReleaseReservation: everything goes back at once."""

    def change(self, unit: Unit, reservation: Reservation, command: ReleaseReservation) -> Hold:
        hold = Hold(reservation)
        hold.give_back(unit, self._engine)
        credit(self._engine, own_units(reservation))
        hold.end(State.RELEASED, unit.now, reason=command.reason)
        return hold

    def tell(self, unit: Unit, hold: Hold, command: ReleaseReservation) -> None:
        id_ = hold.reservation.row.id
        event = ReservationReleased(reservation_id=encode_id("rsv", id_), units=hold.units, reason=command.reason)
        tell(unit, id_, event, command.actor.name)


class _Deciding(ReservationHandler):
    """What is decided anew: the own units are added back, given back and taken again by one conditional write."""

    def __init__(self, engine: Engine, durations: Durations) -> None:
        super().__init__(engine, durations)
        self._records: dict[int, bytes] = {}

    def keep_record(self, unit: Unit, hold: Hold) -> None:
        """Store the decision that the reservation rests on now."""
        record = self._records.pop(hold.reservation.row.id, None)
        if record is not None:
            store.redecide(unit, hold.reservation.row.id, record)


class ChangeHandler(_Deciding):
    """Does ChangeReservation."""

    def also_items(self, unit: Unit, commands: Sequence[Any]) -> set[int]:
        directory = self._engine.directory
        directory.load_items(unit.session, {line.sku for command in commands for line in command.lines})
        known = [directory.item(line.sku) for command in commands for line in command.lines]
        parts = [part for facts in known if facts for part in ((facts, 1), *directory.parts(facts))]
        return {facts.id for facts, _ in parts}

    def change(self, unit: Unit, reservation: Reservation, command: ChangeReservation) -> Hold:
        hold = Hold(reservation)
        row = reservation.row
        lines = explode(self._engine.directory, row.id, command.lines)
        where = destination(self._engine, reservation, unit.now)
        partial = bool(row.partial) if command.partial is None else command.partial
        routed = decide(unit, self._engine, hold, lines, where, partial=partial)
        hold.standing = hold.standing._replace(units=sum(line.quantity for line in lines))
        reservation.lines = lines
        self._records[row.id] = routed.record
        return hold

    def tell(self, unit: Unit, hold: Hold, command: ChangeReservation) -> None:
        id_, standing = hold.reservation.row.id, hold.standing
        self.keep_record(unit, hold)
        store.replace_lines(unit, id_, hold.reservation.lines)
        held = held_units(self._engine, hold.made)
        event = ReservationChanged(
            reservation_id=encode_id("rsv", id_), held=held, lacking=standing.units - standing.held
        )
        tell(unit, id_, event, command.actor.name)


class MoveHandler(_Deciding):
    """Does MoveReservation: to another location by a decision that sees it alone, or to goods that are coming."""

    def change(self, unit: Unit, reservation: Reservation, command: MoveReservation) -> Hold:
        hold = Hold(reservation)
        if (command.location is None) == (command.supply_line_id is None):
            raise MoveImpossible("Name a location or a supply line.")
        if command.location is not None:
            return self._to_location(unit, hold, command.location)
        return self._to_supply(unit, hold, command.supply_line_id or 0)

    def _to_location(self, unit: Unit, hold: Hold, code: str) -> Hold:
        engine, reservation = self._engine, hold.reservation
        place = engine.directory.place(code)
        if place is None:
            raise MoveImpossible(f"There is no location '{code}'.")
        where = destination(engine, reservation, unit.now)._replace(bound=place.id)
        if reservation.row.method == "pickup":
            where = where._replace(country=place.location.address.country, point=place.point)
        try:
            routed = decide(unit, engine, hold, self._held_lines(reservation), where, partial=False)
        except NotEnoughToReserve as refusal:
            raise MoveImpossible(f"'{code}' cannot hold all of it: {refusal.detail}", refusal.errors) from None
        self._records[reservation.row.id] = routed.record
        return hold

    def _held_lines(self, reservation: Reservation) -> list[store.ReservedLine]:
        """Return the lines with the units that are held, for only those are moved."""
        held: dict[int, int] = {}
        for claim in reservation.claims:
            held[claim.line_no] = held.get(claim.line_no, 0) + claim.quantity
        # In units of the part: a bundle's line is not taken as a whole here.
        return [
            line._replace(quantity=held[line.no], line_quantity=held[line.no])
            for line in reservation.lines
            if line.no in held
        ]

    def _to_supply(self, unit: Unit, hold: Hold, supply_line_id: int) -> Hold:
        rows = unit.session.fetch(_SUPPLY_LINE, supply_line_id)
        if not rows:
            raise MoveImpossible("There is no such supply line, or nothing is coming of it any more.")
        item_id, location_id, stock_class, left = rows[0]
        row, claims = hold.reservation.row, hold.reservation.claims
        if stock_class != PLAIN or {claim.item_id for claim in claims} != {item_id}:
            raise MoveImpossible("The supply line brings another item than the reservation holds.")
        if row.method == "pickup" and row.location_id != location_id:
            raise MoveImpossible("The goods are picked up elsewhere than where the supply line comes to.")
        wanted = sum(claim.quantity for claim in claims if claim.supply_line_id != supply_line_id)
        if left < wanted:
            raise MoveImpossible(f"{left} units of the supply line are free, and {wanted} are to be moved.")
        hold.give_back(unit, self._engine)
        credit(self._engine, own_units(hold.reservation))
        hold.made = [
            ReservedClaim(
                unit.ids.one(), row.id, claim.line_no, int(Source.SUPPLY_LINE), item_id, location_id, PLAIN,
                supply_line_id, claim.quantity,
            )
            for claim in _merged(claims)
        ]  # fmt: skip
        return hold

    def tell(self, unit: Unit, hold: Hold, command: MoveReservation) -> None:
        row = hold.reservation.row
        self.keep_record(unit, hold)
        if row.method == "pickup" and hold.made[0].location_id != row.location_id:
            place = self._engine.directory.locations[hold.made[0].location_id]
            store.rebind(unit, row.id, place.id, place.location.address.country, "", place.point)
        held = held_units(self._engine, hold.made)
        event = ReservationMoved(reservation_id=encode_id("rsv", row.id), held=held, reason=command.reason)
        tell(unit, row.id, event, command.actor.name)


def _merged(claims: Iterable[ReservedClaim]) -> list[ReservedClaim]:
    """Add up the claims of each line."""
    by_line: dict[int, ReservedClaim] = {}
    for claim in claims:
        known = by_line.get(claim.line_no)
        by_line[claim.line_no] = claim if known is None else known._replace(quantity=known.quantity + claim.quantity)
    return list(by_line.values())


_SUPPLY_LINE = """
    SELECT item_id, location_id, stock_class, quantity - received - claimed FROM supply_lines WHERE id = ? AND state = 1
"""
