"""What the doctor says of a database: each fault is found, named and comes with its remedy."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from service.cli.doctor.database import check_database
from service.cli.doctor.findings import Finding, Status
from service.crypto import Erased, MemoryKeystore, SecretBytes, SecretName, Tombstone
from service.db import migrate
from service.db.names import APP_ROLE, BACKUP_ROLE, MATCHER_ROLE, MIGRATOR_ROLE
from service.jobs import enqueue
from service.kit.clock import FixedClock, SystemClock
from tests.factories.world import Pair, World, make_pair
from tests.support.servers import OwnDatabase

NOWHERE = "postgresql://commonground_app:hidden@127.0.0.1:1/none"


@pytest.fixture
async def admin(own_database: OwnDatabase) -> AsyncIterator[asyncpg.Connection]:
    driver = await asyncpg.connect(own_database.urls.admin)
    yield driver
    await driver.close()


@pytest.fixture
async def pair(own_world: World) -> Pair:
    return await make_pair(own_world)


def urls(own: OwnDatabase) -> dict[str, str]:
    return {APP_ROLE: own.urls.app, MATCHER_ROLE: own.urls.matcher, MIGRATOR_ROLE: own.urls.migrator}


async def examine(own: OwnDatabase, world: World, given: Mapping[str, str] | None = None) -> list[Finding]:
    return await check_database(given or urls(own), world.keystore, SystemClock())


def of(found: list[Finding], check: str, status: Status) -> str:
    """What the one finding of that kind says, with its remedy."""
    chosen = [finding for finding in found if (finding.check, finding.status) == (check, status)]
    assert chosen, [finding.line() for finding in found]
    return " ".join(finding.line() for finding in chosen)


async def test_sound_database_fails_nothing(own_database: OwnDatabase, own_world: World, pair: Pair) -> None:
    found = await examine(own_database, own_world)
    assert [finding.line() for finding in found if finding.status is Status.FAIL] == []
    assert "those of 2 organizations" in of(found, "keys", Status.OK)
    assert {finding.check for finding in found} == {
        "server", "clock", "roles", "schema", "policies", "worker", "queue", "keys", "erased",
    }  # fmt: skip


async def test_database_that_is_away_is_said_for_each_role_and_hides_the_password(
    own_database: OwnDatabase, own_world: World
) -> None:
    found = await examine(own_database, own_world, {APP_ROLE: NOWHERE, MATCHER_ROLE: NOWHERE})
    assert [finding.check for finding in found] == ["database", "database"]
    assert "doesn't answer commonground_app" in of(found, "database", Status.FAIL)
    assert "hidden" not in str(found)


async def test_one_role_without_an_answer_leaves_the_others_checked(
    own_database: OwnDatabase, own_world: World
) -> None:
    found = await examine(own_database, own_world, urls(own_database) | {MATCHER_ROLE: NOWHERE})
    assert "commonground_matcher" in of(found, "database", Status.FAIL)
    of(found, "schema", Status.OK)


async def test_missing_database_and_unreadable_address_are_told_apart(
    own_database: OwnDatabase, own_world: World
) -> None:
    name = own_database.urls.app.split("?")[0].rsplit("/", 1)[1]
    gone = own_database.urls.app.replace(name, "never_made")
    found = await examine(
        own_database, own_world, {APP_ROLE: gone, MATCHER_ROLE: "postgresql://x:y@h:port/z"}
    )
    said = of(found, "database", Status.FAIL)
    assert "never_made" in said
    assert "can't be read" in said
    assert "--create-roles" in said


@pytest.mark.parametrize(
    ("apart", "status"),
    [
        (timedelta(0), Status.OK),
        (timedelta(seconds=10), Status.WARN),
        (timedelta(minutes=10), Status.FAIL),
        (-timedelta(minutes=10), Status.FAIL),
    ],
    ids=str,
)
async def test_clocks_apart_are_found(own_database: OwnDatabase, apart: timedelta, status: Status) -> None:
    clock = FixedClock(datetime.now(UTC) + apart)
    found = await check_database(urls(own_database), None, clock)
    assert "apart" in of(found, "clock", status)


async def test_superuser_as_the_app_is_found(own_database: OwnDatabase, own_world: World) -> None:
    found = await examine(own_database, own_world, urls(own_database) | {APP_ROLE: own_database.urls.admin})
    assert "where 'commonground_app' belongs" in of(found, "roles", Status.FAIL)


async def test_roles_that_swapped_their_addresses_are_found(
    own_database: OwnDatabase, own_world: World
) -> None:
    given = urls(own_database)
    given[APP_ROLE], given[MATCHER_ROLE] = given[MATCHER_ROLE], given[APP_ROLE]
    found = await examine(own_database, own_world, given)
    assert (
        len([finding for finding in found if finding.check == "roles" and finding.status is Status.FAIL]) == 2
    )


async def test_role_that_owns_a_table_is_found(
    own_database: OwnDatabase, own_world: World, admin: asyncpg.Connection
) -> None:
    await admin.execute("ALTER TABLE account OWNER TO commonground_app")
    assert "owns the table 'account'" in of(await examine(own_database, own_world), "roles", Status.FAIL)


async def test_role_for_backups_that_policies_bind_is_found(
    own_database: OwnDatabase, own_world: World
) -> None:
    found = await examine(own_database, own_world, {BACKUP_ROLE: own_database.urls.migrator})
    assert "where 'commonground_backup' belongs" in of(found, "roles", Status.FAIL)


async def test_schema_behind_is_found_and_the_rest_still_checked(
    own_database: OwnDatabase, own_world: World
) -> None:
    await migrate.downgrade(own_database.urls.migrator, "-1")
    found = await examine(own_database, own_world)
    assert "`commonground migrate`" in of(found, "schema", Status.FAIL)
    of(found, "clock", Status.OK)


async def test_empty_database_is_a_schema_at_nothing(own_database: OwnDatabase, own_world: World) -> None:
    await migrate.downgrade(own_database.urls.migrator, "base")
    assert "at nothing" in of(await examine(own_database, own_world), "schema", Status.FAIL)


async def test_schema_ahead_is_worth_a_look(
    own_database: OwnDatabase, own_world: World, admin: asyncpg.Connection
) -> None:
    await admin.execute("UPDATE alembic_version SET version_num = '20991231_2359'")
    assert "newer than this version's" in of(await examine(own_database, own_world), "schema", Status.WARN)


async def test_policy_changed_by_hand_is_found(
    own_database: OwnDatabase, own_world: World, admin: asyncpg.Connection
) -> None:
    await admin.execute("ALTER TABLE account NO FORCE ROW LEVEL SECURITY")
    assert "table account: row-level" in of(await examine(own_database, own_world), "policies", Status.FAIL)


async def test_keys_of_another_keystore_are_found(
    own_database: OwnDatabase, own_world: World, pair: Pair
) -> None:
    found = await examine(own_database, replace(own_world, keystore=MemoryKeystore()))
    said = of(found, "keys", Status.FAIL)
    assert f"ik of {min(pair.left.id, pair.right.id)}" in said or f"ik of {pair.left.id}" in said
    assert "COMMONGROUND_KEYSTORE_DIR" in said


@pytest.mark.parametrize("what", ["kref", "x", "service-secret"])
async def test_one_missing_key_is_named(
    own_database: OwnDatabase, own_world: World, pair: Pair, what: str
) -> None:
    gone = next(name for name in own_world.keystore.names() if name.what == what)
    own_world.keystore.delete(gone)
    assert str(gone) in of(await examine(own_database, own_world), "keys", Status.FAIL)


async def test_identity_that_is_not_the_published_one_is_found(
    own_database: OwnDatabase, own_world: World, pair: Pair
) -> None:
    name = SecretName("ik", str(pair.left.id))
    own_world.keystore.delete(name)
    own_world.keystore.put_new(name, SecretBytes.draw())
    assert "it has another" in of(await examine(own_database, own_world), "keys", Status.FAIL)


async def test_organization_that_was_erased_and_is_here_again_is_found(
    own_database: OwnDatabase, own_world: World, pair: Pair
) -> None:
    of(await examine(own_database, own_world), "erased", Status.OK)
    own_world.keystore.bury(Tombstone(Erased.ORGANIZATION, str(pair.left.id), SystemClock().now()))
    assert "`commonground org erase-again`" in of(
        await examine(own_database, own_world), "erased", Status.FAIL
    )


@pytest.mark.parametrize(
    ("age", "status"),
    [("1 minute", Status.OK), ("10 minutes", Status.WARN), ("2 hours", Status.FAIL)],
)
async def test_jobs_that_wait_are_found(
    own_database: OwnDatabase, own_world: World, admin: asyncpg.Connection, age: str, status: Status
) -> None:
    async with own_database.database.directory() as session:
        await enqueue(session, "imports.run", {"org_id": "x"})
    await admin.execute(f"UPDATE pgqueuer SET execute_after = now() - interval '{age}'")
    found = await examine(own_database, own_world)
    assert "1 job due" in of(found, "queue", status)
    assert "none is connected" in of(found, "worker", Status.WARN)


async def test_jobs_that_were_given_up_are_found(
    own_database: OwnDatabase, own_world: World, admin: asyncpg.Connection
) -> None:
    async with own_database.database.directory() as session:
        await enqueue(session, "imports.run", {"org_id": "x"})
    await admin.execute("UPDATE pgqueuer SET status = 'failed'")
    assert "1 job given up" in of(await examine(own_database, own_world), "queue", Status.WARN)


async def test_worker_that_is_connected_is_seen(own_database: OwnDatabase, own_world: World) -> None:
    worker = await asyncpg.connect(
        own_database.urls.app, server_settings={"application_name": "commonground worker"}
    )
    try:
        of(await examine(own_database, own_world), "worker", Status.OK)
    finally:
        await worker.close()


async def test_old_server_is_found(
    own_database: OwnDatabase, own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.db.safety.FIXED_MINORS", {15: 99, 18: 99})
    assert "CVE-2025-8713" in of(await examine(own_database, own_world), "server", Status.FAIL)
