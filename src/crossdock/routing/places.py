"""Which locations a rule means, and which meet a condition, as masks over the network; distances for all of them."""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from crossdock.routing.geo import MAX_KM, chord_squared
from crossdock.routing.model import Network, Site
from crossdock.routing.rules import Sites

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

Asked = Callable[[Site], tuple[str, ...]]

_ASKED: tuple[tuple[str, Asked], ...] = (
    ("codes", lambda site: (site.code,)),
    ("kinds", lambda site: (site.kind,)),
    ("groups", lambda site: site.groups),
    ("tags", lambda site: site.tags),
    ("countries", lambda site: (site.country,)),
    ("markets", lambda site: site.markets or (site.country,)),
)


def meant(sites: Sites, site: Site) -> bool:
    """Say whether a rule that speaks of these locations means this one."""
    if site.code in sites.but:
        return False
    for field, asked in _ASKED:
        names = getattr(sites, field)
        if names and not any(name in names for name in asked(site)):
            return False
    return True


def picked(sites: Sites, network: Network) -> Bools:
    """Give which sites of the network are meant."""
    return np.array([meant(sites, site) for site in network.sites], dtype=bool)


def told(sites: Sites) -> str:
    """Say which locations are meant, in few words."""
    parts = []
    if sites.kinds:
        parts.append(" or ".join(sites.kinds))
    if sites.groups:
        parts.append("of group " + " or ".join(sites.groups))
    if sites.tags:
        parts.append("tagged " + " or ".join(sites.tags))
    if sites.countries:
        parts.append("in " + " or ".join(sites.countries))
    if sites.markets:
        parts.append("serving " + " or ".join(sites.markets))
    if sites.codes:
        parts.append(_few(sites.codes))
    if sites.but:
        parts.append("but not " + _few(sites.but))
    return " ".join(parts) or "every location"


def _few(names: tuple[str, ...]) -> str:
    return " or ".join(names) if len(names) <= 4 else f"{' or '.join(names[:3])} or {len(names) - 3} others"


@cache
def _squares() -> NDArray[np.float64]:
    return np.array([float(chord_squared(km)) for km in range(1, MAX_KM + 1)])


def kilometres(squared: NDArray[np.float64]) -> Ints:
    """Give whole kilometres for squared chords in square metres, as `geo.whole_km` does, for all at once."""
    found: Ints = _squares().searchsorted(squared, side="right")
    return found
