"""Each movement names the one before it at its position."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LINK = """
    UPDATE movements SET previous = v.previous
    FROM (
        SELECT id, lag(id) OVER (PARTITION BY item_id, location_id, stock_class ORDER BY id) AS previous FROM movements
    ) AS v
    WHERE movements.id = v.id AND v.previous IS NOT NULL
"""
_HEADS = """
    UPDATE positions SET last_movement = v.last
    FROM (
        SELECT item_id, location_id, stock_class, max(id) AS last FROM movements
        GROUP BY item_id, location_id, stock_class
    ) AS v
    WHERE positions.item_id = v.item_id AND positions.location_id = v.location_id
      AND positions.stock_class = v.stock_class
"""


def upgrade() -> None:
    """Make the change."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("positions", sa.Column("last_movement", number, nullable=True))
    op.add_column("movements", sa.Column("previous", number, nullable=True))
    op.execute(_LINK)
    op.execute(_HEADS)
    op.drop_index("ix_movements_position", "movements")


def downgrade() -> None:
    """Take it back."""
    op.create_index("ix_movements_position", "movements", ["item_id", "location_id", "stock_class", "occurred_at"])
    op.drop_column("movements", "previous")
    op.drop_column("positions", "last_movement")
