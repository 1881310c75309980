"""All SQL of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from crossdock.catalog import tables
from crossdock.catalog.model import Item, ItemFacts
from crossdock.kernel.clock import parse_day
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Item).decode
_COLUMNS = "i.id, i.sku, i.weight_g, i.handling_class, i.data"


def facts_by_sku(session: Session, skus: Iterable[str]) -> dict[str, ItemFacts]:
    """Return what routing needs to know of these SKUs; unknown ones are left out."""
    sql = f"WITH k(sku) AS ({{keys}}) SELECT {_COLUMNS} FROM k JOIN items i ON i.sku = k.sku"
    rows = session.fetch_keys(sql, ("text",), [(sku,) for sku in sorted(set(skus))])
    return {row[1]: _facts(row) for row in rows}


def facts_by_id(session: Session, ids: Iterable[int]) -> dict[int, ItemFacts]:
    """Return what routing needs to know of these items."""
    sql = f"WITH k(id) AS ({{keys}}) SELECT {_COLUMNS} FROM k JOIN items i ON i.id = k.id"
    rows = session.fetch_keys(sql, ("bigint",), [(id_,) for id_ in sorted(set(ids))])
    return {row[0]: _facts(row) for row in rows}


def _facts(row: Sequence[object]) -> ItemFacts:
    id_, sku, weight, handling, data = row
    item = _decode(str(data))
    parts = tuple((part.sku, part.quantity) for part in item.components)
    return ItemFacts(
        id=int(str(id_)),
        sku=str(sku),
        weight_g=int(str(weight)),
        requires=(str(handling),),
        components=parts,
        category=item.category,
        launch_day=0 if item.launch_on is None else parse_day(item.launch_on),
        backorder_limit=item.backorder_limit,
        preorder_limit=item.preorder_limit,
        volume_cm3=-(-item.length_mm * item.width_mm * item.height_mm // 1_000),
    )


def put(unit: Unit, items: Sequence[Item]) -> list[tuple[str, str]]:
    """Create or replace items by SKU; says of each "created", "changed" or "unchanged"."""
    by_sku = {item.sku: item for item in items}
    sql = """
        WITH k(sku) AS ({keys})
        SELECT i.sku, i.id, i.data, i.version FROM k JOIN items i ON i.sku = k.sku ORDER BY i.id {lock}
    """
    keys = [(sku,) for sku in by_sku]
    known = {row[0]: row for row in unit.session.fetch_keys(sql, ("text",), keys)}
    results, new, changed = [], [], []
    for sku, item in by_sku.items():
        data = _encode(item).decode()
        row = known.get(sku)
        if row is None:
            new.append((unit.ids.one(), sku, item.name, item.weight_g, item.handling_class, data, 1))
            results.append((sku, "created"))
        elif row[2] != data:
            changed.append((row[1], item.name, item.weight_g, item.handling_class, data))
            results.append((sku, "changed"))
        else:
            results.append((sku, "unchanged"))
    for id_ in [*(row[0] for row in new), *(row[0] for row in changed)]:
        unit.item_changed(int(id_))
    unit.insert(tables.items, new)
    _replace(unit, changed)
    return results


def _replace(unit: Unit, rows: Sequence[tuple[int, str, int, str, str]]) -> None:
    if not rows:
        return
    sql = """
        WITH v(id, name, weight_g, handling_class, data) AS ({keys})
        UPDATE items SET name = v.name, weight_g = v.weight_g, handling_class = v.handling_class, data = v.data,
                         version = items.version + 1
        FROM v WHERE items.id = v.id
    """
    unit.session.execute_keys(sql, ("bigint", "text", "bigint", "text", "text"), rows)
    unit.dirty = True
