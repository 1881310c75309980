"""By which rules a delivery is decided: its method, its service level, the routes that hold for it, when it is due."""

from __future__ import annotations

from typing import NamedTuple, cast

from crossdock.kernel.geo import Xyz
from crossdock.network.model import Channel, Service
from crossdock.network.store import StoredLocation
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.policies.facts import FactsOf
from crossdock.promising.methods import Method, policy_for
from crossdock.routing.model import Policy
from crossdock.routing.policy.compile import CompiledPolicy
from crossdock.routing.policy.facts import Facts


class Routes(NamedTuple):
    """The routes that hold for a delivery, in order, as policies for its method; of which document, by which facts."""

    policies: tuple[Policy, ...]
    compiled: CompiledPolicy
    facts: Facts


class DeliveryTerms(NamedTuple):
    """The routes that decide a delivery, and its service level."""

    routes: Routes
    service: Service
    days: int


def terms_of(directory: Directory, channel: Channel, method: str, level: str, facts: FactsOf) -> DeliveryTerms:
    """Return the terms of a delivery by a method and service level of a channel; raises UnknownPolicy.

    Promises and orders ask here alike: what was promised by a rate card is routed by it.
    """
    service = channel.service(level)
    compiled = directory.policy(service.policy or channel.policy)
    known = facts(compiled.asks) if compiled.asks else Facts()
    policies = _for_method(compiled.matching(known), method)
    days = channel.service_days if service.days is None else service.days
    return DeliveryTerms(Routes(policies, compiled, known), service, days)


def possible_policies(
    directory: Directory, channel: Channel, method: str, level: str, country: str
) -> tuple[Policy, ...]:
    """Return the policies of every route that may decide such a delivery, whatever else is true of it."""
    service = channel.service(level)
    known = Facts(channel=channel.code, service=level, method=method, country=country)
    return _for_method(directory.policy(service.policy or channel.policy).possible(known), method)


def _for_method(policies: tuple[Policy, ...], method: str) -> tuple[Policy, ...]:
    return policies if method == "ship" else tuple([policy_for(p, cast(Method, method)) for p in policies])


def pick_up_point(place: StoredLocation) -> tuple[str, Xyz]:
    """Return country and point of a location where something is collected."""
    return place.location.address.country, place.point
