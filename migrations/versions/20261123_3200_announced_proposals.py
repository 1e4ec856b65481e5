"""Whoever proposed a link remembers that the partner was told of it.

Revision: 20261123_3200
After: 20261123_3120
"""

import sqlalchemy as sa
from alembic import op

from service.db.names import APP_ROLE

revision = "20261123_3200"
down_revision = "20261123_3120"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # those that stand have been listed for long: no entry says now that they came
    op.add_column(
        "link_proposal", sa.Column("announced", sa.Boolean(), nullable=False, server_default=sa.text("true"))
    )
    op.alter_column("link_proposal", "announced", server_default=sa.text("false"))
    op.execute(f"GRANT UPDATE (announced) ON link_proposal TO {APP_ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("link_proposal", "announced")
