"""The figures of a stretch of time, counted from the orders that were placed in it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from crossdock.kernel.money import Money
from crossdock.storage.session import Session


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What came in and how it was routed; money by currency, the largest first."""

    orders: int
    lines: int
    units: int
    value: tuple[Money, ...]
    routed: int
    split: int
    cost: tuple[Money, ...]
    """What the current plans cost, in 1/1000 of the minor unit."""
    costed: int
    waiting_orders: int
    waiting_units: int


class Bucket(msgspec.Struct, frozen=True):
    """One bar of a chart: from when on, how many orders and units."""

    start: int
    orders: int
    units: int


class QueueReason(msgspec.Struct, frozen=True):
    """Open work that cannot go on, by queue and reason; ``since`` is the oldest."""

    queue: str
    reason: str
    orders: int
    units: int
    since: int


def last_order_at(session: Session, before: int | None = None) -> int | None:
    """Return when the last order (before an instant) was placed; None without orders."""
    sql = "SELECT max(placed_at) FROM orders WHERE placed_at < ?"
    at = session.fetch(sql, before if before is not None else 2**62)[0][0]
    return None if at is None else int(at)


def first_order_at(session: Session, after: int) -> int | None:
    """Return when the first order from an instant on was placed; None when there is none."""
    at = session.fetch("SELECT min(placed_at) FROM orders WHERE placed_at >= ?", after)[0][0]
    return None if at is None else int(at)


def figures(session: Session, start: int, end: int) -> Figures:
    """Count the orders placed from ``start`` until before ``end``."""
    totals = session.fetch(_VALUE, start, end)
    lines, units = session.fetch(_LINES, start, end)[0]
    routed, split = session.fetch(_SPLITS, start, end)[0]
    costs = session.fetch(_COST, start, end)
    waiting_orders, waiting_units = session.fetch(_WAITING, start, end)[0]
    return Figures(
        orders=sum(int(row[1]) for row in totals),
        lines=int(lines),
        units=int(units or 0),
        value=tuple(Money(int(amount), currency) for currency, _, amount in totals),
        routed=int(routed),
        split=int(split or 0),
        cost=tuple(Money(int(amount), currency) for currency, _, amount in costs),
        costed=sum(int(row[1]) for row in costs),
        waiting_orders=int(waiting_orders),
        waiting_units=int(waiting_units or 0),
    )


def buckets(session: Session, borders: Sequence[int]) -> list[Bucket]:
    """Count orders and units between each two neighbouring borders."""
    keys = list(pairwise(borders))
    rows = session.fetch_keys(_BUCKETS, ("bigint", "bigint"), keys)
    return [Bucket(int(start), int(orders), int(units or 0)) for start, orders, units in rows]


def queue_reasons(session: Session) -> list[QueueReason]:
    """Return what lies in the queues now, the most units first."""
    rows = session.fetch(_QUEUES)
    return [QueueReason(queue, reason, int(n), int(units), int(since)) for queue, reason, n, units, since in rows]


_VALUE = """
    SELECT currency, count(*), sum(total) FROM orders WHERE placed_at >= ? AND placed_at < ?
    GROUP BY currency ORDER BY sum(total) DESC
"""
_LINES = """
    SELECT count(*), sum(l.quantity) FROM orders o JOIN lines l ON l.order_id = o.id
    WHERE o.placed_at >= ? AND o.placed_at < ?
"""
_SPLITS = """
    SELECT count(*), sum(CASE WHEN places > 1 THEN 1 ELSE 0 END) FROM (
        SELECT o.id, count(DISTINCT f.location_id) AS places
        FROM orders o JOIN fulfillments f ON f.order_id = o.id AND f.execution <> 8
        WHERE o.placed_at >= ? AND o.placed_at < ? GROUP BY o.id
    ) s
"""
_COST = """
    SELECT currency, count(DISTINCT id), sum(cost) FROM (
        SELECT o.currency, o.id, d.cost FROM orders o JOIN decisions d ON d.order_id = o.id
        WHERE o.placed_at >= ? AND o.placed_at < ? AND NOT EXISTS (
            SELECT 1 FROM decisions later
            WHERE later.order_id = d.order_id AND later.delivery_no = d.delivery_no AND later.id > d.id
        )
    ) s GROUP BY currency ORDER BY sum(cost) DESC
"""
_WAITING = """
    SELECT count(DISTINCT o.id), sum(d.waiting) FROM orders o JOIN demand d ON d.order_id = o.id AND d.waiting > 0
    WHERE o.placed_at >= ? AND o.placed_at < ?
"""
_BUCKETS = """
    WITH k(start, until) AS ({keys})
    SELECT k.start, count(o.id), sum((SELECT sum(l.quantity) FROM lines l WHERE l.order_id = o.id))
    FROM k LEFT JOIN orders o ON o.placed_at >= k.start AND o.placed_at < k.until GROUP BY k.start ORDER BY k.start
"""
_QUEUES = """
    SELECT queue, reason, count(DISTINCT order_id), sum(quantity), min(since) FROM queue_entries
    WHERE closed_at IS NULL GROUP BY queue, reason ORDER BY sum(quantity) DESC, queue, reason
"""
