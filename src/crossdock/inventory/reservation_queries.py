"""Reading reservations: one with everything, or a page of many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from crossdock.inventory import reservation_views as v
from crossdock.inventory.reservations import State, word
from crossdock.kernel.clock import day_text, moment
from crossdock.kernel.ids import encode_id
from crossdock.storage.session import Session

ACTIONS = ("extend", "change", "move", "release")
_ONE = """
    SELECT r.id, c.code, r.external_id, r.state, r.method, r.service_level, r.country, r.area, l.code, r.due_day,
           r.partial, r.units, r.held, r.order_id, r.created_at, r.expires_at, r.ended_at, r.reason, r.version
    FROM reservations r LEFT JOIN channels c ON c.id = r.channel_id LEFT JOIN locations l ON l.id = r.location_id
    WHERE r.id = ?
"""
_LINES = """
    SELECT n.no, n.line_no, i.sku, n.line_quantity, n.quantity
    FROM reservation_lines n LEFT JOIN items i ON i.id = n.line_item_id WHERE n.reservation_id = ? ORDER BY n.no
"""
_HELD = """
    SELECT c.owner_no, i.sku, l.code, c.quantity, c.supply_line_id
    FROM claims c LEFT JOIN items i ON i.id = c.item_id LEFT JOIN locations l ON l.id = c.location_id
    WHERE c.owner_id = ? AND c.kind = 1 AND c.state = 1 ORDER BY l.code, i.sku, c.id
"""
_MANY = """
    SELECT r.id, c.code, r.external_id, r.state, r.method, l.code, r.units, r.held, r.created_at, r.expires_at,
           r.order_id
    FROM reservations r LEFT JOIN channels c ON c.id = r.channel_id LEFT JOIN locations l ON l.id = r.location_id
"""


class ReservationFilter(NamedTuple):
    """Which reservations; all that are given must hold."""

    states: tuple[State, ...] = ()
    channel: str | None = None
    external_id: str | None = None
    sku: str | None = None
    location: str | None = None
    order_id: int | None = None
    expires_to: int | None = None


class ReservationPage(NamedTuple):
    """A page of reservations, and the id behind which the next one starts; None when it is the last."""

    reservations: list[v.ReservationSummary]
    next: int | None


def read_reservation(session: Session, reservation_id: int) -> v.ReservationView | None:
    """Return a reservation; None when there is none of this id."""
    rows = session.fetch(_ONE, reservation_id)
    if not rows:
        return None
    (id_, channel, external_id, state, method, level, country, area, location, due, partial, units, held, order,
     created, expires, ended, reason, version) = rows[0]  # fmt: skip
    claims = session.fetch(_HELD, reservation_id)
    is_open = state == State.OPEN
    return v.ReservationView(
        id=encode_id("rsv", id_),
        channel=channel or "",
        external_id=external_id,
        state=word(State(state)),
        complete=is_open and held == units,
        method=method,
        service_level=level,
        country=country,
        area=area,
        location=location,
        by=None if due is None else day_text(due),
        partial=bool(partial),
        lines=_lines(session, reservation_id, claims),
        held=_held(claims),
        created_at=moment(created),
        expires_at=moment(expires),
        ended_at=None if ended is None else moment(ended),
        reason=reason,
        order_id=None if order is None else encode_id("ord", order),
        supported_actions=ACTIONS if is_open else (),
        version=version,
    )


def _lines(session: Session, reservation_id: int, claims: Sequence[Any]) -> tuple[v.ReservedLineView, ...]:
    units: dict[int, int] = defaultdict(int)
    for no, _, _, quantity, _ in claims:
        units[no] += quantity
    found: dict[int, v.ReservedLineView] = {}
    for no, line, sku, asked, quantity in session.fetch(_LINES, reservation_id):
        whole = units[no] * asked // quantity
        known = found.get(line)
        held = whole if known is None else min(known.held, whole)
        found[line] = v.ReservedLineView(line=line, sku=sku or "", quantity=asked, held=held)
    return tuple(found.values())


def _held(claims: Sequence[Any]) -> tuple[v.ReservedUnitsView, ...]:
    sums: dict[tuple[str, str, int | None], int] = defaultdict(int)
    for _, sku, location, quantity, supply in claims:
        sums[location or "", sku or "", supply] += quantity
    return tuple(
        v.ReservedUnitsView(
            sku=sku, location=code, quantity=n, supply_line=None if supply is None else encode_id("sup", supply)
        )
        for (code, sku, supply), n in sums.items()
    )


def list_reservations(
    session: Session, wanted: ReservationFilter, after: int | None = None, limit: int = 50
) -> ReservationPage:
    """Return reservations, the newest first."""
    where, params = _conditions(wanted)
    if after is not None:
        where.append("r.id < ?")
        params.append(after)
    filters = f"WHERE {' AND '.join(where)}" if where else ""
    rows = session.fetch(f"{_MANY} {filters} ORDER BY r.id DESC LIMIT ?", *params, limit + 1)
    found = [
        v.ReservationSummary(
            id=encode_id("rsv", id_), channel=channel or "", external_id=external_id, state=word(State(state)),
            method=method, location=location, units=units, held=held, created_at=moment(created),
            expires_at=moment(expires), order_id=None if order is None else encode_id("ord", order),
        )
        for id_, channel, external_id, state, method, location, units, held, created, expires, order in rows[:limit]
    ]  # fmt: skip
    return ReservationPage(found, int(rows[limit - 1][0]) if len(rows) > limit else None)


def _conditions(wanted: ReservationFilter) -> tuple[list[str], list[Any]]:
    where: list[str] = []
    params: list[Any] = []
    if wanted.states:
        where.append(f"r.state IN ({', '.join('?' * len(wanted.states))})")
        params += [int(state) for state in wanted.states]
    for condition, value in (
        ("r.channel_id = (SELECT id FROM channels WHERE code = ?)", wanted.channel),
        ("r.external_id = ?", wanted.external_id),
        ("r.order_id = ?", wanted.order_id),
        ("r.expires_at <= ?", wanted.expires_to),
        (
            (
                "EXISTS (SELECT 1 FROM reservation_lines n JOIN items i ON i.id IN (n.item_id, n.line_item_id)"
                " WHERE n.reservation_id = r.id AND i.sku = ?)"
            ),
            wanted.sku,
        ),
        (
            (
                "EXISTS (SELECT 1 FROM claims x JOIN locations p ON p.id = x.location_id"
                " WHERE x.owner_id = r.id AND x.kind = 1 AND x.state = 1 AND p.code = ?)"
            ),
            wanted.location,
        ),
    ):
        if value is not None:
            where.append(condition)
            params.append(value)
    return where, params
