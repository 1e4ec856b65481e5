"""What one side keeps of a partnership for itself.

Revision: 20261123_3120
After: 20261123_3110
"""

import sqlalchemy as sa
from alembic import op

from service.db.policies import owned_by_org

revision = "20261123_3120"
down_revision = "20261123_3110"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "partnership_profile",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("notes", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id", "org_id"],
            ["partnership_side.partnership_id", "partnership_side.org_id"],
            name=op.f("fk_partnership_profile_partnership_id_org_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "owner_id"],
            ["membership.org_id", "membership.person_id"],
            name=op.f("fk_partnership_profile_org_id_owner_id"),
            ondelete="SET NULL (owner_id)",
        ),
        sa.PrimaryKeyConstraint("org_id", "partnership_id", name=op.f("pk_partnership_profile")),
    )
    owned_by_org("partnership_profile")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("partnership_profile")
