"""A credit note is matched to the sale it most likely takes back, and never to more than was sold."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crossdock.demo.matching import Confidence, Credit, Unmatched, match
from crossdock.demo.reconcile import Reconciliation
from crossdock.demo.sales import SaleLine, SaleOrder

DAY = timedelta(days=1)
START = datetime(2011, 3, 1, 12, tzinfo=UTC)


def sale(number: int, day: int, *lines: tuple[str, int, int], customer: int | None = 1) -> SaleOrder:
    """Sell (SKU, units, price) on a day."""
    made = tuple(SaleLine(i + 1, number * 100 + i, sku, "", units, p) for i, (sku, units, p) in enumerate(lines))
    return SaleOrder(str(number), customer, "GB", None, START + day * DAY, made)


def credit(day: int, units: int, price: int = 100, sku: str = "A", customer: int | None = 1, row: int = 0) -> Credit:
    return Credit(row, "C1", customer, sku, units, price, START + day * DAY)


def matched(credits: list[Credit], *orders: SaleOrder):
    return [
        ([(part.external_id, part.quantity) for part in event.matched], event.confidence, event.unmatched)
        for event in match(credits, orders)
    ]


def test_a_line_with_exactly_the_units_left_is_taken_though_a_later_one_has_more():
    assert matched([credit(9, 5)], sale(1, 0, ("A", 5, 100)), sale(2, 1, ("A", 8, 100))) == [
        ([("1", 5)], Confidence.EXACT, None)
    ]


def test_of_equals_the_most_recent_sale_is_taken():
    assert matched([credit(9, 5)], sale(1, 0, ("A", 5, 100)), sale(2, 1, ("A", 5, 100))) == [
        ([("2", 5)], Confidence.EXACT, None)
    ]


def test_fewer_units_than_sold_cancel_the_line_in_part():
    assert matched([credit(9, 2)], sale(1, 0, ("A", 5, 100))) == [([("1", 2)], Confidence.PARTIAL, None)]


def test_more_than_any_line_has_is_spread_most_recent_first():
    assert matched([credit(9, 7)], sale(1, 0, ("A", 5, 100)), sale(2, 1, ("A", 4, 100))) == [
        ([("2", 4), ("1", 3)], Confidence.SPREAD, None)
    ]


def test_another_price_is_taken_only_when_the_same_price_does_not_do_and_is_weak():
    orders = (sale(1, 0, ("A", 5, 100)), sale(2, 1, ("A", 5, 90)))
    assert matched([credit(9, 5)], *orders) == [([("1", 5)], Confidence.EXACT, None)]
    assert matched([credit(9, 5, price=80)], *orders) == [([("2", 5)], Confidence.WEAK, None)]


def test_more_than_was_ever_sold_is_matched_in_part():
    assert matched([credit(9, 9)], sale(1, 0, ("A", 5, 100))) == [
        ([("1", 5)], Confidence.WEAK, Unmatched.MORE_THAN_LEFT)
    ]


def test_a_second_credit_finds_only_what_the_first_left():
    assert matched([credit(9, 5), credit(10, 1, row=1)], sale(1, 0, ("A", 5, 100))) == [
        ([("1", 5)], Confidence.EXACT, None),
        ([], None, Unmatched.ALL_TAKEN),
    ]


def test_a_sale_after_the_credit_is_never_taken():
    assert matched([credit(0, 5)], sale(1, 1, ("A", 5, 100))) == [([], None, Unmatched.BOUGHT_LATER)]


def test_a_sale_of_the_same_minute_may_be_taken():
    assert matched([credit(0, 5)], sale(1, 0, ("A", 5, 100))) == [([("1", 5)], Confidence.EXACT, None)]


def test_another_customers_sale_is_never_taken():
    assert matched([credit(9, 5)], sale(1, 0, ("A", 5, 100), customer=2)) == [([], None, Unmatched.NEVER_BOUGHT)]


def test_a_guest_is_matched_by_price_within_a_month_and_only_weakly():
    order = sale(1, 0, ("A", 5, 100), customer=None)
    assert matched([credit(9, 5, customer=None)], order) == [([("1", 5)], Confidence.WEAK, None)]
    assert matched([credit(9, 5, 99, customer=None)], order) == [([], None, Unmatched.NO_GUEST_SALE)]
    assert matched([credit(31, 5, customer=None)], order) == [([], None, Unmatched.NO_GUEST_SALE)]


SKUS = st.sampled_from(["A", "B"])
CUSTOMERS = st.sampled_from([1, 2, None])
UNITS = st.integers(1, 12)
PRICES = st.sampled_from([100, 90])
DAYS = st.integers(0, 40)
LINES = st.lists(st.tuples(SKUS, UNITS, PRICES), min_size=1, max_size=4)
SALES = st.lists(st.tuples(DAYS, LINES, CUSTOMERS), max_size=8).map(
    lambda drawn: [sale(i, day, *lines, customer=who) for i, (day, lines, who) in enumerate(drawn)]
)
CREDITS = st.lists(st.tuples(DAYS, UNITS, PRICES, SKUS, CUSTOMERS), max_size=12).map(
    lambda drawn: [credit(*fields, row=i) for i, fields in enumerate(drawn)]
)


@given(SALES, CREDITS)
def test_no_unit_is_canceled_twice_and_none_is_lost(orders: list[SaleOrder], credits: list[Credit]):
    events = match(credits, orders)
    lines = {(order.external_id, line.number): (order, line) for order in orders for line in order.lines}
    taken: Counter[tuple[str, int]] = Counter()
    for event in events:
        for part in event.matched:
            order, line = lines[part.external_id, part.line_number]
            assert part.quantity > 0
            assert (order.customer, line.sku) == (event.customer, event.sku)
            assert order.placed_at <= event.at
            taken[part.external_id, part.line_number] += part.quantity
        assert event.matched_quantity <= event.quantity
        assert event.in_whole == (event.matched_quantity == event.quantity)
        assert (event.confidence is None) == (not event.matched)
    assert all(units <= lines[key][1].quantity for key, units in taken.items())
    assert sorted(event.row for event in events) == [c.row for c in credits]


@given(SALES, CREDITS, st.randoms(use_true_random=False))
def test_the_result_does_not_depend_on_the_order_of_what_is_given(orders, credits, random):
    expected = match(credits, orders)
    random.shuffle(orders)
    random.shuffle(credits)
    assert match(credits, orders) == expected


def test_no_line_of_the_year_is_canceled_beyond_what_was_sold(reconciled: Reconciliation):
    sold = {(o.external_id, line.number): line.quantity for o in reconciled.orders for line in o.lines}
    taken: Counter[tuple[str, int]] = Counter()
    for event in reconciled.cancellations:
        for part in event.matched:
            taken[part.external_id, part.line_number] += part.quantity
    assert all(units <= sold[key] for key, units in taken.items())


def test_the_two_giant_orders_are_canceled_in_whole_within_minutes(reconciled: Reconciliation):
    giants = [event for event in reconciled.cancellations if event.quantity > 70_000]
    placed = {order.external_id: order.placed_at for order in reconciled.orders}
    assert [
        (e.quantity, e.matched[0].external_id, e.confidence, e.at - placed[e.matched[0].external_id]) for e in giants
    ] == [
        (74_215, "541431", Confidence.EXACT, timedelta(minutes=16)),
        (80_995, "581483", Confidence.EXACT, timedelta(minutes=12)),
    ]
