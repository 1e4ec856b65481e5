"""Accounts keep what a list says as values: country codes, amounts, head counts, parents, attributes of the users' own.

Revision: 20261122_1900
After: 20261122_1860
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from service.db.policies import owned_by_org

revision = "20261122_1900"
down_revision = "20261122_1860"
branch_labels = None
depends_on = None

COLUMNS: dict[str, type[sa.types.TypeEngine[object]]] = {
    "country_code": sa.Text,
    "revenue_amount": sa.Numeric,
    "revenue_currency": sa.Text,
    "employees_from": sa.Integer,
    "employees_to": sa.Integer,
    "parent_external_id": sa.Text,
    "parent_name": sa.Text,
    "parent_domain": sa.Text,
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name, kind in COLUMNS.items():
        op.add_column("account", sa.Column(name, kind(), nullable=True))
    op.add_column("account", sa.Column("attributes", JSONB(), nullable=False, server_default=sa.text("'{}'")))
    op.create_table(
        "account_attribute",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "type IN ('text', 'number', 'date', 'boolean', 'money')", name=op.f("ck_account_attribute_type")
        ),
        sa.PrimaryKeyConstraint("org_id", "key", name=op.f("pk_account_attribute")),
    )
    owned_by_org("account_attribute")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("account_attribute")
    for name in ("attributes", *COLUMNS):
        op.drop_column("account", name)
