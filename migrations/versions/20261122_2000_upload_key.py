"""Uploads are sealed while they wait: what opens one stands, sealed, with its import.

One that waited in plain is not read any more: its import ends with `upload_damaged`.

Revision: 20261122_2000
After: 20261122_1900
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_2000"
down_revision = "20261122_1900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("import", sa.Column("upload_key", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("import", "upload_key")
