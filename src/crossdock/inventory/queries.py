"""Reading stock: a few set-based statements, the same on both databases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple, get_args

from crossdock.inventory import views as v
from crossdock.inventory.feed_queries import rows_told
from crossdock.inventory.model import CauseKind, MovementType
from crossdock.kernel.clock import moment
from crossdock.kernel.ids import encode_id
from crossdock.storage.session import Session

PositionPlace = tuple[str, str, int]
"""Where a page of positions ended: SKU, location code, stock class."""

_CLAIMABLE = "p.on_hand + p.short - p.reserved - p.allocated"


class PositionPage(NamedTuple):
    """A page of positions, and where the next one starts; None when it is the last."""

    positions: list[v.PositionView]
    next: PositionPlace | None


class MovementPage(NamedTuple):
    """A page of the ledger, and the id behind which the next one starts; None when it is the last."""

    movements: list[v.MovementView]
    next: int | None


def list_positions(
    session: Session,
    skus: Sequence[str] = (),
    location: str | None = None,
    after: PositionPlace | None = None,
    limit: int = 100,
) -> PositionPage:
    """Return positions by SKU, location and stock class."""
    where: list[str] = []
    params: list[Any] = []
    if skus:
        where.append(f"i.sku IN ({', '.join('?' * len(skus))})")
        params += skus
    if location is not None:
        where.append("l.code = ?")
        params.append(location)
    if after is not None:
        # The first condition alone lets the index on the SKU start there.
        where.append("i.sku >= ? AND (i.sku, l.code, p.stock_class) > (?, ?, ?)")
        params += (after[0], *after)
    sql = f"""
        SELECT i.sku, l.code, p.stock_class, p.on_hand, p.picked, p.reserved, p.allocated, p.short, {_CLAIMABLE},
               p.counted_at
        FROM items i JOIN positions p ON p.item_id = i.id JOIN locations l ON l.id = p.location_id
        {"WHERE " + " AND ".join(where) if where else ""} ORDER BY i.sku, l.code, p.stock_class LIMIT ?
    """
    rows = session.fetch(sql, *params, limit + 1)
    found = [
        v.PositionView(
            sku=sku, location=code, stock_class=stock_class, on_hand=on_hand, picked=picked, reserved=reserved,
            allocated=allocated, short=short, available=max(0, claimable),
            counted_at=None if counted is None else moment(counted),
        )
        for sku, code, stock_class, on_hand, picked, reserved, allocated, short, claimable, counted in rows[:limit]
    ]  # fmt: skip
    last = found[-1] if len(rows) > limit else None
    return PositionPage(found, None if last is None else (last.sku, last.location, last.stock_class))


def list_movements(
    session: Session, sku: str | None = None, location: str | None = None, after: int | None = None, limit: int = 100
) -> MovementPage:
    """Return the ledger, newest first; of one item, of one location, or all."""
    before = after or _LAST_ID
    if sku is None:
        place = "" if location is None else "AND m.location_id = (SELECT id FROM locations WHERE code = ?)"
        sql = f"{_LINES} WHERE m.id < ? {place} ORDER BY m.id DESC LIMIT ?"
        rows = session.fetch(sql, before, *([] if location is None else [location]), limit + 1)
    else:
        place = "" if location is None else "AND p.location_id = (SELECT id FROM locations WHERE code = ?)"
        sql = _HISTORY.format(place=place)
        ids = session.fetch(
            sql, before, sku, *([] if location is None else [location]), before, limit, before, limit + 1
        )
        rows = session.fetch_keys(
            f"WITH k(id) AS ({{keys}}) {_LINES} JOIN k ON k.id = m.id ORDER BY m.id DESC", ("bigint",), ids
        )
    causes = _causes(session, rows[:limit])
    found = [_movement(row, causes) for row in rows[:limit]]
    return MovementPage(found, int(rows[limit - 1][0]) if len(rows) > limit else None)


_LAST_ID = (1 << 63) - 1
_LINES = """
    SELECT m.id, m.type, i.sku, l.code, m.stock_class, m.on_hand, m.picked, m.reserved, m.allocated, m.short,
           m.occurred_at, m.recorded_at, m.cause_kind, m.cause_id, m.sequence
    FROM movements m LEFT JOIN items i ON i.id = m.item_id LEFT JOIN locations l ON l.id = m.location_id
"""
# Back along each position's chain, until it has given a page of its own.
_HISTORY = """
    WITH RECURSIVE h(id, previous, found) AS (
        SELECT m.id, m.previous, CASE WHEN m.id < ? THEN 1 ELSE 0 END
        FROM items i JOIN positions p ON p.item_id = i.id JOIN movements m ON m.id = p.last_movement
        WHERE i.sku = ? {place}
        UNION ALL
        SELECT m.id, m.previous, h.found + CASE WHEN m.id < ? THEN 1 ELSE 0 END
        FROM h JOIN movements m ON m.id = h.previous WHERE h.found <= ?
    )
    SELECT id FROM h WHERE id < ? ORDER BY id DESC LIMIT ?
