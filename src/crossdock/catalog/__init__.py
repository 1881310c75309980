"""The catalogue: items, bundles, substitutes, handling classes."""

from crossdock.catalog.model import Component, Item, Sku
from crossdock.catalog.queries import list_items, read_item

__all__ = [
    "Component",
    "Item",
    "Sku",
    "list_items",
    "read_item",
]
