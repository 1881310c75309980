"""What does not change from order to order: a network seen through one policy, towards one country.

`terms()` is remembered per (network version, policy version, country, requirements), so that deciding one order
starts from arrays. All arrays are float64 with whole numbers, one entry per site in the network's order.
"""

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from crossdock.routing.costs import Costs, Weights, counted
from crossdock.routing.fences import Fences
from crossdock.routing.geo import chord_squared
from crossdock.routing.model import Demand, Network, Policy, RoutingError
from crossdock.routing.rules import CostName
from crossdock.routing.tariff import Tariff

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

EXACT = float(2**52)
"""Whole numbers up to here, and sums of two of them, are exact in float64."""

_REMEMBERED = 256


class Terms:
    """Arrays of a network under a policy for deliveries to one country.

    A site's zone is an index into `base_z`, `per_kg_z`, `transit_z`: the zones of the card, then "too far" (not
    served), then one entry per lane. Domestic sites find theirs by distance, foreign ones have it fixed.
    """

    __slots__ = (
        "_capable", "allowed", "always_served", "base_z", "borders", "costs", "credited", "domestic", "extended",
        "extra", "extra_location", "far", "fences", "fixed_zone", "late_day", "limit", "line_l", "line_max", "line_min",
        "most", "network", "parcel_l", "per_kg_list", "place", "place_sq", "policy", "price_l", "rank_key", "rate_max",
        "rates", "served_z", "side", "site_ids", "site_index", "tariff", "transit_z", "unit_l", "unit_max", "unit_min",
        "unit_prices", "weights",
    )  # fmt: skip

    def __init__(self, network: Network, policy: Policy, country: str, requires: tuple[str, ...]) -> None:
        sites, card = network.sites, policy.card
        self.network, self.policy = network, policy
        weights = self.weights = Weights(policy)
        self.limit, self.most = card.parcel_limit_g, policy.most_locations
        self.extra = counted(policy.extra_parcel, weights.of("extra_parcels"))
        self.extra_location = counted(policy.extra_location, weights.of("extra_locations"))
        self.late_day = counted(policy.lateness_per_day, weights.of("lateness"))
        self._capable: dict[tuple[str, ...], Bools] = {}
        self.site_ids = [site.id for site in sites]
        self.site_index = {site.id: at for at, site in enumerate(sites)}
        self.place = np.array([[s.x, s.y, s.z] for s in sites], dtype=np.float64).reshape(-1, 3)
        self.place_sq = (self.place * self.place).sum(axis=1)
        self.parcel_l = self._hands("handling_parcel")
        self.line_l = self._hands("handling_line")
        self.unit_l = self._hands("handling_unit")
        # the order in which equal sites are preferred: by rank, then by id
        self.rank_key = np.empty(len(sites), dtype=np.int64)
        self.rank_key[sorted(range(len(sites)), key=lambda at: (sites[at].rank, at))] = np.arange(len(sites))
        self.tariff = Tariff(policy, weights, country)
        self._zones(country)
        self._prices()
        self.fences, self.costs = Fences(network, policy, country), Costs(network, policy, weights)
        self.extended = self.fences.some or self.costs.some or bool(policy.prefer or card.surcharges)
        self.extended |= not self.tariff.plain
        self.side = policy.max_parcels is not None or policy.min_value_per_location > 0
        excluded = set(policy.excluded)
        self.allowed = np.array([s.code not in excluded for s in sites], dtype=bool)
        self.allowed &= self.capable(requires)
        self.allowed &= self.served_z[self.fixed_zone] | self.domestic
        self.allowed &= self.fences.static
        if policy.markets and country not in policy.markets:
            self.allowed[:] = False
        for array in (self.line_l, self.unit_l):
            if len(array) and array.min() < 0:
                raise RoutingError("handling prices are not below 0")
        self.credited = bool(len(sites)) and self.parcel_l.min() < 0  # only what carriage makes good, see View
        units, handling = self.unit_l[self.allowed], self.line_l[self.allowed]
        self.unit_max, self.unit_min = float(units.max(initial=0)), float(units.min(initial=EXACT))
        self.line_max, self.line_min = float(handling.max(initial=0)), float(handling.min(initial=EXACT))

    def _hands(self, name: CostName) -> Floats:
        """Give what hands cost at each site, at the weight of that cost."""
        amounts = np.array([getattr(site, name) for site in self.network.sites], dtype=np.int64)
        hands: Floats = counted(amounts, self.weights.of(name)).astype(np.float64)
        return hands

    def _zones(self, country: str) -> None:
        sites, card = self.network.sites, self.policy.card
        self.far = len(card.zones)
        self.borders = np.array([chord_squared(zone.up_to_km) for zone in card.zones], dtype=np.float64)
        self.base_z = np.array(self.tariff.per_parcel, dtype=np.float64)
        self.transit_z = np.array(
            [z.transit_days for z in card.zones] + [0] + [x.transit_days for x in card.lanes], dtype=np.int64
        )
        self.per_kg_list = self.tariff.rates
        self.rates, self.rate_max = np.array(self.per_kg_list, dtype=np.int64), max(self.per_kg_list)
        self.served_z = np.ones(len(self.base_z), dtype=bool)
        self.served_z[self.far] = False
        self.domestic = np.array([s.country == country for s in sites], dtype=bool)
        lane_of: dict[str, int] = {}
        for site in sites:
            if site.country not in lane_of:
                fitting = (at for at, lane in enumerate(card.lanes) if lane.serves(site.country, country))
                lane_of[site.country] = self.far + 1 + next(fitting, -1)
        self.fixed_zone = np.array([lane_of[s.country] for s in sites], dtype=np.int64)
        self.always_served = bool(self.domestic.all()) and self.borders[-1] >= chord_squared(10**6)

    def _prices(self) -> None:
        """Lay out the prices from elsewhere: an addend per site, and item → addends per site where there are any."""
        self.price_l: Floats | None = None
        self.unit_prices: dict[int, Floats] = {}
        weight = self.weights.of("prices")
        for site_id, price in self.policy.prices.locations:
            if self.price_l is None:
                self.price_l = np.zeros(len(self.site_ids))
            if site_id in self.site_index:
                self.price_l[self.site_index[site_id]] += counted(price, weight)
        for item, site_id, price in self.policy.prices.units:
            if site_id in self.site_index:
                addends = self.unit_prices.setdefault(item, np.zeros(len(self.site_ids)))
                addends[self.site_index[site_id]] += counted(price, weight)

    def capable(self, requires: tuple[str, ...]) -> Bools:
        """Give which sites have all of the capabilities; remembered."""
        found = self._capable.get(requires)
        if found is None:
            needed = set(requires)
            found = np.array([needed.issubset(s.capabilities) for s in self.network.sites], dtype=bool)
            self._capable[requires] = found
        return found

    def squared(self, demand: Demand) -> Floats | None:
        """Give the squared chord in square metres from each site to the destination; None where that is not known."""
        x, y, z = demand.x, demand.y, demand.z
        if x is None or y is None or z is None:
            return None
        squared: Floats = self.place_sq + float(x * x + y * y + z * z)
        squared -= self.place @ np.array((2.0 * x, 2.0 * y, 2.0 * z))
        return squared

    def zones(self, demand: Demand, squared: Floats | None = None) -> Ints:
        """Give each site's zone for the demand's destination; exact, because squared chords are whole numbers."""
        if squared is None:
            squared = self.squared(demand)
        if squared is None:
            return np.where(self.domestic, self.far - 1, self.fixed_zone)
        zone: Ints = self.borders.searchsorted(squared)
        if self.always_served:
            return zone
        return np.where(self.domestic, zone, self.fixed_zone)


_remembered: OrderedDict[tuple[str, str, str, tuple[str, ...]], Terms] = OrderedDict()


def terms(network: Network, policy: Policy, country: str, requires: tuple[str, ...]) -> Terms:
    """Give the terms for a network, policy, country and order-level requirements, built once and remembered."""
    key = (network.version, policy.version, country, requires)
    found = _remembered.get(key)
    if found is None:
        found = Terms(network, policy, country, requires)
        _remembered[key] = found
        while len(_remembered) > _REMEMBERED:
            _remembered.popitem(last=False)
    return found
