"""The operator rotates data keys: new version, everything sealed again, old version deleted once it is old enough."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from service.cli.data_key import owners, retire_all, retire_owner, rotate_owner
from service.cli.operator import Desk
from service.crypto import SERVICE, DataKeys, MemoryKeystore
from service.crypto.data_keys import RETIRE_AFTER
from service.crypto.errors import DataKeyInUseError, DataKeyMissingError
from service.db.sealed import SealedColumn
from service.kit.clock import FixedClock
from service.kit.ids import UuidV7Ids
from service.organizations.errors import UnknownOrganizationError
from service.organizations.models import Mode, Organization
from service.organizations.operations import create_organization, draw_keys
from tests.support.servers import OwnDatabase

NOTE = SealedColumn("secretive", "note")
ORG = "nullif(current_setting('app.org_id', true), '')::uuid"
TABLE = f"""
CREATE TABLE secretive (org_id uuid, id uuid, note bytea, PRIMARY KEY (org_id, id));
ALTER TABLE secretive ENABLE ROW LEVEL SECURITY;
ALTER TABLE secretive FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON secretive TO commonground_app USING (org_id = {ORG}) WITH CHECK (org_id = {ORG});
GRANT SELECT, INSERT, UPDATE ON secretive TO commonground_app;
"""


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 22, 6, tzinfo=UTC))


@pytest.fixture
async def desk(own_database: OwnDatabase, clock: FixedClock) -> Desk:
    driver = await asyncpg.connect(own_database.urls.migrator)
    await driver.execute(TABLE)
    await driver.close()
    return Desk(own_database.database, MemoryKeystore(), clock, UuidV7Ids())


@pytest.fixture
async def org_id(desk: Desk) -> UUID:
    made = desk.ids.new()
    async with desk.database.tenant(made) as session:
        await create_organization(session, desk.keystore, desk.clock, handle="acme", name="Acme")
    return made


async def put(desk: Desk, org_id: UUID, value: bytes) -> UUID:
    row = uuid4()
    async with desk.database.tenant(org_id) as session:
        record = DataKeys(desk.keystore, str(org_id)).seal(value, NOTE.place(row))
        await session.sql("INSERT INTO secretive VALUES ($1, $2, $3)", org_id, row, record)
    return row


async def opened(desk: Desk, org_id: UUID) -> dict[UUID, bytes]:
    async with desk.database.tenant_read(org_id) as session:
        keys = DataKeys(desk.keystore, str(org_id))
        rows = await session.sql("SELECT id, note FROM secretive")
        return {row.id: keys.open(row.note, NOTE.place(row.id)) for row in rows}


async def test_rotation_and_retirement_keep_every_value(desk: Desk, org_id: UUID, clock: FixedClock) -> None:
    expected = {await put(desk, org_id, value): value for value in (b"one", b"two")}
    said = await rotate_owner(desk, str(org_id), (NOTE,))
    newest = DataKeys(desk.keystore, str(org_id)).newest()
    assert said == f"made version {newest}, 2 values sealed again"
    assert await opened(desk, org_id) == expected
    with pytest.raises(DataKeyInUseError, match="younger"):
        await retire_owner(desk, str(org_id), (NOTE,))
    clock.advance(RETIRE_AFTER)
    assert await retire_owner(desk, str(org_id), (NOTE,)) == "deleted version 1"
    assert DataKeys(desk.keystore, str(org_id)).versions() == [newest]
    assert await opened(desk, org_id) == expected


async def test_value_sealed_under_an_old_version_keeps_it_and_the_next_rotation_finishes(
    desk: Desk, org_id: UUID, clock: FixedClock
) -> None:
    late = DataKeys(desk.keystore, str(org_id))
    late.newest()  # a process that began before the rotation
    newest = DataKeys(desk.keystore, str(org_id)).rotate(clock.now())
    row = uuid4()
    async with desk.database.tenant(org_id) as session:
        await session.sql(
            "INSERT INTO secretive VALUES ($1, $2, $3)", org_id, row, late.seal(b"late", NOTE.place(row))
        )
    clock.advance(timedelta(days=1))
    with pytest.raises(DataKeyInUseError, match="still sealed under version 1"):
        await retire_owner(desk, str(org_id), (NOTE,))
    assert "finished the rotation" in await rotate_owner(desk, str(org_id), (NOTE,))
    assert DataKeys(desk.keystore, str(org_id)).newest() == newest
    await retire_owner(desk, str(org_id), (NOTE,))
    assert await opened(desk, org_id) == {row: b"late"}


async def test_only_owners_with_a_key_are_visited(desk: Desk, org_id: UUID) -> None:
    assert await owners(desk, None) == {}
    DataKeys(desk.keystore, SERVICE).newest()
    DataKeys(desk.keystore, str(org_id)).newest()
    assert await owners(desk, None) == {SERVICE: SERVICE, str(org_id): "acme"}
    assert await owners(desk, "acme") == {str(org_id): "acme"}
    with pytest.raises(UnknownOrganizationError):
        await owners(desk, "nobody")


async def test_sandbox_has_its_turn_like_everybody_else(desk: Desk, org_id: UUID) -> None:
    sandbox = desk.ids.new()
    async with desk.database.tenant(sandbox) as session:
        session.add(
            Organization(
                id=sandbox, handle="sandbox-acme", name="Acme (sandbox)", mode=Mode.HOSTED, sandbox=True, sandbox_of=org_id,
                identity=draw_keys(desk.keystore, sandbox), created_at=desk.clock.now(),
            )
        )  # fmt: skip
    await put(desk, sandbox, b"one")
    assert await owners(desk, None) == {str(sandbox): "sandbox-acme"}
    assert await owners(desk, "sandbox-acme") == {str(sandbox): "sandbox-acme"}
    assert "1 value sealed again" in await rotate_owner(desk, str(sandbox), (NOTE,))


async def test_who_keeps_an_older_key_holds_nobody_up_and_is_named(
    desk: Desk, org_id: UUID, clock: FixedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    old, young = DataKeys(desk.keystore, str(org_id)), DataKeys(desk.keystore, SERVICE)
    old.newest()
    young.newest()
    old.rotate(clock.now())
    clock.advance(RETIRE_AFTER)
    young.rotate(clock.now())
    (refused,) = await retire_all(desk, None)
    assert refused.startswith("service: the newest data key is younger than 1 h")
    assert capsys.readouterr().out == "acme: deleted version 1\n"


async def test_rotation_stands_in_the_organizations_audit_log(desk: Desk, org_id: UUID) -> None:
    await put(desk, org_id, b"one")
    await rotate_owner(desk, str(org_id), (NOTE,))
    async with desk.database.tenant_read(org_id) as session:
        rows = (await session.sql("SELECT action, actor_kind FROM audit_entry ORDER BY number")).all()
    assert ("data_key.rotated", "operator") in [tuple(row) for row in rows]


async def test_after_the_keys_went_with_the_organization_no_copy_of_the_rows_opens(
    desk: Desk, org_id: UUID
) -> None:
    await put(desk, org_id, b"one")
    desk.keystore.delete_owner(str(org_id))
    with pytest.raises(DataKeyMissingError):
        await opened(desk, org_id)
