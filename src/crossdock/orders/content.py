"""What makes two documents the same order: their content, however its instants are written."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from crossdock.kernel.content import content_hash
from crossdock.orders.model import OrderIn


def order_hash(order: OrderIn) -> bytes:
    """Return the 16-byte content hash of an order; the same instant in another zone is the same content."""
    instants = [order.placed_at, *(at for d in order.deliveries for at in (d.not_before, d.by) if at is not None)]
    if any(at.utcoffset() for at in instants):
        deliveries = tuple(replace(d, not_before=_utc(d.not_before), by=_utc(d.by)) for d in order.deliveries)
        order = replace(order, placed_at=order.placed_at.astimezone(UTC), deliveries=deliveries)
    return content_hash(order)


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)
