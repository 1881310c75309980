"""From a document to what decides: one `routing.model.Policy` a route, and which of them hold for a delivery."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from crossdock.routing.model import Policy, RateCard, RoutingError
from crossdock.routing.policy.conditions import facts_of
from crossdock.routing.policy.document import (
    PLAIN_ROUTE,
    LaneIn,
    PlainPolicy,
    RateCardIn,
    Route,
    RoutingPolicy,
    RulesIn,
    ZoneIn,
)
from crossdock.routing.policy.facts import Facts
from crossdock.routing.policy.truth import Truth, compiled, why_not

RULES = RulesIn.__struct_fields__
"""What a route of a document and a `routing.model.Policy` have in common, by the same names."""


class CompiledRoute(NamedTuple):
    """A route: its place in the document, its name, when it holds (None: always), and how it decides."""

    place: int
    name: str
    holds: Truth | None
    policy: Policy


class Tried(NamedTuple):
    """What came of one route for a delivery; `why` says which condition failed, "" where it holds."""

    place: int
    name: str
    holds: bool
    why: str


class CompiledPolicy:
    """A routing policy that can be asked: which routes hold for these facts, in order."""

    def __init__(self, document: RoutingPolicy, source: str, routes: tuple[CompiledRoute, ...]) -> None:
        self.document = document
        self.source = source
        self.routes = routes
        self.policies = tuple(route.policy for route in routes)
        self.asks = frozenset().union(*(facts_of(route.when) for route in document.routes))
        """The names of the facts that any of its conditions asks for."""
        self._always = self.policies if document.is_plain else None

    def matching(self, facts: Facts) -> tuple[Policy, ...]:
        """Return the policies of the routes whose conditions hold, in order; none may."""
        if self._always is not None:
            return self._always
        return tuple([r.policy for r in self.routes if r.holds is None or r.holds(facts)])

    def possible(self, facts: Facts) -> tuple[Policy, ...]:
        """Return the policies of the routes that hold, or would if facts that are not known here were so."""
        if self._always is not None:
            return self._always
        return tuple([r.policy for r in self.routes if r.holds is None or r.holds(facts) is not False])

    def trace(self, facts: Facts) -> tuple[Tried, ...]:
        """Say of each route whether it holds for facts, and if not why; the same facts give the same words."""
        zone = zone_of(self.document)
        told = []
        for route, said in zip(self.routes, self.document.routes, strict=True):
            why = "" if said.when is None else why_not(said.when, facts, zone)
            told.append(Tried(route.place, route.name, not why, why))
        return tuple(told)


def compile_policy(document: RoutingPolicy) -> CompiledPolicy:
    """Compile a document; raises RoutingError when a rate card or a route is no policy that can decide."""
    source, zone = document.version, zone_of(document)
    card = rate_card(document.card)
    routes = []
    for index, route in enumerate(document.routes):
        policy = _policy(route, card if route.card is None else rate_card(route.card), source)
        holds = None if route.when is None else compiled(route.when, zone)
        routes.append(CompiledRoute(index, route.name, holds, policy))
    return CompiledPolicy(document, source, tuple(routes))


def zone_of(document: RoutingPolicy) -> ZoneInfo:
    """Return the time zone of a policy's times; raises RoutingError when there is none of the name."""
    try:
        return ZoneInfo(document.time_zone)
    except (OSError, ValueError, LookupError):  # no such zone, or a name that leads out of the folder of zones
        raise RoutingError(f"there is no time zone '{document.time_zone}'") from None


def rate_card(card: RateCardIn) -> RateCard:
    """Return a document's rate card as routing reckons with it; raises RoutingError when its zones do not rise."""
    try:
        return msgspec.convert(msgspec.to_builtins(card), RateCard)
    except msgspec.ValidationError as error:
        raise RoutingError(str(error)) from None


def _policy(route: Route, card: RateCard, source: str) -> Policy:
    rules = {name: getattr(route, name) for name in RULES}
    return Policy(card=card, source=source, route=route.name, **rules)


def from_rules(code: str, rules: Policy) -> RoutingPolicy:
    """Return the document of a policy that is one set of rules: one route that always holds.

    Prices from elsewhere are no part of the merchant's rules and are left out. Numbers are taken as they are, also
    those that a document from outside may not say.
    """
    said = {name: getattr(rules, name) for name in RULES}
    plain = rules.card
    card = {name: getattr(plain, name) for name in RateCardIn.__struct_fields__}
    card["zones"] = tuple(ZoneIn(z.up_to_km, z.base, z.per_kg, z.transit_days) for z in plain.zones)
    card["lanes"] = tuple(LaneIn(x.origins, x.destinations, x.base, x.per_kg, x.transit_days) for x in plain.lanes)
    return RoutingPolicy(code=code, card=RateCardIn(**card), routes=(Route(name=PLAIN_ROUTE, **said),))


def as_sent(document: RoutingPolicy) -> RoutingPolicy:
    """Return a document as one from outside; raises msgspec.ValidationError for what the schema does not allow."""
    return msgspec.convert(msgspec.to_builtins(document), RoutingPolicy)


def rules_of(plain: PlainPolicy) -> Policy:
    """Return the rules of a plain policy as routing reckons with them; raises RoutingError when it cannot."""
    return Policy(card=rate_card(plain.card), **{name: getattr(plain, name) for name in RULES})


def plain_policy(document: RoutingPolicy) -> PlainPolicy | None:
    """Return the rules of a document that is one route without a condition, as they were put; None of any other."""
    if not document.is_plain:
        return None
    (route,) = document.routes
    return PlainPolicy(card=route.card or document.card, **{name: getattr(route, name) for name in RULES})
