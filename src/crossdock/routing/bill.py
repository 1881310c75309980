"""From pieces (who ships how many units of which row) to a plan with its bill, counted again in plain integers."""

from msgspec.structs import replace

from crossdock.routing.costs import counted
from crossdock.routing.geo import whole_km
from crossdock.routing.model import Plan, SiteBill
from crossdock.routing.rows import Row
from crossdock.routing.view import View

Pieces = list[tuple[int, int, int]]
"""(site's place in the network, row, units > 0), ordered by site, then row."""


def plan_of(view: View, pieces: Pieces) -> Plan:
    """Write out the plan that the pieces are, with the bill of each location."""
    at, filled = 0, [0] * len(view.rows)
    bills: list[SiteBill] = []
    assignments: list[tuple[int, int, int]] = []
    folded = view.composite or len(view.rows) != len(view.demand.lines)
    while at < len(pieces):
        site, start = pieces[at][0], at
        while at < len(pieces) and pieces[at][0] == site:
            _, row, units = pieces[at]
            filled[row] += units
            if not folded:
                assignments.append((view.terms.site_ids[site], view.rows[row].lines[0].key, units))
            at += 1
        bills.append(_bill(view, site, pieces[start:at]))
    if folded:
        assignments = _unfolded(view, pieces)
    extra = view.terms.extra * max(0, sum([bill.parcels for bill in bills]) - 1)
    more = view.terms.extra_location * max(0, len(bills) - 1)
    unfilled: list[tuple[int, int]] = []
    penalty = 0
    for wanted, done in zip(view.rows, filled, strict=True):
        if done < wanted.quantity:
            penalty += (wanted.quantity - done) * wanted.penalty
            unfilled += _left(wanted, done)
    if view.composite:
        place = {line.key: index for index, line in enumerate(view.demand.lines)}
        unfilled.sort(key=lambda entry: place[entry[0]])
    cost = sum([bill.total for bill in bills]) + extra + more
    return Plan(tuple(assignments), tuple(unfilled), cost, penalty, extra, tuple(bills), more)


def _left(row: Row, done: int) -> list[tuple[int, int]]:
    """Give the units of a row's lines that stay behind; the first lines of an item are served first."""
    if row.parts:
        left = row.quantity - done
        if row.parts[0].line is None:  # a group is all or nothing
            return [(line.key, line.quantity) for line in row.lines]
        return [(part.line.key, left * part.units) for part in row.parts if part.line is not None]
    out = []
    for line in row.lines:
        missing = max(0, line.quantity - done)
        done -= line.quantity - missing
        if missing:
            out.append((line.key, missing))
    return out


def items_of(view: View, pieces: Pieces) -> list[tuple[int, int]]:
    """Give the (item's place in `bases`, units) that pieces of one site ship."""
    out: list[tuple[int, int]] = []
    for _, at, count in pieces:
        row = view.rows[at]
        if row.parts:
            out += [(part.base, part.units * count) for part in row.parts]
        else:
            out.append((view.place[row.item] if view.composite else at, count))
    return out


