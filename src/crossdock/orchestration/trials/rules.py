"""What a trial decides by: the routes of a draft that hold for a case, and the draft without one of its rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, cast

from msgspec import Struct
from msgspec.structs import replace

from crossdock.kernel.clock import utc_day
from crossdock.orchestration.errors import ConfigurationRefused
from crossdock.orchestration.policies import store
from crossdock.orchestration.trials.model import Case
from crossdock.orchestration.trials.says import cost_words, fence_words, money, prefer_words
from crossdock.promising.methods import Method, policy_for
from crossdock.routing.model import Demand, Policy
from crossdock.routing.policy.compile import CompiledPolicy, compile_policy
from crossdock.routing.policy.document import Route, RoutingPolicy
from crossdock.routing.record import Record
from crossdock.storage.session import Session

MOST_RULES = 40
"""So many rules are priced apart: each costs one more decision of every order."""
_EACH = 10
"""So many excluded locations are rules of their own; more are one."""


class Tried(NamedTuple):
    """A route that is tried: its name, and what decides it."""

    name: str
    policy: Policy


class Rules(Struct, frozen=True, dict=True):
    """By which routes, in order, a routing is decided: those of a document whose conditions hold."""

    document: RoutingPolicy

    @cached_property
    def compiled(self) -> CompiledPolicy:
        """The document, compiled."""
        return compile_policy(self.document)

    def routes(self, case: Case) -> Sequence[Tried]:
        """Return the routes that hold for a case, as its method needs them; the first is tried first."""
        method = cast(Method, case.method)
        matching = self.compiled.matching(case.facts)
        return [Tried(policy.route, policy_for(policy, method)) for policy in matching]


def checked(document: RoutingPolicy) -> Rules:
    """Return the rules of a document; raises ConfigurationRefused when it cannot decide anything at all."""
    rules = Rules(document)
    try:
        rules.compiled  # noqa: B018  (compiled once, remembered)
    except ValueError as error:  # a RoutingError, or a day that no calendar has
        raise ConfigurationRefused(f"The policy cannot decide: {error}.") from None
    return rules


def version_rules(session: Session, code: str, number: int) -> Rules:
    """Return the rules of a version of a policy; raises UnknownPolicyVersion, ConfigurationRefused."""
    row = store.find(store.version_rows(session, code), code, number)
    return checked(store.read_document(session, row.hash))


class Variant(NamedTuple):
    """Rules without one of them: the place of the one that is missing (a JSON pointer), and what it says."""

    name: str
    says: str
    rules: Rules


def without_each(rules: Rules) -> tuple[Variant, ...]:
    """Return the rules with each single rule taken away, in the order of the document; at most ``MOST_RULES``."""
    return tuple(_variants(rules.document))[:MOST_RULES]


def _variants(document: RoutingPolicy) -> Iterator[Variant]:
    routes = document.routes
    several = len(routes) > 1
    for at, route in enumerate(routes):
        prefix = f"{route.name}: " if several else ""
        if several:
            rest = (*routes[:at], *routes[at + 1 :])
            says = f"the route '{route.name}'"
            yield Variant(f"/routes/{at}", says, Rules(replace(document, routes=rest)))
        currency = (route.card or document.card).currency
        for place, says, without in _of_route(route, currency):
            changed = (*routes[:at], without, *routes[at + 1 :])
            yield Variant(f"/routes/{at}{place}", prefix + says, Rules(replace(document, routes=changed)))


def _of_route(route: Route, currency: str) -> Iterator[tuple[str, str, Route]]:
    for at, fence in enumerate(route.fences):
        yield f"/fences/{at}", fence_words(fence), _less(route, "fences", at)
    for at, cost in enumerate(route.costs):
        yield f"/costs/{at}", cost_words(cost, currency), _less(route, "costs", at)
    for at, (name, permille) in enumerate(route.weights):
        says = f"{name.replace('_', ' ')} counts {permille / 10:g} %"
        yield f"/weights/{at}", says, _less(route, "weights", at)
    for at, prefer in enumerate(route.prefer):
        yield f"/prefer/{at}", f"prefer {prefer_words(prefer)}", _less(route, "prefer", at)
    if len(route.excluded) <= _EACH:
        for at, code in enumerate(route.excluded):
            yield f"/excluded/{at}", f"{code} never ships", _less(route, "excluded", at)
    else:
        says = f"{len(route.excluded)} locations never ship"
        yield "/excluded", says, replace(route, excluded=())
    if route.markets:
        yield "/markets", f"only {', '.join(route.markets)} are served", replace(route, markets=())
    yield from _splits(route, currency)


def _splits(route: Route, currency: str) -> Iterator[tuple[str, str, Route]]:
    usual = Route(name=route.name)
    for name, says in (
        ("split", "an order is never split" if route.split == "never" else "a line is never split"),
        ("max_locations", f"at most {route.max_locations} locations"),
        ("max_parcels", f"at most {route.max_parcels} parcels"),
        ("min_value_per_location", f"{money(1_000 * route.min_value_per_location, currency)} at least from a location"),
        ("complete", "all of a delivery or nothing"),
        ("whole_bundles", "a bundle is never split"),
        ("merge", "goods may be gathered on the way"),
        ("lateness_per_day", f"a day too late costs {money(route.lateness_per_day, currency)}"),
        ("extra_parcel", f"another parcel costs {money(route.extra_parcel, currency)}"),
        ("extra_location", f"another location costs {money(route.extra_location, currency)}"),
    ):
        default: Any = getattr(usual, name)
        if getattr(route, name) != default:
            yield f"/{name}", says, replace(route, **{name: default})


def _less(route: Route, name: str, at: int) -> Route:
    """Return a route without one entry of one of its lists."""
    entries: tuple[Any, ...] = getattr(route, name)
    return replace(route, **{name: (*entries[:at], *entries[at + 1 :])})


def asked_of(case: Case, record: Record) -> Demand:
    """Return what was asked: the record's demand, with the due day as it was before a promise hurried it.

    What records did not keep once and the case knows is filled in: channel, service level, value, day.
    """
    demand = record.demand
    known: dict[str, Any] = {} if case.due_day is None else {"due_day": case.due_day}
    if not demand.channel:
        value = sum(line.quantity * line.unit_value for line in demand.lines)
        known |= {"channel": case.channel, "service": case.service, "value": value, "asked_day": utc_day(case.at)}
    return replace(demand, **known)
