"""HiGHS as the judge of everything: the rules written down once more from the documents, as a mixed-integer program.

Nothing of the solver is used, nor its arrays: amounts are worked out location by location in plain integers. What ships
together is one entity: the loose units of an item, a group, or the bundles of a kind.
"""

from math import asin, ceil, dist
from typing import Any, NamedTuple

import highspy
import numpy as np

from crossdock.kernel.geo import EARTH_RADIUS_M
from crossdock.routing import Demand, DemandLine, Policy, Site, Snapshot
from crossdock.routing import rules as r


class Entity(NamedTuple):
    """What ships together: (item, units) of one, how many are wanted, the lines it stands for, what it is."""

    parts: tuple[tuple[int, int], ...]
    quantity: int
    lines: tuple[DemandLine, ...]
    kind: str


class Place(NamedTuple):
    """A location that may ship: its place in the network, zone, kilometres, and what is paid there."""

    at: int
    site: Site
    zone: int
    km: int
    transit: int
    fixed: int
    parcel: int
    line: int
    unit: dict[int, int]


def weighed(amount: int, name: r.CostName, policy: Policy) -> int:
    """Weigh an amount by the policy's weight for its name."""
    weight = dict(policy.weights).get(name, 1_000)
    return amount if weight == 1_000 else (amount * weight + 500) // 1_000


def means(sites: r.Sites, site: Site) -> bool:
    """Say whether a rule means a location."""
    has = {
        "codes": {site.code}, "kinds": {site.kind}, "groups": set(site.groups), "tags": set(site.tags),
        "countries": {site.country}, "markets": set(site.markets) or {site.country},
    }  # fmt: skip
    given = [(set(getattr(sites, field)), names) for field, names in has.items() if getattr(sites, field)]
    return site.code not in sites.but and all(wanted & names for wanted, names in given)


