"""Duplicates inside a list: what a search found, what was merged, and what was said to be two companies.

Revision: 20261122_2710
After: 20261122_2810
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from service.db.policies import owned_by_org

revision = "20261122_2710"
down_revision = "20261122_2810"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "account_merge",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("into_id", sa.Uuid(), nullable=False),
        sa.Column("identities", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("names", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("merged_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "merged_id", name=op.f("pk_account_merge")),
    )
    op.create_index("ix_account_merge_into", "account_merge", ["org_id", "into_id"])
    op.create_table(
        "account_duplicate",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("members", sa.LargeBinary(), nullable=False),
        sa.Column("accounts", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("confidence", postgresql.DOUBLE_PRECISION(), nullable=False),
        sa.Column("pairs", postgresql.JSONB(), nullable=False),
        sa.Column("found_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_account_duplicate")),
    )
    op.create_index("uq_account_duplicate_members", "account_duplicate", ["org_id", "members"], unique=True)
    op.create_index("ix_account_duplicate_surest", "account_duplicate", ["org_id", "confidence", "id"])
    op.create_table(
        "account_distinct",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("one_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("said_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "one_id", "other_id", name=op.f("pk_account_distinct")),
    )
    op.create_table(
        "account_duplicate_search",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("groups", sa.Integer(), nullable=False),
        sa.Column("crowded", sa.Integer(), nullable=False),
        sa.Column("searched_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_account_duplicate_search")),
    )
    for table in ("account_merge", "account_duplicate", "account_distinct", "account_duplicate_search"):
        owned_by_org(table)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("account_duplicate_search", "account_distinct", "account_duplicate", "account_merge"):
        op.drop_table(table)
