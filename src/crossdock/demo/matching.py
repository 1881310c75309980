"""Which sale a credit note takes back: the file does not say, so it is inferred, with a confidence.

Credits are taken in the order they were written. For each, only lines of the same SKU to the same customer count,
sold no later than the credit, with units left that no earlier credit took. The first of these that covers it wins;
within each the most recent sale goes first:

1. same price, exactly the units that are left on one line: *exact*
2. same price, fewer than are left on one line: *partial*
3. same price, over several lines: *spread*
4. the same three at any price: *weak*
5. all that is left, though it is less than was credited: *weak*, the rest stays unmatched.

A guest has no number to go by: only guests' sales of the SKU at the same price in the 30 days before count, and
the result is always *weak*.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from crossdock.demo.sales import SaleLine, SaleOrder

GUEST_WINDOW = timedelta(days=30)


class Confidence(StrEnum):
    """How sure it is that a credit belongs to the lines it was matched to."""

    EXACT = "exact"
    PARTIAL = "partial"
    SPREAD = "spread"
    WEAK = "weak"


class Unmatched(StrEnum):
    """Why units of a credit found no line."""

    NEVER_BOUGHT = "the customer never bought the item in the file"
    BOUGHT_LATER = "the customer bought the item only later"
    ALL_TAKEN = "the customer's earlier purchases are already canceled"
    NO_GUEST_SALE = "a guest's credit, and no guest bought the item at this price in the 30 days before"
    MORE_THAN_LEFT = "more units than the customer's earlier purchases have left"


class Credit(msgspec.Struct, frozen=True, gc=False):
    """One row of a credit note: positive units, unit price in pence, the instant in UTC."""

    row: int
    credit_note: str
    customer: int | None
    sku: str
    quantity: int
    unit_price: int
    at: datetime


class MatchedPart(msgspec.Struct, frozen=True, gc=False):
    """Units of one order line that a credit takes back."""

    external_id: str
    line_number: int
    quantity: int


class CancellationEvent(msgspec.Struct, frozen=True):
    """A credit and the lines found for it.

    ``confidence`` is None when no line was found; ``unmatched`` says why units remain without one, None if none do.
    The units of ``matched`` are never more than were credited.
    """

    at: datetime
    row: int
    credit_note: str
    customer: int | None
    sku: str
    quantity: int
    unit_price: int
    matched: tuple[MatchedPart, ...]
    confidence: Confidence | None
    unmatched: Unmatched | None

    @property
    def matched_quantity(self) -> int:
        """Count the units for which a line was found."""
        return sum(part.quantity for part in self.matched)

    @property
    def in_whole(self) -> bool:
        """Tell whether every credited unit found its line."""
        return self.unmatched is None


class _OpenLine:
    """A sold line and what is left of it."""

    __slots__ = ("at", "external_id", "left", "number", "price", "row")

    def __init__(self, order: SaleOrder, line: SaleLine) -> None:
        self.external_id = order.external_id
        self.number = line.number
        self.row = line.row
        self.at = order.placed_at
        self.price = line.unit_price
        self.left = line.quantity


_Index = dict[tuple[int | None, str], list[_OpenLine]]


def match(credits: Sequence[Credit], orders: Iterable[SaleOrder]) -> list[CancellationEvent]:
    """Find for every credit the lines it takes back, never more units of a line than were sold."""
    index = _open_lines({(credit.customer, credit.sku) for credit in credits}, orders)
    in_order = sorted(credits, key=lambda credit: (credit.at, credit.row))
    return [_match_one(credit, index.get((credit.customer, credit.sku), [])) for credit in in_order]


def _open_lines(wanted: set[tuple[int | None, str]], orders: Iterable[SaleOrder]) -> _Index:
    customers = {customer for customer, _ in wanted}
    index: _Index = {}
    for order in orders:
        if order.customer in customers:
            for line in order.lines:
                key = (order.customer, line.sku)
                if key in wanted:
                    index.setdefault(key, []).append(_OpenLine(order, line))
    for lines in index.values():
        lines.sort(key=lambda line: (line.at, line.row), reverse=True)
    return index


def _match_one(credit: Credit, lines: list[_OpenLine]) -> CancellationEvent:
    earlier = [line for line in lines if line.at <= credit.at]
    left = [line for line in earlier if line.left > 0]
    guest = credit.customer is None
    if guest:
        left = [line for line in left if line.price == credit.unit_price and line.at >= credit.at - GUEST_WINDOW]
    chosen, confidence = _choose(credit, left)
    if guest and chosen:
        confidence = Confidence.WEAK
    parts = _take(credit.quantity, chosen)
    missing = credit.quantity - sum(part.quantity for part in parts)
    return CancellationEvent(
        at=credit.at,
        row=credit.row,
        credit_note=credit.credit_note,
        customer=credit.customer,
        sku=credit.sku,
        quantity=credit.quantity,
        unit_price=credit.unit_price,
        matched=parts,
        confidence=confidence,
        unmatched=_why(guest, lines, earlier, parts) if missing else None,
    )


def _choose(credit: Credit, left: list[_OpenLine]) -> tuple[list[_OpenLine], Confidence | None]:
    """Pick the lines to take from, most recent first."""
    same_price = [line for line in left if line.price == credit.unit_price]
    found = _cover(credit.quantity, same_price)
    if found:
        return found
    found = _cover(credit.quantity, left)
    if found:
        return found[0], Confidence.WEAK
    return left, Confidence.WEAK if left else None


def _cover(quantity: int, lines: list[_OpenLine]) -> tuple[list[_OpenLine], Confidence] | None:
    for line in lines:
        if line.left == quantity:
            return [line], Confidence.EXACT
    for line in lines:
        if line.left > quantity:
            return [line], Confidence.PARTIAL
    if sum(line.left for line in lines) >= quantity:
        return lines, Confidence.SPREAD
    return None


def _take(quantity: int, lines: list[_OpenLine]) -> tuple[MatchedPart, ...]:
    parts = []
    for line in lines:
        taken = min(quantity, line.left)
        if taken:
            line.left -= taken
            quantity -= taken
            parts.append(MatchedPart(line.external_id, line.number, taken))
    return tuple(parts)


def _why(guest: bool, lines: list[_OpenLine], earlier: list[_OpenLine], parts: tuple[MatchedPart, ...]) -> Unmatched:
    if parts:
        return Unmatched.MORE_THAN_LEFT
    if guest:
        return Unmatched.NO_GUEST_SALE
    if not lines:
        return Unmatched.NEVER_BOUGHT
    return Unmatched.ALL_TAKEN if earlier else Unmatched.BOUGHT_LATER
