"""Checks that ask the database: is it there, is it safe, is it this version's, do its keys exist, is the work done?"""

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import asyncpg

from service.cli.doctor.expected import erased, has_tables, keys
from service.cli.doctor.findings import Finding, fail, ok, warn
from service.cli.words import counted
from service.crypto import Keystore
from service.crypto.errors import KeystoreError
from service.db.catalog import findings
from service.db.counts import refuse_filtered
from service.db.engine import connect
from service.db.errors import (
    DatabaseRefusedError,
    DatabaseUnavailable,
    RowsHiddenError,
    UnsafeDatabaseError,
)
from service.db.names import APP_ROLE, BACKUP_ROLE, MATCHER_ROLE, MIGRATOR_ROLE
from service.db.revisions import known_revisions, revision_of
from service.db.safety import refuse_unsafe, refuse_unsafe_version
from service.kit.clock import Clock

Connections = Mapping[str, asyncpg.Connection]

_CLOCK_WARNS, _CLOCK_FAILS = timedelta(seconds=5), timedelta(seconds=60)
_QUEUE_WARNS, _QUEUE_FAILS = timedelta(minutes=5), timedelta(hours=1)
_MOST_NAMED = 3

_QUEUE = """
SELECT count(*) FILTER (WHERE status = 'queued' AND execute_after <= now()) AS due,
       now() - min(execute_after) FILTER (WHERE status = 'queued' AND execute_after <= now()) AS age,
       count(*) FILTER (WHERE status = 'failed') AS failed,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'commonground worker') AS workers
  FROM pgqueuer
"""


async def check_database(urls: Mapping[str, str], keystore: Keystore | None, clock: Clock) -> list[Finding]:
    """Every check of this module; `urls` by role. What needs a role that doesn't answer is left out."""
    found: list[Finding] = []
    async with AsyncExitStack() as stack:
        connections = {
            role: driver
            for role, url in urls.items()
            if (driver := await stack.enter_async_context(_reached(role, url, found))) is not None
        }
        if not connections:
            return found
        anyone = connections.get(APP_ROLE) or next(iter(connections.values()))
        checks: list[tuple[str, Awaitable[list[Finding]]]] = [
            ("server", _version(anyone)),
            ("clock", _clock(anyone, clock)),
        ]
        checks += [("roles", _role(role, driver)) for role, driver in connections.items()]
        checks += [
            ("schema", _schema(anyone)),
            ("policies", _catalog(connections.get(MIGRATOR_ROLE) or anyone)),
        ]
        if APP_ROLE in connections:
            checks += [("worker", _work(anyone)), ("keys", keys(anyone, keystore))]
            checks += [("erased", erased(anyone, keystore))]
        for check, asking in checks:
            found.extend(await _told(check, asking))
    return found


async def _told(check: str, asking: Awaitable[list[Finding]]) -> list[Finding]:
    """What a check finds; a database that refuses the question is a finding, too."""
    try:
        return await asking
    except KeystoreError as error:
        return [fail(check, str(error), "mend the keystore first")]
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        words = str(error) if isinstance(error, asyncpg.PostgresError) else "the connection was lost"
        return [
            fail(
                check, f"the database refuses to say: {words}", "mend what is said above, and run this again"
            )
        ]


@asynccontextmanager
async def _reached(role: str, url: str, found: list[Finding]) -> AsyncIterator[asyncpg.Connection | None]:
    """A connection, or None with the reason among the findings."""
    mend = "start the server, and see that the address is right and that this machine may reach it"
    try:
        driver = await connect(url, timeout=5, command_timeout=30)
    except DatabaseRefusedError as error:
        found.append(
            fail(
                "database",
                f"it refuses {role}: {error.words}",
                "`commonground migrate --create-roles` sets roles and passwords",
            )
        )
        yield None
        return
    except DatabaseUnavailable:
        found.append(fail("database", f"it doesn't answer {role}", mend))
        yield None
        return
    try:
        yield driver
    finally:
        await driver.close()


