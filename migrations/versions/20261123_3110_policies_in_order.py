"""What people read is judged by its own policy first, before those of jobs on duty.

PostgreSQL asks the policies of a table one after the other, the last name first, until one of them holds. Of overlaps and shared
records those of duties came first, and each cost every row that is listed a comparison or two.

Revision: 20261123_3110
After: 20261123_3100
"""

from alembic import op

revision = "20261123_3110"
down_revision = "20261123_3100"
branch_labels = None
depends_on = None

RENAMED = (
    ("overlap", "overlap_owner", "overlap_duty_publish"),
    ("overlap", "overlap_deciding", "overlap_duty_decide"),
    ("overlap", "overlap_app_select", "overlap_viewer"),
    ("related_pair", "related_pair_owner", "related_pair_duty_publish"),
    ("related_pair", "related_pair_app_select", "related_pair_viewer"),
    ("shared_record", "shared_record_owner", "shared_record_duty_publish"),
    ("shared_record", "shared_record_wipe", "shared_record_duty_wipe"),
    ("shared_record", "shared_record_end", "shared_record_duty_end"),
    ("shared_record", "shared_record_app_select", "shared_record_viewer"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, before, after in RENAMED:
        op.execute(f"ALTER POLICY {before} ON {table} RENAME TO {after}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, before, after in RENAMED:
        op.execute(f"ALTER POLICY {after} ON {table} RENAME TO {before}")
