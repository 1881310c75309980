"""Tables of stock, by the shapes of the domain: positions, claims, supply lines, movements, guarded counters."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql

from crossdock.storage.schema import big, blob, small, table, text

stock_classes = table(
    "stock_classes",
    big("id", primary_key=True, autoincrement=False),
    text("condition"),
    text("owner"),
    text("lot"),
    big("expires_on", nullable=True),
    Index("uq_stock_classes", "condition", "owner", "lot", "expires_on", unique=True),
)

positions = table(
    "positions",
    big("item_id", primary_key=True),
    big("location_id", primary_key=True),
    big("stock_class", primary_key=True),
    big("on_hand"),
    big("picked"),
    big("reserved"),
    big("allocated"),
    big("short"),
    # The instant and basis of the last count: older counts change nothing, later movements apply on top.
    big("counted_at", nullable=True),
    small("count_basis", nullable=True),
    # The newest line of the ledger about this position: its history is read from here, line by line back.
    big("last_movement", nullable=True),
    # The latest instant of a delta: a count taken after it needs no look at the ledger.
    big("moved_at", nullable=True),
    CheckConstraint("picked >= 0 AND reserved >= 0 AND allocated >= 0 AND short >= 0", name="counters"),
    CheckConstraint("reserved + allocated <= on_hand + short", name="never_sold_twice"),
    CheckConstraint("picked <= allocated", name="picked_is_allocated"),
    clustered=True,
    fillfactor=70,
)

stockings = table(
    "stockings",
    big("item_id", primary_key=True),
    big("location_id", primary_key=True),
    small("sells"),
    small("ships"),
    small("stock_mode"),
    text("bin", nullable=True),
    small("lead_days", nullable=True),
    big("unit_cost", nullable=True),
    text("data"),
    CheckConstraint("stock_mode IN (0, 1, 2)", name="stock_mode"),
    clustered=True,
)

claims = table(
    "claims",
    big("id", primary_key=True, autoincrement=False),
    small("kind"),
    # An allocation belongs to a demand of an order, and so does what leaves for it on a transfer; a reservation to a
    # cart or promise.
    big("owner_id"),
    big("owner_no"),
    small("source"),
    big("item_id"),
    big("location_id"),
    big("stock_class"),
    big("supply_line_id", nullable=True),
    big("quantity"),
    small("state"),
    big("expires_at", nullable=True),
    big("created_at"),
    CheckConstraint("quantity > 0", name="quantity"),
    CheckConstraint("state IN (1, 2, 3)", name="state"),
    Index("ix_claims_owner_id", "owner_id"),
    Index("ix_claims_source", "item_id", "location_id"),
    Index(
        "ix_claims_supply_line",
        "supply_line_id",
        sqlite_where=sql("supply_line_id IS NOT NULL"),
        postgresql_where=sql("supply_line_id IS NOT NULL"),
    ),
    fillfactor=80,
)

# What groups of channels have taken of what they are kept: a counter an item, group and pool (inventory.shares).
shares = table(
    "shares",
    big("item_id", primary_key=True),
    text("group_code", primary_key=True),
    text("pool", primary_key=True),
    big("id"),
    # Units that open claims took; units that left us: they use an amount in units up.
    big("used"),
    big("spent"),
    CheckConstraint("used >= 0 AND spent >= 0", name="counters"),
    Index("uq_shares_id", "id", unique=True),
    clustered=True,
    fillfactor=70,
)

# Which counters a claim took from, in order; share 0 is what nobody is kept. Only of claims that took from a share.
claim_shares = table(
    "claim_shares",
    big("claim_id", primary_key=True),
    small("no", primary_key=True),
    big("share_id"),
    big("quantity"),
    CheckConstraint("quantity >= 0", name="quantity"),
    clustered=True,
)

# What is coming: a line of a purchase order, a transfer, a return under way. Its name is (reference, line).
supply_lines = table(
    "supply_lines",
    big("id", primary_key=True, autoincrement=False),
    small("kind"),
    text("reference"),
    text("line"),
    big("item_id"),
    big("location_id"),
    big("stock_class"),
    big("expected_day"),
    big("quantity"),
    big("received"),
    big("claimed"),
    small("state"),
    big("created_at"),
    big("changed_at"),
    # The fulfillment that brings it, of a transfer for somebody: nobody else is bound to it, and it is never for sale.
    big("fulfillment_id", nullable=True),
    CheckConstraint("claimed >= 0 AND received >= 0", name="counters"),
    # What is not coming any more cannot be claimed: neither what was received nor what was called off.
    CheckConstraint("claimed = 0 OR (state = 1 AND claimed <= quantity - received)", name="never_promised_twice"),
    CheckConstraint("state IN (1, 2, 3)", name="state"),
    Index("ix_supply_lines_item", "item_id", "state", "expected_day"),
    Index("ix_supply_lines_day", "expected_day", "id"),
    Index("uq_supply_lines_reference", "reference", "line", unique=True),
    Index(
        "ix_supply_lines_fulfillment_id",
        "fulfillment_id",
        sqlite_where=sql("fulfillment_id IS NOT NULL"),
        postgresql_where=sql("fulfillment_id IS NOT NULL"),
    ),
    fillfactor=80,
)

# What arrived of a line, each record of a source once; the cause of a movement.
supply_receipts = table(
    "supply_receipts",
    text("source", primary_key=True),
    text("record", primary_key=True),
    big("id"),
    big("supply_line_id"),
    big("quantity"),
    blob("content_hash"),
    big("occurred_at"),
    big("recorded_at"),
    text("actor"),
    Index("ix_supply_receipts_id", "id"),
    Index("ix_supply_receipts_line", "supply_line_id"),
    clustered=True,
)

# How many units of an item wait for stock that is not there (kind 1), or were preordered (kind 2), and how many may.
waiting_limits = table(
    "waiting_limits",
    small("kind", primary_key=True),
    big("item_id", primary_key=True),
    # 0 stands for all channels together.
    big("channel_id", primary_key=True),
    big("used"),
    big("allowed"),
    CheckConstraint("used >= 0", name="used"),
    CheckConstraint("kind IN (1, 2)", name="kind"),
    clustered=True,
    fillfactor=70,
)

movements = table(
    "movements",
    big("id", primary_key=True, autoincrement=False),
    small("type"),
    big("item_id"),
    big("location_id"),
    big("stock_class"),
    big("on_hand"),
    big("picked"),
    big("reserved"),
    big("allocated"),
    big("short"),
    big("occurred_at"),
    big("recorded_at"),
    # The unique key: what caused it (a claim, a source record), which transition, which part of it.
    small("cause_kind"),
    big("cause_id"),
    small("sequence"),
    # The position's movement before this one. An index by position would cost a page for each line that a feed writes;
    # this costs eight bytes.
    big("previous", nullable=True),
    Index("uq_movements_cause", "cause_id", "cause_kind", "type", "sequence", unique=True),
)

# Facts that came from outside: one row a record, so that a record told twice counts once.
stock_records = table(
    "stock_records",
    text("source", primary_key=True),
    text("record", primary_key=True),
    big("id"),
    blob("content_hash"),
    big("recorded_at"),
    text("reason"),
    text("actor"),
    # A movement leads back to its record.
    Index("ix_stock_records_id", "id"),
    clustered=True,
)

capacities = table(
    "capacities",
    big("location_id", primary_key=True),
    big("work_day", primary_key=True),
    small("slot", primary_key=True),
    big("used"),
    big("allowed"),
    CheckConstraint("used >= 0", name="used"),
    clustered=True,
    fillfactor=70,
)

# What was last told of what a channel can be promised of an item; an item of which nothing was told is out.
availability_levels = table(
    "availability_levels",
    big("channel_id", primary_key=True),
    big("item_id", primary_key=True),
    small("level"),
    big("units"),
    # The log position of the picture that it was told from: an older picture tells nothing over it.
    big("position"),
    CheckConstraint("level IN (0, 1, 2)", name="level"),
    clustered=True,
)

# Every repair of a counter, with what was found and what it was set to.
repairs = table(
    "repairs",
    big("id", primary_key=True, autoincrement=False),
    big("at"),
    text("actor"),
    text("subject"),
    text("before"),
    text("after"),
)

# Units held for a cart or a checkout until they are ordered, given back, or the time is over.
reservations = table(
    "reservations",
    big("id", primary_key=True, autoincrement=False),
    big("channel_id"),
    text("external_id", nullable=True),
    small("state"),
    text("method"),
    text("service_level"),
    text("country"),
    text("area"),
    big("x", nullable=True),
    big("y", nullable=True),
    big("z", nullable=True),
    # Where the goods are collected; none when they are shipped.
    big("location_id", nullable=True),
    big("due_day", nullable=True),
    small("partial"),
    big("units"),
    # The open claims' sum; verify proves it.
    big("held"),
    big("order_id", nullable=True),
    big("created_at"),
    big("expires_at"),
    big("ended_at", nullable=True),
    text("reason"),
    # The record of the last decision, from which it can be decided again.
    blob("decision"),
    big("version"),
    CheckConstraint("state IN (1, 2, 3, 4, 5)", name="state"),
    CheckConstraint("held >= 0 AND held <= units", name="held"),
    CheckConstraint("state = 1 OR held = 0", name="ended_holds_nothing"),
    # The sweeper asks twice a second for what is past its time.
    Index("ix_reservations_expiry", "state", "expires_at"),
    Index("ix_reservations_order_id", "order_id"),
    fillfactor=80,
)

# Idempotency of reservations: (channel, external id) once, with the content that was asked for.
reservation_keys = table(
    "reservation_keys",
    big("channel_id", primary_key=True),
    text("external_id", primary_key=True),
    big("reservation_id"),
    blob("content_hash"),
    clustered=True,
)

# What was asked for, by item: a bundle's line has a row for each of its parts.
reservation_lines = table(
    "reservation_lines",
    big("reservation_id", primary_key=True),
    big("no", primary_key=True),
    big("line_no"),
    big("line_item_id"),
    big("line_quantity"),
    big("item_id"),
    big("quantity"),
    CheckConstraint("quantity > 0 AND line_quantity > 0", name="quantity"),
    clustered=True,
)

# -- feeds: sources, their runs, their parts, and the records by which a repetition is known ---------------------------

feed_sources = table(
    "feed_sources",
    big("id", primary_key=True, autoincrement=False),
    text("code"),
    text("data"),
    big("version"),
    # How many of its parts named records: locked first by who writes a part, so that processes see each other's.
    big("parts"),
    big("heard_at", nullable=True),
    # The latest instant that it has told of, for its lag.
    big("told_until", nullable=True),
    big("silent_since", nullable=True),
    Index("uq_feed_sources_code", "code", unique=True),
    fillfactor=50,
)

# An import, or a day of messages.
feed_runs = table(
    "feed_runs",
    big("id", primary_key=True, autoincrement=False),
    big("source_id"),
    big("job_id", nullable=True),
    text("name"),
    big("started_at"),
    big("updated_at"),
    small("full"),
    big("rows"),
    big("changed"),
    big("unchanged"),
    big("late"),
    big("repeated"),
    big("failed"),
    big("zeroed"),
    # Microseconds from the newest instant that its last part told of to that part's commit.
    big("lag"),
    Index("ix_feed_runs_source", "source_id", "id"),
    fillfactor=50,
)

# Rows of a feed that were recorded in one transaction: the cause of their movements, which name the row by sequence.
feed_parts = table(
    "feed_parts",
    big("id", primary_key=True, autoincrement=False),
    big("source_id"),
    big("run_id"),
    big("recorded_at"),
    text("actor"),
    big("rows"),
    # The line of the upload that each row is, and the source's own words: records and reasons.
    blob("details"),
    CheckConstraint("rows > 0", name="rows"),
    Index("ix_feed_parts_run", "run_id", "id"),
)

# What a part's records are known by for as long as they are remembered: 16 bytes each.
feed_keys = table(
    "feed_keys",
    big("id", primary_key=True, autoincrement=False),
    big("source_id"),
    big("number"),
    big("recorded_at"),
    big("records"),
    blob("marks"),
    Index("uq_feed_keys_part", "source_id", "number", unique=True),
)
