"""An import knows the few records that it created, so that undoing it looks for no others; null is looked for in the whole list.

Revision: 20261122_2210
After: 20261122_2300
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_2210"
down_revision = "20261122_2300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("import", sa.Column("made", postgresql.ARRAY(sa.Uuid()), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("import", "made")
