"""The watch over promised orders: readers judge them, the writer only hears of those that stand otherwise now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from crossdock.fulfillment.model import Execution
from crossdock.orchestration.promises.coming import slips, told_days
from crossdock.orchestration.promises.commands import AXIS, Flag, FlagPromises
from crossdock.orchestration.promises.desk import PromiseDesk
from crossdock.orchestration.promises.store import State
from crossdock.orders.model import Promise, Status
from crossdock.promising import OpenPromise, PromisePart, Standing, stand
from crossdock.storage.session import Session

PAGE = 2_000
_OVER = (Status.SHIPPED, Status.DELIVERED, Status.CANCELED)
_BEGUN = (Execution.IN_PROGRESS, Execution.PICKED, Execution.PACKED, Execution.READY)
_LEFT = (Execution.SHIPPED, Execution.HANDED_OVER)
_OPEN = """
    SELECT p.id, p.order_id, p.promised_day, p.begin_day, o.promise, o.status, o.version
    FROM promises p JOIN orders o ON o.id = p.order_id WHERE p.state = ? AND p.id > ? ORDER BY p.id LIMIT ?
"""
_PARTS = """
    WITH k(id) AS ({keys})
    SELECT f.order_id, f.id, f.location_id, f.work_day, f.deliver_day, f.execution
    FROM k JOIN fulfillments f ON f.order_id = k.id WHERE f.execution <> ? ORDER BY f.order_id, f.id
"""
_WAITING = """
    WITH k(id) AS ({keys})
    SELECT d.order_id, CAST(sum(d.waiting) AS bigint) FROM k JOIN demand d ON d.order_id = k.id GROUP BY d.order_id
"""
_CODES = "SELECT id, code FROM locations"


class Watched(NamedTuple):
    """What a page of promised orders comes to, and the promise behind which the next page begins; None at the end."""

    command: FlagPromises | None
    after: int | None


def watch(session: Session, desk: PromiseDesk, at: int, after: int = 0) -> Watched:
    """Judge a page of promised orders; the command writes those that stand otherwise than their order says.

    A promise that is at risk is told again when it would arrive later than was last said, or when a day is known at
    last: once for each new day.
    """
    rows = session.fetch(_OPEN, State.ORDERED.value, after, PAGE)
    if not rows:
        return Watched(None, None)
    calendars = desk.calendars(session)
    keys = sorted({(row[1],) for row in rows})
    parts: dict[int, list[PromisePart]] = {}
    for order_id, id_, location, work_day, deliver_day, execution in session.fetch_keys(
        _PARTS, ("bigint",), keys, Execution.CANCELED.value
    ):
        part = PromisePart(id_, location, work_day, deliver_day, execution in _BEGUN, execution in _LEFT)
        parts.setdefault(order_id, []).append(part)
    waiting: dict[int, int] = {row[0]: row[1] for row in session.fetch_keys(_WAITING, ("bigint",), keys) if row[1]}
    begins: dict[int, int | None] = {row[1]: row[3] for row in rows if row[1] in waiting}
    coming = desk.coming(session, begins, at) if begins else {}
    told = told_days(session, [row[1] for row in rows if row[4] == Promise.AT_RISK])
    flags, over = [], []
    for id_, order_id, promised_day, _, axis, status, version in rows:
        units, pieces = waiting.get(order_id, 0), parts.get(order_id, [])
        open_promise = OpenPromise(order_id, promised_day, units, pieces, coming.get(order_id, ()))
        is_over = status in _OVER
        found = Standing("kept") if status == Status.CANCELED else stand(open_promise, at, calendars)
        if is_over:
            over.append(id_)
        changed = AXIS[found.state].value != axis and not (is_over and axis == Promise.LATE)
        if changed or (found.state == "at_risk" and (found.day or 0) > told.get(order_id, 0)):
            flags.append((Flag(id_, order_id, version, promised_day, found.state), found))
    command = FlagPromises(_told(session, flags), tuple(over)) if flags or over else None
    return Watched(command, rows[-1][0] if len(rows) == PAGE else None)


def _told(session: Session, flags: Sequence[tuple[Flag, Standing]]) -> tuple[Flag, ...]:
    """Return the flags with what stands in the way, where, and from when to when the supply was put off."""
    if not flags:
        return ()
    codes: dict[int, str] = dict(map(tuple, session.fetch(_CODES)))
    moved = slips(session, [flag.order_id for flag, found in flags if found.reason == "supply_late"])
    told = []
    for flag, found in flags:
        where = "" if found.location_id is None else codes.get(found.location_id, "")
        slip = moved.get(flag.order_id)
        reason = found.reason if slip is None else "supply_slipped"
        told.append(replace(flag, reason=reason, location=where, expected_day=found.day, slip=slip))
    return tuple(told)
