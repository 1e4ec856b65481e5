"""Accounts have aliases: further domains, by which they are found as by their own, and former and other names.

Revision: 20261122_1910
After: 20261122_1960
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from service.db.policies import owned_by_org

revision = "20261122_1910"
down_revision = "20261122_1960"
branch_labels = None
depends_on = None

CURRENT = "nullif(current_setting('app.account_change', true), '')::bigint"
"""The number of this statement's change; null outside of one."""
PLPGSQL = "RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS"
NUMBER = f"""
    BEGIN
        NEW.change := {CURRENT};
        IF NEW.domain IS DISTINCT FROM OLD.domain OR NEW.alias_domains IS DISTINCT FROM OLD.alias_domains THEN
            INSERT INTO account_departure (org_id, number, account_id, domain, alias_domains)
            VALUES (OLD.org_id, NEW.change, OLD.id, OLD.domain, OLD.alias_domains);
        END IF;
        RETURN NEW;
    END
"""
NOTE = f"""
    BEGIN
        INSERT INTO account_departure (org_id, number, account_id, domain, alias_domains)
        SELECT org_id, {CURRENT}, id, domain, alias_domains FROM gone;
        RETURN NULL;
    END
"""
FOLLOW = """
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            DELETE FROM account_alias WHERE org_id = NEW.org_id AND account_id = NEW.id;
        END IF;
        INSERT INTO account_alias (org_id, domain, account_id)
        SELECT DISTINCT NEW.org_id, said, NEW.id FROM unnest(NEW.alias_domains) AS said;
        RETURN NULL;
    END
"""
NUMBER_BEFORE = f"""
    BEGIN
        NEW.change := {CURRENT};
        IF NEW.domain IS DISTINCT FROM OLD.domain THEN
            INSERT INTO account_departure (org_id, number, account_id, domain) VALUES (OLD.org_id, NEW.change, OLD.id, OLD.domain);
        END IF;
        RETURN NEW;
    END
"""
NOTE_BEFORE = f"""
    BEGIN
        INSERT INTO account_departure (org_id, number, account_id, domain) SELECT org_id, {CURRENT}, id, domain FROM gone;
        RETURN NULL;
    END
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in ("alias_domains", "alias_names"):
        op.add_column("account", sa.Column(name, ARRAY(sa.Text()), nullable=True))
    op.add_column("account_departure", sa.Column("alias_domains", ARRAY(sa.Text()), nullable=True))
    op.create_table(
        "account_alias",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "account_id"],
            ["account.org_id", "account.id"],
            ondelete="CASCADE",
            name=op.f("fk_account_alias_org_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "domain", "account_id", name=op.f("pk_account_alias")),
    )
    op.create_index("ix_account_alias_account", "account_alias", ["org_id", "account_id"])
    owned_by_org("account_alias")
    _functions(number_account=NUMBER, note_departures=NOTE)
    op.execute(f"CREATE FUNCTION follow_aliases() {PLPGSQL} $$ {FOLLOW} $$")
    op.execute(
        "CREATE TRIGGER account_aliases_given AFTER INSERT ON account FOR EACH ROW WHEN (NEW.alias_domains IS NOT NULL)"
        " EXECUTE FUNCTION follow_aliases()"
    )
    op.execute(
        "CREATE TRIGGER account_aliases_changed AFTER UPDATE ON account FOR EACH ROW"
        " WHEN (NEW.alias_domains IS DISTINCT FROM OLD.alias_domains) EXECUTE FUNCTION follow_aliases()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for trigger in ("given", "changed"):
        op.execute(f"DROP TRIGGER account_aliases_{trigger} ON account")
    op.execute("DROP FUNCTION follow_aliases()")
    _functions(number_account=NUMBER_BEFORE, note_departures=NOTE_BEFORE)
    op.drop_table("account_alias")
    op.drop_column("account_departure", "alias_domains")
    for name in ("alias_names", "alias_domains"):
        op.drop_column("account", name)


def _functions(**bodies: str) -> None:
    for name, body in bodies.items():
        op.execute(f"CREATE OR REPLACE FUNCTION {name}() {PLPGSQL} $$ {body} $$")
