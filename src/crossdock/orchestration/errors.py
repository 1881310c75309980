"""What the flows refuse, each a fact that reads as one."""

from __future__ import annotations

from crossdock.kernel.errors import Conflict, CrossdockError, NotFound, Refused


class UnknownChannel(Refused):
    """The order names a channel that does not exist."""

    code = "unknown_channel"
    title = "There is no such channel"
    next_step = "Create the channel with PUT /v1/channels/{code}, or correct its code."


class UnknownPolicy(Refused):
    """A channel names a routing policy that does not exist."""

    code = "unknown_policy"
    title = "There is no such routing policy"
    next_step = "Activate the policy with PUT /v1/policies/{code}."


class UnknownPolicyVersion(NotFound):
    """There is no version of this number, or no policy of this code."""

    code = "unknown_policy_version"
    title = "There is no such version of a policy"
    next_step = "List what there is with GET /v1/policies/{code}/versions."


class PolicyInvalid(Refused):
    """A routing policy with an error cannot become active; each error has its place."""

    code = "policy_invalid"
    title = "The routing policy has errors"
    next_step = "Correct the places named in `errors`, save the document again and activate that version."


class PolicyUntried(Conflict):
    """Nobody has tried the version that is to become active."""

    code = "policy_untried"
    title = "Nobody has tried this version"
    next_step = "Try it over past orders, or send `untried: true`; that is recorded."


class PolicyMovedOn(Conflict):
    """Somebody saved or activated another version in the meantime."""

    code = "policy_moved_on"
    status = 412
    title = "There is a newer version"
    next_step = "Read the newest version, compare it with yours and save on top of it."


class PolicyNotReady(Conflict):
    """The version stands where what is asked for may not follow."""

    code = "policy_not_ready"
    title = "The version does not stand so that this may follow"
    next_step = "Read the version: `supported_actions` says what may be asked of it."


class UnknownItem(Refused):
    """A line names a SKU that does not exist."""

    code = "unknown_item"
    title = "There is no such item"
    next_step = "Create the item with PUT /v1/items/{sku}, or correct the SKU."


class UnknownPromise(Refused):
    """An order brings a promise that does not exist or was forgotten."""

    code = "unknown_promise"
    title = "There is no such promise"
    next_step = "Send the order without `promise_id`, or ask for a new promise with POST /v1/promises."


class PromiseRefused(Refused):
    """What is asked to be promised contradicts itself."""

    code = "promise_refused"
    title = "What is asked for contradicts itself"
    next_step = "Correct the fields named in `errors`."


class PromiseMismatch(Refused):
    """An order brings a promise that was made for something else, or that another order has taken."""

    code = "promise_mismatch"
    title = "The promise was made for something else"
    next_step = "Send what was promised, or the order without `promise_id`; `errors` names what differs."


class UnknownLocation(Refused):
    """A location is asked about that does not exist, or is not active."""

    code = "unknown_location"
    title = "There is no such location"
    next_step = "Create the location with PUT /v1/locations/{code}, or correct its code."


class SnapshotRefused(Refused):
    """A feed's upload cannot be the snapshot that it is said to be."""

    code = "snapshot_refused"
    title = "The upload cannot be such a snapshot"
    next_step = "Correct the parameters named in `errors`."


class UnknownFeed(NotFound):
    """There is no source of stock facts of this code."""

    code = "unknown_feed"
    title = "There is no such feed"
    next_step = "Create the source with PUT /v1/feeds/{code}, or correct its code."


class OrderRefused(Refused):
    """An order contradicts itself."""

    code = "order_refused"
    title = "The order contradicts itself"
    next_step = "Correct the fields named in `errors`."


class OrderContentDiffers(Conflict):
    """The same external id came again with another content and no newer revision."""

    code = "order_content_differs"
    title = "This external id was captured with another content"
    next_step = "Send the order under its own external id, or change the captured order with its actions."


class IdempotencyKeyReused(Refused):
    """The Idempotency-Key was used before with another body."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used with another body"
    next_step = "Use a new Idempotency-Key for a new request."


class VersionMismatch(CrossdockError):
    """The resource has changed since the version that the request names."""

    code = "version_mismatch"
    status = 412
    title = "The resource has changed meanwhile"
    next_step = "Read it again and repeat the change on what it is now."


class OrderNotFound(NotFound):
    """There is no order of this id."""

    code = "order_not_found"
    title = "There is no such order"


class RevisionRefused(Refused):
    """A newer revision came too late: units of the order are with a location or have left."""

    code = "revision_refused"
    title = "The order can no longer be revised"
    next_step = "Cancel or return the units that have left, and order the rest anew."


class NothingToCancel(Refused):
    """The units cannot be canceled: they are gone, canceled or not that many."""

    code = "nothing_to_cancel"
    title = "These units cannot be canceled"
    next_step = "Look at the quantities of the order's lines: only what is not shipped can be canceled."


class AddressFixed(Refused):
    """The delivery's address can no longer be amended."""

    code = "address_fixed"
    title = "The address can no longer be changed"
    next_step = "Part of the delivery has left; open a return or an interception instead."


class AddressNotServed(Refused):
    """Nothing of the delivery could be shipped to the new address."""

    code = "address_not_served"
    title = "Nothing can be shipped there"
    next_step = "The order stays as it was; choose another address, or cancel the units."


class NoSuchHold(Refused):
    """The order has no such open hold, or has it already."""

    code = "no_such_hold"
    title = "The order's holds are not as the request takes them to be"


class NothingToRoute(Refused):
    """No unit of the order can be routed again."""

    code = "nothing_to_route"
    title = "No unit of this order can be routed again"
    next_step = "Units that are released, shipped or canceled stay where they are."


class ConfigurationRefused(Refused):
    """A document of the configuration contradicts the rest of it."""

    code = "configuration_refused"
    title = "The configuration contradicts itself"
    next_step = "Correct the fields named in `errors`."


class ReservationNotFound(NotFound):
    """There is no reservation of this id."""

    code = "reservation_not_found"
    title = "There is no such reservation"


class ReservationContentDiffers(Conflict):
    """The same external id came again with another content."""

    code = "reservation_content_differs"
    title = "This external id was reserved with another content"
    next_step = "Change the reservation with its actions, or use an external id of its own for another attempt."


class ReservationRefused(Refused):
    """A reservation contradicts itself."""

    code = "reservation_refused"
    title = "The reservation contradicts itself"
    next_step = "Correct the fields named in `errors`."


class NotEnoughToReserve(Refused):
    """What is asked for is not there, or not where it may come from."""

    code = "not_enough_to_reserve"
    title = "Not everything that is asked for can be reserved"
    next_step = "Ask for less, or set `partial` to reserve what there is; `errors` says how much of each line."


class ReservedTooLate(Refused):
    """The units are there, but nobody can have them at the customer's by the date."""

    code = "reservation_too_late"
    title = "It cannot be there by the date"
    next_step = "Ask for a later date, or without one."


class MoveImpossible(Refused):
    """The units cannot be held where they are to be moved to."""

    code = "reservation_not_movable"
    title = "The reservation cannot be moved there"
    next_step = "The reservation stays as it was; choose another location or supply line."


class NothingToTry(Refused):
    """No past order is decided by the policy in the period."""

    code = "nothing_to_try"
    title = "There are no past orders to try it on"
    next_step = "Choose another period, or a policy that a channel or one of its service levels names."


class TryRefused(Refused):
    """It is not said which order is to be tried, or the order cannot be one."""

    code = "try_refused"
    title = "Which order is to be tried?"
    next_step = "Name a past order, or give one as it would be sent; `errors` says what is wrong with it."
