"""Available to promise as a person would work it out, one location after another, with whole numbers alone.

Of the rules of a view it knows locations, exclusions, buffers and the safety stock, each by location codes and SKUs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from crossdock.inventory.view_model import Buffer, Rule, SafetyStock, StockView

Place = str


def shows(view: StockView, place: Place, sku: str = "") -> bool:
    """Say whether a view shows anything of an item at a place, were there plenty."""
    if view.locations and not any(place in selector.codes for selector in view.locations):
        return False
    return _deciding(view.exclusions, place, sku) is None


def shown_at(view: StockView, place: Place, claimable: int, sku: str = "") -> int:
    """Return what a view shows of the units at one place, before the safety stock."""
    if not shows(view, place, sku):
        return 0
    buffer = _deciding(view.buffers, place, sku)
    if not isinstance(buffer, Buffer):
        return claimable
    kept = max(buffer.units, math.ceil(claimable * buffer.percent / 100))
    return max(0, claimable - kept)


def naive_visible(
    view: StockView,
    order: Sequence[Place],
    claimable: Mapping[Place, int],
    coming: Sequence[tuple[int, Place, int]] = (),
    day: int | None = None,
    sku: str = "",
) -> dict[Place, int]:
    """Return what is visible at each place, now or by a day."""
    there = {place: claimable.get(place, 0) for place in order}
    for when, place, units in coming:
        if day is not None and when <= day and place in there:
            there[place] += units
    visible = {place: shown_at(view, place, units, sku) for place, units in there.items()}
    deciding = _deciding(view.safety_stock, "", sku)
    safety = deciding.units if isinstance(deciding, SafetyStock) else 0
    for place in sorted(order, key=lambda place: visible[place]):
        taken = min(safety, visible[place])
        visible[place] -= taken
        safety -= taken
    return visible


def naive_atp(
    view: StockView,
    order: Sequence[Place],
    claimable: Mapping[Place, int],
    waiting: int,
    coming: Sequence[tuple[int, Place, int]] = (),
    day: int | None = None,
) -> tuple[dict[Place, int], int]:
    """Return what is visible at each place and what can be promised in all, now or by a day."""
    visible = naive_visible(view, order, claimable, coming, day)
    return visible, max(0, sum(visible.values()) - waiting)


def _deciding(rules: Sequence[Rule], place: Place, sku: str) -> Rule | None:
    """Return the rule that applies: one for the item before one for all, then one for the place."""
    for by_item in (True, False):
        fit = [rule for rule in rules if (sku in rule.items if by_item else not rule.items)]
        named = [rule for rule in fit if rule.locations is not None and place in rule.locations.codes]
        anywhere = [rule for rule in fit if rule.locations is None]
        if named or anywhere:
            return (named or anywhere)[0]
    return None
