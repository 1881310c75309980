"""What routing is told and what it answers, in integers only.

Money is in 1/1000 of the minor unit ("milli": 1 GBP = 100_000), weights in grams, distances in metres or whole
kilometres, days are proleptic ordinals (`date.toordinal()`). Everything that outlives one decision carries a
`version`, the hash of its own content; a decision names the versions it rests on.
"""

from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from crossdock.kernel.content import content_hash
from crossdock.routing.merging import Merge, Path
from crossdock.routing.rules import Cost, CostName, Fence, Prefer, Surcharge

ENGINE = "crossdock-routing-3"
"""The version of the algorithm: another one may choose another plan of equal cost, and says so in the record."""

SplitRule = Literal["never", "line", "unit"]
Leftover = Literal["backorder", "ship_available", "cancel", "review", "next_route", "queue"]


class RoutingError(ValueError):
    """Say that what routing was given cannot be decided upon: shapes that differ, sums beyond 2^52, no lines."""


class Site(Struct, frozen=True, kw_only=True):
    """One location that may fulfil: where it stands (metres on the sphere), what it can do, what its hands cost.

    The handling prices are in 1/1000 of the minor unit; `rank` settles ties, the lower first. `markets` are the
    countries it serves (none: its own), `carriers` those that collect from it (none: all).
    """

    id: int
    code: str
    name: str
    kind: str
    country: str
    x: int
    y: int
    z: int
    capabilities: tuple[str, ...] = ("ship",)
    handling_parcel: int = 0
    handling_line: int = 0
    handling_unit: int = 0
    rank: int = 0
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()


class Network(Struct, frozen=True, dict=True):
    """All locations, ordered by id; the columns of a snapshot's arrays are these, in this order."""

    sites: tuple[Site, ...]

    def __post_init__(self) -> None:
        ids = [site.id for site in self.sites]
        if any(a >= b for a, b in pairwise(ids)):
            raise RoutingError("the sites of a network must be ordered by id, each id once")

    @cached_property
    def version(self) -> str:
        """The content hash."""
        return content_hash(self).hex()


class Zone(Struct, frozen=True):
    """What a parcel costs up to a distance: base per parcel, price per kilogram, days on the road."""

    up_to_km: int
    base: int
    per_kg: int
    transit_days: int


class Lane(Struct, frozen=True):
    """What a parcel costs from other countries: the first lane that names origin and destination ("*" is any)."""

    origins: tuple[str, ...]
    destinations: tuple[str, ...]
    base: int
    per_kg: int
    transit_days: int

    def serves(self, origin: str, destination: str) -> bool:
        """Say whether the lane leads from one country to the other."""
        return any(o in ("*", origin) for o in self.origins) and any(d in ("*", destination) for d in self.destinations)


class RateCard(Struct, frozen=True, dict=True):
    """What carriers charge: zones by distance within a country, lanes between countries, the weight of a parcel.

    With a `dim_divisor` (cm³ per kilogram, 5000 for most carriers) a unit counts with its volume where that is more
    than its weight. `surcharges` come on top, and `fuel_permille` on carriage, weight and surcharges.
    """

    currency: str
    zones: tuple[Zone, ...]
    lanes: tuple[Lane, ...] = ()
    parcel_limit_g: int = 30_000
    dim_divisor: int | None = None
    surcharges: tuple[Surcharge, ...] = ()
    fuel_permille: int = 0

    def __post_init__(self) -> None:
        kms = [zone.up_to_km for zone in self.zones]
        if not kms or any(a >= b for a, b in pairwise(kms)):
            raise RoutingError("a rate card needs zones with rising distances")
        rates = [z.base for z in self.zones] + [z.per_kg for z in self.zones]
        rates += [x.base for x in self.lanes] + [x.per_kg for x in self.lanes]
        rates += [surcharge.amount for surcharge in self.surcharges] + [self.fuel_permille]
        if self.parcel_limit_g < 1 or min(rates) < 0:
            raise RoutingError("rates are not below 0 and a parcel may weigh at least a gram")
        if self.dim_divisor is not None and self.dim_divisor < 1:
            raise RoutingError("the divisor of the dimensional weight is at least 1")

    @cached_property
    def version(self) -> str:
        """The content hash."""
        return content_hash(self).hex()


class Prices(Struct, frozen=True):
    """Prices from elsewhere (forecasts, the optimiser), added to the costs: (site, price) and (item, site, price).

    The first is paid once per fulfillment of the site, the second for each unit of the item that leaves it.
    """

    locations: tuple[tuple[int, int], ...] = ()
    units: tuple[tuple[int, int, int], ...] = ()

    def __post_init__(self) -> None:
        if any(price < 0 for _, price in self.locations) or any(price < 0 for _, _, price in self.units):
            raise RoutingError("a price that is added to the costs is not below 0")


