"""Contacts: who they are sealed, here and in the history.

Revision: 20261122_1850
After: 20261122_1840
"""

import sqlalchemy as sa
from alembic import op

from service.db.policies import owned_by_org

revision = "20261122_1850"
down_revision = "20261122_1840"
branch_labels = None
depends_on = None

KINDS = "kind IN ('accounts', 'contacts', 'opportunities')"
KINDS_BEFORE = "kind IN ('accounts', 'opportunities')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("import", "record_history"):
        op.drop_constraint(op.f(f"ck_{table}_kind"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_kind"), table, KINDS)
    op.add_column("record_history", sa.Column("personal", sa.LargeBinary(), nullable=True))
    texts = ("external_id", "title", "department", "country", "city", "owner", "status", "consent", "source")
    op.create_table(
        "contact",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity", sa.Text(collation="C"), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("email_hash", sa.LargeBinary(), nullable=True),
        sa.Column("personal", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in texts),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "account_id"], ["account.org_id", "account.id"], ondelete="SET NULL (account_id)",
            name=op.f("fk_contact_org_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_contact")),
    )  # fmt: skip
    op.create_index("uq_contact_identity", "contact", ["org_id", "identity"], unique=True)
    op.create_index("ix_contact_account", "contact", ["org_id", "account_id"])
    owned_by_org("contact")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("contact")
    op.drop_column("record_history", "personal")
    for table in ("record_history", "import"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"DELETE FROM {table} WHERE kind = 'contacts'")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.drop_constraint(op.f(f"ck_{table}_kind"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_kind"), table, KINDS_BEFORE)
