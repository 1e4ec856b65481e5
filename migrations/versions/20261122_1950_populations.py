"""Populations by filters: what decides who belongs, how far that was applied, and bits that stay taken until nothing bears them.

Revision: 20261122_1950
After: 20261122_2000
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_1950"
down_revision = "20261122_2000"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("population", sa.Column("filter", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    for name in ("version", "settled"):
        op.add_column("population", sa.Column(name, sa.Integer(), nullable=False, server_default="1"))
        op.alter_column("population", name, server_default=None)
    op.add_column("population", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("uq_population_slug", table_name="population")
    op.create_index(
        "uq_population_slug", "population", ["org_id", "slug"], unique=True, postgresql_where=sa.text("removed_at IS NULL")
    )


def downgrade() -> None:
    """Populations by filters go, with the rules on them; accounts keep bits that name nothing, and are in no such population."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("population", "sharing_rule"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"DELETE FROM {table} WHERE bit > 2")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.drop_index("uq_population_slug", table_name="population")
    op.create_index("uq_population_slug", "population", ["org_id", "slug"], unique=True)
    for name in ("removed_at", "settled", "version", "filter"):
        op.drop_column("population", name)
