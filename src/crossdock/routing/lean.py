"""The bound of `dual` without cover cuts and loaded parcels, in a third of the passes: for orders of many lines.

A step goes through all lines and columns some times; here each layer of cost is one product, one difference and one
sum in arrays that are kept. Units are only asked for the columns that are chosen.
"""

import numpy as np

from crossdock.routing.dual import Dual
from crossdock.routing.terms import Bools, Floats, Ints


class Lean:
    """The layers of a dual's costs: `first` with one parcel each, `second` by the gram for the heavy columns."""

    __slots__ = (
        "U", "_gram", "_last", "_plain", "_reach", "_spare", "cover", "first", "fixed", "heavy", "need", "needed",
        "offset", "p", "q", "second", "whole",
    )  # fmt: skip

    def __init__(self, dual: Dual, columns: Ints, needed: Bools) -> None:
        """Take these columns of a dual; `needed` are open in any case."""
        self.U: Floats = dual.U[:, columns]
        handling = np.broadcast_to(dual.H, dual.U.shape)
        self.first: Floats = dual.variable[:, columns] + handling[:, columns]
        self.fixed: Floats = dual.fixed[columns]
        self.needed, self.offset, self.q, self.p = needed, dual.offset, dual.q, dual.p
        self.need, self.whole, self.cover = self.q, np.maximum(self.q, 1.0), None
        at = np.zeros(len(dual.fixed), dtype=bool)
        at[dual.heavy] = True
        self.heavy: Ints = np.flatnonzero(at[columns])
        self._reach = self.U
        if len(self.heavy):
            inside = dual.heavy.searchsorted(columns[self.heavy])
            fixed, variable = dual.by_gram
            self._gram: Floats = fixed[inside]
            self.second: Floats = variable[:, inside] + handling[:, columns[self.heavy]]
            if len(self.heavy) < len(columns):
                self._reach = self.U[:, self.heavy]
            self._spare: Floats = np.empty_like(self.second)
        self._plain: Floats = np.empty_like(self.U)
        self._last: Bools = np.zeros(0, dtype=bool)

    def limited(self, prices: Floats) -> Floats:
        """Bring prices back to what is allowed: not below 0, not above the penalty."""
        within: Floats = np.minimum(np.maximum(prices, 0.0), self.p)
        return within

    def reduced(self, prices: Floats, _cover: None) -> tuple[Floats, None, None]:
        """Give s per column."""
        profit = np.multiply(self.U, prices[:, None], out=self._plain)
        profit -= self.first
        np.maximum(profit, 0.0, out=profit)
        s: Floats = self.fixed - profit.sum(axis=0)
        self._last = np.zeros(len(s), dtype=bool)
        if len(self.heavy):
            profit = np.multiply(self._reach, prices[:, None], out=self._spare)
            profit -= self.second
            np.maximum(profit, 0.0, out=profit)
            by_gram = self._gram - profit.sum(axis=0)
            self._last[self.heavy] = by_gram > s[self.heavy]
            s[self.heavy] = np.maximum(s[self.heavy], by_gram)
        return s, None, None

    def slope(self, chosen: Bools, _units: None, _used: None) -> Floats:
        """Give what is still wanted of each line when the chosen columns serve what paid at the last prices."""
        one = np.flatnonzero(chosen & ~self._last)
        wanted: Floats = self.q - (self.U[:, one] * (self._plain[:, one] > 0)).sum(axis=1)
        two = np.flatnonzero((chosen & self._last)[self.heavy]) if len(self.heavy) else np.zeros(0, dtype=np.int64)
        if len(two):
            wanted -= (self._reach[:, two] * (self._spare[:, two] > 0)).sum(axis=1)
        return wanted
