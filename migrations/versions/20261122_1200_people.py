"""People: persons, memberships, sessions, invitations, links.

Revision: 20261122_1200
After: 20261122_1100
"""

revision = "20261122_1200"
down_revision = "20261122_1100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
