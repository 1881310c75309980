"""Stock by item, added up over locations, for lists that people search."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from crossdock.storage.session import Session

Show = Literal["all", "short", "out"]


class ItemStock(msgspec.Struct, frozen=True, kw_only=True):
    """An item and its counters summed over locations (or of one); ``claimable`` is never below 0."""

    sku: str
    name: str
    locations: int
    on_hand: int
    picked: int
    reserved: int
    allocated: int
    short: int
    claimable: int
    waiting: int


class StockTotals(msgspec.Struct, frozen=True):
    """How much there is to look at."""

    items: int
    positions: int
    on_hand: int
    claimed: int
    short: int


def list_items(
    session: Session,
    q: str = "",
    sku: str = "",
    location: str = "",
    show: Show = "all",
    after: str = "",
    limit: int = 50,
) -> tuple[list[ItemStock], str | None]:
    """Return items by SKU, from behind ``after`` on, and where the next page starts; None when this is the last."""
    params: list[Any] = [location] if location else []
    where = ["i.sku > ?"]
    here = "AND p.location_id = (SELECT id FROM locations WHERE code = ?)" if location else ""
    params.append(after)
    if sku:
        where.append("i.sku = ?")
        params.append(sku)
    if q:
        where.append("(lower(i.sku) LIKE ? ESCAPE '~' OR lower(i.name) LIKE ? ESCAPE '~')")
        needle = q.lower().replace("~", "~~").replace("%", "~%").replace("_", "~_")
        params += [f"{needle}%", f"%{needle}%"]
    having = _HAVING[show] if not location else f"count(p.item_id) > 0 AND {_HAVING[show]}"
    sql = f"""
        SELECT i.sku, i.name, count(p.item_id), coalesce(sum(p.on_hand), 0), coalesce(sum(p.picked), 0),
               coalesce(sum(p.reserved), 0), coalesce(sum(p.allocated), 0), coalesce(sum(p.short), 0),
               coalesce(sum({_CLAIMABLE}), 0),
               (SELECT coalesce(sum(w.quantity), 0) FROM queue_entries w WHERE w.item_id = i.id AND w.closed_at IS NULL)
        FROM items i LEFT JOIN positions p ON p.item_id = i.id {here}
        WHERE {" AND ".join(where)} GROUP BY i.id, i.sku, i.name HAVING {having} ORDER BY i.sku LIMIT ?
    """  # noqa: S608  (our own names; values are bound)
    rows = session.fetch(sql, *params, limit + 1)
    found = [
        ItemStock(
            sku=sku, name=name, locations=int(locations), on_hand=int(on_hand), picked=int(picked),
            reserved=int(reserved), allocated=int(allocated), short=int(short), claimable=int(claimable),
            waiting=int(waiting),
        )
        for sku, name, locations, on_hand, picked, reserved, allocated, short, claimable, waiting in rows[:limit]
    ]  # fmt: skip
    return found, found[-1].sku if len(rows) > limit else None


def item_stock(session: Session, sku: str) -> ItemStock | None:
    """Return one item with its counters over all locations; None when there is no such item."""
    found, _ = list_items(session, sku=sku, limit=1)
    return found[0] if found else None


def stock_totals(session: Session) -> StockTotals:
    """Add up all positions."""
    items = int(session.fetch("SELECT count(*) FROM items")[0][0])
    positions, on_hand, claimed, short = session.fetch(_TOTALS)[0]
    return StockTotals(items, int(positions), int(on_hand or 0), int(claimed or 0), int(short or 0))


_CLAIMABLE = """
    CASE WHEN p.on_hand + p.short - p.reserved - p.allocated > 0
         THEN p.on_hand + p.short - p.reserved - p.allocated ELSE 0 END
"""
_HAVING: dict[str, str] = {
    "all": "1 = 1",
    "short": "coalesce(sum(p.short), 0) > 0",
    "out": f"coalesce(sum({_CLAIMABLE}), 0) = 0",
}
_TOTALS = "SELECT count(*), sum(on_hand), sum(reserved + allocated), sum(short) FROM positions"
