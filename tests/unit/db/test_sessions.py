"""Sessions on the queue's tables and on tables made for the purpose: what each kind may see, write and leave behind."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Column, MetaData, Table, Text, Uuid, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import registry

from service.db.database import Database
from service.db.engine import JOB_LIMITS, Limits
from service.db.errors import DatabaseUnavailable, TransactionAbortedError
from service.db.names import APP_ROLE, Duty
from service.db.policies import DUTY, ORG
from service.db.transactions import begin, set_local
from tests.support.servers import OwnDatabase

A = UUID("00000000-0000-7000-8000-00000000000a")
B = UUID("00000000-0000-7000-8000-00000000000b")

note = Table(
    "note", MetaData(), Column("org_id", Uuid, primary_key=True), Column("text", Text, primary_key=True)
)


class Note:
    """A row of `note` for the ORM."""

    def __init__(self, org_id: UUID, text: str) -> None:
        self.org_id = org_id
        self.text = text


registry().map_imperatively(Note, note)

NOTE = f"""
CREATE TABLE note (org_id uuid NOT NULL, text text NOT NULL CHECK (text <> 'bad'), PRIMARY KEY (org_id, text));
ALTER TABLE note ENABLE ROW LEVEL SECURITY;
ALTER TABLE note FORCE ROW LEVEL SECURITY;
CREATE POLICY note_app_all ON note TO {APP_ROLE} USING (org_id = {ORG}) WITH CHECK (org_id = {ORG});
GRANT SELECT, INSERT, UPDATE, DELETE ON note TO {APP_ROLE};
"""


async def write(database: Database, org_id: UUID, text: str) -> None:
    async with database.tenant(org_id) as session:
        await session.execute(insert(note).values(org_id=org_id, text=text))


async def texts(database: Database, org_id: UUID) -> list[str]:
    async with database.tenant_read(org_id) as session:
        return list(await session.scalars(select(note.c.text).order_by(note.c.text)))


async def write_and_fail(database: Database) -> None:
    async with database.tenant(A) as session:
        await session.execute(insert(note).values(org_id=A, text="gone"))
        raise RuntimeError("on the way")


async def write_and_swallow(database: Database) -> None:
    async with database.tenant(A) as session:
        await session.execute(insert(note).values(org_id=A, text="lost"))
        with suppress(IntegrityError):
            await session.execute(insert(note).values(org_id=A, text="bad"))


async def make_note(own: OwnDatabase) -> None:
    connection = await asyncpg.connect(own.urls.migrator)
    await connection.execute(NOTE)
    await connection.close()


@pytest.fixture
async def database(own_database: OwnDatabase) -> Database:
    await make_note(own_database)
    return own_database.database


@pytest.fixture
async def savepoints(db: Database) -> Database:
    """The database of savepoints with the same table, which goes with the test's transaction."""
    await db._driver.execute(NOTE)  # type: ignore[attr-defined]
    return db


@pytest.fixture(params=["database", "savepoints"])
def either(request: pytest.FixtureRequest) -> Database:
    """Both isolations: what a test learns from the quick one must hold on real transactions too."""
    made: Database = request.getfixturevalue(request.param)
    return made


async def test_tenant_sees_what_it_wrote_and_nothing_of_another(either: Database) -> None:
    await write(either, A, "of a")
    await write(either, B, "of b")
    assert await texts(either, A) == ["of a"]
    assert await texts(either, B) == ["of b"]


async def test_writing_a_row_of_another_tenant_is_refused(either: Database) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        async with either.tenant(A) as session:
            await session.execute(insert(note).values(org_id=B, text="smuggled"))
    assert await texts(either, B) == []


async def test_an_error_rolls_back_everything_the_session_did(either: Database) -> None:
    with pytest.raises(RuntimeError, match="on the way"):
        await write_and_fail(either)
    assert await texts(either, A) == []


