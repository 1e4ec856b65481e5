"""A sharing rule shows nothing while its population's filter has changed and isn't applied yet.

Revision: 20261122_2030
After: 20261122_2020
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_2030"
down_revision = "20261122_2020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("sharing_rule", sa.Column("awaits", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("sharing_rule", "awaits")
