"""Sessions by organization: they go with it, and its end would look through everybody's.

Revision: 20261122_1730
After: 20261122_1720
"""

from alembic import op

revision = "20261122_1730"
down_revision = "20261122_1720"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(op.f("ix_session_org_id"), "session", ["org_id"], unique=False)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(op.f("ix_session_org_id"), table_name="session")
