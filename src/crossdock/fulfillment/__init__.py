"""Fulfillments: the part of a delivery that one location handles."""

from crossdock.fulfillment.model import Cancellation, Execution, Negotiation, WrongState, step, word
from crossdock.fulfillment.queries import (
    FulfillmentPage,
    fulfillments_of,
    list_fulfillments,
    offers_of,
    read_fulfillment,
    read_offer,
)
from crossdock.fulfillment.reasons import REASONS, SHORT_REASONS, ReasonWord, ShortWord
from crossdock.fulfillment.store import work_rules
from crossdock.fulfillment.views import ExecutionWord, FulfillmentView, OfferView
from crossdock.fulfillment.work_rules import WorkRules

__all__ = [
    "REASONS",
    "SHORT_REASONS",
    "Cancellation",
    "Execution",
    "ExecutionWord",
    "FulfillmentPage",
    "FulfillmentView",
    "Negotiation",
    "OfferView",
    "ReasonWord",
    "ShortWord",
    "WorkRules",
    "WrongState",
    "fulfillments_of",
    "list_fulfillments",
    "offers_of",
    "read_fulfillment",
    "read_offer",
    "step",
    "word",
    "work_rules",
]
