"""Reading the log: by position, for everybody; by order, for its timeline."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.events.envelope import StoredEvent
from crossdock.storage.session import Session

_COLUMNS = "id, type, at, subject, order_id, actor, data"


def read_log(session: Session, after: int, types: Sequence[str] = (), limit: int = 100) -> list[StoredEvent]:
    """Return the events after a position, oldest first; with ``types`` only those."""
    if not types:
        rows = session.fetch(f"SELECT {_COLUMNS} FROM events WHERE id > ? ORDER BY id LIMIT ?", after, limit)
    else:
        marks = ", ".join("?" * len(types))
        sql = f"SELECT {_COLUMNS} FROM events WHERE id > ? AND type IN ({marks}) ORDER BY id LIMIT ?"
        rows = session.fetch(sql, after, *types, limit)
    return [StoredEvent(*row) for row in rows]


def timeline(session: Session, order_id: int, after: int = 0, limit: int = 1000) -> list[StoredEvent]:
    """Return what happened to an order, oldest first."""
    sql = f"SELECT {_COLUMNS} FROM events WHERE order_id = ? AND id > ? ORDER BY id LIMIT ?"
    return [StoredEvent(*row) for row in session.fetch(sql, order_id, after, limit)]


def last_position(session: Session) -> int:
    """Return the position of the newest event or stock change; 0 in an empty log."""
    sql = "SELECT coalesce((SELECT max(id) FROM events), 0), coalesce((SELECT max(id) FROM stock_log), 0)"
    event, change = session.fetch(sql)[0]
    return max(int(event), int(change))
