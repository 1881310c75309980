"""An order as the rows that are stored of it: commercial content apart from the person, who is in the vault alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from crossdock.kernel.clock import instant
from crossdock.kernel.geo import Xyz
from crossdock.orders.model import Adjustment, DeliveryIn, LineIn, OrderIn, Payment, Tax

_encode = msgspec.json.Encoder().encode
_EMPTY = "{}"
_PAYMENT = {"pending": Payment.PENDING, "authorized": Payment.AUTHORIZED, "paid": Payment.PAID}


class OrderData(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the channel sent with an order beyond its columns."""

    charges: tuple[Adjustment, ...] = ()
    discounts: tuple[Adjustment, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: dict[str, str] = {}
    reservation_id: str | None = None


class LineData(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the channel sent with a line beyond its columns."""

    name: str = ""
    unit: str = "each"
    unit_factor: int = 1
    discounts: tuple[Adjustment, ...] = ()
    charges: tuple[Adjustment, ...] = ()
    taxes: tuple[Tax, ...] = ()
    metadata: dict[str, str] = {}
    together: int = 0


class DeliveryData(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the channel sent with a delivery beyond its columns."""

    gift: bool = False
    location: str | None = None


def tags_of(data: str) -> tuple[str, ...]:
    """Return the tags in what is stored of an order beyond its columns."""
    return () if data == _EMPTY else _order_data(data).tags


def is_gift(data: str) -> bool:
    """Say whether a delivery is a gift, by what is stored of it beyond its columns."""
    return data != _EMPTY and _delivery(data).gift


def group_of(data: str) -> int:
    """Return the number under which a line leaves together with others, by what is stored of it; 0 for none."""
    return 0 if data == _EMPTY else _together(data).together


class _Together(msgspec.Struct, frozen=True):
    together: int = 0


_together = msgspec.json.Decoder(_Together).decode


def line_total(line: LineIn) -> int:
    """Return what a line costs in minor units: price × quantity − discounts + charges + taxes not included."""
    total = line.unit_price.amount * line.quantity
    if line.discounts or line.charges or line.taxes:
        total -= sum(part.amount.amount for part in line.discounts)
        total += sum(part.amount.amount for part in line.charges)
        total += sum(tax.amount.amount for tax in line.taxes if not tax.included)
    return total


def order_total(order: OrderIn) -> int:
    """Return the order's total: as the channel gave it, else the sum of its lines, charges and discounts."""
    if order.total is not None:
        return order.total.amount
    total = sum(line_total(line) for line in order.lines)
    total += sum(part.amount.amount for part in order.charges)
    return total - sum(part.amount.amount for part in order.discounts)


_order_data = msgspec.json.Decoder(OrderData).decode
_delivery = msgspec.json.Decoder(DeliveryData).decode


def order_data(order: OrderIn) -> str:
    """Return the JSON of what has no column."""
    if not (order.charges or order.discounts or order.tags or order.metadata or order.reservation_id):
        return _EMPTY
    data = OrderData(order.charges, order.discounts, order.tags, order.metadata, order.reservation_id)
    return _encode(data).decode()


def payment(order: OrderIn) -> Payment:
    """Return the payment axis as the channel told it."""
    return _PAYMENT[order.payment]


def line_rows(order_id: int, lines: Sequence[LineIn], item_ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """Return the rows of ``lines``; the quantity is in base units."""
    return [
        (
            order_id,
            no,
            line.external_id,
            item_id,
            line.quantity * line.unit_factor,
            line.unit_price.amount,
            line_total(line),
            _line_data(line),
            1,
        )
        for no, (line, item_id) in enumerate(zip(lines, item_ids, strict=True), 1)
    ]


def _line_data(line: LineIn) -> str:
    if not (
        line.name
        or line.discounts
        or line.charges
        or line.taxes
        or line.metadata
        or line.unit_factor > 1
        or line.unit != "each"
        or line.together
    ):
        return _EMPTY
    data = LineData(
        line.name,
        line.unit,
        line.unit_factor,
        line.discounts,
        line.charges,
        line.taxes,
        line.metadata,
        line.together,
    )
    return _encode(data).decode()


def _delivery_data(delivery: DeliveryIn) -> str:
    if not delivery.gift and delivery.location is None:
        return _EMPTY
    return _encode(DeliveryData(delivery.gift, delivery.location)).decode()


def collected_at(data: str) -> str | None:
    """Return the location where a stored delivery is collected, if it is."""
    return None if data == _EMPTY else _delivery(data).location


def with_location(data: str, location: str | None) -> str:
    """Return a delivery's stored data with another location at which it is collected."""
    return _encode(msgspec.structs.replace(_delivery(data), location=location)).decode()


def delivery_row(
    order_id: int, no: int, delivery: DeliveryIn, area: str, point: Xyz | None, address_id: int
) -> tuple[Any, ...]:
    """Return the row of a delivery: country, area and point, and the id of the address in the vault."""
    x, y, z = point or (None, None, None)
    return (
        order_id,
        no,
        delivery.method,
        delivery.destination.country,
        area,
        x,
        y,
        z,
        address_id,
        None if delivery.not_before is None else instant(delivery.not_before),
        None if delivery.by is None else instant(delivery.by),
        delivery.service_level,
        _delivery_data(delivery),
    )
