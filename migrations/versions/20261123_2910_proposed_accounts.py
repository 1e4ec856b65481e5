"""A proposal knows its account itself, so that it can be taken back and forgotten when that has left the list.

Revision: 20261123_2910
After: 20261123_2900
"""

import sqlalchemy as sa
from alembic import op

from service.db.names import APP_ROLE

revision = "20261123_2910"
down_revision = "20261123_2900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("link_proposal", sa.Column("account_id", sa.Uuid(), nullable=True))
    op.add_column("link_proposal", sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(f"GRANT UPDATE (gone_at) ON link_proposal TO {APP_ROLE}")
    for table in ("link_proposal", "account_reference"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE link_proposal p SET account_id = r.account_id FROM account_reference r"
        " WHERE p.sent AND r.org_id = p.org_id AND r.partnership_id = p.partnership_id AND r.ref = p.ref"
    )
    for table in ("link_proposal", "account_reference"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("link_proposal", "gone_at")
    op.drop_column("link_proposal", "account_id")
