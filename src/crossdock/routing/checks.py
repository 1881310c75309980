"""The fences around each location, one by one: what each expects there, what was found, whether a split could cure it.

Fences that are always in force come first, in the order in which people ask; then the policy's own, in its order. A
fence of single lines (handling, rejections) keeps a location out only where it leaves nothing of what is there.
"""

from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct

from crossdock.routing.fences import Fences, holds_share, today_of
from crossdock.routing.model import Site
from crossdock.routing.phrases import joined, many
from crossdock.routing.places import Bools, meant
from crossdock.routing.rule_words import fence_words
from crossdock.routing.rules import (
    Among,
    Carrier,
    Handling,
    HasShare,
    InTime,
    KeepsStock,
    Near,
    ServesMarket,
    Test,
    UnitsRoom,
    When,
    Without,
)
from crossdock.routing.rules import Fence as Rule
from crossdock.routing.view import View


class Check(Struct, frozen=True):
    """One fence at one location: what it expects and what was found, and whether that is enough.

    `curable`: not by itself, but a location that shares the order with others could pass it. `rule` points to the
    policy's rule, empty for fences that are always in force.
    """

    fence: str
    expected: str
    actual: str
    passed: bool
    curable: bool = False
    rule: str = ""


class Checks:
    """The fences of one view, worked out for all sites where that is cheaper."""

    def __init__(self, view: View) -> None:
        self.view, self.known = view, view.terms
        self._own = [
            _Own(f"/fences/{at}", rule, view)
            for at, rule in enumerate(self.known.policy.fences)
            if not isinstance(rule, UnitsRoom)
        ]

    def at(self, at: int) -> tuple[Check, ...]:
        """Give the checks of one site, stock and what a view hides apart."""
        site = self.known.network.sites[at]
        return (
            *self._standing(site),
            *self._today(at, site),
            *self._barred(at),
            *self._room(at),
            *[own.check(at, site) for own in self._own],
        )

    def _standing(self, site: Site) -> tuple[Check, ...]:
        demand, policy = self.view.demand, self.known.policy
        out = site.code in policy.excluded
        missing = [name for name in demand.requires if name not in site.capabilities]
        served = not policy.markets or demand.country in policy.markets
        return (
            Check("excluded", "not excluded", "excluded" if out else "not excluded", not out),
            Check("market", " ".join(policy.markets) or "any country", demand.country, served),
            Check(
                "capability", " ".join(demand.requires) or "none", " ".join(site.capabilities) or "none", not missing
            ),
        )

    def _today(self, at: int, site: Site) -> tuple[Check, ...]:
        view, known = self.view, self.known
        country, zone = view.demand.country, int(view.zone[at])
        near = zone != known.far
        lane = site.country == country or near
        last = known.policy.card.zones[-1].up_to_km
        day, room = int(view.ship_day[at]), int(view.snapshot.capacity[at])
        paused = view.snapshot.paused
        accepts = () if paused is None else (_accepting(bool(paused[at])),)
        return (
            Check("country", f"ships to {country}", f"from {site.country}" + ("" if lane else ", no lane"), lane),
            Check(
                "distance", f"up to {last} km", "within the tariff" if near else f"beyond {last} km", near or not lane
            ),
            Check("calendar", "open", f"ships on day {day}" if day >= 0 else "closed", day >= 0),
            *accepts,
            Check("capacity", "at least 1 fulfillment", f"{room} left" if room < 255 else "255 or more left", room > 0),
        )

    def _barred(self, at: int) -> tuple[Check, ...]:
        view = self.view
        if view.snapshot.barred is None:
            return ()
        column = view.barred[:, at]
        said = "nothing was rejected here" if not column.any() else f"{_of(column)} were rejected here before"
        left = bool((view.seen_stock[:, at][~column] > 0).any())
        passed = left or not column.any()
        return (Check("barred", "not rejected before", said, passed),)

    def _room(self, at: int) -> tuple[Check, ...]:
        """Say how many units a location has room for; in force with or without a rule of the policy."""
        room = self.view.snapshot.units_room
        if room is None:
            return ()
        left, wanted = int(room[at]), int(self.view.quantities.sum())
        said = f"room for {many(left, 'unit')}" if left < wanted else f"room for {wanted} and more"
        return (Check("units_room", "room for a unit", said, left > 0),)


def _accepting(paused: bool) -> Check:
    return Check("accepting", "accepts orders", "paused" if paused else "accepts orders", not paused)


def _of(column: Bools) -> str:
    return f"{int(column.sum())} of {many(len(column), 'line')}"


class _Found(NamedTuple):
    passed: bool
    actual: str


