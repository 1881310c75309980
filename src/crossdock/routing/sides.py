"""Rules that tie locations and lines together: what the search does not know, kept on top of it.

At most so many parcels, a least value per location, a day's room in units, items that several rows draw on, all or
nothing. The search is asked without them first: where its plan keeps them it is the best. Otherwise

- plans are found by asking again with less: the location that keeps no rule is left out, or what it may ship is cut;
- the bound is raised by asking again with prices on what breaks the rule (Lagrangian relaxation, Geoffrion 1974): a
  plan that keeps it pays at most what the price gives back, so every such answer bounds all of them.

Both end after a number of questions. What is left between plan and bound is reported as the gap.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from crossdock.routing.bill import Pieces, items_of
from crossdock.routing.problem import Counting
from crossdock.routing.terms import Bools, Floats, Ints
from crossdock.routing.view import View


class Broken(NamedTuple):
    """A rule that a plan does not keep: its name, the site (−1: all together), the item, and by how much."""

    rule: str
    site: int
    base: int
    over: int


class Sides:
    """The rules of a view that the search does not know."""

    def __init__(self, view: View) -> None:
        policy = view.terms.policy
        self.view = view
        self.parcels = policy.max_parcels
        self.value = policy.min_value_per_location
        self.room = view.snapshot.units_room
        self.complete = policy.complete
        self.values = np.array([row.value for row in view.rows], dtype=np.int64)
        self.units = np.array([sum([p.units for p in row.parts]) or 1 for row in view.rows], dtype=np.int64)
        self.shared = _shared(view)
        self.some = self.parcels is not None or self.value > 0 or self.room is not None or bool(self.shared)

    def broken(self, pieces: Pieces) -> list[Broken]:
        """List the rules that a plan does not keep, `complete` apart."""
        out: list[Broken] = []
        by_site: dict[int, Pieces] = {}
        for piece in pieces:
            by_site.setdefault(piece[0], []).append(piece)
        number = 0
        for site, some in by_site.items():
            grams = sum([count * self.view.rows[row].weight_g for _, row, count in some])
            number += max(1, -(-grams // self.view.terms.limit))
            value = sum([count * int(self.values[row]) for _, row, count in some])
            if value < self.value:
                out.append(Broken("value", site, -1, self.value - value))
            units = sum([count * int(self.units[row]) for _, row, count in some])
            if self.room is not None and units > self.room[site]:
                out.append(Broken("room", site, -1, units - int(self.room[site])))
            out += self._shared_broken(site, some)
        if self.parcels is not None and number > self.parcels:
            out.append(Broken("parcels", -1, -1, number - self.parcels))
        return out

    def _shared_broken(self, site: int, some: Pieces) -> list[Broken]:
        if not self.shared:
            return []
        taken: dict[int, int] = {}
        for base, units in items_of(self.view, some):
            taken[base] = taken.get(base, 0) + units
        stock = self.view.base_stock
        return [
            Broken("shared", site, base, taken[base] - int(stock[base, site]))
            for base in self.shared
            if taken.get(base, 0) > stock[base, site]
        ]

    def reachable(self) -> Bools:
        """Give the sites that can ship at least the least value at all."""
        if not self.value:
            return np.ones(len(self.view.ok), dtype=bool)
        quantity = np.array([row.quantity for row in self.view.rows], dtype=np.int64)
        most = np.minimum(self.view.stock, quantity[:, None])
        enough: Bools = self.values @ most >= self.value
        return enough

    def cut(self, stock: Ints, broken: Broken, cost: Floats, penalty: Floats) -> Ints:
        """Give less stock, so that a location cannot break a rule again: the rows that lose least go elsewhere."""
        site, stock = broken.site, stock.copy()
        if broken.rule == "shared":
            rows = self.shared[broken.base]
            left = int(self.view.base_stock[broken.base, site])
        else:
            rows = [(row, int(self.units[row])) for row in range(len(self.view.rows))]
            left = int(self.room[site]) if self.room is not None else 0
        for row, each in sorted(rows, key=lambda entry: (-self._regret(stock, entry[0], site, cost, penalty), entry)):
            wanted = min(int(stock[row, site]), self.view.rows[row].quantity)
            stock[row, site] = min(wanted, left // each)
            left -= int(stock[row, site]) * each
        return stock

    def _regret(self, stock: Ints, row: int, site: int, cost: Floats, penalty: Floats) -> float:
        """Give what a unit costs more elsewhere: the penalty where nobody else has it."""
        others = (stock[row] > 0) & self.view.ok
        others[site] = False
        elsewhere = float(cost[row][others].min(initial=float(penalty[row])))
        return elsewhere - float(cost[row, site])


def _shared(view: View) -> dict[int, list[tuple[int, int]]]:
    """Give the items that several rows draw on: (row, units of the item in one of the row)."""
    if not view.composite:
        return {}
    of: dict[int, list[tuple[int, int]]] = {}
    for at, row in enumerate(view.rows):
        for base, units in [(part.base, part.units) for part in row.parts] or [(view.place[row.item], 1)]:
            of.setdefault(base, []).append((at, units))
    return {base: rows for base, rows in of.items() if len(rows) > 1}


class Priced:
    """What counts, with prices on broken rules added: valid for any prices ≥ 0. `back` is what plans get back."""

    def __init__(self, sides: Sides, counting: Counting) -> None:
        self.sides, self._counting = sides, counting
        self.parcel: Floats = counting.parcel
        self.late: Floats | None = counting.late
        self.line: Floats = counting.line
        self.once = counting.once
        self.prices: dict[tuple[str, int, int], float] = {}
        self.back = 0.0

    def pay(self, broken: list[Broken], step: float) -> None:
        """Raise the prices of what is broken, in proportion to how much."""
        for one in broken:
            key = one.rule, one.site, one.base
            self.prices[key] = self.prices.get(key, 0.0) + max(1.0, np.floor(step * one.over))
        self._spread()

    def ease(self, kept: set[tuple[str, int, int]], by: float) -> None:
        """Lower the prices of rules that the last answer kept."""
        for key in kept:
            self.prices[key] = float(np.floor(self.prices[key] * by))
        self._spread()

    def _spread(self) -> None:
        base = self._counting
        parcel = self.prices.get(("parcels", -1, -1), 0.0)
        self.parcel = base.parcel + parcel
        late = np.zeros(len(base.parcel)) if base.late is None else base.late.copy()
        self.once, back = base.once, parcel * float(self.sides.parcels or 0)
        for (rule, site, item), price in self.prices.items():
            if rule == "value":
                late[site] += price * self.sides.value
            elif rule == "room" and self.sides.room is not None:
                back += price * float(self.sides.room[site])
            elif rule == "shared":
                back += price * float(self.sides.view.base_stock[item, site])
        self.late, self.once, self.back = late, base.once + back, back

    def unit_costs(self, sites: Ints) -> Floats:
        """Give what a unit counts, with the prices of its location's rules."""
        cost = self._counting.unit_costs(sites)
        column = {int(site): at for at, site in enumerate(sites.tolist())}
        for (rule, site, item), price in self.prices.items():
            at = column.get(site)
            if at is None:
                continue
            if rule == "value":
                cost[:, at] -= price * self.sides.values
            elif rule == "room":
                cost[:, at] += price * self.sides.units
            elif rule == "shared":
                for row, units in self.sides.shared[item]:
                    cost[row, at] += price * units
        return cost

    def penalties(self) -> Floats:
        """Give what a unit left behind counts: as without the prices."""
        return self._counting.penalties()


