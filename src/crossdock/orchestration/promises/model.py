"""What stands between a request for promises and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from crossdock.inventory.supply import SupplyRow
from crossdock.kernel.geo import Xyz
from crossdock.network.store import StoredChannel, StoredLocation
from crossdock.orchestration.plans import NewDemand
from crossdock.orchestration.promises.store import StoredPromise
from crossdock.orchestration.terms import DeliveryTerms
from crossdock.promising import Kept, Method, Offer
from crossdock.promising.documents import PromiseIn, Promises, RefusedBecause
from crossdock.routing.model import Policy


class Way(NamedTuple):
    """A way in which the basket could be had: method, service level, and where it is picked up."""

    method: Method
    level: str
    place: StoredLocation | None


class Wanted(NamedTuple):
    """What was asked for, with days as ordinals."""

    asked: PromiseIn
    channel: StoredChannel
    demand: tuple[NewDemand, ...]
    point: Xyz | None
    by: int | None
    not_before: int | None
    at: int


class Made(NamedTuple):
    """An offer with all that it rests on."""

    way: Way
    terms: DeliveryTerms
    offer: Offer
    kept: Kept
    due_day: int
    begin_day: int | None
    record: bytes
    view: str | None
    expires_at: int
    more: tuple[Kept, ...] = ()
    """The decisions of further routes, of an offer that one route cannot make alone."""
    supply: Mapping[int, SupplyRow] = {}
    """The supply lines that may be awaited, by id."""


class NotMade(NamedTuple):
    """A way in which nothing can be promised; the ordinal day that would be possible, if any."""

    way: Way
    reason: RefusedBecause
    detail: str
    earliest: int | None = None


class Quote(NamedTuple):
    """The answers to one request, the rows to keep of it, and the policies made for it that nobody has activated."""

    answer: Promises
    rows: tuple[StoredPromise, ...]
    derived: Mapping[str, Policy]
