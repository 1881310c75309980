"""The best path: straight to the customer, or gathered at one place and sent on from there in one go.

For each place where goods may be gathered the order is decided towards that place, by the same `decide`: transfers are
priced by the card between locations, what is at the place already costs no transfer, and the last leg's price per
kilogram is in that of every unit. The rest is the same for all plans that ship the same: the last leg's parcels, and
its lateness, which hangs on the day on which the last goods arrive. So it is decided once for each day of arrival that
makes the delivery later, with the locations that are in time. Every one of these decisions gives a bound; the least of
them is the bound of the whole, and places whose least price is above the best known plan are never decided.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from crossdock.routing.geo import whole_km
from crossdock.routing.leg_terms import gathering_network, hub_policy, least_transfer, leg_policy, places
from crossdock.routing.merging import Merge
from crossdock.routing.model import (
    Decision,
    Demand,
    DemandLine,
    PassedOver,
    Plan,
    Policy,
    RoutingError,
    SiteBill,
    Snapshot,
)
from crossdock.routing.onward import CLOSED, Last, handover, lateness, path_of
from crossdock.routing.rules import Clear, InTime
from crossdock.routing.terms import Ints, terms
from crossdock.routing.view import View, rows_of

Decide = Callable[[Demand, Snapshot, Policy], Decision]
_MOST_DAYS = 6


class _Point(NamedTuple):
    """A place where goods may be gathered: its column, and a bound below every plan through it."""

    column: int
    least: int


class _Found(NamedTuple):
    """The best plan through a place, if there is any, and a bound below every plan through it."""

    plan: Plan | None
    bound: int
    nodes: int


def best_path(direct: Decision, demand: Demand, snapshot: Snapshot, policy: Policy, decide: Decide) -> Decision:
    """Compare the best direct plan with the best through each place that the policy allows; the cheaper one is it.

    A pure function of what `decide` is; between equals it is the direct one, then the place of the lower rank.
    """
    merge = policy.merge
    if merge is None or policy.prefer or policy.weights:
        return direct
    asked = hub_policy(policy)
    known = terms(snapshot.network, asked, demand.country, demand.requires)
    view = View(demand, snapshot, known, rows_of(demand, asked))
    gathering = _Gathering(demand, snapshot, policy, merge, view, decide)
    best, its_bound, floor, nodes = _straight(direct), direct.bound, direct.bound, direct.nodes
    over = direct.passed_over
    others, least = ([] if over is None else [over.plan]), [] if over is None or over.proven else [direct.bound]
    for number, point in enumerate(gathering.points()):
        if point.least >= best.total or number >= merge.most:
            least.append(point.least)
            floor = min(floor, point.least)
            break
        try:
            found = gathering.at(point.column)
        except RoutingError:  # whole numbers cannot hold what it would cost through this place
            least.append(point.least)
            floor = min(floor, point.least)
            continue
        floor, nodes = min(floor, found.bound), nodes + found.nodes
        if found.plan is None or found.plan.total >= best.total:
            least.append(found.bound)
            others += [] if found.plan is None else [found.plan]
            continue
        # What was best until now is another way.
        least.append(its_bound)
        others.append(best)
        best, its_bound = found.plan, found.bound
    second = min([plan for plan in others if plan.assignments], key=lambda plan: plan.total, default=None)
    proven = second is not None and all(second.total <= bound for bound in least)
    return _decision(direct, policy, best, floor, nodes, None if second is None else PassedOver(second, proven))


def _straight(decision: Decision) -> Plan:
    return Plan(
        decision.assignments,
        decision.unfilled,
        decision.cost,
        decision.penalty,
        decision.extra_parcels,
        decision.bill,
        decision.extra_locations,
    )


def _decision(
    direct: Decision, policy: Policy, plan: Plan, bound: int, nodes: int, passed_over: PassedOver | None
) -> Decision:
    bound = min(bound, plan.total)
    return Decision(
        plan.assignments,
        plan.unfilled,
        plan.cost,
        plan.penalty,
        plan.extra_parcels,
        plan.bill,
        bound,
        plan.total - bound,
        bound == plan.total,
        nodes,
        passed_over,
        policy.leftover if plan.unfilled else "none",
        direct.rests_on,
        plan.extra_locations,
        None,
        plan.path,
    )


class _Gathering:
    """One order, seen from the places where it could be gathered."""

    def __init__(
        self, demand: Demand, snapshot: Snapshot, policy: Policy, merge: Merge, view: View, decide: Decide
    ) -> None:
        self.demand, self.snapshot, self.policy, self.merge = demand, snapshot, policy, merge
        self._view, self._decide = view, decide

    # -- which places ----------------------------------------------------------------------------------------------

    def points(self) -> list[_Point]:
        """List the places by what gathering there costs at the least, then by rank."""
        view, merge = self._view, self.merge
        network = self.snapshot.network
        allowed = np.zeros(len(network.sites), dtype=bool)
        if merge.hubs is not None:
            allowed |= places(merge.hubs, network)
        if merge.sources:
            allowed |= self.snapshot.stock.any(axis=0)
        columns = np.flatnonzero(allowed & view.ok)
        least = self._least(columns)
        rank = view.terms.rank_key[columns]
        order = np.lexsort((rank, least))
        return [_Point(int(columns[at]), int(least[at])) for at in order]

    def _least(self, columns: Ints) -> Ints:
        """Give what no plan through these places can cost less than: the last leg, one transfer, the lines' least.

        Nothing but one transfer and the last leg's parcel is counted where weights, credits or other rules for units
        could make a unit cheaper than its weight and hands.
        """
        view, policy, card = self._view, self.policy, self.policy.card
        network = self.snapshot.network
        zones = view.zone[columns]
        total = view.terms.base_z[zones].astype(np.int64)
        credit = sum(rule.per_unit for rule in policy.costs if isinstance(rule, Clear))
        permille = sum(rule.permille for rule in policy.costs if isinstance(rule, Clear))
        plain = not (card.dim_divisor or card.surcharges or card.fuel_permille)
        if plain:
            total += np.array([network.sites[at].handling_parcel for at in columns], dtype=np.int64)
            total += least_transfer(policy)
        hands = min([site.handling_unit for site in network.sites], default=0) if plain else 0
        rates = np.array(view.terms.per_kg_list, dtype=np.int64)[zones]
        for row, line in enumerate(self.demand.lines):
            there = min(line.quantity, int(self.snapshot.stock[row].sum()))
            penalty = policy.penalty(line.unit_value)
            weight = (line.weight_g * rates + 500) // 1_000 if plain else np.zeros(len(columns), dtype=np.int64)
            unit = np.minimum(weight + hands - credit - line.unit_value * permille, penalty)
            total = total + there * unit + (line.quantity - there) * penalty
        return total

    # -- through one place -----------------------------------------------------------------------------------------

    def at(self, column: int) -> _Found:
        """Find the best plan through a place."""
        last = Last(self._view, column)
        network = gathering_network(self.snapshot.network, column, self.merge)
        policy = leg_policy(self.policy, self.demand.country, last.zone, last.per_kg)
        asked = self._asked(last)
        legs = terms(network, policy, asked.country, asked.requires)
        zone = legs.zones(asked)
        ok = legs.served_z[zone] & (self.snapshot.ship_day >= 0)
        arrival = np.where(ok, self.snapshot.ship_day + legs.transit_z[zone], np.iinfo(np.int64).max)
        stock = self._stock(column)
        days = self._days(last, arrival[stock.any(axis=0) & ok])
        seen = replace(self.snapshot, network=network, stock=stock)
        best: Plan | None = None
        bound, nodes, least = None, 0, None
        for number, (day, late) in enumerate(days):
            if least is not None and best is not None and least + late >= best.total:
                break
            if number == _MOST_DAYS:
                bound = min(bound or 0, (least or 0) + late)
                break
            in_time = replace(seen, capacity=np.where(arrival <= day, self.snapshot.capacity, 0))
            decision = self._decide(asked, in_time, policy)
            nodes += decision.nodes
            this = self._bound(decision, last, in_time) + late
            bound = this if bound is None else min(bound, this)
            if least is None and len(days) > 1:
                # Without a day to meet no plan is dearer: what later days can save at the most.
                free = self._decide(asked, seen, policy)
                nodes, least = nodes + free.nodes, free.bound + last.parcel
            plan = self._plan(decision, last, arrival)
            if plan is not None and (best is None or plan.total < best.total):
                best = plan
        nothing = self.demand_value
        return _Found(best, nothing if bound is None else bound, nodes)

    @property
    def demand_value(self) -> int:
        """What it costs to ship nothing at all: no plan through a closed place does better."""
        return sum(line.quantity * self.policy.penalty(line.unit_value) for line in self.demand.lines)

    def _asked(self, last: Last) -> Demand:
        site = last.site
        lines = tuple([replace(line, group=0) for line in self.demand.lines])
        return replace(self.demand, lines=lines, country=site.country, x=site.x, y=site.y, z=site.z, due_day=None)

    def _stock(self, column: int) -> Ints:
        """Give the stock of the lines that the place may handle."""
        site, stock = self.snapshot.network.sites[column], self.snapshot.stock
        able = np.array([set(line.requires) <= set(site.capabilities) for line in self.demand.lines], dtype=bool)
        return stock if able.all() else stock * able[:, None]

    def _days(self, last: Last, arrival: Ints) -> list[tuple[int, int]]:
        """List the days of arrival until which delivery costs no more for being late: (day, what lateness costs)."""
        due, policy = self.demand.due_day, self.policy
        latest = min([fence.days for fence in policy.fences if isinstance(fence, InTime)], default=None)
        days: dict[int, int] = {}
        for day in sorted(set(arrival.tolist())):
            ship = handover(self.snapshot, last.column, day, self.merge.days)
            if ship == CLOSED:
                break
            deliver = ship + last.transit
            if latest is not None and due is not None and deliver > due + latest:
                break
            days[lateness(deliver, due, policy)] = day
        return [(day, late) for late, day in sorted(days.items())]

    def _bound(self, decision: Decision, last: Last, seen: Snapshot) -> int:
        """Give what no plan of these goods through the place can be below, lateness apart.

        When all that is there is shipped, and leaving one more unit would cost more than all else, every better plan
        ships the same, and pays the same parcels.
        """
        one = decision.bound + last.parcel
        parcels = last.parcels(sum(bill.weight_g for bill in decision.bill))
        if (
            parcels == 1
            or any(isinstance(rule, Clear) for rule in self.policy.costs)
            or not _all_of(decision, self.demand, seen)
        ):
            return one
        more = (parcels - 1) * (last.parcel + self.policy.extra_parcel)
        worth = min(self.policy.penalty(line.unit_value) for line in self.demand.lines)
        return one + more if worth >= decision.bound - decision.penalty + more else one

    def _plan(self, decision: Decision, last: Last, arrival: Ints) -> Plan | None:
        """Write a plan of legs out with its last leg; None when it needs no leg."""
        legs = [bill for bill in decision.bill if bill.site_id != last.site.id]
        if not legs:
            return None
        lines = {line.key: line for line in self.demand.lines}
        index = self._view.terms.site_index
        day = max(int(arrival[index[bill.site_id]]) for bill in decision.bill)
        ship = handover(self.snapshot, last.column, day, self.merge.days)
        deliver = ship + last.transit
        late = lateness(deliver, self.demand.due_day, self.policy)
        most = self.policy.max_parcels
        if most is not None and last.parcels(sum(bill.weight_g for bill in decision.bill)) > most:
            return None
        bills, weight, gathering = self._split(decision, last, lines)
        grams = sum(bill.weight_g for bill in decision.bill)
        units = sum(bill.units for bill in decision.bill)
        path = path_of(
            last, grams=grams, units=units, weight=weight, gathering=gathering, days=(day, ship, deliver), late=late,
            km=_km(self.demand, last),
        )  # fmt: skip
        extra = self.policy.extra_parcel * (path.parcels - 1)
        cost = sum(bill.total for bill in bills) + path.total + extra
        return Plan(decision.assignments, decision.unfilled, cost, decision.penalty, extra, bills, 0, path)

    def _split(
        self, decision: Decision, last: Last, lines: dict[int, DemandLine]
    ) -> tuple[tuple[SiteBill, ...], int, int]:
        """Take out of the legs' bills what is paid at the place and behind it: the last leg's weight, the gathering."""
        weighed: dict[int, int] = {}
        if self.policy.card.dim_divisor is None:
            for site, key, units in decision.assignments:
                each = (lines[key].weight_g * last.per_kg + 500) // 1_000
                weighed[site] = weighed.get(site, 0) + units * each
        bills, weight, gathering = [], 0, 0
        for bill in decision.bill:
            away = bill.site_id != last.site.id
            own = min(weighed.get(bill.site_id, 0), bill.weight)
            parcels = min(bill.parcels * self.merge.per_parcel, bill.base) if away else 0
            units = bill.units * self.merge.per_unit if away else 0
            weight, gathering = weight + own, gathering + parcels + units
            bills.append(
                replace(
                    bill, base=bill.base - parcels, weight=bill.weight - own, handling_unit=bill.handling_unit - units
                )
            )
        return tuple(bills), weight, gathering


def _all_of(decision: Decision, asked: Demand, seen: Snapshot) -> bool:
    """Say whether a plan leaves nothing behind that is there."""
    left = {key for key, _ in decision.unfilled}
    if not left:
        return True
    able = (seen.ship_day >= 0) & (seen.capacity > 0)
    item_of = {line.key: line.item for line in asked.lines}
    taken: dict[int, int] = {}
    for _, key, units in decision.assignments:
        taken[item_of[key]] = taken.get(item_of[key], 0) + units
    return all(
        taken.get(line.item, 0) >= int(seen.stock[row, able].sum())
        for row, line in enumerate(asked.lines)
        if line.key in left
    )


def _km(demand: Demand, last: Last) -> int:
    x, y, z = demand.x, demand.y, demand.z
    if x is None or y is None or z is None:
        return -1
    return whole_km((last.site.x - x) ** 2 + (last.site.y - y) ** 2 + (last.site.z - z) ** 2)
