"""Which accounts decisions hang on, as their owner knows it: found again when they come back, and known by the name they had.

Revision: 20261122_2420
After: 20261122_2410
"""

import sqlalchemy as sa
from alembic import op

from service.db.names import APP_ROLE, MATCHER_ROLE
from service.db.policies import DUTY, ORG, PARTNERSHIP, WRITE, allow, erasable, grant, protect

revision = "20261122_2420"
down_revision = "20261122_2410"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "decided_account",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("identity", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["partnership_id", "org_id"],
            ["partnership_side.partnership_id", "partnership_side.org_id"],
            name=op.f("fk_decided_account_partnership_id_org_id"),
        ),
        sa.PrimaryKeyConstraint("partnership_id", "org_id", "ref", name=op.f("pk_decided_account")),
    )
    protect("decided_account")
    erasable("decided_account", "org_id")
    # Which of one's accounts somebody has decided on isn't told to one's people here.
    allow("decided_account", f"org_id = {ORG} AND {DUTY} IN ('publish', 'wipe')")
    grant("decided_account", WRITE)
    allow("decided_account", f"partnership_id = {PARTNERSHIP}", to=MATCHER_ROLE, command="SELECT")
    op.execute(f"GRANT SELECT (partnership_id, org_id, ref, name, gone_at) ON decided_account TO {MATCHER_ROLE}")
    op.add_column("decision", sa.Column("kinds", sa.SmallInteger(), nullable=False, server_default="0"))
    op.add_column("decision", sa.Column("learned", sa.Boolean(), nullable=False, server_default="false"))
    both = f"(org_id = {ORG} OR partner_org_id = {ORG}) AND {DUTY} = 'publish'"
    allow("decision", both, command="DELETE", name="decision_over")
    op.execute(f"GRANT UPDATE (lo_ref, hi_ref, kinds, learned) ON decision TO {APP_ROLE}")
    op.execute(f"GRANT SELECT (kinds), INSERT ON decision TO {MATCHER_ROLE}")
    allow("decision", f"partnership_id = {PARTNERSHIP}", to=MATCHER_ROLE, command="INSERT")
    op.add_column("overlap", sa.Column("unmet_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("overlap", "unmet_since")
    op.execute("DROP POLICY decision_matcher_insert ON decision")
    op.execute("DROP POLICY decision_over ON decision")
    op.execute(f"REVOKE INSERT ON decision FROM {MATCHER_ROLE}")
    op.execute(f"REVOKE UPDATE (lo_ref, hi_ref) ON decision FROM {APP_ROLE}")
    for name in ("learned", "kinds"):
        op.drop_column("decision", name)
    op.drop_table("decided_account")
