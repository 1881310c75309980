"""Which locations the rules of a route leave, as far as that does not depend on the delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from crossdock.routing.model import Site
from crossdock.routing.policy.document import Route
from crossdock.routing.rules import (
    Among,
    Carrier,
    FailedPick,
    Fence,
    KeepsStock,
    Preference,
    Scarce,
    Sites,
    Without,
    Workload,
)

_SHOWN = 5


class Nobody(NamedTuple):
    """Where in a route the last location is excluded, and by what."""

    pointer: str
    words: str


def meant(sites: Sites, site: Site) -> bool:
    """Say whether a location is meant: all that is given holds, each by any of its names."""
    return (
        (not sites.codes or site.code in sites.codes)
        and (not sites.kinds or site.kind in sites.kinds)
        and (not sites.groups or not set(sites.groups).isdisjoint(site.groups))
        and (not sites.tags or not set(sites.tags).isdisjoint(site.tags))
        and (not sites.countries or site.country in sites.countries)
        and (not sites.markets or not set(sites.markets).isdisjoint(site.markets or (site.country,)))
        and site.code not in sites.but
    )


def nobody_left(route: Route, sites: Sequence[Site]) -> Nobody | None:
    """Return where the rules of a route leave no location at all; None when some may serve it."""
    left = [site for site in sites if site.code not in route.excluded]
    if not left:
        return Nobody("/excluded", "Every location is excluded.")
    if route.markets:
        left = [site for site in left if site.country in route.markets]
        if not left:
            return Nobody("/markets", "No location stands in these markets.")
    for index, fence in enumerate(route.fences):
        allowed = _allows(fence)
        if allowed is None:
            continue
        before, left = left, [site for site in left if allowed(site)]
        if not left:
            alone = not any(allowed(site) for site in sites)
            text = "The fence excludes every location." if alone else _together(before)
            return Nobody(f"/fences/{index}", text)
    return None


def unknown_names(route: Route, sites: Sequence[Site]) -> Iterator[tuple[str, str]]:
    """Yield the places in a route that name locations, kinds, groups, tags or carriers that no location has."""
    known = {
        "codes": {site.code for site in sites},
        "kinds": {site.kind for site in sites},
        "groups": {name for site in sites for name in site.groups},
        "tags": {name for site in sites for name in site.tags},
        "countries": {site.country for site in sites},
        "markets": {name for site in sites for name in site.markets or (site.country,)},
    }
    known["but"] = known["codes"]
    strange = sorted(set(route.excluded) - known["codes"])
    if strange:
        yield "/excluded", f"There is no location {_some(strange)}."
    for pointer, chosen in _selectors(route):
        for name, values in known.items():
            strange = sorted(set(getattr(chosen, name)) - values)
            if strange:
                yield (
                    f"{pointer}/{name}",
                    f"No location is called {_some(strange)}."
                    if name in ("codes", "but")
                    else (f"No location has {_some(strange)} among its {name}."),
                )


def _selectors(route: Route) -> Iterator[tuple[str, Sites]]:
    for index, fence in enumerate(route.fences):
        if isinstance(fence, Among | Without | KeepsStock):
            yield f"/fences/{index}/sites", fence.sites
    for index, cost in enumerate(route.costs):
        if isinstance(cost, Workload | Scarce | FailedPick | Preference):
            yield f"/costs/{index}/sites", cost.sites
    for index, aim in enumerate(route.prefer):
        yield f"/prefer/{index}/sites", aim.sites
    if route.merge is not None and route.merge.hubs is not None:
        yield "/merge/hubs", route.merge.hubs


def _allows(fence: Fence) -> Callable[[Site], bool] | None:
    if isinstance(fence, Among):
        return lambda site: meant(fence.sites, site)
    if isinstance(fence, Without):
        return lambda site: not meant(fence.sites, site)
    if isinstance(fence, Carrier):
        return lambda site: not site.carriers or fence.name in site.carriers
    return None


def _together(before: Sequence[Site]) -> str:
    codes = [site.code for site in before]
    return f"The fence excludes {_some(codes)}, all that the rules before it leave."


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:_SHOWN]) + more
