"""Tables of fulfillments: the part of a delivery that one location handles."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index

from crossdock.storage.schema import big, small, table, text

fulfillments = table(
    "fulfillments",
    big("id", primary_key=True, autoincrement=False),
    big("order_id"),
    big("delivery_no"),
    big("location_id"),
    text("method"),
    small("execution"),
    small("negotiation"),
    small("cancellation"),
    big("decision_id"),
    big("depends_on", nullable=True),
    text("workflow"),
    big("work_day"),
    big("deliver_day"),
    # 1 where it took one of its location's fulfillments of the work day, which a cancellation gives back.
    small("took_capacity"),
    big("release_at", nullable=True),
    big("created_at"),
    big("version"),
    Index("ix_fulfillments_order_id", "order_id"),
    Index("ix_fulfillments_location_id", "location_id", "execution", "work_day"),
    fillfactor=80,
)

fulfillment_lines = table(
    "fulfillment_lines",
    big("fulfillment_id", primary_key=True),
    big("demand_no", primary_key=True),
    big("claim_id"),
    big("quantity"),
    big("picked"),
    big("packed"),
    big("shipped"),
    big("canceled"),
    CheckConstraint("quantity > 0 AND canceled + shipped <= quantity", name="quantities"),
    clustered=True,
)
