"""What is asked for promises and what is answered: the documents of `POST /v1/promises`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from crossdock.kernel.document import MAX_MONEY, Code, Country, Input, Instant, clean
from crossdock.kernel.money import Money
from crossdock.promising.methods import Method

MOST_LINES = 200
MOST_LOCATIONS = 20

Goal = Literal["cheapest", "earliest"]
StateWord = Literal["quoted", "offered", "ordered", "closed", "expired"]
RefusedBecause = Literal[
    "no_destination",
    "unknown_location",
    "no_pickup_there",
    "out_of_stock",
    "not_served",
    "too_late",
    "too_early",
    "different_launches",
]


class PromiseLineIn(Input):
    """Units of an item or bundle; with its price the decision weighs what leaving it behind would cost."""

    sku: Annotated[str, clean(min_length=1, max_length=64)]
    quantity: Annotated[int, Meta(ge=1, le=1_000_000, description="base units")]
    unit_price: Annotated[int, Meta(ge=0, le=MAX_MONEY, description="minor units of the channel's currency")] = 0
    together: Annotated[int, Meta(ge=0, le=1_000, description="lines of the same number leave together; 0 is none")] = 0


class PromisePlaceIn(Input):
    """Where it is to go, as far as routing must know: no name and no street."""

    country: Country
    postal_code: Annotated[str, clean(max_length=20)] = ""
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None


class PromiseIn(Input):
    """What can be promised for a product page, a basket or a checkout: `POST /v1/promises`.

    Without ``methods`` all that are possible: shipping needs a ``destination``, picking up ``locations`` or a
    destination to which the ``nearest`` are found. Without ``services`` all that the channel sells.
    """

    channel: Code
    lines: Annotated[tuple[PromiseLineIn, ...], Meta(min_length=1, max_length=MOST_LINES)]
    destination: PromisePlaceIn | None = None
    methods: Annotated[tuple[Method, ...], Meta(max_length=3)] = ()
    services: Annotated[tuple[Code, ...], Meta(max_length=20)] = ()
    locations: Annotated[tuple[Code, ...], Meta(max_length=MOST_LOCATIONS, description="where to pick up")] = ()
    nearest: Annotated[int, Meta(ge=0, le=MOST_LOCATIONS, description="pick-up locations when none is named")] = 3
    goal: Annotated[Goal, Meta(description="the least cost, or the first day at the least cost")] = "cheapest"
    by: Annotated[date, Meta(description="only what is there by this day")] | None = None
    not_before: Annotated[date, Meta(description="nothing before this day; with `by` a window")] | None = None
    reserve: Annotated[bool, Meta(description="hold the units of the first offer for the order")] = False
    keep: Annotated[bool, Meta(description="store the offers, so that an order can bring one")] = True


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A document that we write: every field is always there."""


class PackageLine(View, frozen=True):
    """Units of an item in a package; a bundle's parts are told one by one."""

    line: int
    sku: str
    quantity: int


class PackageView(View, frozen=True):
    """What one location sends or hands out; ``km`` is null where no distance is known."""

    location: str
    parcels: int
    weight_g: int
    km: int | None
    ship_on: str
    deliver_on: str
    lines: tuple[PackageLine, ...]


class AwaitedView(View, frozen=True):
    """Units that are not there yet: the supply line that brings them, where and when; when they then arrive."""

    line: int
    sku: str
    quantity: int
    location: str
    supply: str
    expected_on: str
    deliver_on: str


class OrderByView(View, frozen=True):
    """The first instant that is too late, and the location whose cut-off it is, with that location's own time."""

    at: Instant
    local: str
    time_zone: str
    location: str


class ConfidenceView(View, frozen=True):
    """Days by which it is there with even odds and nine times in ten; how likely the locations find every unit."""

    p50: str
    p90: str
    find: float


class PromiseRestsOn(View, frozen=True):
    """The versions that the offer rests on, by content hash; ``view`` is null where the channel sees everything."""

    network: str
    policy: str
    rate_card: str
    view: str | None
    engine: str


class PromiseLinks(View, frozen=True):
    """Where to read it again."""

    self: str


class PromiseView(View, frozen=True):
    """An offer: what is there when, at what cost, how sure, until when, and what it rests on.

    ``date`` is when the last package arrives or can be picked up; the window, where one was asked for, contains it.
    ``cost`` is ours, ``price`` what the channel asks for the service. ``carbon_g`` is an estimate, null where a
    distance is not known. ``quoted`` is what was not kept: no order can bring it. ``awaited`` units are not there yet:
    an order that brings the promise waits for them, and ``cost`` does not know yet what sending them takes.
    """

    id: str
    state: StateWord
    channel: str
    method: Method
    service_level: str
    location: str | None
    date: str
    window: tuple[str, str] | None
    is_complete: bool
    packages: tuple[PackageView, ...]
    unfilled: tuple[PackageLine, ...]
    order_by: OrderByView | None
    price: Money
    cost: Money
    carbon_g: int | None
    confidence: ConfidenceView
    rests_on: PromiseRestsOn
    created_at: Instant
    expires_at: Instant
    reservation_id: str | None
    order_id: str | None
    links: PromiseLinks | None
    awaited: tuple[AwaitedView, ...] = ()


class RefusedView(View, frozen=True):
    """A way in which nothing can be promised, and why; ``earliest`` is the day that would be possible."""

    method: Method
    service_level: str
    location: str | None
    reason: RefusedBecause
    detail: str
    earliest: str | None


class Promises(View, frozen=True):
    """The offers, by method and service in the order asked for, and what cannot be offered."""

    data: tuple[PromiseView, ...]
    refused: tuple[RefusedView, ...]
