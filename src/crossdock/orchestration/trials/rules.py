"""What a trial decides by: a draft as the policies of its routes, and the same draft with one rule taken away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, cast

from msgspec import Struct
from msgspec.structs import replace

from crossdock.orchestration.trials.model import Case
from crossdock.promising.methods import Method, policy_for
from crossdock.routing.model import Demand, Policy, Prices
from crossdock.routing.record import Record

MOST_RULES = 40
"""So many rules are priced apart: each costs one more decision of every order."""


class Route(NamedTuple):
    """A route that is tried: its name (empty where there is only one), and what decides it."""

    name: str
    policy: Policy


class Rules(Protocol):
    """By which routes, in order, a routing is decided."""

    def routes(self, case: Case, asked: Demand) -> Sequence[Route]:
        """Return the routes whose conditions hold; the first is tried first."""


class OnePolicy(Struct, frozen=True, tag="policy"):
    """One policy for everything."""

    policy: Policy

    def routes(self, case: Case, asked: Demand) -> Sequence[Route]:
        """Return the policy as the delivery's method needs it."""
        return (Route("", policy_for(self.policy, cast(Method, case.method))),)


class Variant(Struct, frozen=True):
    """Rules without one of them: the name of the one that is missing, and what it says."""

    name: str
    says: str
    rules: OnePolicy


def without_each(rules: OnePolicy) -> tuple[Variant, ...]:
    """Return the rules with each single rule taken away, in the order of the document; at most ``MOST_RULES``."""
    found = [Variant(name, says, OnePolicy(policy)) for name, says, policy in _without(rules.policy)]
    return tuple(found[:MOST_RULES])


def _without(policy: Policy) -> Iterator[tuple[str, str, Policy]]:
    for at, code in enumerate(policy.excluded):
        rest = (*policy.excluded[:at], *policy.excluded[at + 1 :])
        yield f"/excluded/{at}", f"{code} never ships", replace(policy, excluded=rest)
    if policy.markets:
        yield "/markets", f"only {', '.join(policy.markets)} are served", replace(policy, markets=())
    if policy.split != "unit":
        says = "an order is never split" if policy.split == "never" else "a line is never split"
        yield "/split", says, replace(policy, split="unit")
    if policy.max_locations is not None:
        yield "/max_locations", f"at most {policy.max_locations} locations", replace(policy, max_locations=None)
    if policy.lateness_per_day:
        yield "/lateness_per_day", "a day too late costs something", replace(policy, lateness_per_day=0)
    if policy.extra_parcel:
        yield "/extra_parcel", "another parcel costs something", replace(policy, extra_parcel=0)
    if policy.prices != Prices():
        yield "/prices", "prices on locations and units", replace(policy, prices=Prices())


def asked_of(case: Case, record: Record) -> Demand:
    """Return what was asked: the record's demand, with the due day as it was before a promise hurried it."""
    demand = record.demand
    return demand if case.due_day is None else replace(demand, due_day=case.due_day)
