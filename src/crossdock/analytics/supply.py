"""What is coming, as people look for it: by date and location, what is bound to each line, what is overdue."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec

from crossdock.kernel.ids import encode_id
from crossdock.storage.session import Session

SupplyShow = Literal["open", "overdue", "closed", "canceled", "all"]
SupplyPlace = tuple[int, int]
"""Where a page of lines ended: the day it is expected, the id."""
SUPPLY_KINDS = ("", "purchase", "transfer", "return")
SUPPLY_STATES = ("", "open", "closed", "canceled")


class SupplyFilter(msgspec.Struct, frozen=True):
    """What narrows a list of supply lines; ``q`` is the beginning of a reference, days are ordinals."""

    show: SupplyShow = "open"
    q: str = ""
    sku: str = ""
    location: str = ""
    until_day: int | None = None


class SupplyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a purchase order, transfer or return. Of ``quantity``, ``received`` came and ``bound`` is promised."""

    id: int
    reference: str
    line: str
    kind: str
    state: str
    sku: str
    name: str
    location: str
    location_name: str
    expected_day: int
    quantity: int
    received: int
    bound: int
    changed_at: int

    @property
    def coming(self) -> int:
        """Units still to come."""
        return max(0, self.quantity - self.received) if self.state == "open" else 0

    @property
    def free(self) -> int:
        """Units still to come that nobody was promised."""
        return self.coming - self.bound


class SupplyPage(NamedTuple):
    """A page of lines, and where the next one starts; None when it is the last."""

    lines: list[SupplyLine]
    next: SupplyPlace | None


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """Who is bound to a line: an order's demand that waits, or a reservation."""

    kind: Literal["order", "reservation"]
    id: str
    external_id: str
    channel: str
    quantity: int
    since: int


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What arrived of a line."""

    source: str
    record: str
    quantity: int
    occurred_at: int
    actor: str


def list_supply(
    session: Session, wanted: SupplyFilter, today: int, after: SupplyPlace | None = None, limit: int = 50
) -> SupplyPage:
    """Return lines by the day on which they are expected; what is over by its newest day first."""
    where, params = _where(wanted, today)
    back = wanted.show in ("closed", "canceled", "all")
    if after is not None:
        where.append(f"(s.expected_day, s.id) {'<' if back else '>'} (?, ?)")
        params += after
    order = "DESC" if back else "ASC"
    sql = f"{_LINES} WHERE {' AND '.join(where)} ORDER BY s.expected_day {order}, s.id {order} LIMIT ?"
    rows = session.fetch(sql, *params, limit + 1)
    lines = [_line(row) for row in rows[:limit]]
    return SupplyPage(lines, (lines[-1].expected_day, lines[-1].id) if len(rows) > limit else None)


def count_supply(session: Session, wanted: SupplyFilter, today: int) -> dict[SupplyShow, int]:
    """Return how many lines each list has that the same filters narrow."""
    where, params = _where(msgspec.structs.replace(wanted, show="all"), today)
    sql = f"""
        SELECT s.state, CAST(sum(CASE WHEN s.expected_day < ? THEN 1 ELSE 0 END) AS bigint), count(*)
        {_FROM} WHERE {" AND ".join(where)} GROUP BY s.state
    """
    found = {int(state): (int(overdue), int(count)) for state, overdue, count in session.fetch(sql, today, *params)}
    open_, closed, canceled = (found.get(state, (0, 0)) for state in (1, 2, 3))
    return {
        "open": open_[1],
        "overdue": open_[0],
        "closed": closed[1],
        "canceled": canceled[1],
        "all": open_[1] + closed[1] + canceled[1],
    }


def read_supply_line(session: Session, reference: str, line: str) -> SupplyLine | None:
    """Return a line by its name."""
    rows = session.fetch(f"{_LINES} WHERE s.reference = ? AND s.line = ?", reference, line)
    return _line(rows[0]) if rows else None


def bound_to(session: Session, line_id: int, limit: int = 200) -> list[Bound]:
    """Return who is bound to a line, in the order in which they came."""
    rows = session.fetch(_BOUND, line_id, limit)
    return [
        Bound(
            kind="order" if kind == _ALLOCATION else "reservation",
            id=encode_id("ord" if kind == _ALLOCATION else "rsv", owner),
            external_id=external_id or "",
            channel=channel or "",
            quantity=quantity,
            since=since,
        )
        for kind, owner, external_id, channel, quantity, since in rows
    ]


def receipts_of(session: Session, line_id: int) -> list[Receipt]:
    """Return what arrived of a line, newest first."""
    sql = """
        SELECT source, record, quantity, occurred_at, actor FROM supply_receipts
        WHERE supply_line_id = ? ORDER BY recorded_at DESC, id DESC
    """
    return [
        Receipt(source=source, record=record, quantity=quantity, occurred_at=at, actor=actor)
        for source, record, quantity, at, actor in session.fetch(sql, line_id)
    ]


def _where(wanted: SupplyFilter, today: int) -> tuple[list[str], list[Any]]:
    where: list[str] = ["1 = 1"]
    params: list[Any] = []
    if wanted.show != "all":
        where.append("s.state = ?")
        params.append(1 if wanted.show == "overdue" else SUPPLY_STATES.index(wanted.show))
    if wanted.show == "overdue":
        where.append("s.expected_day < ?")
        params.append(today)
    if wanted.q:
        where.append("lower(s.reference) LIKE ? ESCAPE '~'")
        params.append(wanted.q.lower().replace("~", "~~").replace("%", "~%").replace("_", "~_") + "%")
    if wanted.sku:
        where.append("s.item_id = (SELECT id FROM items WHERE sku = ?)")
        params.append(wanted.sku)
    if wanted.location:
        where.append("s.location_id = (SELECT id FROM locations WHERE code = ?)")
        params.append(wanted.location)
    if wanted.until_day is not None:
        where.append("s.expected_day <= ?")
        params.append(wanted.until_day)
    return where, params


def _line(row: Any) -> SupplyLine:
    (id_, reference, line, kind, state, sku, name, location, location_name, day, quantity, received, bound,
     changed) = row  # fmt: skip
    return SupplyLine(
        id=id_,
        reference=reference,
        line=line,
        kind=SUPPLY_KINDS[kind],
        state=SUPPLY_STATES[state],
        sku=sku,
        name=name,
        location=location,
        location_name=location_name,
        expected_day=day,
        quantity=quantity,
        received=received,
        bound=bound,
        changed_at=changed,
    )


_ALLOCATION = 2
_FROM = "FROM supply_lines s JOIN items i ON i.id = s.item_id JOIN locations l ON l.id = s.location_id"
_LINES = f"""
    SELECT s.id, s.reference, s.line, s.kind, s.state, i.sku, i.name, l.code, l.name, s.expected_day, s.quantity,
           s.received, s.claimed, s.changed_at
    {_FROM}
"""
_BOUND = """
    SELECT c.kind, c.owner_id, coalesce(o.external_id, r.external_id), h.code, c.quantity, c.created_at
    FROM claims c LEFT JOIN orders o ON c.kind = 2 AND o.id = c.owner_id
    LEFT JOIN reservations r ON c.kind = 1 AND r.id = c.owner_id
    LEFT JOIN channels h ON h.id = coalesce(o.channel_id, r.channel_id)
    WHERE c.supply_line_id = ? AND c.state = 1 ORDER BY c.created_at, c.id LIMIT ?
"""
