"""Orders for measuring routing: two generators with fixed seeds, and real baskets over an assumed British network.

**American network** (`orders`): 5 distribution centres and any number of stores around 30 metropolitan areas. A
parcel costs 7.50 to 11.50 dollars by seven zones of distance and 0.55 to 1.87 dollars a kilogram, handling 0.80 (DC)
or 2.30 (store) a parcel, 0.10 or 0.30 a line, 0.02 or 0.08 a unit; a parcel holds 30 kg; a missing unit costs
30 dollars and its value. Weights are lognormal, median 0.6 kg.

* `normal`: an item is missing at a DC with 5 % probability, otherwise the DC has 50 to 500 units; a store carries an
  item with 55 % probability and then has 1 + Poisson(1) units.
* `scarce`: missing at a DC with 20 %, otherwise 1 to 60 units; stores as before.

**British network** (`real_orders`): 3 distribution centres and 22 stores; lines, quantities and prices of the year of
real invoices that ships with the demonstration, in shuffled order; weights are assumed from the item's code,
lognormal with median 0.2 kg.

* `normal`: missing at a DC with 5 %, otherwise it has at least the quantity; a store carries an item with 55 %, then
  1 + Poisson(8) units.
* `scarce`: missing at a DC with 20 %, otherwise it has 20 to 150 % of the quantity; stores as before.

Lines are shuffled in both. Everything is drawn from `numpy.random.Generator(PCG64)`.
"""

from collections.abc import Iterator
from functools import cache
from zlib import crc32

import numpy as np

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
BRITISH = (
    (52.5, -1.2), (53.5, -1.3), (51.6, -2.6),
    (51.5, -0.1), (51.6, -0.4), (51.4, 0.1), (52.5, -1.9), (53.5, -2.2), (53.4, -3.0), (53.8, -1.5), (53.4, -1.5),
    (54.98, -1.6), (55.9, -4.3), (55.95, -3.2), (51.5, -3.2), (51.5, -2.6), (50.9, -1.4), (50.8, -1.1), (50.4, -4.1),
    (52.6, 1.3), (52.2, 0.1), (52.95, -1.15), (52.6, -1.1), (53.7, -0.3), (57.1, -2.1),
)  # fmt: skip


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


@cache
def american_policy() -> Policy:
    """Give the rate card by zones of miles, per kilogram, and the penalty."""
    kms = (240, 480, 960, 1_600, 2_250, 2_900, 20_016)
    base = (750, 790, 850, 920, 990, 1_060, 1_150)
    per_kg = (55, 66, 84, 110, 132, 159, 187)
    zones = tuple(
        Zone(km, b * 1_000, r * 1_000, 1 + at) for at, (km, b, r) in enumerate(zip(kms, base, per_kg, strict=True))
    )
    return Policy(card=RateCard("USD", zones), unfilled_per_unit=3_000_000)


def orders(kind: str, sites: int, lines: int, most_units: int, count: int, seed: int = 1) -> Iterator[Order]:
    """Generate orders of so many lines of 1 to `most_units` units over the American network."""
    rng = np.random.default_rng([seed, sites, lines, most_units, kind == "scarce"])
    network, policy, hubs = american_network(sites), american_policy(), len(HUBS)
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


@cache
def british_network() -> Network:
    """Give the assumed network of 25 locations."""
    return Network(
        tuple(
            _site(
                at,
                place,
                "GB",
                (35_000, 8_000, 1_000) if at < 3 else (80_000, 20_000, 3_000),
                "dc" if at < 3 else "store",
            )
            for at, place in enumerate(BRITISH)
        )
    )


@cache
def british_policy() -> Policy:
    """Give the assumed tariff, in three zones, with a price per extra parcel."""
    zones = (Zone(80, 390_000, 12_000, 1), Zone(240, 430_000, 16_000, 1), Zone(1_000, 490_000, 24_000, 2))
    return Policy(card=RateCard("GBP", zones), extra_parcel=50_000)


@cache
def _baskets() -> list[list[tuple[str, int, int]]]:
    from crossdock.demo.classify import classify
    from crossdock.demo.online_retail import load
    from crossdock.demo.sales import build_orders

    rows = load()
    return [
        [(line.sku, line.quantity, line.unit_price) for line in order.lines]
        for order in build_orders(rows, classify(rows))
        if order.lines
    ]


def real_orders(kind: str, count: int, seed: int = 1) -> Iterator[Order]:
    """Draw real baskets, destinations near British cities, and stock for them at 25 locations."""
    rng = np.random.default_rng([seed, 25, kind == "scarce"])
    network, policy, baskets = british_network(), british_policy(), _baskets()
    sites, dcs = len(network.sites), 3
    for pick in rng.permutation(len(baskets))[:count].tolist():
        basket = [baskets[pick][at] for at in rng.permutation(len(baskets[pick])).tolist()]
        skus = sorted({sku for sku, _, _ in basket})
        total = {sku: sum(q for s, q, _ in basket if s == sku) for sku in skus}
        stock_of = {}
        for sku in skus:
            row = np.zeros(sites, dtype=np.int64)
            row[dcs:] = (rng.random(sites - dcs) < 0.55) * (1 + rng.poisson(8.0, sites - dcs))
            share = rng.random(dcs) * 1.3 + 0.2 if kind == "scarce" else rng.random(dcs) * 3 + 1
            row[:dcs] = np.ceil(share * total[sku]) * (rng.random(dcs) >= (0.2 if kind == "scarce" else 0.05))
            stock_of[sku] = row
        city = BRITISH[int(rng.integers(3, len(BRITISH)))]
        place = xyz(city[0] + float(rng.normal(0, 0.2)), city[1] + float(rng.normal(0, 0.2)))
        demand = Demand(
            lines=tuple(
                DemandLine(at, crc32(sku.encode()), quantity, _weight(sku), (), price)
                for at, (sku, quantity, price) in enumerate(basket)
            ),
            country="GB",
            x=place[0],
            y=place[1],
            z=place[2],
        )
        stock = np.array([stock_of[sku] for sku, _, _ in basket])
        days, room = np.full(sites, TODAY, dtype=np.int64), np.full(sites, 1_000, dtype=np.int64)
        yield demand, Snapshot(network, stock, days, room), policy


@cache
def _weight(sku: str) -> int:
    rng = np.random.default_rng(crc32(sku.encode()))
    return max(20, int(rng.lognormal(np.log(200), 0.8)))
