"""Imports that undo others.

Revision: 20261122_1830
After: 20261122_1820
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1830"
down_revision = "20261122_1820"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("import", sa.Column("rollback_of", sa.Uuid(), nullable=True))
    op.create_index("ix_record_history_import", "record_history", ["org_id", "import_id"], unique=False)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_record_history_import", table_name="record_history")
    op.drop_column("import", "rollback_of")
