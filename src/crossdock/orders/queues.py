"""Work that waits: which orders a change of stock concerns, in the order in which they are served."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crossdock.storage.session import Session


def waiting_items(session: Session) -> list[int]:
    """Return the items that any order waits for."""
    sql = "SELECT DISTINCT item_id FROM queue_entries WHERE closed_at IS NULL AND queue = 'backorder'"
    return sorted(row[0] for row in session.fetch(sql))


def waited_for(session: Session, items: Sequence[int]) -> set[int]:
    """Return those of these items that any order waits for."""
    sql = """
        WITH k(item_id) AS ({keys})
        SELECT k.item_id FROM k WHERE EXISTS (
            SELECT 1 FROM queue_entries q
            WHERE q.item_id = k.item_id AND q.closed_at IS NULL AND q.queue = 'backorder')
    """
    return {row[0] for row in session.fetch_keys(sql, ("bigint",), [(item,) for item in items])}


def waiting_orders(session: Session, items: Iterable[int]) -> list[int]:
    """Return the orders that wait for any of these items, by priority and then age."""
    sql = """
        WITH k(item_id) AS ({keys})
        SELECT q.order_id, max(q.priority), min(q.since)
        FROM k JOIN queue_entries q ON q.item_id = k.item_id AND q.closed_at IS NULL AND q.queue = 'backorder'
        GROUP BY q.order_id ORDER BY max(q.priority) DESC, min(q.since), q.order_id
    """
    return [row[0] for row in session.fetch_keys(sql, ("bigint",), [(item,) for item in sorted(set(items))])]


def orders_claiming(session: Session, positions: Sequence[tuple[int, int, int]]) -> list[int]:
    """Return the orders with open allocations on these positions."""
    sql = """
        WITH k(item_id, location_id, stock_class) AS ({keys})
        SELECT DISTINCT c.owner_id FROM k JOIN claims c
          ON c.item_id = k.item_id AND c.location_id = k.location_id AND c.stock_class = k.stock_class
        WHERE c.state = 1 AND c.kind = 2
    """
    return [row[0] for row in session.fetch_keys(sql, ("bigint",) * 3, sorted(set(positions)))]
