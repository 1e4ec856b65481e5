"""Imports that are held, cancelled, tried first or given up whole; accounts know the import that made them.

Revision: 20261122_1800
After: 20261122_1730

What an account's digest covers has changed too: the next import finds it different and compares whole rows once.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1800"
down_revision = "20261122_1730"
branch_labels = None
depends_on = None

STATUS = "status IN ('received', 'running', 'held', 'completed', 'failed', 'cancelled')"
STATUS_BEFORE = "status IN ('received', 'running', 'completed', 'failed')"
PHASES = "phase IN ('reading', 'preparing', 'comparing', 'writing')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.batch_alter_table("import") as table:
        table.add_column(sa.Column("digest", sa.LargeBinary(), nullable=False, server_default=""))
        table.add_column(sa.Column("worksheet", sa.Text(), nullable=True))
        for flag in ("all_or_nothing", "dry_run", "confirmed", "cancelling"):
            table.add_column(sa.Column(flag, sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("phase", sa.Text(), nullable=True))
        table.add_column(sa.Column("rows_done", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("rows_total", sa.Integer(), nullable=True))
        table.add_column(sa.Column("preview", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("skipped", sa.Integer(), nullable=False, server_default="0"))
        for column in ("digest", "all_or_nothing", "dry_run", "confirmed", "cancelling", "rows_done", "skipped"):
            table.alter_column(column, server_default=None)
        table.drop_constraint(op.f("ck_import_mode"), type_="check")
        table.drop_constraint(op.f("ck_import_status"), type_="check")
    _everywhere("import", "UPDATE import SET mode = 'upsert' WHERE mode = 'merge'")
    op.create_check_constraint(op.f("ck_import_mode"), "import", "mode IN ('upsert', 'replace', 'append')")
    op.create_check_constraint(op.f("ck_import_status"), "import", STATUS)
    op.create_check_constraint(op.f("ck_import_phase"), "import", PHASES)
    op.add_column("account", sa.Column("created_by", sa.Uuid(), nullable=True))
    _everywhere("account", "UPDATE account SET created_by = import_id")
    op.alter_column("account", "created_by", nullable=False)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("account", "created_by")
    for name in ("mode", "status", "phase"):
        op.drop_constraint(op.f(f"ck_import_{name}"), "import", type_="check")
    _everywhere("import", "DELETE FROM import WHERE dry_run")
    _everywhere("import", "UPDATE import SET mode = 'merge' WHERE mode <> 'replace'")
    _everywhere("import", "UPDATE import SET status = 'failed' WHERE status IN ('held', 'cancelled')")
    op.create_check_constraint(op.f("ck_import_mode"), "import", "mode IN ('merge', 'replace')")
    op.create_check_constraint(op.f("ck_import_status"), "import", STATUS_BEFORE)
    for column in (
        "digest", "worksheet", "all_or_nothing", "dry_run", "confirmed", "cancelling", "phase", "rows_done", "rows_total",
        "preview", "skipped",
    ):  # fmt: skip
        op.drop_column("import", column)


def _everywhere(table: str, statement: str) -> None:
    """Run it over every tenant's rows, which no policy shows to the tables' owner."""
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
