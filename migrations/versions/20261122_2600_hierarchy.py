"""How far up the owners of accounts the two sides of a partnership look, and the pairs that belong together there.

Revision: 20261122_2600
After: 20261122_2420
"""

import sqlalchemy as sa
from alembic import op

from service.db.names import APP_ROLE, MATCHER_ROLE
from service.db.policies import DUTY, ORG, PARTNERSHIP, allow, erasable, grant, open_to_matcher, protect

revision = "20261122_2600"
down_revision = "20261122_2420"
branch_labels = None
depends_on = None

LEVELS = "'same_company', 'same_parent', 'same_ultimate_parent'"
PARTS = "'sent', 'withheld', 'accounts', 'touched'"
MATCHED = "'sent', 'touched'"
OWNERS = "'parent', 'ultimate_parent'"
SIDES = f"(lo_org_id = {ORG} OR hi_org_id = {ORG})"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _choice()
    _roles(f"{PARTS}, {OWNERS}", f"{MATCHED}, {OWNERS}")
    _pairs()


def _choice() -> None:
    op.add_column(
        "partnership_side", sa.Column("hierarchy", sa.Text(), nullable=False, server_default="same_company")
    )
    op.alter_column("partnership_side", "hierarchy", server_default=None)
    op.create_check_constraint(op.f("ck_partnership_side_hierarchy"), "partnership_side", f"hierarchy IN ({LEVELS})")
    op.execute(f"GRANT UPDATE (hierarchy) ON partnership_side TO {APP_ROLE}")


def _roles(parts: str, matched: str) -> None:
    op.drop_constraint(op.f("ck_token_segment_part"), "token_segment", type_="check")
    op.create_check_constraint(op.f("ck_token_segment_part"), "token_segment", f"part IN ({parts})")
    op.execute("DROP POLICY token_segment_matcher_all ON token_segment")
    allow("token_segment", f"partnership_id = {PARTNERSHIP} AND part IN ({matched})", to=MATCHER_ROLE)


def _pairs() -> None:
    op.create_table(
        "related_pair",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("lo_ref", sa.BigInteger(), nullable=False),
        sa.Column("hi_ref", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lo_org_id", sa.Uuid(), nullable=False),
        sa.Column("hi_org_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("kinds", sa.SmallInteger(), nullable=False),
        sa.Column("lo_shows", sa.Boolean(), nullable=False),
        sa.Column("hi_shows", sa.Boolean(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"level IN ({LEVELS})", name=op.f("ck_related_pair_level")),
        sa.PrimaryKeyConstraint("partnership_id", "lo_ref", "hi_ref", name=op.f("pk_related_pair")),
    )
    op.create_index("uq_related_pair_id", "related_pair", ["partnership_id", "id"], unique=True)
    op.create_index("ix_related_pair_surest", "related_pair", ["partnership_id", "confidence", "id"])
    op.create_index("ix_related_pair_hi", "related_pair", ["partnership_id", "hi_ref"])
    protect("related_pair")
    erasable("related_pair", "lo_org_id", "hi_org_id")
    # A side sees a pair once the other's record of it stands, as it does an overlap.
    told = f"(lo_org_id = {ORG} AND hi_shows) OR (hi_org_id = {ORG} AND lo_shows)"
    allow("related_pair", told, command="SELECT")
    allow("related_pair", f"{SIDES} AND {DUTY} = 'publish'", name="related_pair_owner")
    grant("related_pair", ("SELECT",))
    op.execute(f"GRANT UPDATE (lo_shows, hi_shows) ON related_pair TO {APP_ROLE}")
    open_to_matcher("related_pair")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("related_pair")
    # under FORCE the owner of a table sees none of its rows
    op.execute("ALTER TABLE token_segment NO FORCE ROW LEVEL SECURITY")
    op.execute(f"DELETE FROM token_segment WHERE part IN ({OWNERS})")
    op.execute("ALTER TABLE token_segment FORCE ROW LEVEL SECURITY")
    _roles(PARTS, MATCHED)
    op.execute(f"REVOKE UPDATE (hierarchy) ON partnership_side FROM {APP_ROLE}")
    op.drop_constraint(op.f("ck_partnership_side_hierarchy"), "partnership_side", type_="check")
    op.drop_column("partnership_side", "hierarchy")
