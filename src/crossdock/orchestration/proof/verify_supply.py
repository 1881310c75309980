"""The proof of what is coming: lines, who is bound to them, what arrived, and how many units wait.

Every finding's key begins with the item, and whatever is wrong is mended for the whole item (``repair_supply``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from crossdock.inventory.verify import LIMIT, Finding, Range
from crossdock.storage.session import Session


class _Check(NamedTuple):
    """A statement that returns item, id, what was found and what it should be, and how to say so."""

    name: str
    subject: str
    field: str
    message: str
    sql: str


_CHECKS = (
    _Check(
        "supply_is_claims",
        "supply line {id}",
        "claimed",
        "{found} units of {subject} are claimed, and the open claims on it add up to {expected}.",
        """
        SELECT s.item_id, s.id, s.claimed, CAST(coalesce(sum(c.quantity), 0) AS bigint)
        FROM supply_lines s LEFT JOIN claims c ON c.supply_line_id = s.id AND c.source = 1 AND c.state = 1
        WHERE s.fulfillment_id IS NULL AND s.item_id BETWEEN ? AND ? GROUP BY s.item_id, s.id, s.claimed
        HAVING s.claimed <> coalesce(sum(c.quantity), 0) ORDER BY s.id LIMIT ?
        """,
    ),
    _Check(
        "supply_is_received",
        "supply line {id}",
        "received",
        "{found} units of {subject} have arrived, and its receipts add up to {expected}.",
        """
        SELECT s.item_id, s.id, s.received, CAST(coalesce(sum(r.quantity), 0) AS bigint)
        FROM supply_lines s LEFT JOIN supply_receipts r ON r.supply_line_id = s.id
        WHERE s.item_id BETWEEN ? AND ? GROUP BY s.item_id, s.id, s.received
        HAVING s.received <> coalesce(sum(r.quantity), 0) ORDER BY s.id LIMIT ?
        """,
    ),
    _Check(
        "supply_is_open",
        "supply line {id}",
        "state",
        "{subject} is open, though nothing more is to come of it.",
        """
        SELECT s.item_id, s.id, s.state, 2 FROM supply_lines s
        WHERE s.item_id BETWEEN ? AND ? AND s.state = 1 AND s.received >= s.quantity AND s.fulfillment_id IS NULL
        ORDER BY s.id LIMIT ?
        """,
    ),
    _Check(
        "supply_claim_fits",
        "claim {id}",
        "supply_line_id",
        "{subject} stands on supply line {found}, which is not there, not open, or of another item or location.",
        """
        SELECT c.item_id, c.id, coalesce(c.supply_line_id, 0), 0
        FROM claims c LEFT JOIN supply_lines s ON s.id = c.supply_line_id AND s.state = 1 AND s.item_id = c.item_id
            AND s.location_id = c.location_id AND s.stock_class = c.stock_class
        WHERE c.item_id BETWEEN ? AND ? AND c.supply_line_id IS NOT NULL AND c.source IN (1, 3) AND c.state = 1
            AND s.id IS NULL ORDER BY c.id LIMIT ?
        """,
    ),
    _Check(
        "bound_is_waiting",
        "order {id}",
        "bound",
        "{found} units of {subject} are bound to supply, and {expected} wait for it.",
        """
        WITH b AS (
            SELECT item_id, owner_id, owner_no, quantity AS bound, 0 AS waits FROM claims
            WHERE item_id BETWEEN ? AND ? AND supply_line_id IS NOT NULL AND source = 1 AND state = 1 AND kind = 2
            UNION ALL
            SELECT item_id, order_id, demand_no, 0, quantity FROM queue_entries
            WHERE closed_at IS NULL AND queue = 'backorder' AND item_id BETWEEN ? AND ?
        )
        SELECT item_id, owner_id, CAST(sum(bound) AS bigint), CAST(sum(waits) AS bigint) FROM b
        GROUP BY item_id, owner_id, owner_no HAVING sum(bound) > sum(waits) ORDER BY owner_id LIMIT ?
        """,
    ),
    _Check(
        "waiting_is_counted",
        "waiting counter {id}",
        "used",
        "{found} units of an item are counted as waiting, and {expected} lie in the queue.",
        """
        WITH w AS (
            SELECT CASE WHEN reason = 'preorder' THEN 2 ELSE 1 END AS kind, item_id, 0 AS channel_id, quantity AS n,
                0 AS used
            FROM queue_entries WHERE closed_at IS NULL AND queue = 'backorder' AND item_id BETWEEN ? AND ?
            UNION ALL
            SELECT CASE WHEN q.reason = 'preorder' THEN 2 ELSE 1 END, q.item_id, o.channel_id, q.quantity, 0
            FROM queue_entries q JOIN orders o ON o.id = q.order_id
            WHERE q.closed_at IS NULL AND q.queue = 'backorder' AND q.item_id BETWEEN ? AND ?
            UNION ALL
            SELECT kind, item_id, channel_id, 0, used FROM waiting_limits WHERE item_id BETWEEN ? AND ?
        )
        SELECT item_id, kind, CAST(sum(used) AS bigint), CAST(sum(n) AS bigint), channel_id FROM w
        GROUP BY item_id, kind, channel_id HAVING sum(used) <> sum(n) ORDER BY item_id, kind, channel_id LIMIT ?
        """,
    ),
)
SUPPLY_CHECKS = frozenset(check.name for check in _CHECKS)


def supply(session: Session, items: Range) -> list[Finding]:
    """Return what is wrong with what is coming of these items, and with who waits for it."""
    found: list[Finding] = []
    for check in _CHECKS:
        ranges = items * (check.sql.count("BETWEEN ? AND ?"))
        for item, id_, has, expected, *more in map(tuple, session.fetch(check.sql, *ranges, LIMIT)):
            words: dict[str, Any] = {"found": has, "expected": expected}
            subject = check.subject.format(id=id_)
            text = check.message.format(subject=subject, **words)
            found.append(Finding(check.name, subject, (item, id_, *more), check.field, has, expected, text))
    return found
