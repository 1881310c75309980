"""The short way: one location holds everything, and no two parcels can beat it nor the next such location.

Then only vectors over the sites are needed. Every plan with two or more locations costs at least the two least prices
of opening plus the lines at the least prices found anywhere (each taken for itself, so far below any real plan). It
is enough when a second parcel costs more than zones and hands differ, as it mostly does.
"""

import numpy as np

from crossdock.routing.bill import Pieces
from crossdock.routing.problem import Counting
from crossdock.routing.terms import EXACT, Bools, Floats, Ints
from crossdock.routing.view import View


def quick(view: View) -> tuple[Pieces, Pieces] | None:
    """Give the best plan and the best with another location when both are proven by vectors alone, else None.

    All other plans, those with several locations included, cost at least as much as the second.
    """
    terms, rows = view.terms, view.rows
    if terms.extended or view.composite or view.snapshot.units_room is not None or terms.side:
        return among_all(view)
    if terms.unit_prices or len(rows) != len(view.demand.lines):
        return None
    quantity = np.array([row.quantity for row in rows])
    full = (view.stock >= quantity[:, None]).all(axis=0)
    full &= view.ok
    for requires in {row.requires for row in rows if row.requires}:
        full &= terms.capable(requires)
    able = full.nonzero()[0]
    if len(able) < 2:
        return None
    lines, units = len(rows), sum([row.quantity for row in rows])
    parcels = max(1, -(-view.weight_g // terms.limit))
    by_zone = _weight_by_zone(view)
    zone, late = view.zone, view.late
    total = by_zone[zone[able]] + view.parcel[able] * parcels
    total += terms.line_l[able] * lines + terms.unit_l[able] * units
    if late is not None:
        total += late[able]
    first, second = _two_least(view, able, total)
    if not _beaten(view, by_zone, lines, units, parcels, float(total[second])):
        return None
    return _whole(view, int(able[first])), _whole(view, int(able[second]))


def _two_least(view: View, able: Ints, total: Floats) -> tuple[int, int]:
    rank = view.terms.rank_key
    if len(able) == 2:
        return (0, 1) if (total[0], rank[able[0]]) <= (total[1], rank[able[1]]) else (1, 0)
    first, second = np.lexsort((rank[able], total))[:2].tolist()
    return first, second


def _whole(view: View, site: int) -> Pieces:
    return [(site, at, row.quantity) for at, row in enumerate(view.rows)]


def among_all(view: View, counting: Counting | None = None) -> tuple[Pieces, Pieces] | None:
    """As `quick`, for any costs, and for points: what a unit costs is laid out for all sites.

    Two and more locations cost at least the two least openings, and each row where it is cheapest from one location
    alone: dividing a row saves nothing on that, for its handling is paid again.
    """
    counting = view if counting is None else counting
    terms, rows, policy = view.terms, view.rows, view.terms.policy
    sites = view.ok.nonzero()[0]
    quantity = np.array([row.quantity for row in rows], dtype=np.float64)
    stock = view.stock[:, sites]
    full: Bools = (stock >= quantity[:, None]).all(axis=0).reshape(-1)
    for requires in {row.requires for row in rows if row.requires}:
        full &= terms.capable(requires)[sites]
    if view.composite:  # rows may draw on one item
        full &= (view.base_stock[:, sites] >= view.quantities[:, None]).all(axis=0)
    if view.snapshot.units_room is not None:
        full &= view.snapshot.units_room[sites] >= int(view.quantities.sum())
    able = full.nonzero()[0]
    parcels = max(1, -(-view.weight_g // terms.limit))
    if len(able) < 2 or (policy.max_parcels or parcels) < parcels or max(row.weight_g for row in rows) > terms.limit:
        return None
    if policy.min_value_per_location > sum([row.quantity * row.value for row in rows]):
        return None
    cost, line, parcel = counting.unit_costs(sites), counting.line[sites], counting.parcel[sites]
    once = np.zeros(len(sites)) if counting.late is None else counting.late[sites]
    each: Floats = quantity[:, None] * cost + line
    total = each[:, able].sum(axis=0) + (parcel * parcels + once)[able]
    first, second = _two_least(view, sites[able], total)
    least, opening = float(total[second]), parcel + once
    dearest = float(opening.max()) + float(line.max())
    if bool((counting.penalties() < cost.max(axis=1) + dearest).any()) or least >= EXACT:
        return None
    if view.most != 1:
        two = float(np.partition(opening, 1)[:2].sum()) + float(parcel.min()) * max(0, parcels - 2)
        if two + float(each.min(axis=1).sum()) < least:
            return None
    return _whole(view, int(sites[able[first]])), _whole(view, int(sites[able[second]]))


def _weight_by_zone(view: View) -> Floats:
    """Give what the order's weight costs in each zone, rounded per unit as everywhere."""
    rates, rows = view.terms.per_kg_list, view.rows
    if len(rows) * len(rates) <= 40:
        return np.array(
            [float(sum([r.quantity * ((r.weight_g * rate + 500) // 1000) for r in rows])) for rate in rates]
        )
    weight = np.array([row.weight_g for row in rows], dtype=np.int64)
    quantity = np.array([row.quantity for row in rows], dtype=np.int64)
    return (quantity @ ((weight[:, None] * view.terms.rates + 500) // 1000)).astype(np.float64)


def _beaten(view: View, by_zone: Floats, lines: int, units: int, parcels: int, total: float) -> bool:
    """Say whether shipping everything from one location, at `total`, is no worse than any division or shipping less."""
    terms, ok = view.terms, view.ok
    opening = view.parcel if view.late is None else view.parcel + view.late
    some = opening[ok]
    dearest = float(some.max()) + terms.unit_max + terms.line_max
    for row in view.rows:  # a unit left behind must cost more than sending it, alone in a parcel, from anywhere
        if row.penalty < dearest + (row.weight_g * terms.rate_max + 500) // 1000 or row.weight_g > terms.limit:
            return False
    if total >= EXACT:
        return False
    if terms.most == 1 or len(some) < 2:
        return True
    two = float(np.partition(some, 1)[:2].sum())
    if parcels > 2:
        two += float(view.parcel[ok].min()) * (parcels - 2)
    return two + float(by_zone[view.zone[ok]].min()) + lines * terms.line_min + units * terms.unit_min >= total
