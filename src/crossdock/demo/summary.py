"""What became of the year, counted in the database: the figures that are printed when the load is over."""

from __future__ import annotations

from typing import Any

import msgspec

SPLIT = (0.05, 0.25)
"""Between these the share of split orders lies in the demonstration."""
BACKORDERED = (0.01, 0.05)
"""Between these the share of lines lies that had to wait."""
NEVER = 0.002
"""At least this share of the lines is never filled."""


class Waiting(msgspec.Struct, frozen=True):
    """What lies in a queue for a reason."""

    queue: str
    reason: str
    orders: int
    lines: int
    units: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The year in figures; ``cost`` in 1/1000 of the minor unit of ``currency``."""

    orders: int
    lines: int
    units: int
    fulfillments: int
    """Planned and still open: in this year nothing ships yet."""
    fulfillments_canceled: int
    routed: int
    """Orders of which anything was placed when they came."""
    split: int
    """Orders that were placed at more than one location when they came."""
    decisions: int
    proven: int
    """Decisions that are proven to be the best there is."""
    cost: int
    currency: str
    backordered: int
    """Lines that had to wait for stock, in whole or in part, if only for a time."""
    never: int
    """Lines that wait for stock when the year is over."""
    canceled_units: int
    waiting: tuple[Waiting, ...]

    @property
    def split_rate(self) -> float:
        """The share of split orders among those that were placed."""
        return self.split / self.routed if self.routed else 0.0

    @property
    def backordered_rate(self) -> float:
        """The share of lines that had to wait."""
        return self.backordered / self.lines if self.lines else 0.0

    @property
    def never_rate(self) -> float:
        """The share of lines that still wait at the end."""
        return self.never / self.lines if self.lines else 0.0


def out_of_range(summary: Summary) -> list[str]:
    """Say which figures are not what the demonstration is tuned for; it shows something of everything."""
    found = []
    if not SPLIT[0] <= summary.split_rate <= SPLIT[1]:
        found.append(f"{summary.split_rate:.1%} of the orders are split, not {SPLIT[0]:.0%} to {SPLIT[1]:.0%}")
    if not BACKORDERED[0] <= summary.backordered_rate <= BACKORDERED[1]:
        wanted = f"{BACKORDERED[0]:.0%} to {BACKORDERED[1]:.0%}"
        found.append(f"{summary.backordered_rate:.2%} of the lines had to wait, not {wanted}")
    if summary.never_rate < NEVER:
        found.append(f"{summary.never_rate:.2%} of the lines are never filled, not {NEVER:.1%} or more")
    return found


def summarize(session: Any) -> Summary:
    """Count everything that is in the database; a second or two for the whole year."""
    orders = _one(session, "SELECT count(*) FROM orders")
    lines, units, canceled = session.fetch("SELECT count(*), sum(quantity), sum(canceled) FROM demand")[0]
    planned, gone = session.fetch(_FULFILLMENTS)[0]
    routed, split = session.fetch(_SPLIT)[0]
    decisions, proven, cost = session.fetch("SELECT count(*), sum(proven), sum(cost) FROM decisions")[0]
    currencies = session.fetch("SELECT DISTINCT currency FROM orders LIMIT 2")
    return Summary(
        orders=orders,
        lines=int(lines),
        units=int(units or 0),
        fulfillments=int(planned or 0),
        fulfillments_canceled=int(gone or 0),
        routed=int(routed),
        split=int(split or 0),
        decisions=int(decisions),
        proven=int(proven or 0),
        cost=int(cost or 0),
        currency=currencies[0][0] if len(currencies) == 1 else "",
        backordered=_one(session, _BACKORDERED),
        never=_one(session, _NEVER),
        canceled_units=int(canceled or 0),
        waiting=tuple(Waiting(queue, why, int(o), int(n), int(u)) for queue, why, o, n, u in session.fetch(_WAITING)),
    )


def _one(session: Any, sql: str) -> int:
    return int(session.fetch(sql)[0][0])


_FULFILLMENTS = """
    SELECT sum(CASE WHEN execution <> 8 THEN 1 ELSE 0 END), sum(CASE WHEN execution = 8 THEN 1 ELSE 0 END)
    FROM fulfillments
"""
_SPLIT = """
    SELECT count(*), sum(CASE WHEN sites > 1 THEN 1 ELSE 0 END)
    FROM (SELECT sum(sites) AS sites FROM decisions WHERE cause = 'capture' AND sites > 0 GROUP BY order_id) placed
"""
_BACKORDERED = """
    SELECT count(*) FROM (SELECT DISTINCT order_id, demand_no FROM queue_entries WHERE queue = 'backorder') waited
"""
_NEVER = """
    SELECT count(*) FROM (
        SELECT DISTINCT order_id, demand_no FROM queue_entries WHERE queue = 'backorder' AND closed_at IS NULL
    ) waiting
"""
_WAITING = """
    SELECT queue, reason, count(DISTINCT order_id), count(*), sum(quantity) FROM queue_entries
    WHERE closed_at IS NULL GROUP BY queue, reason ORDER BY sum(quantity) DESC, queue, reason
"""
