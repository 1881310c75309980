"""Which locations a selector picks, as columns of the network; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from crossdock.inventory.view_model import Circle, Selector
from crossdock.kernel.geo import Xyz, distance_km, xyz

Bools = np.ndarray[Any, np.dtype[np.bool_]]

BY_CODE, BY_GROUP, BY_KIND, ANYWHERE = 3, 2, 1, 0
"""How specific a selector is: names the location, a group or tag of it, a kind of place, or nothing."""


class Place(NamedTuple):
    """A location as far as selectors may ask."""

    id: int
    code: str
    kind: str
    country: str
    point: Xyz
    groups: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    markets: frozenset[str] = frozenset()


def picks(selector: Selector | None, places: Sequence[Place]) -> Bools:
    """Return a mask of the places that the selector picks; all without a selector."""
    mask = np.ones(len(places), dtype=bool)
    if selector is None:
        return mask
    for wanted, has in (
        (selector.kinds, lambda p: {p.kind}),
        (selector.groups, lambda p: p.groups),
        (selector.tags, lambda p: p.tags),
        (selector.countries, lambda p: {p.country}),
        (selector.markets, lambda p: p.markets or {p.country}),
        (selector.codes, lambda p: {p.code}),
    ):
        if wanted:
            mask &= _any(wanted, has, places)
    if selector.within is not None:
        mask &= _within(selector.within, places)
    return mask


def picks_any(selectors: Iterable[Selector], places: Sequence[Place]) -> Bools:
    """Return a mask of the places that at least one selector picks."""
    mask = np.zeros(len(places), dtype=bool)
    for selector in selectors:
        mask |= picks(selector, places)
    return mask


def specificity(selector: Selector | None) -> int:
    """Return how specific a selector is, by the most specific of its fields."""
    if selector is None or selector == Selector():
        return ANYWHERE
    if selector.codes:
        return BY_CODE
    return BY_GROUP if selector.groups or selector.tags else BY_KIND


def describe(selector: Selector | None) -> str:
    """Say in words which locations a selector picks."""
    if selector is None or selector == Selector():
        return "every location"
    parts = []
    if selector.kinds:
        parts.append(f"of kind {_list(selector.kinds)}")
    if selector.groups:
        parts.append(f"of group {_list(selector.groups)}")
    if selector.tags:
        parts.append(f"tagged {_list(selector.tags)}")
    if selector.countries:
        parts.append(f"in {_list(selector.countries)}")
    if selector.markets:
        parts.append(f"serving {_list(selector.markets)}")
    if selector.within is not None:
        c = selector.within
        parts.append(f"within {c.km} km of {c.latitude:g}, {c.longitude:g}")
    if selector.codes:
        return " ".join([_list(selector.codes), *parts])
    return " ".join(["locations", *parts])


def _any(wanted: Iterable[str], has: Callable[[Place], frozenset[str] | set[str]], places: Sequence[Place]) -> Bools:
    chosen = frozenset(wanted)
    return np.fromiter((not chosen.isdisjoint(has(place)) for place in places), dtype=bool, count=len(places))


def _within(circle: Circle, places: Sequence[Place]) -> Bools:
    center = xyz(circle.latitude, circle.longitude)
    near = (distance_km(center, place.point) <= circle.km for place in places)
    return np.fromiter(near, dtype=bool, count=len(places))


def _list(names: Sequence[str]) -> str:
    shown = list(names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(shown[:-1]) + " or " + shown[-1] if len(shown) > 1 and not more else ", ".join(shown) + more
