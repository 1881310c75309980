"""The orders that customers placed, made from the rows that were classified."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from crossdock.demo.classify import CHARGE, SOLD, Classified
from crossdock.demo.countries import country_code
from crossdock.demo.online_retail import RetailRows

LONDON = ZoneInfo("Europe/London")


class SaleLine(msgspec.Struct, frozen=True, gc=False):
    """One sold line: number within the order from 1, row in the file, folded SKU, units, unit price in pence."""

    number: int
    row: int
    sku: str
    description: str
    quantity: int
    unit_price: int


class Charge(msgspec.Struct, frozen=True, gc=False):
    """What the order cost beside its goods: ``POST``, ``DOT`` or ``C2``; the amount in pence."""

    row: int
    code: str
    description: str
    amount: int


class Discount(msgspec.Struct, frozen=True, gc=False):
    """Money given back by a credit note, in pence; ``order`` is the order it is taken to belong to."""

    row: int
    credit_note: str
    at: datetime
    customer: int | None
    amount: int
    order: str | None


class SaleOrder(msgspec.Struct, frozen=True):
    """One order as it was placed.

    ``external_id`` is the invoice number. Either ``country`` (ISO 3166) or ``review`` (why the order must be
    looked at) is given. ``placed_at`` is UTC. Discounts were granted by credit notes, nearly always later than the
    order: they are no part of what is captured.
    """

    external_id: str
    customer: int | None
    country: str | None
    review: str | None
    placed_at: datetime
    lines: tuple[SaleLine, ...]
    charges: tuple[Charge, ...] = ()
    discounts: tuple[Discount, ...] = ()

    @property
    def goods_total(self) -> int:
        """Sum what the goods cost, in pence."""
        return sum(line.quantity * line.unit_price for line in self.lines)


def to_utc(local: datetime) -> datetime:
    """Turn a wall-clock time in the United Kingdom into the instant it was."""
    return local.replace(tzinfo=LONDON).astimezone(UTC)


def build_orders(rows: RetailRows, classified: Classified) -> list[SaleOrder]:
    """Gather sold lines and their charges into orders, by the time they were placed, then by invoice number.

    An invoice that spans two minutes was placed in the first of them.
    """
    lines = _lines_by_invoice(rows, classified)
    charges = _charges_by_invoice(rows, classified)
    orders = []
    for invoice, (header_index, found) in lines.items():
        header = rows.headers[header_index]
        country, review = country_code(header.country)
        orders.append(
            SaleOrder(
                external_id=invoice,
                customer=header.customer,
                country=country,
                review=review,
                placed_at=to_utc(header.placed_at),
                lines=tuple(found),
                charges=tuple(charges.get(invoice, ())),
            )
        )
    orders.sort(key=lambda order: (order.placed_at, order.external_id))
    return orders


def _lines_by_invoice(rows: RetailRows, classified: Classified) -> dict[str, tuple[int, list[SaleLine]]]:
    descriptions = [(product.description or "").strip() for product in rows.products]
    invoices: dict[str, tuple[int, list[SaleLine]]] = {}
    current, lines = -1, []
    for row, header, product, quantity, mills in _selected(rows, classified.is_a(SOLD)):
        if header != current:
            current = header
            lines = invoices.setdefault(rows.headers[header].invoice, (header, []))[1]
        sku = classified.skus[product]
        lines.append(SaleLine(len(lines) + 1, row, sku, descriptions[product], quantity, mills // 10))
    return invoices


def _charges_by_invoice(rows: RetailRows, classified: Classified) -> dict[str, list[Charge]]:
    charges: dict[str, list[Charge]] = {}
    for row, header, product, quantity, mills in _selected(rows, classified.is_a(CHARGE)):
        description = (rows.products[product].description or "").strip()
        charge = Charge(row, classified.skus[product], description, quantity * mills // 10)
        charges.setdefault(rows.headers[header].invoice, []).append(charge)
    return charges


def _selected(rows: RetailRows, mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> zip[tuple[int, ...]]:
    chosen = np.flatnonzero(mask)
    columns = (chosen, rows.header[chosen], rows.product[chosen], rows.quantity[chosen], rows.price_mills[chosen])
    return zip(*(column.tolist() for column in columns), strict=True)
