"""All SQL of fulfillments that writes, and what writers must read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from crossdock.fulfillment import tables
from crossdock.fulfillment.model import Execution
from crossdock.fulfillment.work_rules import WorkRules
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

_encode = msgspec.json.Encoder().encode
_rules = msgspec.json.Decoder(WorkRules).decode


class State(NamedTuple):
    """Where a fulfillment stands, to be written."""

    id: int
    execution: int
    negotiation: int
    released_at: int | None
    """None leaves what is there."""


class Rejected(NamedTuple):
    """A row of ``rejections``."""

    id: int
    order_id: int
    demand_no: int
    location_id: int
    fulfillment_id: int
    kind: str
    reason: str
    note: str
    quantity: int
    at: int
    until: int
    actor: str


class Deadline(NamedTuple):
    """A row of ``deadlines``."""

    fulfillment_id: int
    kind: int
    due_at: int
    next_at: int
    noticed: int


def orders_of(session: Session, fulfillment_ids: Iterable[int]) -> dict[int, int]:
    """Return the orders that fulfillments belong to; those that do not exist are left out."""
    sql = "WITH k(id) AS ({keys}) SELECT f.id, f.order_id FROM k JOIN fulfillments f ON f.id = k.id"
    keys = [(id_,) for id_ in sorted(set(fulfillment_ids))]
    return dict(map(tuple, session.fetch_keys(sql, ("bigint",), keys)))


def positions_of(session: Session, fulfillment_id: int) -> list[tuple[int, int]]:
    """Return the items of a fulfillment with its location."""
    sql = """
        SELECT DISTINCT c.item_id, c.location_id FROM fulfillment_lines x JOIN claims c ON c.id = x.claim_id
        WHERE x.fulfillment_id = ? AND c.state = 1 AND c.source = 0 ORDER BY c.item_id, c.location_id
    """
    return [(row[0], row[1]) for row in session.fetch(sql, fulfillment_id)]


def planned_at(session: Session, location_id: int, after: int, limit: int) -> list[tuple[int, int]]:
    """Return planned fulfillments of a location that others may have, with their orders, from behind one on."""
    sql = """
        SELECT id, order_id FROM fulfillments WHERE location_id = ? AND execution = 1 AND method <> 'pickup' AND id > ?
        ORDER BY id LIMIT ?
    """
    return [(row[0], row[1]) for row in session.fetch(sql, location_id, after, limit)]


def planned_on(session: Session, location_id: int, day: int, limit: int) -> list[tuple[int, int]]:
    """Return planned fulfillments that took a location's day and that others may have: who may best go comes first."""
    sql = """
        SELECT f.id, f.order_id FROM fulfillments f JOIN orders o ON o.id = f.order_id
        WHERE f.location_id = ? AND f.execution = 1 AND f.work_day = ? AND f.took_capacity = 1 AND f.method <> 'pickup'
        ORDER BY o.priority, o.captured_at DESC, f.id DESC LIMIT ?
    """
    return [(row[0], row[1]) for row in session.fetch(sql, location_id, day, limit)]


def overfull_days(session: Session, today: int, limit: int) -> list[tuple[int, int, int, int]]:
    """Return the days to come that more was taken of than is allowed now: location, day, taken, allowed."""
    sql = """
        SELECT location_id, work_day, used, allowed FROM capacities
        WHERE slot = 0 AND used > allowed AND work_day >= ? ORDER BY work_day, location_id LIMIT ?
    """
    return [(row[0], row[1], row[2], row[3]) for row in session.fetch(sql, today, limit)]


def cancel_lines(unit: Unit, rows: Sequence[tuple[int, int, int, int]]) -> None:
    """Take units out of fulfillments: (fulfillment id, demand number, claim id, units) each."""
    sql = """
        WITH v(fulfillment_id, demand_no, claim_id, n) AS ({keys})
        UPDATE fulfillment_lines SET canceled = fulfillment_lines.canceled + v.n FROM v
        WHERE fulfillment_lines.fulfillment_id = v.fulfillment_id AND fulfillment_lines.demand_no = v.demand_no
            AND fulfillment_lines.claim_id = v.claim_id
    """
    if rows:
        unit.session.execute_keys(sql, ("bigint",) * 4, sorted(rows))
        unit.dirty = True


def pick_lines(unit: Unit, rows: Sequence[tuple[int, int, int, int]]) -> None:
    """Count units as off the shelf, or below 0 as put back: (fulfillment id, demand number, claim id, units) each."""
    sql = """
        WITH v(fulfillment_id, demand_no, claim_id, n) AS ({keys})
        UPDATE fulfillment_lines SET picked = fulfillment_lines.picked + v.n FROM v
        WHERE fulfillment_lines.fulfillment_id = v.fulfillment_id AND fulfillment_lines.demand_no = v.demand_no
            AND fulfillment_lines.claim_id = v.claim_id
    """
    if rows:
        unit.session.execute_keys(sql, ("bigint",) * 4, sorted(rows))
        unit.dirty = True


def move_lines(unit: Unit, rows: Sequence[tuple[int, int, int, int]]) -> None:
    """Let lines (fulfillment id, demand number, claim id) be of so many units less: those stand on another claim."""
    sql = """
        WITH v(fulfillment_id, demand_no, claim_id, n) AS ({keys})
        UPDATE fulfillment_lines SET quantity = fulfillment_lines.quantity - v.n FROM v
        WHERE fulfillment_lines.fulfillment_id = v.fulfillment_id AND fulfillment_lines.demand_no = v.demand_no
            AND fulfillment_lines.claim_id = v.claim_id
            AND fulfillment_lines.claim_id = v.claim_id
    """
    unit.session.execute_keys(sql, ("bigint",) * 4, sorted(rows))
    unit.dirty = True


