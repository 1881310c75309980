"""All SQL of supply lines that writers need: what is coming, who has a claim on it, what arrived."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from crossdock.inventory import tables
from crossdock.inventory.model import ClaimState, Source
from crossdock.inventory.supply_model import SupplyState
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit


class Arriving(NamedTuple):
    """Units of a supply line that nobody has a claim on yet; ``day`` is an ordinal and may have passed: it is late."""

    item_id: int
    location_id: int
    day: int
    open: int


class SupplyRow(NamedTuple):
    """A supply line as it is stored, in the order of its columns."""

    id: int
    kind: int
    reference: str
    line: str
    item_id: int
    location_id: int
    stock_class: int
    expected_day: int
    quantity: int
    received: int
    claimed: int
    state: int
    created_at: int
    changed_at: int
    fulfillment_id: int | None = None
    """The leg that brings it, of a transfer for somebody."""

    @property
    def open(self) -> int:
        """Units that are still to come, whoever has a claim on them."""
        return max(0, self.quantity - self.received) if self.state == SupplyState.OPEN else 0


class SupplyClaim(NamedTuple):
    """An open claim on a supply line: a reservation, or an order's demand bound to it while it waits."""

    id: int
    kind: int
    owner_id: int
    owner_no: int
    line_id: int
    quantity: int
    created_at: int


_COLUMNS = ", ".join(f"s.{name}" for name in SupplyRow._fields)


def arriving(session: Session, item_ids: Iterable[int]) -> list[Arriving]:
    """Return what is coming of these items and still free to be promised, by item, day and location.

    Units that are bound to somebody who waits, or reserved, are not counted.
    """
    sql = """
        WITH k(item_id) AS ({keys})
        SELECT s.item_id, s.location_id, s.expected_day,
               CAST(sum(s.quantity - s.received - s.claimed) AS bigint)
        FROM k JOIN supply_lines s ON s.item_id = k.item_id AND s.state = 1 AND s.stock_class = 0
        WHERE s.quantity - s.received - s.claimed > 0 AND s.fulfillment_id IS NULL
        GROUP BY s.item_id, s.expected_day, s.location_id
        ORDER BY s.item_id, s.expected_day, s.location_id
    """
    return [Arriving(*row) for row in session.fetch_keys(sql, ("bigint",), _keys(item_ids))]


def open_lines(session: Session, item_ids: Iterable[int], *, locked: bool = False) -> list[SupplyRow]:
    """Return the open lines of these items by id; ``locked`` they stay as they are until the transaction ends.

    Transfers that are under way for somebody are not among them: nobody else is ever bound to those. Whoever changes
    who is bound to the supply of an item holds the lock of all its open lines.
    """
    lock = "{lock}" if locked else ""
    sql = f"""
        WITH k(item_id) AS ({{keys}})
        SELECT {_COLUMNS} FROM k JOIN supply_lines s ON s.item_id = k.item_id AND s.state = 1
        WHERE s.fulfillment_id IS NULL ORDER BY s.id {lock}
    """
    return [SupplyRow(*row) for row in session.fetch_keys(sql, ("bigint",), _keys(item_ids))]


def named(session: Session, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], SupplyRow]:
    """Return the lines with these names (reference, line)."""
    sql = f"""
        WITH k(reference, line) AS ({{keys}})
        SELECT {_COLUMNS} FROM k JOIN supply_lines s ON s.reference = k.reference AND s.line = k.line
    """
    rows = [SupplyRow(*row) for row in session.fetch_keys(sql, ("text", "text"), sorted(set(names)))]
    return {(row.reference, row.line): row for row in rows}


def lock(session: Session, ids: Iterable[int]) -> dict[int, SupplyRow]:
    """Lock lines by id, whatever their state, and return them as they are now."""
    sql = f"""
        WITH k(id) AS ({{keys}})
        SELECT {_COLUMNS} FROM k JOIN supply_lines s ON s.id = k.id ORDER BY s.id {{lock}}
    """
    rows = [SupplyRow(*row) for row in session.fetch_keys(sql, ("bigint",), _keys(ids))]
    return {row.id: row for row in rows}


def claims_on(session: Session, line_ids: Iterable[int]) -> list[SupplyClaim]:
    """Return the open claims on these lines, by id."""
    sql = """
        WITH k(id) AS ({keys})
        SELECT c.id, c.kind, c.owner_id, c.owner_no, c.supply_line_id, c.quantity, c.created_at
        FROM k JOIN claims c ON c.supply_line_id = k.id AND c.supply_line_id IS NOT NULL
        WHERE c.source = ? AND c.state = ? ORDER BY c.id
    """
    rows = session.fetch_keys(sql, ("bigint",), _keys(line_ids), Source.SUPPLY_LINE.value, ClaimState.OPEN.value)
    return [SupplyClaim(*row) for row in rows]


def pegged_to(session: Session, line_ids: Iterable[int]) -> list[int]:
    """Return the orders that transfers are under way for, of these lines."""
    sql = """
        WITH k(id) AS ({keys})
        SELECT DISTINCT c.owner_id FROM k JOIN claims c ON c.supply_line_id = k.id AND c.supply_line_id IS NOT NULL
        WHERE c.source = ? AND c.state = ?
    """
    rows = session.fetch_keys(sql, ("bigint",), _keys(line_ids), Source.PEGGED.value, ClaimState.OPEN.value)
    return [row[0] for row in rows]


def announce(unit: Unit, rows: Sequence[SupplyRow]) -> set[int]:
    """Store new lines; returns the ids that went in: a name that somebody took a moment ago stays theirs."""
    new = {int(row[0]) for row in unit.session.insert_new(tables.supply_lines, rows)}
    unit.dirty = unit.dirty or bool(new)
    return new


def change(unit: Unit, rows: Sequence[SupplyRow]) -> None:
    """Write locked lines as they are to be; who is bound to them is written by ``claimed`` afterwards."""
    sql = """
        WITH v(id, kind, expected_day, quantity, received, claimed, state, changed_at) AS ({keys})
        UPDATE supply_lines SET kind = v.kind, expected_day = v.expected_day, quantity = v.quantity,
            received = v.received, claimed = v.claimed, state = v.state, changed_at = v.changed_at
        FROM v WHERE supply_lines.id = v.id
    """
    values = [
        (r.id, r.kind, r.expected_day, r.quantity, r.received, r.claimed, r.state, r.changed_at) for r in sorted(rows)
    ]
    if values:
        unit.session.execute_keys(sql, ("bigint",) * 8, values)
        unit.dirty = True


def claimed(unit: Unit, counts: Sequence[tuple[int, int]]) -> None:
    """Set what is claimed of locked lines (id, units); the CHECK behind it refuses more than is still to come."""
    sql = """
        WITH v(id, claimed) AS ({keys})
        UPDATE supply_lines SET claimed = v.claimed FROM v WHERE supply_lines.id = v.id
    """
    if counts:
        unit.session.execute_keys(sql, ("bigint", "bigint"), sorted(counts))
        unit.dirty = True


def told(session: Session, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """Return the content hash of the receipts (source, record) that were told before."""
    sql = """
        WITH k(source, record) AS ({keys})
        SELECT r.source, r.record, r.content_hash
        FROM k JOIN supply_receipts r ON r.source = k.source AND r.record = k.record
    """
    rows = session.fetch_keys(sql, ("text", "text"), sorted(set(keys)))
    return {(source, record): bytes(mark) for source, record, mark in rows}


def _keys(ids: Iterable[int]) -> list[tuple[int]]:
    return [(id_,) for id_ in sorted(set(ids))]
