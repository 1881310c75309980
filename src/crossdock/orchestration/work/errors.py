"""What work at locations refuses."""

from __future__ import annotations

from crossdock.kernel.errors import Conflict, NotFound, Refused


class FulfillmentNotFound(NotFound):
    """There is no fulfillment of this id."""

    code = "fulfillment_not_found"
    title = "There is no such fulfillment"


class UnknownFulfillment(Refused):
    """The order has no such fulfillment."""

    code = "unknown_fulfillment"
    title = "The order has no such fulfillment"
    next_step = "GET /v1/orders/{id}/fulfillments lists those that it has."


class NotThatMany(Refused):
    """The fulfillment does not have these units, or not where the step needs them."""

    code = "not_that_many"
    title = "The fulfillment does not have these units"
    next_step = "Read the fulfillment again: its lines say how many units are where."


class OnHold(Refused):
    """The order is on hold: its locations do not learn of it."""

    code = "order_on_hold"
    title = "The order is on hold"
    next_step = "Lift its holds with the action `release_hold`."


class CannotAssign(Refused):
    """The location cannot have the units."""

    code = "cannot_assign"
    title = "The location cannot have the units"
    next_step = "`errors` says what stands in the way; choose another location, or remove it."


class OfferNotFound(NotFound):
    """There is no offer of this id."""

    code = "offer_not_found"
    title = "There is no such offer"


class OfferGone(Conflict):
    """The job went to another location, or is offered no more."""

    code = "offer_gone"
    title = "The job is not to be had any more"
    next_step = "Nothing is to be done: the job is somebody else's, or another one now."


class OfferOpen(Conflict):
    """The job is offered already."""

    code = "offer_open"
    title = "The job is offered already"
    next_step = "Wait until the offer is claimed or over."


class NotOffered(Refused):
    """The offer was not made to this location."""

    code = "not_offered"
    title = "The job was not offered to this location"


class NothingToChoose(Refused):
    """No customer is to be asked about this delivery, or not this."""

    code = "nothing_to_choose"
    title = "This is not to be chosen here"
    next_step = "GET /v1/orders/{id}/choices says what can be chosen."
