"""Small random orders under policies that use everything: fences, costs, weights, ordered preferences, split rules."""

from random import Random

import numpy as np
from msgspec.structs import replace

from crossdock.routing import Demand, DemandLine, Network, Policy
from crossdock.routing.rules import (
    AllOf,
    Among,
    AnyOf,
    Carbon,
    Carrier,
    Clear,
    Cost,
    FailedPick,
    Fence,
    Handling,
    HasShare,
    InTime,
    KeepsStock,
    Near,
    NotOf,
    Prefer,
    Preference,
    Scarce,
    ServesMarket,
    Sites,
    Step,
    Surcharge,
    Test,
    UnitsRoom,
    When,
    Without,
    Workload,
)
from tests.routing.small_orders import TODAY, Order, binding_order, order

STORES, TAGGED = Sites(kinds=("store",)), Sites(tags=("busy",))
COSTS = (
    "carriage", "weight", "surcharges", "fuel", "handling_parcel", "handling_line", "handling_unit", "lateness",
    "extra_parcels", "extra_locations", "workload", "scarce", "clear", "failed_pick", "carbon", "preference",
)  # fmt: skip


def rich_order(seed: int, *, aims: bool = False, splits: bool = True) -> Order:
    """Give an order with some of everything; the same for the same seed."""
    random = Random(f"rich {seed}")
    demand, seen, policy = (binding_order if random.random() < 0.4 else order)(seed)
    network = _network(seen.network, random)
    row = {line.item: at for at, line in reversed(list(enumerate(demand.lines)))}
    demand = _demand(demand, random, splits=splits)
    policy = _policy(policy, random, splits=splits)
    if aims:
        policy = replace(policy, prefer=_prefer(random))
    sites, lines = len(network.sites), len(demand.lines)
    barred = np.array([[random.random() < 0.1 for _ in range(sites)] for _ in range(lines)], dtype=bool)
    by_item = {line.item: [random.choice((400, 800, 950, 1_000)) for _ in range(sites)] for line in demand.lines}
    left = {line.item: [random.choice((-1, 2, 9, 40)) for _ in range(sites)] for line in demand.lines}
    busy = [random.randint(0, 1_200) for _ in range(sites)]
    room = [random.choice((2, 6, 30, 1_000)) for _ in range(sites)]
    snapshot = replace(
        seen,
        network=network,
        stock=seen.stock[[row[line.item] for line in demand.lines]],
        used=np.array(busy) if random.random() < 0.7 else None,
        units_room=np.array(room) if splits and random.random() < 0.25 else None,
        barred=barred if random.random() < 0.4 else None,
        paused=np.array([random.random() < 0.15 for _ in range(sites)]) if random.random() < 0.4 else None,
        find=np.array([by_item[line.item] for line in demand.lines]) if random.random() < 0.7 else None,
        days_left=np.array([left[line.item] for line in demand.lines]) if random.random() < 0.7 else None,
    )
    return demand, snapshot, policy


def _network(network: Network, random: Random) -> Network:
    return Network(
        tuple(
            replace(
                site,
                groups=("north",) if site.x % 2 else (),
                tags=tuple(tag for tag in ("busy", "flagship") if random.random() < 0.4),
                markets=random.choice(((), (), ("GB",), ("FR", "GB"), ("FR",))),
                carriers=random.choice(((), ("ups",), ("dhl", "ups"), ("dhl",))),
            )
            for site in network.sites
        )
    )


def _demand(demand: Demand, random: Random, *, splits: bool) -> Demand:
    kind = random.choice(("", "", "groups", "bundles", "both")) if splits else ""
    lines: list[DemandLine] = []
    bundles = random.choice((1, 2, 5))
    in_bundle = random.randint(2, max(2, len(demand.lines)))
    for at, line in enumerate(demand.lines):
        changed = replace(
            line,
            volume_cm3=random.choice((0, line.weight_g * 2, line.weight_g * 9)),
            category=random.choice(("garden", "fashion", "")),
            requires=random.choice(((), (), (), ("ambient",))),
        )
        if kind in ("groups", "both") and random.random() < 0.4:
            changed = replace(changed, group=random.choice((1, 1, 2)))
        elif kind in ("bundles", "both") and at < in_bundle:
            each = random.choice((1, 1, 2, 3))
            changed = replace(changed, bundle=7, in_bundle=each, quantity=each * bundles)
        lines.append(changed)
    if kind in ("bundles", "both") and random.random() < 0.4:  # one of the parts is bought alone, too
        first = next((line for line in lines if line.bundle), None)
        if first is not None:
            lines.append(replace(first, key=999, bundle=0, in_bundle=1, quantity=random.randint(1, 4)))
    volume = {line.item: line.volume_cm3 for line in reversed(lines)}
    category = {line.item: line.category for line in reversed(lines)}
    lines = [replace(line, volume_cm3=volume[line.item], category=category[line.item]) for line in lines]
    return replace(
        demand,
        lines=tuple(lines),
        due_day=random.choice((None, TODAY + 1, TODAY + 3)),
        asked_day=TODAY,
        channel=random.choice(("web", "")),
        value=random.randint(0, 50_000),
        facts=(("loyalty", random.choice(("gold", "none"))), ("visits", random.randint(0, 9))),
    )


