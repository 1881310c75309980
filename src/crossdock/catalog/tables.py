"""Tables of the catalogue: items."""

from __future__ import annotations

from sqlalchemy import Index

from crossdock.storage.schema import big, table, text

items = table(
    "items",
    big("id", primary_key=True, autoincrement=False),
    text("sku"),
    text("name"),
    big("weight_g"),
    text("handling_class"),
    # The rest of the item (GTIN, size, category, bundle components, substitutes) as its versioned document.
    text("data"),
    big("version"),
    Index("uq_items_sku", "sku", unique=True),
)
