"""Imports are numbered as they are accepted: their order is the database's word, whatever clocks say.

Revision: 20261122_1860
After: 20261122_1850
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1860"
down_revision = "20261122_1850"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("import", sa.Column("number", sa.BigInteger(), nullable=True))
    op.execute("ALTER TABLE import NO FORCE ROW LEVEL SECURITY")
    op.execute(
        """UPDATE import i SET number = n.number
             FROM (SELECT org_id, id, row_number() OVER (PARTITION BY org_id ORDER BY id) AS number FROM import) n
            WHERE n.org_id = i.org_id AND n.id = i.id"""
    )
    op.execute("ALTER TABLE import FORCE ROW LEVEL SECURITY")
    op.alter_column("import", "number", nullable=False)
    op.create_index("uq_import_number", "import", ["org_id", "number"], unique=True)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("uq_import_number", table_name="import")
    op.drop_column("import", "number")
