"""What the last files of an organization said row by row, as fingerprints.

Revision: 20261122_2300
After: 20261122_2200
"""

import sqlalchemy as sa
from alembic import op

from service.db.policies import owned_by_org

revision = "20261122_2300"
down_revision = "20261122_2200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "account_footprint",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("wording", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "wording", "number", "part", name=op.f("pk_account_footprint")),
    )
    # Hashes under LZ4 already: nothing is won by trying to pack them once more.
    op.execute("ALTER TABLE account_footprint ALTER COLUMN entries SET STORAGE EXTERNAL")
    owned_by_org("account_footprint")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("account_footprint")
