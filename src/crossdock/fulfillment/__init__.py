"""Fulfillments: the part of a delivery that one location handles."""

from crossdock.fulfillment.model import Cancellation, Execution, Negotiation, WrongState, step, word
from crossdock.fulfillment.queries import FulfillmentPage, fulfillments_of, list_fulfillments, read_fulfillment
from crossdock.fulfillment.views import ExecutionWord, FulfillmentView

__all__ = [
    "Cancellation",
    "Execution",
    "ExecutionWord",
    "FulfillmentPage",
    "FulfillmentView",
    "Negotiation",
    "WrongState",
    "fulfillments_of",
    "list_fulfillments",
    "read_fulfillment",
    "step",
    "word",
]
