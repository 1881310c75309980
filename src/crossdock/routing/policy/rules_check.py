"""What is wrong with the numbers of a route: amounts below 0, weights of costs that it does not have, empty rules."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from crossdock.routing.conditions import FACTS
from crossdock.routing.policy.document import Route
from crossdock.routing.rules import (
    Carbon,
    Clear,
    Condition,
    Cost,
    FailedPick,
    Fence,
    Handling,
    HasShare,
    InTime,
    KeepsStock,
    Near,
    NotOf,
    Preference,
    Scarce,
    Test,
    When,
    Workload,
)

_MOST = 10**12
_MOST_UNITS, _MOST_DAYS, _EARTH_KM = 10**9, 365, 20_016
_Found = tuple[Literal["error", "warning"], str, str, str]
_ALWAYS_THERE = {
    "carriage", "weight", "surcharges", "fuel", "handling_parcel", "handling_line", "handling_unit", "lateness",
    "prices", "extra_parcels", "extra_locations",
}  # fmt: skip


def rule_findings(route: Route, place: str) -> Iterator[_Found]:
    """Yield what is wrong with a route's fences, costs, weights, preferences and split rules."""
    for index, fence in enumerate(route.fences):
        why = _fence(fence)
        if why:
            yield "error", f"{place}/fences/{index}", "fence", why
        if isinstance(fence, When):
            strange = sorted({test.fact for test in _tests(fence.condition)} - set(FACTS))
            if strange:
                text = f"Nothing is known under {', '.join(strange)}, and what is not known never holds."
                yield "error", f"{place}/fences/{index}/condition", "unknown_fact", text
    for index, cost in enumerate(route.costs):
        for name, amount in _amounts(cost):
            if not 0 <= amount <= _MOST:
                text = f"`{name}` lies between 0 and {_MOST:,}; a credit is a `clear`."
                yield "error", f"{place}/costs/{index}/{name}", "amount", text
        if isinstance(cost, Workload):
            yield from _steps(cost, f"{place}/costs/{index}/steps")
        if isinstance(cost, Scarce) and not 1 <= cost.below <= _MOST_UNITS:
            yield "error", f"{place}/costs/{index}/below", "amount", "Stock is scarce below at least 1 unit."
        if isinstance(cost, Clear) and not 0 <= (cost.within_days or 0) <= 100 * _MOST_DAYS:
            yield "error", f"{place}/costs/{index}/within_days", "amount", "Days are counted from 0."
    kms = [] if route.merge is None else [zone.up_to_km for zone in route.merge.zones]
    if any(a >= b for a, b in pairwise(kms)):
        yield "error", f"{place}/merge/zones", "order", "Transfers need zones with rising distances."
    yield from _weights(route, place)
    yield from _preferences(route, place)
    yield from _splits(route, place)
    yield from _merging(route, place)


def _merging(route: Route, place: str) -> Iterator[_Found]:
    merge = route.merge
    if merge is None:
        return
    if merge.hubs is None and not merge.sources:
        yield "warning", f"{place}/merge", "no_effect", "No place is named where goods may be gathered."
    if route.prefer or route.weights:
        text = "Goods are gathered only where plans are compared in plain money, without weights or preferences."
        yield "warning", f"{place}/merge", "no_effect", text


def _tests(condition: Condition) -> Iterator[Test]:
    if isinstance(condition, Test):
        yield condition
    elif isinstance(condition, NotOf):
        yield from _tests(condition.of)
    else:
        for part in condition.of:
            yield from _tests(part)


def _fence(fence: Fence) -> str:
    if isinstance(fence, Near) and not 1 <= fence.km <= _EARTH_KM:
        return f"The distance lies between 1 and {_EARTH_KM:,} km, half the way around the earth."
    if isinstance(fence, HasShare) and not 1 <= fence.permille <= 1_000:
        return "A share lies between 1 and 1,000 thousandths."
    if isinstance(fence, KeepsStock) and not 1 <= fence.units <= _MOST_UNITS:
        return "At least 1 unit is kept, or the fence keeps nothing; at most so many as a location may have."
    if isinstance(fence, Handling) and not 0 <= (fence.most_transit_days or 0) <= _MOST_DAYS:
        return f"A parcel is 0 to {_MOST_DAYS} days on the road."
    if isinstance(fence, InTime) and not 0 <= fence.days <= 365:
        return "The tolerance is 0 to 365 days."
    return ""


def _amounts(cost: Cost) -> Iterator[tuple[str, int]]:
    if isinstance(cost, Scarce | FailedPick):
        yield "per_unit", cost.per_unit
    elif isinstance(cost, Clear):
        yield "per_unit", cost.per_unit
        yield "permille", cost.permille
    elif isinstance(cost, Carbon):
        yield "per_kg", cost.per_kg
    elif isinstance(cost, Preference):
        yield "amount", cost.amount


def _steps(cost: Workload, place: str) -> Iterator[_Found]:
    if not cost.steps:
        yield "error", place, "empty", "Name at least one step."
    for index, step in enumerate(cost.steps):
        if not 0 <= step.amount <= _MOST:
            yield "error", f"{place}/{index}/amount", "amount", f"The price lies between 0 and {_MOST:,}."
        if not 0 <= step.used <= _MOST_UNITS:
            yield "error", f"{place}/{index}/used", "amount", "Use is counted in thousandths of a day, from 0."
        if index and step.used <= cost.steps[index - 1].used:
            yield "error", f"{place}/{index}/used", "order", "Steps rise with the use of the day's capacity."


def _weights(route: Route, place: str) -> Iterator[_Found]:
    there = _ALWAYS_THERE | {_name(cost) for cost in route.costs}
    seen: set[str] = set()
    for index, (name, _) in enumerate(route.weights):
        if name in seen:
            yield "error", f"{place}/weights/{index}", "repeated", f"`{name}` has a weight already."
        seen.add(name)
        if name not in there:
            text = f"The route has no cost `{name}`, so its weight changes nothing."
            yield "warning", f"{place}/weights/{index}", "no_effect", text
    if route.weights and route.prefer:
        text = "Ordered preferences count no money: weights change nothing but `cheapest`."
        if not any(aim.by == "cheapest" for aim in route.prefer):
            yield "warning", f"{place}/weights", "no_effect", text


def _name(cost: Cost) -> str:
    return str(cost.__struct_config__.tag)


def _preferences(route: Route, place: str) -> Iterator[_Found]:
    seen: set[str] = set()
    for index, aim in enumerate(route.prefer):
        if aim.by != "sites" and aim.by in seen:
            text = f"`{aim.by}` is aimed at before; the second time it decides nothing."
            yield "warning", f"{place}/prefer/{index}", "repeated", text
        seen.add(aim.by)
        if aim.band < 1:
            yield "error", f"{place}/prefer/{index}/band", "amount", "A band is at least 1."


def _splits(route: Route, place: str) -> Iterator[_Found]:
    if route.split == "never" and (route.max_locations or 1) > 1:
        text = "What is never split comes from one location: `max_locations` changes nothing."
        yield "warning", f"{place}/max_locations", "no_effect", text
    if route.max_parcels and route.max_locations and route.max_parcels < route.max_locations:
        text = f"{route.max_parcels} parcels come from no more locations than that."
        yield "warning", f"{place}/max_locations", "no_effect", text
    if route.complete and route.leftover == "ship_available":
        text = "Complete deliveries ship all or nothing, so nothing is ever missing from one."
        yield "warning", f"{place}/leftover", "no_effect", text
