"""Idempotency keys and rate limits.

Revision: 20261122_1300
After: 20261122_1200
"""

import sqlalchemy as sa
from alembic import op

from service.db.policies import owned_by_org

revision = "20261122_1300"
down_revision = "20261122_1200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency_record",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("response", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(leased_until IS NULL) = (response IS NOT NULL)", name=op.f("ck_idempotency_record_state")
        ),
        sa.CheckConstraint(
            "response IS NULL OR body IS NOT NULL", name=op.f("ck_idempotency_record_body")
        ),
        sa.PrimaryKeyConstraint("org_id", "key", name=op.f("pk_idempotency_record")),
    )
    op.create_index(
        "ix_idempotency_record_expires_at", "idempotency_record", ["org_id", "expires_at"], unique=False
    )
    op.create_table(
        "rate_budget",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("period", sa.BigInteger(), nullable=False),
        sa.Column("leased", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "subject", name=op.f("pk_rate_budget")),
    )
    for table in ("idempotency_record", "rate_budget"):
        owned_by_org(table)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("rate_budget", "idempotency_record"):
        op.drop_table(table)
