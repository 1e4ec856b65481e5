"""What goes with its organization: a sandbox that is taken away keeps no member, invitation, session or log, and nobody writes into it later.

Revision: 20261122_1700
After: 20261122_1600

The app's role deletes no audit entry, here either: the row goes by its table's owner, when its organization does.
"""

from alembic import op

revision = "20261122_1700"
down_revision = "20261122_1600"
branch_labels = None
depends_on = None

PROTECTED = ("audit_entry", "audit_checkpoint", "membership", "member_invitation")


def upgrade() -> None:
    for table in PROTECTED:
        # Rows of organizations that are gone, which no policy shows to the owner either.
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        _bind(table)
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    _bind("session")


def _bind(table: str) -> None:
    op.execute(f"DELETE FROM {table} AS t WHERE NOT EXISTS (SELECT FROM organization WHERE id = t.org_id) AND t.org_id IS NOT NULL")
    op.create_foreign_key(op.f(f"fk_{table}_org_id"), table, "organization", ["org_id"], ["id"], ondelete="CASCADE")


def downgrade() -> None:
    for table in (*PROTECTED, "session"):
        op.drop_constraint(op.f(f"fk_{table}_org_id"), table, type_="foreignkey")
