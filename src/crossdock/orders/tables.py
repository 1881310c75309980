"""Tables of orders: what was bought and priced, where it goes, and where each unit of the demand stands."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index

from crossdock.orders.model import PARTITION
from crossdock.storage.schema import big, blob, small, table, text

# Idempotency of orders: (channel, external id) once, with the revision and content that was taken.
order_keys = table(
    "order_keys",
    big("channel_id", primary_key=True),
    text("external_id", primary_key=True),
    big("order_id"),
    big("revision"),
    blob("content_hash"),
    clustered=True,
)

orders = table(
    "orders",
    big("id", primary_key=True, autoincrement=False),
    big("channel_id"),
    text("external_id"),
    big("revision"),
    big("party_id"),
    text("currency"),
    big("total"),
    big("placed_at"),
    big("captured_at"),
    # Derived from the demand's quantities by orders.status, kept for filters; verify proves it.
    small("status"),
    small("on_hold"),
    small("payment"),
    small("promise"),
    small("cancellation"),
    small("priority"),
    small("queued"),
    small("splits"),
    # What the channel sent beyond the columns: charges, discounts, tags, metadata. No personal data.
    text("data"),
    big("version"),
    Index("ix_orders_placed_at", "placed_at", "id"),
    Index("ix_orders_status", "status", "placed_at", "id"),
    fillfactor=80,
)

lines = table(
    "lines",
    big("order_id", primary_key=True),
    big("no", primary_key=True),
    text("external_id", nullable=True),
    big("item_id"),
    big("quantity"),
    big("unit_price"),
    big("total"),
    # Discounts, taxes and charges of the line, its name as sold, the ordered unit and factor.
    text("data"),
    big("version"),
    CheckConstraint("quantity > 0", name="quantity"),
    clustered=True,
)

# Every version of a line that a later one took the place of, as it was.
line_versions = table(
    "line_versions",
    big("order_id", primary_key=True),
    big("no", primary_key=True),
    big("version", primary_key=True),
    big("replaced_at"),
    text("line"),
    clustered=True,
)

deliveries = table(
    "deliveries",
    big("order_id", primary_key=True),
    big("no", primary_key=True),
    text("method"),
    text("country"),
    text("area"),
    big("x", nullable=True),
    big("y", nullable=True),
    big("z", nullable=True),
    big("address_id", nullable=True),
    big("not_before", nullable=True),
    big("by", nullable=True),
    text("service_level"),
    text("data"),
    clustered=True,
    fillfactor=80,
)

demand = table(
    "demand",
    big("order_id", primary_key=True),
    big("no", primary_key=True),
    big("line_no"),
    big("delivery_no"),
    big("item_id"),
    big("quantity"),
    *(big(name) for name in PARTITION),
    small("origin"),
    CheckConstraint(" + ".join(PARTITION) + " = quantity", name="partition_adds_up"),
    CheckConstraint(" AND ".join(f"{name} >= 0" for name in PARTITION), name="parts"),
    clustered=True,
    fillfactor=80,
)

holds = table(
    "holds",
    big("id", primary_key=True, autoincrement=False),
    big("order_id"),
    text("reason"),
    text("note"),
    text("owner"),
    big("placed_at"),
    big("released_at", nullable=True),
    text("released_by", nullable=True),
    Index("ix_holds_order_id", "order_id"),
)

# Work that cannot go on: always with a reason, an age (since) and an owner.
queue_entries = table(
    "queue_entries",
    big("id", primary_key=True, autoincrement=False),
    text("queue"),
    big("order_id"),
    big("demand_no"),
    big("item_id"),
    big("quantity"),
    text("reason"),
    text("detail"),
    text("owner"),
    small("priority"),
    big("since"),
    big("closed_at", nullable=True),
    # When the routing policy gives it up, if it waits that long.
    big("cancel_at", nullable=True),
    Index("ix_queue_entries_order_id", "order_id"),
    Index("ix_queue_entries_cancel_at", "cancel_at"),
    Index("ix_queue_entries_waiting", "item_id", "closed_at", "priority", "since"),
)
