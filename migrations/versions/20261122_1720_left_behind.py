"""What organizations that are gone left behind goes, and the keys to them hold for every row.

Revision: 20261122_1720
After: 20261122_1710

Each statement commits by itself: everybody reads and writes while it looks through a table. Run again, it goes on where it ended.
The app's role deletes no audit entry, here either: the row goes by its table's owner, when its organization does.
"""

from alembic import op

revision = "20261122_1720"
down_revision = "20261122_1710"
branch_labels = None
depends_on = None

PROTECTED = ("audit_entry", "audit_checkpoint", "membership", "member_invitation")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table in PROTECTED:
            # No policy shows these rows to the owner, and a key is checked over what the owner sees.
            op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            try:
                _settle(table)
            finally:
                op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        _settle("session")


def _settle(table: str) -> None:
    op.execute(f"DELETE FROM {table} AS t WHERE NOT EXISTS (SELECT FROM organization WHERE id = t.org_id) AND t.org_id IS NOT NULL")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT fk_{table}_org_id")


def downgrade() -> None:
    """Nothing to undo: the keys are those of 1700."""
