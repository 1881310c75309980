"""Reservations in: a batch is checked, taken apart, decided in order against one picture, claimed, recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crossdock.catalog.model import ItemFacts
from crossdock.events.reservations import ReservationCreated
from crossdock.inventory import reservation_store as store
from crossdock.inventory import tables as inventory_tables
from crossdock.inventory.reservation_store import Reservation, ReservationRow, ReservedLine
from crossdock.inventory.reservations import MAX_UNITS, START, Durations, ReservationIn, ReservedLineIn
from crossdock.kernel.clock import instant, rfc3339, utc_day
from crossdock.kernel.errors import CrossdockError, FieldError
from crossdock.kernel.geo import xyz
from crossdock.kernel.ids import encode_id
from crossdock.network.places import area_of, locate
from crossdock.network.store import StoredLocation
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.errors import ReservationContentDiffers, ReservationRefused, UnknownItem
from crossdock.orchestration.plans import Routed
from crossdock.orchestration.reservations.commands import Reserve, Reserved
from crossdock.orchestration.reservations.reserving import Hold, decide, destination, held_units, tell, write
from crossdock.storage import guard
from crossdock.storage.unit import Unit
from crossdock.storage.writer import AGAIN, Outcome

_LOCK_FIRST_AFTER = 3


class NewReservation:
    """A reservation on its way through a batch."""

    __slots__ = ("command", "hold", "key", "reservation", "routed")

    def __init__(self, command: Reserve, reservation: Reservation) -> None:
        self.command = command
        self.reservation = reservation
        self.hold = Hold(reservation, is_new=True)
        self.routed: Routed | None = None
        row = reservation.row
        self.key = None if row.external_id is None else (row.channel_id, row.external_id)


class ReserveHandler:
    """Does Reserve, in batches."""

    max_batch = 256

    def __init__(self, engine: Engine, durations: Durations) -> None:
        self._engine = engine
        self._durations = durations

    def weight(self, command: Reserve) -> int:
        return len(command.reservation.lines)

    def settled(self, *, committed: bool) -> None:
        self._engine.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[Reserve], attempts: Sequence[int]) -> list[Outcome]:
        engine, session = self._engine, unit.session
        engine.follow(session)
        skus = {line.sku for command in commands for line in command.reservation.lines}
        engine.directory.load_items(session, skus)
        outcomes: list[Outcome] = [None] * len(commands)
        new = self._admit(unit, commands, outcomes)
        items = {line.item_id for each in new.values() for line in each.reservation.lines}
        stubborn = {
            line.item_id for i, n in new.items() if attempts[i] >= _LOCK_FIRST_AFTER for line in n.reservation.lines
        }
        if stubborn:
            engine.lock_items(session, stubborn)
        engine.planner.sight.prepare(session, [unit.now], sorted(items))
        for index, each in new.items():
            try:
                self._decide(unit, each)
            except CrossdockError as refusal:
                outcomes[index] = refusal
        asked = {index: each for index, each in new.items() if outcomes[index] is None}
        taken = engine.take(unit, [each.hold.takes for each in asked.values()])
        kept: list[tuple[int, NewReservation]] = []
        for number, (index, each) in enumerate(asked.items()):
            if taken.missing[number] is None:
                kept.append((number, each))
                outcomes[index] = Reserved(reservation_id=each.reservation.row.id, version=1)
            else:
                outcomes[index] = AGAIN
                engine.lost_race(line.item_id for line in each.reservation.lines)
        store.give_up_keys(
            unit, [n.key for i, n in new.items() if n.key is not None and not isinstance(outcomes[i], Reserved)]
        )
        self._write(unit, kept, taken)
        return outcomes

    # -- who comes in --------------------------------------------------------------------------------------------

    def _admit(self, unit: Unit, commands: Sequence[Reserve], outcomes: list[Outcome]) -> dict[int, NewReservation]:
        """Answer what is known already or cannot be taken in; return the rest by its place in the batch."""
        checked: dict[int, NewReservation] = {}
        for index, command in enumerate(commands):
            try:
                reservation = check(self._engine, unit, command.reservation, self._durations)
            except CrossdockError as refusal:
                outcomes[index] = refusal
            else:
                checked[index] = NewReservation(command, reservation)
        known = store.known_keys(unit.session, sorted({n.key for n in checked.values() if n.key is not None}))
        fresh: dict[int, NewReservation] = {}
        taken: set[tuple[int, str]] = set()
        for index, each in checked.items():
            if each.key is not None and each.key in known:
                outcomes[index] = _again(each, known[each.key])
            elif each.key is not None and each.key in taken:
                outcomes[index] = AGAIN  # twice in one batch: the second finds the first in the next one
            else:
                if each.key is not None:
                    taken.add(each.key)
                fresh[index] = each
        rows = sorted((*n.key, n.reservation.row.id, n.command.content_hash) for n in fresh.values() if n.key)
        ours = store.claim_keys(unit, rows)
        for index, each in list(fresh.items()):
            if each.key is not None and each.key not in ours:
                outcomes[index] = AGAIN
                del fresh[index]
        return fresh

    def _decide(self, unit: Unit, new: NewReservation) -> None:
        reservation = new.reservation
        where = destination(self._engine, reservation, unit.now)
        partial = bool(reservation.row.partial)
        new.routed = decide(unit, self._engine, new.hold, reservation.lines, where, partial=partial)

    # -- what is written -----------------------------------------------------------------------------------------

    def _write(self, unit: Unit, kept: Sequence[tuple[int, NewReservation]], taken: guard.Taken) -> None:
        rows: list[tuple[Any, ...]] = []
        lines: list[ReservedLine] = []
        for _, new in kept:
            held = new.hold.standing.held
            row = new.reservation.row._replace(held=held)
            record = b"" if new.routed is None else new.routed.record
            rows.append((*row[:-1], None, "", record, row.version))
            lines += new.reservation.lines
            event = ReservationCreated(
                reservation_id=encode_id("rsv", row.id),
                channel=new.command.reservation.channel,
                external_id=row.external_id or "",
                expires_at=rfc3339(row.expires_at),
                held=held_units(self._engine, new.hold.made),
                lacking=row.units - held,
            )
            tell(unit, row.id, event, new.command.actor.name)
        unit.insert(inventory_tables.reservations, rows)
        unit.insert(inventory_tables.reservation_lines, lines)
        write(unit, self._engine, [new.hold for _, new in kept], [number for number, _ in kept], taken)


def check(engine: Engine, unit: Unit, asked: ReservationIn, durations: Durations) -> Reservation:
    """Return the reservation with its lines taken apart, if it can be taken in; raises what refuses it."""
    directory = engine.directory
    channel = directory.channel(asked.channel)
    faults, place = _faults(directory, asked, unit.now)
    if faults:
        raise ReservationRefused(f"{len(faults)} contradictions; the first: {faults[0].message}", tuple(faults))
    until = durations.until(unit.now, asked.duration_seconds)
    id_ = unit.ids.one()
    lines = explode(directory, id_, asked.lines)
    delivery, to = asked.delivery, asked.delivery.destination
    where: tuple[Any, ...]
    if place is not None or to is None:
        assert place is not None  # one of both is there: the rest are faults
        where = (place.location.address.country, "", *place.point, place.id)
    else:
        area = area_of(to.country, to.postal_code) if to.postal_code else ""
        exact = None if to.latitude is None or to.longitude is None else xyz(to.latitude, to.longitude)
        point = exact or (locate(to.country, area) if area else None) or (None, None, None)
        where = (to.country, area, *point, None)
    due = None if delivery.by is None else utc_day(instant(delivery.by))
    units = sum(line.quantity for line in lines)
    head = (id_, channel.id, asked.external_id, int(START), delivery.method, delivery.service_level)
    rest = (due, int(asked.partial), units, 0, None, unit.now, until, 1)
    row = ReservationRow._make((*head, *where, *rest))
    reservation = Reservation(row)
    reservation.lines = lines
    return reservation


def explode(directory: Directory, reservation_id: int, asked: Sequence[ReservedLineIn]) -> list[ReservedLine]:
    """Return what the lines ask for, by item: bundles are taken apart. Raises UnknownItem or ReservationRefused."""
    found: list[ReservedLine] = []
    unknown: list[FieldError] = []
    for index, line in enumerate(asked):
        facts = directory.item(line.sku)
        if facts is None:
            text = f"There is no item with the SKU '{line.sku}'."
            unknown.append(FieldError(f"/lines/{index}/sku", "unknown_item", text))
            continue
        parts: tuple[tuple[ItemFacts, int], ...] = directory.parts(facts) if facts.components else ((facts, 1),)
        for part, count in parts:
            number, quantity = len(found) + 1, line.quantity * count
            found.append(ReservedLine(reservation_id, number, index + 1, facts.id, line.quantity, part.id, quantity))
    if unknown:
        raise UnknownItem(f"{len(unknown)} lines name items that do not exist; {unknown[0].message}", tuple(unknown))
    units = sum(line.quantity for line in found)
    if units > MAX_UNITS:
        fault = FieldError("/lines", "too_many_units", f"These are {units} units; {MAX_UNITS} are the limit.")
        raise ReservationRefused(fault.message, (fault,))
    return found


def _faults(directory: Directory, asked: ReservationIn, now: int) -> tuple[list[FieldError], StoredLocation | None]:
    """Return the contradictions of the delivery, and the location where the goods are picked up, if they are."""
    found: list[FieldError] = []
    delivery, place = asked.delivery, None
    wanted, other = ("destination", "location") if delivery.method == "ship" else ("location", "destination")
    if getattr(delivery, wanted) is None:
        text = f"A delivery by {delivery.method} needs a {wanted}."
        found.append(FieldError(f"/delivery/{wanted}", "missing", text))
    if getattr(delivery, other) is not None:
        text = f"A delivery by {delivery.method} has no {other}."
        found.append(FieldError(f"/delivery/{other}", "unexpected", text))
    if delivery.by is not None and utc_day(instant(delivery.by)) < utc_day(now):
        found.append(FieldError("/delivery/by", "in_the_past", "This date has passed."))
    if not found and delivery.location is not None:
        place = directory.place(delivery.location)
        if place is None or "collect" not in place.location.capabilities:
            text = f"Nothing can be collected at '{delivery.location}'."
            found.append(FieldError("/delivery/location", "no_pick_up_point", text))
    return found, place


def _again(new: NewReservation, known: store.KnownReservation) -> Outcome:
    """Answer an external id that was reserved before: the same, or another content."""
    if known.content_hash == new.command.content_hash:
        return Reserved(reservation_id=known.reservation_id, replayed=True)
    asked = new.command.reservation
    return ReservationContentDiffers(
        f"The reservation '{asked.external_id}' of channel '{asked.channel}' was made with another content."
    )
