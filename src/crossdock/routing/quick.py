"""The short way: one location holds everything, and no two parcels can beat it nor the next such location.

Then only vectors over the sites are needed. Every plan with two or more locations costs at least the two least prices
of opening plus the lines at the least prices found anywhere (each taken for itself, so far below any real plan). It
is enough when a second parcel costs more than zones and hands differ, as it mostly does.
"""

import numpy as np

from crossdock.routing.bill import Pieces
from crossdock.routing.terms import EXACT, Floats
from crossdock.routing.view import View


def quick(view: View) -> tuple[Pieces, Pieces] | None:
    """Give the best plan and the best with another location when both are proven by vectors alone, else None.

    All other plans, those with several locations included, cost at least as much as the second.
    """
    terms, rows = view.terms, view.rows
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
    if len(able) == 2:
        first, second = (0, 1) if (total[0], terms.rank_key[able[0]]) <= (total[1], terms.rank_key[able[1]]) else (1, 0)
    else:
        first, second = np.lexsort((terms.rank_key[able], total))[:2].tolist()
    if not _beaten(view, by_zone, lines, units, parcels, float(total[second])):
        return None
    best, other = int(able[first]), int(able[second])
    return (
        [(best, at, row.quantity) for at, row in enumerate(rows)],
        [(other, at, row.quantity) for at, row in enumerate(rows)],
    )


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
