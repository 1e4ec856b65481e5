"""Migrations beside data: what a step down and up keeps, what waits for a lock gives up, and versions beside each other."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from service.crypto import MemoryKeystore
from service.db import migrate
from service.db.catalog import findings
from service.db.counts import count_rows
from service.db.errors import SchemaBehindError
from service.db.revisions import known_revisions, require_current
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.factories.world import Pair, World, company_list, make_pair, make_world
from tests.support.servers import OwnDatabase

OLDEST_WITH_ACCOUNTS = "20261122_1000"
"""What has stood since the first overlap; later tables go with their migration."""
SINCE_THEN = ("organization", "account", "population", "import", "partnership", "sharing_rule", "overlap")


@pytest.fixture
async def pair(own_database: OwnDatabase, tmp_path: Path) -> Pair:
    world: World = make_world(own_database.database, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())
    pair = await make_pair(world)
    for member in (pair.left, pair.right):
        rows = [(f"Orchid Bakery {number}", f"orchid{number}.com") for number in range(200)]
        await world.upload(member, company_list(*rows))
    await world.work()
    return pair


@pytest.fixture
async def admin(own_database: OwnDatabase) -> AsyncIterator[asyncpg.Connection]:
    driver = await asyncpg.connect(own_database.urls.admin)
    yield driver
    await driver.close()


async def values(admin: asyncpg.Connection, columns: dict[str, str]) -> dict[str, str]:
    """A hash of every row of these tables, over these columns; a value that was renamed counts as its new name."""
    return {
        table: await admin.fetchval(
            "SELECT md5(string_agg(replace(t::text, ',merge,', ',upsert,'), E'\\n' ORDER BY t::text))"
            f' FROM (SELECT {chosen} FROM "{table}") t'
        )
        for table, chosen in columns.items()
    }


async def first_columns(admin: asyncpg.Connection) -> dict[str, str]:
    rows = await admin.fetch(
        """SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS columns
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ANY($1) GROUP BY 1""",
        list(SINCE_THEN),
    )
    return {row["table_name"]: row["columns"] for row in rows}


async def test_each_step_down_and_up_again_keeps_the_rows_of_older_tables(
    own_database: OwnDatabase, admin: asyncpg.Connection, pair: Pair
) -> None:
    """Table by table what the older schema has too; rows of newer tables go with them, as a step down says."""
    url = own_database.urls.migrator
    before = {table: rows for table, rows in (await count_rows(admin)).items() if table in SINCE_THEN}
    assert before["account"].total == 400
    assert before["overlap"].total >= 200
    for revision in known_revisions()[1:]:
        if revision < OLDEST_WITH_ACCOUNTS:
            break
        await migrate.downgrade(url, revision)
        there = await count_rows(admin)
        assert {table: there[table] for table in SINCE_THEN} == before, revision
    await migrate.upgrade(url)
    assert {table: (await count_rows(admin))[table] for table in SINCE_THEN} == before
    assert (
        await admin.fetchval("SELECT count(*) FROM overlap WHERE scored = status") == before["overlap"].total
    )
    assert await findings(admin) == []
    await migrate.check(url)


async def test_step_up_over_data_changes_no_value(
    own_database: OwnDatabase, admin: asyncpg.Connection, pair: Pair
) -> None:
    url = own_database.urls.migrator
    await migrate.downgrade(url, OLDEST_WITH_ACCOUNTS)
    older = await first_columns(admin)
    before = await values(admin, older)
    await migrate.upgrade(url)
    after = await values(admin, older)
    assert after == before
    assert len(await pair.world.told(pair.left, pair.partnership)) >= 200


async def test_what_an_organization_that_is_gone_left_behind_goes_before_the_key_that_forbids_it(
    own_database: OwnDatabase, admin: asyncpg.Connection, pair: Pair
) -> None:
    url, counted = own_database.urls.migrator, "SELECT count(*) FROM membership"
    await migrate.downgrade(url, "20261122_1600")
    for org_id in (pair.left.id, UUID(int=1)):
        await admin.execute("INSERT INTO membership VALUES ($1, gen_random_uuid(), 'admin', now())", org_id)
    log = await admin.fetchval("SELECT count(*) FROM audit_entry")
    await migrate.upgrade(url)
    assert (
        await admin.fetchval(counted)
        == await admin.fetchval(counted + " WHERE org_id = $1", pair.left.id)
        == 1
    )
    assert await admin.fetchval("SELECT count(*) FROM audit_entry") == log > 0
    assert await findings(admin) == []


async def hold_up_deletions(own_database: OwnDatabase, admin: asyncpg.Connection) -> None:
    """Leave a member of an organization that is gone, whose deletion waits half-way, as one of many rows would."""
    await migrate.downgrade(own_database.urls.migrator, "20261122_1600")
    await admin.execute(
        """INSERT INTO membership VALUES (gen_random_uuid(), gen_random_uuid(), 'admin', now());
           CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN old; END';
           CREATE TRIGGER held BEFORE DELETE ON membership FOR EACH ROW EXECUTE FUNCTION held();
           SELECT pg_advisory_lock(1)"""
    )


async def test_nobody_waits_while_what_was_left_behind_is_deleted(
    own_database: OwnDatabase, admin: asyncpg.Connection
) -> None:
    await hold_up_deletions(own_database, admin)
    migrating = asyncio.create_task(migrate.upgrade(own_database.urls.migrator))
    while not await admin.fetchval(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    ):
        assert not migrating.done()
    served = await asyncpg.connect(own_database.urls.app)
    await served.execute("SET lock_timeout = '1s'")
    for table in (
        "membership",
        "member_invitation",
        "audit_entry",
        "audit_checkpoint",
        "session",
        "organization",
    ):
        await served.execute(f"BEGIN; LOCK TABLE {table} IN ROW EXCLUSIVE MODE; COMMIT")
    await served.close()
    await admin.execute("SELECT pg_advisory_unlock(1)")
    await migrating
    assert await admin.fetchval("SELECT count(*) FROM membership") == 0


async def test_deletion_that_gives_up_leaves_the_owner_under_the_policies(
    own_database: OwnDatabase, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hold_up_deletions(own_database, admin)
    monkeypatch.setattr(migrate, "_WAIT_FOR_LOCK", "200ms")
    with pytest.raises(Exception, match="lock timeout"):
        await migrate.upgrade(own_database.urls.migrator)
    assert await admin.fetchval("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'membership'")
    await admin.execute("SELECT pg_advisory_unlock(1)")
    await migrate.upgrade(own_database.urls.migrator)
    assert await admin.fetchval("SELECT count(*) FROM membership") == 0


async def test_every_key_holds_for_the_rows_that_were_there(admin: asyncpg.Connection) -> None:
    unsure = await admin.fetch("SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated")
    assert unsure == []


async def test_end_of_an_organization_finds_its_sessions_by_an_index(admin: asyncpg.Connection) -> None:
    await admin.execute("SET enable_seqscan = off")
    plan = await admin.fetch("EXPLAIN DELETE FROM session WHERE org_id = $1", UUID(int=1))
    assert any("ix_session_org_id" in row[0] for row in plan)


async def test_migration_that_waits_for_a_table_gives_up_and_can_be_run_again(
    own_database: OwnDatabase, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A longer wait would hold up everybody who comes after it."""
    url = own_database.urls.migrator
    monkeypatch.setattr(migrate, "_WAIT_FOR_LOCK", "200ms")
    reading = admin.transaction()
    await reading.start()
    await admin.execute("LOCK TABLE account, organization, partnership, overlap IN ACCESS SHARE MODE")
    with pytest.raises(Exception, match="lock timeout"):
        await migrate.downgrade(url, "base")
    served = await asyncpg.connect(own_database.urls.app)
    assert await served.fetchval("SELECT count(*) FROM organization") == 0  # nobody waits behind it
    await served.close()
    await reading.rollback()
    await migrate.upgrade(url)
    await require_current(own_database.urls.app)
    await migrate.check(url)


