"""Every row of the year ends in exactly one category, by rules that can be read."""

from __future__ import annotations

import pytest

from crossdock.demo.classify import VERDICTS, Category, classify, fold
from tests.demo.rows import Row, file_of, row


def verdicts(*rows: Row) -> list[tuple[Category, str]]:
    return [VERDICTS[number] for number in classify(file_of(*rows)).verdict.tolist()]


@pytest.mark.parametrize(
    ("given", "category", "reason"),
    [
        (row(), Category.ORDER_LINE, "sold"),
        (row(code="DCGSSGIRL"), Category.ORDER_LINE, "sold"),
        (row(code="85123a"), Category.ORDER_LINE, "sold"),
        (row(code="22423", price="0.001"), Category.ERROR, "the price has a fraction of a penny"),
        (row(code="BANK CHARGES", price="0.001"), Category.ERROR, "the price has a fraction of a penny"),
        (row("X1"), Category.ERROR, "the invoice number is of no known kind"),
        (row(code="WHAT"), Category.ERROR, "the stock code is neither goods nor a known service"),
        (row("C540002"), Category.ERROR, "quantity and price make no sense for this kind of invoice"),
        (row(quantity=-1), Category.ERROR, "quantity and price make no sense for this kind of invoice"),
        (row("A563185", "B", price="11062.06"), Category.NON_GOODS, "bad debt"),
        (row("A563186", "B", price="-11062.06"), Category.NON_GOODS, "bad debt"),
        (row(code="M"), Category.NON_GOODS, "manual entry"),
        (row(code="m"), Category.NON_GOODS, "manual entry"),
        (row("C540002", "M", -1), Category.NON_GOODS, "manual entry"),
        (row(code="S"), Category.NON_GOODS, "samples"),
        (row(code="AMAZONFEE"), Category.NON_GOODS, "marketplace fee"),
        (row("C540002", "CRUK", -1), Category.NON_GOODS, "commission"),
        (row(code="gift_0001_20"), Category.NON_GOODS, "gift voucher"),
        (row(code="22016"), Category.NON_GOODS, "gift voucher"),
        (row(code="23702"), Category.NON_GOODS, "picture file"),
        (row(code="POST", price="0"), Category.NON_GOODS, "postage or carriage without a price"),
        (row("C540002", "D", -1, "27.50"), Category.DISCOUNT, "granted by credit note"),
        (row("C540002", "POST", -1, "18.00"), Category.ORDER_CHARGE, "refunded by credit note"),
        (row(code="POST"), Category.ORDER_CHARGE, "on an invoice that sells no goods"),
        (row("C540002", quantity=-1), Category.CANCELLATION_UNMATCHED, "on a credit note"),
        (row(quantity=-30, price="0", customer=None), Category.STOCK_ADJUSTMENT, "taken out of stock"),
        (row(quantity=30, price="0", customer=None), Category.STOCK_ADJUSTMENT, "put into stock"),
        (row(quantity=1, price="0"), Category.STOCK_ADJUSTMENT, "given to a customer without a price"),
    ],
)
def test_a_row_ends_where_its_rule_says(given: Row, category: Category, reason: str):
    assert verdicts(given) == [(category, reason)]


@pytest.mark.parametrize("code", ["POST", "DOT", "C2", "23444", "23574"])
def test_postage_beside_goods_is_a_charge_of_that_order(code: str):
    assert verdicts(row(), row(code=code, price="18"))[1] == (Category.ORDER_CHARGE, "on an order")


def test_a_row_repeated_in_all_eight_columns_counts_once():
    assert [v[0] for v in verdicts(row(), row("540002"), row())] == [
        Category.ORDER_LINE,
        Category.ORDER_LINE,
        Category.EXACT_DUPLICATE,
    ]


@pytest.mark.parametrize(
    "other",
    [
        row(quantity=2),
        row(price="2.54"),
        row(at="2011-03-01 12:01"),
        row(description="regency cakestand 3 tier"),
        row(code="22423a"),
        row(customer=None),
        row(country="EIRE"),
    ],
)
def test_a_row_that_differs_in_anything_is_kept(other: Row):
    assert [v[0] for v in verdicts(row(), other)] == [Category.ORDER_LINE] * 2


def test_a_duplicate_is_told_before_any_other_rule():
    assert verdicts(row(code="M"), row(code="M"))[1][0] is Category.EXACT_DUPLICATE


def test_codes_are_folded_to_one_spelling():
    assert fold(" 85123a ") == "85123A"
