"""Opening stock and weekly receipts, assumed: the demand of the year is known, and mostly it is met.

The file says what was sold, not what lay where. So the plan looks ahead: every item has cycles of some weeks, and on
the Monday before a cycle each distribution centre receives what its region will order in it, and a little more. On
top of this come the mishaps that make a year worth looking at: items that cannot be bought for months (orders wait),
deliveries to one of the centres that arrive late (orders are split), items that are never bought again (orders
are never filled), slow movers held in one centre only, items that only the supplier ships.

All knobs are in :class:`SupplyPlan`; the result depends on them, the seed and the orders alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import numpy.typing as npt

from crossdock.demo.chance import Chance
from crossdock.demo.items import ItemSpec

DC_SOUTH, DC_NORTH, THIRD_PARTY, SUPPLIER = "DC-SOUTH", "DC-NORTH", "3PL-THURROCK", "SUP-STOKE"
CENTRES = (DC_SOUTH, DC_NORTH)

OPENED_AT = datetime(2010, 11, 29, 5, 0, tzinfo=UTC)
"""The Monday before the first order: stock is opened here, and weeks are counted from here."""

WEEKS = 54
WEEK = timedelta(weeks=1)

Units = npt.NDArray[np.int64]


class SupplyPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How well the demonstration retailer is supplied; shares and probabilities are between 0 and 1."""

    fast_lines: int = 200
    """From so many lines a year an item is fast; below ``slow_lines`` it is slow."""
    slow_lines: int = 30
    fast_weeks: int = 3
    usual_weeks: int = 6
    slow_weeks: int = 13
    safety: float = 0.5
    """Extra units at a centre, as a share of what it expects in one cycle."""
    one_centre: float = 0.03
    """Share of the slow items that only one centre holds."""
    drop_shipped: float = 0.002
    """Share of the items, furniture and fast ones apart, that only the supplier ships."""
    oversize_drop_shipped: float = 0.5
    interrupted: float = 0.065
    """Share of the items that cannot be bought for some weeks of the year: what is due then comes at their end."""
    shortest_weeks: int = 10
    longest_weeks: int = 26
    delayed: float = 0.02
    """Share of the items whose deliveries to one of the centres are late, once, by up to ``delay_weeks``."""
    delay_weeks: int = 2
    ended: float = 0.022
    """Share of the items that are not bought again once between ``ended_after`` and all of the year's units sold."""
    ended_after: float = 0.6
    third_party_items: int = 300
    third_party_share: float = 0.02
    """What the 3PL gets of the demand for the items that sell most, on top of what the centres get."""
    store_items: int = 240
    store_choice: int = 900
    """Each store holds so many items, drawn from so many that sell most."""
    store_share: float = 0.005
    store_weeks: int = 13


class OpeningStock(msgspec.Struct, frozen=True, gc=False):
    """Units of an item that lie at a location when the year begins."""

    location: str
    sku: str
    quantity: int


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """Units that arrive at a location; always a Monday, 05:00 UTC."""

    at: datetime
    location: str
    sku: str
    quantity: int


class DemandOfItem(msgspec.Struct, frozen=True):
    """What is ordered of one item: lines in the year, units per centre's region and week (2 x ``WEEKS``)."""

    lines: int
    units: Units


class Supply(msgspec.Struct, frozen=True):
    """Opening stock, sorted by location and SKU, and receipts, sorted by time, location and SKU."""

    opening: tuple[OpeningStock, ...]
    receipts: tuple[Receipt, ...]


def week_of(at: datetime) -> int:
    """Number the week of an instant; the first is 0."""
    return (at - OPENED_AT) // WEEK


def plan_supply(
    items: Sequence[ItemSpec],
    demand: dict[str, DemandOfItem],
    stores: Sequence[str],
    plan: SupplyPlan,
    chance: Chance,
) -> Supply:
    """Plan what lies and arrives where for the demand of the year."""
    outlooks = {item.sku: _outlook(item.sku, demand[item.sku], plan, chance) for item in items}
    arrivals: list[_Arrival] = []
    for item in items:
        arrivals += _to_main_locations(item, outlooks[item.sku], plan, chance)
    best = sorted(
        (item.sku for item in items if item.handling_class == "ambient"), key=lambda sku: (-demand[sku].lines, sku)
    )
    for sku in best[: plan.third_party_items]:
        first = _first_week(plan.usual_weeks, chance, THIRD_PARTY, sku)
        arrivals += _shares(outlooks[sku], THIRD_PARTY, plan.third_party_share, plan.usual_weeks, first)
    for store in stores:
        first = _first_week(plan.store_weeks, chance, store)
        drawn = sorted(best[: plan.store_choice], key=lambda sku: chance.uniform("store range", store, sku))
        for sku in drawn[: plan.store_items]:
            arrivals += _shares(outlooks[sku], store, plan.store_share, plan.store_weeks, first)
    return _as_supply(arrivals)


_Arrival = tuple[int, str, str, int]
"""Week, location, SKU, units."""


