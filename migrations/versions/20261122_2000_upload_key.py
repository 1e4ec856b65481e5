"""Uploads are sealed while they wait: what opens one stands, sealed, with its import.

One that waits in plain has no key; it is read if its bytes have the digest that stands with its import.

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
