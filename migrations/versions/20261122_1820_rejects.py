"""Refused rows of imports, kept sealed so that they can be mended and sent again.

Revision: 20261122_1820
After: 20261122_1810
"""

import sqlalchemy as sa
from alembic import op

from service.db.policies import owned_by_org

revision = "20261122_1820"
down_revision = "20261122_1810"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_reject",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "import_id"],
            ["import.org_id", "import.id"],
            name=op.f("fk_import_reject_org_id_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_import_reject")),
    )
    op.create_index("ix_import_reject_import", "import_reject", ["org_id", "import_id", "id"], unique=False)
    owned_by_org("import_reject")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("import_reject")
