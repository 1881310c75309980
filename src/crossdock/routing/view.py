"""One order in front of the network: its rows, what a parcel from each site costs, and whether it may be sent."""

from functools import cached_property

import numpy as np

from crossdock.routing.fences import handled
from crossdock.routing.model import Demand, RoutingError, Snapshot
from crossdock.routing.places import kilometres
from crossdock.routing.rows import Row, items_of, rows_of
from crossdock.routing.seen import ROOM
from crossdock.routing.terms import EXACT, Bools, Floats, Ints, Terms

__all__ = ["Row", "View", "rows_of"]


class View:
    """The vectors of one order, one entry per site, money in milli as whole float64.

    `ok`: may be used at all; `zone`; `parcel`: base, handling and the extra price of one more parcel; `late`: what is
    paid once per fulfillment (lateness, prices, costs). `stock` has a line per row: what of it may ship; `bases` are
    the order's items, `base_stock` what may ship of them, `seen_stock` what the snapshot shows. `composite`: rows are
    made of several items. `most`: so many locations at the most. `once`: what the first parcel and location pay in
    `parcel` and `late` and get back.
    """

    def __init__(self, demand: Demand, snapshot: Snapshot, terms: Terms, rows: list[Row]) -> None:
        self.demand, self.snapshot, self.terms, self.rows = demand, snapshot, terms, rows
        if snapshot.stock.shape != (len(demand.lines), len(terms.site_ids)):
            raise RoutingError(f"stock is {snapshot.stock.shape}, not {(len(demand.lines), len(terms.site_ids))}")
        self.composite = any(row.parts for row in rows)
        self.bases = items_of(demand.lines, terms.policy) if self.composite else rows
        self._first: list[int] | None = None
        if len(self.bases) != len(demand.lines):
            at = {line.key: index for index, line in enumerate(demand.lines)}
            self._first = [at[row.lines[0].key] for row in self.bases]
        self._weigh(rows)
        self.ship_day: Ints = snapshot.ship_day
        self.squared: Floats | None = terms.squared(demand)
        self.zone: Ints = terms.zones(demand, self.squared)
        self.parcel: Floats = terms.base_z[self.zone] + terms.parcel_l
        if terms.extra:
            self.parcel += terms.extra
        self.once = float(terms.extra + terms.extra_location)
        self.most = terms.most
        limit = terms.policy.max_parcels
        if limit is not None:  # a location sends at least one
            self.most = limit if self.most is None else min(self.most, limit)
        self.late: Floats | None = self._late()
        self._fence()
        if terms.credited and self.parcel[self.ok].min(initial=EXACT) < terms.extra:
            raise RoutingError("a parcel costs nothing at the least")
        self.line: Floats = terms.line_l

    def _weigh(self, rows: list[Row]) -> None:
        self.weight_g = 0
        reach = 0
        for row in rows:
            if row.quantity < 1:
                raise RoutingError("a demand line asks for at least one unit")
            self.weight_g += row.quantity * row.weight_g
            reach += row.quantity * row.penalty
        if reach >= EXACT:
            raise RoutingError("the penalties of the order add up to more than whole numbers can hold")

    def _late(self) -> Floats | None:
        """Give what each site pays once: prices, lateness, the costs per fulfillment, the price of a location."""
        terms, due = self.terms, self.demand.due_day
        total = terms.price_l
        if terms.late_day and due is not None:
            days = self.ship_day + terms.transit_z[self.zone]
            days -= due
            late = np.maximum(days, 0) * float(terms.late_day)
            total = late if total is None else late + total
        if terms.costs.fixed:
            more = terms.costs.per_fulfillment(self)
            if more is not None:
                total = more.astype(np.float64) if total is None else total + more
        if terms.extra_location:
            total = (
                np.full(len(self.zone), float(terms.extra_location)) if total is None else total + terms.extra_location
            )
        return total

    def _fence(self) -> None:
        """Work out which sites may be used, and what of each row may ship from them."""
        terms, snapshot = self.terms, self.snapshot
        ok: Bools = terms.allowed & (self.ship_day >= 0)
        ok &= snapshot.capacity > 0
        if not terms.always_served:
            ok &= terms.served_z[self.zone]
        if snapshot.paused is not None:
            ok &= ~snapshot.paused
        self.seen_stock: Ints = self._by_base(snapshot.stock)
        stock = self.seen_stock
        fences = terms.fences
        if fences.some:
            ok &= fences.today(self)
            if fences.keeps is not None:
                stock = np.maximum(stock - fences.keeps, 0)
            if fences.handling:
                stock = self._handled(stock)
        if snapshot.barred is not None:
            stock = stock * ~self.barred
        if snapshot.units_room is not None:
            stock = np.minimum(stock, np.minimum(snapshot.units_room, ROOM))
        self.base_stock: Ints = stock
        if fences.shares:
            ok = fences.shared(self, ok)
        self.ok = ok
        self.stock: Ints = self._of_rows(stock) if self.composite else stock

    def _handled(self, stock: Ints) -> Ints:
        stock = stock.copy()
        for at, row in enumerate(self.bases):
            fitting = handled(self.terms.fences, self, row.requires) if row.requires else None
            if fitting is not None:
                stock[at] *= fitting
        return stock

    def _of_rows(self, stock: Ints) -> Ints:
        """Give how many units of each row there are: of a row of several items, as many as all its parts allow."""
        place = self.place
        out = np.empty((len(self.rows), stock.shape[1]), dtype=np.int64)
        for at, row in enumerate(self.rows):
            if row.parts:
                out[at] = np.min([stock[part.base] // part.units for part in row.parts], axis=0)
            else:
                out[at] = stock[place[row.item]]
        return out

    @cached_property
    def place(self) -> dict[int, int]:
        """Which of `bases` an item is."""
        return {row.item: at for at, row in enumerate(self.bases)}

    @cached_property
    def barred(self) -> Bools:
        """Where an item must not ship from because a line of it was rejected there (items × sites)."""
        barred = self.snapshot.barred
        assert barred is not None
        if self._first is None:
            return barred
        at = {line.key: index for index, line in enumerate(self.demand.lines)}
        rows = [barred[[at[line.key] for line in row.lines]].any(axis=0) for row in self.bases]
        return np.array(rows, dtype=bool)

    @cached_property
    def quantities(self) -> Ints:
        """The units asked for of each item."""
        return np.array([row.quantity for row in self.bases], dtype=np.int64)

    @cached_property
    def kilometres(self) -> Ints:
        """Whole kilometres from each site; 0 where the destination is not known."""
        if self.squared is None:
            return np.zeros(len(self.zone), dtype=np.int64)
        return kilometres(self.squared)

    def _by_base(self, array: Ints) -> Ints:
        return array if self._first is None else array[self._first]

    def by_base(self, array: Ints | None) -> Ints | None:
        """Give an array of the snapshot (lines × sites) by item; None as it is."""
        return None if array is None else self._by_base(array)

    def base_costs(self, sites: Ints) -> Floats:
        """Give what a unit of each item costs at these sites, its weight, hands and other costs; credits below 0."""
        terms, bases = self.terms, self.bases
        c: Floats = terms.tariff.units(bases).astype(np.float64)[:, self.zone[sites]] + terms.unit_l[sites]
        if terms.unit_prices:
            for at, row in enumerate(bases):
                if row.item in terms.unit_prices:
                    c[at] += terms.unit_prices[row.item][sites]
        if terms.costs.unit:
            more = terms.costs.per_unit(self)
            if more is not None:
                c += more[:, sites] if more.shape[1] > 1 else more
        return c

    def unit_costs(self, sites: Ints) -> Floats:
        """Give what a unit of each row costs at these sites; of a row of several items, all of them."""
        c, terms = self.base_costs(sites), self.terms
        if not self.composite:
            return c
        out = np.empty((len(self.rows), len(sites)))
        for at, row in enumerate(self.rows):
            if row.parts:
                parts = np.array([c[part.base] * part.units for part in row.parts])
                out[at] = parts.sum(axis=0) + terms.line_l[sites] * row.lines_more
            else:
                out[at] = c[self.place[row.item]]
        return out

    def penalties(self) -> Floats:
        """Give what one unit of each row costs unshipped."""
        return np.array([row.penalty for row in self.rows], dtype=np.float64)

    def unit_weight_cost(self, row: Row, zone: int) -> int:
        """Give what one unit of an item counts with on the rate card: weight, its surcharges and fuel."""
        return self.terms.tariff.unit_counted(row, zone)
