"""The rate card as arrays by zone: carriage, weight by volume too, surcharges and fuel, each at its weight.

Dimensional weight, surcharges for handling and for heavy units are counted by the unit: which units share a parcel is
not known when an order is routed. Carriers measure the parcel, which is never more than the sum of its units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from crossdock.routing.costs import Weights, counted
from crossdock.routing.model import Policy, RateCard
from crossdock.routing.places import Ints
from crossdock.routing.rules import Surcharge

if TYPE_CHECKING:
    from crossdock.routing.rows import Row


class Parcel(NamedTuple):
    """What one parcel costs in a zone, weight apart: real amounts."""

    base: int
    surcharges: int
    fuel: int


class Tariff:
    """A rate card towards one country; `plain` where it has neither volume, surcharges by unit, fuel nor weights."""

    __slots__ = ("_by_unit", "_by_zone", "_rates", "_weights", "card", "parcels", "plain", "rates")

    def __init__(self, policy: Policy, weights: Weights, country: str) -> None:
        card = self.card = policy.card
        self._weights = tuple(weights.of(name) for name in ("carriage", "weight", "surcharges", "fuel"))
        lanes = card.lanes
        bases = [zone.base for zone in card.zones] + [0] + [lane.base for lane in lanes]
        self.rates = [zone.per_kg for zone in card.zones] + [0] + [lane.per_kg for lane in lanes]
        concerned = [one for one in card.surcharges if not one.countries or country in one.countries]
        self._by_unit = [one for one in concerned if by_unit(one)]
        by_parcel = [one for one in concerned if not by_unit(one)]
        self.parcels = []
        for zone, base in enumerate(bases):
            more = sum(one.amount for one in by_parcel if not one.zones or zone in one.zones)
            self.parcels.append(Parcel(base, more, fuel_on(card, base + more)))
        self._rates = np.array(self.rates, dtype=np.int64)
        self._by_zone = [(one, self._amounts(one)) for one in self._by_unit]
        self.plain = not (card.dim_divisor or self._by_unit or card.fuel_permille or weights.some)

    @property
    def per_parcel(self) -> list[int]:
        """What a parcel counts with in each zone."""
        return [self.weighed(*parcel) for parcel in self.parcels]

    def weighed(self, base: int, surcharges: int, fuel: int) -> int:
        """Give what carriage, surcharges and fuel count with together."""
        carriage, _, more, burnt = self._weights
        total: int = counted(base, carriage) + counted(surcharges, more) + counted(fuel, burnt)
        return total

    def units(self, rows: list[Row]) -> Ints:
        """Give what a unit of each item counts with in each zone: rows × zones."""
        grams = np.array([billable(self.card, row.weight_g, row.volume_cm3) for row in rows], dtype=np.int64)
        weight: Ints = (grams[:, None] * self._rates + 500) // 1_000
        if self.plain:
            return weight
        _, weight_at, more_at, fuel_at = self._weights
        more: Ints | None = None
        for one, amounts in self._by_zone:
            concerned = [_concerns(one, row) for row in rows]
            if any(concerned):
                dearer = np.array(concerned)[:, None] * amounts
                more = dearer if more is None else more + dearer
        if more is None:
            total: Ints = counted(weight, weight_at)
        else:
            total = counted(weight, weight_at) + counted(more, more_at)
        if self.card.fuel_permille:
            total = total + counted(fuel_on(self.card, weight if more is None else weight + more), fuel_at)
        return total

    def unit(self, row: Row, zone: int) -> tuple[int, int, int]:
        """Give what a unit costs in a zone: its weight, surcharges and fuel, real amounts."""
        weight = (billable(self.card, row.weight_g, row.volume_cm3) * self.rates[zone] + 500) // 1_000
        concerned = [one for one in self._by_unit if _concerns(one, row) and (not one.zones or zone in one.zones)]
        more = sum([one.amount for one in concerned])
        return weight, more, fuel_on(self.card, weight + more)

    def unit_counted(self, row: Row, zone: int) -> int:
        """Give what a unit counts with in a zone."""
        return self.unit_weighed(*self.unit(row, zone))

    def unit_weighed(self, weight: int, surcharges: int, fuel: int) -> int:
        """Give what a unit's weight, surcharges and fuel count with together."""
        _, weight_at, more_at, fuel_at = self._weights
        total: int = counted(weight, weight_at) + counted(surcharges, more_at) + counted(fuel, fuel_at)
        return total

    def _amounts(self, surcharge: Surcharge) -> Ints:
        """Give what a surcharge comes to in each zone."""
        named = surcharge.zones or range(len(self.rates))
        return np.array([surcharge.amount if zone in named else 0 for zone in range(len(self.rates))], dtype=np.int64)


def by_unit(surcharge: Surcharge) -> bool:
    """Say whether a surcharge is paid for single units: those that need handling or are heavy."""
    return bool(surcharge.handling) or surcharge.over_g is not None


def _concerns(surcharge: Surcharge, row: Row) -> bool:
    if surcharge.handling and not set(surcharge.handling) & set(row.requires):
        return False
    return surcharge.over_g is None or row.weight_g > surcharge.over_g


def billable(card: RateCard, weight_g: int, volume_cm3: int) -> int:
    """Give the grams that a unit is charged for: its weight, or its volume by the card's divisor where that is more."""
    if card.dim_divisor is None:
        return weight_g
    return max(weight_g, -(-volume_cm3 * 1_000 // card.dim_divisor))


def fuel_on(card: RateCard, amount: Any) -> Any:
    """Give the fuel surcharge on an amount, or an array of them, half a milli rounded up."""
    return (amount * card.fuel_permille + 500) // 1_000
