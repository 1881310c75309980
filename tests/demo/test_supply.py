"""Stock and receipts are planned so that the year has what a demonstration needs to show."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from crossdock.demo.chance import Chance
from crossdock.demo.items import ItemSpec
from crossdock.demo.reconcile import Reconciliation, reconcile
from crossdock.demo.retailer import Retailer, make_retailer
from crossdock.demo.supply import (
    OPENED_AT,
    WEEK,
    WEEKS,
    DemandOfItem,
    OpeningStock,
    Receipt,
    Supply,
    SupplyPlan,
    plan_supply,
    week_of,
)
from tests.demo.rows import file_of, row
from tests.demo.stand_in import Outcome, StandIn

ITEM = ItemSpec("A", "LANTERN", 100, "ambient", 255)
SMOOTH = SupplyPlan(
    one_centre=0, drop_shipped=0, interrupted=0, delayed=0, ended=0, third_party_items=0, store_items=0, safety=0
)


def demand(lines: int = 500, south: int = 10, north: int = 4) -> DemandOfItem:
    return DemandOfItem(lines, np.array([[south] * WEEKS, [north] * WEEKS], dtype=np.int64))


def planned(plan: SupplyPlan, item: ItemSpec = ITEM, wanted: DemandOfItem | None = None) -> Supply:
    return plan_supply([item], {item.sku: wanted or demand()}, ["ST-LEEDS"], plan, Chance(1))


def arrivals(supply: Supply) -> list[tuple[str, str, int]]:
    """What lies there and what comes: location, SKU, units."""
    everything: tuple[OpeningStock | Receipt, ...] = (*supply.opening, *supply.receipts)
    return [(arrival.location, arrival.sku, arrival.quantity) for arrival in everything]


def units_by_location(supply: Supply) -> Counter[str]:
    units: Counter[str] = Counter()
    for location, _, quantity in arrivals(supply):
        units[location] += quantity
    return units


def changed(**changes: float) -> SupplyPlan:
    return SupplyPlan(**{name: changes.get(name, getattr(SMOOTH, name)) for name in SMOOTH.__struct_fields__})


def test_without_mishaps_each_centre_gets_exactly_what_its_region_orders():
    assert units_by_location(planned(SMOOTH)) == {"DC-SOUTH": 10 * WEEKS, "DC-NORTH": 4 * WEEKS}


def test_stock_is_there_before_it_is_ordered():
    supply = planned(SMOOTH)
    arrived = sum(opening.quantity for opening in supply.opening if opening.location == "DC-SOUTH")
    receipts = {r.at: r.quantity for r in supply.receipts if r.location == "DC-SOUTH"}
    for week in range(WEEKS):
        arrived += receipts.get(OPENED_AT + week * WEEK, 0)
        assert arrived >= 10 * (week + 1)


def test_receipts_come_on_mondays_and_are_sorted(retailer: Retailer):
    receipts = retailer.supply.receipts
    assert {(receipt.at.weekday(), receipt.at.hour) for receipt in receipts} == {(0, 5)}
    keys = [(receipt.at, receipt.location, receipt.sku) for receipt in receipts]
    assert keys == sorted(set(keys))


def test_safety_stock_is_a_share_of_one_cycle():
    assert units_by_location(planned(changed(safety=0.5))) == {"DC-SOUTH": 540 + 15, "DC-NORTH": 216 + 6}


def test_what_cannot_be_bought_comes_when_it_can_again_and_nothing_is_lost():
    supply = planned(changed(interrupted=1, shortest_weeks=10, longest_weeks=10))
    weeks = sorted({week_of(receipt.at) for receipt in supply.receipts})
    assert max(later - earlier for earlier, later in pairwise(weeks)) >= 10
    assert units_by_location(supply) == units_by_location(planned(SMOOTH))


def test_an_item_that_ends_is_bought_for_a_part_of_the_demand_only():
    bought = units_by_location(planned(changed(ended=1, ended_after=0.6))).total()
    assert 0.55 * 14 * WEEKS < bought < 14 * WEEKS


def test_slow_movers_may_lie_in_one_centre_alone():
    units = units_by_location(planned(changed(one_centre=1), wanted=demand(lines=5)))
    assert (len(units), units.total()) == (1, 14 * WEEKS)


def test_a_drop_shipped_item_lies_with_the_supplier_alone():
    supply = planned(changed(drop_shipped=1), wanted=demand(lines=50))
    assert units_by_location(supply) == {"SUP-STOKE": 14 * WEEKS}


def test_furniture_is_never_sent_to_where_it_cannot_be_handled(retailer: Retailer):
    furniture = {item.sku for item in retailer.items if item.handling_class == "oversize"}
    able = {location.code for location in retailer.locations if "oversize" in location.capabilities}
    assert {location for location, sku, _ in arrivals(retailer.supply) if sku in furniture} <= able


def test_stores_are_thinly_stocked(retailer: Retailer):
    kinds = {location.code: location.kind for location in retailer.locations}
    units: Counter[str] = Counter()
    for location, _, quantity in arrivals(retailer.supply):
        units[kinds[location]] += quantity
    assert units["dc"] / units.total() > 0.95
    assert 0.005 < units["store"] / units.total() < 0.03


def test_an_order_canceled_for_certain_within_a_day_is_not_planned_for():
    year = reconcile(
        file_of(
            row("540001", quantity=74_215, at="2011-03-01 12:00"),
            row("C540002", quantity=-74_215, at="2011-03-01 12:16"),
            row("540003", quantity=10, at="2011-03-02 12:00"),
        )
    )
    supply = make_retailer(year.orders, year.cancellations).supply
    assert units_by_location(supply).total() < 100


@pytest.fixture(scope="module")
def outcome(retailer: Retailer, reconciled: Reconciliation) -> Outcome:
    return StandIn(retailer).run(reconciled)


def test_between_5_and_25_of_100_orders_are_split(outcome: Outcome):
    assert 0.08 < outcome.split / outcome.orders < 0.20


def test_between_1_and_5_of_100_lines_wait(outcome: Outcome):
    assert 0.015 < outcome.backordered / outcome.lines < 0.04


def test_some_lines_are_never_filled(outcome: Outcome):
    assert 0.003 < outcome.never / outcome.lines < 0.01


def test_every_kind_of_location_ships(outcome: Outcome):
    assert set(outcome.by_kind) == {"dc", "store", "3pl", "supplier"}
    assert min(outcome.by_kind.values()) > 100


def test_the_stand_in_saw_the_whole_year(outcome: Outcome, reconciled: Reconciliation):
    assert outcome.orders == len(reconciled.orders)
    assert outcome.lines == 522_440
