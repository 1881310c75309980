"""Facts from outside, each once: a record told twice counts once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from crossdock.inventory import tables
from crossdock.inventory.model import CONDITIONS, PositionKey
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


class Moved(NamedTuple):
    """By how much the ledger has changed a position after an instant."""

    on_hand: int = 0
    picked: int = 0
    claimed: int = 0


def moved_since(session: Session, asked: Mapping[PositionKey, int]) -> dict[PositionKey, Moved]:
    """Return what movements after an instant have changed; nothing where there were none.

    Each position's history is walked back until a line that was recorded before: nothing is recorded before it
    happens, so no older line can be later.
    """
    sql = """
        WITH RECURSIVE k(item_id, location_id, stock_class, at) AS ({keys}),
        h(item_id, location_id, stock_class, at, occurred_at, recorded_at, on_hand, picked, claimed, previous) AS (
            SELECT k.item_id, k.location_id, k.stock_class, k.at, m.occurred_at, m.recorded_at, m.on_hand, m.picked,
                m.reserved + m.allocated, m.previous
            FROM k JOIN positions p
              ON p.item_id = k.item_id AND p.location_id = k.location_id AND p.stock_class = k.stock_class
            JOIN movements m ON m.id = p.last_movement
            UNION ALL
            SELECT h.item_id, h.location_id, h.stock_class, h.at, m.occurred_at, m.recorded_at, m.on_hand, m.picked,
                m.reserved + m.allocated, m.previous
            FROM h JOIN movements m ON m.id = h.previous WHERE h.recorded_at > h.at
        )
        SELECT item_id, location_id, stock_class, CAST(sum(on_hand) AS bigint), CAST(sum(picked) AS bigint),
            CAST(sum(claimed) AS bigint)
        FROM h WHERE occurred_at > at GROUP BY item_id, location_id, stock_class
    """
    rows = session.fetch_keys(sql, ("bigint",) * 4, sorted((*key, at) for key, at in asked.items()))
    return {(row[0], row[1], row[2]): Moved(*row[3:]) for row in rows}


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


def stock_class(unit: Unit, condition: str) -> int:
    """Return the stock class of goods of a condition, which is made when it is needed for the first time."""
    id_ = CONDITIONS[condition]
    unit.session.insert_new(tables.stock_classes, [(id_, condition, "", "", None)])
    return id_
