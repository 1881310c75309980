"""Each fence at one location, as an explanation tells it: what it expects, what was found, whether that is enough.

For whoever explains: `checks(view, at)` gives all fences but those of a stock view and of stock itself, in the order in
which they are worth telling: what stands for ever, what the policy adds, what is so today. `curable` marks those that
another location beside this one could make good (a split); the others keep the location out whatever else is done.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from crossdock.routing import rules
from crossdock.routing.conditions import said
from crossdock.routing.fences import handled, holds_share
from crossdock.routing.model import Site
from crossdock.routing.places import meant, told
from crossdock.routing.view import View


class Check(Struct, frozen=True):
    """One fence at one location: what it expects and what was found, and whether that is enough.

    `curable`: a split could make it good; the location may be a part of the plan all the same.
    """

    fence: str
    expected: str
    actual: str
    passed: bool
    curable: bool = False


FENCES = (
    "excluded", "market", "capability", "country", "distance", "calendar", "capacity", "accepting", "barred", "view",
    "stock", "among", "without", "near", "serves_market", "in_time", "has_share", "keeps_stock", "carrier", "handling",
    "units_room", "when",
)  # fmt: skip
"""All names a check may have."""


def checks(view: View, at: int) -> tuple[Check, ...]:
    """Give every fence at a site (its place in the network) in turn; the view and the stock are told elsewhere."""
    site = view.terms.network.sites[at]
    return (*_standing(view, site), *_today(view, at, site), *_rules(view, at, site))


def _standing(view: View, site: Site) -> tuple[Check, ...]:
    demand, policy = view.demand, view.terms.policy
    missing = [name for name in demand.requires if name not in site.capabilities]
    served = not policy.markets or demand.country in policy.markets
    out = site.code in policy.excluded
    return (
        Check("excluded", "not excluded", "excluded" if out else "not excluded", not out),
        Check("market", " ".join(policy.markets) or "any country", demand.country, served),
        Check("capability", " ".join(demand.requires) or "none", " ".join(site.capabilities) or "none", not missing),
    )


def _today(view: View, at: int, site: Site) -> tuple[Check, ...]:
    terms, demand, seen = view.terms, view.demand, view.snapshot
    zone = int(view.zone[at])
    near = zone != terms.far
    lane = site.country == demand.country or near
    last = terms.policy.card.zones[-1].up_to_km
    day, room = int(view.ship_day[at]), int(seen.capacity[at])
    out = [
        Check("country", f"ships to {demand.country}", f"from {site.country}" + ("" if lane else ", no lane"), lane),
        Check("distance", f"up to {last} km", "within the tariff" if near else f"beyond {last} km", near or not lane),
        Check("calendar", "open", f"ships on day {day}" if day >= 0 else "closed", day >= 0),
        Check("capacity", "at least 1 fulfillment", f"{room} left" if room < 255 else "255 or more left", room > 0),
    ]
    if seen.paused is not None:
        paused = bool(seen.paused[at])
        out.append(Check("accepting", "accepts work", "paused" if paused else "accepts work", not paused))
    if seen.barred is not None:
        out.append(_barred(view, at))
    if seen.units_room is not None:
        left = int(seen.units_room[at])
        wanted = int(view.quantities.sum())
        text = f"room for {left}" if left < wanted else f"room for {wanted} and more"
        out.append(Check("units_room", "room for a unit", text, left > 0, curable=0 < left < wanted))
    return tuple(out)


def _barred(view: View, at: int) -> Check:
    barred = int(view.barred[:, at].sum())
    lines = len(view.bases)
    text = f"rejected {barred} of {lines} lines before" if barred else "none"
    return Check("barred", "no rejection before", text, barred < lines, curable=0 < barred < lines)


def _rules(view: View, at: int, site: Site) -> tuple[Check, ...]:
    return tuple(_rule(fence, view, at, site) for fence in view.terms.policy.fences if _told_here(fence))


def _told_here(fence: rules.Fence) -> bool:
    return not isinstance(fence, rules.UnitsRoom)  # in force with or without the rule


def _rule(fence: rules.Fence, view: View, at: int, site: Site) -> Check:
    if isinstance(fence, rules.Among):
        return Check("among", told(fence.sites), site.code, meant(fence.sites, site))
    if isinstance(fence, rules.Without):
        return Check("without", f"not {told(fence.sites)}", site.code, not meant(fence.sites, site))
    if isinstance(fence, rules.ServesMarket):
        serves = site.markets or (site.country,)
        country = view.demand.country
        return Check("serves_market", f"serves {country}", f"serves {' '.join(serves)}", country in serves)
    if isinstance(fence, rules.Carrier):
        collects = " ".join(site.carriers) or "any carrier"
        return Check("carrier", fence.name, collects, not site.carriers or fence.name in site.carriers)
    if isinstance(fence, rules.HasShare):
        return _share(fence, view, at)
    if isinstance(fence, rules.KeepsStock):
        return _keeps(fence, view, at, site)
    if isinstance(fence, rules.Handling):
        return _handling(fence, view, at)
    assert isinstance(fence, rules.Near | rules.InTime | rules.When)
    answer = view.terms.fences.one(fence, view)
    passed = bool(answer[at]) if isinstance(answer, np.ndarray) else answer
    return _of_the_day(fence, view, at, passed=passed)


def _of_the_day(fence: rules.Near | rules.InTime | rules.When, view: View, at: int, *, passed: bool) -> Check:
    if isinstance(fence, rules.Near):
        away = f"{int(view.kilometres[at])} km" if view.squared is not None else "distance not known"
        return Check("near", f"up to {fence.km} km", away, passed)
    if isinstance(fence, rules.InTime):
        due, day = view.demand.due_day, int(view.ship_day[at]) + int(view.terms.transit_z[view.zone[at]])
        expected = "any day" if due is None else f"delivered by day {due + fence.days}"
        return Check("in_time", expected, f"delivered on day {day}" if view.ship_day[at] >= 0 else "never", passed)
    return Check("when", fence.name or said(fence.condition), "holds" if passed else "does not hold", passed)


def _share(fence: rules.HasShare, view: View, at: int) -> Check:
    stock, wanted = view.base_stock[:, at], view.quantities
    if fence.of == "lines":
        actual = f"{int((stock >= wanted).sum())} of {len(wanted)} lines in full"
    else:
        actual = f"{int(np.minimum(stock, wanted).sum())} of {int(wanted.sum())} units"
    passed = bool(holds_share(fence, view)[at])
    fallen = not passed and bool(view.ok[at])  # nobody meets it, so it does not count
    expected = f"{fence.permille / 10:g} % of the {fence.of}" + (", or nobody has" if fallen else "")
    curable = not fence.strict and view.terms.policy.split != "never"
    return Check("has_share", expected, actual, passed or fallen, curable)


def _keeps(fence: rules.KeepsStock, view: View, at: int, site: Site) -> Check:
    if not meant(fence.sites, site):
        return Check("keeps_stock", f"{fence.units} of each item stay", "not asked of it", passed=True)
    seen = view.seen_stock[:, at]
    spare = int((seen > fence.units).sum())
    text = f"{spare} of {len(seen)} lines have more"
    return Check("keeps_stock", f"{fence.units} of each item stay", text, spare > 0, curable=0 < spare < len(seen))


def _handling(fence: rules.Handling, view: View, at: int) -> Check:
    concerned = [row for row in view.bases if fence.name in row.requires]
    days = int(view.terms.transit_z[view.zone[at]])
    expected = [] if fence.most_transit_days is None else [f"at most {fence.most_transit_days} days"]
    expected += [f"by {' or '.join(fence.carriers)}"] if fence.carriers else []
    words = f"{fence.name}: {', '.join(expected) or 'any way'}"
    if not concerned:
        return Check("handling", words, "nothing needs it", passed=True)
    fitting = handled(view.terms.fences, view, (fence.name,))
    passed = fitting is None or bool(fitting[at])
    site = view.terms.network.sites[at]
    actual = f"{days} days, {' '.join(site.carriers) or 'any carrier'}"
    some = len(concerned) < len(view.bases)
    return Check("handling", words, actual, passed or some, curable=not passed and some)
