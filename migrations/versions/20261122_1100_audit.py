"""The audit log, whose entries the app's role adds and reads, never changes or removes; suspension and quotas; erasing.

Revision: 20261122_1100
After: 20261122_1000
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from service.db.policies import erasable, owned_by_org

revision = "20261122_1100"
down_revision = "20261122_1000"
branch_labels = None
depends_on = None

SIDES = ("lo_org_id", "hi_org_id")
PAIRED = {
    "sharing_rule": ("owner_org_id", "partner_org_id"),
    "shared_record": ("owner_org_id", "viewer_org_id"),
    "match_run": SIDES,
    "evidence_request": ("org_id",),
    "overlap": SIDES,
    "partnership_event": SIDES,
}
"""Tables with policies of their own, and the columns that name an organization."""


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_audit_entry_number")),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_audit_entry_hash")),
        sa.CheckConstraint(
            "actor_kind IN ('api_key', 'person', 'operator', 'service')",
            name=op.f("ck_audit_entry_actor_kind"),
        ),
        sa.PrimaryKeyConstraint("org_id", "number", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_action", "audit_entry", ["org_id", "action", "number"], unique=False)
    op.create_table(
        "audit_checkpoint",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("service_key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "number", name=op.f("pk_audit_checkpoint")),
    )
    for table in ("audit_entry", "audit_checkpoint"):
        # A log goes with its organization and not before, by the owner's hand.
        owned_by_org(table, privileges=("SELECT", "INSERT"))
    _standing()
    for table, columns in PAIRED.items():
        erasable(table, *columns)


def _standing() -> None:
    op.create_table(
        "organization_standing",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("max_accounts", sa.BigInteger(), nullable=True),
        sa.Column("max_upload_bytes", sa.BigInteger(), nullable=True),
        sa.Column("max_members", sa.BigInteger(), nullable=True),
        sa.Column("max_partnerships", sa.BigInteger(), nullable=True),
        *(
            sa.CheckConstraint(f"{column} >= 0", name=op.f(f"ck_organization_standing_{column}"))
            for column in ("max_accounts", "max_upload_bytes", "max_members", "max_partnerships")
        ),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_organization_standing")),
    )
    owned_by_org("organization_standing", privileges=("SELECT", "INSERT", "UPDATE"))


def downgrade() -> None:
    for table in PAIRED:
        op.execute(f"DROP POLICY {table}_erase ON {table}")
    op.drop_table("organization_standing")
    op.drop_table("audit_checkpoint")
    op.drop_index("ix_audit_entry_action", table_name="audit_entry")
    op.drop_table("audit_entry")
