"""Reading the catalogue."""

from __future__ import annotations

import msgspec

from crossdock.catalog.model import Item
from crossdock.storage.session import Session

_decode = msgspec.json.Decoder(Item).decode


def read_item(session: Session, sku: str) -> tuple[Item, int] | None:
    """Return an item and its version."""
    rows = session.fetch("SELECT data, version FROM items WHERE sku = ?", sku)
    return (_decode(rows[0][0]), int(rows[0][1])) if rows else None


def list_items(session: Session, q: str = "", after: str = "", limit: int = 100) -> list[Item]:
    """Return items by SKU from behind ``after`` on; ``q`` must be in the SKU or the name, whatever the case."""
    found = "AND (lower(sku) LIKE ? ESCAPE '!' OR lower(name) LIKE ? ESCAPE '!')" if q else ""
    escaped = q.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    params = (f"%{escaped}%", f"%{escaped}%") if q else ()
    sql = f"SELECT data FROM items WHERE sku > ? {found} ORDER BY sku LIMIT ?"
    return [_decode(row[0]) for row in session.fetch(sql, after, *params, limit)]