class Dear:
    """What counts when all or nothing ships: a unit left behind costs more than any plan that ships all."""

    def __init__(self, view: View, counting: Counting) -> None:
        self.parcel, self.late, self.line, self.once = counting.parcel, counting.late, counting.line, counting.once
        self._counting = counting
        self.above = _dearest(view, counting) + 1.0

    def unit_costs(self, sites: Ints) -> Floats:
        """Give what a unit counts."""
        return self._counting.unit_costs(sites)

    def penalties(self) -> Floats:
        """Give more than any plan that ships all can cost."""
        penalties: Floats = np.maximum(self._counting.penalties(), self.above)
        return penalties


def _dearest(view: View, counting: Counting) -> float:
    """Give what a plan that ships all cannot cost more than."""
    sites = np.flatnonzero(view.ok)
    if not len(sites):
        return 0.0
    quantity = np.array([row.quantity for row in view.rows], dtype=np.float64)
    units, rows = float(quantity.sum()), len(view.rows)
    opening = counting.parcel[sites] if counting.late is None else counting.parcel[sites] + counting.late[sites]
    most = min(float(len(sites)), units)
    parcels = np.ceil(view.weight_g / view.terms.limit) + most
    cost = float(quantity @ np.maximum(counting.unit_costs(sites).max(axis=1), 0.0))
    cost += most * (float(opening.max()) + rows * float(counting.line[sites].max()))
    return float(np.ceil(cost + parcels * float(counting.parcel[sites].max())))
