"""Comments on an overlap, private or shown to the partner, and who of one's own looks after it.

Revision: 20261122_2700
After: 20261122_2800
"""

import sqlalchemy as sa
from alembic import op

from service.db.policies import ORG, allow, erasable, grant, owned_by_org, protect

revision = "20261122_2700"
down_revision = "20261122_2800"
branch_labels = None
depends_on = None

_SIDE = ["partnership_side.partnership_id", "partnership_side.org_id"]
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _comments()
    _assignees()


def _comments() -> None:
    op.create_table(
        "overlap_comment",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lo_ref", sa.BigInteger(), nullable=False),
        sa.Column("hi_ref", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("partner_org_id", sa.Uuid(), nullable=False),
        sa.Column("visible_to", sa.Text(), nullable=False),
        sa.Column("author_kind", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("edited_at", _MOMENT, nullable=True),
        sa.Column("gone_at", _MOMENT, nullable=True),
        sa.CheckConstraint("org_id <> partner_org_id", name=op.f("ck_overlap_comment_of_two")),
        sa.CheckConstraint(
            "visible_to IN ('organization', 'partner')", name=op.f("ck_overlap_comment_visible_to")
        ),
        sa.CheckConstraint(
            "author_kind IN ('api_key', 'person', 'operator', 'service')",
            name=op.f("ck_overlap_comment_author_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id", "org_id"], _SIDE, name=op.f("fk_overlap_comment_partnership_id_org_id")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id", "partner_org_id"],
            _SIDE,
            name=op.f("fk_overlap_comment_partnership_id_partner_org_id"),
        ),
        sa.PrimaryKeyConstraint("partnership_id", "id", name=op.f("pk_overlap_comment")),
    )
    op.create_index(
        "ix_overlap_comment_pair", "overlap_comment", ["partnership_id", "lo_ref", "hi_ref", "id"]
    )
    op.create_index("ix_overlap_comment_org", "overlap_comment", ["org_id"])
    protect("overlap_comment")
    allow("overlap_comment", f"org_id = {ORG}")
    allow(
        "overlap_comment",
        f"partner_org_id = {ORG} AND visible_to = 'partner'",
        command="SELECT",
        name="overlap_comment_shown",
    )
    erasable("overlap_comment", "org_id", "partner_org_id")
    grant("overlap_comment", ("SELECT", "INSERT", "UPDATE", "DELETE"))


def _assignees() -> None:
    op.create_table(
        "overlap_assignee",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("lo_ref", sa.BigInteger(), nullable=False),
        sa.Column("hi_ref", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("assigned_at", _MOMENT, nullable=False),
        sa.Column("gone_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "person_id"],
            ["membership.org_id", "membership.person_id"],
            name=op.f("fk_overlap_assignee_org_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "org_id", "partnership_id", "lo_ref", "hi_ref", name=op.f("pk_overlap_assignee")
        ),
    )
    op.create_index(
        "ix_overlap_assignee_person", "overlap_assignee", ["org_id", "person_id", "partnership_id"]
    )
    owned_by_org("overlap_assignee")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("overlap_assignee")
    op.drop_table("overlap_comment")
