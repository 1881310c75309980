"""By which rules a delivery is decided: its method, its service level, where it goes, when it is due."""

from __future__ import annotations

from typing import NamedTuple, cast

from crossdock.kernel.geo import Xyz
from crossdock.network.model import Channel, Service
from crossdock.network.store import StoredLocation
from crossdock.orchestration.directory import Directory
from crossdock.promising.methods import Method, policy_for
from crossdock.routing.model import Policy


class DeliveryTerms(NamedTuple):
    """The policy that decides a delivery, and its service level."""

    policy: Policy
    service: Service
    days: int


def terms_of(directory: Directory, channel: Channel, method: str, level: str) -> DeliveryTerms:
    """Return the terms of a method and service level of a channel; raises UnknownPolicy.

    Promises and orders ask here alike: what was promised by a rate card is routed by it.
    """
    service = channel.service(level)
    policy = directory.policy(service.policy or channel.policy)
    days = channel.service_days if service.days is None else service.days
    return DeliveryTerms(policy_for(policy, cast(Method, method)), service, days)


def pick_up_point(place: StoredLocation) -> tuple[str, Xyz]:
    """Return country and point of a location where something is collected."""
    return place.location.address.country, place.point
