"""The epoch that a partnership is about to have, beside the one that it has.

Revision: 20261122_2500
After: 20261122_2600
"""

import sqlalchemy as sa
from alembic import op

from service.db.names import APP_ROLE, MATCHER_ROLE
from service.db.policies import PARTNERSHIP, allow

revision = "20261122_2500"
down_revision = "20261122_2600"
branch_labels = None
depends_on = None

NEXT = "next_epoch, next_normaliser, next_since"
STATED = "statement, signature, confirm"
NEXT_STATED = "next_statement, next_signature, next_confirm"
SEGMENT_KEY = ("change", "part", "kind", "layer", "number")
EPOCH_AND_NORMALISER = r"^\d+\|[^|]*\|"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _partnerships()
    _sides()
    _segments("epoch", *SEGMENT_KEY)
    # No epoch was ever changed before this.
    for table, column, kind in (
        ("token_change", "epochs", sa.ARRAY(sa.Integer())),
        ("evidence_request", "epoch", sa.Integer()),
    ):
        first = "{1}" if column == "epochs" else "1"
        op.add_column(table, sa.Column(column, kind, nullable=False, server_default=first))
        op.alter_column(table, column, server_default=None)
    # Tokens are made anew where their terms changed: what they said of the epoch stands in a column of its own now.
    _everywhere("token_change", f"UPDATE token_change SET terms = regexp_replace(terms, '{EPOCH_AND_NORMALISER}', '')")


def _segments(*key: str) -> None:
    op.drop_constraint("pk_token_segment", "token_segment", type_="primary")
    op.create_primary_key("pk_token_segment", "token_segment", ["partnership_id", "org_id", *key])


def _partnerships() -> None:
    op.add_column("partnership", sa.Column("epoch_since", sa.DateTime(timezone=True), nullable=True))
    _everywhere("partnership", "UPDATE partnership SET epoch_since = created_at")
    op.alter_column("partnership", "epoch_since", nullable=False)
    op.add_column("partnership", sa.Column("next_epoch", sa.Integer(), nullable=True))
    op.add_column("partnership", sa.Column("next_normaliser", sa.Text(), nullable=True))
    op.add_column("partnership", sa.Column("next_since", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_partnership_next"), "partnership", f"num_nulls({NEXT}) IN (0, 3) AND next_epoch > epoch"
    )
    op.execute(f"GRANT UPDATE ({NEXT}) ON TABLE partnership TO {APP_ROLE}")


def _sides() -> None:
    op.add_column("partnership_side", sa.Column("next_statement", sa.Text(), nullable=True))
    op.add_column("partnership_side", sa.Column("next_signature", sa.LargeBinary(), nullable=True))
    op.add_column("partnership_side", sa.Column("next_confirm", sa.LargeBinary(), nullable=True))
    op.create_check_constraint(
        op.f("ck_partnership_side_next"), "partnership_side", f"num_nulls({NEXT_STATED}) IN (0, 3)"
    )
    op.execute(f"GRANT UPDATE ({NEXT_STATED}) ON TABLE partnership_side TO {APP_ROLE}")
    allow("partnership_side", f"partnership_id = {PARTNERSHIP}", to=MATCHER_ROLE)
    op.execute(f"GRANT SELECT (partnership_id, {NEXT_STATED}) ON TABLE partnership_side TO {MATCHER_ROLE}")
    op.execute(f"GRANT UPDATE ({STATED}, {NEXT_STATED}) ON TABLE partnership_side TO {MATCHER_ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _everywhere(
        "token_change",
        "UPDATE token_change c SET terms = p.epoch || '|' || p.normaliser || '|' || c.terms"
        " FROM partnership p WHERE p.id = c.partnership_id",
    )
    # Tokens of an epoch that was prepared; it is opened again, as the next one.
    _everywhere(
        "token_segment",
        "DELETE FROM token_segment s USING partnership p WHERE p.id = s.partnership_id AND s.epoch <> p.epoch",
    )
    _segments(*SEGMENT_KEY)
    op.drop_column("evidence_request", "epoch")
    op.drop_column("token_change", "epochs")
    op.execute(f"REVOKE UPDATE ({STATED}, {NEXT_STATED}) ON TABLE partnership_side FROM {MATCHER_ROLE}")
    op.execute(f"REVOKE SELECT (partnership_id, {NEXT_STATED}) ON TABLE partnership_side FROM {MATCHER_ROLE}")
    op.execute("DROP POLICY partnership_side_matcher_all ON partnership_side")
    for column in NEXT_STATED.split(", "):
        op.drop_column("partnership_side", column)
    for column in (*NEXT.split(", "), "epoch_since"):
        op.drop_column("partnership", column)


def _everywhere(table: str, statement: str) -> None:
    """Past the policies of the table's owner, which show it no row."""
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
