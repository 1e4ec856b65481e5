"""API keys that rotate, sandbox organizations, suspension and quotas.

Revision: 20261122_1400
After: 20261122_1300
"""

revision = "20261122_1400"
down_revision = "20261122_1300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