class Policy(Struct, frozen=True, kw_only=True, dict=True):
    """The rules of one route, in money (`costs`, `weights`) or as ordered preferences (`prefer`).

    Not shipping a unit costs `unfilled_per_unit` (milli) plus `unfilled_permille` of its value: what it costs us not
    to ship. The default is so high that filling always wins; a lower one lets dear units go unfilled.

    `extra_parcel` and `extra_location` are paid for each but the first. `weights` are permille by the name of a cost:
    what it counts with, 1000 where nothing is said. `complete`: all of the delivery ships, or nothing. Lines of one
    `DemandLine.group` leave from one location unless `keep_groups` is off; with `whole_bundles` the parts of a bundle
    stay together. `source` is the hash of the document that the policy was compiled from and `route` its route; what is
    left over goes to the next route, waits (in `queue`), or is given up after `cancel_after_hours`. With `merge` goods
    may also be gathered at one place and sent on from there; not under ordered preferences or weights.
    """

    card: RateCard
    unfilled_per_unit: int = 100_000_000
    unfilled_permille: int = 1_000
    lateness_per_day: int = 0
    extra_parcel: int = 0
    split: SplitRule = "unit"
    max_locations: int | None = None
    excluded: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    leftover: Leftover = "backorder"
    prices: Prices = Prices()
    fences: tuple[Fence, ...] = ()
    costs: tuple[Cost, ...] = ()
    weights: tuple[tuple[CostName, int], ...] = ()
    prefer: tuple[Prefer, ...] = ()
    extra_location: int = 0
    max_parcels: int | None = None
    min_value_per_location: int = 0
    complete: bool = False
    keep_groups: bool = True
    whole_bundles: bool = False
    queue: str = ""
    cancel_after_hours: int | None = None
    source: str = ""
    route: str = ""
    merge: Merge | None = None

    def __post_init__(self) -> None:
        costs = [self.unfilled_per_unit, self.unfilled_permille, self.lateness_per_day, self.extra_parcel]
        costs += [self.extra_location, self.min_value_per_location, *(weight for _, weight in self.weights)]
        if min(costs) < 0 or (self.max_locations is not None and self.max_locations < 1):
            raise RoutingError("the costs of a policy are not below 0 and at least one location is allowed")
        if self.max_parcels is not None and self.max_parcels < 1:
            raise RoutingError("at least one parcel is allowed")

    @cached_property
    def version(self) -> str:
        """The content hash, the rate card and the prices included."""
        return content_hash(self).hex()

    def penalty(self, unit_value: int) -> int:
        """Give what one unit costs us unshipped, in milli: per unit + value in minor units × permille."""
        return self.unfilled_per_unit + unit_value * self.unfilled_permille

    @property
    def most_locations(self) -> int | None:
        """How many locations may share an order; an order that is never split has one."""
        return 1 if self.split == "never" else self.max_locations


class DemandLine(Struct, frozen=True):
    """One demand: so many units of an item, the weight of one in grams, what handling it needs, its value (minor).

    `volume_cm3` is that of one unit. Lines of the same `group` (0: none) belong together; lines of the same `bundle`
    (0: none) are its parts, `in_bundle` units of this one in each.
    """

    key: int
    item: int
    quantity: int
    weight_g: int
    requires: tuple[str, ...] = ()
    unit_value: int = 0
    volume_cm3: int = 0
    category: str = ""
    group: int = 0
    bundle: int = 0
    in_bundle: int = 1


class Demand(Struct, frozen=True, kw_only=True):
    """What one delivery asks for.

    Without coordinates the destination is only known by country and every domestic location is taken to be in the
    card's dearest zone by distance, the last. `due_day` is the day by which the service level promises delivery,
    `asked_day` the one on which it was ordered. `value` (minor units) is the delivery's; `facts` are named words and
    numbers that conditions may ask for.
    """

    lines: tuple[DemandLine, ...]
    country: str
    x: int | None = None
    y: int | None = None
    z: int | None = None
    due_day: int | None = None
    priority: int = 0
    requires: tuple[str, ...] = ("ship",)
    asked_day: int | None = None
    channel: str = ""
    service: str = ""
    value: int = 0
    facts: tuple[tuple[str, str | int], ...] = ()


