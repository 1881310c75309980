"""The demonstration retailer: everything the data set does not say, made from one seed.

Real are the orders, the items' names and prices, the towns and distances. Assumed are the locations, what work and
shipping cost, weights, addresses, opening stock and receipts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import numpy as np

from crossdock.demo import places as places_module
from crossdock.demo.chance import Chance
from crossdock.demo.items import ItemSpec, items
from crossdock.demo.matching import CancellationEvent, Confidence
from crossdock.demo.network import LocationSpec, locations
from crossdock.demo.parties import destination_of
from crossdock.demo.places import Destination, Places, distance_km
from crossdock.demo.sales import SaleOrder
from crossdock.demo.supply import CENTRES, WEEKS, DemandOfItem, Supply, SupplyPlan, plan_supply, week_of
from crossdock.demo.terms import CHANNEL, POLICY, RATE_CARD, ChannelSpec, PolicySpec

SEED = 20_101_201
"""The day of the first order."""

_REGRETTED = timedelta(days=1)


class Retailer(msgspec.Struct, frozen=True):
    """Everything that is set up before the first order is captured.

    ``destinations`` has the place each order goes to, by its external id.
    """

    seed: int
    channel: ChannelSpec
    policy: PolicySpec
    locations: tuple[LocationSpec, ...]
    items: tuple[ItemSpec, ...]
    destinations: dict[str, Destination]
    supply: Supply


def make_retailer(
    orders: Sequence[SaleOrder],
    cancellations: Sequence[CancellationEvent],
    seed: int = SEED,
    plan: SupplyPlan | None = None,
) -> Retailer:
    """Make the retailer that these orders were placed with; the same arguments give the same retailer."""
    chance = Chance(seed)
    places = places_module.load()
    network = locations(places)
    catalogue = items(orders, chance)
    destinations = {order.external_id: destination_of(order, places, chance) for order in orders}
    demand = _demand(orders, cancellations, destinations, network)
    stores = [location.code for location in network if location.kind == "store"]
    supply = plan_supply(catalogue, demand, stores, plan or SupplyPlan(), chance)
    return Retailer(seed, CHANNEL, POLICY, network, catalogue, destinations, supply)


def fingerprint(retailer: Retailer) -> str:
    """Hash everything about a retailer, to tell whether two are the same."""
    return hashlib.sha256(msgspec.json.encode(retailer, order="deterministic")).hexdigest()


def zone_of(location: LocationSpec, destination: Destination) -> int:
    """Number the zone of the rate card in which a British destination lies; what lies nowhere is in the last."""
    if destination.lat is None or destination.lon is None:
        return len(RATE_CARD.zones) - 1
    km = distance_km(location.latitude, location.longitude, destination.lat, destination.lon)
    return sum(km > zone.up_to_km for zone in RATE_CARD.zones[:-1])


def _demand(
    orders: Sequence[SaleOrder],
    cancellations: Sequence[CancellationEvent],
    destinations: dict[str, Destination],
    network: Sequence[LocationSpec],
) -> dict[str, DemandOfItem]:
    """Sum the units of every item by the centre that would serve them and by week, without what was a mistake."""
    regretted = _regretted_units(orders, cancellations)
    centres = [next(location for location in network if location.code == code) for code in CENTRES]
    home: dict[Destination, int] = {}
    lines: dict[str, int] = {}
    units: dict[str, np.ndarray[tuple[int, int], np.dtype[np.int64]]] = {}
    for order in orders:
        place = destinations[order.external_id]
        if place not in home:
            home[place] = _home(centres, place)
        region, week = home[place], week_of(order.placed_at)
        for line in order.lines:
            if line.sku not in units:
                units[line.sku], lines[line.sku] = np.zeros((len(CENTRES), WEEKS), dtype=np.int64), 0
            lines[line.sku] += 1
            wanted = line.quantity - regretted.get((order.external_id, line.number), 0)
            units[line.sku][region, week] += wanted
    return {sku: DemandOfItem(lines[sku], units[sku]) for sku in units}


def _home(centres: Sequence[LocationSpec], place: Destination) -> int:
    """Tell which centre serves a place: the one in the cheaper zone, else the one of the better rank."""
    if place.country != "GB":
        return 0
    return min(range(len(centres)), key=lambda index: (zone_of(centres[index], place), centres[index].rank))


def _regretted_units(
    orders: Sequence[SaleOrder], cancellations: Sequence[CancellationEvent]
) -> dict[tuple[str, int], int]:
    """Find what was canceled for certain within a day: no buyer plans for an order that was a slip."""
    placed = {order.external_id: order.placed_at for order in orders}
    units: dict[tuple[str, int], int] = {}
    for event in cancellations:
        if event.confidence is Confidence.EXACT:
            for part in event.matched:
                if event.at - placed[part.external_id] <= _REGRETTED:
                    key = (part.external_id, part.line_number)
                    units[key] = units.get(key, 0) + part.quantity
    return units


__all__ = ["SEED", "Places", "Retailer", "fingerprint", "make_retailer", "zone_of"]
