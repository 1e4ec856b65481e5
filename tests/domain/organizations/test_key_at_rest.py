"""A key that was shown once stands nowhere: not in a table, whole or in part, not in the keystore's folder, not in a log."""

import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from service.api.app import build_app, set_state
from service.crypto import FileKeystore, load_or_create_kek
from service.http.state import AppState
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.organizations.keys import PREFIX_CHARACTERS
from tests.factories.world import Member, World, company_list, make_world
from tests.support.logs import logged
from tests.support.servers import OwnDatabase

SHORTEST = 8
SECRET = slice(34 + PREFIX_CHARACTERS, 86)
"""Where the secret stands in a key's text, behind the public characters that it is found by."""


@pytest.fixture
def world(own_database: OwnDatabase, tmp_path: Path) -> World:
    keystore = FileKeystore(tmp_path / "keystore", load_or_create_kek(tmp_path / "kek"))
    return make_world(own_database.database, keystore, tmp_path, SystemClock(), UuidV7Ids())


@pytest.fixture
async def owner(world: World) -> Member:
    return await world.organization("owner")


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    with logged() as stream:
        yield stream


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(world.ids)
    state = AppState(world.database, world.keystore, world.spool, world.clock, world.ids)
    set_state(app, state)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened
    await state.key_uses.write(world.database)


async def dump(own: OwnDatabase) -> str:
    """Every row of every table as text, bytes both as hexadecimal and as the characters that they are."""
    admin = await asyncpg.connect(own.urls.admin)
    try:
        tables = await admin.fetch(
            "SELECT oid::regclass AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        parts = []
        for table in tables:
            rows = await admin.fetch(f"SELECT * FROM {table['name']}")
            parts += [_text(value) for row in rows for value in row.values()]
    finally:
        await admin.close()
    return "\n".join(parts)


def _text(value: Any) -> str:
    return f"{value.hex()}\n{value.decode('latin-1')}" if isinstance(value, bytes) else str(value)


def pieces(key: str) -> set[str]:
    """Every part of the secret that is long enough to know it by, as it is and in hexadecimal."""
    secret = key[SECRET]
    assert len(secret) == 42
    parts = {secret[i : i + SHORTEST] for i in range(len(secret) - SHORTEST + 1)}
    return parts | {part.encode().hex() for part in parts}


def contents(folder: Path) -> str:
    return "".join(path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())


async def all_ways_to_a_key(client: httpx.AsyncClient, owner: Member) -> list[str]:
    """Keys made, rotated and given with a sandbox, each with an answer that is kept for whoever asks again."""

    async def made(path: str, body: dict[str, object], word: str) -> dict[str, str]:
        headers = {**owner.headers, "Idempotency-Key": word}
        answers = [await client.post(path, json=body, headers=headers) for _ in range(2)]
        assert [a.status_code for a in answers] == [201, 201], answers[0].text
        assert answers[0].json() == answers[1].json()
        found: dict[str, str] = answers[0].json()
        return found

    first = await made("/v1/api-keys", {"name": "one", "scopes": ["accounts:read"]}, "a")
    second = await made(f"/v1/api-keys/{first['id']}/rotate", {}, "b")
    third = await made("/v1/sandbox", {"starter_list": False}, "c")
    keys = [first["key"], second["key"], third["key"]]
    for key in keys:
        assert (await client.get("/v1/accounts", headers={"Authorization": f"Bearer {key}"})).is_success
    return [*keys, owner.key]


async def test_no_table_and_no_file_holds_a_part_of_a_key(
    client: httpx.AsyncClient, world: World, owner: Member, own_database: OwnDatabase, tmp_path: Path
) -> None:
    keys = await all_ways_to_a_key(client, owner)
    everything = await dump(own_database)
    files = contents(tmp_path)
    assert keys[0][34 : 34 + PREFIX_CHARACTERS] in everything  # the dump is one
    for key in keys:
        assert not {part for part in pieces(key) if part in everything or part in files}


async def test_a_key_written_anywhere_would_be_found(
    own_database: OwnDatabase, world: World, owner: Member
) -> None:
    admin = await asyncpg.connect(own_database.urls.admin)
    await admin.execute("UPDATE api_key SET name = $1", "x" + owner.key[60:70])
    await admin.close()
    everything = await dump(own_database)
    assert any(part in everything for part in pieces(owner.key))


async def test_at_debug_no_log_line_holds_a_key_a_name_or_a_domain(
    client: httpx.AsyncClient, world: World, owner: Member, logs: io.StringIO
) -> None:
    keys = await all_ways_to_a_key(client, owner)
    listed = {"name": "Xylophon Marker", "scopes": ["accounts:read"]}
    await client.post("/v1/api-keys", json=listed, headers=owner.headers)
    for wrong in (keys[0][:-1], keys[0] + "x", "cg_live_" + keys[2][8:]):
        await client.get("/v1/accounts", headers={"Authorization": f"Bearer {wrong}"})
    text = company_list(("Quarzwerke Nord", "quarzwerke-nord.com"))
    query = {"population": "customers"}
    await client.post(
        "/v1/imports", content=text, params=query, headers={"Authorization": f"Bearer {keys[2]}"}
    )
    await world.work()
    await client.post("/v1/sandbox/reset", headers=owner.headers)
    await world.work()
    said = logs.getvalue()
    assert "create_sandbox" in said
    for marker in ("xylophon", "quarzwerke", "larkspur", "crumpet"):
        assert marker not in said.lower()
    for key in keys:
        assert not {part for part in pieces(key) if part in said}
