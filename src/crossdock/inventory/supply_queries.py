"""Reading supply: pages of lines, one line with who waits for it and what came of it, the dates of an order's units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple, get_args

import msgspec
from msgspec import Meta

from crossdock.inventory.model import ClaimKind
from crossdock.inventory.supply_model import KindWord, StateWord, SupplyState
from crossdock.kernel.clock import day_text, moment
from crossdock.kernel.document import Instant
from crossdock.kernel.ids import encode_id
from crossdock.storage.session import Session

_KINDS: tuple[KindWord, ...] = get_args(KindWord)
_STATES: tuple[StateWord, ...] = get_args(StateWord)
Place = tuple[int, int]
"""Where a page of lines ended: expected day, id."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A document that we write: every field is always there."""


class SupplyLineView(View, frozen=True):
    """A supply line: what is still to come of it is ``open``, of which ``claimed`` is bound to somebody already."""

    id: str
    reference: str
    line: str
    kind: KindWord
    sku: str
    location: str
    expected_on: str
    quantity: int
    received: int
    open: int
    claimed: int
    state: StateWord
    late: Annotated[bool, Meta(description="expected on a day that has passed, and not here yet")]
    created_at: Instant
    changed_at: Instant


class BoundView(View, frozen=True):
    """Units of a line that somebody has a claim on: an order that waits, or a reservation."""

    owner_id: str
    demand: int
    quantity: int


class ReceiptView(View, frozen=True):
    """What arrived of a line at once."""

    source: str
    record: str
    quantity: int
    occurred_at: Instant
    recorded_at: Instant
    actor: str


class SupplyLineDetail(View, frozen=True):
    """A supply line with who it is promised to and what has arrived, the first hundred of each."""

    line: SupplyLineView
    bound: tuple[BoundView, ...]
    receipts: tuple[ReceiptView, ...]


class SupplyFilter(NamedTuple):
    """Which lines: empty fields let everything through."""

    skus: Sequence[str] = ()
    location: str | None = None
    states: Sequence[str] = ()
    reference: str | None = None
    late: bool | None = None


class SupplyPage(NamedTuple):
    """A page of lines, and where the next one starts; None when it is the last."""

    lines: list[SupplyLineView]
    next: Place | None


_COLUMNS = """
    s.id, s.reference, s.line, s.kind, i.sku, l.code, s.expected_day, s.quantity, s.received, s.claimed, s.state,
    s.created_at, s.changed_at
"""
_FROM = "supply_lines s LEFT JOIN items i ON i.id = s.item_id LEFT JOIN locations l ON l.id = s.location_id"


def list_supply(
    session: Session, wanted: SupplyFilter, today: int, after: Place | None = None, limit: int = 100
) -> SupplyPage:
    """Return lines by the day on which they are expected, the earliest first."""
    where: list[str] = []
    params: list[Any] = []
    for column, values in (("i.sku", wanted.skus), ("s.state", [SupplyState[w.upper()].value for w in wanted.states])):
        if values:
            where.append(f"{column} IN ({', '.join('?' * len(values))})")
            params += values
    for column, value in (("l.code", wanted.location), ("s.reference", wanted.reference)):
        if value is not None:
            where.append(f"{column} = ?")
            params.append(value)
    if wanted.late is not None:
        late = "s.state = 1 AND s.expected_day < ?"
        where.append(late if wanted.late else f"NOT ({late})")
        params.append(today)
    if after is not None:
        where.append("(s.expected_day, s.id) > (?, ?)")
        params += after
    clause = f"WHERE {' AND '.join(where)}" if where else ""
    sql = f"SELECT {_COLUMNS} FROM {_FROM} {clause} ORDER BY s.expected_day, s.id LIMIT ?"
    rows = session.fetch(sql, *params, limit + 1)
    place = (rows[limit - 1][6], rows[limit - 1][0]) if len(rows) > limit else None
    return SupplyPage([_line(row, today) for row in rows[:limit]], place)


def find_supply(session: Session, reference: str, line: str) -> int | None:
    """Return the id of a line by its name."""
    rows = session.fetch("SELECT id FROM supply_lines WHERE reference = ? AND line = ?", reference, line)
    return int(rows[0][0]) if rows else None


def read_supply(session: Session, line_id: int, today: int) -> SupplyLineDetail | None:
    """Return one line; None when there is none of the id."""
    rows = session.fetch(f"SELECT {_COLUMNS} FROM {_FROM} WHERE s.id = ?", line_id)
    if not rows:
        return None
    bound = session.fetch(_BOUND, line_id)
    receipts = session.fetch(_RECEIPTS, line_id)
    return SupplyLineDetail(
        line=_line(rows[0], today),
        bound=tuple(
            BoundView(
                owner_id=encode_id("ord" if kind == ClaimKind.ALLOCATION else "rsv", owner), demand=no, quantity=units
            )
            for kind, owner, no, units in bound
        ),
        receipts=tuple(
            ReceiptView(
                source=source, record=record, quantity=units, occurred_at=moment(at), recorded_at=moment(recorded),
                actor=actor,
            )
            for source, record, units, at, recorded, actor in receipts
        ),
    )  # fmt: skip


def _line(row: Any, today: int) -> SupplyLineView:
    id_, reference, line, kind, sku, code, day, quantity, received, claimed, state, created, changed = row
    still_open = state == SupplyState.OPEN
    return SupplyLineView(
        id=encode_id("sup", id_),
        reference=reference,
        line=line,
        kind=_KINDS[kind - 1],
        sku=sku or "",
        location=code or "",
        expected_on=day_text(day),
        quantity=quantity,
        received=received,
        open=max(0, quantity - received) if still_open else 0,
        claimed=claimed,
        state=_STATES[state - 1],
        late=still_open and day < today,
        created_at=moment(created),
        changed_at=moment(changed),
    )


_BOUND = """
    SELECT kind, owner_id, owner_no, quantity FROM claims
    WHERE supply_line_id = ? AND supply_line_id IS NOT NULL AND source IN (1, 3) AND state = 1 ORDER BY id LIMIT 100
"""
_RECEIPTS = """
    SELECT source, record, quantity, occurred_at, recorded_at, actor FROM supply_receipts
    WHERE supply_line_id = ? ORDER BY id LIMIT 100
"""
