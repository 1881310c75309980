"""Account for every row of the year: what became an order, what canceled one, and what is neither.

Each of the 541,909 rows ends in exactly one category, and the counts are printed and add up.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import msgspec
import numpy as np

from crossdock.demo import matching
from crossdock.demo.classify import CREDITED, DISCOUNT, VERDICTS, Category, Classified, classify
from crossdock.demo.matching import CancellationEvent, Credit
from crossdock.demo.online_retail import RetailRows
from crossdock.demo.sales import Discount, SaleOrder, build_orders, to_utc

DISCOUNT_WINDOW = timedelta(days=30)


class Count(msgspec.Struct, frozen=True):
    """How many rows ended in a category for a reason."""

    category: Category
    reason: str
    rows: int


class Reconciliation(msgspec.Struct, frozen=True):
    """The year, taken apart.

    ``orders`` are sorted by the time they were placed, ``cancellations`` and ``discounts`` by theirs. ``counts``
    has one entry per category and reason, in the order of ``Category``, and adds up to ``rows``.
    """

    rows: int
    counts: tuple[Count, ...]
    orders: list[SaleOrder]
    cancellations: list[CancellationEvent]
    discounts: list[Discount]

    def by_category(self) -> dict[Category, int]:
        """Count the rows of every category, those without any too."""
        totals = dict.fromkeys(Category, 0)
        for count in self.counts:
            totals[count.category] += count.rows
        return totals


def reconcile(rows: RetailRows) -> Reconciliation:
    """Put every row into its category, build the orders and find for each cancellation what it cancels.

    Raises ``ValueError`` if the counts should not add up to the rows, which would be a bug.
    """
    classified = classify(rows)
    orders = build_orders(rows, classified)
    cancellations = matching.match(_credits(rows, classified), orders)
    discounts = _discounts(rows, classified, orders)
    counts = _counts(classified, cancellations)
    if sum(count.rows for count in counts) != len(rows):
        raise ValueError(f"{len(rows)} rows, but {sum(count.rows for count in counts)} in a category")
    return Reconciliation(len(rows), counts, _with_discounts(orders, discounts), cancellations, discounts)


def _credits(rows: RetailRows, classified: Classified) -> list[Credit]:
    found = []
    for row in np.flatnonzero(classified.is_a(CREDITED)).tolist():
        header = rows.headers[int(rows.header[row])]
        found.append(
            Credit(
                row=row,
                credit_note=header.invoice,
                customer=header.customer,
                sku=classified.skus[int(rows.product[row])],
                quantity=-int(rows.quantity[row]),
                unit_price=int(rows.price_mills[row]) // 10,
                at=to_utc(header.placed_at),
            )
        )
    return found


def _discounts(rows: RetailRows, classified: Classified, orders: list[SaleOrder]) -> list[Discount]:
    """Tie each discount to the customer's latest order of the 30 days before it, if there is one."""
    placed: dict[int, list[SaleOrder]] = {}
    for order in orders:
        if order.customer is not None:
            placed.setdefault(order.customer, []).append(order)
    found = []
    for row in np.flatnonzero(classified.is_a(DISCOUNT)).tolist():
        header = rows.headers[int(rows.header[row])]
        at = to_utc(header.placed_at)
        mine = placed.get(header.customer, []) if header.customer is not None else []
        amount = -int(rows.quantity[row]) * int(rows.price_mills[row]) // 10
        found.append(Discount(row, header.invoice, at, header.customer, amount, _latest(mine, at)))
    return found


def _latest(orders: list[SaleOrder], at: datetime) -> str | None:
    for order in reversed(orders):
        if order.placed_at <= at:
            return order.external_id if order.placed_at >= at - DISCOUNT_WINDOW else None
    return None


def _with_discounts(orders: list[SaleOrder], discounts: list[Discount]) -> list[SaleOrder]:
    granted: dict[str, list[Discount]] = {}
    for discount in discounts:
        if discount.order is not None:
            granted.setdefault(discount.order, []).append(discount)
    return [
        msgspec.structs.replace(order, discounts=tuple(granted[order.external_id]))
        if order.external_id in granted
        else order
        for order in orders
    ]


def _counts(classified: Classified, cancellations: list[CancellationEvent]) -> tuple[Count, ...]:
    totals: Counter[tuple[Category, str]] = Counter()
    for verdict, rows in zip(VERDICTS, np.bincount(classified.verdict, minlength=len(VERDICTS)).tolist(), strict=True):
        if verdict != CREDITED:
            totals[verdict.category, verdict.reason] += rows
    for event in cancellations:
        totals[_ending(event)] += 1
    place = {category: index for index, category in enumerate(Category)}
    ordered = sorted(totals.items(), key=lambda item: (place[item[0][0]], -item[1], item[0][1]))
    return tuple(Count(category, reason, rows) for (category, reason), rows in ordered if rows)


def _ending(event: CancellationEvent) -> tuple[Category, str]:
    if event.confidence is None:
        return Category.CANCELLATION_UNMATCHED, str(event.unmatched)
    extent = "in whole" if event.in_whole else "in part"
    return Category.CANCELLATION_MATCHED, f"{extent}, {event.confidence}"
