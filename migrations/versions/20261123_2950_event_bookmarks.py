"""How far each side of a partnership has been told of what the other decided.

Revision: 20261123_2950
After: 20261123_2910
"""

import sqlalchemy as sa
from alembic import op

from service.db.policies import owned_by_org

revision = "20261123_2950"
down_revision = "20261123_2910"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "event_bookmark",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id", "org_id"],
            ["partnership_side.partnership_id", "partnership_side.org_id"],
            name=op.f("fk_event_bookmark_partnership_id_org_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "partnership_id", name=op.f("pk_event_bookmark")),
    )
    owned_by_org("event_bookmark")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("event_bookmark")
