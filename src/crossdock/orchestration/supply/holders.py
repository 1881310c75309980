"""Reservations on what is coming: they get their units when these arrive, and lose them when less is to come.

They stand before who waits: somebody was shown that the units are his.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from crossdock.events.reservations import ReservationMoved, ReservationShort
from crossdock.inventory import claims, reservation_store, supply
from crossdock.inventory import tables as inventory_tables
from crossdock.inventory.model import CauseKind, ClaimKind, Counters, Movement, MovementType, Source
from crossdock.inventory.reservation_store import ReservedClaim
from crossdock.inventory.reservations import State
from crossdock.inventory.supply import SupplyRow
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.changes import Changes
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.reservations.reserving import Hold, held_units, tell
from crossdock.orchestration.supply.line import SUPPLY
from crossdock.storage.errors import TransientFault
from crossdock.storage.unit import Unit


class LineHolders:
    """The reservations that hold units of supply lines, locked before the lines are."""

    def __init__(self, unit: Unit, engine: Engine, line_ids: Iterable[int]) -> None:
        self._unit = unit
        self._engine = engine
        self._lines = sorted(set(line_ids))
        owners = self._owners()
        self._reservations = reservation_store.lock(unit.session, owners) if owners else {}
        self._claims: dict[int, list[ReservedClaim]] = defaultdict(list)
        for reservation in self._reservations.values():
            for claim in reservation.claims:
                if claim.supply_line_id is not None:
                    self._claims[claim.supply_line_id].append(claim)
        self._left = {claim.id: claim.quantity for held in self._claims.values() for claim in held}
        self._made: list[ReservedClaim] = []
        self._lost: dict[tuple[int, int, int], int] = defaultdict(int)
        self._moved: set[int] = set()

    def _owners(self) -> set[int]:
        found = supply.claims_on(self._unit.session, self._lines)
        return {claim.owner_id for claim in found if claim.kind == ClaimKind.RESERVATION}

    def locked(self) -> None:
        """Make sure, now that the lines are locked, that nobody reserved of them meanwhile; raises HeldMeanwhile."""
        if self._owners() - self._reservations.keys():
            raise HeldMeanwhile

    def arrive(self, changes: Changes, row: SupplyRow, units: int) -> int:
        """Give units that have arrived to who reserved them, in order; returns how many found their owner."""
        key, left = (row.item_id, row.location_id, row.stock_class), units
        for claim in sorted(self._claims[row.id], key=lambda claim: claim.id):
            took = min(left, self._left[claim.id], max(0, changes.positions[key].claimable))
            if took <= 0:
                continue
            left -= took
            self._left[claim.id] -= took
            new = claim._replace(
                id=self._unit.ids.one(), source=int(Source.POSITION), supply_line_id=None, quantity=took
            )
            self._made.append(new)
            self._moved.add(claim.reservation_id)
            kind, change = MovementType.RESERVED, Counters(reserved=took)
            changes.fact(Movement(kind, key, change, self._unit.now, CauseKind.CLAIM, new.id))
        return units - left

    def lose(self, row: SupplyRow) -> None:
        """Take from reservations what a line does not bring any more, the latest first."""
        held = sorted(self._claims[row.id], key=lambda claim: -claim.id)
        beyond = sum(self._left[claim.id] for claim in held) - row.open
        for claim in held:
            units = min(max(0, beyond), self._left[claim.id])
            if units:
                beyond -= units
                self._left[claim.id] -= units
                self._lost[claim.reservation_id, row.item_id, row.location_id] += units

    def write(self) -> None:
        """Write the claims and where the reservations stand, and tell them."""
        changed = self._moved | {key[0] for key in self._lost}
        if not changed:
            return
        unit = self._unit
        claims.shrink(unit, list(self._left.items()))
        expires = {id_: reservation.row.expires_at for id_, reservation in self._reservations.items()}
        rows = [reservation_store.claim_row(claim, expires[claim.reservation_id], unit.now) for claim in self._made]
        unit.insert(inventory_tables.claims, rows)
        standings = []
        for id_ in sorted(changed):
            hold = Hold(self._reservations[id_])
            lost = sum(units for key, units in self._lost.items() if key[0] == id_)
            hold.standing = hold.standing._replace(held=hold.standing.held - lost)
            if not hold.standing.held:
                hold.end(State.BROKEN, unit.now, reason="supply")
            standings.append(hold.standing)
            self._tell(id_, hold.standing.held)
        reservation_store.update(unit, standings)

    def _tell(self, id_: int, held: int) -> None:
        directory = self._engine.directory
        reservation = self._reservations[id_]
        directory.load_items_by_id(self._unit.session, reservation.item_ids)
        if id_ in self._moved:
            kept = [c._replace(quantity=self._left.get(c.id, c.quantity)) for c in reservation.claims]
            stands = [claim for claim in kept if claim.quantity] + [c for c in self._made if c.reservation_id == id_]
            units = held_units(self._engine, stands)
            moved = ReservationMoved(reservation_id=encode_id("rsv", id_), held=units, reason="arrived")
            tell(self._unit, id_, moved, SUPPLY)
        for (owner, item, location), lost in sorted(self._lost.items()):
            if owner == id_:
                short = ReservationShort(
                    reservation_id=encode_id("rsv", id_),
                    sku=directory.item_by_id(item).sku,
                    location=directory.locations[location].location.code,
                    lost=lost,
                    left=held,
                )
                tell(self._unit, id_, short, SUPPLY)


class HeldMeanwhile(TransientFault):
    """Somebody reserved of a line between the look and the lock: the command is done again."""
