"""Routing policies as documents: their versions, who changed them and why, and what a decision tried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    small = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "policy_versions",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", big, autoincrement=False, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("state", small, nullable=False),
        sa.Column("base", big, nullable=True),
        sa.Column("created_at", big, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("activated_at", big, nullable=True),
        sa.Column("untried", small, nullable=False),
        sa.PrimaryKeyConstraint("code", "number", name=op.f("pk_policy_versions")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_policy_versions_hash", "policy_versions", ["hash"])
    op.create_table(
        "policy_changes",
        sa.Column("id", big, autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", big, nullable=False),
        sa.Column("state", small, nullable=False),
        sa.Column("at", big, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_changes")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_policy_changes_code", "policy_changes", ["code", "id"])
    op.add_column("policies", sa.Column("number", big, nullable=True))
    op.add_column("decisions", sa.Column("trace", sa.LargeBinary(), nullable=True))
    op.add_column("queue_entries", sa.Column("cancel_at", big, nullable=True))
    op.create_index("ix_queue_entries_cancel_at", "queue_entries", ["cancel_at"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_queue_entries_cancel_at", "queue_entries")
    op.drop_column("queue_entries", "cancel_at")
    op.drop_column("decisions", "trace")
    op.drop_column("policies", "number")
    op.drop_table("policy_changes")
    op.drop_table("policy_versions")
