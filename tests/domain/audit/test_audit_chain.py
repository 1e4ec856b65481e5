"""Entries follow each other in one chain, and whoever changes one is found out."""

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from service.audit import record
from service.audit.errors import BrokenChainError, UnfitEntryError
from service.audit.models import AuditEntry
from service.audit.operations import verify_log
from service.audit.repository import AuditLog
from service.audit.rules import as_json, canonical
from service.db.database import Database
from service.db.engine import Limits
from service.kit.actors import Actor, ActorKind
from service.kit.clock import FixedClock
from tests.factories.world import Member, World
from tests.support.servers import OwnDatabase

WRITERS = 64
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def note(world: World, member: Member, *actions: str) -> None:
    async with world.database.tenant(member.id) as session:
        for action in actions:
            await record(session, world.clock, action, target=f"thing:{action}", details={"count": 1})


async def entries(world: World, member: Member) -> list[AuditEntry]:
    async with world.database.tenant_read(member.id) as session:
        return [entry async for entry in AuditLog(session).everything()]


async def test_entries_are_numbered_without_gaps_and_name_who_acted(world: World) -> None:
    member = await world.organization("acme")
    start = len(await entries(world, member))
    clock, actor = FixedClock(NOON), Actor(ActorKind.API_KEY, world.ids.new())
    async with world.database.tenant(member.id) as session:
        session.actor, session.request_id = actor, "request-7"
        await record(session, clock, "key.created", target="api_key:x", details={"scopes": 3, "test": False})
    [made] = (await entries(world, member))[start:]
    assert (made.number, made.at) == (start + 1, NOON)
    assert (made.actor_kind, made.actor_id, made.request_id) == (actor.kind, actor.id, "request-7")
    assert (made.action, made.target, made.details) == (
        "key.created", "api_key:x", {"scopes": 3, "test": False},
    )  # fmt: skip


async def test_a_transaction_that_fails_leaves_no_entry_and_no_gap(world: World) -> None:
    member = await world.organization("acme")
    start = len(await entries(world, member))

    async def fail() -> None:
        async with world.database.tenant(member.id) as session:
            await record(session, world.clock, "thing.done")
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    await note(world, member, "thing.kept")
    assert [e.action for e in (await entries(world, member))[start:]] == ["thing.kept"]
    assert await verify(world, member) == start + 1


async def test_what_a_savepoint_undoes_is_not_recorded(world: World) -> None:
    member = await world.organization("acme")
    start = len(await entries(world, member))
    async with world.database.tenant(member.id) as session:
        await record(session, world.clock, "thing.done")
        with suppress(LookupError):
            async with session.savepoint():
                await record(session, world.clock, "thing.undone")
                raise LookupError
    assert [e.action for e in (await entries(world, member))[start:]] == ["thing.done"]


async def test_two_organizations_have_chains_of_their_own(world: World) -> None:
    one, other = await world.organization("one"), await world.organization("other")
    await note(world, one, "thing.done", "thing.undone")
    await note(world, other, "thing.done")
    assert [e.number for e in await entries(world, other)][-1] == len(await entries(world, other))
    assert {e.org_id for e in await entries(world, one)} == {one.id}


async def test_sixty_four_writers_at_once_make_one_chain(own_database: OwnDatabase, own_world: World) -> None:
    """Each on a connection of its own, all transactions open before the first of them ends."""
    member = await own_world.organization("acme")
    start = len(await entries(own_world, member))
    everybody = asyncio.Barrier(WRITERS)

    async def write(database: Database, number: int) -> None:
        async with database.tenant(member.id) as session:
            await record(session, own_world.clock, f"thing.done_{number}")
            await record(session, own_world.clock, "thing.more")
            await everybody.wait()

    urls, limits = own_database.urls, Limits(connections=WRITERS, acquire=60)
    async with Database(app_url=urls.app, matcher_url=urls.matcher, limits=limits) as database:
        await asyncio.gather(*(write(database, number) for number in range(WRITERS)))
    found = (await entries(own_world, member))[start:]
    assert [e.number for e in found] == list(range(start + 1, start + 1 + 2 * WRITERS))
    assert {e.action for e in found} == {f"thing.done_{i}" for i in range(WRITERS)} | {"thing.more"}
    assert await verify(own_world, member) == start + 2 * WRITERS


async def verify(world: World, member: Member) -> int:
    async with world.database.tenant_read(member.id) as session:
        return (await verify_log(session)).number


