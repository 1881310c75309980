"""Promises: dates and offers for a basket, by the same decisions that route orders."""

from crossdock.promising.carbon import FACTOR, GRAMS_PER_TONNE_KM, grams
from crossdock.promising.confidence import Confidence, confidence
from crossdock.promising.dates import Deadline, last_instant, order_by
from crossdock.promising.documents import PromiseIn, PromiseLineIn, PromisePlaceIn, Promises, PromiseView
from crossdock.promising.keeping import Kept, arrives, earliest, keep, missing
from crossdock.promising.methods import Method, capability, policy_for, urgent
from crossdock.promising.offers import Awaited, Offer, Package, awaiting, offer_of
from crossdock.promising.watching import Coming, OpenPromise, PromisePart, Standing, stand

__all__ = [
    "FACTOR",
    "GRAMS_PER_TONNE_KM",
    "Awaited",
    "Coming",
    "Confidence",
    "Deadline",
    "Kept",
    "Method",
    "Offer",
    "OpenPromise",
    "Package",
    "PromiseIn",
    "PromiseLineIn",
    "PromisePart",
    "PromisePlaceIn",
    "PromiseView",
    "Promises",
    "Standing",
    "arrives",
    "awaiting",
    "capability",
    "confidence",
    "earliest",
    "grams",
    "keep",
    "last_instant",
    "missing",
    "offer_of",
    "order_by",
    "policy_for",
    "stand",
    "urgent",
]
