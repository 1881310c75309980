"""How many units of an item may wait: counters of what was backordered and preordered, taken by the guard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from crossdock.inventory import tables
from crossdock.inventory.supply_model import LimitKind
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

UNLIMITED = 1 << 60
ALL_CHANNELS = 0
LimitKey = tuple[int, int, int]
"""Kind (LimitKind), item id, channel id (0: all channels together)."""


class Counter(NamedTuple):
    """How many units wait, and how many may."""

    used: int
    allowed: int


def open_counters(unit: Unit, allowed: Mapping[LimitKey, int]) -> None:
    """Make the counters that do not exist yet."""
    unit.session.insert_new(tables.waiting_limits, [(*key, 0, limit) for key, limit in sorted(allowed.items())])


def lock(session: Session, items: Iterable[int]) -> None:
    """Lock the counters of these items."""
    sql = """
        WITH k(kind, item_id) AS ({keys})
        SELECT w.kind FROM k JOIN waiting_limits w ON w.kind = k.kind AND w.item_id = k.item_id
        ORDER BY w.kind, w.item_id, w.channel_id {lock}
    """
    keys = [(kind.value, item) for kind in LimitKind for item in sorted(set(items))]
    session.fetch_keys(sql, ("bigint", "bigint"), keys)


def read(session: Session, keys: Iterable[LimitKey]) -> dict[LimitKey, Counter]:
    """Return the counters; keys without one are left out."""
    sql = """
        WITH k(kind, item_id, channel_id) AS ({keys})
        SELECT w.kind, w.item_id, w.channel_id, w.used, w.allowed FROM k JOIN waiting_limits w
          ON w.kind = k.kind AND w.item_id = k.item_id AND w.channel_id = k.channel_id
    """
    rows = session.fetch_keys(sql, ("bigint",) * 3, sorted(set(keys)))
    return {(row[0], row[1], row[2]): Counter(row[3], row[4]) for row in rows}


def count(unit: Unit, deltas: Mapping[LimitKey, int]) -> None:
    """Count units that wait now, or wait no longer, whatever the limit says: what is there is there."""
    sql = """
        WITH v(kind, item_id, channel_id, n) AS ({keys})
        UPDATE waiting_limits
        SET used = CASE WHEN waiting_limits.used + v.n < 0 THEN 0 ELSE waiting_limits.used + v.n END
        FROM v WHERE waiting_limits.kind = v.kind AND waiting_limits.item_id = v.item_id
          AND waiting_limits.channel_id = v.channel_id
    """
    rows = sorted((*key, n) for key, n in deltas.items() if n)
    if rows:
        unit.session.execute_keys(sql, ("bigint",) * 4, rows)
        unit.dirty = True


def allow(unit: Unit, limits: Sequence[tuple[int, int, int, int]]) -> None:
    """Set limits (kind, item id, channel id, units); units that wait already stay."""
    sql = """
        WITH v(kind, item_id, channel_id, allowed) AS ({keys})
        UPDATE waiting_limits SET allowed = v.allowed FROM v WHERE waiting_limits.kind = v.kind
          AND waiting_limits.item_id = v.item_id AND waiting_limits.channel_id = v.channel_id
    """
    unit.session.execute_keys(sql, ("bigint",) * 4, sorted(limits))
