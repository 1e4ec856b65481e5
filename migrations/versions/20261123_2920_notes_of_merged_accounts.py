"""Comments and assignees of a merged account go to the one that is left, and know where they were.

Revision: 20261123_2920
After: 20261123_2950
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from service.db.names import APP_ROLE
from service.db.policies import DUTY, ORG, allow

revision = "20261123_2920"
down_revision = "20261123_2950"
branch_labels = None
depends_on = None

TABLES = {"overlap_comment": ["partnership_id"], "overlap_assignee": ["org_id", "partnership_id"]}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("overlap_assignee", sa.Column("partner_org_id", sa.Uuid(), nullable=True))
    for table in ("overlap_assignee", "partnership_side"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE overlap_assignee g SET partner_org_id = s.partner_org_id FROM partnership_side s"
        " WHERE s.partnership_id = g.partnership_id AND s.org_id = g.org_id"
    )
    for table in ("overlap_assignee", "partnership_side"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.alter_column("overlap_assignee", "partner_org_id", nullable=False)
    for table, columns in TABLES.items():
        for side in ("lo_was", "hi_was"):
            op.add_column(table, sa.Column(side, ARRAY(sa.BigInteger()), nullable=False, server_default=sa.text("'{}'")))
        moved = sa.text("cardinality(lo_was) + cardinality(hi_was) > 0")
        op.create_index(f"ix_{table}_moved", table, columns, postgresql_where=moved)
        # Whose account was merged takes the partner's notes on its pairs along, and never reads what they say.
        for command in ("SELECT", "UPDATE"):
            theirs = f"partner_org_id = {ORG} AND {DUTY} = 'publish'"
            allow(table, theirs, command=command, name=f"{table}_carried_{command.lower()}")
    # Whose partner's it is never changes: a row that named another organization would be for that one to move.
    op.execute(f"REVOKE UPDATE ON overlap_assignee FROM {APP_ROLE}")
    changed = "lo_ref, hi_ref, lo_was, hi_was, person_id, assigned_at, gone_at"
    op.execute(f"GRANT UPDATE ({changed}) ON overlap_assignee TO {APP_ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"GRANT UPDATE ON overlap_assignee TO {APP_ROLE}")
    for table in TABLES:
        for command in ("select", "update"):
            op.execute(f"DROP POLICY {table}_carried_{command} ON {table}")
        op.drop_index(f"ix_{table}_moved", table_name=table)
        for side in ("lo_was", "hi_was"):
            op.drop_column(table, side)
    op.drop_column("overlap_assignee", "partner_org_id")
