"""How many organizations a person has made by themselves: where sign-up is open, one person could make any number.

Revision: 20261122_1710
After: 20261122_1700

The default stays: processes of the version before make people until they are started anew, and don't know the column.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1710"
down_revision = "20261122_1700"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("person", sa.Column("organizations_made", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("person", "organizations_made")
