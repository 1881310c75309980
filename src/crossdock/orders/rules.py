"""What an order must be to be taken in, beyond its schema: each fault with its place."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.kernel.clock import DAY, instant
from crossdock.kernel.errors import FieldError
from crossdock.orders.model import MAX_QUANTITY, Adjustment, LineIn, OrderIn, Tax

MAX_AHEAD = DAY


def faults(order: OrderIn, channel_currency: str, now: int) -> list[FieldError]:
    """Return every contradiction within the order; none means that it can be taken in."""
    found: list[FieldError] = []
    if order.currency != channel_currency:
        text = f"The channel sells in {channel_currency}, not in {order.currency}."
        found.append(FieldError("/currency", "currency_differs", text))
    if instant(order.placed_at) > now + MAX_AHEAD:
        found.append(FieldError("/placed_at", "in_the_future", "The order was placed more than a day from now."))
    for index, line in enumerate(order.lines):
        _check_line(order, index, line, found)
    for index, delivery in enumerate(order.deliveries):
        if (delivery.method == "ship") != (delivery.location is None):
            text = "A pickup needs its `location`; what is shipped to an address has none."
            found.append(FieldError(f"/deliveries/{index}/location", "pickup_location", text))
    if order.promise_id is not None and len(order.deliveries) > 1:
        text = "A promise is for one delivery; an order with several cannot bring one."
        found.append(FieldError("/promise_id", "several_deliveries", text))
    if order.total is not None or order.discounts or order.charges:
        _check_totals(order, found)
    if len(order.deliveries) > 1:
        used = {line.delivery for line in order.lines}
        for number in range(1, len(order.deliveries) + 1):
            if number not in used:
                text = "No line goes with this delivery."
                found.append(FieldError(f"/deliveries/{number - 1}", "empty_delivery", text))
    return found


def _check_line(order: OrderIn, index: int, line: LineIn, found: list[FieldError]) -> None:
    at = f"/lines/{index}"
    if line.delivery > len(order.deliveries):
        text = f"The order has {len(order.deliveries)} deliveries, not {line.delivery}."
        found.append(FieldError(f"{at}/delivery", "no_such_delivery", text))
    if line.unit_price.currency != order.currency:
        found.append(_currency(f"{at}/unit_price", order))
    if line.unit_price.amount < 0:
        found.append(FieldError(f"{at}/unit_price", "negative_price", "A price is not below zero."))
    if line.quantity * line.unit_factor > MAX_QUANTITY:
        text = f"The line is {line.quantity * line.unit_factor} base units; {MAX_QUANTITY} is the limit."
        found.append(FieldError(f"{at}/quantity", "too_many_units", text))
    if line.discounts or line.charges or line.taxes:
        for kind, parts in (("discounts", line.discounts), ("charges", line.charges), ("taxes", line.taxes)):
            _check_currencies(order, f"{at}/{kind}", parts, found)


def _check_totals(order: OrderIn, found: list[FieldError]) -> None:
    if order.total is not None and order.total.currency != order.currency:
        found.append(_currency("/total", order))
    _check_currencies(order, "/discounts", order.discounts, found)
    _check_currencies(order, "/charges", order.charges, found)


def _check_currencies(order: OrderIn, at: str, parts: Sequence[Adjustment | Tax], found: list[FieldError]) -> None:
    for index, part in enumerate(parts):
        if part.amount.currency != order.currency:
            found.append(_currency(f"{at}/{index}/amount", order))


def _currency(pointer: str, order: OrderIn) -> FieldError:
    return FieldError(f"{pointer}/currency", "currency_differs", f"The order is in {order.currency}.")
