"""Fences: where the order, or a line of it, must not ship from, as masks; a part is known before any order is.

Always in force: capability, country and tariff, calendar, capacity, stock, excluded locations, locations that do not
accept now, and lines that a location rejected before. The policy adds its own. `checks` tells them for one location.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crossdock.routing.conditions import Answer, Conditions, Numbers, Today
from crossdock.routing.geo import chord_squared
from crossdock.routing.model import Network, Policy
from crossdock.routing.places import Bools, Ints, picked
from crossdock.routing.rules import (
    Among,
    Carrier,
    Handling,
    HasShare,
    InTime,
    KeepsStock,
    Near,
    ServesMarket,
    UnitsRoom,
    When,
    Without,
)

if TYPE_CHECKING:
    from crossdock.routing.view import View


class Fences:
    """A policy's fences before a network, towards one country.

    `static` are the sites that those fences let through which depend on neither day nor order.
    """

    __slots__ = ("_dynamic", "conditions", "handling", "keeps", "network", "policy", "room", "shares", "some", "static")

    def __init__(self, network: Network, policy: Policy, country: str) -> None:
        self.network, self.policy = network, policy
        self.conditions = Conditions(network)
        self.static: Bools = np.ones(len(network.sites), dtype=bool)
        self._dynamic: list[Near | InTime | When] = []
        self.handling: list[tuple[Handling, Bools]] = []
        self.shares: list[HasShare] = []
        self.room = False
        self.keeps: Ints | None = None
        for fence in policy.fences:
            if isinstance(fence, Near | InTime | When):
                self._dynamic.append(fence)
            elif isinstance(fence, HasShare):
                self.shares.append(fence)
            elif isinstance(fence, UnitsRoom):
                self.room = True
            elif isinstance(fence, KeepsStock):
                kept = picked(fence.sites, network) * np.int64(fence.units)
                self.keeps = kept if self.keeps is None else np.maximum(self.keeps, kept)
            elif isinstance(fence, Handling):
                self.handling.append((fence, self._collects(fence.carriers)))
            else:
                self.static &= self._standing(fence, country)
        self.some = bool(policy.fences)

    def _standing(self, fence: Among | Without | ServesMarket | Carrier, country: str) -> Bools:
        if isinstance(fence, Among):
            return picked(fence.sites, self.network)
        if isinstance(fence, Without):
            return ~picked(fence.sites, self.network)
        if isinstance(fence, Carrier):
            return self._collects((fence.name,))
        sites = self.network.sites
        return np.array([country in (site.markets or (site.country,)) for site in sites], dtype=bool)

    def _collects(self, names: tuple[str, ...]) -> Bools:
        """Give the sites that one of these carriers collects from; of no carriers all."""
        sites = self.network.sites
        wanted = set(names)
        return np.array(
            [not wanted or not site.carriers or not wanted.isdisjoint(site.carriers) for site in sites], dtype=bool
        )

    def today(self, view: View) -> Answer:
        """Give the sites that the fences of day and order let through, stock apart."""
        ok: Answer = True
        for fence in self._dynamic:
            ok = self.one(fence, view) & ok
        return ok

    def one(self, fence: Near | InTime | When, view: View) -> Answer:
        """Answer one fence of day and order, for all sites."""
        if isinstance(fence, Near):
            squared = view.squared
            if squared is None:
                return view.terms.domestic
            near: Bools = squared <= chord_squared(fence.km)
            return near
        if isinstance(fence, InTime):
            due = view.demand.due_day
            if due is None:
                return True
            early: Bools = view.ship_day + view.terms.transit_z[view.zone] <= due + fence.days
            return early
        return self.conditions.answer(fence.condition, today_of(view))

    def shared(self, view: View, ok: Bools) -> Bools:
        """Give the sites, among those let through so far, that hold the shares asked for, or all if that falls."""
        for fence in self.shares:
            enough = holds_share(fence, view) & ok
            if fence.strict or view.terms.policy.split == "never" or bool(enough.any()):
                ok = enough
        return ok


def holds_share(fence: HasShare, view: View) -> Bools:
    """Say for each site whether it holds so many permille of the order's lines in full, or of its units."""
    quantity = view.quantities
    if fence.of == "lines":
        held = (view.base_stock >= quantity[:, None]).sum(axis=0) * 1_000
        most: Bools = held >= fence.permille * len(quantity)
        return most
    units = np.minimum(view.base_stock, quantity[:, None]).sum(axis=0)
    enough: Bools = units * 1_000 >= fence.permille * int(quantity.sum())
    return enough


def handled(fences: Fences, view: View, requires: tuple[str, ...]) -> Bools | None:
    """Give the sites from which a line that needs these handling classes may travel; None where all."""
    ok: Bools | None = None
    for fence, collected in fences.handling:
        if fence.name in requires:
            fitting = collected
            if fence.most_transit_days is not None:
                fitting = fitting & (view.terms.transit_z[view.zone] <= fence.most_transit_days)
            ok = fitting if ok is None else ok & fitting
    return ok


def today_of(view: View) -> Today:
    """Give the facts of a decision that conditions ask for."""

    def numbers(name: str) -> tuple[Numbers, Answer]:
        if name == "location.km":
            return view.kilometres, view.squared is not None
        if name == "location.transit_days":
            return view.terms.transit_z[view.zone], True
        if name == "location.ship_day":
            return view.ship_day, view.ship_day >= 0
        used = view.snapshot.used
        return (np.zeros(len(view.ship_day), dtype=np.int64), False) if used is None else (used, True)

    return Today(view.demand, numbers)