async def test_read_session_refuses_writes(either: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only"):
        async with either.tenant_read(A) as session:
            await session.sql("INSERT INTO note VALUES ($1, 'no')", A)


async def test_directory_session_sees_no_row_of_a_tenant(either: Database) -> None:
    await write(either, A, "of a")
    async with either.directory() as session:
        assert await session.scalar(select(note.c.text)) is None


async def test_tenant_does_not_outlive_its_session(either: Database) -> None:
    await write(either, A, "of a")
    async with either.directory() as session:
        left = (await session.sql("SELECT current_setting('app.org_id', true) AS org")).scalar_one()
    assert not left


async def test_matcher_may_not_read_a_table_it_was_not_given(either: Database) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with either.matcher(A) as session:
            await session.execute(select(note))


async def test_duty_session_carries_its_duty_and_tenant_session_has_none(either: Database) -> None:
    asked = f"SELECT {DUTY} AS duty"
    async with either.duty(A, Duty.PUBLISH) as session:
        assert (await session.sql(asked)).scalar_one() == "publish"
    async with either.tenant(A) as session:
        assert not (await session.sql(asked)).scalar_one()


async def test_added_record_is_written_at_the_end_without_asking(either: Database) -> None:
    async with either.tenant(A) as session:
        session.add(Note(A, "added"))
    assert await texts(either, A) == ["added"]


async def test_added_record_is_there_for_the_driver(either: Database) -> None:
    async with either.tenant(A) as session:
        session.add_all([Note(A, "one"), Note(A, "two")])
        driver = await session.raw()
        assert await driver.fetchval("SELECT count(*) FROM note") == 2


async def test_record_added_at_the_end_that_the_database_refuses_is_an_error(either: Database) -> None:
    with pytest.raises(IntegrityError):
        async with either.tenant(A) as session:
            session.add(Note(A, "bad"))
    assert await texts(either, A) == []


async def test_savepoint_keeps_the_rest_of_the_session(either: Database) -> None:
    async with either.tenant(A) as session:
        await session.execute(insert(note).values(org_id=A, text="kept"))
        with pytest.raises(IntegrityError):
            async with session.savepoint():
                await session.execute(insert(note).values(org_id=A, text="bad"))
        await session.execute(insert(note).values(org_id=A, text="kept too"))
    assert await texts(either, A) == ["kept", "kept too"]


async def test_swallowing_a_failed_statement_is_an_error_not_a_quiet_rollback(either: Database) -> None:
    with pytest.raises(TransactionAbortedError, match="savepoint"):
        await write_and_swallow(either)
    assert await texts(either, A) == []


async def test_copy_into_a_temporary_table_reaches_the_tenant_table(either: Database) -> None:
    for text in ("first", "second"):
        async with either.tenant(A) as session:
            driver = await session.raw()
            await driver.execute("CREATE TEMP TABLE incoming (text text) ON COMMIT DROP")
            await driver.copy_records_to_table("incoming", records=[(text,)])
            await driver.execute("INSERT INTO note SELECT $1, text FROM incoming", A)
    assert await texts(either, A) == ["first", "second"]


async def test_tenant_is_a_uuid_and_never_text() -> None:
    with pytest.raises(TypeError, match="UUID"):
        set_local("app.org_id", "x'; DROP TABLE note; --")  # type: ignore[arg-type]


def test_transaction_opens_with_one_message() -> None:
    opening = begin({"app.org_id": A, "app.duty": Duty.PUBLISH}, read_only=False)
    assert opening == f"BEGIN; SET LOCAL app.org_id = '{A}'; SET LOCAL app.duty = 'publish'"


async def test_readers_of_one_session_see_one_state(database: Database) -> None:
    async with database.tenant_read(A) as session:
        before = (await session.scalars(select(note.c.text))).all()
        await write(database, A, "meanwhile")
        assert (await session.scalars(select(note.c.text))).all() == before


async def test_one_connection_alternating_tenants_errors_and_cancellations_leaks_nothing(
    own_database: OwnDatabase,
) -> None:
    await make_note(own_database)
    urls = own_database.urls
    async with Database(app_url=urls.app, matcher_url=urls.matcher, limits=Limits(connections=1)) as database:
        await write(database, A, "of a")
        await write(database, B, "of b")
        for turn in range(400):
            org_id, own = (A, "of a") if turn % 2 else (B, "of b")
            if turn % 20 == 7:
                with pytest.raises(DBAPIError):
                    async with database.tenant(org_id) as session:
                        await session.sql("SELECT 1/0")
            if turn % 20 == 13:
                await cancel_mid_query(database, org_id)
            assert await texts(database, org_id) == [own]
            async with database.directory() as session:
                assert not (await session.sql("SELECT current_setting('app.org_id', true)")).scalar_one()


async def cancel_mid_query(database: Database, org_id: UUID) -> None:
    begun = asyncio.Event()

    async def wait_long() -> None:
        async with database.tenant(org_id) as session:
            begun.set()
            await session.sql("SELECT pg_sleep(60)")

    task = asyncio.create_task(wait_long())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_setting_made_without_local_is_gone_with_the_session(own_database: OwnDatabase) -> None:
    urls = own_database.urls
    async with Database(app_url=urls.app, matcher_url=urls.matcher, limits=Limits(connections=1)) as database:
        async with database.directory() as session:
            await session.sql(f"SET app.org_id = '{A}'")
        async with database.directory() as session:
            assert not (await session.sql("SELECT current_setting('app.org_id', true)")).scalar_one()


async def test_exhausted_pool_is_unavailable_within_its_limit(own_database: OwnDatabase) -> None:
    urls = own_database.urls
    limits = Limits(connections=1, acquire=0.1)
    async with (
        Database(app_url=urls.app, matcher_url=urls.matcher, limits=limits) as database,
        database.tenant(A),
    ):
        with pytest.raises(DatabaseUnavailable, match="connections to the database are in use"):
            async with asyncio.timeout(10), database.tenant(B):
                pass


async def test_a_transaction_of_a_job_that_stands_still_is_ended_and_gives_up_its_locks(
    own_database: OwnDatabase,
) -> None:
    urls = own_database.urls
    assert JOB_LIMITS.idle
    limits = replace(JOB_LIMITS, idle=0.2)
    async with Database(app_url=urls.app, matcher_url=urls.matcher, limits=limits) as jobs:
        with pytest.raises(DatabaseUnavailable):
            await stand_still(jobs, own_database.database)
        async with jobs.tenant(A) as again:
            assert (await again.sql("SELECT 1")).scalar_one() == 1


async def stand_still(jobs: Database, others: Database) -> None:
    """Go on only when another has what was locked."""
    lock = "SELECT pg_advisory_xact_lock(1)"
    async with jobs.tenant(A) as still:
        await still.sql(lock)
        async with others.tenant(B) as other:
            await other.sql("SET LOCAL lock_timeout = '10s'")
            await other.sql(lock)
        await still.sql("SELECT 1")


async def test_brief_reads_take_turns_and_do_not_wait_for_ever(own_database: OwnDatabase) -> None:
    urls = own_database.urls
    limits = Limits(connections=3, brief_reads=1, acquire=0.1)
    async with Database(app_url=urls.app, matcher_url=urls.matcher, limits=limits) as database:
        async with database.brief_read(A):
            with pytest.raises(DatabaseUnavailable, match="busy with other reads"):
                async with asyncio.timeout(10), database.brief_read(B):
                    pass
            async with database.tenant_read(B):
                pass
        async with database.brief_read(B):
            pass


async def test_session_inside_another_is_refused_by_the_savepoint_fixture(db: Database) -> None:
    async with db.tenant(A):
        with pytest.raises(RuntimeError, match="own_database"):
            async with db.tenant(B):
                pass


async def test_a_statement_that_is_cut_short_leaves_the_shared_connection_to_the_next(db: Database) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1), db.directory() as session:
            await session.sql("SELECT pg_sleep(60)")
    async with db.directory() as session:
        assert (await session.sql("SELECT 1")).scalar_one() == 1