class Judge:
    """An order under a policy, as a mixed-integer program."""

    def __init__(self, demand: Demand, snapshot: Snapshot, policy: Policy) -> None:
        self.demand, self.snapshot, self.policy = demand, snapshot, policy
        self.items = list(dict.fromkeys(line.item for line in demand.lines))
        self.of = {item: [line for line in demand.lines if line.item == item] for item in self.items}
        self.row = {item: demand.lines.index(self.of[item][0]) for item in self.items}
        self.grams = {item: max(line.weight_g for line in self.of[item]) for item in self.items}
        self.wanted = {item: sum(line.quantity for line in self.of[item]) for item in self.items}
        self.requires = {item: {name for line in self.of[item] for name in line.requires} for item in self.items}
        self.value_of = {item: max(line.unit_value for line in self.of[item]) for item in self.items}
        self.entities = self._entities()
        able = [place for at in range(len(snapshot.network.sites)) if (place := self._place(at)) is not None]
        self.places = self._sharing(able)
        self.penalty = [self._penalty(entity) for entity in self.entities]
        self.weight = [sum(self.grams[item] * units for item, units in e.parts) for e in self.entities]
        self.value = [self._value(entity) for entity in self.entities]
        self.units = [sum(units for _, units in entity.parts) for entity in self.entities]

    # -- what ships together

    def _entities(self) -> list[Entity]:
        out = self._groups() if self.policy.keep_groups else []
        inside = {item for group in out for item, _ in group.parts}
        if self.policy.whole_bundles:
            out += self._bundles(inside)
        taken = {line.key for entity in out for line in entity.lines}
        for item in self.items:
            left = tuple(line for line in self.of[item] if line.key not in taken)
            if item not in inside and left:
                out.append(Entity(((item, 1),), sum(line.quantity for line in left), left, "loose"))
        return out

    def _groups(self) -> list[Entity]:
        lines = self.demand.lines
        grouped: list[set[int]] = []
        for name in {line.group for line in lines if line.group}:
            items = {line.item for line in lines if line.group == name}
            for other in [group for group in grouped if group & items]:
                items |= other
                grouped.remove(other)
            grouped.append(items)
        out = []
        for items in grouped:
            chosen = [item for item in self.items if item in items]
            parts = tuple((item, self.wanted[item]) for item in chosen)
            out.append(Entity(parts, 1, tuple(line for item in chosen for line in self.of[item]), "group"))
        return out

    def _bundles(self, inside: set[int]) -> list[Entity]:
        lines, out = self.demand.lines, []
        for bundle in dict.fromkeys(line.bundle for line in lines if line.bundle):
            parts = [line for line in lines if line.bundle == bundle and line.item not in inside]
            if not parts:
                continue
            count = parts[0].quantity // parts[0].in_bundle
            fit = all(line.quantity == count * line.in_bundle for line in parts)
            distinct = len({line.item for line in parts}) == len(parts)
            if fit and distinct and (len(parts) > 1 or parts[0].in_bundle > 1):
                out.append(Entity(tuple((p.item, p.in_bundle) for p in parts), count, tuple(parts), "bundle"))
        return out

    def _unfilled(self, value: int) -> int:
        return self.policy.unfilled_per_unit + value * self.policy.unfilled_permille

    def _penalty(self, entity: Entity) -> int:
        if entity.kind == "loose":
            return max(self._unfilled(line.unit_value) for line in entity.lines)
        if entity.kind == "bundle":
            return sum(line.in_bundle * self._unfilled(line.unit_value) for line in entity.lines)
        return sum(units * self._unfilled(self.value_of[item]) for item, units in entity.parts)

    def _value(self, entity: Entity) -> int:
        if entity.kind == "loose":
            return max(line.unit_value for line in entity.lines)
        if entity.kind == "bundle":
            return sum(line.in_bundle * line.unit_value for line in entity.lines)
        return sum(units * self.value_of[item] for item, units in entity.parts)

    # -- where from

    def _place(self, at: int) -> Place | None:
        demand, seen, policy, site = self.demand, self.snapshot, self.policy, self.snapshot.network.sites[at]
        found = self._tariff(site)
        if found is None or (policy.markets and demand.country not in policy.markets):
            return None
        zone, km, rate = found
        able = seen.ship_day[at] >= 0 and seen.capacity[at] > 0 and site.code not in policy.excluded
        able = able and set(demand.requires) <= set(site.capabilities)
        if not able or (seen.paused is not None and seen.paused[at]):
            return None
        if not all(self._passes(fence, at, site, km, rate.transit_days) for fence in policy.fences):
            return None
        more = [s for s in policy.card.surcharges if not s.countries or demand.country in s.countries]
        more = [s for s in more if not s.zones or zone in s.zones]
        by_unit = [s for s in more if s.handling or s.over_g is not None]
        flat = sum(s.amount for s in more if s not in by_unit)
        fuel = (rate.base + flat) * policy.card.fuel_permille
        parcel = weighed(rate.base, "carriage", policy) + weighed(flat, "surcharges", policy)
        parcel += weighed((fuel + 500) // 1_000, "fuel", policy)
        parcel += weighed(site.handling_parcel, "handling_parcel", policy)
        unit = {item: self._unit(item, at, site, km, rate.per_kg, by_unit) for item in self.items}
        line = weighed(site.handling_line, "handling_line", policy)
        return Place(
            at, site, zone, km, rate.transit_days, self._fixed(at, site, rate.transit_days), parcel, line, unit
        )

    def _tariff(self, site: Site) -> tuple[int, int, Any] | None:
        demand, card = self.demand, self.policy.card
        km, exact = -1, 0.0
        if demand.x is not None and demand.y is not None and demand.z is not None:
            chord = dist((site.x, site.y, site.z), (demand.x, demand.y, demand.z))
            exact = 2 * EARTH_RADIUS_M * asin(chord / 2 / EARTH_RADIUS_M) / 1_000
            km = int(exact)
        if site.country != demand.country:
            for number, lane in enumerate(card.lanes):
                if lane.serves(site.country, demand.country):
                    return len(card.zones) + 1 + number, km, lane
            return None
        if km < 0:
            return len(card.zones) - 1, km, card.zones[-1]
        for number, zone in enumerate(card.zones):
            if exact <= zone.up_to_km:
                return number, km, zone
        return None

    def _passes(self, fence: r.Fence, at: int, site: Site, km: int, transit: int) -> bool:
        demand = self.demand
        match fence:
            case r.Among():
                return means(fence.sites, site)
            case r.Without():
                return not means(fence.sites, site)
            case r.Near():
                return site.country == demand.country if km < 0 else km < fence.km
            case r.ServesMarket():
                return demand.country in (site.markets or (site.country,))
            case r.InTime():
                late = int(self.snapshot.ship_day[at]) + transit - (demand.due_day or 0)
                return demand.due_day is None or late <= fence.days
            case r.Carrier():
                return not site.carriers or fence.name in site.carriers
            case r.When():
                return self._holds(fence.condition, at, site, km, transit)
        return True

    def _holds(self, condition: r.Condition, at: int, site: Site, km: int, transit: int) -> bool:
        match condition:
            case r.AllOf():
                return all(self._holds(one, at, site, km, transit) for one in condition.of)
            case r.AnyOf():
                return any(self._holds(one, at, site, km, transit) for one in condition.of)
            case r.NotOf():
                return not self._holds(condition.of, at, site, km, transit)
        facts: dict[str, set[Any]] = {
            "location.kind": {site.kind}, "location.tags": set(site.tags), "location.country": {site.country},
            "location.km": {km} if km >= 0 else set(), "location.transit_days": {transit},
            "location.used": set() if self.snapshot.used is None else {int(self.snapshot.used[at])},
            "delivery.value": {self.demand.value}, "delivery.country": {self.demand.country},
            **{f"delivery.{name}": {value} for name, value in self.demand.facts},
        }  # fmt: skip
        assert isinstance(condition, r.Test)
        found = facts.get(condition.fact, set())
        against = facts.get(condition.than, set()) if condition.than else set(condition.values)
        if condition.op == "not_in" and condition.fact == "location.tags":
            return bool(found) and not found & against
        if not found:
            return False
        if condition.op in ("in", "not_in"):
            return bool(found & against) == (condition.op == "in")
        if condition.op == "at_least":
            return bool(min(found) >= min(against))
        return bool(max(found) <= max(against))

    def _sharing(self, places: list[Place]) -> list[Place]:
        for fence in self.policy.fences:
            if not isinstance(fence, r.HasShare):
                continue
            enough = []
            for place in places:
                held = {item: self.stock(item, place.at) for item in self.items}
                if fence.of == "lines":
                    full = sum(held[item] >= self.wanted[item] for item in self.items)
                    passed = full * 1_000 >= fence.permille * len(self.items)
                else:
                    units = sum(min(held[item], self.wanted[item]) for item in self.items)
                    passed = units * 1_000 >= fence.permille * sum(self.wanted.values())
                if passed:
                    enough.append(place)
            if fence.strict or self.policy.split == "never" or enough:
                places = enough
        return places

    def stock(self, item: int, at: int) -> int:
        """Give what of an item may leave a location, its capability for it apart."""
        seen, site = self.snapshot, self.snapshot.network.sites[at]
        units = int(seen.stock[self.row[item], at])
        for fence in self.policy.fences:
            if isinstance(fence, r.KeepsStock) and means(fence.sites, site):
                units = min(units, max(0, int(seen.stock[self.row[item], at]) - fence.units))
            if isinstance(fence, r.Handling) and fence.name in self.requires[item]:
                found = self._tariff(site)
                slow = found is not None and (fence.most_transit_days or 99) < found[2].transit_days
                reached = not fence.carriers or not site.carriers or set(fence.carriers) & set(site.carriers)
                if slow or not reached:
                    return 0
        if seen.barred is not None:
            rows = [self.demand.lines.index(line) for line in self.of[item]]
            if any(seen.barred[row, at] for row in rows):
                return 0
        if seen.units_room is not None:
            units = min(units, int(seen.units_room[at]))
        return units

    # -- what it costs

    def _fixed(self, at: int, site: Site, transit: int) -> int:
        policy, due = self.policy, self.demand.due_day
        late = 0 if due is None else max(0, int(self.snapshot.ship_day[at]) + transit - due)
        total = late * weighed(policy.lateness_per_day, "lateness", policy)
        total += sum(price for where, price in policy.prices.locations if where == site.id)
        for cost in policy.costs:
            if isinstance(cost, r.Preference) and means(cost.sites, site):
                total += weighed(cost.amount, "preference", policy)
            if isinstance(cost, r.Workload) and cost.per == "fulfillment" and means(cost.sites, site):
                total += weighed(self._step(cost, at), "workload", policy)
        return total

    def _step(self, cost: r.Workload, at: int) -> int:
        used = self.snapshot.used
        return 0 if used is None else max([step.amount for step in cost.steps if step.used <= used[at]], default=0)

    def _unit(self, item: int, at: int, site: Site, km: int, per_kg: int, more: list[r.Surcharge]) -> int:
        policy, seen, row = self.policy, self.snapshot, self.row[item]
        card, grams = policy.card, self.grams[item]
        volume = max(line.volume_cm3 for line in self.of[item])
        charged = max(grams, ceil(volume * 1_000 / card.dim_divisor)) if card.dim_divisor else grams
        by_weight = (charged * per_kg + 500) // 1_000
        extra = sum(
            s.amount
            for s in more
            if (not s.handling or set(s.handling) & self.requires[item]) and (s.over_g is None or grams > s.over_g)
        )
        fuel = ((by_weight + extra) * card.fuel_permille + 500) // 1_000
        total = weighed(by_weight, "weight", policy) + weighed(extra, "surcharges", policy)
        total += weighed(fuel, "fuel", policy) + weighed(site.handling_unit, "handling_unit", policy)
        total += sum(price for i, where, price in policy.prices.units if i == item and where == site.id)
        for cost in policy.costs:
            if isinstance(cost, r.Carbon):
                amount = 0 if km < 0 else (grams * km * 137 * cost.per_kg + 500_000_000) // 1_000_000_000
                total += weighed(amount, "carbon", policy)
            elif not means(cost.sites, site):
                continue
            elif isinstance(cost, r.Workload) and cost.per == "unit":
                total += weighed(self._step(cost, at), "workload", policy)
            elif isinstance(cost, r.Scarce):
                missing = max(0, cost.below - int(seen.stock[row, at]))
                total += weighed(cost.per_unit * missing // cost.below, "scarce", policy)
            elif isinstance(cost, r.FailedPick) and seen.find is not None:
                total += weighed(
                    ((1_000 - int(seen.find[row, at])) * cost.per_unit + 500) // 1_000, "failed_pick", policy
                )
            elif isinstance(cost, r.Clear):
                fitting = not cost.categories or self.of[item][0].category in cost.categories
                if cost.within_days is not None:
                    soon = seen.days_left is not None and 0 <= seen.days_left[row, at] <= cost.within_days
                    fitting = fitting and soon
                if fitting:
                    total += weighed(-(cost.per_unit + self.value_of[item] * cost.permille), "clear", policy)
        return total

    def unit_cost(self, entity: Entity, place: Place) -> int:
        """Give what one of an entity costs at a location, the line apart."""
        total = sum(units * place.unit[item] for item, units in entity.parts)
        return total + (place.line * (len(entity.parts) - 1) if entity.kind == "group" else 0)

    # -- the program

    def nothing(self) -> int:
        """Give what it costs to ship nothing."""
        return sum(p * e.quantity for p, e in zip(self.penalty, self.entities, strict=True))

    def total(self, shipped: dict[int, list[int]]) -> int:
        """Count a plan: network place → units per entity."""
        policy, total, parcels = self.policy, 0, 0
        for at, units in shipped.items():
            place = next(p for p in self.places if p.at == at)
            grams = sum(w * x for w, x in zip(self.weight, units, strict=True))
            number = max(1, -(-grams // policy.card.parcel_limit_g))
            parcels += number
            total += place.fixed + number * place.parcel + sum(place.line for x in units if x)
            total += sum(self.unit_cost(e, place) * x for e, x in zip(self.entities, units, strict=True))
        total += weighed(policy.extra_parcel, "extra_parcels", policy) * max(0, parcels - 1)
        total += weighed(policy.extra_location, "extra_locations", policy) * max(0, len(shipped) - 1)
        for at, entity in enumerate(self.entities):
            total += self.penalty[at] * (entity.quantity - sum(units[at] for units in shipped.values()))
        return total

    def optimum(self) -> tuple[int, dict[int, list[int]]] | None:
        """Give the least total of a plan that ships something and keeps all rules; None: there is no such plan."""
        model = Model(self)
        return model.cheapest() if model.possible else None

    def best_levels(self) -> list[int] | None:
        """Give the points of the lexicographically best plan, units left behind first; None: nothing can ship."""
        model = Model(self)
        return model.levels() if model.possible else None


class Model:
    """The variables and rules; asked for the least of one thing, or of one after the other."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        places, entities, policy = judge.places, judge.entities, judge.policy
        self.possible = bool(places)
        if not places:
            return
        model = self.model = highspy.Highs()
        for name, value in (
            ("output_flag", False), ("threads", 1), ("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-7),
            ("mip_feasibility_tolerance", 1e-8),
        ):  # fmt: skip
            model.setOptionValue(name, value)
        limit = policy.card.parcel_limit_g
        whole = highspy.HighsVarType.kInteger
        grams = sum(w * e.quantity for w, e in zip(judge.weight, entities, strict=True))
        most = max(1, -(-grams // limit))
        at, of = range(len(places)), range(len(entities))
        self.y = [model.addVariable(0, 1, 0, whole) for _ in at]
        self.n = [model.addVariable(0, most, 0, whole) for _ in at]
        self.x = [[model.addVariable(0, self._most(e, p), 0, whole) for e in entities] for p in places]
        self.z = [[model.addVariable(0, 1, 0, whole) for _ in of] for _ in at]
        for s in at:
            model.addConstr(self.n[s] >= self.y[s])
            model.addConstr(self.n[s] <= most * self.y[s])
            model.addConstr(limit * self.n[s] >= sum(judge.weight[e] * self.x[s][e] for e in of))
            for e in of:
                model.addConstr(self.x[s][e] <= self._most(entities[e], places[s]) * self.z[s][e])
                model.addConstr(self.z[s][e] <= self.y[s])
            model.addConstr(self.y[s] <= sum(self.x[s][e] for e in of))
            self._within(s, places[s])
        self._splits()

    def _within(self, s: int, place: Place) -> None:
        judge, model, of = self.judge, self.model, range(len(self.judge.entities))
        for item in judge.items:
            using = [(e, dict(judge.entities[e].parts).get(item, 0)) for e in of]
            if sum(1 for _, units in using if units) > 1:
                model.addConstr(sum(u * self.x[s][e] for e, u in using if u) <= judge.stock(item, place.at))
        if judge.snapshot.units_room is not None:
            room = int(judge.snapshot.units_room[place.at])
            model.addConstr(sum(judge.units[e] * self.x[s][e] for e in of) <= room)
        if judge.policy.min_value_per_location:
            worth = sum(judge.value[e] * self.x[s][e] for e in of)
            model.addConstr(worth >= judge.policy.min_value_per_location * self.y[s])

    def _splits(self) -> None:
        judge, model, policy = self.judge, self.model, self.judge.policy
        for e, entity in enumerate(judge.entities):
            every = sum(row[e] for row in self.x)
            model.addConstr(every == entity.quantity if policy.complete else every <= entity.quantity)
            if policy.split == "line":
                model.addConstr(sum(row[e] for row in self.z) <= 1)
        model.addConstr(sum(self.y) >= 1)
        allowed = 1 if policy.split == "never" else policy.max_locations
        if allowed is not None:
            model.addConstr(sum(self.y) <= allowed)
        if policy.max_parcels is not None:
            model.addConstr(sum(self.n) <= policy.max_parcels)

    def _most(self, entity: Entity, place: Place) -> int:
        judge = self.judge
        if not {n for item, _ in entity.parts for n in judge.requires[item]} <= set(place.site.capabilities):
            return 0
        return min([entity.quantity] + [judge.stock(item, place.at) // units for item, units in entity.parts])

    def _minimize(self, objective, scale: float = 1.0) -> np.ndarray | None:
        for variable in range(self.model.getNumCol()):
            self.model.changeColCost(variable, 0.0)
        for variable, cost in objective:
            index = variable.index
            self.model.changeColCost(index, self.model.getLp().col_cost_[index] + cost * scale)
        self.model.run()
        if self.model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.array(self.model.getSolution().col_value)

    def _money(self):
        judge = self.judge
        extra = weighed(judge.policy.extra_parcel, "extra_parcels", judge.policy)
        more = weighed(judge.policy.extra_location, "extra_locations", judge.policy)
        for s, place in enumerate(judge.places):
            yield self.y[s], place.fixed + more
            yield self.n[s], place.parcel + extra
            for e, entity in enumerate(judge.entities):
                yield self.x[s][e], judge.unit_cost(entity, place) - judge.penalty[e]
                yield self.z[s][e], place.line

    def cheapest(self) -> tuple[int, dict[int, list[int]]] | None:
        """Give the least money and the plan."""
        values = self._minimize(self._money(), 1e-5)
        if values is None:
            return None
        shipped = {
            place.at: [round(values[v.index]) for v in self.x[s]]
            for s, place in enumerate(self.judge.places)
            if any(round(values[v.index]) for v in self.x[s])
        }
        return self.judge.total(shipped), shipped

    def levels(self) -> list[int] | None:
        """Give the points of the best plan, aim after aim, each held while the next is looked at."""
        judge = self.judge
        found = []
        missing = [(v, -judge.units[e]) for row in self.x for e, v in enumerate(row)]
        wanted = sum(u * e.quantity for u, e in zip(judge.units, judge.entities, strict=True))
        for aim, constant in [(missing, wanted), *((list(self._aim(p)), 0) for p in judge.policy.prefer)]:
            values = self._minimize(aim)
            if values is None:
                return None
            least = round(sum(cost * values[variable.index] for variable, cost in aim))
            found.append(least + constant)
            terms: dict[int, float] = {}
            for variable, cost in aim:
                terms[variable.index] = terms.get(variable.index, 0.0) + cost
            index, value = np.array(list(terms), dtype=np.int32), np.array(list(terms.values()), dtype=np.float64)
            self.model.addRow(-highspy.kHighsInf, float(least) + 0.25, len(index), index, value)
        return found

    def _aim(self, prefer: r.Prefer):
        judge, seen = self.judge, self.judge.snapshot
        arrive = [int(seen.ship_day[p.at]) + p.transit for p in judge.places]
        for s, place in enumerate(judge.places):
            match prefer.by:
                case "fewest_parcels":
                    yield self.n[s], 1
                case "fewest_locations":
                    yield self.y[s], 1
                case "nearest":
                    yield self.y[s], max(place.km, 0) // prefer.band
                case "soonest":
                    yield self.y[s], (arrive[s] - min(arrive)) // prefer.band
                case "on_time":
                    due = judge.demand.due_day
                    yield self.y[s], 0 if due is None else max(0, arrive[s] - due) // prefer.band
                case "sites":
                    yield self.y[s], 0 if means(prefer.sites, place.site) else 1
                case "fullest":
                    for e in range(len(judge.entities)):
                        yield self.x[s][e], self._emptier(e, s, prefer.band)
                case "cheapest":
                    yield from self._bands(s, place, prefer.band)

    def _emptier(self, e: int, s: int, band: int) -> int:
        judge = self.judge
        parts = judge.entities[e].parts
        held = [min(judge.stock(item, p.at) // units for item, units in parts) // band for p in judge.places]
        held = [min(100, bands) for bands in held]
        return max(held) - held[s]

    def _bands(self, s: int, place: Place, band: int):
        judge = self.judge
        extra = weighed(judge.policy.extra_parcel, "extra_parcels", judge.policy)
        more = weighed(judge.policy.extra_location, "extra_locations", judge.policy)
        yield self.n[s], (place.parcel + extra) // band
        yield self.y[s], (place.fixed + more) // band
        for e, entity in enumerate(judge.entities):
            yield self.x[s][e], max(0, judge.unit_cost(entity, place)) // band
            yield self.z[s][e], place.line // band