REORDER = """
UPDATE audit_entry SET number = number + 100 WHERE number = {0};
UPDATE audit_entry SET number = {0} WHERE number = {0} + 1;
UPDATE audit_entry SET number = {0} + 1 WHERE number = {0} + 100
"""
INSERT = """
UPDATE audit_entry SET number = number + 1000 WHERE number >= {0};
UPDATE audit_entry SET number = number - 999 WHERE number >= {0} + 1000;
INSERT INTO audit_entry SELECT org_id, {0}, at, actor_kind, actor_id, request_id, action, target, details, hash
  FROM audit_entry WHERE number = {0} - 1
"""
TAMPERING = {
    "an edited action": "UPDATE audit_entry SET action = 'thing.forged' WHERE number = {}",
    "an edited detail": "UPDATE audit_entry SET details = '{{\"count\": 2}}' WHERE number = {}",
    "another actor": "UPDATE audit_entry SET actor_kind = 'operator' WHERE number = {}",
    "another time": "UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE number = {}",
    "another request": "UPDATE audit_entry SET request_id = 'request-8' WHERE number = {}",
    "an edited hash": "UPDATE audit_entry SET hash = sha256('x') WHERE number = {}",
    "a deleted entry": "DELETE FROM audit_entry WHERE number = {}",
    "entries in another order": REORDER,
    "an entry put in between": INSERT,
}
BAD = 3
"""How many entries after those of the organization's making."""


@pytest.mark.parametrize("how", TAMPERING)
async def test_the_first_bad_entry_is_named(own_world: World, own_database: OwnDatabase, how: str) -> None:
    member = await own_world.organization("acme")
    start = len(await entries(own_world, member))
    await note(own_world, member, *(f"thing.done_{i}" for i in range(6)))
    assert await verify(own_world, member) == start + 6
    admin = await asyncpg.connect(own_database.urls.admin)
    try:
        await admin.execute(TAMPERING[how].format(start + BAD))
    finally:
        await admin.close()
    with pytest.raises(BrokenChainError) as raised:
        await verify(own_world, member)
    assert raised.value.number == start + BAD
    assert f"entry {start + BAD}" in str(raised.value)


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'x.y'", "DELETE FROM audit_entry"])
async def test_the_apps_role_can_neither_change_nor_remove_an_entry(world: World, statement: str) -> None:
    member = await world.organization("acme")
    await note(world, member, "thing.done")

    async def change() -> None:
        async with world.database.tenant(member.id) as session:
            await (await session.raw()).execute(statement)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await change()


async def test_control_characters_are_written_out(world: World) -> None:
    member = await world.organization("acme")
    evil = "a\r\nforged entry\x1b[2J\x00\x7f\u2028\ud800"
    async with world.database.tenant(member.id) as session:
        await record(session, world.clock, "thing.done", target=evil, details={"what": evil})
    made = (await entries(world, member))[-1]
    line = canonical(as_json(made)).decode()
    assert line.isprintable()
    assert json.loads(line)["target"] == "a\\u{d}\\u{a}forged entry\\u{1b}[2J\\u{0}\\u{7f}\\u{2028}\\u{d800}"
    assert await verify(world, member) == made.number


@pytest.mark.parametrize(
    ("action", "target", "details"),
    [
        ("Nothing", None, {}),
        ("thing.done\n", None, {}),
        ("thing.done", "ann@example.com", {}),
        ("thing.done", None, {"to": "ann@example.com"}),
        ("thing.done", None, {"Not a word": 1}),
        ("thing.done", None, {"share": 0.5}),
    ],
)
async def test_an_entry_that_could_hold_an_address_is_refused(
    world: World, action: str, target: str | None, details: dict[str, str | int]
) -> None:
    member = await world.organization("acme")
    async with world.database.tenant(member.id) as session:
        with pytest.raises(UnfitEntryError) as raised:
            await record(session, world.clock, action, target=target, details=details)
    assert "ann" not in str(raised.value)


async def test_a_moment_of_any_zone_is_hashed_in_utc(world: World) -> None:
    member = await world.organization("acme")
    await note(world, member, "thing.done")
    made = (await entries(world, member))[-1]
    moved = made.model_copy(update={"at": made.at.astimezone(None) + timedelta()})
    assert canonical(as_json(moved)) == canonical(as_json(made))
