"""The orders of `generators.orders` under a policy with every fence and every cost switched on.

The network gets tags, groups, carriers and markets; items a volume, a category and a handling class; the snapshot the
use of the day, room in units, refusals, pauses, chances of finding and days to expiry. Fences exclude about a quarter
of the locations, as they do where somebody has thought about them.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
from msgspec.structs import replace

from benchmarks.generators import TODAY, Order, american_network, american_policy, orders
from crossdock.routing import Network, Policy
from crossdock.routing.rules import (
    Among,
    Carbon,
    Carrier,
    Clear,
    FailedPick,
    Handling,
    HasShare,
    InTime,
    KeepsStock,
    Near,
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

STORES = Sites(kinds=("store",))


@cache
def full_network(sites: int) -> Network:
    """Give the American network with what rules may ask of a location."""
    rng = np.random.default_rng([sites, 7])
    dressed = []
    for site in american_network(sites).sites:
        tags = tuple(tag for tag, share in (("flagship", 0.1), ("refit", 0.05)) if rng.random() < share)
        dressed.append(
            replace(
                site,
                capabilities=("ship", "ambient") if rng.random() < 0.9 else ("ship",),
                groups=("east",) if site.y > 0 else ("west",),
                tags=tags,
                markets=("US", "CA") if site.kind == "dc" else (),
                carriers=("ups",) if rng.random() < 0.3 else ("fedex", "ups") if rng.random() < 0.9 else ("fedex",),
            )
        )
    return Network(tuple(dressed))


@cache
def full_policy() -> Policy:
    """Give the American policy with all fences, all costs, surcharges, fuel, weights and prices of splits."""
    plain = american_policy()
    card = replace(
        plain.card,
        dim_divisor=5_000,
        fuel_permille=125,
        surcharges=(Surcharge("remote", 60_000, zones=(5, 6)), Surcharge("heavy", 90_000, over_g=4_000)),
    )
    return replace(
        plain,
        card=card,
        lateness_per_day=50_000,
        extra_parcel=20_000,
        extra_location=30_000,
        fences=(
            Among(Sites(kinds=("dc", "store"))),
            Without(Sites(tags=("refit",))),
            Near(4_500),
            ServesMarket(),
            InTime(2),
            HasShare(200, "units"),
            KeepsStock(1, Sites(tags=("flagship",))),
            Carrier("ups"),
            Handling("ambient", 6, ("ups",)),
            UnitsRoom(),
            When(Test("location.used", "at_most", (980,)), "not overrun"),
        ),
        costs=(
            Workload((Step(500, 30_000), Step(900, 90_000))),
            Scarce(40_000, 3, STORES),
            Clear(permille=50, sites=STORES, categories=("fashion",)),
            FailedPick(200_000, STORES),
            Carbon(12_000),
            Preference(25_000, Sites(groups=("west",))),
        ),
        weights=(("carbon", 1_500), ("workload", 800)),
    )


def full_orders(kind: str, sites: int, lines: int, most_units: int, count: int, seed: int = 1) -> Iterator[Order]:
    """Generate the same orders as `orders`, with all that rules may ask about."""
    rng = np.random.default_rng([seed, sites, lines, 11])
    network, policy = full_network(sites), full_policy()
    for demand, seen, _ in orders(kind, sites, lines, most_units, count, seed):
        asked = replace(
            demand,
            lines=tuple(
                replace(
                    line,
                    volume_cm3=int(line.weight_g * rng.uniform(2, 9)),
                    category="fashion" if rng.random() < 0.3 else "home",
                    requires=("ambient",) if rng.random() < 0.2 else (),
                )
                for line in demand.lines
            ),
            due_day=TODAY + 4,
            asked_day=TODAY,
            channel="web",
            service="standard",
            value=sum(line.quantity * line.unit_value for line in demand.lines),
            facts=(("loyalty", "gold"),),
        )
        here = (len(demand.lines), sites)
        snapshot = replace(
            seen,
            network=network,
            used=rng.integers(0, 1_000, sites),
            units_room=rng.integers(20, 400, sites),
            barred=rng.random(here) < 0.01,
            paused=rng.random(sites) < 0.02,
            find=np.where(rng.random(here) < 0.5, 1_000, rng.integers(850, 1_000, here)),
            days_left=np.where(rng.random(here) < 0.8, -1, rng.integers(5, 90, here)),
        )
        yield asked, snapshot, policy
