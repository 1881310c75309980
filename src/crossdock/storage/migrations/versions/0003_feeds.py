"""Sources of stock, their runs, and the record keys that were told."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Deltas of the ledger so far: what a count must not overlook.
_MOVED = """
    UPDATE positions SET moved_at = v.moved_at
    FROM (
        SELECT item_id, location_id, stock_class, max(occurred_at) AS moved_at FROM movements
        WHERE on_hand <> 0 AND type <> 2 GROUP BY item_id, location_id, stock_class
    ) AS v
    WHERE positions.item_id = v.item_id AND positions.location_id = v.location_id
      AND positions.stock_class = v.stock_class
"""


def _big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, number, autoincrement=False, nullable=nullable)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _table(name: str, *items: sa.schema.SchemaItem, fillfactor: int | None = None) -> None:
    options: dict[str, Any] = {} if fillfactor is None else {"postgresql_with": {"fillfactor": fillfactor}}
    key = sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}"))
    op.create_table(name, _big("id"), *items, key, sqlite_strict=True, sqlite_with_rowid=True, **options)


def upgrade() -> None:
    """Make the change."""
    op.add_column("positions", _big("moved_at", nullable=True))
    op.execute(_MOVED)
    _table(
        "feed_sources",
        _text("code"),
        _text("data"),
        _big("version"),
        _big("parts"),
        *(_big(name, nullable=True) for name in ("heard_at", "told_until", "silent_since")),
        fillfactor=50,
    )
    op.create_index("uq_feed_sources_code", "feed_sources", ["code"], unique=True)
    _table(
        "feed_runs",
        _big("source_id"),
        _big("job_id", nullable=True),
        _text("name"),
        _big("started_at"),
        _big("updated_at"),
        sa.Column("full", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        *(_big(name) for name in ("rows", "changed", "unchanged", "late", "repeated", "failed", "zeroed", "lag")),
        fillfactor=50,
    )
    op.create_index("ix_feed_runs_source", "feed_runs", ["source_id", "id"])
    _table(
        "feed_parts",
        *(_big(name) for name in ("source_id", "run_id", "recorded_at")),
        _text("actor"),
        _big("rows"),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("rows > 0", name=op.f("ck_feed_parts_rows")),
    )
    op.create_index("ix_feed_parts_run", "feed_parts", ["run_id", "id"])
    _table(
        "feed_keys",
        *(_big(name) for name in ("source_id", "number", "recorded_at", "records")),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
    )
    op.create_index("uq_feed_keys_part", "feed_keys", ["source_id", "number"], unique=True)


def downgrade() -> None:
    """Take it back."""
    for name in ("feed_keys", "feed_parts", "feed_runs", "feed_sources"):
        op.drop_table(name)
    op.drop_column("positions", "moved_at")
