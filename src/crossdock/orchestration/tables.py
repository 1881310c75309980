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
    # Which routes were tried and the facts that their conditions asked for: orchestration.policies.trace.
    blob("trace", nullable=True),
    Index("ix_decisions_order_id", "order_id", "id"),
)

# Every version that was ever made active, with who and when: of views and of groups of shares.
activations = table(
    "activations",
    big("id", primary_key=True, autoincrement=False),
    text("kind"),
    text("code"),
    text("hash"),
    big("at"),
    text("actor"),
    Index("ix_activations_code", "kind", "code", "id"),
)

views = table(
    "views",
    text("code", primary_key=True),
    text("hash"),
    big("activated_at"),
    text("actor"),
)

# What was offered, each with its decision; expired ones are forgotten, ordered ones stay with their order.
promises = table(
    "promises",
    big("id", primary_key=True, autoincrement=False),
    big("created_at"),
    big("expires_at"),
    big("channel_id"),
    # orchestration.promise_store.State: offered, ordered, closed.
    small("state"),
    # The day on which everything is there, and the day by which the service level wanted it.
    big("promised_day"),
    big("due_day"),
    # No work before this day: what is promised for a window that begins later than it could be there.
    big("begin_day", nullable=True),
    # The basket, where it goes, the offer as it was answered. No personal data: country and postal area alone.
    text("content"),
    blob("record"),
    big("reservation_id", nullable=True),
    big("order_id", nullable=True),
    Index("ix_promises_order_id", "order_id"),
    Index("ix_promises_state", "state", "expires_at"),
    fillfactor=80,
)

share_groups = table(
    "share_groups",
    text("code", primary_key=True),
    text("hash"),
    big("activated_at"),
    text("actor"),
)

# Which version of each policy decides.
policies = table(
    "policies",
    text("code", primary_key=True),
    text("hash"),
    big("activated_at"),
    text("actor"),
    big("number", nullable=True),
)

# Every version of a routing policy: its content never changes, where it stands does.
policy_versions = table(
    "policy_versions",
    text("code", primary_key=True),
    big("number", primary_key=True, autoincrement=False),
    text("hash"),
    # orchestration.policies.lifecycle.State
    small("state"),
    # The version that it was made from.
    big("base", nullable=True),
    big("created_at"),
    text("actor"),
    text("note"),
    # What the last check found, as JSON.
    text("findings"),
    big("activated_at", nullable=True),
    # Whether it became active though nobody had tried it.
    small("untried"),
    Index("ix_policy_versions_hash", "hash"),
)

# Each change of where a version stands, with who and why.
policy_changes = table(
    "policy_changes",
    big("id", primary_key=True, autoincrement=False),
    text("code"),
    big("number"),
    small("state"),
    big("at"),
    text("actor"),
    text("note"),
    Index("ix_policy_changes_code", "code", "id"),
)
