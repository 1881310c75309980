"""How goods reach the customer, as policies: picking up and shipping to a store follow the same rules.

A policy for another method is made from the channel's own, by its rate card alone, so that one `decide()` serves all:

- **ship**: the policy as it is.
- **pickup**: the destination is the store's own point and the card has one zone of 0 km. Only a location that stands
  exactly there is reached; it costs no carriage and no day.
- **ship_to_store**: the destination is the store's point and the card gets a zone of 0 km in front: others send their
  parcels there as the card says. Both have a place where everything comes together: nothing is gathered elsewhere.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

from msgspec.structs import replace

from crossdock.routing.model import Network, Policy, Zone
from crossdock.routing.rules import Prefer

Method = Literal["ship", "pickup", "ship_to_store"]

URGENT_PER_DAY = 1_000_000_000
"""What a day beyond a promise costs in milli (10,000.00 of a currency with two digits): more than any carriage."""

_HERE = Zone(up_to_km=0, base=0, per_kg=0, transit_days=0)
_REMEMBERED = 256
_made: OrderedDict[tuple[str, str], Policy] = OrderedDict()


def capability(method: Method) -> str:
    """Return what a location must be able to do for a method."""
    return "collect" if method == "pickup" else "ship"


def policy_for(policy: Policy, method: Method) -> Policy:
    """Return the policy by which a method is decided; equal arguments give the same object while it is remembered."""
    if method == "ship":
        return policy
    return _derived(policy, method, _picking_up if method == "pickup" else _to_store)


def urgent(policy: Policy) -> Policy:
    """Return a policy for which lateness outweighs every other cost, so that a plan in time is found where one is."""
    return policy if policy.lateness_per_day >= URGENT_PER_DAY else _derived(policy, "urgent", _urgent)


def preferring(policy: Policy, sites: tuple[int, ...], network: Network) -> Policy:
    """Return a policy that settles ties for these locations: any other costs 1/1000 of the minor unit more."""
    others = tuple((site.id, 1) for site in network.sites if site.id not in sites)
    return replace(policy, prices=replace(policy.prices, locations=(*policy.prices.locations, *others)))


def _picking_up(policy: Policy) -> Policy:
    return replace(
        policy, card=replace(policy.card, zones=(_HERE,), lanes=(), surcharges=(), fuel_permille=0), merge=None
    )


def _to_store(policy: Policy) -> Policy:
    card = policy.card
    beyond = tuple(zone for zone in card.zones if zone.up_to_km > 0)
    moved = 1 + len(beyond) - len(card.zones)  # surcharges name zones by their places, and none is paid on the spot
    every = range(len(card.zones) + 1 + len(card.lanes))
    surcharges = tuple(
        replace(one, zones=tuple(at + moved for at in one.zones or every if at + moved > 0)) for one in card.surcharges
    )
    return replace(policy, card=replace(card, zones=(_HERE, *beyond), surcharges=surcharges), merge=None)


def _urgent(policy: Policy) -> Policy:
    """Let lateness come first: as a price above all others, under ordered preferences as the first aim."""
    if policy.prefer:
        return replace(policy, prefer=(Prefer("on_time"), *policy.prefer), lateness_per_day=URGENT_PER_DAY)
    weights = tuple((name, weight) for name, weight in policy.weights if name != "lateness")
    return replace(policy, lateness_per_day=URGENT_PER_DAY, weights=weights)


def _derived(policy: Policy, name: str, make: Callable[[Policy], Policy]) -> Policy:
    key = (policy.version, name)
    found = _made.get(key)
    if found is None:
        found = _made[key] = make(policy)
        while len(_made) > _REMEMBERED:
            _made.popitem(last=False)
    return found
