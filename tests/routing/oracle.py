"""HiGHS as the judge: the same cost model, written down again from the documents, with binary and integer variables.

Nothing of the solver is used here, not even its arrays.
"""

from fractions import Fraction
from math import asin, dist

import highspy
import numpy as np

from crossdock.kernel.geo import EARTH_RADIUS_M
from crossdock.routing import Demand, Policy, Site, Snapshot


class Costs:
    """What each location may do and costs, in plain Python integers."""

    def __init__(self, demand: Demand, snapshot: Snapshot, policy: Policy) -> None:
        self.policy = policy
        self.items: list[int] = []
        for line in demand.lines:
            if line.item not in self.items:
                self.items.append(line.item)
        rows = [[line for line in demand.lines if line.item == item] for item in self.items]
        self.q = [sum(line.quantity for line in row) for row in rows]
        self.w = [row[0].weight_g for row in rows]
        self.p = [
            max(policy.unfilled_per_unit + line.unit_value * policy.unfilled_permille for line in row) for row in rows
        ]
        first = [next(at for at, line in enumerate(demand.lines) if line.item == item) for item in self.items]
        self.sites: list[int] = []
        self.fixed: list[int] = []
        self.parcel: list[int] = []
        self.line: list[int] = []
        self.unit: list[list[int]] = []
        self.stock: list[list[int]] = []
        for at, place in enumerate(snapshot.network.sites):
            rate = tariff(demand, place, policy)
            able = rate is not None and snapshot.ship_day[at] >= 0 and snapshot.capacity[at] > 0
            able = able and place.code not in policy.excluded and set(demand.requires) <= set(place.capabilities)
            if not able or rate is None:
                continue
            base, per_kg, transit = rate
            late = 0
            if demand.due_day is not None:
                late = max(0, int(snapshot.ship_day[at]) + transit - demand.due_day) * policy.lateness_per_day
            self.sites.append(place.id)
            self.fixed.append(late + sum(price for where, price in policy.prices.locations if where == place.id))
            self.parcel.append(base + place.handling_parcel)
            self.line.append(place.handling_line)
            self.unit.append(
                [
                    place.handling_unit
                    + int(Fraction(w * per_kg, 1000) + Fraction(1, 2))
                    + sum(price for i, where, price in policy.prices.units if i == item and where == place.id)
                    for item, w in zip(self.items, self.w, strict=True)
                ]
            )
            self.stock.append(
                [
                    min(int(snapshot.stock[row, at]), q)
                    if {name for line in lines for name in line.requires} <= set(place.capabilities)
                    and min(int(snapshot.stock[row, at]), q) * (p - c) > place.handling_line
                    else 0
                    for row, q, p, c, lines in zip(first, self.q, self.p, self.unit[-1], rows, strict=True)
                ]
            )

    def total(self, shipped: dict[int, list[int]]) -> int:
        """Count cost and penalty of a division: site id → units per item."""
        total = parcels = 0
        for site, units in shipped.items():
            at = self.sites.index(site)
            grams = sum(w * x for w, x in zip(self.w, units, strict=True))
            number = max(1, -(-grams // self.policy.card.parcel_limit_g))
            parcels += number
            total += self.fixed[at] + number * self.parcel[at] + sum(self.line[at] for x in units if x)
            total += sum(c * x for c, x in zip(self.unit[at], units, strict=True))
        total += self.policy.extra_parcel * max(0, parcels - 1)
        filled = [sum(units[i] for units in shipped.values()) for i in range(len(self.q))]
        return total + sum(p * (q - x) for p, q, x in zip(self.p, self.q, filled, strict=True))


def tariff(demand: Demand, place: Site, policy: Policy) -> tuple[int, int, int] | None:
    """Find base, price per kg and days for a location, or None where the card does not lead to the destination."""
    if policy.markets and demand.country not in policy.markets:
        return None
    if place.country != demand.country:
        for lane in policy.card.lanes:
            if lane.serves(place.country, demand.country):
                return lane.base, lane.per_kg, lane.transit_days
        return None
    zones = policy.card.zones
    if demand.x is None or demand.y is None or demand.z is None:
        return zones[-1].base, zones[-1].per_kg, zones[-1].transit_days
    chord = dist((place.x, place.y, place.z), (demand.x, demand.y, demand.z))
    km = 2 * EARTH_RADIUS_M * asin(chord / 2 / EARTH_RADIUS_M) / 1000
    for zone in zones:
        if km <= zone.up_to_km:
            return zone.base, zone.per_kg, zone.transit_days
    return None


def optimum(costs: Costs, other_than: tuple[int, ...] | None = None) -> tuple[int, tuple[int, ...]] | None:
    """Give the least total and its set of locations, among plans that ship something.

    With `other_than` the set must be another one, each of whose locations ships at least a unit. None: no such plan.
    """
    sites, lines = range(len(costs.sites)), range(len(costs.q))
    if not any(any(row) for row in costs.stock):
        return None
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    model.setOptionValue("mip_rel_gap", 0.0)
    model.setOptionValue("mip_abs_gap", 1e-7)
    model.setOptionValue("mip_feasibility_tolerance", 1e-8)
    scale = 1e-5
    limit, extra = costs.policy.card.parcel_limit_g, costs.policy.extra_parcel
    binary, whole = highspy.HighsVarType.kInteger, highspy.HighsVarType.kInteger
    most = max(1, -(-sum(w * q for w, q in zip(costs.w, costs.q, strict=True)) // limit))
    y = [model.addVariable(0, 1, costs.fixed[at] * scale, binary) for at in sites]
    n = [model.addVariable(0, most, (costs.parcel[at] + extra) * scale, whole) for at in sites]
    x = [
        [model.addVariable(0, costs.stock[at][i], (costs.unit[at][i] - costs.p[i]) * scale, whole) for i in lines]
        for at in sites
    ]
    z = [[model.addVariable(0, 1, costs.line[at] * scale, binary) for i in lines] for at in sites]
    for at in sites:
        model.addConstr(n[at] >= y[at])
        model.addConstr(n[at] <= most * y[at])
        model.addConstr(limit * n[at] >= sum(costs.w[i] * x[at][i] for i in lines))
        for i in lines:
            model.addConstr(x[at][i] <= costs.stock[at][i] * z[at][i])
            model.addConstr(z[at][i] <= y[at])
        model.addConstr(y[at] <= sum(x[at][i] for i in lines))
    for i in lines:
        model.addConstr(sum(x[at][i] for at in sites) <= costs.q[i])
        if costs.policy.split == "line":
            model.addConstr(sum(z[at][i] for at in sites) <= 1)
    model.addConstr(sum(y[at] for at in sites) >= 1)
    allowed = 1 if costs.policy.split == "never" else costs.policy.max_locations
    if allowed is not None:
        model.addConstr(sum(y[at] for at in sites) <= allowed)
    if other_than is not None:
        inside = [at for at in sites if costs.sites[at] in other_than]
        outside = [at for at in sites if costs.sites[at] not in other_than]
        if outside:
            model.addConstr(sum(y[at] for at in outside) - sum(y[at] for at in inside) >= 1 - len(inside))
        else:
            model.addConstr(sum(y[at] for at in inside) <= len(inside) - 1)
    model.minimize()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    values = np.array(model.getSolution().col_value)
    shipped = {
        costs.sites[at]: [round(values[x[at][i].index]) for i in lines]
        for at in sites
        if any(round(values[x[at][i].index]) for i in lines)
    }
    return costs.total(shipped), tuple(sorted(shipped))
