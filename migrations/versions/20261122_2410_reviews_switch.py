"""A side switches reviews on and off by itself.

Revision: 20261122_2410
After: 20261122_2400
"""

from alembic import op

from service.db.names import APP_ROLE
from service.db.policies import ORG

revision = "20261122_2410"
down_revision = "20261122_2400"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"GRANT UPDATE (reviews) ON partnership_side TO {APP_ROLE}")
    own = f"org_id = {ORG}"
    op.execute(
        f"CREATE POLICY partnership_side_own ON partnership_side AS RESTRICTIVE FOR UPDATE TO {APP_ROLE}"
        f" USING ({own}) WITH CHECK ({own})"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP POLICY partnership_side_own ON partnership_side")
    op.execute(f"REVOKE UPDATE (reviews) ON partnership_side FROM {APP_ROLE}")
