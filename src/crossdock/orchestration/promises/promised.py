"""Orders that bring a promise: it must be theirs, and they are routed to keep it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from crossdock.kernel.errors import FieldError
from crossdock.kernel.ids import decode_id
from crossdock.orchestration.errors import PromiseMismatch, UnknownPromise
from crossdock.orchestration.plans import Destination
from crossdock.orchestration.promises import store as promise_store
from crossdock.orchestration.promises.store import StoredPromise
from crossdock.orders.model import OrderIn
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit


class Promised(NamedTuple):
    """What routing and the order's record need of a promise."""

    id: int
    promised_day: int
    due_day: int
    begin_day: int | None
    sites: tuple[int, ...]
    reservation_id: int | None


class Promises:
    """The promises that a batch of orders brings, locked; each can be claimed once."""

    def __init__(self, known: Mapping[int, StoredPromise]) -> None:
        self.known = known
        self.taken: set[int] = set()


def load(session: Session, ids: Sequence[str | None]) -> Promises:
    """Lock the promises of these ids; none at all costs nothing."""
    wanted = [decode_id("prm", text) for text in ids if text is not None]
    return Promises(promise_store.lock(session, wanted) if wanted else {})


def claim(promises: Promises, order: OrderIn, channel_id: int) -> Promised | None:
    """Return the promise that an order brings, now its own; None when it brings none.

    Raises UnknownPromise, and PromiseMismatch with what differs when it was made for something else. An expired
    promise is taken: what can be kept of it is kept, and if it cannot the order is at risk from the start.
    """
    if order.promise_id is None:
        return None
    id_ = decode_id("prm", order.promise_id)
    found = promises.known.get(id_)
    if found is None:
        raise UnknownPromise(f"There is no promise {order.promise_id}.")
    faults = _differences(found, order, channel_id)
    if found.order_id is not None or id_ in promises.taken:
        text = "Another order has taken this promise."
        faults = [FieldError("/promise_id", "taken", text)]
    if faults:
        raise PromiseMismatch(faults[0].message, tuple(faults))
    promises.taken.add(id_)
    return Promised(id_, found.promised_day, found.due_day, found.begin_day, found.content.sites, found.reservation_id)


def _differences(promise: StoredPromise, order: OrderIn, channel_id: int) -> list[FieldError]:
    content, delivery = promise.content, order.deliveries[0]
    units: Counter[str] = Counter()
    for line in order.lines:
        units[line.sku] += line.quantity * line.unit_factor
    pairs = (
        ("/channel", promise.channel_id, channel_id, "The promise was made in another channel."),
        ("/lines", dict(content.basket), dict(units), "The promise was made for another basket."),
        ("/deliveries/0/method", content.method, delivery.method, f"Promised was '{content.method}'."),
        ("/deliveries/0/service_level", content.service_level, delivery.service_level, "Promised was another service."),
        ("/deliveries/0/location", content.location, delivery.location, "Promised was another location."),
        ("/deliveries/0/destination/country", content.country, delivery.destination.country, "Promised elsewhere."),
    )
    return [FieldError(place, "differs", text) for place, said, sent, text in pairs if said != sent]


def destination(where: Destination, promise: Promised) -> Destination:
    """Return where an order goes with the promise that it is to keep."""
    return where._replace(due_day=promise.due_day, promised_day=promise.promised_day, promised_from=promise.sites)


def ordered(unit: Unit, pairs: Sequence[tuple[int, int]]) -> None:
    """Write which order has taken which promise: (promise id, order id)."""
    promise_store.ordered(unit, pairs)