async def test_newer_program_refuses_an_older_schema_and_an_older_program_serves_on_a_newer_one(
    own_database: OwnDatabase, admin: asyncpg.Connection, pair: Pair
) -> None:
    url = own_database.urls.migrator
    await admin.execute("UPDATE alembic_version SET version_num = '20991231_2359'")
    await require_current(own_database.urls.app)
    assert len(await pair.world.told(pair.left, pair.partnership)) >= 200
    await admin.execute("UPDATE alembic_version SET version_num = $1", known_revisions()[0])
    await migrate.downgrade(url, "-1")
    with pytest.raises(SchemaBehindError):
        await require_current(own_database.urls.app)


async def test_version_before_makes_people_until_it_is_started_anew(
    own_database: OwnDatabase, admin: asyncpg.Connection
) -> None:
    await admin.execute(
        "INSERT INTO person (id, email, name, created_at) VALUES (gen_random_uuid(), 'a@b.example', 'A', now())"
    )
    assert await admin.fetchval("SELECT organizations_made FROM person") == 0


async def test_reads_go_on_while_the_schema_is_taken_down_a_step_and_up(
    own_database: OwnDatabase, pair: Pair
) -> None:
    """Between steps everything is whole: what a reader asks of older tables is answered throughout."""
    done = asyncio.Event()

    async def reading() -> int:
        count = 0
        while not done.is_set():
            async with own_database.database.tenant_read(pair.left.id) as session:
                assert (await session.sql("SELECT count(*) FROM account")).scalar_one() == 200
            count += 1
        return count

    reader = asyncio.create_task(reading())
    try:
        await migrate.downgrade(own_database.urls.migrator, OLDEST_WITH_ACCOUNTS)
        await migrate.upgrade(own_database.urls.migrator)
    finally:
        done.set()
    assert await reader > 0
