"""A checkpoint handed out finds a log that was cut off or written anew; verifying the log finds it too, while checkpoints stand."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from service.audit import record
from service.audit.checkpoints import Checkpoint, service_identity
from service.audit.errors import CheckpointError, CheckpointFileError
from service.audit.operations import keep_checkpoint, sign_head, verify_log
from service.audit.repository import AuditLog
from service.audit.rules import START, as_json, next_hash
from service.crypto import IdentityKey
from service.kit.clock import FixedClock
from service.organizations.checkpoints import plan, until_midnight
from tests.factories.world import Member, World
from tests.support.servers import OwnDatabase


@pytest.fixture
async def admin(own_database: OwnDatabase) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(own_database.urls.admin)
    yield opened
    await opened.close()


@pytest.fixture
async def member(own_world: World) -> Member:
    made = await own_world.organization("acme")
    await note(own_world, made, 5)
    return made


async def note(world: World, member: Member, times: int) -> None:
    async with world.database.tenant(member.id) as session:
        for i in range(times):
            await record(session, world.clock, "thing.done", details={"i": i})


async def handed_out(world: World, member: Member) -> Checkpoint:
    """A checkpoint of the log as it stands, read from a file as its keeper would."""
    async with world.database.tenant_read(member.id) as session:
        made = await sign_head(session, world.keystore, world.clock)
    assert made is not None
    return Checkpoint.read(json.dumps(made.as_json()))


async def check(world: World, member: Member, *given: Checkpoint) -> int:
    trusted = service_identity(world.keystore).public
    async with world.database.tenant_read(member.id) as session:
        return (await verify_log(session, trusted=trusted, given=given)).number


async def write_anew(admin: asyncpg.Connection, world: World, member: Member) -> None:
    """What a thorough forger with every right on the database does: change one entry and hash all that follow again."""
    async with world.database.tenant_read(member.id) as session:
        entries = [entry async for entry in AuditLog(session).everything()]
    last = START
    for entry in entries:
        if entry.number == 2:
            entry.action = "thing.forged"
        last = next_hash(last, as_json(entry))
        await admin.execute(
            "UPDATE audit_entry SET action = $3, hash = $4 WHERE org_id = $1 AND number = $2",
            member.id, entry.number, entry.action, last,
        )  # fmt: skip


async def test_a_log_that_goes_on_still_fits_its_checkpoints(own_world: World, member: Member) -> None:
    first = await handed_out(own_world, member)
    await note(own_world, member, 3)
    second = await handed_out(own_world, member)
    assert await check(own_world, member, first, second) == second.number == first.number + 3


async def test_a_tail_cut_off_is_found_against_the_checkpoint(
    own_world: World, member: Member, admin: asyncpg.Connection
) -> None:
    given = await handed_out(own_world, member)
    await admin.execute("DELETE FROM audit_entry WHERE number > 3")
    assert await check(own_world, member) == 3  # the chain alone shows nothing
    with pytest.raises(CheckpointError, match="from 4 on were cut off"):
        await check(own_world, member, given)


async def test_a_chain_written_anew_is_found_against_the_checkpoint(
    own_world: World, member: Member, admin: asyncpg.Connection
) -> None:
    given = await handed_out(own_world, member)
    await write_anew(admin, own_world, member)
    assert await check(own_world, member) == given.number  # the chain alone shows nothing
    with pytest.raises(CheckpointError, match="written anew"):
        await check(own_world, member, given)


async def test_checkpoints_in_the_database_are_checked_without_being_asked_for(
    own_world: World, member: Member, admin: asyncpg.Connection
) -> None:
    async with own_world.database.tenant(member.id) as session:
        await keep_checkpoint(session, own_world.keystore, own_world.clock)
    await write_anew(admin, own_world, member)
    with pytest.raises(CheckpointError):
        await check(own_world, member)


async def test_a_checkpoint_forged_by_another_key_is_refused(
    own_world: World, member: Member, admin: asyncpg.Connection
) -> None:
    await write_anew(admin, own_world, member)
    async with own_world.database.tenant_read(member.id) as session:
        head = await AuditLog(session).head()
    forged = Checkpoint.sign(
        IdentityKey.draw(), org=str(member.id), number=head.number, hash_=head.hash, at=own_world.clock.now()
    )
    with pytest.raises(CheckpointFileError, match="another key"):
        await check(own_world, member, forged)


async def test_anothers_checkpoint_fits_no_other_log(own_world: World, member: Member) -> None:
    other = await own_world.organization("other")
    with pytest.raises(CheckpointFileError, match="is for the log of"):
        await check(own_world, other, await handed_out(own_world, member))


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "null", '{"number": 1}', "\x00", '{"org_id": "x", "number": "x"}']
)
def test_what_is_no_checkpoint_says_so(content: str) -> None:
    with pytest.raises(CheckpointFileError):
        Checkpoint.read(content)


async def test_a_checkpoint_is_stored_once_while_nothing_happens(world: World) -> None:
    made, clock = await world.organization("acme"), FixedClock(datetime(2026, 11, 22, tzinfo=UTC))

    async def keep() -> Checkpoint | None:
        clock.advance(timedelta(days=1))
        async with world.database.tenant(made.id) as session:
            return await keep_checkpoint(session, world.keystore, clock)

    first, again = await keep(), await keep()
    await note(world, made, 1)
    later = await keep()
    assert first is not None
    assert first == again
    assert later is not None
    assert later.number == first.number + 1
    async with world.database.tenant_read(made.id) as session:
        assert [row.number for row in await AuditLog(session).checkpoints()] == [later.number, first.number]


async def test_the_daily_round_signs_every_log_that_grew_and_plans_the_next_at_midnight(world: World) -> None:
    members = [await world.organization(handle) for handle in ("one", "two")]
    async with world.database.directory() as session:
        await plan(session)
    assert await world.work() == ["audit.checkpoints"]
    for member in members:
        async with world.database.tenant_read(member.id) as session:
            [kept] = await AuditLog(session).checkpoints()
        Checkpoint.stored(kept).check_signature(service_identity(world.keystore).public)
    async with world.database.directory() as session:
        await plan(session)  # a worker that starts meanwhile adds no second round
        waiting = await session.sql("SELECT execute_after - now() AS wait FROM pgqueuer")
    [row] = list(waiting)
    assert timedelta(0) < row.wait <= timedelta(days=1)


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [(0, 0, timedelta(days=1)), (23, 59, timedelta(minutes=1)), (12, 0, timedelta(hours=12))],
)
def test_the_next_round_is_at_the_next_midnight_in_utc(hour: int, minute: int, expected: timedelta) -> None:
    assert until_midnight(datetime(2026, 11, 22, hour, minute, tzinfo=UTC)) == expected
