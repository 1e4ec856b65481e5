"""Overlaps are written twice more soon after they are found, as either side comes to show its account: their pages leave room for it.

Revision: 20261122_2810
After: 20261122_2500
"""

from alembic import op

revision = "20261122_2810"
down_revision = "20261122_2500"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # A row whose new version fits into its page leaves the table's four indexes alone.
    op.execute("ALTER TABLE overlap SET (fillfactor = 50)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE overlap RESET (fillfactor)")
