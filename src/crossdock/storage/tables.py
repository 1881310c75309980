"""Tables of the unit of work itself: batches, the log, remembered answers, content versions, jobs."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Sequence

from crossdock.storage.schema import big, blob, metadata, small, table, text

# CACHE 1 and taken under the log's lock, so that the order of ids is the order of commits (gaps mean nothing).
log_position = Sequence("log_position", metadata=metadata, cache=1)

batches = table(
    "batches",
    big("id", primary_key=True, autoincrement=False),
    big("committed_at"),
)

events = table(
    "events",
    big("id", primary_key=True, autoincrement=False),
    text("type"),
    big("at"),
    text("subject"),
    big("order_id", nullable=True),
    text("actor"),
    text("data"),
    Index("ix_events_order_id", "order_id", "id"),
)

# One row a batch: which claimable stock changed by how much. The in-memory pictures of all processes follow it.
stock_log = table(
    "stock_log",
    big("id", primary_key=True, autoincrement=False),
    small("worker"),
    blob("changes"),
)

idempotency_keys = table(
    "idempotency_keys",
    text("scope", primary_key=True),
    text("key", primary_key=True),
    blob("fingerprint"),
    small("status"),
    text("body"),
    big("created_at"),
    Index("ix_idempotency_keys_created_at", "created_at"),
    clustered=True,
)

# Immutable and named by content: policies, networks, rate cards. Decisions rest on them for ever.
versions = table(
    "versions",
    text("hash", primary_key=True),
    text("kind"),
    blob("body"),
    big("created_at"),
)

jobs = table(
    "jobs",
    big("id", primary_key=True, autoincrement=False),
    text("kind"),
    text("state"),
    big("created_at"),
    big("updated_at"),
    text("created_by"),
    big("total", nullable=True),
    big("done"),
    big("failed"),
    big("offset"),
    text("request"),
    text("result"),
    text("error"),
    small("cancel_requested"),
    CheckConstraint("state IN ('waiting', 'running', 'succeeded', 'failed', 'canceled')", name="state"),
    Index("ix_jobs_state", "state", "id"),
)

# A row for each change of the configuration: processes see by their number and the last id that theirs is old.
config_log = table(
    "config_log",
    big("id", primary_key=True, autoincrement=False),
    text("kind"),
    big("at"),
)
