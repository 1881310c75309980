"""One order in front of the network: its rows, and per site what a parcel from there costs and whether it may be sent.

Demand lines of the same item are folded into one row, because they stand before the same stock; their weight is the
item's, their requirements are joined, and an unfilled unit counts with the highest of their values.
"""

from typing import NamedTuple

import numpy as np

from crossdock.routing.model import Demand, DemandLine, Policy, RoutingError, Snapshot
from crossdock.routing.terms import EXACT, Bools, Floats, Ints, Terms


class Row(NamedTuple):
    """An item of the order: its demand lines, units, grams and penalty (milli) per unit, what handling it needs."""

    lines: tuple[DemandLine, ...]
    item: int
    quantity: int
    weight_g: int
    penalty: int
    requires: tuple[str, ...]


def rows_of(demand: Demand, policy: Policy) -> list[Row]:
    """Fold the demand's lines by item, in the order in which items first appear."""
    lines = demand.lines
    if not lines:
        raise RoutingError("a demand without lines cannot be routed")
    per_unit, permille = policy.unfilled_per_unit, policy.unfilled_permille
    if len({line.item for line in lines}) == len(lines):
        return [
            Row((i,), i.item, i.quantity, i.weight_g, per_unit + i.unit_value * permille, i.requires) for i in lines
        ]
    by_item: dict[int, list[DemandLine]] = {}
    for line in lines:
        by_item.setdefault(line.item, []).append(line)
    return [
        Row(
            tuple(same),
            item,
            sum(line.quantity for line in same),
            max(line.weight_g for line in same),
            max(policy.penalty(line.unit_value) for line in same),
            tuple(sorted({name for line in same for name in line.requires})),
        )
        for item, same in by_item.items()
    ]


class View:
    """The vectors of one order, one entry per site, money in milli as whole float64.

    `ok`: may be used at all; `zone`; `parcel`: base, handling and the extra price of one more parcel; `late`: lateness
    and prices paid once per fulfillment. `stock` has a line per row (a folded item's is its first line's).
    """

    __slots__ = ("demand", "late", "ok", "parcel", "rows", "ship_day", "snapshot", "stock", "terms", "weight_g", "zone")

    def __init__(self, demand: Demand, snapshot: Snapshot, terms: Terms, rows: list[Row]) -> None:
        self.demand, self.snapshot, self.terms, self.rows = demand, snapshot, terms, rows
        stock = snapshot.stock
        if stock.shape != (len(demand.lines), len(terms.site_ids)):
            raise RoutingError(f"stock is {stock.shape}, not {(len(demand.lines), len(terms.site_ids))}")
        if len(rows) != len(demand.lines):
            at = {line.key: index for index, line in enumerate(demand.lines)}
            stock = stock[[at[row.lines[0].key] for row in rows]]
        self.stock: Ints = stock
        self.weight_g = 0
        reach = 0
        for row in rows:
            if row.quantity < 1:
                raise RoutingError("a demand line asks for at least one unit")
            self.weight_g += row.quantity * row.weight_g
            reach += row.quantity * row.penalty
        if reach >= EXACT:
            raise RoutingError("the penalties of the order add up to more than whole numbers can hold")
        self.ship_day: Ints = snapshot.ship_day
        self.zone: Ints = terms.zones(demand)
        ok: Bools = terms.allowed & (self.ship_day >= 0)
        ok &= snapshot.capacity > 0
        if not terms.always_served:
            ok &= terms.served_z[self.zone]
        self.ok = ok
        self.parcel: Floats = terms.base_z[self.zone] + terms.parcel_l
        if terms.extra:
            self.parcel += terms.extra
        if terms.credited and self.parcel[ok].min(initial=EXACT) < terms.extra:
            raise RoutingError("a parcel costs nothing at the least")
        self.late: Floats | None = terms.price_l
        per_day = terms.policy.lateness_per_day
        if per_day and demand.due_day is not None:
            days = self.ship_day + terms.transit_z[self.zone]
            days -= demand.due_day
            late = np.maximum(days, 0) * float(per_day)
            self.late = late if self.late is None else late + self.late

    def unit_weight_cost(self, row: Row, zone: int) -> int:
        """Give what one unit's weight costs in a zone: grams × price per kg ÷ 1000, half a milli rounded up."""
        return (row.weight_g * self.terms.per_kg_list[zone] + 500) // 1000
