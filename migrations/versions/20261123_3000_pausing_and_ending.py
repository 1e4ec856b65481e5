"""Either side pauses a partnership, takes it up again or ends it; a duty of its own takes away what was in one that has ended.

Revision: 20261123_3000
After: 20261123_2920
"""

import sqlalchemy as sa
from alembic import op

from service.db.names import APP_ROLE
from service.db.policies import DUTY, ORG, allow

revision = "20261123_3000"
down_revision = "20261123_2920"
branch_labels = None
depends_on = None

ENDING = f"{DUTY} = 'end'"
# What a side's own sessions may not delete as it is, or don't see all of.
OWN = {
    "decision": "org_id",
    "decided_account": "org_id",
    "publish_request": "org_id",
    "shared_record": "owner_org_id",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("partnership_side", sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("partnership", sa.Column("ended_by", sa.Uuid(), nullable=True))
    op.execute(f"GRANT UPDATE (paused_at) ON partnership_side TO {APP_ROLE}")
    op.execute(f"GRANT UPDATE (status, ended_at, ended_by) ON partnership TO {APP_ROLE}")
    for table, column in OWN.items():
        allow(table, f"{column} = {ORG} AND {ENDING}", name=f"{table}_end")
    sides = f"(lo_org_id = {ORG} OR hi_org_id = {ORG})"
    allow("partnership_event", f"{sides} AND {ENDING}", name="partnership_event_end")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in (*OWN, "partnership_event"):
        op.execute(f"DROP POLICY {table}_end ON {table}")
    op.execute(f"REVOKE UPDATE (status, ended_at, ended_by) ON partnership FROM {APP_ROLE}")
    op.drop_column("partnership", "ended_by")
    op.drop_column("partnership_side", "paused_at")
