"""What was said of a merged account and holds for the one that is left knows of whom it was said, and goes when the merge is undone.

Revision: 20261123_2960
After: 20261123_3000
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from service.db.names import APP_ROLE, MATCHER_ROLE
from service.db.policies import DUTY, ORG, allow

revision = "20261123_2960"
down_revision = "20261123_3000"
branch_labels = None
depends_on = None

SIDES = ("lo_was", "hi_was")
MOVED = "cardinality(lo_was) + cardinality(hi_was) > 0"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for side in SIDES:
        op.add_column("decision", sa.Column(side, ARRAY(sa.BigInteger()), nullable=False, server_default=sa.text("'{}'")))
    # Whose account was merged takes back what the partner's words made of the other one too, and nothing that was said of it.
    theirs = f"partner_org_id = {ORG} AND {DUTY} = 'publish' AND {MOVED}"
    allow("decision", theirs, command="DELETE", name="decision_taken_back")
    for role in (APP_ROLE, MATCHER_ROLE):
        op.execute(f"GRANT UPDATE (lo_was, hi_was) ON decision TO {role}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP POLICY decision_taken_back ON decision")
    for side in SIDES:
        op.drop_column("decision", side)