class _Outlook(msgspec.Struct, frozen=True):
    """What is bought of an item: for which demand, in what cycles, and when it cannot be bought."""

    sku: str
    lines: int
    units: Units
    cycle: int
    closed: range


def _outlook(sku: str, demand: DemandOfItem, plan: SupplyPlan, chance: Chance) -> _Outlook:
    if demand.lines >= plan.fast_lines:
        cycle = plan.fast_weeks
    else:
        cycle = plan.usual_weeks if demand.lines >= plan.slow_lines else plan.slow_weeks
    units = demand.units
    if chance.happens(plan.ended, "ended", sku):
        sold = units.sum(axis=0).cumsum()
        share = plan.ended_after + (1 - plan.ended_after) * chance.uniform("last unit", sku)
        units = units * (sold <= share * sold[-1])
    closed = _window("interrupted", plan.interrupted, (plan.shortest_weeks, plan.longest_weeks), sku, chance)
    return _Outlook(sku, demand.lines, units, cycle, closed)


def _to_main_locations(item: ItemSpec, outlook: _Outlook, plan: SupplyPlan, chance: Chance) -> list[_Arrival]:
    """Plan an item for the locations that are meant to serve all of its demand."""
    first = _first_week(outlook.cycle, chance, item.sku)
    starts = [0, *range(first, WEEKS, outlook.cycle)]
    arrivals = []
    for location, units in _regions(item, outlook, plan, chance).items():
        delayed = _window(f"delayed {location}", plan.delayed / 2, (1, plan.delay_weeks), item.sku, chance)
        safety = math.ceil(plan.safety * float(units.sum()) * outlook.cycle / WEEKS)
        given = 0
        for start, end in zip(starts, [*starts[1:], WEEKS], strict=True):
            wanted = int(units[:end].sum()) + safety
            if wanted > given:
                arrives = max(_opened(outlook.closed, start), _opened(delayed, start))
                arrivals.append((arrives, location, item.sku, wanted - given))
                given = wanted
    return arrivals


def _regions(item: ItemSpec, outlook: _Outlook, plan: SupplyPlan, chance: Chance) -> dict[str, Units]:
    """Decide who holds the item, and which demand each of them is to serve."""
    everything: Units = outlook.units.sum(axis=0)
    oversize = item.handling_class == "oversize"
    alone = plan.oversize_drop_shipped if oversize else plan.drop_shipped
    if outlook.lines < plan.fast_lines and chance.happens(alone, "drop-shipped", item.sku):
        return {SUPPLIER: everything}
    if oversize:
        return {DC_SOUTH: everything}
    if outlook.lines < plan.slow_lines and chance.happens(plan.one_centre, "one centre", item.sku):
        return {chance.choice(CENTRES, "which centre", item.sku): everything}
    return dict(zip(CENTRES, outlook.units, strict=True))


def _shares(outlook: _Outlook, location: str, share: float, cycle: int, first: int) -> list[_Arrival]:
    """Give a location a share of the coming demand at every start of a cycle, rounded up to whole units."""
    arrivals = []
    units = outlook.units.sum(axis=0)
    starts = [0, *range(first, WEEKS, cycle)]
    for start, end in zip(starts, [*starts[1:], WEEKS], strict=True):
        coming = int(units[start:end].sum())
        if coming:
            arrivals.append((_opened(outlook.closed, start), location, outlook.sku, math.ceil(share * coming)))
    return arrivals


def _first_week(cycle: int, chance: Chance, *keys: object) -> int:
    """Draw the week of the first receipt, so that not everything comes on the same Mondays."""
    return 1 + int(chance.uniform("phase", *keys) * cycle)


def _window(kind: str, probability: float, weeks: tuple[int, int], sku: str, chance: Chance) -> range:
    """Draw the weeks in which nothing arrives; an empty range if all goes well."""
    if not chance.happens(probability, kind, sku):
        return range(0)
    shortest, longest = weeks
    length = shortest + int(chance.uniform(f"{kind} for", sku) * (longest - shortest + 1))
    first = 1 + int(chance.uniform(f"{kind} from", sku) * (WEEKS - 1 - length))
    return range(first, first + length)


def _opened(closed: range, week: int) -> int:
    return closed.stop if week in closed else week


def _as_supply(arrivals: list[_Arrival]) -> Supply:
    """Add up what arrives in the same week; week 0 is what lies there when the year begins."""
    totals: dict[tuple[int, str, str], int] = {}
    for week, location, sku, quantity in arrivals:
        totals[week, location, sku] = totals.get((week, location, sku), 0) + quantity
    opening, receipts = [], []
    for (week, location, sku), quantity in sorted(totals.items()):
        if week == 0:
            opening.append(OpeningStock(location, sku, quantity))
        elif week < WEEKS:
            receipts.append(Receipt(OPENED_AT + week * WEEK, location, sku, quantity))
    return Supply(tuple(opening), tuple(receipts))
