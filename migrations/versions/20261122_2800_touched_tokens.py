"""Each token change keeps the tokens of the accounts it touched, until it has been met: a meeting looks at those alone.

Revision: 20261122_2800
After: 20261122_2210
"""

from alembic import op

from service.db.names import MATCHER_ROLE
from service.db.policies import PARTNERSHIP, allow

revision = "20261122_2800"
down_revision = "20261122_2210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _parts("'sent', 'withheld', 'accounts', 'touched'", seen="'sent', 'touched'")
    # changes that wait to be met have no such tokens: all is met in their place
    _as_owner("token_change", "UPDATE token_change SET touched = NULL")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _as_owner("token_segment", "DELETE FROM token_segment WHERE part = 'touched'")
    _parts("'sent', 'withheld', 'accounts'", seen="'sent'")


def _parts(every: str, *, seen: str) -> None:
    op.drop_constraint(op.f("ck_token_segment_part"), "token_segment", type_="check")
    op.create_check_constraint(op.f("ck_token_segment_part"), "token_segment", f"part IN ({every})")
    op.execute("DROP POLICY token_segment_matcher_all ON token_segment")
    allow("token_segment", f"partnership_id = {PARTNERSHIP} AND part IN ({seen})", to=MATCHER_ROLE)


def _as_owner(table: str, statement: str) -> None:
    """Under FORCE the owner of a table sees none of its rows."""
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
