"""Available to promise as a person would work it out, one location after another, with whole numbers alone.

Of the rules of a view it knows locations, exclusions, buffers and the safety stock, each by location codes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from crossdock.inventory.view_model import Buffer, Rule, StockView

Place = str


def shown_at(view: StockView, place: Place, claimable: int) -> int:
    """Return what a view shows of the units at one place, before the safety stock."""
    if view.locations and not any(place in selector.codes for selector in view.locations):
        return 0
    if _deciding(view.exclusions, place) is not None:
        return 0
    buffer = _deciding(view.buffers, place)
    if not isinstance(buffer, Buffer):
        return claimable
    kept = max(buffer.units, math.ceil(claimable * buffer.percent / 100))
    return max(0, claimable - kept)


def naive_atp(
    view: StockView,
    order: Sequence[Place],
    claimable: Mapping[Place, int],
    waiting: int,
    coming: Sequence[tuple[int, Place, int]] = (),
    day: int | None = None,
) -> tuple[dict[Place, int], int]:
    """Return what is visible at each place and what can be promised in all, now or by a day."""
    there = {place: claimable.get(place, 0) for place in order}
    for when, place, units in coming:
        if day is not None and when <= day and place in there:
            there[place] += units
    visible = {place: shown_at(view, place, units) for place, units in there.items()}
    safety = view.safety_stock[0].units if view.safety_stock else 0
    for place in sorted(order, key=lambda place: visible[place]):
        taken = min(safety, visible[place])
        visible[place] -= taken
        safety -= taken
    return visible, max(0, sum(visible.values()) - waiting)


def _deciding(rules: Sequence[Rule], place: Place) -> Rule | None:
    named = [rule for rule in rules if rule.locations is not None and place in rule.locations.codes]
    anywhere = [rule for rule in rules if rule.locations is None]
    return next(iter([*named, *anywhere]), None)
