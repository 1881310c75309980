"""The read model of orders: every function takes a session and returns views."""

from crossdock.orders.queries.many import OrderPage, Place, count_orders, list_orders
from crossdock.orders.queries.one import find_order, order_exists, order_version, queue_entries, read_order

__all__ = [
    "OrderPage",
    "Place",
    "count_orders",
    "find_order",
    "list_orders",
    "order_exists",
    "order_version",
    "queue_entries",
    "read_order",
]
