"""The order as a facility location problem: lines × sites arrays of whole float64 numbers.

    minimise  Σ_l (F_l y_l + B_l n_l) + Σ H_l z_il + Σ c_il x_il + Σ p_i (q_i − Σ_l x_il)
    x_il ≤ U_il z_il,  Σ_l x_il ≤ q_i,  z_il ≤ y_l,  n_l = ⌈Σ_i w_i x_il ÷ limit⌉, at least 1 where l is used

B holds the price of an extra parcel too; the one parcel that is not extra is taken off at the end. U is 0 where what
a location has of a line costs at least as much to ship, handling included, as to leave. Columns are sorted by
(rank, id), so the first of equals is preferred.
"""

from typing import Protocol

import numpy as np

from crossdock.routing.model import RoutingError
from crossdock.routing.terms import EXACT, Floats, Ints
from crossdock.routing.view import View

_CELLS = 800_000


class Counting(Protocol):
    """What is to be least: amounts per parcel, per location, per line, per unit, and of units left behind.

    Money (a `View`) or points. `once` is contained in a plan's total and does not belong to it.
    """

    parcel: Floats
    late: Floats | None
    line: Floats
    once: float

    def unit_costs(self, sites: Ints) -> Floats:
        """Give what a unit of each row counts at these sites; credits below 0."""

    def penalties(self) -> Floats:
        """Give what a unit of each row counts when it is left behind."""


class Problem:
    """One order's arrays. `sites` maps a column to its place in the network.

    `gain[i, l]`: what line i gains if l fills what it can of it, against leaving it, ≥ 0; `value_none` = Σ p q.
    `one_parcel`: nobody has more than a parcel of the order, so n = y. `filling`: no unit in stock anywhere costs more
    to ship, in a parcel of its own from a location already open, than to leave; then plans ship all they can. `cells`
    is the work left for settling how many parcels go where. `offset` is what every total has too much: c and p of a
    line with credits are raised alike until none is below 0, and the first parcel and location pay as others do.
    """

    __slots__ = (
        "B", "F", "H", "U", "c", "cells", "divided", "f", "filling", "gain", "limit", "m", "most", "n", "offset",
        "one_parcel", "order", "p", "q", "sites", "split_lines", "value_none", "w", "weight_g",
    )  # fmt: skip

    def __init__(self, view: View, counting: Counting | None = None) -> None:
        terms, rows = view.terms, view.rows
        counting = view if counting is None else counting
        sites = np.flatnonzero(view.ok)
        stock = view.stock[:, sites]
        some = stock.any(axis=0)
        sites, stock = sites[some], stock[:, some]
        order = terms.rank_key[sites].argsort(kind="stable")
        sites, stock = sites[order], stock[:, order]
        self.sites: Ints = sites
        self.order: Ints = terms.rank_key[sites]
        self.n, self.m = stock.shape
        self.q = np.array([row.quantity for row in rows], dtype=np.float64)
        self.p = counting.penalties()
        self.w = np.array([row.weight_g for row in rows], dtype=np.float64)
        self.c: Floats = counting.unit_costs(sites)
        self.offset = counting.once
        if self.m and float(self.c.min()) < 0.0:
            shift = np.maximum(-self.c.min(axis=1), 0.0)
            self.c += shift[:, None]
            self.p += shift
            self.offset += float(self.q @ shift)
        self.U: Floats = np.minimum(stock, self.q[:, None])
        for at, row in enumerate(rows):
            if row.requires:
                self.U[at] *= terms.capable(row.requires)[sites]
        margin = self.p[:, None] - self.c
        self.H: Floats = counting.line[sites]
        self.B: Floats = counting.parcel[sites]
        self.F: Floats = np.zeros(self.m) if counting.late is None else counting.late[sites]
        self.f: Floats = self.F + self.B
        self.gain: Floats = np.maximum(self.U * margin - self.H, 0.0)
        self.U[self.gain <= 0] = 0.0
        self.limit, self.weight_g, self.most = float(terms.limit), float(view.weight_g), view.most
        self.one_parcel = view.weight_g <= terms.limit or not bool((self.w @ self.U > terms.limit).any())
        self.split_lines = terms.policy.split == "unit"
        self.cells = _CELLS
        self.divided: dict[tuple[int, ...], tuple[float, Floats | None, float]] = {}
        self.value_none = float(self.q @ self.p)
        own = np.maximum(np.ceil(self.w / self.limit), 1.0)[:, None]  # a unit may be heavier than a parcel
        short = (margin < self.H + self.B * own) & (self.U > 0)
        self.filling = self.one_parcel or not bool(short.any())
        dearest = float(self.q @ self.c.max(axis=1)) + float((self.f + self.H * self.n).sum()) if self.m else 0.0
        parcels = self.weight_g / self.limit * float(self.B.max()) * 2 if self.m else 0.0
        if not self.U.any(axis=0).all():
            self.keep(np.flatnonzero(self.U.any(axis=0)))
        if dearest + parcels + self.value_none >= EXACT:
            raise RoutingError("the costs of the order add up to more than whole numbers can hold")

    def keep(self, columns: Ints) -> None:
        """Forget all columns but these (ascending)."""
        self.sites, self.order, self.m = self.sites[columns], self.order[columns], len(columns)
        self.U, self.c, self.gain = self.U[:, columns], self.c[:, columns], self.gain[:, columns]
        self.H, self.B, self.F, self.f = self.H[columns], self.B[columns], self.F[columns], self.f[columns]

    def at(self, sites: Ints) -> Ints:
        """Give the columns of these sites, ascending; only −1 where one has been forgotten."""
        columns = np.flatnonzero(np.isin(self.sites, sites))
        return columns if len(columns) == len(sites) else np.array([-1])

    def parcels(self, grams: Floats) -> Floats:
        """Give the number of parcels for weights in grams, at least one each."""
        return np.maximum(np.ceil(grams / self.limit), 1.0)
