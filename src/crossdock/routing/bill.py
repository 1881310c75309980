"""From pieces (who ships how many units of which row) to a plan with its bill, counted again in plain integers."""

from crossdock.routing.geo import whole_km
from crossdock.routing.model import Plan, SiteBill
from crossdock.routing.view import View

Pieces = list[tuple[int, int, int]]
"""(site's place in the network, row, units > 0), ordered by site, then row."""


def plan_of(view: View, pieces: Pieces) -> Plan:
    """Write out the plan that the pieces are, with the bill of each location."""
    at, filled = 0, [0] * len(view.rows)
    bills: list[SiteBill] = []
    assignments: list[tuple[int, int, int]] = []
    folded = len(view.rows) != len(view.demand.lines)
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
    extra = view.terms.extra * max(0, sum(bill.parcels for bill in bills) - 1)
    unfilled: list[tuple[int, int]] = []
    penalty = 0
    for wanted, done in zip(view.rows, filled, strict=True):
        if done < wanted.quantity:
            penalty += (wanted.quantity - done) * wanted.penalty
            left = done
            for line in wanted.lines:  # the first lines of an item are served first
                missing = max(0, line.quantity - left)
                left -= line.quantity - missing
                if missing:
                    unfilled.append((line.key, missing))
    cost = sum([bill.total for bill in bills]) + extra
    return Plan(tuple(assignments), tuple(unfilled), cost, penalty, extra, tuple(bills))


def _bill(view: View, site: int, pieces: Pieces) -> SiteBill:
    terms, zone = view.terms, int(view.zone[site])
    place = terms.network.sites[site]
    units = grams = weight_cost = prices = 0
    for _, at, count in pieces:
        row = view.rows[at]
        units += count
        grams += count * row.weight_g
        weight_cost += count * view.unit_weight_cost(row, zone)
        if terms.unit_prices and row.item in terms.unit_prices:
            prices += count * int(terms.unit_prices[row.item][site])
    if terms.price_l is not None:
        prices += int(terms.price_l[site])
    parcels = max(1, -(-grams // terms.limit))
    ship_day, transit = int(view.ship_day[site]), int(terms.transit_z[zone])
    due = view.demand.due_day
    late = 0 if due is None else max(0, ship_day + transit - due) * terms.policy.lateness_per_day
    return SiteBill(
        site_id=place.id,
        parcels=parcels,
        lines=len(pieces),
        units=units,
        weight_g=grams,
        base=parcels * int(terms.base_z[zone]),
        weight=weight_cost,
        handling_parcel=parcels * place.handling_parcel,
        handling_line=len(pieces) * place.handling_line,
        handling_unit=units * place.handling_unit,
        lateness=late,
        prices=prices,
        km=_km(view, site),
        transit_days=transit,
        ship_day=ship_day,
        deliver_day=ship_day + transit,
    )


def _km(view: View, site: int) -> int:
    x, y, z = view.demand.x, view.demand.y, view.demand.z
    if x is None or y is None or z is None:
        return -1
    place = view.terms.network.sites[site]
    return whole_km((place.x - x) ** 2 + (place.y - y) ** 2 + (place.z - z) ** 2)


def _unfolded(view: View, pieces: Pieces) -> list[tuple[int, int, int]]:
    """Hand the units of folded rows to their lines: lines in their order, the location with most units first."""
    at = {line.key: index for index, line in enumerate(view.demand.lines)}
    open_units = {line.key: line.quantity for line in view.demand.lines}
    out: list[tuple[int, int, int]] = []
    for site, row, units in sorted(pieces, key=lambda piece: (-piece[2], piece[0], piece[1])):
        left = units
        for line in view.rows[row].lines:
            take = min(left, open_units[line.key])
            if take:
                open_units[line.key] -= take
                left -= take
                out.append((site, line.key, take))
    out.sort(key=lambda entry: (entry[0], at[entry[1]]))
    return [(view.terms.site_ids[site], key, units) for site, key, units in out]
