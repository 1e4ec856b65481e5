"""What a refused row says is sealed, as the rows to be mended are; what was stored before stays readable until it is forgotten.

Revision: 20261122_2200
After: 20261122_2030
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_2200"
down_revision = "20261122_2030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("import_error", sa.Column("original", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """What is sealed goes; where and why each row was refused stays."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("import_error", "original")
