"""The whole year is accounted for, to the row."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from crossdock.demo.classify import Category
from crossdock.demo.online_retail import SourceRow
from crossdock.demo.reconcile import Reconciliation, reconcile
from tests.demo.rows import file_of, row


def test_the_categories_add_up_to_all_rows(reconciled: Reconciliation):
    assert reconciled.by_category() == {
        Category.ORDER_LINE: 522_440,
        Category.ORDER_CHARGE: 2_198,
        Category.DISCOUNT: 77,
        Category.STOCK_ADJUSTMENT: 2_490,
        Category.CANCELLATION_MATCHED: 7_551,
        Category.CANCELLATION_UNMATCHED: 1_114,
        Category.NON_GOODS: 767,
        Category.EXACT_DUPLICATE: 5_268,
        Category.ERROR: 4,
    }
    assert sum(reconciled.by_category().values()) == reconciled.rows == 541_909


def test_the_reasons_within_each_category_are_these(reconciled: Reconciliation):
    assert [(count.category.value, count.reason, count.rows) for count in reconciled.counts] == [
        ("order line", "sold", 522_440),
        ("order charge", "on an order", 1_987),
        ("order charge", "refunded by credit note", 132),
        ("order charge", "on an invoice that sells no goods", 79),
        ("discount", "granted by credit note", 77),
        ("stock adjustment", "taken out of stock", 1_336),
        ("stock adjustment", "put into stock", 1_120),
        ("stock adjustment", "given to a customer without a price", 34),
        ("cancellation matched to a line", "in whole, partial", 4_280),
        ("cancellation matched to a line", "in whole, exact", 2_761),
        ("cancellation matched to a line", "in whole, weak", 406),
        ("cancellation matched to a line", "in part, weak", 66),
        ("cancellation matched to a line", "in whole, spread", 38),
        ("cancellation unmatched", "the customer never bought the item in the file", 692),
        ("cancellation unmatched", "the customer bought the item only later", 336),
        (
            "cancellation unmatched",
            "a guest's credit, and no guest bought the item at this price in the 30 days before",
            62,
        ),
        ("cancellation unmatched", "the customer's earlier purchases are already canceled", 24),
        ("non-goods", "manual entry", 567),
        ("non-goods", "samples", 62),
        ("non-goods", "bank charges", 36),
        ("non-goods", "gift voucher", 35),
        ("non-goods", "marketplace fee", 34),
        ("non-goods", "commission", 16),
        ("non-goods", "postage or carriage without a price", 10),
        ("non-goods", "picture file", 4),
        ("non-goods", "bad debt", 3),
        ("exact duplicate", "all eight columns equal an earlier row's", 5_268),
        ("error", "the price has a fraction of a penny", 4),
    ]


def test_every_row_on_a_credit_note_is_explained(rows: list[SourceRow], reconciled: Reconciliation):
    """9,288 rows: goods, discounts, charges refunded, duplicates, and what is no goods."""
    credited = [row for row, r in enumerate(rows) if r.invoice.startswith("C")]
    taken_back = {event.row for event in reconciled.cancellations}
    assert len(credited) == 9_288
    assert len(taken_back) == 7_551 + 1_114
    assert taken_back < set(credited)


def test_invoices_that_sell_something_are_orders_or_sell_no_goods(rows: list[SourceRow], reconciled: Reconciliation):
    """19,959 invoices have a row with a quantity and a price; 189 of them sell postage, fees or vouchers alone."""
    selling = {r.invoice for r in rows if r.invoice[0].isdigit() and r.quantity > 0 and r.price_mills > 0}
    orders = {order.external_id for order in reconciled.orders}
    assert len(selling) == 19_959
    assert len(orders) == len(reconciled.orders) == 19_770
    assert len(selling - orders) == 189


def test_orders_hold_every_sold_row_once(reconciled: Reconciliation):
    rows = Counter(line.row for order in reconciled.orders for line in order.lines)
    assert len(rows) == rows.total() == 522_440


def test_charges_of_orders_are_counted_as_such(reconciled: Reconciliation):
    assert sum(len(order.charges) for order in reconciled.orders) == 1_987


def test_orders_come_in_the_order_they_were_placed(reconciled: Reconciliation):
    placed = [(order.placed_at, order.external_id) for order in reconciled.orders]
    assert placed == sorted(placed)
    assert placed[0] == (datetime(2010, 12, 1, 8, 26, tzinfo=UTC), "536365")
    assert placed[-1] == (datetime(2011, 12, 9, 12, 50, tzinfo=UTC), "581587")


def test_orders_to_no_country_go_to_review(reconciled: Reconciliation):
    reviews = Counter(order.review for order in reconciled.orders)
    assert reviews == {
        None: 19_754,
        "'Unspecified' is not a country": 13,
        "'European Community' is not a country": 3,
    }
    assert all((order.country is None) == (order.review is not None) for order in reconciled.orders)


def test_an_order_that_spans_two_minutes_was_placed_in_the_first():
    read = reconcile(file_of(row(), row(code="21730", at="2011-03-01 12:01")))
    (order,) = read.orders
    assert order.placed_at == datetime(2011, 3, 1, 12, 0, tzinfo=UTC)
    assert [(line.number, line.sku) for line in order.lines] == [(1, "22423"), (2, "21730")]


def test_summer_time_in_the_file_is_an_hour_ahead_of_utc():
    (order,) = reconcile(file_of(row(at="2011-07-01 12:00"))).orders
    assert order.placed_at == datetime(2011, 7, 1, 11, 0, tzinfo=UTC)


def test_an_order_carries_its_charges_and_is_priced_in_pence():
    (order,) = reconcile(file_of(row(quantity=6), row(code="post", price="18.00", description="POSTAGE"))).orders
    assert order.goods_total == 1_530
    assert [(charge.code, charge.amount) for charge in order.charges] == [("POST", 1_800)]


def test_one_item_on_two_lines_stays_two_lines():
    (order,) = reconcile(file_of(row(quantity=6), row(quantity=2))).orders
    assert [line.quantity for line in order.lines] == [6, 2]


def test_a_discount_belongs_to_the_latest_order_of_the_month_before():
    read = reconcile(
        file_of(
            row("540001"),
            row("540002", at="2011-03-02 12:00"),
            row("C540003", "D", -2, "13.75", at="2011-03-03 12:00"),
            row("C540004", "D", -1, "5.00", at="2011-06-03 12:00"),
        )
    )
    assert [(d.credit_note, d.amount, d.order) for d in read.discounts] == [
        ("C540003", 2_750, "540002"),
        ("C540004", 500, None),
    ]
    assert [len(order.discounts) for order in read.orders] == [0, 1]
    assert all(isinstance(d.amount, int) for d in read.discounts)


def test_the_year_has_77_discounts_all_but_four_with_an_order(reconciled: Reconciliation):
    assert len(reconciled.discounts) == 77
    assert sum(discount.order is None for discount in reconciled.discounts) == 4
