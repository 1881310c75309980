"""The guard: everything that is limited is taken by one conditional write, in one global order.

The order in which any path locks rows, each sorted within: batch and idempotency keys → external ids → order and
fulfillment rows → claims → capacity → shares, limits, supply → positions → log. Two transactions that follow it wait
for each other, but never in a circle; without it deadlocks cost a hundredfold.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from crossdock.storage.session import Session


class Kind(enum.IntEnum):
    """What can be taken, in the order in which it is locked."""

    CAPACITY = 1
    POSITION_ALLOCATED = 2


class Take(NamedTuple):
    """One thing wanted: a kind, the key of its row, and how much."""

    kind: Kind
    key: tuple[int, ...]
    quantity: int


class _Statements(NamedTuple):
    width: int
    lock: str
    write: str


_SQL = {
    Kind.CAPACITY: _Statements(
        3,
        """
        WITH k(location_id, work_day, slot) AS ({keys})
        SELECT c.location_id, c.work_day, c.slot, c.allowed - c.used
        FROM k JOIN capacities c ON c.location_id = k.location_id AND c.work_day = k.work_day AND c.slot = k.slot
        ORDER BY c.location_id, c.work_day, c.slot {lock}
        """,
        """
        WITH v(location_id, work_day, slot, n) AS ({keys})
        UPDATE capacities SET used = capacities.used + v.n FROM v
        WHERE capacities.location_id = v.location_id AND capacities.work_day = v.work_day
          AND capacities.slot = v.slot AND capacities.used + v.n <= capacities.allowed
        """,
    ),
    Kind.POSITION_ALLOCATED: _Statements(
        3,
        """
        WITH k(item_id, location_id, stock_class) AS ({keys})
        SELECT p.item_id, p.location_id, p.stock_class, p.on_hand + p.short - p.reserved - p.allocated
        FROM k JOIN positions p
          ON p.item_id = k.item_id AND p.location_id = k.location_id AND p.stock_class = k.stock_class
        ORDER BY p.item_id, p.location_id, p.stock_class {lock}
        """,
        """
        WITH v(item_id, location_id, stock_class, n) AS ({keys})
        UPDATE positions SET allocated = positions.allocated + v.n FROM v
        WHERE positions.item_id = v.item_id AND positions.location_id = v.location_id
          AND positions.stock_class = v.stock_class
          AND positions.reserved + positions.allocated + v.n <= positions.on_hand + positions.short
        """,
    ),
}


class Mismatch(AssertionError):
    """A conditional write touched other rows than were locked: a bug, and the transaction must not commit."""


def take(session: Session, wants: Sequence[Sequence[Take]]) -> list[Take | None]:
    """Take all that each command wants, or nothing of it; in the order of the commands.

    Returns, a command each, None when it got everything, else the first take that could not be had. Rows are locked
    in the global order and checked as locked, so the write that follows is an assertion; raises Mismatch if it fails.
    """
    free = _lock(session, {(want.kind, want.key) for command in wants for want in command})
    sums: dict[tuple[Kind, tuple[int, ...]], int] = defaultdict(int)
    outcome: list[Take | None] = []
    for command in wants:
        missing = _debit(free, command)
        outcome.append(missing)
        if missing is None:
            for want in command:
                sums[want.kind, want.key] += want.quantity
    for kind, statements in _SQL.items():
        rows = sorted((*key, n) for (of, key), n in sums.items() if of is kind)
        changed = session.execute_keys(statements.write, ("bigint",) * (statements.width + 1), rows)
        if changed != len(rows):
            raise Mismatch(f"{kind.name}: {len(rows)} rows were locked and {changed} could be written")
    return outcome


def change_capacity(session: Session, limits: Sequence[tuple[str, int]], from_day: int) -> None:
    """Set the daily limit of locations (code, fulfillments) on the days to come that have a counter already.

    A limit below what is taken refuses what comes; what was taken stays.
    """
    sql = """
        WITH v(code, allowed) AS ({keys})
        UPDATE capacities SET allowed = v.allowed FROM v JOIN locations l ON l.code = v.code
        WHERE capacities.location_id = l.id AND capacities.work_day >= ?
    """
    session.execute_keys(sql, ("text", "bigint"), sorted(limits), from_day)


def _lock(session: Session, keys: set[tuple[Kind, tuple[int, ...]]]) -> dict[tuple[Kind, tuple[int, ...]], int]:
    free: dict[tuple[Kind, tuple[int, ...]], int] = {}
    for kind, statements in _SQL.items():
        wanted = sorted(key for of, key in keys if of is kind)
        width = statements.width
        for row in session.fetch_keys(statements.lock, ("bigint",) * width, wanted):
            free[kind, tuple(row[:width])] = row[width]
    return free


def _debit(free: dict[tuple[Kind, tuple[int, ...]], int], command: Sequence[Take]) -> Take | None:
    """Debit one command's takes from what is free; on a shortage put back what was debited and return the shortage."""
    for done, want in enumerate(command):
        have = free.get((want.kind, want.key), 0)
        if have < want.quantity:
            for undo in command[:done]:
                free[undo.kind, undo.key] += undo.quantity
            return want
        free[want.kind, want.key] = have - want.quantity
    return None
