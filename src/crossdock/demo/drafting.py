"""A draft of the retailer's routing policy as somebody has begun to write it: three routes, to be tried. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from crossdock.demo.network import POUND
from crossdock.routing import RoutingPolicy

NOTE = "Spare the stores: what is heavy or goes abroad leaves from the warehouses, a kilogram of CO₂ has a price"
_WAREHOUSES = {"type": "among", "sites": {"kinds": ["dc", "3pl", "supplier"]}}
_STORES = {"kinds": ["store"]}
_FROM_WAREHOUSES: dict[str, Any] = {"fences": [_WAREHOUSES], "leftover": "next_route"}
_HEAVY = {"type": "number", "fact": "weight_g", "at_least": 60_000}
_ABROAD = {"type": "not", "of": {"type": "one_of", "fact": "country", "values": ["GB"]}}
_SPARING: dict[str, Any] = {
    "note": "A store keeps one of everything on the shelf and is used where that saves half a pound",
    "fences": [{"type": "keeps_stock", "units": 1, "sites": _STORES}],
    "costs": [
        {"type": "preference", "amount": POUND // 2, "sites": _STORES, "name": "spare the stores"},
        {"type": "carbon", "per_kg": 8 * POUND // 100, "name": "CO₂ at 80 pounds a tonne"},
    ],
}


def draft(active: RoutingPolicy) -> RoutingPolicy:
    """Give the policy in force as it would be with routes of their own for what is heavy and what goes abroad."""
    document = msgspec.to_builtins(active)
    everyday = document["routes"][0]
    document["note"], document["time_zone"] = NOTE, "Europe/London"
    document["routes"] = [
        {**everyday, **_FROM_WAREHOUSES, "name": "Heavy", "when": _HEAVY},
        {**everyday, **_FROM_WAREHOUSES, "name": "Abroad", "when": _ABROAD},
        {**everyday, **_SPARING, "name": "Every day"},
    ]
    return msgspec.convert(document, RoutingPolicy)
