"""The rules of a policy in words: which locations they mean, what they ask, what they cost."""

from collections.abc import Callable
from typing import Any

from crossdock.routing.phrases import joined, many
from crossdock.routing.rules import (
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

_KINDS = {
    "dc": "distribution centers",
    "store": "stores",
    "3pl": "contract warehouses",
    "supplier": "suppliers",
    "pickup_point": "pick-up points",
}
_MANY = 4


def sites_words(sites: Sites) -> str:
    """Say which locations are meant: "stores tagged clearance in GB"."""
    out = [joined((_KINDS.get(kind, kind) for kind in sites.kinds), "or")] if sites.kinds else []
    if sites.codes:
        out = [f"{out[0]} {_few(sites.codes)}"] if out else [_few(sites.codes)]
    elif not out:
        out = ["every location"] if sites == Sites(but=sites.but) else ["locations"]
    parts = (
        ("of group", sites.groups),
        ("tagged", sites.tags),
        ("in", sites.countries),
        ("serving", sites.markets),
        ("but not", sites.but),
    )
    out += [f"{word} {_few(names)}" for word, names in parts if names]
    return " ".join(out)


def _few(names: tuple[str, ...]) -> str:
    if len(names) <= _MANY:
        return joined(names, "or")
    return f"{', '.join(names[: _MANY - 1])} or {len(names) - _MANY + 1} others"


_FENCES: dict[type, Callable[[Any], str]] = {
    Among: lambda rule: f"only from {sites_words(rule.sites)}",
    Without: lambda rule: f"from anywhere but {sites_words(rule.sites)}",
    Near: lambda rule: f"at most {rule.km} km away",
    ServesMarket: lambda _: "only from where the customer's country is served",
    InTime: lambda rule: "in time" if not rule.days else f"at most {many(rule.days, 'day')} late",
    HasShare: lambda rule: f"has at least {_percent(rule.permille)} of the {rule.of}",
    KeepsStock: lambda rule: f"{many(rule.units, 'unit')} of each item to stay at {sites_words(rule.sites)}",
    Carrier: lambda rule: f"{rule.name} collects there",
    Handling: lambda rule: f"{rule.name} goods{_on_the_road(rule)}",
    UnitsRoom: lambda _: "no more units than the day has room for",
    When: lambda rule: rule.name or condition_words(rule.condition),
}


def fence_words(fence: Fence) -> str:
    """Say what a fence asks."""
    return _FENCES[type(fence)](fence)


def _percent(permille: int) -> str:
    return f"{permille / 10:g} %"


def _on_the_road(rule: Handling) -> str:
    days = f" at most {many(rule.most_transit_days, 'day')} on the road" if rule.most_transit_days is not None else ""
    by = f" by {_few(rule.carriers)}" if rule.carriers else ""
    return days + by


_COSTS: dict[type, Callable[[Any], str]] = {
    Workload: lambda rule: f"work gets dearer as the day fills up at {sites_words(rule.sites)}",
    Scarce: lambda rule: f"the last {many(rule.below, 'unit')} at {sites_words(rule.sites)} are dearer",
    Clear: lambda rule: f"{_aged(rule)} at {sites_words(rule.sites)} rather leave",
    FailedPick: lambda rule: f"units that may not be found at {sites_words(rule.sites)} are dearer",
    Carbon: lambda _: "a price on CO₂",
    Preference: lambda rule: f"rather not from {sites_words(rule.sites)}",
}


def cost_words(cost: Cost) -> str:
    """Say what a cost is for, by its own name where it has one."""
    return cost.name or _COSTS[type(cost)](cost)


def _aged(rule: Clear) -> str:
    what = _few(rule.categories) if rule.categories else "goods"
    return what + (f" that expire within {many(rule.within_days, 'day')}" if rule.within_days is not None else "")


_AIMS = {
    "fewest_parcels": "fewest parcels",
    "fewest_locations": "fewest locations",
    "nearest": "nearest first",
    "soonest": "soonest first",
    "fullest": "fullest first",
    "cheapest": "cheapest first",
}


def prefer_words(aim: Prefer) -> str:
    """Say what an ordered preference is after."""
    return _AIMS.get(aim.by) or f"{sites_words(aim.sites)} first"


_OPS = {"in": "is", "not_in": "is not", "at_least": "is at least", "at_most": "is at most"}


def condition_words(condition: Condition) -> str:
    """Say a condition: "its km is at most 50"."""
    if isinstance(condition, AllOf):
        return joined(_inner(one) for one in condition.of) or "anything"
    if isinstance(condition, AnyOf):
        return joined((_inner(one) for one in condition.of), "or") or "nothing"
    if isinstance(condition, NotOf):
        return f"not ({condition_words(condition.of)})"
    against = _fact(condition.than) if condition.than else joined(map(str, condition.values), "or")
    return f"{_fact(condition.fact)} {_OPS[condition.op]} {against}"


def _inner(condition: Condition) -> str:
    words = condition_words(condition)
    return f"({words})" if isinstance(condition, AllOf | AnyOf) else words


def _fact(name: str) -> str:
    of, _, fact = name.rpartition(".")
    return f"the {of}'s {fact.replace('_', ' ')}" if of else fact.replace("_", " ")
