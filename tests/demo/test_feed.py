"""The year is told in the order of time, in steps that can be taken in together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from crossdock.demo.feed import CancellationReceived, Event, OrderPlaced, ReceiptArrived, Step, events, steps
from crossdock.demo.matching import CancellationEvent, Confidence, MatchedPart
from crossdock.demo.parties import Party
from crossdock.demo.places import NOWHERE
from crossdock.demo.reconcile import Reconciliation
from crossdock.demo.retailer import Retailer
from crossdock.demo.sales import SaleOrder
from crossdock.demo.supply import Receipt

MONDAY = datetime(2011, 3, 7, 5, tzinfo=UTC)


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def order(hours: float) -> OrderPlaced:
    placed = SaleOrder(str(hours), None, None, "no country", at(hours), ())
    return OrderPlaced(at(hours), placed, Party(None, ""), NOWHERE)


def receipt(hours: float) -> ReceiptArrived:
    return ReceiptArrived(at(hours), Receipt(at(hours), "DC-SOUTH", "A", 1))


def canceled(hours: float) -> CancellationReceived:
    part = MatchedPart("1", 1, 1)
    event = CancellationEvent(at(hours), 0, "C1", None, "A", 1, 1, (part,), Confidence.WEAK, None)
    return CancellationReceived(at(hours), event)


def taken(*stream: Event, most: int = 500) -> list[tuple[int, int, int]]:
    return [(len(s.receipts), len(s.orders), len(s.cancellations)) for s in steps(stream, most)]


def test_goods_that_come_first_are_in_one_step_with_the_orders_after_them():
    assert taken(receipt(0), order(4), canceled(5), order(6)) == [(1, 2, 1)]


def test_goods_are_never_passed_by_orders_before_them():
    assert taken(order(-3), receipt(0), order(4)) == [(0, 1, 0), (1, 1, 0)]


def test_goods_are_never_passed_by_cancellations_before_them():
    assert taken(canceled(-3), receipt(0)) == [(0, 0, 1), (1, 0, 0)]


def test_a_step_is_shorter_than_a_day():
    assert taken(order(0), order(23.9), order(24), order(25)) == [(0, 2, 0), (0, 2, 0)]


def test_a_step_has_at_most_so_many_of_a_kind():
    assert taken(*[order(1)] * 5, most=2) == [(0, 2, 0), (0, 2, 0), (0, 1, 0)]


def test_nothing_happens_in_no_steps():
    assert taken() == []


def test_a_step_knows_how_far_it_reaches():
    assert Step(orders=(order(1), order(3)), cancellations=(canceled(2),)).until == at(3)


def test_the_year_is_told_in_the_order_of_time(reconciled: Reconciliation, retailer: Retailer):
    stream = list(events(reconciled, retailer))
    assert all(a.at <= b.at for a, b in pairwise(stream))
    assert sum(isinstance(event, OrderPlaced) for event in stream) == 19_770
    assert sum(isinstance(event, CancellationReceived) for event in stream) == 7_551
    assert sum(isinstance(event, ReceiptArrived) for event in stream) == len(retailer.supply.receipts)


def test_no_cancellation_of_the_year_comes_before_its_order(reconciled: Reconciliation, retailer: Retailer):
    seen: set[str] = set()
    orders = 0
    for step in steps(events(reconciled, retailer)):
        seen.update(event.order.external_id for event in step.orders)
        orders += len(step.orders)
        for event in step.cancellations:
            assert {part.external_id for part in event.cancellation.matched} <= seen
    assert orders == 19_770
