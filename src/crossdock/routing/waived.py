"""The rules in force of a policy: by a pointer into it, in words, and the policy without one of them.

The rate card is no rule, nor is the price of leaving units behind: without either there is nothing to decide.
"""

from typing import NamedTuple

from msgspec import structs

from crossdock.routing.model import Policy, RoutingError
from crossdock.routing.rule_words import cost_words, fence_words, prefer_words

_PLAIN = {
    "markets": "the channel sells to {} only",
    "max_locations": "at most {} to an order",
    "max_parcels": "at most {} to an order",
    "min_value_per_location": "a location ships goods worth a least amount, or nothing",
    "complete": "the whole delivery or nothing",
    "lateness_per_day": "a price on each day of lateness",
    "extra_parcel": "a price on each further parcel",
    "extra_location": "a price on each further location",
    "prices": "prices from elsewhere",
    "weights": "weights of costs",
}
_FENCES = ("markets", "max_locations", "max_parcels", "min_value_per_location", "complete")
_PRICES = ("lateness_per_day", "extra_parcel", "extra_location", "prices", "weights")
_SPLIT = {"never": "orders are never split", "line": "lines are never split"}
_OFF = Policy.__struct_fields__, Policy.__struct_defaults__
_DEFAULTS = dict(zip(_OFF[0][-len(_OFF[1]) :], _OFF[1], strict=True))


class Rule(NamedTuple):
    """A rule in force: a pointer to it, whether it is a fence (it forbids) or a price (it costs), and its words."""

    name: str
    fence: bool
    words: str


def rules_of(policy: Policy) -> tuple[Rule, ...]:
    """Give the rules that the policy holds in force, fences first."""
    out = [Rule(f"/excluded/{code}", fence=True, words=f"not from {code}") for code in policy.excluded]
    out += [Rule(f"/fences/{at}", True, fence_words(fence)) for at, fence in enumerate(policy.fences)]
    out += [_plain(policy, name, fence=True) for name in _FENCES if getattr(policy, name) != _DEFAULTS[name]]
    if policy.split != "unit":
        out.append(Rule("/split", True, _SPLIT[policy.split]))
    out += [_plain(policy, name, fence=False) for name in _PRICES if getattr(policy, name) != _DEFAULTS[name]]
    out += [Rule(f"/costs/{at}", False, cost_words(cost)) for at, cost in enumerate(policy.costs)]
    out += [Rule(f"/prefer/{at}", False, prefer_words(aim)) for at, aim in enumerate(policy.prefer)]
    if policy.split == "never":  # which leaves nothing for it to say
        out = [rule for rule in out if rule.name != "/max_locations"]
    return tuple(out)


def _plain(policy: Policy, name: str, *, fence: bool) -> Rule:
    value = getattr(policy, name)
    shown = " and ".join(value) if name == "markets" else f"{value} {name.removeprefix('max_')}"
    shown = shown.removesuffix("s") if value == 1 else shown
    return Rule(f"/{name}", fence, _PLAIN[name].format(shown))


def without_rule(policy: Policy, name: str) -> Policy:
    """Give the policy without the rule of this name; raises `RoutingError` when it is not in force."""
    if all(rule.name != name for rule in rules_of(policy)):
        raise RoutingError(f"the policy has no rule {name}")
    field, _, which = name.removeprefix("/").partition("/")
    if field == "excluded":
        return structs.replace(policy, excluded=tuple(code for code in policy.excluded if code != which))
    if not which:
        return structs.replace(policy, **{field: _DEFAULTS[field]})
    rules = getattr(policy, field)
    at = int(which)
    return structs.replace(policy, **{field: (*rules[:at], *rules[at + 1 :])})
