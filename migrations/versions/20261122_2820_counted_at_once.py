"""Whoever has written very many rows at once lets the planner count them: until it does, it takes them for a few.

Revision: 20261122_2820
After: 20261122_2430
"""

from alembic import op

from service.db.names import APP_ROLE, MATCHER_ROLE

revision = "20261122_2820"
down_revision = "20261122_2430"
branch_labels = None
depends_on = None

FUNCTIONS = {
    "count_overlaps": ("overlap", MATCHER_ROLE),
    "count_shown": ("overlap, shared_record, account_reference", APP_ROLE),
}
"""Only a table's owner may ask for that; nothing is told to whoever calls it."""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name, (tables, role) in FUNCTIONS.items():
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp"
            f" AS $$ BEGIN ANALYZE {tables}; END $$"
        )
        op.execute(f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name}() TO {role}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}()")
