"""Partnerships are offered by invitation: what was sent, and what reached whom.

Revision: 20261123_3100
After: 20261123_2960
"""

import sqlalchemy as sa
from alembic import op

from service.db.policies import DUTY, INVITATION, INVITER, ORG, WRITE, allow, erasable, grant, owned_by_org, protect

revision = "20261123_3100"
down_revision = "20261123_2960"
branch_labels = None
depends_on = None

CHANGES = "admits, expires_at, accepted_at, declined_at"
SIZES = "('up_to_1000', 'up_to_10000', 'up_to_100000', 'up_to_1000000', 'over_1000000')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("partnership", sa.Column("coded", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("partnership", "coded", server_default=None)
    _sent()
    _received()
    # whoever has shown an invitation's secret reads and answers it, and asks whether its sender may go on
    allow("partner_invitation", f"admits = {INVITATION}", command="SELECT", name="partner_invitation_shown")
    allow("partner_invitation", f"admits = {INVITATION}", command="UPDATE", name="partner_invitation_answered")
    allow("organization_standing", f"org_id = {INVITER}", command="SELECT", name="organization_standing_inviter")
    inviting = f"inviter_org_id = {ORG} AND {DUTY} = 'invite'"
    allow("received_invitation", inviting, command="SELECT", name="received_invitation_sent")
    allow("received_invitation", inviting, command="DELETE", name="received_invitation_taken_back")


def _sent() -> None:
    op.create_table(
        "partner_invitation",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("admits", sa.Uuid(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("list_size", sa.Text(), nullable=True),
        sa.Column("coded", sa.Boolean(), nullable=False),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(accepted_at, declined_at, withdrawn_at) <= 1", name=op.f("ck_partner_invitation_end")
        ),
        sa.CheckConstraint(
            "(way = 'handle') = (handle IS NOT NULL) AND (way = 'email') = (email IS NOT NULL)",
            name=op.f("ck_partner_invitation_to"),
        ),
        sa.CheckConstraint("way IN ('link', 'handle', 'email')", name=op.f("ck_partner_invitation_way")),
        sa.CheckConstraint(f"list_size IN {SIZES}", name=op.f("ck_partner_invitation_list_size")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.id"], name=op.f("fk_partner_invitation_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_partner_invitation")),
    )
    owned_by_org("partner_invitation")


def _received() -> None:
    op.create_table(
        "received_invitation",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inviter_org_id", sa.Uuid(), nullable=False),
        sa.Column("admits", sa.Uuid(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("list_size", sa.Text(), nullable=True),
        sa.Column("coded", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(accepted_at, declined_at) <= 1", name=op.f("ck_received_invitation_end")
        ),
        sa.CheckConstraint(f"list_size IN {SIZES}", name=op.f("ck_received_invitation_list_size")),
        *(
            sa.ForeignKeyConstraint(
                [column], ["organization.id"], name=op.f(f"fk_received_invitation_{column}"), ondelete="CASCADE"
            )
            for column in ("org_id", "inviter_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_received_invitation")),
    )
    protect("received_invitation")
    allow("received_invitation", f"org_id = {ORG}")
    erasable("received_invitation", "org_id", "inviter_org_id")
    # who sent it is never changed
    grant("received_invitation", ("SELECT", "INSERT", "DELETE", f"UPDATE ({CHANGES})"))
    # the sender's erasure takes away what it sent
    op.create_index("ix_received_invitation_inviter_org_id", "received_invitation", ["inviter_org_id", "id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP POLICY organization_standing_inviter ON organization_standing")
    op.drop_table("received_invitation")
    op.drop_table("partner_invitation")
    op.drop_column("partnership", "coded")
