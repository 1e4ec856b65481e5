"""Foreign keys that hold both sides of a partnership.

Revision: 20261122_1500
After: 20261122_1400
"""

revision = "20261122_1500"
down_revision = "20261122_1400"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
