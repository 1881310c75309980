"""A policy with every fence and every cost in force: what a decision costs when a merchant uses all that there is."""

from __future__ import annotations

from msgspec.structs import replace

from crossdock.routing import Policy
from crossdock.routing.rules import (
    Among,
    Carbon,
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


def with_everything(policy: Policy) -> Policy:
    """Return the policy with all fences and costs of `routing.rules` beside its own, none of which leaves nobody."""
    card = replace(
        policy.card,
        dim_divisor=5_000,
        surcharges=(
            Surcharge(name="remote", amount=40_000, zones=(len(policy.card.zones) - 1,)),
            Surcharge(name="heavy", amount=150_000, over_g=25_000),
        ),
        fuel_permille=85,
    )
    return replace(
        policy,
        card=card,
        fences=(
            Among(Sites(kinds=("dc", "store", "3pl"))),
            Without(Sites(tags=("closing",))),
            Near(5_000),
            ServesMarket(),
            InTime(14),
            HasShare(permille=1, of="units"),
            KeepsStock(units=1, sites=STORES),
            Handling(name="chill", most_transit_days=1),
            UnitsRoom(),
            When(Test("location.transit_days", "at_most", (10,)), name="no more than ten days"),
        ),
        costs=(
            Workload(steps=(Step(500, 20_000), Step(800, 60_000), Step(950, 200_000))),
            Scarce(per_unit=30_000, below=5, sites=STORES),
            Clear(per_unit=1_000, permille=5, sites=STORES),
            FailedPick(per_unit=100_000, sites=STORES),
            Carbon(per_kg=8_000),
            Preference(amount=15_000, sites=STORES),
        ),
        weights=(("lateness", 1_500), ("carbon", 2_000)),
        extra_location=25_000,
    )
