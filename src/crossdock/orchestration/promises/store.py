"""All SQL of promises."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from crossdock.kernel.clock import DAY
from crossdock.orchestration import tables
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

KEPT_EXPIRED = 2 * DAY
"""So long an expired promise that nobody ordered can still be read, and be brought by an order that comes late."""

_COLUMNS = (
    "p.id, p.created_at, p.expires_at, p.channel_id, p.state, p.promised_day, p.due_day, p.begin_day, p.content,"
    " p.record, p.reservation_id, p.order_id"
)


class State(enum.IntEnum):
    """What became of a promise."""

    OFFERED = 1
    ORDERED = 2
    CLOSED = 3


class Content(msgspec.Struct, frozen=True):
    """What was promised: units by SKU, how and where, from which locations (ids ascending); the offer as answered."""

    basket: tuple[tuple[str, int], ...]
    method: str
    service_level: str
    location: str | None
    country: str
    sites: tuple[int, ...]
    offer: msgspec.Raw


class StoredPromise(NamedTuple):
    """A promise as it is stored."""

    id: int
    created_at: int
    expires_at: int
    channel_id: int
    state: int
    promised_day: int
    due_day: int
    begin_day: int | None
    content: Content
    record: bytes
    reservation_id: int | None
    order_id: int | None


_encode = msgspec.json.Encoder().encode
_content = msgspec.json.Decoder(Content).decode


def row(promise: StoredPromise) -> tuple[Any, ...]:
    """Return the columns of a promise, in the table's order."""
    p = promise
    return (*p[:8], _encode(p.content).decode(), *p[9:])


def add(unit: Unit, promises: Sequence[StoredPromise]) -> None:
    """Store new promises."""
    unit.insert(tables.promises, [row(promise) for promise in promises])


def lock(session: Session, ids: Sequence[int]) -> dict[int, StoredPromise]:
    """Lock promises by id, ascending, and return those that exist."""
    sql = f"WITH k(id) AS ({{keys}}) SELECT {_COLUMNS} FROM k JOIN promises p ON p.id = k.id ORDER BY p.id {{lock}}"
    return {r[0]: _stored(r) for r in session.fetch_keys(sql, ("bigint",), [(id_,) for id_ in sorted(set(ids))])}


def read(session: Session, id_: int) -> StoredPromise | None:
    """Return a promise; None when there is none."""
    rows = session.fetch(f"SELECT {_COLUMNS} FROM promises p WHERE p.id = ?", id_)
    return _stored(rows[0]) if rows else None


def of_order(session: Session, order_id: int) -> StoredPromise | None:
    """Return the promise that an order brought; None when it brought none."""
    rows = session.fetch(f"SELECT {_COLUMNS} FROM promises p WHERE p.order_id = ? ORDER BY p.id LIMIT 1", order_id)
    return _stored(rows[0]) if rows else None


def promised_days(session: Session, order_ids: Sequence[tuple[int]]) -> list[tuple[int, int, int | None]]:
    """Return (order id, promised day, the day before which no work begins) of those orders that brought a promise."""
    sql = """
        WITH k(id) AS ({keys})
        SELECT p.order_id, p.promised_day, p.begin_day FROM k JOIN promises p ON p.order_id = k.id ORDER BY p.id
    """
    return [(r[0], r[1], r[2]) for r in session.fetch_keys(sql, ("bigint",), order_ids)]


def ordered(unit: Unit, pairs: Sequence[tuple[int, int]]) -> None:
    """Write which order has taken a promise: (promise id, order id)."""
    sql = """
        WITH v(id, order_id) AS ({keys})
        UPDATE promises SET order_id = v.order_id, state = ? FROM v WHERE promises.id = v.id
    """
    if pairs:
        unit.session.execute_keys(sql, ("bigint", "bigint"), sorted(pairs), State.ORDERED.value)
        unit.dirty = True


def close(unit: Unit, ids: Sequence[int]) -> None:
    """Write that these promises need not be watched any more: kept, or missed for good."""
    sql = "WITH v(id) AS ({keys}) UPDATE promises SET state = ? FROM v WHERE promises.id = v.id"
    if ids:
        unit.session.execute_keys(sql, ("bigint",), [(id_,) for id_ in sorted(ids)], State.CLOSED.value)
        unit.dirty = True


def forget_expired(unit: Unit) -> int:
    """Delete promises that nobody ordered, a while after they expired; returns how many."""
    sql = "DELETE FROM promises WHERE state = ? AND expires_at < ?"
    gone = unit.session.execute(sql, State.OFFERED.value, unit.now - KEPT_EXPIRED)
    unit.dirty = unit.dirty or gone > 0
    return gone


def _stored(row: Any) -> StoredPromise:
    fields: list[Any] = [*row[:8], _content(row[8]), bytes(row[9]), row[10], row[11]]
    return StoredPromise(*fields)
