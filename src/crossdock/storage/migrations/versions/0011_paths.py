"""Paths with two legs: a leg says what it feeds, its supply line says which leg brings it, and a line names its claim."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_BROUGHT = sa.text("fulfillment_id IS NOT NULL")
_OLD_KEY, _NEW_KEY = ("fulfillment_id", "demand_no"), ("fulfillment_id", "demand_no", "claim_id")


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _key(key: tuple[str, ...]) -> None:
    """Give the lines of fulfillments another primary key."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("pk_fulfillment_lines", "fulfillment_lines", type_="primary")
        op.create_primary_key("pk_fulfillment_lines", "fulfillment_lines", list(key))
        return
    columns = ("fulfillment_id", "demand_no", "claim_id", "quantity", "picked", "packed", "shipped", "canceled")
    op.rename_table("fulfillment_lines", "old_fulfillment_lines")
    op.create_table(
        "fulfillment_lines",
        *(_big(name) for name in columns),
        sa.CheckConstraint(
            "quantity > 0 AND canceled + shipped <= quantity", name=op.f("ck_fulfillment_lines_quantities")
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_fulfillment_lines")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute(f"INSERT INTO fulfillment_lines SELECT {', '.join(columns)} FROM old_fulfillment_lines")
    op.drop_table("old_fulfillment_lines")


def upgrade() -> None:
    """Make the change: no fulfillment depended on another before."""
    op.execute("ALTER TABLE fulfillments RENAME COLUMN depends_on TO feeds")
    _key(_NEW_KEY)
    nullable = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("supply_lines", sa.Column("fulfillment_id", nullable, nullable=True))
    op.create_index(
        "ix_supply_lines_fulfillment_id",
        "supply_lines",
        ["fulfillment_id"],
        sqlite_where=_BROUGHT,
        postgresql_where=_BROUGHT,
    )


def downgrade() -> None:
    """Take it back: units of a demand that stand on several claims cannot be told apart any more."""
    op.drop_index("ix_supply_lines_fulfillment_id", "supply_lines")
    op.drop_column("supply_lines", "fulfillment_id")
    _key(_OLD_KEY)
    op.execute("ALTER TABLE fulfillments RENAME COLUMN feeds TO depends_on")
