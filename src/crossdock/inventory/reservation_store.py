"""All SQL of reservations that writes, and what writers must read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from crossdock.inventory import tables
from crossdock.inventory.claims import shares_of
from crossdock.inventory.model import ClaimKind, ClaimState, PositionKey
from crossdock.inventory.reservations import State
from crossdock.inventory.shares import Part
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

_ONE = ("bigint",)
_OPEN = int(ClaimState.OPEN)
_RESERVATION = int(ClaimKind.RESERVATION)


class KnownReservation(NamedTuple):
    """What was reserved under an external id."""

    reservation_id: int
    content_hash: bytes


class ReservationRow(NamedTuple):
    """The columns of a reservation that its changes need."""

    id: int
    channel_id: int
    external_id: str | None
    state: int
    method: str
    service_level: str
    country: str
    area: str
    x: int | None
    y: int | None
    z: int | None
    location_id: int | None
    due_day: int | None
    partial: int
    units: int
    held: int
    order_id: int | None
    created_at: int
    expires_at: int
    version: int

    @property
    def point(self) -> tuple[int, int, int] | None:
        """Where it goes, on the sphere; None when nobody knows."""
        return None if self.x is None or self.y is None or self.z is None else (self.x, self.y, self.z)


class ReservedLine(NamedTuple):
    """Units of one item that a line asks for; a bundle's line has one for each part."""

    reservation_id: int
    no: int
    line_no: int
    line_item_id: int
    line_quantity: int
    item_id: int
    quantity: int


class ReservedClaim(NamedTuple):
    """An open claim of a reservation."""

    id: int
    reservation_id: int
    line_no: int
    source: int
    item_id: int
    location_id: int
    stock_class: int
    supply_line_id: int | None
    quantity: int
    shares: tuple[Part, ...] = ()
    """From which counters of shares the units came, in order: (counter's id or 0, units) each."""

    @property
    def key(self) -> PositionKey:
        """The position that it stands on, if it stands on one."""
        return self.item_id, self.location_id, self.stock_class


class Reservation:
    """One reservation, locked, with what it asks for and the claims that it holds."""

    __slots__ = ("claims", "lines", "row")

    def __init__(self, row: ReservationRow) -> None:
        self.row = row
        self.lines: list[ReservedLine] = []
        self.claims: list[ReservedClaim] = []

    @property
    def item_ids(self) -> set[int]:
        """The items that it asks for or holds."""
        return {line.item_id for line in self.lines} | {claim.item_id for claim in self.claims}


# -- external ids -----------------------------------------------------------------------------------------------------


def known_keys(session: Session, keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], KnownReservation]:
    """Return what was reserved under these (channel id, external id)."""
    sql = """
        WITH k(channel_id, external_id) AS ({keys})
        SELECT r.channel_id, r.external_id, r.reservation_id, r.content_hash
        FROM k JOIN reservation_keys r ON r.channel_id = k.channel_id AND r.external_id = k.external_id
    """
    rows = session.fetch_keys(sql, ("bigint", "text"), keys)
    return {(row[0], row[1]): KnownReservation(row[2], bytes(row[3])) for row in rows}


def claim_keys(unit: Unit, rows: Sequence[tuple[int, str, int, bytes]]) -> set[tuple[int, str]]:
    """Claim external ids for new reservations; returns those that are ours, the others were taken a moment ago."""
    return {(row[0], row[1]) for row in unit.session.insert_new(tables.reservation_keys, rows)}


def give_up_keys(unit: Unit, keys: Sequence[tuple[int, str]]) -> None:
    """Give back external ids that were claimed in this transaction."""
    sql = """
        WITH k(channel_id, external_id) AS ({keys})
        DELETE FROM reservation_keys WHERE (channel_id, external_id) IN (SELECT channel_id, external_id FROM k)
    """
    unit.session.execute_keys(sql, ("bigint", "text"), keys)


# -- reading for a change ---------------------------------------------------------------------------------------------

_COLUMNS = ", ".join(f"r.{name}" for name in ReservationRow._fields)
_LOCK = f"WITH k(id) AS ({{keys}}) SELECT {_COLUMNS} FROM k JOIN reservations r ON r.id = k.id ORDER BY r.id {{lock}}"
_LINES = """
    WITH k(id) AS ({keys})
    SELECT l.reservation_id, l.no, l.line_no, l.line_item_id, l.line_quantity, l.item_id, l.quantity
    FROM k JOIN reservation_lines l ON l.reservation_id = k.id ORDER BY l.reservation_id, l.no
"""
_CLAIMS = """
    WITH k(id) AS ({keys})
    SELECT c.id, c.owner_id, c.owner_no, c.source, c.item_id, c.location_id, c.stock_class, c.supply_line_id,
           c.quantity
    FROM k JOIN claims c ON c.owner_id = k.id WHERE c.state = ? AND c.kind = ? ORDER BY c.id {lock}
"""


def lock(session: Session, ids: Iterable[int], *, shared: bool = False) -> dict[int, Reservation]:
    """Lock these reservations and their open claims, in global order; those that do not exist are left out.

    ``shared``: channels are kept shares of stock, so that claims may have come from some.
    """
    keys = [(id_,) for id_ in sorted(set(ids))]
    found = {row[0]: Reservation(ReservationRow(*row)) for row in session.fetch_keys(_LOCK, _ONE, keys)}
    live = [(id_,) for id_, reservation in found.items() if reservation.row.state == State.OPEN]
    for row in session.fetch_keys(_LINES, _ONE, live):
        found[row[0]].lines.append(ReservedLine(*row))
    held = [ReservedClaim(*row) for row in session.fetch_keys(_CLAIMS, _ONE, live, _OPEN, _RESERVATION)]
    parts = shares_of(session, [claim.id for claim in held]) if shared and held else {}
    for claim in held:
        own = parts.get(claim.id)
        found[claim.reservation_id].claims.append(claim._replace(shares=tuple(own)) if own else claim)
    return found