class Snapshot(Struct, frozen=True, eq=False):
    """What is there at this moment; columns are the network's sites, rows the demand's lines.

    `stock`: int64 (lines × sites), claimable units, never below 0. `ship_day`: int64 (sites), the day on which the
    site would hand over if assigned now, −1 where its calendar is closed. `capacity`: int64 (sites), fulfillments
    that the site may still take on that day. The arrays are read, never written to or kept.

    What may be missing (None: nobody is, or all are): `used`: int64 (sites), permille of the day's capacity that is
    taken; `units_room`: int64 (sites), units that the site may still take on that day; `barred`: bool (lines × sites),
    where a line must not come from because it was rejected there before; `paused`: bool (sites), which do not accept
    now; `find`: int64 (lines × sites), permille of picks that succeed; `days_left`: int64 (lines × sites), days until
    what is there expires, −1 never; `open_days`: int64 (sites), bit k says whether it is open on `first_day` + k.
    """

    network: Network
    stock: NDArray[np.int64]
    ship_day: NDArray[np.int64]
    capacity: NDArray[np.int64]
    used: NDArray[np.int64] | None = None
    units_room: NDArray[np.int64] | None = None
    barred: NDArray[np.bool_] | None = None
    paused: NDArray[np.bool_] | None = None
    find: NDArray[np.int64] | None = None
    days_left: NDArray[np.int64] | None = None
    open_days: NDArray[np.int64] | None = None
    first_day: int = 0


class SiteBill(Struct, frozen=True, array_like=True):
    """What one location of a plan does and costs; money in milli. `km` is −1 where no distance is known.

    `more` are the amounts of costs that have no field of their own, by name, credits below 0; none is 0.
    """

    site_id: int
    parcels: int
    lines: int
    units: int
    weight_g: int
    base: int
    weight: int
    handling_parcel: int
    handling_line: int
    handling_unit: int
    lateness: int
    prices: int
    km: int
    transit_days: int
    ship_day: int
    deliver_day: int
    more: tuple[tuple[str, int], ...] = ()

    @property
    def total(self) -> int:
        """The sum of the location's costs."""
        return (
            self.base
            + self.weight
            + self.handling_parcel
            + self.handling_line
            + self.handling_unit
            + self.lateness
            + self.prices
            + sum([amount for _, amount in self.more])
        )


class Plan(Struct, frozen=True, array_like=True):
    """Who ships what: (site id, demand key, units), by site, then line; what stays behind; the bill.

    `cost` is the sum of the bills, `extra_parcels`, `extra_locations` and the `path`; `penalty`, what the unfilled
    units cost, is apart from it. With a `path` the bills are those of legs to the place where goods are gathered.
    """

    assignments: tuple[tuple[int, int, int], ...]
    unfilled: tuple[tuple[int, int], ...]
    cost: int
    penalty: int
    extra_parcels: int
    bill: tuple[SiteBill, ...]
    extra_locations: int = 0
    path: Path | None = None

    @property
    def total(self) -> int:
        """Cost and penalty: what plans are compared by."""
        return self.cost + self.penalty

    @property
    def site_ids(self) -> tuple[int, ...]:
        """The set of locations, ascending."""
        return tuple(sorted({site for site, _, _ in self.assignments}))


class PassedOver(Struct, frozen=True, array_like=True):
    """The best plan with another set of locations, and whether it is proven that there is no better one."""

    plan: Plan
    proven: bool


class RestsOn(Struct, frozen=True, array_like=True):
    """The versions a decision rests on: content hashes, and the engine's name."""

    network: str
    policy: str
    rate_card: str
    engine: str


class Points(Struct, frozen=True, array_like=True):
    """What ordered preferences made of a plan: (aim, points) level by level, the passed-over plan's, and the weights.

    `total` is Σ points × weight, `dropped` the aims for which whole numbers had no room left in this order.
    """

    levels: tuple[tuple[str, int], ...]
    passed_over: tuple[tuple[str, int], ...]
    weights: tuple[int, ...]
    total: int
    dropped: tuple[str, ...] = ()


class Decision(Struct, frozen=True, array_like=True):
    """The answer of `decide`: the plan, how good it is for certain, what was passed over, what it rests on.

    No plan can have a total (cost and penalty) below `bound`; `gap` is what the plan's total is above it, 0 when
    `proven`. `nodes` counts the search nodes. `leftover` is what the policy wants done with `unfilled`, or "none".
    Under ordered preferences there are `points`, and `bound` and `gap` count them instead of money.
    """

    assignments: tuple[tuple[int, int, int], ...]
    unfilled: tuple[tuple[int, int], ...]
    cost: int
    penalty: int
    extra_parcels: int
    bill: tuple[SiteBill, ...]
    bound: int
    gap: int
    proven: bool
    nodes: int
    passed_over: PassedOver | None
    leftover: str
    rests_on: RestsOn
    extra_locations: int = 0
    points: Points | None = None
    path: Path | None = None

    @property
    def total(self) -> int:
        """Cost and penalty: what plans are compared by."""
        return self.cost + self.penalty

    @property
    def site_ids(self) -> tuple[int, ...]:
        """The set of locations, ascending."""
        return tuple(sorted({site for site, _, _ in self.assignments}))
