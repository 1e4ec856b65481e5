"""Records that come over the API are imports too, told from files; imports are found by when they were stored.

Revision: 20261122_1995
After: 20261122_1950
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1995"
down_revision = "20261122_1950"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("import", sa.Column("origin", sa.Text(), nullable=False, server_default="file"))
    op.alter_column("import", "origin", server_default=None)
    op.create_check_constraint(op.f("ck_import_origin"), "import", "origin IN ('file', 'api')")
    op.create_index("ix_import_finished", "import", ["org_id", "finished_at"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_import_finished", table_name="import")
    op.drop_constraint(op.f("ck_import_origin"), "import", type_="check")
    op.drop_column("import", "origin")
