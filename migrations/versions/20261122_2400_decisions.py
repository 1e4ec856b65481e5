"""What people say of a pair: a word of each side, and what the pair is by the score alone.

Revision: 20261122_2400
After: 20261122_2700
"""

import sqlalchemy as sa
from alembic import op

from service.db.names import APP_ROLE, MATCHER_ROLE
from service.db.policies import DUTY, ORG, PARTNERSHIP, allow, erasable, grant, protect

revision = "20261122_2400"
down_revision = "20261122_2700"
branch_labels = None
depends_on = None

SIDE = ["partnership_id", "org_id", "partner_org_id"]
DECIDING = f"{DUTY} = 'decide'"
BY_A_SIDE = (
    "CASE WHEN by_org_id IS NULL THEN to_org_id IS NULL ELSE to_org_id IS NOT NULL AND"
    " ((by_org_id = lo_org_id AND to_org_id = hi_org_id) OR (by_org_id = hi_org_id AND to_org_id = lo_org_id)) END"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "decision",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("lo_ref", sa.BigInteger(), nullable=False),
        sa.Column("hi_ref", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("partner_org_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("word IN ('confirm', 'reject', 'offer')", name=op.f("ck_decision_word")),
        sa.CheckConstraint("actor_kind IN ('api_key', 'person', 'operator', 'service')", name=op.f("ck_decision_actor_kind")),
        sa.ForeignKeyConstraint(
            SIDE,
            ["partnership_side.partnership_id", "partnership_side.org_id", "partnership_side.partner_org_id"],
            name=op.f("fk_decision_partnership_id_org_id_partner_org_id"),
        ),
        sa.PrimaryKeyConstraint("partnership_id", "lo_ref", "hi_ref", "org_id", name=op.f("pk_decision")),
    )
    _walls()
    _overlaps()
    _events()


def _walls() -> None:
    protect("decision")
    erasable("decision", "org_id", "partner_org_id")
    allow("decision", f"org_id = {ORG}")
    allow("decision", f"partner_org_id = {ORG} AND open", command="SELECT", name="decision_partner")
    # Both sides' words decide, also those that one side keeps from the other.
    both = f"(org_id = {ORG} OR partner_org_id = {ORG}) AND {DUTY} IN ('decide', 'publish')"
    allow("decision", both, command="SELECT", name="decision_weighing")
    allow("decision", both, command="UPDATE", name="decision_weighed")
    grant("decision", ("SELECT", "INSERT", "DELETE"))
    op.execute(f"GRANT UPDATE (word, open, actor_kind, actor_id, decided_at) ON decision TO {APP_ROLE}")
    # Who of a side's people said it is no business of the matcher's.
    allow("decision", f"partnership_id = {PARTNERSHIP}", to=MATCHER_ROLE, command="SELECT")
    op.execute(f"GRANT SELECT (partnership_id, lo_ref, hi_ref, org_id, partner_org_id, word) ON decision TO {MATCHER_ROLE}")


def _overlaps() -> None:
    # One rewrite of the table, past its policies and triggers: filled by an UPDATE, a long one would stay locked several times as long.
    op.execute(
        """
        ALTER TABLE overlap
            ADD COLUMN scored text GENERATED ALWAYS AS (status) STORED
                CONSTRAINT ck_overlap_scored CHECK (scored IN ('auto', 'review')),
            DROP CONSTRAINT ck_overlap_status,
            ADD CONSTRAINT ck_overlap_status CHECK (status IN ('auto', 'review', 'confirmed', 'rejected', 'disputed'))
        """
    )
    op.execute("ALTER TABLE overlap ALTER COLUMN scored DROP EXPRESSION")
    sides = f"(lo_org_id = {ORG} OR hi_org_id = {ORG})"
    allow("overlap", f"{sides} AND {DECIDING}", name="overlap_deciding")
    op.execute(f"GRANT UPDATE (status, updated_at) ON overlap TO {APP_ROLE}")


def _everywhere(table: str, statement: str) -> None:
    """Past the policies, which hold for the tables' owner too."""
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _events() -> None:
    for name in ("by_org_id", "to_org_id"):
        op.add_column("partnership_event", sa.Column(name, sa.Uuid(), nullable=True))
    op.create_check_constraint(op.f("ck_partnership_event_by_a_side"), "partnership_event", BY_A_SIDE)
    op.create_foreign_key(
        op.f("fk_partnership_event_partnership_id_by_org_id_to_org_id"),
        "partnership_event",
        "partnership_side",
        ["partnership_id", "by_org_id", "to_org_id"],
        SIDE,
    )
    allow(
        "partnership_event",
        f"by_org_id = {ORG} AND {DECIDING}",
        command="INSERT",
        name="partnership_event_decided",
    )
    allow(
        "partnership_event",
        f"(lo_org_id = {ORG} OR hi_org_id = {ORG}) AND {DECIDING}",
        command="SELECT",
        name="partnership_event_deciding",
    )
    grant("partnership_event", ("INSERT",))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"REVOKE INSERT ON partnership_event FROM {APP_ROLE}")
    for name in ("deciding", "decided"):
        op.execute(f"DROP POLICY partnership_event_{name} ON partnership_event")
    _everywhere("partnership_event", "DELETE FROM partnership_event WHERE by_org_id IS NOT NULL")
    op.drop_constraint(op.f("fk_partnership_event_partnership_id_by_org_id_to_org_id"), "partnership_event", type_="foreignkey")
    op.drop_constraint(op.f("ck_partnership_event_by_a_side"), "partnership_event", type_="check")
    for name in ("to_org_id", "by_org_id"):
        op.drop_column("partnership_event", name)
    op.execute(f"REVOKE UPDATE (status, updated_at) ON overlap FROM {APP_ROLE}")
    op.execute("DROP POLICY overlap_deciding ON overlap")
    _everywhere("overlap", "DELETE FROM overlap WHERE scored IS NULL")
    op.drop_constraint(op.f("ck_overlap_status"), "overlap", type_="check")
    _everywhere("overlap", "UPDATE overlap SET status = scored")
    op.create_check_constraint(op.f("ck_overlap_status"), "overlap", "status IN ('auto', 'review')")
    op.drop_constraint(op.f("ck_overlap_scored"), "overlap", type_="check")
    op.drop_column("overlap", "scored")
    op.drop_table("decision")