async def _version(driver: asyncpg.Connection) -> list[Finding]:
    try:
        number = await refuse_unsafe_version(driver)
    except UnsafeDatabaseError as error:
        return [
            fail(
                "server", str(error), "upgrade the server; its data stay as they are within one major version"
            )
        ]
    return [ok("server", f"PostgreSQL {number // 10_000}.{number % 10_000}")]


async def _clock(driver: asyncpg.Connection, clock: Clock) -> list[Finding]:
    before = clock.now()
    there = await driver.fetchval("SELECT clock_timestamp()")
    apart = there - (before + (clock.now() - before) / 2)
    said = f"this machine's and the database's are {abs(apart).total_seconds():.1f} s apart"
    mend = "let both machines follow the same time servers (chrony, systemd-timesyncd)"
    if abs(apart) >= _CLOCK_FAILS:
        return [fail("clock", said, mend)]
    return [warn("clock", said, mend) if abs(apart) >= _CLOCK_WARNS else ok("clock", said)]


async def _role(role: str, driver: asyncpg.Connection) -> list[Finding]:
    mend = "`commonground migrate --create-roles` sets what each role may do"
    name = await driver.fetchval("SELECT current_user")
    if name != role:
        return [
            fail("roles", f"an address connects as {name!r} where {role!r} belongs", "correct the address")
        ]
    try:
        if role == BACKUP_ROLE:
            await refuse_filtered(driver)
        elif role in {APP_ROLE, MATCHER_ROLE}:
            await refuse_unsafe(driver)
        elif await driver.fetchval(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ):
            return [fail("roles", f"{name} sees past row-level security, which it should be bound by", mend)]
    except (UnsafeDatabaseError, RowsHiddenError) as error:
        return [fail("roles", str(error), mend)]
    return [ok("roles", f"{name} may do what it is for, and no more")]


async def _schema(driver: asyncpg.Connection) -> list[Finding]:
    stands_at, known = await revision_of(driver), known_revisions()
    if stands_at == known[0]:
        return [ok("schema", f"at {stands_at}, as this version needs it")]
    if stands_at is None or stands_at in known:
        return [
            fail(
                "schema",
                f"at {stands_at or 'nothing'}, and this version needs {known[0]}",
                "run `commonground migrate`",
            )
        ]
    return [
        warn(
            "schema", f"at {stands_at}, newer than this version's {known[0]}", "upgrade the program here too"
        )
    ]


async def _catalog(driver: asyncpg.Connection) -> list[Finding]:
    found = await findings(driver)
    if found:
        more = f" (and {len(found) - _MOST_NAMED} more)" if len(found) > _MOST_NAMED else ""
        return [fail(
            "policies", f"{'; '.join(found[:_MOST_NAMED])}{more}",
            "run `commonground migrate`; if it stays, somebody changed the schema by hand: undo that before you serve",
        )]  # fmt: skip
    return [ok("policies", "every table keeps tenants apart")]


async def _work(driver: asyncpg.Connection) -> list[Finding]:
    if not await has_tables(driver):
        return []
    row = await driver.fetchrow(_QUEUE)
    found = []
    if not row["workers"]:
        found.append(
            warn("worker", "none is connected", "start `commonground serve` or `commonground worker`")
        )
    else:
        found.append(ok("worker", "connected"))
    age: timedelta = row["age"] or timedelta()
    said = f"{counted(row['due'], 'job')} due, the oldest for {age.total_seconds():.0f} s"
    mend = "see that workers run; add one with `commonground worker`"
    if age >= _QUEUE_FAILS:
        found.append(fail("queue", said, mend))
    else:
        found.append(warn("queue", said, mend) if age >= _QUEUE_WARNS else ok("queue", said))
    if row["failed"]:
        found.append(
            warn(
                "queue",
                f"{counted(row['failed'], 'job')} given up",
                "look for their errors in the log; each says where it failed",
            )
        )
    return found
