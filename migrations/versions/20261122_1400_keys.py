"""API keys that rotate, sandbox organizations, suspension and quotas.

Revision: 20261122_1400
After: 20261122_1300
"""

import sqlalchemy as sa
from alembic import op

from service.db.names import APP_ROLE
from service.db.policies import DUTY, ORG, allow, grant

revision = "20261122_1400"
down_revision = "20261122_1300"
branch_labels = None
depends_on = None


SIDES = f"lo_org_id = {ORG} OR hi_org_id = {ORG}"
WIPING = f"{DUTY} = 'wipe'"
ACTORS = ("api_key", "person", "operator", "service")


def upgrade() -> None:
    _sandbox_organizations()
    _keys_that_rotate()
    _partnerships_of_one_world()
    _wiping()


def _sandbox_organizations() -> None:
    op.add_column("organization", sa.Column("sandbox", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("organization", sa.Column("sandbox_of", sa.Uuid(), nullable=True))
    op.add_column("organization", sa.Column("fictional_for", sa.Uuid(), nullable=True))
    op.alter_column("organization", "sandbox", server_default=None)
    op.create_unique_constraint(op.f("uq_organization_id_sandbox"), "organization", ["id", "sandbox"])
    op.create_unique_constraint(op.f("uq_organization_sandbox_of"), "organization", ["sandbox_of"])
    op.create_unique_constraint(op.f("uq_organization_id_sandbox_of"), "organization", ["id", "sandbox_of"])
    op.create_unique_constraint(op.f("uq_organization_fictional_for_name"), "organization", ["fictional_for", "name"])
    for column in ("sandbox_of", "fictional_for"):
        op.create_foreign_key(op.f(f"fk_organization_{column}"), "organization", "organization", [column], ["id"])
    op.create_check_constraint(op.f("ck_organization_sandbox_handle"), "organization", "sandbox = (handle LIKE 'sandbox-%')")
    op.create_check_constraint(
        op.f("ck_organization_sandbox"), "organization", "num_nonnulls(sandbox_of, fictional_for) = sandbox::integer"
    )


def _keys_that_rotate() -> None:
    op.add_column("api_key", sa.Column("sandbox", sa.Boolean(), nullable=False, server_default=sa.false()))
    # Not UPDATE: the owner of a table with FORCE sees none of its rows.
    op.add_column("api_key", sa.Column("family_id", sa.Uuid(), nullable=False, server_default=sa.text("gen_random_uuid()")))
    op.add_column("api_key", sa.Column("created_by_kind", sa.Text(), nullable=False, server_default="operator"))
    op.add_column("api_key", sa.Column("created_by_id", sa.Uuid(), nullable=True))
    op.add_column("api_key", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    for column in ("sandbox", "family_id", "created_by_kind"):
        op.alter_column("api_key", column, server_default=None)
    op.create_check_constraint(
        op.f("ck_api_key_created_by_kind"), "api_key", f"created_by_kind IN ({', '.join(repr(a) for a in ACTORS)})"
    )
    op.create_index("ix_api_key_family", "api_key", ["org_id", "family_id"])
    _same_world("api_key", "org_id")
    op.add_column("api_key", sa.Column("sandbox_of", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_api_key_org_id_sandbox_of"), "api_key", "organization", ["org_id", "sandbox_of"], ["id", "sandbox_of"]
    )
    allow("api_key", f"sandbox_of = {ORG}", name="api_key_of_sandbox")


def _partnerships_of_one_world() -> None:
    op.add_column("partnership", sa.Column("sandbox", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("partnership", "sandbox", server_default=None)
    _same_world("partnership", "lo_org_id")
    _same_world("partnership", "hi_org_id")


def _same_world(table: str, column: str) -> None:
    """A row that says `sandbox` belongs to an organization that says the same."""
    op.create_foreign_key(op.f(f"fk_{table}_{column}_sandbox"), table, "organization", [column, "sandbox"], ["id", "sandbox"])


def _wiping() -> None:
    """A sandbox is taken away whole, on a duty of its own; nothing live is, whatever the duty."""
    grant("organization", ("DELETE",))
    op.execute(
        "CREATE FUNCTION keep_live_organizations() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$ BEGIN"
        # Not true is refused, and so is null: one of the three columns always is.
        f" IF (OLD.sandbox AND {DUTY} = 'wipe' AND {ORG} IN (OLD.id, OLD.sandbox_of, OLD.fictional_for)) IS NOT TRUE THEN"
        "  RAISE insufficient_privilege USING MESSAGE = 'only a sandbox is deleted here, and only by its own';"
        " END IF; RETURN OLD; END $$"
    )
    op.execute(
        f"CREATE TRIGGER organization_kept BEFORE DELETE ON organization FOR EACH ROW WHEN (current_user = '{APP_ROLE}')"
        " EXECUTE FUNCTION keep_live_organizations()"
    )
    for table, condition in (("partnership", f"sandbox AND {WIPING} AND ({SIDES})"), ("partnership_side", f"{WIPING} AND ({SIDES})")):
        grant(table, ("DELETE",))
        op.execute(
            f"CREATE POLICY {table}_app_kept ON {table} AS RESTRICTIVE FOR DELETE TO {APP_ROLE} USING ({condition})"
        )
    allow("shared_record", f"owner_org_id = {ORG} AND {WIPING}", name="shared_record_wipe")
    allow("partnership_event", f"({SIDES}) AND {WIPING}", name="partnership_event_wipe")
    grant("partnership_event", ("DELETE",))


def downgrade() -> None:
    op.execute(f"REVOKE DELETE ON partnership_event, partnership, partnership_side, organization FROM {APP_ROLE}")
    op.execute("DROP POLICY partnership_event_wipe ON partnership_event")
    op.execute("DROP POLICY shared_record_wipe ON shared_record")
    op.execute("DROP POLICY api_key_of_sandbox ON api_key")
    op.drop_constraint(op.f("fk_api_key_org_id_sandbox_of"), "api_key", type_="foreignkey")
    for table in ("partnership_side", "partnership"):
        op.execute(f"DROP POLICY {table}_app_kept ON {table}")
    op.execute("DROP TRIGGER organization_kept ON organization")
    op.execute("DROP FUNCTION keep_live_organizations()")
    for table, column in (("partnership", "hi_org_id"), ("partnership", "lo_org_id"), ("api_key", "org_id")):
        op.drop_constraint(op.f(f"fk_{table}_{column}_sandbox"), table, type_="foreignkey")
    op.drop_column("partnership", "sandbox")
    op.drop_index("ix_api_key_family", table_name="api_key")
    op.drop_constraint(op.f("ck_api_key_created_by_kind"), "api_key", type_="check")
    for column in ("sandbox_of", "last_used_at", "created_by_id", "created_by_kind", "family_id", "sandbox"):
        op.drop_column("api_key", column)
    for check in ("sandbox", "sandbox_handle"):
        op.drop_constraint(op.f(f"ck_organization_{check}"), "organization", type_="check")
    for column in ("fictional_for", "sandbox_of"):
        op.drop_constraint(op.f(f"fk_organization_{column}"), "organization", type_="foreignkey")
    for name in ("fictional_for_name", "sandbox_of", "id_sandbox", "id_sandbox_of"):
        op.drop_constraint(op.f(f"uq_organization_{name}"), "organization", type_="unique")
    for column in ("fictional_for", "sandbox_of", "sandbox"):
        op.drop_column("organization", column)
