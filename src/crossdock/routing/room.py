"""What room is worth: prices per gram for a few locations with room for so many grams each, and the bound they give.

Per line the handling price of a location is shared out over all that it could ship, so that a line is filled by rising
unit cost: that bounds its cost from below, and meets it when each location ships all it can or nothing. Prices are
found one location after the other; the bound is concave in each, and its tangents lead to the top.

Prices and shares are whole 256ths, so that products and sums of them are exact.
"""

import numpy as np

from crossdock.routing.problem import Problem
from crossdock.routing.terms import Bools, Floats, Ints

_PART = 256.0
_DEAREST = 2.0**20
_HEAVIEST = 2.0**22  # prices end at four times the dearest: 22 + 22 + 8 bits
_TANGENTS = 24
_ROUNDS = 4


class Lines:
    """The lines of an order over open columns: what each ships, what a unit costs, and the prices of grams.

    `heavy` are the columns that could ship more than a parcel; only their room can bind.
    """

    __slots__ = (
        "_alone",
        "_cost",
        "_handling",
        "_left",
        "_marginal",
        "_shared",
        "_units",
        "heavy",
        "prices",
        "shipped",
        "weight",
    )

    def __init__(self, problem: Problem, columns: Ints, shipped: Floats) -> None:
        self._units = np.minimum(problem.U[:, columns], shipped[:, None])
        self._cost, self._handling = problem.c[:, columns], problem.H[columns]
        self._shared = self._cost + np.floor(self._handling * _PART / np.maximum(self._units, 1.0)) / _PART
        self.shipped, self.weight = shipped, problem.w
        self.heavy: Ints = np.flatnonzero(problem.w @ self._units > problem.limit)
        sets = np.zeros(((1 << len(self.heavy)) - 1, len(columns)))
        sets[:, self.heavy] = (np.arange(1, len(sets) + 1)[:, None] >> np.arange(len(self.heavy))) & 1
        without = self._units @ (1.0 - sets.T)
        self._alone = sets, problem.w @ np.maximum(shipped[:, None] - without, 0.0)
        self.prices: Floats = np.zeros(len(columns))
        self._left: Bools = np.tri(len(columns), k=-1, dtype=bool)
        self._marginal: Floats = np.zeros((problem.n, len(columns)))

    @staticmethod
    def fits(problem: Problem) -> bool:
        """Say whether the order is light enough for sums to be exact."""
        return problem.weight_g <= _HEAVIEST

    def fit(self, room: Floats) -> bool:
        """Say whether the lines fit into the room, if units could be divided: in each set what nobody else can ship."""
        sets, grams = self._alone
        return bool((grams <= sets @ room).all())

    def price(self, room: Floats, upper: float) -> float:
        """Find good prices, and give their bound on every division; ends where it reaches `upper`."""
        best = -np.inf
        columns = np.eye(len(room), dtype=bool)
        several = len(self.heavy) > 1 and len(room) > 2
        together: Bools = np.isin(np.arange(len(room)), self.heavy)
        for turn in range(_ROUNDS if several else 1):
            before = best
            for at in self.heavy.tolist():
                best = max(best, self._tangents(room, columns[at]))
            if several and best < upper:  # what two of them ship alike moves between them while only one is dear
                best = max(best, self._tangents(room, together))
            if best >= upper or (turn and best == before):
                break
        value, _ = self._looked_at(room)
        return value

    def priced(self) -> tuple[Floats, Floats]:
        """Give per line what its dearest unit costs at the prices, and the units per column."""
        return self._filled(self._cost + self.weight[:, None] * self.prices)

    def ranges(self, gap: float) -> tuple[Floats, Floats]:
        """Give per line and column the fewest and the most units with which a fill may cost less than the gap more."""
        off = np.floor(gap / np.maximum(np.abs(self._marginal), 1.0 / _PART))
        low = np.where(self._marginal < 0, np.maximum(self._units - off, 0.0), 0.0)
        high = np.where(self._marginal > 0, np.minimum(self._units, off), self._units)
        return low, high

    def above(self, line: Ints, units: Floats) -> Floats:
        """Give what fills of lines cost above the bound on the line."""
        priced = self._cost[line] + self.weight[line][:, None] * self.prices
        cost = (units * priced).sum(axis=1) + (units > 0) @ self._handling
        least = self._shared + self.weight[:, None] * self.prices
        above: Floats = cost - (self._filled(least)[1] * least).sum(axis=1)[line]
        return above

    def _filled(self, cost: Floats) -> tuple[Floats, Floats]:
        """Fill each line by rising cost; give the cost of its last unit, and the units."""
        # what is cheaper, or as cheap and further left, is taken before
        cheaper = cost[:, None, :] < cost[:, :, None]
        cheaper |= (cost[:, None, :] == cost[:, :, None]) & self._left
        before = (cheaper * self._units[:, None, :]).sum(axis=2)
        units: Floats = np.minimum(np.maximum(self.shipped[:, None] - before, 0.0), self._units)
        last = np.where(units > 0, cost, -np.inf).max(axis=1)
        return np.where(np.isinf(last), cost.max(axis=1), last), units

    def _looked_at(self, room: Floats) -> tuple[float, Floats]:
        """Give the bound at the prices, and by how many grams each column exceeds its room."""
        cost = self._shared + self.weight[:, None] * self.prices
        last, units = self._filled(cost)
        self._marginal = cost - last[:, None]
        return float((units * cost).sum() - self.prices @ room), self.weight @ units - room

    def _tangents(self, room: Floats, along: Bools) -> float:
        """Raise or lower the prices of some columns together to where the bound is highest."""
        start = np.where(along, self.prices - float(self.prices[along].min()), self.prices)

        def looked_at(price: float) -> tuple[float, float]:
            self.prices = start + price * along
            value, over = self._looked_at(room)
            return value, float(over[along].sum())

        price = max(64.0, float((self.prices - start).max()))
        low_price, (low, low_slope) = 0.0, looked_at(0.0)
        if low_slope <= 0:
            return low
        high, slope = looked_at(price)
        while slope > 0 and price < _DEAREST:
            low_price, low, low_slope = price, high, slope
            price *= 4.0
            high, slope = looked_at(price)
        best, best_price = (low, low_price) if low > high else (high, price)
        for _ in range(_TANGENTS):
            if slope >= 0:
                break
            meet = (high - slope * price - low + low_slope * low_price) / (low_slope - slope)
            meet = float(np.floor(meet * _PART) / _PART)
            if not low_price < meet < price:
                break
            value, inclined = looked_at(meet)
            if value > best:
                best, best_price = value, meet
            if inclined > 0:
                low_price, low, low_slope = meet, value, inclined
            else:
                price, high, slope = meet, value, inclined
        self.prices = start + best_price * along
        return best
