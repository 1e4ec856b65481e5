"""A custom attribute that was removed is gone for everybody at once; its row stays until its values are gone too.

Revision: 20261122_2020
After: 20261122_1910
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_2020"
down_revision = "20261122_1910"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("account_attribute", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("account_attribute", "removed_at")
