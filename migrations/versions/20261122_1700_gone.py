"""What goes with its organization: a sandbox that is taken away keeps no member, invitation, session or log, and nobody writes into it later.

Revision: 20261122_1700
After: 20261122_1600

The keys hold for what is written from here on, and look at no row that is there: everybody waits for this step. Those rows are for 1720.
"""

from alembic import op

revision = "20261122_1700"
down_revision = "20261122_1600"
branch_labels = None
depends_on = None

TABLES = ("audit_entry", "audit_checkpoint", "membership", "member_invitation", "session")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in TABLES:
        op.create_foreign_key(
            op.f(f"fk_{table}_org_id"),
            table,
            "organization",
            ["org_id"],
            ["id"],
            ondelete="CASCADE",
            postgresql_not_valid=True,
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in TABLES:
        op.drop_constraint(op.f(f"fk_{table}_org_id"), table, type_="foreignkey")