def ship_lines(unit: Unit, rows: Sequence[tuple[int, int, int, int]]) -> None:
    """Record units that have left, by (fulfillment id, demand number, claim id); when all have, it is shipped."""
    sql = """
        WITH v(fulfillment_id, demand_no, claim_id, n) AS ({keys})
        UPDATE fulfillment_lines SET shipped = fulfillment_lines.shipped + v.n FROM v
        WHERE fulfillment_lines.fulfillment_id = v.fulfillment_id AND fulfillment_lines.demand_no = v.demand_no
            AND fulfillment_lines.claim_id = v.claim_id
    """
    sums: dict[tuple[int, int, int], int] = {}
    for *key, units in rows:
        sums[key[0], key[1], key[2]] = sums.get((key[0], key[1], key[2]), 0) + units
    unit.session.execute_keys(sql, ("bigint",) * 4, sorted((*key, n) for key, n in sums.items()))
    gone = """
        WITH v(id) AS ({keys})
        UPDATE fulfillments SET execution = CAST(? AS smallint), version = fulfillments.version + 1 FROM v
        WHERE fulfillments.id = v.id AND NOT EXISTS (
            SELECT 1 FROM fulfillment_lines l WHERE l.fulfillment_id = v.id AND l.quantity > l.canceled + l.shipped)
    """
    unit.session.execute_keys(gone, ("bigint",), sorted({(key[0],) for key in sums}), Execution.SHIPPED.value)
    unit.dirty = True


def end(unit: Unit, ids: Sequence[int]) -> None:
    """Call fulfillments off: nothing of them is left."""
    sql = """
        WITH v(id) AS ({keys})
        UPDATE fulfillments SET execution = CAST(? AS smallint), version = fulfillments.version + 1 FROM v
        WHERE fulfillments.id = v.id
    """
    if ids:
        unit.session.execute_keys(sql, ("bigint",), [(id_,) for id_ in sorted(ids)], Execution.CANCELED.value)
        unit.dirty = True


def set_states(unit: Unit, states: Sequence[State]) -> None:
    """Write where fulfillments stand; their versions count up."""
    sql = """
        WITH v(id, execution, negotiation, released_at) AS ({keys})
        UPDATE fulfillments SET execution = v.execution, negotiation = v.negotiation,
            release_at = CASE WHEN v.released_at = 0 THEN fulfillments.release_at ELSE v.released_at END,
            version = fulfillments.version + 1
        FROM v WHERE fulfillments.id = v.id
    """
    if states:
        rows = [(s.id, s.execution, s.negotiation, s.released_at or 0) for s in states]
        unit.session.execute_keys(sql, ("bigint",) * 4, sorted(rows))
        unit.dirty = True


# -- who said no ------------------------------------------------------------------------------------------------------


def reject(unit: Unit, rows: Sequence[Rejected]) -> None:
    """Write what locations said no to."""
    unit.insert(tables.rejections, rows)


def forgive(unit: Unit, order_id: int, demand_nos: Sequence[int]) -> None:
    """Let those that have said no to demand be asked again: somebody wants it from there all the same."""
    sql = """
        WITH k(no) AS ({keys})
        UPDATE rejections SET until = ? WHERE order_id = ? AND until > ? AND demand_no IN (SELECT no FROM k)
    """
    keys = [(no,) for no in sorted(demand_nos)]
    unit.dirty = bool(unit.session.execute_keys(sql, ("bigint",), keys, unit.now, order_id, unit.now)) or unit.dirty


# -- by when ----------------------------------------------------------------------------------------------------------


def put_deadlines(unit: Unit, rows: Sequence[Deadline]) -> None:
    """Set by when fulfillments are to be answered or begun, in the place of what was set before."""
    drop_deadlines(unit, [row.fulfillment_id for row in rows])
    unit.insert(tables.deadlines, rows)


def drop_deadlines(unit: Unit, fulfillment_ids: Sequence[int]) -> None:
    """Forget the deadlines of fulfillments."""
    sql = "WITH k(id) AS ({keys}) DELETE FROM deadlines WHERE fulfillment_id IN (SELECT id FROM k)"
    if fulfillment_ids:
        keys = [(id_,) for id_ in sorted(set(fulfillment_ids))]
        unit.dirty = bool(unit.session.execute_keys(sql, ("bigint",), keys)) or unit.dirty


def due(session: Session, at: int, limit: int) -> list[Deadline]:
    """Return the deadlines to be looked at by an instant, the earliest first."""
    sql = """
        SELECT fulfillment_id, kind, due_at, next_at, noticed FROM deadlines WHERE next_at <= ?
        ORDER BY next_at, fulfillment_id LIMIT ?
    """
    return [Deadline(*row) for row in session.fetch(sql, at, limit)]


# -- the rules --------------------------------------------------------------------------------------------------------


def work_rules(session: Session) -> tuple[WorkRules, int]:
    """Return the work rules and their version; 0 when nobody has set any."""
    rows = session.fetch("SELECT data, version FROM work_rules WHERE id = 1")
    return (_rules(rows[0][0]), int(rows[0][1])) if rows else (WorkRules(), 0)


def put_work_rules(unit: Unit, rules: WorkRules, actor: str) -> int:
    """Replace the work rules; returns their new version."""
    _, version = work_rules(unit.session)
    unit.session.execute("DELETE FROM work_rules WHERE id = 1")
    row: tuple[Any, ...] = (1, _encode(rules).decode(), unit.now, actor, version + 1)
    unit.insert(tables.work_rules, [row])
    return version + 1
