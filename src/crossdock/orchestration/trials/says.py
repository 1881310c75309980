"""Every rule of a routing policy in words: one sentence a rule, as the price list and the editor show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crossdock.kernel.money import milli_to_minor, show
from crossdock.routing.policy.document import Route
from crossdock.routing.policy.truth import words as when_words
from crossdock.routing.rules import (
    EVERYWHERE,
    AllOf,
    Among,
    AnyOf,
    Carbon,
    Carrier,
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
    Prefer,
    Preference,
    Scarce,
    ServesMarket,
    Sites,
    UnitsRoom,
    When,
    Without,
    Workload,
)

_AIMS = {
    "fewest_parcels": "the fewest parcels",
    "fewest_locations": "the fewest locations",
    "nearest": "the nearest locations",
    "soonest": "the earliest arrival",
    "fullest": "the fullest locations",
    "cheapest": "the cheapest plan",
    "sites": "these locations",
}
_BANDS = {"nearest": "km", "soonest": "days", "fullest": "units"}
_OPERATORS = {"in": "is", "not_in": "is not", "at_least": "is at least", "at_most": "is at most"}


def sites_words(sites: Sites) -> str:
    """Say which locations are meant."""
    if sites == EVERYWHERE:
        return "all locations"
    parts = []
    for what, names in (
        ("", sites.codes),
        ("of the kind", sites.kinds),
        ("of the group", sites.groups),
        ("tagged", sites.tags),
        ("in", sites.countries),
        ("serving", sites.markets),
    ):
        if names:
            parts.append(f"{what} {_or(names)}".strip())
    said = " ".join(parts)
    said = said if sites.codes else f"locations {said}".strip() if parts else "all locations"
    return f"{said}, but not {_or(sites.but)}" if sites.but else said


def fence_words(fence: Fence) -> str:
    """Say what a fence lets ship."""
    says: Callable[[Any], str] = _FENCES[type(fence)]
    return says(fence)


def cost_words(cost: Cost, currency: str) -> str:
    """Say what a cost counts."""
    says: Callable[[Any, str], str] = _COSTS[type(cost)]
    return says(cost, currency)


def prefer_words(prefer: Prefer) -> str:
    """Say what is aimed at."""
    aim = sites_words(prefer.sites) if prefer.by == "sites" else _AIMS[prefer.by]
    unit = _BANDS.get(prefer.by)
    return f"{aim}, equal within {prefer.band:,} {unit}" if unit and prefer.band > 1 else aim


def condition_words(condition: Condition) -> str:
    """Say a condition over one location and the delivery."""
    if isinstance(condition, AllOf):
        return " and ".join(_inner(part) for part in condition.of) or "always"
    if isinstance(condition, AnyOf):
        return " or ".join(_inner(part) for part in condition.of) or "never"
    if isinstance(condition, NotOf):
        return f"it is not so that {_inner(condition.of)}"
    fact = condition.fact.replace(".", " ").replace("_", " ")
    what = condition.than.replace(".", " ").replace("_", " ") or _or(tuple(map(str, condition.values)))
    return f"the {fact} {_OPERATORS[condition.op]} {what}"


def split_words(route: Route) -> str:
    """Say how a delivery may be split."""
    said = {
        "never": "a delivery is never split",
        "line": "a delivery is split by line at most",
        "unit": "a delivery may be split by unit",
    }[route.split]
    more = []
    if route.max_locations is not None:
        more.append(f"over {route.max_locations} locations at most")
    if route.max_parcels is not None:
        more.append(f"in {route.max_parcels} parcels at most")
    return ", ".join([said, *more])


LEFTOVERS = {
    "next_route": "what is left is tried by the next route",
    "backorder": "what is left waits for stock",
    "review": "what is left waits for a person",
    "queue": "what is left waits in the queue",
    "ship_available": "what is left is canceled",
    "cancel": "if anything is left the whole delivery is canceled",
}


def say_route(route: Route, currency: str) -> tuple[str, ...]:
    """Say what a route does, clause by clause: when it holds, fences, aims, costs, splits, what becomes of the rest."""
    said = [f"when {when_words(route.when)}" if route.when is not None else "always"]
    said += [fence_words(fence) for fence in route.fences]
    said += [f"never {_or(route.excluded)}"] if route.excluded else []
    said += [f"only to {_or(route.markets)}"] if route.markets else []
    said += [f"prefer {prefer_words(aim)}" for aim in route.prefer]
    said += [cost_words(cost, currency) for cost in route.costs]
    said += [f"a day too late counts {money(route.lateness_per_day, currency)}"] if route.lateness_per_day else []
    said += [f"another parcel counts {money(route.extra_parcel, currency)}"] if route.extra_parcel else []
    said += [f"another location counts {money(route.extra_location, currency)}"] if route.extra_location else []
    said += [split_words(route)]
    said += ["all of it or nothing"] if route.complete else []
    rest = LEFTOVERS[route.leftover]
    return (*said, f"{rest} '{route.queue}'" if route.leftover == "queue" else rest)


def money(milli: int, currency: str) -> str:
    """Write an amount in milli for people."""
    return show(milli_to_minor(milli), currency)


def _inner(condition: Condition) -> str:
    said = condition_words(condition)
    return f"({said})" if isinstance(condition, AllOf | AnyOf) and len(condition.of) > 1 else said


def _or(names: tuple[str, ...]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count:,} days"


def _share(f: HasShare) -> str:
    what = "units" if f.of == "units" else "lines in full"
    strict = "" if f.strict else ", unless no location has and it may be split"
    return f"only locations that have {f.permille / 10:g} % of the order's {what}{strict}"


def _handling(f: Handling) -> str:
    parts = [] if f.most_transit_days is None else [f"in {_days(f.most_transit_days)} at most"]
    parts += [f"by {_or(f.carriers)}"] if f.carriers else []
    return f"what is {f.name} ships {' and '.join(parts) or 'where it can'}"


_FENCES: dict[type, Callable[[Any], str]] = {
    Among: lambda f: f"only {sites_words(f.sites)}",
    Without: lambda f: f"never {sites_words(f.sites)}",
    Near: lambda f: f"only within {f.km:,} km of the customer",
    ServesMarket: lambda f: "only locations that serve the country",  # noqa: ARG005
    InTime: lambda f: "only in time" if not f.days else f"only in time, {_days(f.days)} late at most",
    HasShare: _share,
    KeepsStock: lambda f: f"{f.units:,} units of each item stay at {sites_words(f.sites)}",
    Carrier: lambda f: f"only locations that {f.name} collects from",
    Handling: _handling,
    UnitsRoom: lambda f: "no more units than a location has room for that day",  # noqa: ARG005
    When: lambda f: f.name or f"only where {condition_words(f.condition)}",
}


def _named(cost: Any, said: str) -> str:
    return f"{cost.name}: {said}" if cost.name else said


def _clear(c: Clear, currency: str) -> str:
    parts = [f"{money(c.per_unit, currency)} a unit"] if c.per_unit else []
    parts += [f"{c.permille / 10:g} % of its value"] if c.permille else []
    what = f" of {_or(c.categories)}" if c.categories else ""
    days = "" if c.within_days is None else f" that expires within {_days(c.within_days)}"
    return _named(c, f"a credit of {' and '.join(parts)} for what leaves {sites_words(c.sites)}{what}{days}")


def _workload(c: Workload, currency: str) -> str:
    steps = ", ".join(f"{money(s.amount, currency)} from {s.used / 10:g} % on" for s in c.steps)
    return _named(c, f"a {c.per} costs more where the day fills up: {steps}")


_COSTS: dict[type, Callable[[Any, str], str]] = {
    Workload: _workload,
    Scarce: lambda c, currency: _named(
        c, f"up to {money(c.per_unit, currency)} a unit where fewer than {c.below:,} are left"
    ),
    Clear: _clear,
    FailedPick: lambda c, currency: _named(c, f"{money(c.per_unit, currency)} for a unit that is not found"),
    Carbon: lambda c, currency: _named(c, f"{money(c.per_kg, currency)} per kilogram of CO2e"),
    Preference: lambda c, currency: _named(
        c, f"a fulfillment from {sites_words(c.sites)} counts {money(c.amount, currency)} more"
    ),
}
