"""Two accounts are linked by hand: one side proposes, the other answers. Each has a copy of its own.

Revision: 20261122_2430
After: 20261122_2710
"""

import sqlalchemy as sa
from alembic import op

from service.db.names import APP_ROLE, MATCHER_ROLE
from service.db.policies import DUTY, ORG, PARTNERSHIP, allow, erasable, grant, protect

revision = "20261122_2430"
down_revision = "20261122_2710"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "link_proposal",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("partner_org_id", sa.Uuid(), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ref", sa.BigInteger(), nullable=False),
        sa.Column("other_ref", sa.BigInteger(), nullable=True),
        sa.Column("partner_name", sa.Text(), nullable=True),
        sa.Column("partner_domain", sa.Text(), nullable=True),
        sa.Column("actor_kind", sa.Text(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'accepted', 'refused')", name=op.f("ck_link_proposal_state")),
        sa.CheckConstraint(
            "actor_kind IN ('api_key', 'person', 'operator', 'service')", name=op.f("ck_link_proposal_actor_kind")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id", "org_id", "partner_org_id"],
            ["partnership_side.partnership_id", "partnership_side.org_id", "partnership_side.partner_org_id"],
            name=op.f("fk_link_proposal_partnership_id_org_id_partner_org_id"),
        ),
        sa.PrimaryKeyConstraint("partnership_id", "id", "org_id", name=op.f("pk_link_proposal")),
    )
    protect("link_proposal")
    erasable("link_proposal", "org_id", "partner_org_id")
    allow("link_proposal", f"org_id = {ORG}")
    # Whoever proposes writes the other side's copy and takes it back, and never reads what was answered there.
    theirs = f"partner_org_id = {ORG} AND NOT sent AND {DUTY} = 'decide'"
    for command in ("SELECT", "INSERT", "DELETE"):
        allow("link_proposal", theirs, command=command, name=f"link_proposal_to_partner_{command.lower()}")
    grant("link_proposal", ("SELECT", "INSERT", "DELETE"))
    op.execute(f"GRANT UPDATE (state, other_ref, answered_at) ON link_proposal TO {APP_ROLE}")
    allow("link_proposal", f"partnership_id = {PARTNERSHIP}", to=MATCHER_ROLE)
    # Not what the two accounts are called.
    op.execute(
        "GRANT SELECT (partnership_id, id, org_id, partner_org_id, sent, state, ref, other_ref, actor_kind, actor_id, proposed_at,"
        f" answered_at) ON link_proposal TO {MATCHER_ROLE}"
    )
    op.execute(f"GRANT UPDATE (state, other_ref, answered_at) ON link_proposal TO {MATCHER_ROLE}")
    allow("decision", f"partnership_id = {PARTNERSHIP}", to=MATCHER_ROLE, command="UPDATE")
    op.execute(f"GRANT UPDATE (word, actor_kind, actor_id, decided_at, learned) ON decision TO {MATCHER_ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"REVOKE UPDATE (word, actor_kind, actor_id, decided_at, learned) ON decision FROM {MATCHER_ROLE}")
    op.execute("DROP POLICY decision_matcher_update ON decision")
    op.drop_table("link_proposal")
