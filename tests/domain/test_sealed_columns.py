"""Sealing columns again under a newer data key, beside readers and writers, in a database with policies."""

import secrets
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from service.crypto import DataKeys, MemoryKeystore
from service.crypto.data_keys import version_of
from service.crypto.errors import RecordError
from service.db.errors import SealedRowError
from service.db.sealed import SealedColumn, owner_of, reseal, sealed_versions
from tests.support.servers import OwnDatabase

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
EMAIL = SealedColumn("secretive", "email")
CODE = SealedColumn("unscoped_secretive", "code", of_service=True)
ORG = "nullif(current_setting('app.org_id', true), '')::uuid"
TABLES = f"""
CREATE TABLE secretive (org_id uuid, id uuid, email bytea, PRIMARY KEY (org_id, id));
ALTER TABLE secretive ENABLE ROW LEVEL SECURITY;
ALTER TABLE secretive FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON secretive TO commonground_app USING (org_id = {ORG}) WITH CHECK (org_id = {ORG});
CREATE TABLE unscoped_secretive (id uuid PRIMARY KEY, code bytea);
GRANT SELECT, INSERT, UPDATE ON secretive, unscoped_secretive TO commonground_app;
"""


@pytest.fixture
async def tables(own_database: OwnDatabase) -> OwnDatabase:
    driver = await asyncpg.connect(own_database.urls.migrator)
    await driver.execute(TABLES)
    await driver.close()
    return own_database


@pytest.fixture
def store() -> MemoryKeystore:
    return MemoryKeystore()


async def put(own: OwnDatabase, store: MemoryKeystore, org_id: UUID, *values: str) -> list[UUID]:
    ids = [uuid4() for _ in values]
    async with own.database.tenant(org_id) as session:
        keys = DataKeys(store, owner_of(session))
        for row, value in zip(ids, values, strict=True):
            record = keys.seal(value.encode(), EMAIL.place(row))
            await session.sql("INSERT INTO secretive VALUES ($1, $2, $3)", org_id, row, record)
        await session.sql("INSERT INTO secretive VALUES ($1, $2, NULL)", org_id, uuid4())
    return ids


async def read(own: OwnDatabase, store: MemoryKeystore, org_id: UUID) -> dict[UUID, str]:
    async with own.database.tenant_read(org_id) as session:
        rows = await session.sql("SELECT id, email FROM secretive WHERE email IS NOT NULL")
        keys = DataKeys(store, str(org_id))
        return {row.id: keys.open(row.email, EMAIL.place(row.id)).decode() for row in rows}


async def test_every_value_ends_under_the_newest_version_and_can_be_read_all_the_while(
    tables: OwnDatabase, store: MemoryKeystore
) -> None:
    org_id = uuid4()
    values = [f"{number}@{secrets.token_hex(3)}.example" for number in range(25)]
    expected = dict(zip(await put(tables, store, org_id, *values), values, strict=True))
    newest = DataKeys(store, str(org_id)).rotate(NOW)
    done = []
    while not done or done[-1]:
        async with tables.database.tenant(org_id) as session:
            done.append(await reseal(session, EMAIL, DataKeys(store, owner_of(session)), limit=10))
        assert await read(tables, store, org_id) == expected
    assert done == [10, 10, 5, 0]
    async with tables.database.tenant(org_id) as session:
        assert await sealed_versions(session, EMAIL) == {newest}


async def test_another_organizations_values_are_left_alone(
    tables: OwnDatabase, store: MemoryKeystore
) -> None:
    own, other = uuid4(), uuid4()
    await put(tables, store, own, "a@own.example")
    await put(tables, store, other, "b@other.example")
    DataKeys(store, str(own)).rotate(NOW)
    async with tables.database.tenant(own) as session:
        assert await reseal(session, EMAIL, DataKeys(store, owner_of(session))) == 1
    async with tables.database.tenant(other) as session:
        assert await sealed_versions(session, EMAIL) == {1}
    assert list((await read(tables, store, other)).values()) == ["b@other.example"]


async def test_what_belongs_to_no_organization_is_under_the_services_own_key(
    tables: OwnDatabase, store: MemoryKeystore
) -> None:
    row = uuid4()
    async with tables.database.directory() as session:
        keys = DataKeys(store, owner_of(session))
        await session.sql(
            "INSERT INTO unscoped_secretive VALUES ($1, $2)", row, keys.seal(b"code", CODE.place(row))
        )
        newest = keys.rotate(NOW)
        assert await reseal(session, CODE, keys) == 1
        record = (await session.sql("SELECT code FROM unscoped_secretive")).scalar_one()
    assert version_of(record) == newest
    assert DataKeys(store, "service").open(record, CODE.place(row)) == b"code"


async def test_value_that_does_not_open_is_named_and_nothing_is_lost(
    tables: OwnDatabase, store: MemoryKeystore
) -> None:
    org_id = uuid4()
    first, second = await put(tables, store, org_id, "a@own.example", "b@own.example")
    async with tables.database.tenant(org_id) as session:
        await session.sql(
            "UPDATE secretive SET email = (SELECT email FROM secretive WHERE id = $1) WHERE id = $2",
            first,
            second,
        )
    with pytest.raises(RecordError, match="moved"):
        await read(tables, store, org_id)
    DataKeys(store, str(org_id)).rotate(NOW)
    with pytest.raises(SealedRowError, match=f"email of secretive {second}") as refused:
        async with tables.database.tenant(org_id) as session:
            await reseal(session, EMAIL, DataKeys(store, owner_of(session)))
    assert "own.example" not in str(refused.value)
    async with tables.database.tenant(org_id) as session:
        assert await sealed_versions(session, EMAIL) == {1}
