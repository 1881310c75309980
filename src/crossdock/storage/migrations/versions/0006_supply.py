"""What supply lines need to be bound: their own name, receipts, and how many units may wait for an item."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BOUND = sa.text("supply_line_id IS NOT NULL")


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False)


def _small(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Make the change: nothing wrote supply lines before, so their table is made anew."""
    op.drop_table("supply_lines")
    op.create_table(
        "supply_lines",
        _big("id"),
        _small("kind"),
        _text("reference"),
        _text("line"),
        *(_big(name) for name in ("item_id", "location_id", "stock_class", "expected_day")),
        *(_big(name) for name in ("quantity", "received", "claimed")),
        _small("state"),
        _big("created_at"),
        _big("changed_at"),
        sa.CheckConstraint("claimed >= 0 AND received >= 0", name=op.f("ck_supply_lines_counters")),
        sa.CheckConstraint(
            "claimed = 0 OR (state = 1 AND claimed <= quantity - received)",
            name=op.f("ck_supply_lines_never_promised_twice"),
        ),
        sa.CheckConstraint("state IN (1, 2, 3)", name=op.f("ck_supply_lines_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_lines")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
        postgresql_with={"fillfactor": 80},
    )
    op.create_index("ix_supply_lines_item", "supply_lines", ["item_id", "state", "expected_day"])
    op.create_index("ix_supply_lines_day", "supply_lines", ["expected_day", "id"])
    op.create_index("uq_supply_lines_reference", "supply_lines", ["reference", "line"], unique=True)
    op.create_table(
        "supply_receipts",
        _text("source"),
        _text("record"),
        *(_big(name) for name in ("id", "supply_line_id", "quantity")),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        _big("occurred_at"),
        _big("recorded_at"),
        _text("actor"),
        sa.PrimaryKeyConstraint("source", "record", name=op.f("pk_supply_receipts")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_supply_receipts_id", "supply_receipts", ["id"])
    op.create_index("ix_supply_receipts_line", "supply_receipts", ["supply_line_id"])
    op.create_table(
        "waiting_limits",
        _small("kind"),
        *(_big(name) for name in ("item_id", "channel_id", "used", "allowed")),
        sa.CheckConstraint("used >= 0", name=op.f("ck_waiting_limits_used")),
        sa.CheckConstraint("kind IN (1, 2)", name=op.f("ck_waiting_limits_kind")),
        sa.PrimaryKeyConstraint("kind", "item_id", "channel_id", name=op.f("pk_waiting_limits")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_claims_supply_line", "claims", ["supply_line_id"], sqlite_where=_BOUND, postgresql_where=_BOUND)


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_claims_supply_line", "claims")
    op.drop_table("waiting_limits")
    op.drop_table("supply_receipts")
    op.drop_table("supply_lines")
    op.create_table(
        "supply_lines",
        _big("id"),
        _small("kind"),
        _text("reference"),
        *(_big(name) for name in ("item_id", "location_id", "stock_class", "expected_day")),
        *(_big(name) for name in ("quantity", "received", "claimed")),
        _small("state"),
        _big("created_at"),
        sa.CheckConstraint("claimed >= 0 AND received >= 0", name=op.f("ck_supply_lines_counters")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_lines")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_supply_lines_item", "supply_lines", ["item_id", "expected_day"])
    op.create_index("uq_supply_lines_reference", "supply_lines", ["reference", "item_id", "location_id"], unique=True)
