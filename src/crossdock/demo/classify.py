"""The rules that put every row of the year into exactly one category.

The first rule that fits decides, in this order:

1. *exact duplicate*: all eight columns equal those of an earlier row; the earliest stays.
2. *error*: a price with a fraction of a penny, or a row that no rule below understands.
3. *non-goods*: invoices for bad debt (``A…``), and codes that name a fee, a voucher, a sample or a manual entry.
4. *discount*: code ``D``.
5. *order charge*: ``POST``, ``DOT``, ``C2`` at a price, and the two charges that hide behind codes of goods.
6. *cancellation*: goods on a credit note (``C…``); whether a sale is found for it is told by the matcher.
7. *stock adjustment*: goods without a price, or with a negative quantity, that are on no credit note.
8. *order line*: what is left, goods sold at a price.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from crossdock.demo.online_retail import RetailRows


class Category(StrEnum):
    """Where a row of the file ends; each row has exactly one."""

    ORDER_LINE = "order line"
    ORDER_CHARGE = "order charge"
    DISCOUNT = "discount"
    STOCK_ADJUSTMENT = "stock adjustment"
    CANCELLATION_MATCHED = "cancellation matched to a line"
    CANCELLATION_UNMATCHED = "cancellation unmatched"
    NON_GOODS = "non-goods"
    EXACT_DUPLICATE = "exact duplicate"
    ERROR = "error"


class Verdict(NamedTuple):
    """A category and, within it, the reason that is printed."""

    category: Category
    reason: str


DUPLICATE = Verdict(Category.EXACT_DUPLICATE, "all eight columns equal an earlier row's")
FRACTION = Verdict(Category.ERROR, "the price has a fraction of a penny")
UNKNOWN_INVOICE = Verdict(Category.ERROR, "the invoice number is of no known kind")
UNKNOWN_CODE = Verdict(Category.ERROR, "the stock code is neither goods nor a known service")
NO_SENSE = Verdict(Category.ERROR, "quantity and price make no sense for this kind of invoice")
BAD_DEBT = Verdict(Category.NON_GOODS, "bad debt")
UNPRICED_SERVICE = Verdict(Category.NON_GOODS, "postage or carriage without a price")
DISCOUNT = Verdict(Category.DISCOUNT, "granted by credit note")
CHARGE = Verdict(Category.ORDER_CHARGE, "on an order")
CHARGE_ALONE = Verdict(Category.ORDER_CHARGE, "on an invoice that sells no goods")
CHARGE_REFUNDED = Verdict(Category.ORDER_CHARGE, "refunded by credit note")
WRITTEN_OFF = Verdict(Category.STOCK_ADJUSTMENT, "taken out of stock")
BOOKED_IN = Verdict(Category.STOCK_ADJUSTMENT, "put into stock")
GIVEN_FREE = Verdict(Category.STOCK_ADJUSTMENT, "given to a customer without a price")
SOLD = Verdict(Category.ORDER_LINE, "sold")
CREDITED = Verdict(Category.CANCELLATION_UNMATCHED, "on a credit note")

_FEES = {
    "M": "manual entry",
    "S": "samples",
    "BANK CHARGES": "bank charges",
    "AMAZONFEE": "marketplace fee",
    "CRUK": "commission",
    "GIFT": "gift voucher",
    "IMAGE": "picture file",
}
FEES = {code: Verdict(Category.NON_GOODS, reason) for code, reason in _FEES.items()}

VERDICTS: tuple[Verdict, ...] = (
    SOLD, CHARGE, CHARGE_ALONE, CHARGE_REFUNDED, DISCOUNT, BOOKED_IN, WRITTEN_OFF, GIVEN_FREE, CREDITED,
    BAD_DEBT, UNPRICED_SERVICE, *FEES.values(), DUPLICATE, FRACTION, UNKNOWN_INVOICE, UNKNOWN_CODE, NO_SENSE,
)  # fmt: skip
NUMBER = {verdict: index for index, verdict in enumerate(VERDICTS)}

# Numbered like goods, but nothing that lies on a shelf.
_DISGUISED = {"23444": "charge", "23574": "charge", "22016": "GIFT", "23702": "IMAGE"}
"""Next Day Carriage, PACKING CHARGE, a gift voucher of £100, High Resolution Image."""

_GOODS = re.compile(r"\d{5}[A-Z]{0,3}|DCGS[0-9A-Z]+|PADS")
_INVOICE = re.compile(r"([AC]?)\d{6}")

Mask = npt.NDArray[np.bool_]
Verdicts = npt.NDArray[np.int8]


class Classified(msgspec.Struct, frozen=True):
    """The verdict of each row as an index into ``VERDICTS``, and the folded code of each product."""

    verdict: Verdicts
    skus: list[str]

    def is_a(self, *verdicts: Verdict) -> Mask:
        """Tell which rows have one of these verdicts."""
        return np.isin(self.verdict, [NUMBER[verdict] for verdict in verdicts])


def fold(stock_code: str) -> str:
    """Give the one spelling of a stock code: without spaces around it, in upper case."""
    return stock_code.strip().upper()


def kind_of_code(sku: str) -> str:
    """Tell what a folded code names.

    ``goods``, ``charge``, ``discount``, ``bad debt``, a key of ``FEES``, or ``unknown``.
    """
    if _GOODS.fullmatch(sku):
        return _DISGUISED.get(sku, "goods")
    if sku in ("POST", "DOT", "C2"):
        return "charge"
    if sku.startswith("GIFT_"):
        return "GIFT"
    return {"D": "discount", "B": "bad debt"}.get(sku, sku if sku in FEES else "unknown")


def kind_of_invoice(number: str) -> str:
    """Tell what an invoice number announces: ``sale``, ``credit``, ``bad debt`` or ``unknown``."""
    match = _INVOICE.fullmatch(number)
    return {"": "sale", "C": "credit", "A": "bad debt"}[match[1]] if match else "unknown"


def classify(rows: RetailRows) -> Classified:
    """Give every row its verdict by the rules of this module; cancellations are still to be matched."""
    skus = [fold(product.stock_code) for product in rows.products]
    codes = np.array([kind_of_code(sku) for sku in skus], dtype=np.str_)[rows.product]
    invoices = np.array([kind_of_invoice(header.invoice) for header in rows.headers], dtype=np.str_)[rows.header]
    known = np.array([header.customer is not None for header in rows.headers], dtype=np.bool_)[rows.header]
    duplicate = exact_duplicates(rows)

    goods, charge = codes == "goods", codes == "charge"
    sale, credit = invoices == "sale", invoices == "credit"
    free, priced = rows.price_mills == 0, rows.price_mills > 0
    bought, brought_back = rows.quantity > 0, rows.quantity < 0
    rules: list[tuple[Mask, Verdict]] = [
        (duplicate, DUPLICATE),
        (rows.price_mills % 10 != 0, FRACTION),
        (invoices == "unknown", UNKNOWN_INVOICE),
        (codes == "unknown", UNKNOWN_CODE),
        ((invoices == "bad debt") | (codes == "bad debt"), BAD_DEBT),
        *((codes == code, verdict) for code, verdict in FEES.items()),
        ((codes == "discount") & priced, DISCOUNT),
        (charge & free, UNPRICED_SERVICE),
        (charge & credit & priced & brought_back, CHARGE_REFUNDED),
        (charge & sale & priced & bought, CHARGE),
        (goods & credit & priced & brought_back, CREDITED),
        (goods & sale & free & brought_back, WRITTEN_OFF),
        (goods & sale & free & bought & known, GIVEN_FREE),
        (goods & sale & free & bought, BOOKED_IN),
        (goods & sale & priced & bought, SOLD),
    ]
    verdict = np.select(
        [mask for mask, _ in rules], [np.int8(NUMBER[name]) for _, name in rules], np.int8(NUMBER[NO_SENSE])
    ).astype(np.int8)
    _set_apart_charges_without_goods(rows, verdict)
    return Classified(verdict, skus)


def exact_duplicates(rows: RetailRows) -> Mask:
    """Tell which rows repeat an earlier row in all eight columns.

    Two rows of one invoice with the same SKU but another quantity, price or minute are both kept: a wholesaler's
    order is often written in several passes. What is equal in everything cannot be told from a line sent twice.
    """
    keys = [(header.invoice, header.placed_at, header.customer, header.country) for header in rows.headers]
    first: dict[tuple[object, ...], int] = {}
    same_header = np.array([first.setdefault(key, index) for index, key in enumerate(keys)], dtype=np.int64)
    _, quantity = np.unique(rows.quantity, return_inverse=True)
    _, price = np.unique(rows.price_mills, return_inverse=True)
    combined = same_header[rows.header] * len(rows.products) + rows.product
    combined = (combined * (int(quantity.max(initial=0)) + 1) + quantity) * (int(price.max(initial=0)) + 1) + price
    _, first_rows = np.unique(combined, return_index=True)
    repeated = np.ones(len(rows), dtype=np.bool_)
    repeated[first_rows] = False
    return repeated


def _set_apart_charges_without_goods(rows: RetailRows, verdict: Verdicts) -> None:
    number: dict[str, int] = {}
    of_header = np.array([number.setdefault(header.invoice, len(number)) for header in rows.headers], dtype=np.int64)
    invoice = of_header[rows.header]
    sells_goods = np.zeros(len(number), dtype=np.bool_)
    sells_goods[invoice[verdict == NUMBER[SOLD]]] = True
    verdict[(verdict == NUMBER[CHARGE]) & ~sells_goods[invoice]] = NUMBER[CHARGE_ALONE]