def due(session: Session, now: int, most: int) -> list[int]:
    """Return the reservations whose time is over, those first that have waited longest."""
    sql = "SELECT id FROM reservations WHERE state = 1 AND expires_at <= ? ORDER BY expires_at, id LIMIT ?"
    return [row[0] for row in session.fetch(sql, now, most)]


def next_expiry(session: Session) -> int | None:
    """Return when the first of the open reservations ends; None when there is none."""
    found: int | None = session.fetch("SELECT min(expires_at) FROM reservations WHERE state = 1")[0][0]
    return found


def holding(session: Session, positions: Iterable[PositionKey]) -> list[int]:
    """Return the reservations with open claims on these positions."""
    sql = """
        WITH k(item_id, location_id, stock_class) AS ({keys})
        SELECT DISTINCT c.owner_id FROM k JOIN claims c
          ON c.item_id = k.item_id AND c.location_id = k.location_id AND c.stock_class = k.stock_class
        WHERE c.state = 1 AND c.kind = 1 AND c.source = 0
    """
    return [row[0] for row in session.fetch_keys(sql, ("bigint",) * 3, sorted(set(positions)))]


# -- writing ----------------------------------------------------------------------------------------------------------


class Standing(NamedTuple):
    """Where a reservation stands after a change; 0 stands for what it does not have."""

    id: int
    state: int
    units: int
    held: int
    order_id: int
    expires_at: int
    ended_at: int
    reason: str


_UPDATE = """
    WITH v(id, state, units, held, order_id, expires_at, ended_at, reason) AS ({keys})
    UPDATE reservations SET state = v.state, units = v.units, held = v.held, order_id = NULLIF(v.order_id, 0),
        expires_at = v.expires_at, ended_at = NULLIF(v.ended_at, 0), reason = v.reason,
        version = reservations.version + 1
    FROM v WHERE reservations.id = v.id
"""


def update(unit: Unit, rows: Sequence[Standing]) -> None:
    """Write where reservations stand now, and count their versions up."""
    if rows:
        unit.session.execute_keys(_UPDATE, ("bigint",) * 7 + ("text",), sorted(rows))
        unit.dirty = True


def redecide(unit: Unit, reservation_id: int, record: bytes) -> None:
    """Keep the record of the latest decision."""
    unit.session.execute("UPDATE reservations SET decision = ? WHERE id = ?", record, reservation_id)


def rebind(
    unit: Unit, reservation_id: int, location_id: int, country: str, area: str, point: tuple[int, int, int]
) -> None:
    """Have the goods picked up at another location."""
    unit.session.execute(
        "UPDATE reservations SET location_id = ?, country = ?, area = ?, x = ?, y = ?, z = ? WHERE id = ?",
        location_id,
        country,
        area,
        *point,
        reservation_id,
    )


def replace_lines(unit: Unit, reservation_id: int, lines: Sequence[ReservedLine]) -> None:
    """Ask for other units."""
    unit.session.execute("DELETE FROM reservation_lines WHERE reservation_id = ?", reservation_id)
    unit.insert(tables.reservation_lines, lines)


_FORGOTTEN = f"""
    SELECT id, channel_id, external_id FROM reservations
    WHERE state IN ({int(State.RELEASED)}, {int(State.EXPIRED)}, {int(State.BROKEN)}) AND expires_at < ?
    ORDER BY expires_at LIMIT ?
"""


def forget(unit: Unit, before: int, most: int) -> int:
    """Delete reservations that ended without an order and whose time was over before an instant; returns how many.

    Their claims stay: lines of the ledger have them as their cause. Their external ids are free again.
    """
    rows = unit.session.fetch(_FORGOTTEN, before, most)
    ids = sorted((row[0],) for row in rows)
    keys = sorted((row[1], row[2]) for row in rows if row[2] is not None)
    if not ids:
        return 0
    delete = "WITH k(id) AS ({keys}) DELETE FROM"
    named = "(channel_id, external_id) IN (SELECT channel_id, external_id FROM k)"
    if keys:
        sql = f"WITH k(channel_id, external_id) AS ({{keys}}) DELETE FROM reservation_keys WHERE {named}"
        unit.session.execute_keys(sql, ("bigint", "text"), keys)
    of_them = f"{delete} reservation_lines WHERE reservation_id IN (SELECT id FROM k)"
    unit.session.execute_keys(of_them, _ONE, ids)
    unit.session.execute_keys(f"{delete} reservations WHERE id IN (SELECT id FROM k)", _ONE, ids)
    unit.dirty = True
    return len(ids)


def end_claims(unit: Unit, claim_ids: Sequence[int], state: ClaimState) -> None:
    """Close claims: given back, or turned into allocations."""
    sql = "WITH k(id) AS ({keys}) UPDATE claims SET state = CAST(? AS smallint) FROM k WHERE claims.id = k.id"
    if claim_ids:
        unit.session.execute_keys(sql, _ONE, [(id_,) for id_ in sorted(claim_ids)], int(state))
        unit.dirty = True


def claim_row(claim: ReservedClaim, expires_at: int, at: int) -> tuple[Any, ...]:
    """Return the row of a claim; the expiry is that of the reservation when it was made."""
    stand = (claim.source, claim.item_id, claim.location_id, claim.stock_class, claim.supply_line_id)
    kind, state = int(ClaimKind.RESERVATION), _OPEN
    return (claim.id, kind, claim.reservation_id, claim.line_no, *stand, claim.quantity, state, expires_at, at)
