"""Tables of the combiner: the record of every routing decision, and which policy version is active."""

from __future__ import annotations

from sqlalchemy import Index

from crossdock.storage.schema import big, blob, small, table, text

decisions = table(
    "decisions",
    big("id", primary_key=True, autoincrement=False),
    big("order_id"),
    big("delivery_no"),
    text("cause"),
    big("decided_at"),
    # 1/1000 of the minor unit, as decided.
    big("cost"),
    big("penalty"),
    big("bound"),
    small("proven"),
    small("sites"),
    # What it saw, chose and passed over: routing.record.
    blob("record"),
    Index("ix_decisions_order_id", "order_id", "id"),
)

views = table(
    "views",
    text("code", primary_key=True),
    text("hash"),
    big("activated_at"),
    text("actor"),
)

policies = table(
    "policies",
    text("code", primary_key=True),
    text("hash"),
    big("activated_at"),
    text("actor"),
)
