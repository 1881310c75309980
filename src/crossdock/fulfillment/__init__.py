"""Fulfillments: the part of a delivery that one location handles."""

from crossdock.fulfillment.model import Cancellation, Execution, Negotiation, WrongState, step, word

__all__ = ["Cancellation", "Execution", "Negotiation", "WrongState", "step", "word"]
