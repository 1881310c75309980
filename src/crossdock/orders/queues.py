"""Work that waits: which orders a change of stock concerns, in the order in which they are served."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from crossdock.storage.session import Session


class WaitingUnits(NamedTuple):
    """Units of an item that wait for stock, with what decides where they may come from."""

    item_id: int
    order_id: int
    demand_no: int
    quantity: int
    channel_id: int
    method: str
    service_level: str
    country: str
    point: tuple[int, int, int] | None


class Last(NamedTuple):
    """The end of the line that waits for an item: whoever comes with no higher priority and later goes behind it."""

    priority: int
    since: int


def waiting_units(session: Session, items: Iterable[int]) -> list[WaitingUnits]:
    """Return the units that wait for these items, by item and then in the order in which they are served."""
    sql = """
        WITH k(item_id) AS ({keys})
        SELECT q.item_id, q.order_id, q.demand_no, q.quantity, o.channel_id, d.method, d.service_level,
            d.country, d.x, d.y, d.z
        FROM k JOIN queue_entries q ON q.item_id = k.item_id AND q.closed_at IS NULL AND q.queue = 'backorder'
        JOIN orders o ON o.id = q.order_id
        JOIN demand n ON n.order_id = q.order_id AND n.no = q.demand_no
        JOIN deliveries d ON d.order_id = q.order_id AND d.no = n.delivery_no
        ORDER BY q.item_id, q.priority DESC, q.since, q.order_id, q.demand_no, q.id
    """
    rows = session.fetch_keys(sql, ("bigint",), [(item,) for item in sorted(set(items))])
    return [
        WaitingUnits(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], None if r[8] is None else (r[8], r[9], r[10]))
        for r in rows
    ]


def last_in_line(session: Session, items: Iterable[int]) -> dict[int, Last]:
    """Return where the line that waits for each item ends; items that nobody waits for are left out."""
    sql = """
        WITH k(item_id) AS ({keys}), p AS (
            SELECT k.item_id, (
                SELECT q.priority FROM queue_entries q
                WHERE q.item_id = k.item_id AND q.closed_at IS NULL AND q.queue = 'backorder'
                ORDER BY q.priority LIMIT 1
            ) AS priority FROM k
        )
        SELECT p.item_id, p.priority, (
            SELECT max(q.since) FROM queue_entries q
            WHERE q.item_id = p.item_id AND q.closed_at IS NULL AND q.priority = p.priority AND q.queue = 'backorder'
        ) FROM p WHERE p.priority IS NOT NULL
    """
    rows = session.fetch_keys(sql, ("bigint",), [(item,) for item in sorted(set(items))])
    return {row[0]: Last(row[1], row[2]) for row in rows}


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


def waiting_skus(session: Session) -> list[str]:
    """Return the SKUs that any order waits for."""
    sql = """
        SELECT DISTINCT i.sku FROM queue_entries q JOIN items i ON i.id = q.item_id
        WHERE q.closed_at IS NULL AND q.queue = 'backorder'
    """
    return sorted(row[0] for row in session.fetch(sql))


def waiting_orders(session: Session, items: Iterable[int]) -> list[int]:
    """Return the orders that wait for any of these items, by priority and then age."""
    sql = """
        WITH k(item_id) AS ({keys})
        SELECT q.order_id, max(q.priority), min(q.since)
        FROM k JOIN queue_entries q ON q.item_id = k.item_id AND q.closed_at IS NULL AND q.queue = 'backorder'
        GROUP BY q.order_id ORDER BY max(q.priority) DESC, min(q.since), q.order_id
    """
    return [row[0] for row in session.fetch_keys(sql, ("bigint",), [(item,) for item in sorted(set(items))])]


def waiting_orders_of(session: Session, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Return the orders that wait, of these (item id, channel id) pairs, by priority and then age."""
    sql = """
        WITH k(item_id, channel_id) AS ({keys})
        SELECT q.order_id, max(q.priority), min(q.since)
        FROM k JOIN queue_entries q ON q.item_id = k.item_id AND q.closed_at IS NULL AND q.queue = 'backorder'
        JOIN orders o ON o.id = q.order_id AND o.channel_id = k.channel_id
        GROUP BY q.order_id ORDER BY max(q.priority) DESC, min(q.since), q.order_id
    """
    return [row[0] for row in session.fetch_keys(sql, ("bigint", "bigint"), sorted(set(pairs)))]


def next_in_line(session: Session, units: Sequence[tuple[int, int]]) -> list[int]:
    """Return the orders that so many units of each item (item id, units) could serve, by priority and then age.

    A few more are named than the units suffice for: some of them may have no place to be served from.
    """
    sql = """
        WITH k(item_id, units) AS ({keys}), w AS (
            SELECT q.order_id, q.item_id, q.priority, q.since, k.units, sum(q.quantity) OVER (
                PARTITION BY q.item_id ORDER BY q.priority DESC, q.since, q.order_id, q.demand_no, q.id
            ) - q.quantity AS before_them
            FROM k JOIN queue_entries q ON q.item_id = k.item_id AND q.closed_at IS NULL AND q.queue = 'backorder'
        )
        SELECT order_id, max(priority), min(since) FROM w WHERE before_them < units
        GROUP BY order_id ORDER BY max(priority) DESC, min(since), order_id
    """
    return [row[0] for row in session.fetch_keys(sql, ("bigint", "bigint"), sorted(units))]


def orders_claiming(session: Session, positions: Sequence[tuple[int, int, int]]) -> list[int]:
    """Return the orders with open allocations on these positions."""
    sql = """
        WITH k(item_id, location_id, stock_class) AS ({keys})
        SELECT DISTINCT c.owner_id FROM k JOIN claims c
          ON c.item_id = k.item_id AND c.location_id = k.location_id AND c.stock_class = k.stock_class
        WHERE c.state = 1 AND c.kind <> 1 AND c.source <> 1
    """
    return [row[0] for row in session.fetch_keys(sql, ("bigint",) * 3, sorted(set(positions)))]
