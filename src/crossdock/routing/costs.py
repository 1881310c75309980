"""Costs beyond carriage and hands: what they add per fulfillment and per unit, and what they come to on a bill.

Each is worked out twice: for all locations at once, for the search, and in plain integers for one location, for the
bill. Amounts are whole milli; a weight (permille, `counted`) is applied to each single amount, so that a bill's sum is
what the search counted. Credits are below 0; the search sees them after a shift (`view`).

The factor of `carbon` is 137 g CO₂e per tonne-kilometre, heavy goods vehicles in the EU-27 in 2018, from well to wheel:
European Environment Agency, *Rail and waterborne: best for low-carbon motorised transport*, briefing of 24 March 2021
(study by Fraunhofer ISI and CE Delft).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from crossdock.routing.model import Network, Policy, RoutingError, Site
from crossdock.routing.places import Bools, Ints, meant, picked
from crossdock.routing.rules import EVERYWHERE, Carbon, Clear, Cost, FailedPick, Preference, Scarce, Workload

if TYPE_CHECKING:
    from crossdock.routing.rows import Row
    from crossdock.routing.view import View

GRAMS_PER_TONNE_KM = 137
FACTOR = "137 g CO2e per tonne-kilometre: EEA 2021, heavy goods vehicles, EU-27, 2018, well to wheel"

_MOST = 2**62


def counted(amount: Any, weight: int) -> Any:
    """Give an amount, or an array of them, at a weight in permille, half a milli rounded up."""
    return amount if weight == 1_000 else (amount * weight + 500) // 1_000


class Weights:
    """How much each named cost counts, in permille: 1000 where nothing is said; the last word counts."""

    __slots__ = ("_by_name", "some")

    def __init__(self, policy: Policy) -> None:
        self._by_name: dict[str, int] = dict(policy.weights)
        self.some = any(weight != 1_000 for weight in self._by_name.values())

    def of(self, name: str) -> int:
        """Give the weight of a cost."""
        return self._by_name.get(name, 1_000)


class Known(NamedTuple):
    """A cost of the policy before a network: the sites it means (None: all), its weight and its name on a bill."""

    cost: Cost
    sites: Bools | None
    weight: int
    name: str


class Costs:
    """The costs of a policy before a network."""

    __slots__ = ("fixed", "network", "some", "unit")

    def __init__(self, network: Network, policy: Policy, weights: Weights) -> None:
        self.network = network
        self.fixed: list[Known] = []
        self.unit: list[Known] = []
        for cost in policy.costs:
            sites = EVERYWHERE if isinstance(cost, Carbon) else cost.sites
            mask = None if sites == EVERYWHERE else picked(sites, network)
            tag = type(cost).__struct_config__.tag
            known = Known(cost, mask, weights.of(str(tag)), cost.name or str(tag))
            once = isinstance(cost, Preference) or (isinstance(cost, Workload) and cost.per == "fulfillment")
            (self.fixed if once else self.unit).append(known)
        self.some = bool(policy.costs)

    def per_fulfillment(self, view: View) -> Ints | None:
        """Give what each site adds once, whole milli ≥ 0; None where nothing does."""
        total: Ints | None = None
        for known in self.fixed:
            if isinstance(known.cost, Workload):
                amount = _rising(known.cost, view)
                if amount is None:
                    continue
            else:
                assert isinstance(known.cost, Preference)
                amount = np.full(len(self.network.sites), known.cost.amount, dtype=np.int64)
            total = _added(total, _masked(counted(amount, known.weight), known.sites))
        return total

    def per_unit(self, view: View) -> Ints | None:
        """Give what a unit of each item (`view.bases`) adds at each site, whole milli, credits below 0."""
        total: Ints | None = None
        for known in self.unit:
            amount = _UNITS[type(known.cost)](known.cost, view)
            if amount is not None:
                total = _added(total, _masked(counted(amount, known.weight), known.sites))
        return total

    def billed(self, view: View, at: int, pieces: list[tuple[int, int]]) -> list[tuple[str, int, int]]:
        """Give (name, amount, amount at its weight) for a site that ships these (item's place, units)."""
        out: list[tuple[str, int, int]] = []
        site = self.network.sites[at]
        for known in self.fixed:
            if known.sites is None or known.sites[at]:
                amount = _once(known.cost, view, at, site)
                out.append((known.name, amount, counted(amount, known.weight)))
        for known in self.unit:
            if known.sites is None or known.sites[at]:
                each = [(_each(known.cost, view, base, at), units) for base, units in pieces]
                real = sum([amount * units for amount, units in each])
                weighed = sum([counted(amount, known.weight) * units for amount, units in each])
                out.append((known.name, real, weighed))
        return out


def _added(total: Ints | None, amount: Ints) -> Ints:
    return amount if total is None else total + amount


def _masked(amount: Ints, sites: Bools | None) -> Ints:
    return amount if sites is None else amount * sites


# -- for all sites at once -----------------------------------------------------------------------------------------


def _rising(cost: Workload, view: View) -> Ints | None:
    used = view.snapshot.used
    if used is None:
        return None
    levels = np.array([step.used for step in cost.steps], dtype=np.int64)
    amounts = np.array([0, *(step.amount for step in cost.steps)], dtype=np.int64)
    found: Ints = amounts[levels.searchsorted(used, side="right")]
    return found


def _scarce(cost: Scarce, view: View) -> Ints | None:
    found: Ints = cost.per_unit * (cost.below - np.minimum(view.seen_stock, cost.below)) // cost.below
    return found


def _clear(cost: Clear, view: View) -> Ints | None:
    credit = np.array([-_credit(cost, row) for row in view.bases], dtype=np.int64)[:, None]
    if cost.within_days is None:
        return credit
    left = view.by_base(view.snapshot.days_left)
    return None if left is None else credit * ((left >= 0) & (left <= cost.within_days))


def _missed(cost: FailedPick, view: View) -> Ints | None:
    find = view.by_base(view.snapshot.find)
    return None if find is None else ((1_000 - find) * cost.per_unit + 500) // 1_000


def _emitted(cost: Carbon, view: View) -> Ints | None:
    if view.squared is None:
        return None
    grams = np.array([row.weight_g for row in view.bases], dtype=np.int64)[:, None]
    if int(grams.max()) * 20_016 * GRAMS_PER_TONNE_KM * cost.per_kg >= _MOST:
        raise RoutingError("the price of carbon is more than whole numbers can hold")
    found: Ints = (grams * view.kilometres * (GRAMS_PER_TONNE_KM * cost.per_kg) + 500_000_000) // 1_000_000_000
    return found


def _by_unit(cost: Workload, view: View) -> Ints | None:
    amount = _rising(cost, view)
    return None if amount is None else np.broadcast_to(amount, (len(view.bases), len(amount)))


_UNITS: dict[type, Callable[[Any, Any], Ints | None]] = {
    Workload: _by_unit,
    Scarce: _scarce,
    Clear: _clear,
    FailedPick: _missed,
    Carbon: _emitted,
}


# -- for one site, in plain integers ----------------------------------------------------------------------------------


def _credit(cost: Clear, row: Row) -> int:
    if cost.categories and row.category not in cost.categories:
        return 0
    return cost.per_unit + row.value * cost.permille


def _once(cost: Cost, view: View, at: int, site: Site) -> int:
    if isinstance(cost, Preference):
        return cost.amount if meant(cost.sites, site) else 0
    return _step(cost, view, at) if isinstance(cost, Workload) else 0


def _step(cost: Workload, view: View, at: int) -> int:
    if view.snapshot.used is None:
        return 0
    used, amount = int(view.snapshot.used[at]), 0
    for step in cost.steps:
        if step.used <= used:
            amount = step.amount
    return amount


def _each(cost: Cost, view: View, base: int, at: int) -> int:
    row = view.bases[base]
    if isinstance(cost, Workload):
        return _step(cost, view, at)
    if isinstance(cost, Scarce):
        stock = int(view.seen_stock[base, at])
        return cost.per_unit * max(0, cost.below - stock) // cost.below
    if isinstance(cost, Clear):
        if cost.within_days is not None:
            left = view.by_base(view.snapshot.days_left)
            if left is None or not 0 <= int(left[base, at]) <= cost.within_days:
                return 0
        return -_credit(cost, row)
    if isinstance(cost, FailedPick):
        find = view.by_base(view.snapshot.find)
        return 0 if find is None else ((1_000 - int(find[base, at])) * cost.per_unit + 500) // 1_000
    if isinstance(cost, Carbon) and view.squared is not None:
        grams_km = row.weight_g * int(view.kilometres[at])
        return (grams_km * GRAMS_PER_TONNE_KM * cost.per_kg + 500_000_000) // 1_000_000_000
    return 0
