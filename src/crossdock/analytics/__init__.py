"""Measures: figures of a day, the network's load, stock added up. Plain queries that return values."""

from crossdock.analytics.figures import (
    Bucket,
    Figures,
    QueueReason,
    buckets,
    figures,
    first_order_at,
    last_order_at,
    queue_reasons,
)
from crossdock.analytics.network import LocationLoad, Named, Place, list_channels, list_locations, network_load, places
from crossdock.analytics.stock import ItemStock, Show, StockTotals, item_stock, list_items, stock_totals

__all__ = [
    "Bucket",
    "Figures",
    "ItemStock",
    "LocationLoad",
    "Named",
    "Place",
    "QueueReason",
    "Show",
    "StockTotals",
    "buckets",
    "figures",
    "first_order_at",
    "item_stock",
    "last_order_at",
    "list_channels",
    "list_items",
    "list_locations",
    "network_load",
    "places",
    "queue_reasons",
    "stock_totals",
]
