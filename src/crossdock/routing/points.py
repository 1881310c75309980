"""Ordered preferences as whole-number points: the first aim counts more than all that follow it together.

Each aim gives points per parcel, per location and per unit; a plan's points on an aim are their sum. An aim's weight is
one more than what all aims after it can come to in this order, so the least sum is the lexicographic optimum. Units
left behind come before everything. Sums stay below 2^52: where the numbers of an order leave no room the last aims are
dropped, and the decision says which (`Points.dropped`); `fitting` tells that when a policy is saved.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from crossdock.routing.bill import Pieces
from crossdock.routing.model import Points, Policy
from crossdock.routing.places import picked
from crossdock.routing.rules import Prefer
from crossdock.routing.terms import EXACT, Floats, Ints
from crossdock.routing.view import View

FILLED = "most_filled"
"""The name of the first aim, which is always there."""

_BANDS_OF_STOCK = 100


class Aim(NamedTuple):
    """One aim over all sites: points per parcel, location, line and unit (rows × sites), and at most in any plan."""

    name: str
    parcel: Floats
    late: Floats
    line: Floats
    unit: Floats
    most: float


class Aims:
    """What counts in points (`problem.Counting`): the aims of a view that fit, weighted."""

    def __init__(self, view: View) -> None:
        self.view = view
        sites = len(view.zone)
        quantity = np.array([row.quantity for row in view.rows], dtype=np.float64)
        self._each = np.array([sum([p.units for p in row.parts]) or 1 for row in view.rows], dtype=np.float64)
        lost = float(quantity @ self._each)
        aims = [_aim(prefer, view) for prefer in view.terms.policy.prefer]
        # a problem's sums go over all its sites, not only those that can be open at once
        able = float((view.ok & view.stock.any(axis=0)).sum())
        spare = lost + 1.0 + able / max(_open_at_once(view, quantity), 1.0)
        self.aims = fitting_aims(spare, [aim.most for aim in aims], aims)
        self.dropped = tuple(aim.name for aim in aims[len(self.aims) :])
        weights: list[float] = []
        below = 0.0
        for aim in reversed(self.aims):
            weights.append(below + 1.0)
            below += weights[-1] * aim.most
        self.weights = weights[::-1]
        self.above = below + 1.0
        self.parcel: Floats = np.zeros(sites)
        self.late: Floats | None = None
        late = np.zeros(sites)
        self.line: Floats = np.zeros(sites)
        self.unit: Floats = np.zeros((len(view.rows), sites))
        self.once = 0.0
        for weight, aim in zip(self.weights, self.aims, strict=True):
            self.parcel = self.parcel + weight * aim.parcel
            late = late + weight * aim.late
            self.line = self.line + weight * aim.line
            self.unit = self.unit + weight * aim.unit
        self.late = late

    def unit_costs(self, sites: Ints) -> Floats:
        """Give the points of a unit of each row at these sites."""
        cost: Floats = self.unit[:, sites].copy()
        return cost

    def penalties(self) -> Floats:
        """Give the points of a unit that is left behind: more than any plan has without it."""
        return self._each * self.above

    def levels(self, pieces: Pieces) -> tuple[tuple[str, int], ...]:
        """Count a plan's points, aim by aim."""
        rows = self.view.rows
        left = [row.quantity for row in rows]
        for _, row, units in pieces:
            left[row] -= units
        missing = sum(int(each) * units for each, units in zip(self._each.tolist(), left, strict=True))
        out = [(FILLED, missing)]
        grams: dict[int, int] = {}
        for site, row, units in pieces:
            grams[site] = grams.get(site, 0) + units * rows[row].weight_g
        number = {site: max(1, -(-weight // self.view.terms.limit)) for site, weight in grams.items()}
        for aim in self.aims:
            total = sum(number[site] * int(aim.parcel[site]) + int(aim.late[site]) for site in grams)
            total += sum(units * int(aim.unit[row, site]) + int(aim.line[site]) for site, row, units in pieces)
            out.append((aim.name, total))
        return tuple(out)

    def points(self, best: Pieces, second: Pieces | None) -> Points:
        """Write down the points of the plan and of the one that was passed over."""
        weights = (int(self.above), *(int(weight) for weight in self.weights))
        levels = self.levels(best)
        total = sum(weight * value for weight, (_, value) in zip(weights, levels, strict=True))
        over = () if second is None else self.levels(second)
        return Points(levels, over, weights, total, self.dropped)


def fitting_aims(spare: float, mosts: list[float], aims: list[Aim]) -> list[Aim]:
    """Give the first aims whose points stay below 2^52, taken so many times over."""
    reach, kept = 1.0, 0
    for most in mosts:
        reach *= most + 1.0
        if reach * spare * 4.0 >= EXACT:
            break
        kept += 1
    return aims[:kept]


def fitting(policy: Policy, locations: int, units: int) -> tuple[str, ...]:
    """Give the aims of a policy that count for an order of so many units over so many locations.

    Kilometres and days are taken at their worst (20,016 km, 60 days), money at 1,000 of the currency's major units a
    unit. A policy whose first aims do not fit an order of a usual size is refused when it is saved.
    """
    open_at_once = float(min(locations, units, policy.most_locations or units))
    worst = {
        "fewest_parcels": open_at_once + units,
        "fewest_locations": open_at_once,
        "sites": open_at_once,
        "on_time": open_at_once * 60,
        "nearest": open_at_once * 20_016,
        "soonest": open_at_once * 60,
        "fullest": float(units) * _BANDS_OF_STOCK,
        "cheapest": float(units) * 100_000_000,
    }
    mosts = [
        worst[prefer.by] if prefer.by == "fullest" else -(-worst[prefer.by] // max(1, prefer.band))
        for prefer in policy.prefer
    ]
    reach, kept = 1.0, 0
    for most in mosts:
        reach *= most + 1.0
        if reach * (units + 1.0 + locations / max(open_at_once, 1.0)) * 4.0 >= EXACT:
            break
        kept += 1
    return tuple(prefer.by for prefer in policy.prefer[:kept])


def _aim(prefer: Prefer, view: View) -> Aim:
    sites, rows = len(view.zone), len(view.rows)
    none, nothing = np.zeros(sites), np.zeros((rows, sites))
    one = np.ones(sites)
    quantity = np.array([row.quantity for row in view.rows], dtype=np.float64)
    open_at_once = _open_at_once(view, quantity)
    if prefer.by == "fewest_parcels":
        by_weight = float(np.ceil(view.weight_g / view.terms.limit))
        return Aim(prefer.by, one, none, none, nothing, open_at_once + by_weight)
    if prefer.by == "fullest":
        unit = _emptier(prefer, view)
        most = float((quantity * np.where(view.ok, unit, 0.0).max(axis=1)).sum())
        return Aim(prefer.by, none, none, none, unit, most)
    if prefer.by == "cheapest":
        return _cheapest(prefer, view, quantity, open_at_once)
    late = _per_location(prefer, view)
    most = float(np.sort(np.where(view.ok, late, 0.0))[::-1][: int(open_at_once)].sum())
    return Aim(prefer.by, none, late, none, nothing, most)


def _open_at_once(view: View, quantity: Floats) -> float:
    able = int((view.ok & view.stock.any(axis=0)).sum())
    return float(min(able, int(quantity.sum()), view.most or able))


def _per_location(prefer: Prefer, view: View) -> Floats:
    """Give the points of one fulfillment from each site: kilometres, days, or 1, in whole bands."""
    if prefer.by == "fewest_locations":
        return np.ones(len(view.zone))
    if prefer.by == "sites":
        wanted = picked(prefer.sites, view.terms.network)
        return (~wanted).astype(np.float64)
    if prefer.by == "nearest":
        return np.floor(view.kilometres / prefer.band)
    days = view.ship_day + view.terms.transit_z[view.zone]
    if prefer.by == "on_time":
        due = view.demand.due_day
        late = np.zeros(len(days)) if due is None else np.maximum(days - due, 0).astype(np.float64)
        return np.floor(late / prefer.band)
    first = int(days[view.ok].min(initial=2**31))
    after: Floats = np.floor(np.maximum(days - first, 0) / prefer.band)
    return after


def _emptier(prefer: Prefer, view: View) -> Floats:
    """Give how many bands of stock each site has less than the fullest one, by row, 100 at the most."""
    stock = np.where(view.ok, view.stock, 0)
    bands = np.minimum(stock // prefer.band, _BANDS_OF_STOCK)
    out: Floats = (bands.max(axis=1, initial=0)[:, None] - bands).astype(np.float64)
    return np.maximum(out, 0.0)


def _cheapest(prefer: Prefer, view: View, quantity: Floats, open_at_once: float) -> Aim:
    """Give money in whole bands: each amount rounded by itself, credits as nothing."""
    band = float(prefer.band)
    parcel = np.floor(view.parcel / band)
    late = np.zeros(len(view.zone)) if view.late is None else np.floor(view.late / band)
    line = np.floor(view.line / band)
    unit = np.floor(np.maximum(view.unit_costs(np.arange(len(view.zone))), 0.0) / band)
    ok = view.ok
    parcels = open_at_once + float(np.ceil(view.weight_g / view.terms.limit))
    most = parcels * float(parcel[ok].max(initial=0.0))
    most += open_at_once * (float(late[ok].max(initial=0.0)) + len(view.rows) * float(line[ok].max(initial=0.0)))
    most += float((quantity * np.where(ok, unit, 0.0).max(axis=1)).sum())
    return Aim(prefer.by, np.maximum(parcel, 0.0), np.maximum(late, 0.0), line, unit, most)
