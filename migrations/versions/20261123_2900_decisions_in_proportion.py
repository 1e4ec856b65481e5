"""Decisions are looked up by either account, and the accounts they hang on by their marks: a small change reads what concerns it alone.

Revision: 20261123_2900
After: 20261122_2440
"""

from alembic import op

revision = "20261123_2900"
down_revision = "20261122_2440"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_decision_hi": ("decision", ["partnership_id", "hi_ref"]),
    "ix_decided_account_identity": ("decided_account", ["partnership_id", "org_id", "identity"]),
    "ix_decided_account_name": ("decided_account", ["partnership_id", "org_id", "name"]),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table_name=table)
