"""The rules in force of a policy, by name, and the policy without one of them."""

from typing import NamedTuple

from msgspec import structs

from crossdock.routing.model import Policy, Prices, RoutingError


class Rule(NamedTuple):
    """A rule in force: its name, and whether it is a fence (it forbids) or a price (it costs)."""

    name: str
    fence: bool


def rules_of(policy: Policy) -> tuple[Rule, ...]:
    """Give the rules that the policy holds in force, fences first; the rate card is no rule."""
    out: list[Rule] = [Rule(f"excluded {code}", fence=True) for code in policy.excluded]
    if policy.markets:
        out.append(Rule("markets", fence=True))
    if policy.split != "unit":
        out.append(Rule("split", fence=True))
    if policy.max_locations is not None and policy.split != "never":
        out.append(Rule("max_locations", fence=True))
    if policy.lateness_per_day:
        out.append(Rule("lateness", fence=False))
    if policy.extra_parcel:
        out.append(Rule("extra_parcel", fence=False))
    if policy.prices != Prices():
        out.append(Rule("prices", fence=False))
    return tuple(out)


def without_rule(policy: Policy, name: str) -> Policy:
    """Give the policy without the rule of this name; raises `RoutingError` when there is none."""
    word, _, of = name.partition(" ")
    if word == "excluded" and of in policy.excluded:
        return structs.replace(policy, excluded=tuple(code for code in policy.excluded if code != of))
    if word == "markets":
        return structs.replace(policy, markets=())
    if word == "split":
        return structs.replace(policy, split="unit")
    if word == "max_locations":
        return structs.replace(policy, max_locations=None)
    if word == "lateness":
        return structs.replace(policy, lateness_per_day=0)
    if word == "extra_parcel":
        return structs.replace(policy, extra_parcel=0)
    if word == "prices":
        return structs.replace(policy, prices=Prices())
    raise RoutingError(f"the policy has no rule {name}")
