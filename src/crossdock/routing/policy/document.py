"""A merchant's routing policy as a document: a rate card and routes in order, each with a condition and its rules.

The schema that is published and the stored form are one. Fences, costs and preferences are those of
`crossdock.routing.rules`, embedded as they are; what a route says is what a `routing.model.Policy` has.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from crossdock.kernel.content import content_hash
from crossdock.kernel.document import Code, Country, Currency, Input, Words, clean
from crossdock.routing.merging import Merge
from crossdock.routing.policy.conditions import Condition
from crossdock.routing.rules import Cost, CostName, Fence, Prefer, Surcharge

MAX_ROUTES = 100
MAX_RULES = 100

Milli = Annotated[int, Meta(ge=0, le=10**12, description="1/1000 of the minor unit")]
Permille = Annotated[int, Meta(ge=0, le=1_000_000, description="thousandths")]
Days = Annotated[int, Meta(ge=0, le=365)]
Where = Annotated[str, Meta(pattern=r"^([A-Z]{2}|\*)$", description="ISO 3166-1 alpha-2, or * for any")]
RouteName = Annotated[str, clean(min_length=1, max_length=100)]
Zone = Annotated[
    str, Meta(max_length=60, pattern="^[A-Za-z][A-Za-z0-9_+/-]*$", description="IANA name", examples=["Europe/London"])
]
LeftoverIn = Literal["next_route", "backorder", "queue", "review", "ship_available", "cancel"]


class ZoneIn(Input, frozen=True):
    """What a parcel costs up to a distance within a country."""

    up_to_km: Annotated[int, Meta(ge=1, le=20_016)]
    base: Milli
    per_kg: Milli
    transit_days: Days


class LaneIn(Input, frozen=True):
    """What a parcel costs from one country to another."""

    origins: Annotated[tuple[Where, ...], Meta(min_length=1, max_length=250)]
    destinations: Annotated[tuple[Where, ...], Meta(min_length=1, max_length=250)]
    base: Milli
    per_kg: Milli
    transit_days: Days


class RateCardIn(Input, frozen=True):
    """What carriers charge: zones with rising distances, lanes in the order in which they are tried.

    With a `dim_divisor` (cm³ per kilogram) a unit counts with its volume where that is more than its weight;
    `surcharges` come on top, `fuel_permille` on all of it.
    """

    currency: Currency
    zones: Annotated[tuple[ZoneIn, ...], Meta(min_length=1, max_length=100)]
    lanes: Annotated[tuple[LaneIn, ...], Meta(max_length=1_000)] = ()
    parcel_limit_g: Annotated[int, Meta(ge=1, le=10**8)] = 30_000
    dim_divisor: Annotated[int, Meta(ge=1, le=10**6)] | None = None
    surcharges: Annotated[tuple[Surcharge, ...], Meta(max_length=MAX_RULES)] = ()
    fuel_permille: Permille = 0


class RulesIn(Input, frozen=True):
    """How a delivery is decided: fences, costs in money or ordered preferences, splits, and what becomes of the rest.

    What is left over is tried by the next route that holds, waits for stock, lies in a named `queue` for a person or
    in the one for review, or is canceled: `ship_available` cancels what is missing, `cancel` all that the route was
    asked for. After `cancel_after_hours` of waiting it is canceled too.
    """

    fences: Annotated[tuple[Fence, ...], Meta(max_length=MAX_RULES)] = ()
    costs: Annotated[tuple[Cost, ...], Meta(max_length=MAX_RULES)] = ()
    weights: Annotated[tuple[tuple[CostName, Permille], ...], Meta(max_length=50)] = ()
    prefer: Annotated[tuple[Prefer, ...], Meta(max_length=10)] = ()
    unfilled_per_unit: Milli = 100_000_000
    unfilled_permille: Permille = 1_000
    lateness_per_day: Milli = 0
    extra_parcel: Milli = 0
    extra_location: Milli = 0
    split: Literal["never", "line", "unit"] = "unit"
    max_locations: Annotated[int, Meta(ge=1, le=1_000)] | None = None
    max_parcels: Annotated[int, Meta(ge=1, le=1_000)] | None = None
    min_value_per_location: Annotated[int, Meta(ge=0, le=10**12, description="minor units")] = 0
    complete: bool = False
    keep_groups: bool = True
    whole_bundles: bool = False
    excluded: Annotated[tuple[Code, ...], Meta(max_length=10_000, description="locations that never ship")] = ()
    markets: Annotated[tuple[Country, ...], Meta(max_length=250)] = ()
    leftover: LeftoverIn = "backorder"
    queue: Annotated[str, Meta(pattern=r"^([a-z][a-z0-9_-]{0,39})?$", description="where it lies")] = ""
    cancel_after_hours: Annotated[int, Meta(ge=1, le=8_760)] | None = None
    merge: Annotated[Merge, Meta(description="where goods may be gathered and sent on in one go")] | None = None


class Route(RulesIn, frozen=True, kw_only=True):
    """One way to serve a delivery, tried when its condition holds; without a condition it always does.

    A route may have a rate card of its own.
    """

    name: RouteName
    note: Words = ""
    when: Condition | None = None
    card: RateCardIn | None = None


class PlainPolicy(RulesIn, frozen=True, kw_only=True):
    """A policy that is one set of rules, with its rate card: one route that always holds."""

    card: RateCardIn


class RoutingPolicy(Input, frozen=True, kw_only=True):
    """A routing policy: the routes are tried in order, times are those of `time_zone`."""

    code: Code
    name: Words = ""
    note: Words = ""
    time_zone: Zone = "UTC"
    card: RateCardIn
    routes: Annotated[tuple[Route, ...], Meta(min_length=1, max_length=MAX_ROUTES)]

    @property
    def version(self) -> str:
        """The content hash."""
        return content_hash(self).hex()

    @property
    def is_plain(self) -> bool:
        """Say whether it is one route without a condition."""
        return len(self.routes) == 1 and self.routes[0].when is None


def in_order(document: RoutingPolicy) -> dict[str, Any]:
    """Return a document as plain values in the order in which a person reads it: a route's name and condition first."""
    plain: dict[str, Any] = msgspec.to_builtins(document)
    first = ("name", "note", "when", "card")
    plain["routes"] = [
        {name: route[name] for name in (*first, *(n for n in route if n not in first)) if name in route}
        for route in plain["routes"]
    ]
    return plain


PLAIN_ROUTE = "standard"
"""The name of the one route of a policy that was put as a set of rules."""