def fences(random: Random) -> tuple[Fence, ...]:
    """Draw some fences."""
    every: list[Fence] = [
        Among(Sites(kinds=("dc", "store"))),
        Without(TAGGED),
        Near(random.choice((60, 250, 600))),
        ServesMarket(),
        InTime(random.choice((0, 1, 3))),
        HasShare(random.choice((300, 500, 1_000)), random.choice(("lines", "units")), strict=random.random() < 0.5),
        KeepsStock(random.choice((1, 3)), random.choice((Sites(), STORES))),
        Carrier("ups"),
        Handling("ambient", random.choice((None, 1)), random.choice(((), ("dhl",)))),
        UnitsRoom(),
        When(_condition(random)),
    ]
    return tuple(fence for fence in every if random.random() < 0.12)


def _condition(random: Random) -> Test | AllOf | AnyOf | NotOf:
    tests = (
        Test("location.kind", "in", ("dc",)),
        Test("location.tags", "not_in", ("busy",)),
        Test("location.km", "at_most", (300,)),
        Test("location.transit_days", "in", (1,)),
        Test("delivery.value", "at_least", (10_000,)),
        Test("delivery.loyalty", "in", ("gold",)),
        Test("delivery.visits", "at_most", (5,)),
        Test("location.country", "in", than="delivery.country"),
        Test("location.used", "at_most", (900,)),
        Test("delivery.unknown", "not_in", ("x",)),
    )
    first, second = random.choice(tests), random.choice(tests)
    return random.choice((first, AnyOf((first, second)), AllOf((first, second)), NotOf(first)))


def costs(random: Random) -> tuple[Cost, ...]:
    """Draw some costs."""
    steps = (Step(300, 40_000), Step(800, random.choice((60_000, 300_000))))
    every: list[Cost] = [
        Workload(steps, random.choice(("fulfillment", "unit")), random.choice((Sites(), STORES))),
        Scarce(random.choice((20_000, 150_000)), random.choice((2, 7)), STORES),
        Clear(random.choice((0, 90_000)), random.choice((0, 100)), STORES, random.choice(((), ("fashion",)))),
        Clear(random.choice((10_000, 400_000)), within_days=9, name="expiry"),
        FailedPick(random.choice((50_000, 400_000)), STORES),
        Carbon(random.choice((8_000, 900_000))),
        Preference(random.choice((5_000, 250_000)), random.choice((STORES, TAGGED))),
    ]
    return tuple(cost for cost in every if random.random() < 0.3)


def _policy(policy: Policy, random: Random, *, splits: bool) -> Policy:
    card = policy.card
    if random.random() < 0.5:
        surcharges = (
            Surcharge("remote", 70_000, zones=(2, 3)),
            Surcharge("island", 90_000, countries=("GB",)),
            Surcharge("cool", 45_000, handling=("ambient",)),
            Surcharge("heavy", 120_000, over_g=4_000),
            Surcharge("far and heavy", 60_000, zones=(1, 2), over_g=500),
        )
        card = replace(
            card,
            dim_divisor=random.choice((None, 5_000)),
            fuel_permille=random.choice((0, 125)),
            surcharges=tuple(one for one in surcharges if random.random() < 0.4),
        )
    weights = tuple((name, random.choice((0, 500, 1_000, 2_500))) for name in COSTS if random.random() < 0.1)
    policy = replace(
        policy,
        card=card,
        fences=fences(random),
        costs=costs(random),
        weights=weights,
        extra_location=random.choice((0, 0, 120_000)),
    )
    if not splits:
        return policy
    return replace(
        policy,
        max_parcels=random.choice((None, None, None, 1, 2, 3)),
        min_value_per_location=random.choice((0, 0, 0, 2_000, 8_000)),
        complete=random.random() < 0.15,
        keep_groups=random.random() < 0.9,
        whole_bundles=random.random() < 0.8,
    )


def _prefer(random: Random) -> tuple[Prefer, ...]:
    every = [
        Prefer("fewest_parcels"),
        Prefer("fewest_locations"),
        Prefer("nearest", random.choice((1, 50, 200))),
        Prefer("soonest"),
        Prefer("on_time"),
        Prefer("fullest", random.choice((1, 5))),
        Prefer("cheapest", random.choice((1_000, 50_000))),
        Prefer("sites", sites=STORES),
    ]
    random.shuffle(every)
    return tuple(every[: random.randint(1, 4)])
