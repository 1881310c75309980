"""Which locations may serve whom, whatever they have: as the network, shipping rules and the channel's view say."""

from __future__ import annotations

from typing import cast

from crossdock.catalog.model import ItemFacts
from crossdock.kernel.geo import Xyz
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.planning import UNKNOWN_COUNTRY
from crossdock.orchestration.terms import possible_policies
from crossdock.promising.methods import Method, capability
from crossdock.routing.model import Demand, Policy
from crossdock.routing.terms import terms

Places = frozenset[int]
_Where = tuple[str, str, str, Xyz | None, tuple[str, ...]]


class Permitted:
    """Answers for many deliveries; remembers what it found for a country, or for a point where distance decides."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._policies: dict[tuple[int, str, str, str], tuple[Policy, ...]] = {}
        self._hidden: dict[tuple[int, int], Places] = {}
        self._known: dict[_Where, Places] = {}
        self._sets: dict[Places, Places] = {}

    def of(self, channel_id: int, method: str, level: str, country: str, point: Xyz | None, item: ItemFacts) -> Places:
        """Return the active locations that the channel's view shows and that a route of its policy may let serve it.

        Equal sets are one object, so that binding looks at each set of places once.
        """
        places = frozenset[int]().union(
            *(
                self._reach(policy, method, country, point, item.requires)
                for policy in self._possible(channel_id, method, level, country)
            )
        )
        places = self._sets.setdefault(places, places)
        key = (channel_id, item.id)
        hidden = self._hidden.get(key)
        if hidden is None:
            hidden = self._hidden[key] = self._hidden_from(channel_id, item)
        if not hidden:
            return places
        seen = places - hidden
        return self._sets.setdefault(seen, seen)

    def _possible(self, channel_id: int, method: str, level: str, country: str) -> tuple[Policy, ...]:
        key = (channel_id, method, level, country)
        policies = self._policies.get(key)
        if policies is None:
            channel = self._directory.channel_by_id(channel_id).channel
            policies = self._policies[key] = possible_policies(self._directory, channel, method, level, country)
        return policies

    def _hidden_from(self, channel_id: int, item: ItemFacts) -> Places:
        """Return the locations of which the channel's view shows nothing of an item; distrust is of today's stock."""
        view = self._directory.view_of(self._directory.channel_by_id(channel_id))
        hidden = None if view.identity else view.applied(item).hidden
        if hidden is None:
            return frozenset()
        return frozenset(id_ for id_, no in zip(self._directory.location_ids, hidden.tolist(), strict=True) if no)

    def _reach(self, policy: Policy, method: str, country: str, point: Xyz | None, needs: tuple[str, ...]) -> Places:
        network = self._directory.network
        if country == UNKNOWN_COUNTRY or not network.sites:
            return frozenset()
        required = (capability(cast(Method, method)),)
        found = terms(network, policy, country, required)
        at = None if found.always_served else point
        key = (policy.version, method, country, at, needs)
        places = self._known.get(key)
        if places is None:
            x, y, z = at or (None, None, None)
            zone = found.zones(Demand(lines=(), country=country, x=x, y=y, z=z, requires=required))
            ok = found.allowed & found.capable(needs) & (zone != found.far)
            places = frozenset(site for site, may in zip(found.site_ids, ok.tolist(), strict=True) if may)
            places = self._known[key] = self._sets.setdefault(places, places)
        return places
