"""Overlaps by confidence, as lists read them.

Revision: 20261122_1600
After: 20261122_1500
"""

from alembic import op

revision = "20261122_1600"
down_revision = "20261122_1500"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_overlap_surest", "overlap", ["partnership_id", "status", "confidence", "id"])


def downgrade() -> None:
    op.drop_index("ix_overlap_surest", table_name="overlap")
