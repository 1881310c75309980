"""Orders for measuring routing: two generators with fixed seeds, and real baskets over an assumed British network.

**American network** (`orders`): 5 distribution centres and any number of stores around 30 metropolitan areas. A
parcel costs 7.50 to 11.50 dollars by seven zones of distance and 0.55 to 1.87 dollars a kilogram, handling 0.80 (DC)
or 2.30 (store) a parcel, 0.10 or 0.30 a line, 0.02 or 0.08 a unit; a missing unit costs 30 dollars and its value.
Weights are lognormal, median 0.6 kg. A parcel holds 68 kg, the 150 pounds that UPS and FedEx Ground take; "small
parcels" of 30 kg are a harder case of their own, in which most orders of many units need several.

* `normal`: an item is missing at a DC with 5 % probability, otherwise the DC has 50 to 500 units; a store carries an
  item with 55 % probability and then has 1 + Poisson(1) units.
* `scarce`: missing at a DC with 20 %, otherwise 1 to 60 units; stores as before.

**Demonstration** (`real_orders`): the demonstration's 25 locations, tariff, policy, items and destinations, and the
year of real invoices, in shuffled order. A store holds an item with 8 % probability, then 1 + Poisson(6) units; the
3PL with 8 %, then 20 to 200; the supplier with 2 %, then 200. Delivery is promised in three days.

* `normal`: missing at a DC with 5 % probability, otherwise the DC has one to four times the quantity.
* `scarce`: missing at a DC with 20 %, otherwise it has 20 to 150 % of the quantity.

Lines are shuffled in both. Everything is drawn from `numpy.random.Generator(PCG64)`.
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple
from zlib import crc32

import msgspec
import numpy as np

from crossdock.demo.chance import Chance
from crossdock.demo.classify import classify
from crossdock.demo.items import items
from crossdock.demo.network import locations
from crossdock.demo.online_retail import load as load_rows
from crossdock.demo.parties import destination_of
from crossdock.demo.places import load as load_places
from crossdock.demo.retailer import SEED
from crossdock.demo.sales import build_orders
from crossdock.demo.terms import POLICY, RATE_CARD
from crossdock.kernel.geo import xyz
from crossdock.routing import Demand, DemandLine, Network, Policy, RateCard, Site, Snapshot, Zone

TODAY = 740_000
Order = tuple[Demand, Snapshot, Policy]

METROS = (
    (40.7, -74.0), (34.1, -118.2), (41.9, -87.6), (32.8, -96.8), (29.8, -95.4), (38.9, -77.0), (40.0, -75.2),
    (33.7, -84.4), (25.8, -80.2), (33.4, -112.1), (42.4, -71.1), (37.8, -122.4), (33.9, -117.4), (42.3, -83.0),
    (47.6, -122.3), (45.0, -93.3), (32.7, -117.2), (27.9, -82.5), (39.7, -105.0), (39.3, -76.6), (38.6, -90.2),
    (28.5, -81.4), (35.2, -80.8), (29.4, -98.5), (45.5, -122.7), (38.6, -121.5), (40.4, -80.0), (36.2, -115.1),
    (39.1, -84.5), (39.1, -94.6),
)  # fmt: skip
HUBS = ((39.5, -119.8), (32.8, -96.8), (40.0, -83.0), (40.3, -76.9), (33.7, -84.4))


def _site(number: int, place: tuple[float, float], country: str, hands: tuple[int, ...], kind: str) -> Site:
    x, y, z = xyz(*place)
    return Site(
        id=number + 1,
        code=f"{kind.upper()}{number + 1:04}",
        name=f"{kind} {number + 1}",
        kind=kind,
        country=country,
        x=x,
        y=y,
        z=z,
        handling_parcel=hands[0],
        handling_line=hands[1],
        handling_unit=hands[2],
        rank=0 if kind == "dc" else 1,
    )


@cache
def american_network(sites: int) -> Network:
    """Give the network with so many locations, the first five of them distribution centres."""
    rng = np.random.default_rng(sites)
    dcs = [_site(at, place, "US", (80_000, 10_000, 2_000), "dc") for at, place in enumerate(HUBS)]
    stores = []
    for at in range(len(HUBS), sites):
        latitude, longitude = METROS[int(rng.integers(len(METROS)))]
        place = (latitude + float(rng.normal(0, 0.25)), longitude + float(rng.normal(0, 0.25)))
        stores.append(_site(at, place, "US", (230_000, 30_000, 8_000), "store"))
    return Network((*dcs, *stores))


CARRIER_LIMIT_G, SMALL_PARCEL_G = 68_000, 30_000


@cache
def american_policy(limit_g: int = CARRIER_LIMIT_G) -> Policy:
    """Give the rate card by zones of miles, per kilogram, and the penalty; a parcel holds so many grams."""
    kms = (240, 480, 960, 1_600, 2_250, 2_900, 20_016)
    base = (750, 790, 850, 920, 990, 1_060, 1_150)
    per_kg = (55, 66, 84, 110, 132, 159, 187)
    zones = tuple(
        Zone(km, b * 1_000, r * 1_000, 1 + at) for at, (km, b, r) in enumerate(zip(kms, base, per_kg, strict=True))
    )
    return Policy(card=RateCard("USD", zones, parcel_limit_g=limit_g), unfilled_per_unit=3_000_000)


def orders(
    kind: str, sites: int, lines: int, most_units: int, count: int, seed: int = 1, limit_g: int = CARRIER_LIMIT_G
) -> Iterator[Order]:
    """Generate orders of so many lines of 1 to `most_units` units over the American network."""
    rng = np.random.default_rng([seed, sites, lines, most_units, kind == "scarce"])
    network, policy, hubs = american_network(sites), american_policy(limit_g), len(HUBS)
    for _ in range(count):
        quantity = rng.integers(1, most_units + 1, lines)
        weight = np.maximum(rng.lognormal(np.log(600), 0.7, lines), 10).astype(int)
        value = rng.integers(500, 6_000, lines)
        stock = np.zeros((lines, sites), dtype=np.int64)
        carried = rng.random((lines, sites - hubs)) < 0.55
        stock[:, hubs:] = carried * (1 + rng.poisson(1.0, (lines, sites - hubs)))
        low, high, missing = (50, 501, 0.05) if kind == "normal" else (1, 61, 0.2)
        stock[:, :hubs] = rng.integers(low, high, (lines, hubs)) * (rng.random((lines, hubs)) >= missing)
        latitude, longitude = METROS[int(rng.integers(len(METROS)))]
        place = xyz(latitude + float(rng.normal(0, 0.4)), longitude + float(rng.normal(0, 0.4)))
        keys = rng.permutation(lines)
        demand = Demand(
            lines=tuple(
                DemandLine(int(at), 1_000 + int(at), int(quantity[at]), int(weight[at]), (), int(value[at]))
                for at in keys
            ),
            country="US",
            x=place[0],
            y=place[1],
            z=place[2],
        )
        days, room = np.full(sites, TODAY, dtype=np.int64), np.full(sites, 1_000, dtype=np.int64)
        yield demand, Snapshot(network, stock[keys], days, room), policy


class Demonstration(NamedTuple):
    """The demonstration's network and policy, its orders with their destinations, the items' weights."""

    network: Network
    policy: Policy
    orders: list[tuple[str, float, float, list[tuple[str, int, int]]]]
    weight_of: dict[str, int]
    days: dict[str, int]


@cache
def demonstration() -> Demonstration:
    """Read the demonstration retailer; takes some seconds."""
    chance = Chance(SEED)
    places = load_places()
    rows = load_rows()
    sales = [order for order in build_orders(rows, classify(rows)) if order.country is not None and order.lines]
    specs = locations(places)
    sites = []
    for at, spec in enumerate(specs):
        x, y, z = xyz(spec.latitude, spec.longitude)
        facts = msgspec.structs.asdict(spec) | {"id": at + 1, "x": x, "y": y, "z": z}
        sites.append(Site(**{name: facts[name] for name in Site.__struct_fields__ if name in facts}))
    orders = []
    for order in sales:
        goes_to = destination_of(order, places, chance)
        assert goes_to.lat is not None and goes_to.lon is not None  # noqa: PT018
        basket = [(line.sku, line.quantity, line.unit_price) for line in order.lines]
        orders.append((goes_to.country, goes_to.lat, goes_to.lon, basket))
    card = msgspec.convert(msgspec.to_builtins(RATE_CARD), RateCard)
    policy = Policy(card=card, **{k: v for k, v in msgspec.structs.asdict(POLICY).items() if k != "card"})
    weight_of = {item.sku: item.weight_g for item in items(sales, chance)}
    return Demonstration(Network(tuple(sites)), policy, orders, weight_of, {s.kind: s.processing_days for s in specs})


def _stock_of(kind: str, total: int, kinds: list[str], rng: np.random.Generator) -> list[int]:
    missing, low, high = (0.05, 1.0, 4.0) if kind == "normal" else (0.2, 0.2, 1.5)
    row = []
    for place in kinds:
        chance, share = rng.random(), float(rng.uniform(low, high))
        if place == "dc":
            row.append(0 if chance < missing else int(np.ceil(share * total)))
        elif place == "store":
            row.append(1 + int(rng.poisson(6.0)) if chance < 0.08 else 0)
        elif place == "3pl":
            row.append(int(rng.integers(20, 201)) if chance < 0.08 else 0)
        else:
            row.append(200 if chance < 0.02 else 0)
    return row


def real_orders(kind: str, count: int, seed: int = 1) -> Iterator[Order]:
    """Draw so many of the real orders and stock for them."""
    rng = np.random.default_rng([seed, 25, kind == "scarce"])
    demo = demonstration()
    kinds = [site.kind for site in demo.network.sites]
    days = np.array([TODAY + demo.days[place] for place in kinds], dtype=np.int64)
    for pick in rng.permutation(len(demo.orders))[:count].tolist():
        country, latitude, longitude, whole = demo.orders[pick]
        basket = [whole[at] for at in rng.permutation(len(whole)).tolist()]
        total = dict.fromkeys(sorted({sku for sku, _, _ in basket}), 0)
        for sku, quantity, _ in basket:
            total[sku] += quantity
        stock_of = {sku: _stock_of(kind, units, kinds, rng) for sku, units in total.items()}
        x, y, z = xyz(latitude, longitude)
        lines = tuple(
            DemandLine(at, crc32(sku.encode()), quantity, demo.weight_of[sku], (), price)
            for at, (sku, quantity, price) in enumerate(basket)
        )
        demand = Demand(lines=lines, country=country, x=x, y=y, z=z, due_day=TODAY + 3)
        stock = np.array([stock_of[sku] for sku, _, _ in basket], dtype=np.int64)
        room = np.full(len(kinds), 1_000, dtype=np.int64)
        yield demand, Snapshot(demo.network, stock, days.copy(), room), demo.policy
