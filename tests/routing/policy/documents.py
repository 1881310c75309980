"""Routing policies for tests."""

from __future__ import annotations

from typing import Any

import msgspec

from crossdock.routing.policy.conditions import Condition
from crossdock.routing.policy.document import RoutingPolicy

CARD: dict[str, Any] = {
    "currency": "GBP",
    "zones": [
        {"up_to_km": 50, "base": 350_000, "per_kg": 20_000, "transit_days": 1},
        {"up_to_km": 200, "base": 450_000, "per_kg": 30_000, "transit_days": 2},
        {"up_to_km": 3_000, "base": 550_000, "per_kg": 40_000, "transit_days": 3},
    ],
    "lanes": [
        {"origins": ["GB"], "destinations": ["FR"], "base": 1_200_000, "per_kg": 90_000, "transit_days": 4},
    ],
}


def document(*routes: dict[str, Any], code: str = "standard", **changes: Any) -> RoutingPolicy:
    """A policy of these routes; without any, of one that always holds."""
    return msgspec.convert(
        {"code": code, "card": CARD, "routes": list(routes) or [{"name": "standard"}], **changes}, RoutingPolicy
    )


def condition(**said: Any) -> Condition:
    return msgspec.convert(said, Condition)  # type: ignore[no-any-return]
