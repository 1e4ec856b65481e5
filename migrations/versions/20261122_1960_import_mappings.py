"""How the lists of a source are read is saved under a name, and an import says by which it was read.

Revision: 20261122_1960
After: 20261122_1995
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from service.db.policies import owned_by_org

revision = "20261122_1960"
down_revision = "20261122_1995"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "import_mapping",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("columns", JSONB(), nullable=False),
        sa.Column("statuses", JSONB(), nullable=False),
        sa.Column("worksheet", sa.Text(), nullable=True),
        sa.Column("population", sa.Text(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("all_or_nothing", sa.Boolean(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('accounts', 'contacts', 'opportunities')", name=op.f("ck_import_mapping_kind")),
        sa.CheckConstraint("mode IN ('upsert', 'replace', 'append')", name=op.f("ck_import_mapping_mode")),
        sa.PrimaryKeyConstraint("org_id", "name", name=op.f("pk_import_mapping")),
    )
    owned_by_org("import_mapping")
    op.add_column("import", sa.Column("mapping", sa.Text(), nullable=True))
    op.add_column("import", sa.Column("statuses", JSONB(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("import", "statuses")
    op.drop_column("import", "mapping")
    op.drop_table("import_mapping")
