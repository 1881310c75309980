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
    # The fulfillment of the same delivery that this one brings goods to: the first leg of two.
    big("feeds", nullable=True),
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

# A line is units of one demand that stand on one claim.
fulfillment_lines = table(
    "fulfillment_lines",
    big("fulfillment_id", primary_key=True),
    big("demand_no", primary_key=True),
    big("claim_id", primary_key=True),
    big("quantity"),
    big("picked"),
    big("packed"),
    big("shipped"),
    big("canceled"),
    CheckConstraint("quantity > 0 AND canceled + shipped <= quantity", name="quantities"),
    clustered=True,
)

# What a location said no to, did not find or did not answer; the location is excluded for the line until then.
rejections = table(
    "rejections",
    big("id", primary_key=True, autoincrement=False),
    big("order_id"),
    big("demand_no"),
    big("location_id"),
    big("fulfillment_id"),
    # rejected, short_picked, timed_out.
    text("kind"),
    text("reason"),
    text("note"),
    big("quantity"),
    big("at"),
    big("until"),
    text("actor"),
    CheckConstraint("quantity > 0", name="quantity"),
    Index("ix_rejections_order_id", "order_id", "id"),
    Index("ix_rejections_location_id", "location_id", "at"),
)

# By when a location is to answer or to begin; one for each fulfillment that waits for it.
deadlines = table(
    "deadlines",
    big("fulfillment_id", primary_key=True),
    # 1: to accept, 2: to start, 3: to be tried elsewhere again.
    small("kind"),
    big("due_at"),
    # When the watch looks next: first to give notice, then because time is over.
    big("next_at"),
    small("noticed"),
    CheckConstraint("kind IN (1, 2, 3)", name="kind"),
    Index("ix_deadlines_next_at", "next_at"),
    clustered=True,
)

# One job for several locations: the first that claims it has it.
fulfillment_offers = table(
    "fulfillment_offers",
    big("id", primary_key=True, autoincrement=False),
    big("order_id"),
    big("fulfillment_id"),
    # 1 open, 2 claimed, 3 expired, 4 withdrawn.
    small("state"),
    big("created_at"),
    big("expires_at"),
    big("ended_at", nullable=True),
    big("claimed_by", nullable=True),
    text("reason"),
    text("actor"),
    CheckConstraint("state IN (1, 2, 3, 4)", name="state"),
    CheckConstraint("(state = 2) = (claimed_by IS NOT NULL)", name="claimed"),
    Index("ix_fulfillment_offers_fulfillment_id", "fulfillment_id"),
    Index("ix_fulfillment_offers_state", "state", "expires_at"),
    fillfactor=80,
)

offer_locations = table(
    "offer_locations",
    big("offer_id", primary_key=True),
    big("location_id", primary_key=True),
    # What it would cost from there when it was offered, in minor units, and the day that it would arrive.
    big("cost"),
    big("deliver_day"),
    clustered=True,
)

# How long locations have to answer and how long a rejecter is excluded: one row.
work_rules = table(
    "work_rules",
    big("id", primary_key=True, autoincrement=False),
    text("data"),
    big("changed_at"),
    text("actor"),
    big("version"),
)