class _Own:
    """A fence of the policy, for all sites at once where it is a mask."""

    def __init__(self, name: str, rule: Rule, view: View) -> None:
        self.name, self.rule, self.view = name, rule, view
        self.fence = str(type(rule).__struct_config__.tag)
        self.curable = isinstance(rule, HasShare | KeepsStock)
        self.mask: Any = None
        fences = view.terms.fences
        if isinstance(rule, Near | InTime | When):
            self.mask = fences.one(rule, view)
        elif isinstance(rule, HasShare):
            self.mask = holds_share(rule, view)
            in_force = rule.strict or view.terms.policy.split == "never" or bool((self.mask & view.ok).any())
            self.falls = not in_force
        elif isinstance(rule, Handling):
            self.lines = _handling_lines(fences, view, rule)

    def check(self, at: int, site: Site) -> Check:
        found = getattr(self, f"_{self.fence}")(at, site)
        curable = self.curable and not found.passed
        return Check(self.fence, fence_words(self.rule), found.actual, found.passed, curable, self.name)

    def _holds(self, at: int) -> bool:
        return bool(self.mask if isinstance(self.mask, bool | np.bool_) else self.mask[at])

    def _among(self, _: int, site: Site) -> _Found:
        assert isinstance(self.rule, Among)
        inside = meant(self.rule.sites, site)
        return _Found(inside, "one of them" if inside else f"{site.kind} {site.code}")

    def _without(self, _: int, site: Site) -> _Found:
        assert isinstance(self.rule, Without)
        inside = meant(self.rule.sites, site)
        return _Found(not inside, f"{site.kind} {site.code}" if inside else "not one of them")

    def _near(self, at: int, site: Site) -> _Found:
        if self.view.squared is None:
            return _Found(self._holds(at), f"distance unknown, in {site.country}")
        return _Found(self._holds(at), f"{int(self.view.kilometres[at])} km")

    def _serves_market(self, _: int, site: Site) -> _Found:
        assert isinstance(self.rule, ServesMarket)
        serves = site.markets or (site.country,)
        return _Found(self.view.demand.country in serves, f"serves {' '.join(serves)}")

    def _in_time(self, at: int, _: Site) -> _Found:
        due, day = self.view.demand.due_day, int(self.view.ship_day[at])
        if due is None:
            return _Found(True, "no day was promised")
        if day < 0:
            return _Found(True, "closed")
        there = day + int(self.view.terms.transit_z[self.view.zone[at]])
        return _Found(self._holds(at), f"there on day {there}, promised for day {due}")

    def _has_share(self, at: int, _: Site) -> _Found:
        assert isinstance(self.rule, HasShare)
        wanted, there = self.view.quantities, self.view.base_stock[:, at]
        if self.rule.of == "lines":
            said = f"{int((there >= wanted).sum())} of {many(len(wanted), 'line')}"
        else:
            said = f"{int(np.minimum(there, wanted).sum())} of {many(int(wanted.sum()), 'unit')}"
        if self._holds(at):
            return _Found(True, said)
        return _Found(self.falls, f"{said}, but nobody has more" if self.falls else said)

    def _keeps_stock(self, at: int, site: Site) -> _Found:
        assert isinstance(self.rule, KeepsStock)
        there = self.view.seen_stock[:, at]
        if not meant(self.rule.sites, site) or not there.any():
            return _Found(True, "nothing to keep")
        spare = int(np.minimum(np.maximum(there - self.rule.units, 0), self.view.quantities).sum())
        return _Found(spare > 0, f"{many(spare, 'unit')} to spare")

    def _carrier(self, _: int, site: Site) -> _Found:
        assert isinstance(self.rule, Carrier)
        passed = not site.carriers or self.rule.name in site.carriers
        return _Found(passed, f"{joined(site.carriers)} collect there" if site.carriers else "all collect there")

    def _handling(self, at: int, _: Site) -> _Found:
        concerned, fitting = self.lines
        if not concerned.any():
            return _Found(True, "nothing in the order needs it")
        days = int(self.view.terms.transit_z[self.view.zone[at]])
        if fitting[at]:
            return _Found(True, f"{many(days, 'day')} on the road")
        others = self.view.seen_stock[:, at][~concerned]
        left = bool((others > 0).any()) or not (self.view.seen_stock[:, at] > 0).any()
        return _Found(left, f"{many(days, 'day')} on the road: {_of(concerned)} stay out")

    def _when(self, at: int, site: Site) -> _Found:
        assert isinstance(self.rule, When)
        holds = self._holds(at)
        return _Found(holds, _fact(self.rule, self.view, at, site) or ("holds" if holds else "does not hold"))


def _handling_lines(fences: Fences, view: View, rule: Handling) -> tuple[Bools, Bools]:
    """Give which items need the class, and the sites from which they may travel by this fence."""
    concerned = np.array([rule.name in row.requires for row in view.bases], dtype=bool)
    fitting = next(mask for fence, mask in fences.handling if fence == rule)
    if rule.most_transit_days is not None:
        fitting = fitting & (view.terms.transit_z[view.zone] <= rule.most_transit_days)
    return concerned, fitting


def _fact(rule: When, view: View, at: int, site: Site) -> str:
    """Say what a simple condition found at a location; nothing for conditions of several parts."""
    test = rule.condition
    if not isinstance(test, Test) or not test.fact.startswith("location."):
        return ""
    name = test.fact.removeprefix("location.")
    if test.fact in {"location.km", "location.transit_days", "location.ship_day", "location.used"}:
        numbers, known = today_of(view).numbers(test.fact)
        ok = known if isinstance(known, bool) else bool(known[at])
        return f"{name.replace('_', ' ')} {int(numbers[at])}" if ok else "not known"
    value = getattr(site, name, ())
    shown = " ".join(value) if isinstance(value, tuple) else str(value)
    return shown or "none"