def _bill(view: View, site: int, pieces: Pieces) -> SiteBill:
    terms, zone = view.terms, int(view.zone[site])
    tariff, place = terms.tariff, terms.network.sites[site]
    units = grams = weight_cost = prices = 0
    weighed = dearer = burnt = 0  # what units count with; their surcharges and fuel
    items = items_of(view, pieces)
    for at, count in items:
        row = view.bases[at]
        units += count
        grams += count * row.weight_g
        by_weight, more, fuel = tariff.unit(row, zone)
        weight_cost += count * by_weight
        dearer, burnt = dearer + count * more, burnt + count * fuel
        if terms.weights.some:
            weighed += count * tariff.unit_weighed(by_weight, more, fuel)
        if terms.unit_prices and row.item in terms.unit_prices:
            prices += count * int(terms.unit_prices[row.item][site])
    if terms.price_l is not None:
        prices += int(terms.price_l[site])
    parcels = max(1, -(-grams // terms.limit))
    lines = len(pieces) + sum([view.rows[at].lines_more for _, at, _ in pieces]) if view.composite else len(pieces)
    ship_day, transit = int(view.ship_day[site]), int(terms.transit_z[zone])
    due = view.demand.due_day
    late = 0 if due is None else max(0, ship_day + transit - due) * terms.policy.lateness_per_day
    each = tariff.parcels[zone]
    bill = SiteBill(
        site_id=place.id,
        parcels=parcels,
        lines=lines,
        units=units,
        weight_g=grams,
        base=parcels * each.base,
        weight=weight_cost,
        handling_parcel=parcels * place.handling_parcel,
        handling_line=lines * place.handling_line,
        handling_unit=units * place.handling_unit,
        lateness=late,
        prices=prices,
        km=_km(view, site),
        transit_days=transit,
        ship_day=ship_day,
        deliver_day=ship_day + transit,
    )
    if not terms.extended:
        return bill
    carriage = weighed + parcels * tariff.weighed(*each)
    more_lines = [("surcharges", dearer + parcels * each.surcharges), ("fuel", burnt + parcels * each.fuel)]
    return _with_more(view, site, items, bill, more_lines, carriage)


def _with_more(
    view: View, site: int, items: list[tuple[int, int]], bill: SiteBill, more: list[tuple[str, int]], carriage: int
) -> SiteBill:
    """Add the costs of the policy to a bill, and what its weights make of all amounts; `carriage` is as counted."""
    terms, place = view.terms, view.terms.network.sites[site]
    amounts: dict[str, int] = {}
    weighing = 0
    for name, amount, weighed in terms.costs.billed(view, site, items):
        amounts[name] = amounts.get(name, 0) + amount
        weighing += weighed - amount
    for name, amount in more:
        amounts[name] = amounts.get(name, 0) + amount
    if terms.weights.some:
        weights = terms.weights
        hands = (
            (bill.parcels, place.handling_parcel, "handling_parcel"),
            (bill.lines, place.handling_line, "handling_line"),
            (bill.units, place.handling_unit, "handling_unit"),
        )
        weighing += sum(count * (counted(each, weights.of(name)) - each) for count, each, name in hands)
        weighing += carriage - bill.base - bill.weight - sum(amount for _, amount in more)
        late_days = bill.lateness // terms.policy.lateness_per_day if bill.lateness else 0
        weighing += late_days * terms.late_day - bill.lateness
        amounts["weights"] = weighing
    return replace(bill, more=tuple((name, amount) for name, amount in sorted(amounts.items()) if amount))


def _km(view: View, site: int) -> int:
    x, y, z = view.demand.x, view.demand.y, view.demand.z
    if x is None or y is None or z is None:
        return -1
    place = view.terms.network.sites[site]
    return whole_km((place.x - x) ** 2 + (place.y - y) ** 2 + (place.z - z) ** 2)


def _unfolded(view: View, pieces: Pieces) -> list[tuple[int, int, int]]:
    """Hand the units of rows to their lines: lines in their order, the location with most units first."""
    at = {line.key: index for index, line in enumerate(view.demand.lines)}
    open_units = {line.key: line.quantity for line in view.demand.lines}
    out: list[tuple[int, int, int]] = []
    for site, index, units in sorted(pieces, key=lambda piece: (-piece[2], piece[0], piece[1])):
        row, left = view.rows[index], units
        if row.parts:
            if row.parts[0].line is None:
                out += [(site, line.key, line.quantity) for line in row.lines]
            else:
                out += [(site, part.line.key, units * part.units) for part in row.parts if part.line is not None]
            continue
        for line in row.lines:
            take = min(left, open_units[line.key])
            if take:
                open_units[line.key] -= take
                left -= take
                out.append((site, line.key, take))
    out.sort(key=lambda entry: (entry[0], at[entry[1]]))
    return [(view.terms.site_ids[site], key, units) for site, key, units in out]
