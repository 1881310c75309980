"""Parcel after parcel: a plan where parcels or a day's units are short and not everything can ship.

Each turn packs one more parcel, at the location where that gains most: rows by what they gain per gram (per unit where
grams do not matter), as much of each as fits. A greedy rule for knapsacks (Dantzig 1957); it bounds nothing. It begins
once at each of the most promising locations, because the best first parcel is not always one of the best plan.
"""

from __future__ import annotations

from copy import copy

import numpy as np

from crossdock.routing.bill import Pieces
from crossdock.routing.problem import Counting
from crossdock.routing.sides import Sides
from crossdock.routing.terms import Bools, Floats, Ints
from crossdock.routing.view import View

_MOST_PARCELS = 64
_BEGINNINGS = 8


def packed(view: View, counting: Counting, sides: Sides) -> list[Pieces]:
    """Give plans that keep to the number of parcels, the number of locations and the room in units."""
    most = min(sides.parcels or _MOST_PARCELS, _MOST_PARCELS)
    begun = _Packing(view, counting, sides)
    gain = begun.gains()[1]
    plans = []
    for first in (-gain).argsort(kind="stable")[:_BEGINNINGS].tolist():
        packing = begun.again()
        if gain[first] == -np.inf or not packing.more(first):
            break
        for _ in range(most - 1):
            if not packing.more():
                break
        plans.append(packing.pieces())
    return plans


class _Packing:
    def __init__(self, view: View, counting: Counting, sides: Sides) -> None:
        self.view, self.counting = view, counting
        sites = self.sites = np.flatnonzero(view.ok)
        rows = view.rows
        self.left: Floats = np.array([row.quantity for row in rows], dtype=np.float64)
        self.stock: Floats = view.stock[:, sites].astype(np.float64)
        for at, row in enumerate(rows):
            if row.requires:
                self.stock[at] *= view.terms.capable(row.requires)[sites]
        self.grams = np.array([row.weight_g for row in rows], dtype=np.float64)
        self.units = sides.units.astype(np.float64)
        self.room: Floats = np.full(len(sites), np.inf)
        if sides.room is not None:
            self.room = sides.room[sites].astype(np.float64)
        self.shared = sides.shared
        self.base = view.base_stock[:, sites].astype(np.float64)
        self.margin: Floats = counting.penalties()[:, None] - counting.unit_costs(sites)
        self.x: Floats = np.zeros_like(self.stock)
        self.used: Bools = np.zeros(len(sites), dtype=bool)
        self.undivided = view.terms.policy.split != "unit"
        self.owner = np.full(len(rows), -1)  # where a row that is not divided ships from

    def again(self) -> _Packing:
        """Give the same beginning once more."""
        other = copy(self)
        for name in ("left", "stock", "room", "base", "x", "used", "owner"):
            setattr(other, name, getattr(self, name).copy())
        return other

    def gains(self) -> tuple[Floats, Floats]:
        """Give what one more parcel would take at each site, and what it gains."""
        view, counting, sites = self.view, self.counting, self.sites
        take, gain = self._parcel()
        gain = gain - counting.parcel[sites]
        if counting.late is not None:
            gain = gain - counting.late[sites] * ~self.used
        if view.most is not None and int(self.used.sum()) >= view.most:
            gain = np.where(self.used, gain, -np.inf)
        if not self.used.any():
            gain = gain + counting.once
        return take, gain

    def more(self, at: int | None = None) -> bool:
        """Pack one more parcel where it gains most, or at a site; say whether that was possible."""
        if not len(self.sites):
            return False
        take, gain = self.gains()
        best = int(gain.argmax()) if at is None else at
        if not (gain[best] > 0 or at is not None) or not take[:, best].any():
            return False
        self.x[:, best] += take[:, best]
        self.left -= take[:, best]
        self.stock[:, best] -= take[:, best]
        self.room[best] -= float(self.units @ take[:, best])
        self.used[best] = True
        self.owner[take[:, best] > 0] = best
        for base, drawing in self.shared.items():
            self.base[base, best] -= sum(units * float(take[row, best]) for row, units in drawing)
        return True

    def _parcel(self) -> tuple[Floats, Floats]:
        """Fill one more parcel at every site; give what it takes and what that gains, the opening apart."""
        limit, sites = float(self.view.terms.limit), len(self.sites)
        free = np.full(sites, limit)
        room, base = self.room.copy(), self.base.copy()
        take = np.zeros_like(self.x)
        gain = np.zeros(sites)
        handling = self.counting.line[self.sites]
        heavy = np.maximum(self.grams[:, None], 1.0)
        short = np.isfinite(room)
        rate = self.margin / np.where(short, self.units[:, None], heavy)
        order = (-rate).argsort(axis=0, kind="stable")
        columns = np.arange(sites)
        for place in range(len(self.left)):
            row = order[place]
            grams = np.maximum(self.grams[row], 1.0)
            units = np.minimum(self.left[row], self.stock[row, columns])
            units = np.minimum(units, np.floor(np.where(free < grams, 0.0, free) / grams))
            units = np.minimum(units, np.floor(np.minimum(room, 1e15) / self.units[row]))
            units = self._drawn(row, units, base, columns)
            if self.undivided:
                units = np.where((self.owner[row] < 0) | (self.owner[row] == columns), units, 0.0)
            opening = np.where(self.x[row, columns] > 0, 0.0, handling)
            got = units * self.margin[row, columns] - opening
            units = np.where((got > 0) & (units > 0), units, 0.0)
            gain += np.where(units > 0, got, 0.0)
            free -= units * self.grams[row]
            room -= units * self.units[row]
            for at, drawing in self.shared.items():
                for other, each in drawing:
                    base[at] -= np.where(row == other, units * each, 0.0)
            take[row, columns] += units
        return take, gain

    def _drawn(self, row: Ints, units: Floats, base: Floats, columns: Ints) -> Floats:
        """Let rows that draw on one item take no more than is left of it."""
        for at, drawing in self.shared.items():
            for other, each in drawing:
                fits = np.floor(np.maximum(base[at, columns], 0.0) / each)
                units = np.where(row == other, np.minimum(units, fits), units)
        return units

    def pieces(self) -> Pieces:
        """List what was packed."""
        rows, columns = np.nonzero(self.x)
        units = self.x[rows, columns].astype(np.int64)
        return sorted(zip(self.sites[columns].tolist(), rows.tolist(), units.tolist(), strict=True))
