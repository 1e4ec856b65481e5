"""Every table of every migration keeps tenants apart, or stands in the list of those that have none."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from service.db import migrate
from service.db.catalog import findings
from service.db.revisions import migrations_folder
from tests.support.servers import OwnDatabase

APP = "commonground_app"
ORG = "nullif(current_setting('app.org_id', true), '')::uuid"


@pytest.fixture
async def migrator(own_database: OwnDatabase) -> AsyncIterator[asyncpg.Connection]:
    driver = await asyncpg.connect(own_database.urls.migrator)
    yield driver
    await driver.close()


async def test_the_schema_keeps_tenants_apart(migrator: asyncpg.Connection) -> None:
    assert await findings(migrator) == []


GOOD = f"""
CREATE TABLE forgotten (org_id uuid, id uuid, PRIMARY KEY (org_id, id));
ALTER TABLE forgotten ENABLE ROW LEVEL SECURITY;
ALTER TABLE forgotten FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON forgotten TO {APP} USING (org_id = {ORG}) WITH CHECK (org_id = {ORG});
"""


async def test_a_table_made_by_the_rules_is_no_finding(migrator: asyncpg.Connection) -> None:
    await migrator.execute(GOOD)
    await migrator.execute(
        f"CREATE POLICY more ON forgotten FOR SELECT TO {APP}"
        f" USING ((org_id = {ORG} AND id IS NOT NULL) OR (id = {ORG} AND (id IS NULL OR org_id IS NULL)))"
    )
    assert await findings(migrator) == []


MISTAKES = {
    "enabled and forced": "CREATE TABLE forgotten (org_id uuid PRIMARY KEY)",
    "forgotten: row-level": GOOD + "ALTER TABLE forgotten NO FORCE ROW LEVEL SECURITY",
    "no policy": GOOD + "DROP POLICY p ON forgotten",
    "USING and WITH CHECK": GOOD + f"CREATE POLICY half ON forgotten TO {APP} USING (org_id = {ORG})",
    "policy open on forgotten": GOOD + f"CREATE POLICY open ON forgotten FOR SELECT TO {APP} USING (true)",
    "policy either on": GOOD
    + f"CREATE POLICY either ON forgotten FOR SELECT TO {APP} USING (org_id = {ORG} OR true)",
    "policy others on": GOOD
    + f"CREATE POLICY others ON forgotten FOR SELECT TO {APP} USING (org_id <> {ORG})",
    "policy never on": GOOD
    + f"CREATE POLICY never ON forgotten FOR SELECT TO {APP} USING (NOT (org_id = {ORG}))",
    "policy deep on": GOOD
    + f"CREATE POLICY deep ON forgotten FOR SELECT TO {APP} USING (org_id = {ORG} OR (id = {ORG} AND (id = {ORG} OR id IS NULL)) OR id IS NULL)",
    "policy cased on": GOOD
    + f"CREATE POLICY cased ON forgotten FOR SELECT TO {APP} USING (CASE WHEN org_id = {ORG} THEN true ELSE true END)",
    "subquery": GOOD + f"CREATE POLICY sub ON forgotten FOR SELECT TO {APP} USING (org_id = (SELECT {ORG}))",
    "security_invoker": GOOD + "CREATE VIEW seen AS SELECT * FROM forgotten",
    "materialized": GOOD + "CREATE MATERIALIZED VIEW kept AS SELECT * FROM forgotten",
    "SECURITY DEFINER": "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "unique key": GOOD + "CREATE UNIQUE INDEX leak ON forgotten (id)",
    "stands outside": "CREATE SCHEMA apart; CREATE TABLE apart.forgotten (org_id uuid)",
    "holds for every role": GOOD + f"CREATE POLICY all_roles ON forgotten FOR SELECT USING (org_id = {ORG})",
    "forgotten: granted to PUBLIC": GOOD + "GRANT SELECT ON forgotten TO PUBLIC",
    "forgotten.id: granted to PUBLIC": GOOD + "GRANT SELECT (id) ON forgotten TO PUBLIC",
    "counter: granted to PUBLIC": "CREATE SEQUENCE counter; GRANT USAGE ON counter TO PUBLIC",
    "commonground_app may create": f"GRANT CREATE ON SCHEMA public TO {APP}",
    "TRUNCATE": GOOD + f"GRANT TRUNCATE ON forgotten TO {APP}",
    "REFERENCES": GOOD + f"GRANT REFERENCES ON forgotten TO {APP}",
    "numbers rows of every tenant": GOOD + "ALTER TABLE forgotten ADD number bigserial",
    "whoever likes may call": "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = public AS 'SELECT 1'",
    "second of two keys": GOOD
    + 'CREATE TABLE child (org_id uuid, of uuid, mine uuid, PRIMARY KEY (org_id, of), CONSTRAINT "second of two keys"'
    " FOREIGN KEY (mine, of) REFERENCES forgotten (org_id, id)); ALTER TABLE child ENABLE ROW LEVEL SECURITY",
    "foreign key": GOOD
    + "CREATE UNIQUE INDEX anchor ON pgqueuer_statistics (id); ALTER TABLE forgotten ADD n bigint REFERENCES pgqueuer_statistics (id)",
    "UNSCOPED_TABLES names": "DROP TABLE pgqueuer_schedules",
}


@pytest.mark.parametrize("finding", MISTAKES)
async def test_each_way_of_forgetting_is_found(migrator: asyncpg.Connection, finding: str) -> None:
    await migrator.execute(MISTAKES[finding])
    found = await findings(migrator)
    assert any(finding in one for one in found), found


async def test_a_migration_that_forgets_the_policy_is_found(
    own_database: OwnDatabase,
    migrator: asyncpg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrations_folder(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    newest = await migrator.fetchval("SELECT version_num FROM alembic_version")
    (folder / "versions" / "20991231_2359_forgetful.py").write_text(
        f"""
from alembic import op

revision, down_revision, branch_labels, depends_on = "20991231_2359", "{newest}", None, None


def upgrade() -> None:
    op.execute("CREATE TABLE diary (org_id uuid, id uuid, PRIMARY KEY (org_id, id))")
    op.execute("GRANT SELECT ON diary TO {APP}")
"""
    )
    monkeypatch.setattr(migrate, "migrations_folder", lambda: folder)
    await migrate.upgrade(own_database.urls.migrator)
    assert [one for one in await findings(migrator) if "diary" in one] == [
        "table diary: row-level security must be enabled and forced, or the table named in UNSCOPED_TABLES"
    ]


async def test_table_owned_by_the_app_is_found(own_database: OwnDatabase) -> None:
    admin = await asyncpg.connect(own_database.urls.admin)
    await admin.execute(GOOD + f"ALTER TABLE forgotten OWNER TO {APP}")
    assert any("owned by commonground_app" in one for one in await findings(admin))
    await admin.close()
