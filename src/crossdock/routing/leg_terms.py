"""The problem towards a place where goods are gathered: its network, and the policy for legs that lead there."""

from collections import OrderedDict

from msgspec.structs import replace

from crossdock.routing.merging import Merge
from crossdock.routing.model import Lane, Network, Policy, RateCard, Zone
from crossdock.routing.places import Bools, picked
from crossdock.routing.rules import HasShare, InTime, Near, ServesMarket, Sites
from crossdock.routing.tariff import by_unit

_OF_THE_CUSTOMER = (HasShare, InTime, Near, ServesMarket)
"""Fences that speak of the way to the customer or of the whole order: legs between our locations do not meet them."""
_REMEMBERED = 64
_networks: OrderedDict[tuple[str, int, int], Network] = OrderedDict()
_policies: OrderedDict[tuple[object, ...], Policy] = OrderedDict()


_places: OrderedDict[tuple[str, Sites], Bools] = OrderedDict()


def places(hubs: Sites, network: Network) -> Bools:
    """Give which sites of the network are named as places to gather goods; remembered."""
    key = (network.version, hubs)
    found = _places.get(key)
    if found is None:
        found = _places[key] = picked(hubs, network)
        while len(_places) > _REMEMBERED:
            _places.popitem(last=False)
    return found


def gathering_network(network: Network, column: int, merge: Merge) -> Network:
    """Give the network towards a place: what comes is handled there by the unit, what is there needs no parcel."""
    key = (network.version, column, merge.per_unit)
    found = _networks.get(key)
    if found is None:
        sites = list(network.sites)
        for at, site in enumerate(sites):
            if at == column:
                sites[at] = replace(site, handling_parcel=0)
            elif merge.per_unit:
                sites[at] = replace(site, handling_unit=site.handling_unit + merge.per_unit)
        found = _networks[key] = Network(tuple(sites))
        while len(_networks) > _REMEMBERED:
            _networks.popitem(last=False)
    return found


def hub_policy(policy: Policy) -> Policy:
    """Give the policy by which a place must be able to serve the customer, whatever it has itself, and when."""
    key = (policy.version,)
    found = _policies.get(key)
    if found is None:
        fences = tuple([fence for fence in policy.fences if not isinstance(fence, HasShare | InTime)])
        found = _remember(key, replace(policy, merge=None, fences=fences))
    return found


def leg_policy(policy: Policy, country: str, zone: int, per_kg: int) -> Policy:
    """Give the policy for legs towards a place that serves the customer's country by this zone and price per kg.

    The last leg's price for weight and its surcharges by the unit are in those of the legs: each unit pays them once.
    """
    key = (policy.version, country, zone, per_kg)
    found = _policies.get(key)
    if found is None:
        merge, card = policy.merge or Merge(), transfer_card(policy)
        zones = [
            replace(each, base=each.base + merge.per_parcel, per_kg=each.per_kg + per_kg)
            for each in card.zones
            if each.up_to_km > 0
        ]
        lanes = [replace(each, base=each.base + merge.per_parcel, per_kg=each.per_kg + per_kg) for each in card.lanes]
        surcharges = [
            replace(one, zones=(), countries=())
            for one in card.surcharges
            if by_unit(one) and zone in (one.zones or (zone,)) and country in (one.countries or (country,))
        ]
        towards = replace(card, zones=(Zone(0, 0, per_kg, 0), *zones), lanes=tuple(lanes), surcharges=tuple(surcharges))
        found = _remember(
            key,
            replace(
                policy,
                card=towards,
                merge=None,
                markets=(),
                split=merge.split,
                max_locations=merge.max_sources,
                lateness_per_day=0,
                extra_parcel=0,
                extra_location=0,
                max_parcels=None,
                min_value_per_location=0,
                keep_groups=False,
                leftover="backorder",
                fences=tuple([fence for fence in policy.fences if not isinstance(fence, _OF_THE_CUSTOMER)]),
            ),
        )
    return found


def _remember(key: tuple[object, ...], policy: Policy) -> Policy:
    _policies[key] = policy
    while len(_policies) > _REMEMBERED:
        _policies.popitem(last=False)
    return policy


def transfer_card(policy: Policy) -> RateCard:
    """Give what parcels between our locations cost: by zones of their own, or the policy's card at a discount."""
    merge, card = policy.merge, policy.card
    if merge is None:
        return card
    share = 1_000 - merge.discount_permille
    zones = [Zone(each.up_to_km, each.base, each.per_kg, each.transit_days) for each in merge.zones]
    if not zones:
        zones = [replace(z, base=z.base * share // 1_000, per_kg=z.per_kg * share // 1_000) for z in card.zones]
    lanes = [replace(x, base=x.base * share // 1_000, per_kg=x.per_kg * share // 1_000) for x in card.lanes]
    return replace(card, zones=tuple(zones), lanes=tuple(lanes))


def least_transfer(policy: Policy) -> int:
    """Give what one parcel between our locations costs at the least, with what is paid for it at the place."""
    card = transfer_card(policy)
    rates: list[Zone | Lane] = [*card.zones, *card.lanes]
    return min(rate.base for rate in rates) + (policy.merge.per_parcel if policy.merge else 0)
