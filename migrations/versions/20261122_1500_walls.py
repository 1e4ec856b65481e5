"""Foreign keys that hold both sides of a partnership.

Revision: 20261122_1500
After: 20261122_1400

Policies bind a row to the organization that writes it; these keys bind it to a partnership of which that organization is a side, and to
the partner of that partnership, so that a third organization can neither write into a pair nor be named in one. Each begins with the
partnership and stays inside it. `overlap` and `partnership_event` have none: the matcher alone writes them, by tens of thousands, under
the lock of the partnership's own row.
"""

from alembic import op

from service.db.names import APP_ROLE

revision = "20261122_1500"
down_revision = "20261122_1400"
branch_labels = None
depends_on = None

SIDES = ("id", "lo_org_id", "hi_org_id")
SIDE = ("partnership_id", "org_id")
SIDE_AND_PARTNER = ("partnership_id", "org_id", "partner_org_id")

KEYS = {
    "partnership_side": (("partnership_id", "lo_org_id", "hi_org_id"), "partnership", SIDES),
    "match_run": (("partnership_id", "lo_org_id", "hi_org_id"), "partnership", SIDES),
    "token_segment": (SIDE, "partnership_side", SIDE),
    "token_change": (SIDE, "partnership_side", SIDE),
    "sharing_rule": (("partnership_id", "owner_org_id", "partner_org_id"), "partnership_side", SIDE_AND_PARTNER),
    "shared_record": (("partnership_id", "owner_org_id", "viewer_org_id"), "partnership_side", SIDE_AND_PARTNER),
}
"""Table → its columns, and what they name; in place of a key that named the partnership alone."""


def upgrade() -> None:
    op.create_unique_constraint("uq_partnership_id_lo_org_id_hi_org_id", "partnership", SIDES)
    op.create_check_constraint(op.f("ck_partnership_side_of_the_pair"), "partnership_side", "org_id IN (lo_org_id, hi_org_id)")
    op.execute(
        "ALTER TABLE partnership_side ADD COLUMN partner_org_id uuid NOT NULL"
        " GENERATED ALWAYS AS (CASE WHEN org_id = lo_org_id THEN hi_org_id ELSE lo_org_id END) STORED"
    )
    op.create_unique_constraint("uq_partnership_side_partnership_id_org_id_partner_org_id", "partnership_side", SIDE_AND_PARTNER)
    for table, (columns, named, anchor) in KEYS.items():
        op.drop_constraint(f"fk_{table}_partnership_id", table, type_="foreignkey")
        op.create_foreign_key(_name(table, columns), table, named, columns, anchor)
    op.create_foreign_key(_name("evidence_request", SIDE), "evidence_request", "partnership_side", SIDE, SIDE)
    # What a job of one side may change of a row that both sides share, and nothing that says whose it is.
    for table, columns in (("overlap", "lo_shows, hi_shows"), ("evidence_request", "codes")):
        op.execute(f"REVOKE UPDATE ON {table} FROM {APP_ROLE}")
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO {APP_ROLE}")


def downgrade() -> None:
    for table, columns in (("overlap", "lo_shows, hi_shows"), ("evidence_request", "codes")):
        op.execute(f"REVOKE UPDATE ({columns}) ON {table} FROM {APP_ROLE}")
        op.execute(f"GRANT UPDATE ON {table} TO {APP_ROLE}")
    op.drop_constraint(_name("evidence_request", SIDE), "evidence_request", type_="foreignkey")
    for table, (columns, _, _) in reversed(KEYS.items()):
        op.drop_constraint(_name(table, columns), table, type_="foreignkey")
        op.create_foreign_key(f"fk_{table}_partnership_id", table, "partnership", ["partnership_id"], ["id"])
    op.drop_constraint("uq_partnership_side_partnership_id_org_id_partner_org_id", "partnership_side", type_="unique")
    op.drop_column("partnership_side", "partner_org_id")
    op.drop_constraint(op.f("ck_partnership_side_of_the_pair"), "partnership_side", type_="check")
    op.drop_constraint("uq_partnership_id_lo_org_id_hi_org_id", "partnership", type_="unique")


def _name(table: str, columns: tuple[str, ...]) -> str:
    return "_".join(("fk", table, *columns))