"""
_TYPES: tuple[v.MovementWord, ...] = get_args(v.MovementWord)
_CAUSES: tuple[v.CauseWord, ...] = get_args(v.CauseWord)
_PREFIXES = {
    CauseKind.CLAIM: "clm",
    CauseKind.STOCK_RECORD: "rec",
    CauseKind.REPAIR: "rep",
    CauseKind.FEED_PART: "prt",
    CauseKind.SUPPLY_RECEIPT: "grn",
    CauseKind.REJECTION: "rej",
}
Causes = dict[tuple[int, int, int], tuple[str, str, str, str]]
_OWNERS = {1: "rsv", 2: "ord"}


def _causes(session: Session, rows: list[Any]) -> Causes:
    """Return (source, record, reason, id of the order or reservation) of what caused these movements."""
    causes: Causes = {}
    of: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for *_, kind, cause, row in rows:
        of[kind].append((cause, row))
    claims = session.fetch_keys(_CLAIMS, ("bigint",), [(id_,) for id_, _ in of[CauseKind.CLAIM]])
    owners = {id_: encode_id(_OWNERS[kind], owner) for id_, kind, owner in claims}
    causes |= {(CauseKind.CLAIM, id_, n): ("", "", "", owners[id_]) for id_, n in of[CauseKind.CLAIM] if id_ in owners}
    records = [(id_,) for id_, _ in of[CauseKind.STOCK_RECORD]]
    for id_, source, record, reason in session.fetch_keys(_RECORDS, ("bigint",), records):
        causes[CauseKind.STOCK_RECORD, id_, 0] = (source, record, reason, "")
    receipts = [(id_,) for id_, _ in of[CauseKind.SUPPLY_RECEIPT]]
    for id_, source, record, reference in session.fetch_keys(_RECEIPTS, ("bigint",), receipts):
        causes[CauseKind.SUPPLY_RECEIPT, id_, 0] = (source, record, reference, "")
    rejections = [(id_,) for id_, _ in of[CauseKind.REJECTION]]
    for id_, kind, reason, order in session.fetch_keys(_REJECTIONS, ("bigint",), rejections):
        told = (kind, encode_id("rej", id_), reason, encode_id("ord", order))
        causes |= {(CauseKind.REJECTION, id_, n): told for cause, n in of[CauseKind.REJECTION] if cause == id_}
    for (id_, n), (source, record, reason) in rows_told(session, of[CauseKind.FEED_PART]).items():
        causes[CauseKind.FEED_PART, id_, n] = (source, record, reason, "")
    return causes


def _movement(row: Any, causes: Causes) -> v.MovementView:
    (id_, type_, sku, code, stock_class, on_hand, picked, reserved, allocated, short, occurred, recorded,
     kind, cause, sequence) = row  # fmt: skip
    source, record, reason, owner = causes.get((kind, cause, sequence), ("", "", "", ""))
    return v.MovementView(
        id=encode_id("mov", id_),
        type=_TYPES[MovementType(type_) - 1],
        sku=sku or "",
        location=code or "",
        stock_class=stock_class,
        on_hand=on_hand,
        picked=picked,
        reserved=reserved,
        allocated=allocated,
        short=short,
        occurred_at=moment(occurred),
        recorded_at=moment(recorded),
        cause=_CAUSES[CauseKind(kind) - 1],
        cause_id=encode_id(_PREFIXES[CauseKind(kind)], cause),
        source=source,
        record=record,
        reason=reason,
        order_id=owner if owner.startswith("ord_") else "",
        reservation_id=owner if owner.startswith("rsv_") else "",
    )


_CLAIMS = "WITH k(id) AS ({keys}) SELECT c.id, c.kind, c.owner_id FROM k JOIN claims c ON c.id = k.id"
_RECEIPTS = """
    WITH k(id) AS ({keys})
    SELECT r.id, r.source, r.record, s.reference FROM k JOIN supply_receipts r ON r.id = k.id
    JOIN supply_lines s ON s.id = r.supply_line_id
"""
_REJECTIONS = """
    WITH k(id) AS ({keys})
    SELECT DISTINCT r.id, r.kind, r.reason, r.order_id FROM k JOIN rejections r ON r.id = k.id
"""
_RECORDS = """
    WITH k(id) AS ({keys})
    SELECT r.id, r.source, r.record, r.reason FROM k JOIN stock_records r ON r.id = k.id
"""
