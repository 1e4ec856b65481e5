"""Imports are of a kind of record; opportunities with their stages; the history holds records of any kind.

Revision: 20261122_1840
After: 20261122_1830
"""

import sqlalchemy as sa
from alembic import op

from service.db.policies import owned_by_org

revision = "20261122_1840"
down_revision = "20261122_1830"
branch_labels = None
depends_on = None

KINDS = "kind IN ('accounts', 'opportunities')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("import", "record_history"):
        op.add_column(table, sa.Column("kind", sa.Text(), nullable=False, server_default="accounts"))
        op.alter_column(table, "kind", server_default=None)
        op.create_check_constraint(op.f(f"ck_{table}_kind"), table, KINDS)
    op.alter_column("record_history", "account_id", new_column_name="record_id")
    _opportunities()
    op.create_table(
        "opportunity_stage",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "opportunity_id"], ["opportunity.org_id", "opportunity.id"], ondelete="CASCADE",
            name=op.f("fk_opportunity_stage_org_id_opportunity_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "opportunity_id", "place", name=op.f("pk_opportunity_stage")),
    )  # fmt: skip
    owned_by_org("opportunity_stage")


def _opportunities() -> None:
    op.create_table(
        "opportunity",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity", sa.Text(collation="C"), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("probability", sa.Numeric(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("next_step", sa.Text(), nullable=True),
        sa.Column("created", sa.Date(), nullable=True),
        sa.Column("expected_close", sa.Date(), nullable=True),
        sa.Column("closed", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("outcome IN ('won', 'lost', 'open')", name=op.f("ck_opportunity_outcome")),
        sa.ForeignKeyConstraint(
            ["org_id", "account_id"], ["account.org_id", "account.id"], ondelete="SET NULL (account_id)",
            name=op.f("fk_opportunity_org_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_opportunity")),
    )  # fmt: skip
    op.create_index("uq_opportunity_identity", "opportunity", ["org_id", "identity"], unique=True)
    op.create_index("ix_opportunity_account", "opportunity", ["org_id", "account_id"])
    owned_by_org("opportunity")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("opportunity_stage")
    op.drop_table("opportunity")
    op.alter_column("record_history", "record_id", new_column_name="account_id")
    for table in ("record_history", "import"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"DELETE FROM {table} WHERE kind <> 'accounts'")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.drop_constraint(op.f(f"ck_{table}_kind"), table, type_="check")
        op.drop_column(table, "kind")
