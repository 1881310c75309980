"""How an order that came again differs from the one that was captured: each place with both values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crossdock.kernel.clock import instant
from crossdock.kernel.errors import FieldError
from crossdock.orders.model import LineIn, OrderIn
from crossdock.orders.rows import line_total, order_total
from crossdock.orders.views import AddressView, LineView, OrderView

MAX_DIFFERENCES = 100
_ADDRESS = ("name", "company", "line1", "line2", "city", "region", "postal_code", "country", "phone")


def differences(captured: OrderView, sent: OrderIn) -> tuple[FieldError, ...]:
    """Return where the sent order differs from the captured one; never more than 100 places."""
    return tuple(found for _, found in zip(range(MAX_DIFFERENCES), _walk(captured, sent), strict=False))


def _walk(captured: OrderView, sent: OrderIn) -> Iterator[FieldError]:
    yield from _field("/revision", captured.revision, sent.revision)
    yield from _field("/currency", captured.total.currency, sent.currency)
    if instant(captured.placed_at) != instant(sent.placed_at):
        yield from _field("/placed_at", captured.placed_at.isoformat(), sent.placed_at.isoformat())
    yield from _field("/total/amount", captured.total.amount, order_total(sent))
    yield from _field("/priority", captured.priority, sent.priority)
    yield from _field("/payment", captured.payment, sent.payment)
    yield from _field("/tags", list(captured.tags), list(sent.tags))
    yield from _field("/metadata", captured.metadata, sent.metadata)
    yield from _field("/lines", f"{len(captured.lines)} lines", f"{len(sent.lines)} lines")
    for index, (old, new) in enumerate(zip(captured.lines, sent.lines, strict=False)):
        yield from _line(f"/lines/{index}", old, new)
    yield from _field("/deliveries", f"{len(captured.deliveries)} deliveries", f"{len(sent.deliveries)} deliveries")
    for index, (place, delivery) in enumerate(zip(captured.deliveries, sent.deliveries, strict=False)):
        at = f"/deliveries/{index}"
        yield from _field(f"{at}/service_level", place.service_level, delivery.service_level)
        yield from _field(f"{at}/gift", place.gift, delivery.gift)
        if place.address is not None:
            yield from _address(f"{at}/destination", place.address, delivery.destination)
    if captured.customer is not None:
        for name in ("external_id", "name", "email", "phone"):
            # What the vault holds of a person is not repeated to somebody who sends another order under its id.
            if getattr(captured.customer, name) != getattr(sent.customer, name):
                yield FieldError(f"/customer/{name}", "differs", "Another value was captured.")


def _line(at: str, old: LineView, new: LineIn) -> Iterator[FieldError]:
    yield from _field(f"{at}/sku", old.sku, new.sku)
    yield from _field(f"{at}/quantity", old.quantity, new.quantity * new.unit_factor)
    yield from _field(f"{at}/unit_price/amount", old.unit_price.amount, new.unit_price.amount)
    yield from _field(f"{at}/external_id", old.external_id, new.external_id)
    yield from _field(f"{at}/name", old.name, new.name)
    yield from _field(f"{at}/delivery", old.delivery, new.delivery)
    yield from _field(f"{at}/together", old.together, new.together)
    yield from _field(f"{at}/metadata", old.metadata, new.metadata)
    if old.unit_price.amount == new.unit_price.amount and old.quantity == new.quantity * new.unit_factor:
        yield from _field(f"{at}/total", old.total.amount, line_total(new))


def _address(at: str, old: AddressView, new: Any) -> Iterator[FieldError]:
    for name in _ADDRESS:
        if getattr(old, name) != getattr(new, name):
            yield FieldError(f"{at}/{name}", "differs", "Another value was captured.")


def _field(pointer: str, captured: Any, sent: Any) -> Iterator[FieldError]:
    if captured != sent:
        yield FieldError(pointer, "differs", f"Captured was {_shown(captured)}, sent is {_shown(sent)}.")


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:80] + "…"
