"""A streamed upload under an idempotency key: leased, hashed on the way, stored with its effect."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from service.api.app import build_app, set_state
from service.db.sessions import TenantSession
from service.guards.errors import RequestInProgressError
from service.guards.idempotency import Guard, Turn
from service.guards.rules import Answer, Asked
from service.http.deadline import Drain
from service.http.state import AppState
from tests.factories.world import Pair, World, company_list

LIST = company_list(("Siemens AG", "siemens.com"), ("Orchid Bakery", "orchidbakery.com")).encode()
KEY = {"Idempotency-Key": "upload of november"}
PROBLEM = "urn:commonground:problem:"


def digest_of(body: bytes) -> dict[str, str]:
    return {"Content-Digest": f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"}


async def upload(client: httpx.AsyncClient, headers: dict[str, str], body: object = LIST) -> httpx.Response:
    return await client.post("/v1/imports", params={"population": "customers"}, content=body, headers=headers)  # type: ignore[arg-type]


async def imports(client: httpx.AsyncClient, headers: dict[str, str]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (await client.get("/v1/imports", headers=headers)).json()["items"]
    return found


def files(world: World) -> int:
    return len(list(world.spool.folder.iterdir())) if world.spool.folder.exists() else 0


async def test_the_same_upload_twice_is_one_import(client: httpx.AsyncClient, pair: Pair) -> None:
    who = pair.left.headers | KEY
    first, again = [await upload(client, who) for _ in range(2)]
    assert first.status_code == again.status_code == 202
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await imports(client, pair.left.headers)) == files(pair.world) == 1


async def test_another_body_under_the_key_is_refused(client: httpx.AsyncClient, pair: Pair) -> None:
    who = pair.left.headers | KEY
    await upload(client, who)
    for headers in (who, who | digest_of(b"another")):
        answer = await upload(client, headers, b"another")
        assert (answer.status_code, answer.json()["type"]) == (422, PROBLEM + "idempotency-key-reused")
    assert len(await imports(client, pair.left.headers)) == files(pair.world) == 1


async def test_a_digest_lets_a_retry_be_answered_without_its_body(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b""
        raise AssertionError("the body was read")

    who = pair.left.headers | KEY | digest_of(LIST)
    first = await upload(client, who)
    again = await upload(client, who, never())
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_body_that_is_not_the_announced_one_is_refused_and_the_key_is_free(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    who = pair.left.headers | KEY
    answer = await upload(client, who | digest_of(b"what was meant"))
    assert (answer.status_code, answer.json()["type"]) == (400, PROBLEM + "digest-mismatch")
    assert files(pair.world) == 0
    assert (await upload(client, who | digest_of(LIST))).status_code == 202


@pytest.mark.parametrize("given", ["sha-256=x", "sha-256=:AAAA:", "sha-256=:ä:", "sha-256"])
async def test_a_digest_that_is_none_is_named(client: httpx.AsyncClient, pair: Pair, given: str) -> None:
    headers = [*pair.left.headers.items(), ("Content-Digest", given.encode())]
    answer = await client.post("/v1/imports", content=LIST, headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["type"]) == (422, PROBLEM + "invalid-parameter")
    assert "Content-Digest" in answer.json()["detail"]


async def test_other_digests_are_left_alone_and_lists_are_read(client: httpx.AsyncClient, pair: Pair) -> None:
    for given in ("sha-512=:AAAA:", f"sha-512=:AAAA:, {digest_of(LIST)['Content-Digest']}"):
        answer = await upload(client, pair.left.headers | {"Content-Digest": given})
        assert answer.is_success, answer.text


async def test_a_failed_upload_gives_its_key_back(client: httpx.AsyncClient, pair: Pair) -> None:
    who = pair.left.headers | KEY
    assert (await upload(client, who, b"")).json()["type"] == PROBLEM + "empty-upload"
    assert (await upload(client, who)).status_code == 202


async def test_while_an_upload_streams_its_key_is_taken(
    own_world: World, own_client: httpx.AsyncClient
) -> None:
    member = await own_world.organization("left")
    going, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield LIST[:10]
        going.set()
        await go_on.wait()
        yield LIST[10:]

    who = member.headers | KEY
    streaming = asyncio.create_task(upload(own_client, who, slowly()))
    await going.wait()
    meanwhile = await upload(own_client, who)
    assert (meanwhile.status_code, meanwhile.json()["type"]) == (409, PROBLEM + "request-in-progress")
    assert 1 <= int(meanwhile.headers["retry-after"]) <= 150
    async with own_world.database.directory() as session:
        idle = await session.sql(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
        )
        assert idle.first() is None
    go_on.set()
    first, again = await streaming, await upload(own_client, who)
    assert (first.status_code, again.content) == (202, first.content)
    assert len(await imports(own_client, member.headers)) == 1


async def test_an_upload_whose_time_is_up_gives_its_key_back(
    own_world: World, own_client: httpx.AsyncClient
) -> None:
    member, drain, going = await own_world.organization("left"), Drain(), asyncio.Event()
    app = build_app(own_world.ids, drain=drain)
    state = AppState(own_world.database, own_world.keystore, own_world.spool, own_world.clock, own_world.ids)
    set_state(app, state)

    async def stalls() -> AsyncIterator[bytes]:
        yield LIST[:10]
        going.set()
        await asyncio.Event().wait()

    who = member.headers | KEY
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        streaming = asyncio.create_task(upload(client, who, stalls()))
        await going.wait()
        drain.end()
        assert (await streaming).status_code == 503
    assert files(own_world) == 0
    assert (await upload(own_client, who)).status_code == 202


async def test_the_same_content_under_a_new_key_changes_nothing(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    first, _ = [await upload(client, member.headers) for member in (pair.left, pair.right)]
    await pair.world.work()

    async def told() -> int:
        async with pair.world.database.matcher(pair.partnership.id) as session:
            return int((await session.sql("SELECT count(*) FROM partnership_event")).scalar_one())

    before = await told()
    same = await upload(client, pair.left.headers | {"Idempotency-Key": "a new one"})
    assert (same.status_code, same.json()["id"]) == (200, first.json()["id"])
    again = await upload(client, pair.left.headers | {"Idempotency-Key": "a third"}, LIST + b"\n")
    assert again.status_code == 202
    await pair.world.work()
    counts = (await client.get(f"/v1/imports/{again.json()['id']}", headers=pair.left.headers)).json()[
        "counts"
    ]
    assert (counts["created"], counts["updated"], counts["unchanged"]) == (0, 0, 2)
    assert await told() == before > 0


ASKED = Asked("key", b"r" * 32, None)
DONE = Answer(202, (("content-type", "application/json"),), b"{}")


async def lease(guard: Guard, world: World, member_id: object) -> Turn:
    async with world.database.tenant(member_id) as session:  # type: ignore[arg-type]
        found = await guard.take_lease(session, ASKED)
    assert isinstance(found, Turn)
    return found


async def test_an_expired_lease_is_taken_over_and_its_holder_is_fenced_off(own_world: World) -> None:
    member = await own_world.organization("left")
    guard = Guard(own_world.keystore, own_world.clock)
    slow = await lease(Guard(own_world.keystore, own_world.clock, timedelta(0)), own_world, member.id)
    quick = await lease(guard, own_world, member.id)
    assert quick.attempt == slow.attempt + 1

    async def finish(turn: Turn) -> None:
        async with own_world.database.tenant(member.id) as session:
            await guard.finish(session, turn, b"b" * 32, DONE)

    async def renew(session: TenantSession) -> None:
        await guard.renew(session, slow)

    with pytest.raises(RequestInProgressError):
        await finish(slow)
    async with own_world.database.tenant(member.id) as session:
        with pytest.raises(RequestInProgressError):
            await renew(session)
        await guard.release(session, slow)
    await finish(quick)
    async with own_world.database.tenant(member.id) as session:
        found = await guard.begin(session, Asked("key", b"r" * 32, b"b" * 32))
    assert found == DONE


async def test_a_lease_that_is_renewed_is_not_taken_over(own_world: World) -> None:
    member = await own_world.organization("left")
    short = Guard(own_world.keystore, own_world.clock, timedelta(0))
    turn = await lease(short, own_world, member.id)
    guard = Guard(own_world.keystore, own_world.clock)
    async with own_world.database.tenant(member.id) as session:
        await guard.renew(session, turn)
    async with own_world.database.tenant(member.id) as session:
        with pytest.raises(RequestInProgressError) as refused:
            await guard.take_lease(session, ASKED)
    assert refused.value.retry_after > 100
