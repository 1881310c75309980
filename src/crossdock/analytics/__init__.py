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
from crossdock.analytics.reservations import count_reservations
from crossdock.analytics.stock import ItemStock, Show, StockTotals, item_stock, list_items, stock_totals
from crossdock.analytics.supply import (
    Bound,
    Receipt,
    SupplyFilter,
    SupplyLine,
    SupplyPage,
    SupplyShow,
    bound_to,
    count_supply,
    list_supply,
    read_supply_line,
    receipts_of,
)

__all__ = [
    "Bound",
    "Bucket",
    "Figures",
    "ItemStock",
    "LocationLoad",
    "Named",
    "Place",
    "QueueReason",
    "Receipt",
    "Show",
    "StockTotals",
    "SupplyFilter",
    "SupplyLine",
    "SupplyPage",
    "SupplyShow",
    "bound_to",
    "buckets",
    "count_reservations",
    "count_supply",
    "figures",
    "first_order_at",
    "item_stock",
    "last_order_at",
    "list_channels",
    "list_items",
    "list_locations",
    "list_supply",
    "network_load",
    "places",
    "queue_reasons",
    "read_supply_line",
    "receipts_of",
    "stock_totals",
]
