"""Words for tests of what is coming."""

from __future__ import annotations

from typing import Any

from tests.support.world import World

EARLY, LATER, LATEST = "2026-11-10", "2026-11-17", "2026-11-24"


def waits(world: World, name: str, units: int = 1, sku: str = "MUG", **more: Any) -> int:
    """An order for something that is not there."""
    return world.capture(name, (sku, units), **more).order_id
