"""A word that was learned stands while both sides are told of its pair; what was said of an account that was merged is said of the other.

Revision: 20261122_2440
After: 20261122_2820
"""

import sqlalchemy as sa
from alembic import op

from service.db.names import APP_ROLE, MATCHER_ROLE
from service.db.policies import DUTY, ORG, allow

revision = "20261122_2440"
down_revision = "20261122_2820"
branch_labels = None
depends_on = None

OWN = f"org_id = {ORG}"
BOTH = f"(org_id = {ORG} OR partner_org_id = {ORG}) AND {DUTY} = 'publish'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # What was learned so far stands once its pair is published again.
    op.add_column("decision", sa.Column("stands", sa.Boolean(), nullable=False, server_default="true"))
    op.execute("ALTER TABLE decision NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE decision SET stands = false WHERE learned")
    op.execute("ALTER TABLE decision FORCE ROW LEVEL SECURITY")
    _own(f"{OWN} AND stands")
    op.execute(f"GRANT UPDATE (stands) ON decision TO {APP_ROLE}")
    op.execute(f"GRANT SELECT (stands), UPDATE (stands) ON decision TO {MATCHER_ROLE}")
    # What both sides said of an account that was merged is said of the one that is left.
    allow("decision", BOTH, command="INSERT", name="decision_carried")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP POLICY decision_carried ON decision")
    _own(OWN)
    op.drop_column("decision", "stands")


def _own(where: str) -> None:
    op.execute(f"ALTER POLICY decision_app_all ON decision USING ({where}) WITH CHECK ({where})")
