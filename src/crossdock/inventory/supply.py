"""All SQL of supply lines: what is coming, who has a claim on it, what arrived."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from crossdock.storage.session import Session


class Arriving(NamedTuple):
    """Units of a supply line that nobody has a claim on yet; ``day`` is an ordinal and may have passed: it is late."""

    item_id: int
    location_id: int
    day: int
    open: int


def arriving(session: Session, item_ids: Iterable[int]) -> list[Arriving]:
    """Return what is coming of these items and still free to be promised, by item, day and location.

    Units that are bound to somebody who waits, or reserved, are not counted.
    """
    sql = """
        WITH k(item_id) AS ({keys})
        SELECT s.item_id, s.location_id, s.expected_day,
               CAST(sum(s.quantity - s.received - s.claimed) AS bigint)
        FROM k JOIN supply_lines s ON s.item_id = k.item_id AND s.state = 1 AND s.stock_class = 0
        WHERE s.quantity - s.received - s.claimed > 0
        GROUP BY s.item_id, s.expected_day, s.location_id
        ORDER BY s.item_id, s.expected_day, s.location_id
    """
    keys = [(item,) for item in sorted(set(item_ids))]
    return [Arriving(*row) for row in session.fetch_keys(sql, ("bigint",), keys)]
