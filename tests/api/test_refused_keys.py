"""Whatever is wrong with a key, every operation that takes one answers the same 401, found by walking the API's description."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from service.crypto import MemoryKeystore
from service.db.database import Database
from service.kit.clock import FixedClock, SystemClock
from service.kit.ids import UuidV7Ids
from service.organizations.key_operations import Wish, issue_key, revoke_key
from service.organizations.keys import _checksum, new_key, parse_key
from service.organizations.models import Scope
from service.partnerships.sandbox.operations import make_sandbox
from tests.factories.world import Member, World, make_world


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(SystemClock().now())


@pytest.fixture
def world(db: Database, tmp_path: Path, clock: FixedClock) -> World:
    return make_world(db, MemoryKeystore(), tmp_path, clock, UuidV7Ids())


@pytest.fixture
async def owner(world: World) -> Member:
    return await world.organization("owner")


def taking_keys(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """(operation id, method, path) of all that name the bearer among what they may be called with."""
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            if any("HTTPBearer" in way for way in operation.get("security", ())):
                yield operation["operationId"], method, path


async def refused(client: httpx.AsyncClient, app: FastAPI, key: str) -> list[str]:
    """The operations that answer anything but the one 401; empty is well."""
    told = []
    answers = set()
    for name, method, path in taking_keys(app):
        filled = path.format_map(_Random())
        answer = await client.request(
            method, filled, headers={"Authorization": f"Bearer {key}".encode("latin-1")}
        )
        if answer.status_code != 401 or answer.headers.get("www-authenticate") != "Bearer":
            told.append(f"{name}: {answer.status_code} {answer.text[:200]}")
        else:
            answers.add(tuple((k, v) for k, v in answer.json().items() if k != "request_id"))
    assert len(answers) == 1, answers
    return told


class _Random(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return str(uuid4())


async def another(world: World, owner: Member, **wish: object) -> tuple[str, Wish]:
    asked = Wish("another", [*Scope], **wish)  # type: ignore[arg-type]  # expires_at alone
    async with world.database.tenant(owner.id) as session:
        made = await issue_key(session, world.ids, world.clock, wish=asked, maker=[*Scope])
    return made.text.text, asked


def test_there_is_something_to_walk(app: FastAPI) -> None:
    assert {"list_accounts", "create_import", "create_api_key", "get_sandbox"} <= {
        name for name, _, _ in taking_keys(app)
    }


async def test_an_expired_key_opens_nothing(
    client: httpx.AsyncClient, app: FastAPI, world: World, owner: Member, clock: FixedClock
) -> None:
    key, _ = await another(world, owner, expires_at=clock.now() + timedelta(seconds=1))
    clock.advance(timedelta(seconds=1))
    assert await refused(client, app, key) == []


async def test_a_revoked_key_opens_nothing(
    client: httpx.AsyncClient, app: FastAPI, world: World, owner: Member
) -> None:
    async with world.database.tenant(owner.id) as session:
        made = await issue_key(session, world.ids, world.clock, wish=Wish("x", [*Scope]), maker=[*Scope])
        await revoke_key(session, world.clock, made.stored.id)
    assert await refused(client, app, made.text.text) == []


@pytest.mark.parametrize("key", ["x", "cg_live_", "cg_test_" + "0" * 91, "cg_prod_" + "0" * 91, "ö"])
async def test_what_is_no_key_opens_nothing(client: httpx.AsyncClient, app: FastAPI, key: str) -> None:
    assert await refused(client, app, key) == []


async def test_a_well_formed_key_that_nobody_made_opens_nothing(
    client: httpx.AsyncClient, app: FastAPI, world: World, owner: Member
) -> None:
    for org_id in (owner.id, world.ids.new()):
        for sandbox in (False, True):
            assert await refused(client, app, new_key(org_id, sandbox=sandbox).text) == []


async def test_a_live_key_reworded_as_a_test_key_opens_nothing_and_neither_does_the_reverse(
    client: httpx.AsyncClient, app: FastAPI, world: World, owner: Member
) -> None:
    async with world.database.tenant(owner.id) as session:
        made = await make_sandbox(session, world.keystore, world.clock, world.ids)
    assert made.key is not None
    for good, other in ((owner.key, "cg_test_"), (made.key, "cg_live_")):
        assert await refused(client, app, _reworded(good, other)) == []


def _reworded(key: str, prefix: str) -> str:
    """The same secret in the other world's form, with the right checksum."""

    body = prefix + key.removeprefix("cg_live_").removeprefix("cg_test_")[:-7]
    text = body + _checksum(body)
    assert parse_key(text).text == text
    return text
