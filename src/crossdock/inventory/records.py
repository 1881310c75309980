"""Facts from outside, each once: a record told twice counts once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crossdock.inventory import tables
from crossdock.inventory.model import PositionKey
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit


def known(session: Session, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """Return the content hash of the records (source, record) that were told before."""
    sql = """
        WITH k(source, record) AS ({keys})
        SELECT r.source, r.record, r.content_hash
        FROM k JOIN stock_records r ON r.source = k.source AND r.record = k.record
    """
    rows = session.fetch_keys(sql, ("text", "text"), sorted(set(keys)))
    return {(source, record): bytes(mark) for source, record, mark in rows}


def keep(unit: Unit, rows: Sequence[tuple[str, str, int, bytes, int, str, str]]) -> None:
    """Store records: source, record, id, content hash, recorded at, reason, actor."""
    unit.insert(tables.stock_records, rows)


def moved_since(session: Session, key: tuple[int, int, int], at: int) -> int:
    """Return by how much movements after an instant have changed what is physically there."""
    sql = """
        SELECT coalesce(sum(on_hand), 0) FROM movements
        WHERE item_id = ? AND location_id = ? AND stock_class = ? AND occurred_at > ?
    """
    return int(session.fetch(sql, *key, at)[0][0])


def last_counts(session: Session, keys: Iterable[PositionKey]) -> dict[PositionKey, int]:
    """Return the instant of the last count of these positions; those that were never counted are left out."""
    sql = """
        WITH k(item_id, location_id, stock_class) AS ({keys})
        SELECT p.item_id, p.location_id, p.stock_class, p.counted_at FROM k JOIN positions p
          ON p.item_id = k.item_id AND p.location_id = k.location_id AND p.stock_class = k.stock_class
        WHERE p.counted_at IS NOT NULL
    """
    rows = session.fetch_keys(sql, ("bigint",) * 3, sorted(set(keys)))
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def counted(unit: Unit, key: tuple[int, int, int], at: int, basis: int) -> None:
    """Remember when a position was last counted, also when the count changed nothing."""
    unit.session.execute(
        "UPDATE positions SET counted_at = ?, count_basis = ?"
        " WHERE item_id = ? AND location_id = ? AND stock_class = ?",
        at,
        basis,
        *key,
    )
    unit.dirty = True
