"""Reading many orders: a page of a filtered, sorted list, and how many there are in each status."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from crossdock.kernel.clock import moment
from crossdock.kernel.errors import Invalid
from crossdock.kernel.ids import decode_id, encode_id
from crossdock.kernel.money import Money
from crossdock.orders import views as v
from crossdock.orders.model import PARTITION, Payment, Promise, Status
from crossdock.orders.queries.one import parts_of, word
from crossdock.orders.search import OrderFilter, Sort
from crossdock.storage.session import Session

_SUMS = ", ".join(f"sum(d.{name})" for name in PARTITION)
_COLUMNS = """
    o.id, c.code, o.external_id, o.status, o.on_hold, o.queued, o.payment, o.promise, o.currency, o.total, o.placed_at,
    o.captured_at, o.priority, o.version
"""
_LAST = "\U0010ffff"

Place = tuple[int, int]
"""Where a page ended: the sort key and the id of its last order."""


class OrderPage(NamedTuple):
    """A page of orders, and where the next one starts; None when it is the last."""

    orders: list[v.OrderSummary]
    next: Place | None


def list_orders(
    session: Session, wanted: OrderFilter, sort: Sort = "-placed_at", after: Place | None = None, limit: int = 50
) -> OrderPage:
    """Return up to ``limit`` orders that the filter lets through, from behind ``after`` on."""
    where, params = _conditions(session, wanted)
    way, compare = ("DESC", "<") if sort.startswith("-") else ("ASC", ">")
    by_time = sort.endswith("placed_at")
    if after is not None and by_time:
        where.append(f"(o.placed_at, o.id) {compare} (?, ?)")
        params += after
    elif after is not None:
        where.append(f"o.id {compare} ?")
        params.append(after[1])
    order = f"o.placed_at {way}, o.id {way}" if by_time else f"o.id {way}"
    sql = f"""
        SELECT {_COLUMNS} FROM orders o JOIN channels c ON c.id = o.channel_id
        {_where(where)} ORDER BY {order} LIMIT ?
    """
    rows = session.fetch(sql, *params, limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    last = (int(rows[-1][10]), int(rows[-1][0])) if more else None
    return OrderPage(_summaries(session, rows), last)


def count_orders(session: Session, wanted: OrderFilter) -> dict[str, int]:
    """Return how many orders the filter lets through in each status, those without any left out."""
    where, params = _conditions(session, wanted)
    sql = f"SELECT o.status, count(*) FROM orders o {_where(where)} GROUP BY o.status ORDER BY o.status"
    return {word(Status(status)): int(count) for status, count in session.fetch(sql, *params)}


def _where(conditions: list[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


def _conditions(session: Session, wanted: OrderFilter) -> tuple[list[str], list[Any]]:
    where: list[str] = []
    params: list[Any] = []
    if wanted.statuses:
        where.append(f"o.status IN ({', '.join('?' * len(wanted.statuses))})")
        params += wanted.statuses
    if wanted.channel is not None:
        where.append("o.channel_id = (SELECT id FROM channels WHERE code = ?)")
        params.append(wanted.channel)
    if wanted.sku is not None:
        where.append(
            "EXISTS (SELECT 1 FROM lines l WHERE l.order_id = o.id"
            " AND l.item_id = (SELECT id FROM items WHERE sku = ?))"
        )
        params.append(wanted.sku)
    if wanted.location is not None:
        where.append(
            # The plus keeps SQLite from walking over all that the location has, once an order.
            "EXISTS (SELECT 1 FROM fulfillments f WHERE f.order_id = o.id AND f.execution <> 8"
            " AND +f.location_id = (SELECT id FROM locations WHERE code = ?))"
        )
        params.append(wanted.location)
    for column, flag in (("on_hold", wanted.on_hold), ("queued", wanted.queued)):
        if flag is not None:
            where.append(f"o.{column} {'<>' if flag else '='} 0")
    for compare, at in ((">=", wanted.placed_from), ("<", wanted.placed_to)):
        if at is not None:
            where.append(f"o.placed_at {compare} ?")
            params.append(at)
    if wanted.q:
        ids = _search(session, wanted.q.strip())
        where.append(f"o.id IN ({', '.join('?' * len(ids))})" if ids else "1 = 0")
        params += ids
    return where, params


def _search(session: Session, words: str) -> list[int]:
    """Return the orders that a person may mean: by our id, or by the beginning of the channel's own."""
    try:
        return [decode_id("ord", words)]
    except Invalid:
        pass
    if session.dialect == "sqlite":
        sql = """
            SELECT k.order_id FROM channels c
            JOIN order_keys k ON k.channel_id = c.id AND k.external_id >= ? AND k.external_id < ? LIMIT 200
        """
        return [int(row[0]) for row in session.fetch(sql, words, words + _LAST)]
    sql = """
        SELECT k.order_id FROM channels c
        JOIN order_keys k ON k.channel_id = c.id AND starts_with(k.external_id, ?) LIMIT 200
    """
    return [int(row[0]) for row in session.fetch(sql, words)]


def _summaries(session: Session, rows: list[Any]) -> list[v.OrderSummary]:
    keys = [(int(row[0]),) for row in rows]
    sums = {row[0]: tuple(row)[1:] for row in session.fetch_keys(_UNITS, ("bigint",), keys)}
    countries = {row[0]: row[1] for row in session.fetch_keys(_COUNTRIES, ("bigint",), keys)}
    locations: dict[int, list[str]] = defaultdict(list)
    for order_id, code in session.fetch_keys(_LOCATIONS, ("bigint",), keys):
        locations[order_id].append(code)
    out = []
    for id_, channel, external_id, status, on_hold, queued, payment, promise, currency, total, placed, captured, \
            priority, version in rows:  # fmt: skip
        lines, units, *parts = sums.get(id_, (0,) * (len(PARTITION) + 2))
        out.append(
            v.OrderSummary(
                id=encode_id("ord", id_),
                channel=channel,
                external_id=external_id,
                status=word(Status(status)),
                on_hold=bool(on_hold),
                queued=bool(queued),
                payment=word(Payment(payment)),
                promise=word(Promise(promise)),
                total=Money(total, currency),
                placed_at=moment(placed),
                captured_at=moment(captured),
                lines=int(lines),
                units=int(units),
                parts=parts_of(parts),
                locations=tuple(locations[id_]),
                country=countries.get(id_, ""),
                priority=priority,
                version=version,
            )
        )
    return out


_UNITS = f"""
    WITH k(id) AS ({{keys}})
    SELECT d.order_id, count(DISTINCT d.line_no), sum(d.quantity), {_SUMS}
    FROM k JOIN demand d ON d.order_id = k.id GROUP BY d.order_id
"""
_COUNTRIES = """
    WITH k(id) AS ({keys})
    SELECT d.order_id, min(d.country) FROM k JOIN deliveries d ON d.order_id = k.id GROUP BY d.order_id
"""
_LOCATIONS = """
    WITH k(id) AS ({keys})
    SELECT DISTINCT f.order_id, l.code FROM k JOIN fulfillments f ON f.order_id = k.id
    JOIN locations l ON l.id = f.location_id WHERE f.execution <> 8 ORDER BY f.order_id, l.code
"""
