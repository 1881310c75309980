"""Small random orders with everything that makes routing hard: thin stock, heavy goods, late sites, low penalties."""

from random import Random

import numpy as np

from crossdock.kernel.geo import xyz
from crossdock.routing import Demand, DemandLine, Lane, Network, Policy, Prices, RateCard, Site, Snapshot, Zone

TODAY = 738_000
Order = tuple[Demand, Snapshot, Policy]


def card(limit: int = 30_000) -> RateCard:
    zones = (Zone(60, 330_000, 9_000, 1), Zone(180, 390_000, 14_000, 1), Zone(700, 480_000, 31_000, 2))
    return RateCard("GBP", zones, (Lane(("*",), ("*",), 1_250_000, 95_000, 4),), limit)


def site(number: int, random: Random, country: str = "GB") -> Site:
    x, y, z = xyz(50.5 + 6 * random.random(), -4 + 5 * random.random())
    dc = number < 2
    return Site(
        id=number * 3 + 7,
        code=f"L{number}",
        name=f"Location {number}",
        kind="dc" if dc else "store",
        country=country,
        x=x,
        y=y,
        z=z,
        capabilities=("ship", "ambient") if random.random() < 0.9 else ("ambient",),
        handling_parcel=60_000 if dc else 140_000,
        handling_line=15_000 if dc else random.choice((0, 20_000, 45_000)),
        handling_unit=2_000 if dc else 7_000,
        rank=0 if dc else 1,
    )


def order(seed: int) -> Order:
    """Give one order, snapshot and policy; the same for the same seed."""
    random = Random(seed)
    network = Network(
        tuple(site(at, random, "FR" if random.random() < 0.05 else "GB") for at in range(random.randint(1, 10)))
    )
    heavy = random.random() < 0.4
    most_units = random.choice((1, 3, 12, 40))
    lines = tuple(
        DemandLine(
            key=100 + at,
            item=at + 1 if random.random() < 0.95 else 1,
            quantity=random.randint(1, most_units),
            weight_g=random.randint(1, 9_000 if heavy else 700),
            requires=("ambient",) if random.random() < 0.1 else (),
            unit_value=random.randint(100, 5_000),
        )
        for at in range(random.randint(1, 6))
    )
    weight_of = {line.item: line.weight_g for line in reversed(lines)}
    lines = tuple(DemandLine(x.key, x.item, x.quantity, weight_of[x.item], x.requires, x.unit_value) for x in lines)
    stock_of = {
        line.item: [0 if random.random() < 0.35 else random.randint(0, 2 * line.quantity + 1) for _ in network.sites]
        for line in lines
    }
    stock = np.array([stock_of[line.item] for line in lines], dtype=np.int64)
    days = np.array([-1 if random.random() < 0.1 else TODAY + random.randint(0, 3) for _ in network.sites])
    capacity = np.array([0 if random.random() < 0.05 else random.choice((1, 40, 10**9)) for _ in network.sites])
    x, y, z = xyz(51 + 4 * random.random(), -3 + 3 * random.random())
    known = random.random() < 0.9
    demand = Demand(
        lines=lines,
        country="GB",
        x=x if known else None,
        y=y if known else None,
        z=z if known else None,
        due_day=random.choice((None, TODAY + 1, TODAY + 3)),
    )
    return demand, Snapshot(network, stock, days, capacity), policy(random, network, lines)


def binding_order(seed: int) -> Order:
    """Give an order whose weight needs several parcels, mostly over several locations: thin stock, up to 50 units."""
    random = Random(f"binding {seed}")
    network = Network(tuple(site(at, random) for at in range(random.randint(2, 9))))
    most_units = random.choice((4, 15, 50))
    heaviest = random.choice((300, 1_500, 6_000))
    lines = [
        DemandLine(
            100 + at,
            at + 1,
            random.randint(1, most_units),
            random.randint(20, heaviest),
            (),
            random.randint(100, 5_000),
        )
        for at in range(random.randint(1, 6))
    ]
    random.shuffle(lines)
    weight = sum(line.quantity * line.weight_g for line in lines)
    limit = max(int(weight / random.uniform(1.0, random.choice((2.0, 3.5, 7.0)))), 1)
    if random.random() < 0.8:
        limit = max(limit, *(line.weight_g for line in lines))
    thin = random.choice((0.7, 1.2, 2.0))
    stock = np.array(
        [
            [0 if random.random() < 0.25 else random.randint(0, int(thin * line.quantity) + 1) for _ in network.sites]
            for line in lines
        ],
        dtype=np.int64,
    )
    days, room = np.full(len(network.sites), TODAY), np.full(len(network.sites), 40)
    x, y, z = xyz(51 + 4 * random.random(), -3 + 3 * random.random())
    due = random.choice((None, TODAY + 1))
    rules = Policy(
        card=card(limit),
        unfilled_per_unit=random.choice((100_000_000, 100_000_000, 3_000_000, random.randint(50_000, 900_000))),
        unfilled_permille=random.choice((0, 50)),
        lateness_per_day=random.choice((0, 200_000)),
        extra_parcel=random.choice((0, 150_000)),
        split=random.choice(("unit", "unit", "unit", "unit", "line")),
        max_locations=random.choice((None, None, None, 2, 3)),
    )
    demand = Demand(lines=tuple(lines), country="GB", x=x, y=y, z=z, due_day=due)
    return demand, Snapshot(network, stock, days, room), rules


def policy(random: Random, network: Network, lines: tuple[DemandLine, ...]) -> Policy:
    """Give random rules; a third of them with penalties so low that some units had better stay."""
    prices = Prices()
    if random.random() < 0.2:
        prices = Prices(
            tuple((place.id, random.randint(0, 90_000)) for place in network.sites[:3]),
            tuple((lines[0].item, place.id, random.randint(0, 60_000)) for place in network.sites[:4]),
        )
    return Policy(
        card=card(random.choice((5_000, 15_000, 30_000))),
        unfilled_per_unit=random.choice((100_000_000, 3_000_000, random.randint(20_000, 300_000))),
        unfilled_permille=random.choice((0, 50)),
        lateness_per_day=random.choice((0, 200_000)),
        extra_parcel=random.choice((0, 150_000)),
        split=random.choice(("unit", "unit", "unit", "line", "never")),
        max_locations=random.choice((None, None, None, 2, 3)),
        excluded=("L1",) if random.random() < 0.1 else (),
        prices=prices,
    )
