"""Whatever goes wrong leaves as a problem, with the headers that every answer has."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI

from service.api.app import build_app, set_state
from service.db.errors import DatabaseUnavailable
from service.http.limits import HttpLimits
from service.http.state import AppState
from service.organizations.standing import Quota, set_quotas
from tests.factories.world import Pair, World, company_list

PROBLEM = "urn:commonground:problem:"
RULE = "/v1/partnerships/{}/sharing-rules/customers"
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}


def app_of(world: World, **options: object) -> FastAPI:
    app = build_app(world.ids, **options)  # type: ignore[arg-type]

    @app.get("/broken", operation_id="broken", include_in_schema=False)
    async def broken() -> None:
        raise RuntimeError("Siemens AG, siemens.com, cg_live_secret")

    @app.get("/away", operation_id="away", include_in_schema=False)
    async def away() -> None:
        raise DatabaseUnavailable

    @app.get("/slow", operation_id="slow", include_in_schema=False)
    async def slow() -> None:
        await asyncio.Event().wait()

    set_state(app, AppState(world.database, world.keystore, world.spool, world.clock, world.ids))
    return app


@pytest.fixture
def app(world: World) -> FastAPI:
    return app_of(world)


def check(answer: httpx.Response, status: int, slug: str) -> dict[str, object]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    body: dict[str, object] = answer.json()
    assert body["type"] == PROBLEM + slug
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert "server" not in answer.headers
    return body


async def test_an_unforeseen_error_tells_nothing_and_has_its_headers(client: httpx.AsyncClient) -> None:
    body = check(await client.get("/broken"), 500, "internal")
    assert "Siemens" not in str(body)


async def test_a_database_that_is_away_is_told_with_when_to_come_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/away")
    check(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "2"


async def test_a_request_that_takes_too_long_is_ended(world: World) -> None:
    app = app_of(world, limits=HttpLimits(request_seconds=0.05))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.get("/slow")
    check(answer, 503, "took-too-long")
    assert answer.headers["retry-after"] == "5"


async def test_a_body_that_does_not_come_is_told_so(world: World, pair: Pair) -> None:
    async def stalls() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    app = app_of(world, limits=HttpLimits(body_seconds=0.05))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        small = await client.put(
            RULE.format(pair.partnership.id), content=stalls(), headers=pair.left.headers
        )
        upload = await client.post("/v1/imports", content=stalls(), headers=pair.left.headers)
    check(small, 408, "request-timeout")
    check(upload, 408, "request-timeout")
    assert not pair.world.spool.folder.exists() or list(pair.world.spool.folder.iterdir()) == []


async def test_a_body_or_head_that_is_too_large_is_told_its_limit(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    large = await client.put(RULE.format("x"), content=b" " * 70_000)
    assert "65,536" in str(check(large, 413, "body-too-large")["detail"])
    for headers in ({"X-Long": "x" * 33_000}, {f"X-{number}": "x" for number in range(101)}):
        answer = await client.get("/livez", headers=headers)
        assert "32,768" in str(check(answer, 431, "headers-too-large")["detail"])


async def test_an_upload_that_is_too_large_or_cut_off_is_told_so(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    def announcing(length: int) -> dict[str, str]:
        return pair.left.headers | {"Content-Length": str(length)}

    async def piece() -> AsyncIterator[bytes]:
        yield b"Company\n"

    limit = pair.world.spool.limit
    large = await client.post("/v1/imports", content=piece(), headers=announcing(limit + 1))
    check(large, 413, "upload-too-large")
    cut = await client.post("/v1/imports", content=piece(), headers=announcing(100))
    check(cut, 400, "upload-incomplete")


async def test_an_import_that_is_over_cannot_be_confirmed_or_cancelled(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    import_id = await pair.world.upload(pair.left, company_list(("Siemens", "siemens.com")))
    await pair.world.work()
    for verb in ("confirm", "cancel"):
        answer = await client.post(f"/v1/imports/{import_id}/{verb}", headers=pair.left.headers)
        assert "completed" in str(check(answer, 409, "import-state")["detail"])


async def test_an_unknown_population_is_named_with_the_known(client: httpx.AsyncClient, pair: Pair) -> None:
    answer = await client.get("/v1/accounts", params={"population": "nope"}, headers=pair.left.headers)
    assert "prospects" in str(check(answer, 422, "unknown-population")["detail"])


async def test_a_missing_scope_is_named(client: httpx.AsyncClient, world: World) -> None:
    poor = await world.organization("poor", scopes=[])
    assert "accounts:read" in str(
        check(await client.get("/v1/accounts", headers=poor.headers), 403, "missing-scope")["detail"]
    )


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/v1/imports", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/v1/accounts", "GET, HEAD, OPTIONS"),
        ("POST", RULE.format("x"), "GET, HEAD, OPTIONS, PUT"),
        ("PATCH", "/livez", "GET, HEAD, OPTIONS"),
        ("DELETE", "/v1/member-invitations/accept", "OPTIONS, POST"),
    ],
)
async def test_a_wrong_method_is_told_every_right_one(
    client: httpx.AsyncClient, method: str, path: str, allow: str
) -> None:
    answer = await client.request(method, path)
    check(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == allow
    asked = await client.options(path)
    assert (asked.status_code, asked.headers["allow"], asked.content) == (204, allow, b"")


async def test_head_is_get_without_its_body(client: httpx.AsyncClient, pair: Pair) -> None:
    for path in ("/livez", "/v1/populations"):
        got = await client.get(path, headers=pair.left.headers)
        head = await client.head(path, headers=pair.left.headers)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(got.content))
        assert head.headers["content-type"] == got.headers["content-type"]
    check(await client.options("/nowhere"), 404, "not-found")


async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient, pair: Pair) -> None:
    for path in ("/livez", "/v1/populations", "/nowhere"):
        answer = await client.get(path, headers=pair.left.headers)
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
        assert "strict-transport-security" not in answer.headers


async def test_browsers_are_told_to_stay_with_https_where_that_is_how_people_come(world: World) -> None:
    app = app_of(world, https=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        for path in ("/livez", "/nowhere"):
            assert "max-age=31536000" in (await client.get(path)).headers["strict-transport-security"]


def odd_bodies() -> Iterator[tuple[bytes, str]]:
    yield b'{"level": "matched",}', "line 1, column 21"
    yield b"{", "line 1, column 2"
    yield b'{\n"level": matched}', "line 2, column 10"
    yield b"[" * 10_000, "10,000 deep"
    yield b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "5,000 deep"
    yield b'{"level": NaN}', "NaN"
    yield b'{"level": -Infinity}', "Infinity"
    yield b'{"level": 1e400}', "1e400"
    yield b'{"level": ' + b"9" * 5_000 + b"}", "too large"
    yield b'{"level": "all", "level": "hidden"}', "'level' twice"
    yield b'{"level": "\xff"}', "byte 12"
    yield b'{"level": "\\ud800"}', "surrogate"
    yield b'{"le\\ud800vel": "all"}', "surrogate"
    yield b'{"level": "a\\u0000b"}', "NUL"
    yield b'{"level": ["a", ["\\u0000"]]}', "NUL"
    yield b'\xef\xbb\xbf{"level": "all"}', "line 1, column 1"


@pytest.mark.parametrize(("body", "said"), list(odd_bodies()))
async def test_odd_json_is_refused_in_words(
    client: httpx.AsyncClient, pair: Pair, body: bytes, said: str
) -> None:
    headers = pair.left.headers | {"Content-Type": "application/json"}
    answer = await client.put(RULE.format(pair.partnership.id), content=body, headers=headers)
    assert said in str(check(answer, 400, "malformed-json")["detail"])


async def test_brackets_in_texts_are_no_depth(client: httpx.AsyncClient, pair: Pair) -> None:
    body = {"level": "[" * 1000 + '\\"{'}
    answer = await client.put(RULE.format(pair.partnership.id), json=body, headers=pair.left.headers)
    check(answer, 422, "invalid-request")


@pytest.mark.parametrize(
    "given", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
async def test_a_body_that_does_not_say_it_is_json_is_refused(
    client: httpx.AsyncClient, pair: Pair, given: str | None
) -> None:
    headers = pair.left.headers | ({"Content-Type": given} if given else {})
    answer = await client.put(RULE.format(pair.partnership.id), content=b'{"level": "all"}', headers=headers)
    assert "application/json" in str(check(answer, 415, "unsupported-media-type")["detail"])


async def test_json_in_a_wrapping_is_refused_and_plain_json_is_read(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    path, body = RULE.format(pair.partnership.id), b'{"level": "all"}'
    headers = pair.left.headers | {"Content-Type": "Application/JSON; charset=utf-8"}
    wrapped = await client.put(path, content=body, headers=headers | {"Content-Encoding": "gzip"})
    check(wrapped, 415, "unsupported-media-type")
    assert (await client.put(path, content=body, headers=headers)).status_code == 200


async def test_a_nul_in_an_address_is_refused(client: httpx.AsyncClient, pair: Pair) -> None:
    for path in ("/v1/accounts?domain=a%00b", "/v1/accounts/%00", "/v1/imports?filename=%00"):
        check(await client.get(path, headers=pair.left.headers), 400, "bad-request")


async def test_an_upload_beyond_the_quota_is_refused(client: httpx.AsyncClient, pair: Pair) -> None:
    async with pair.world.database.tenant(pair.left.id) as session:
        await set_quotas(session, pair.world.clock, {Quota.UPLOAD_BYTES: 5})
    answer = await client.post("/v1/imports", content=b"Company\nA\n", headers=pair.left.headers)
    check(answer, 403, "quota-exceeded")
    assert list(pair.world.spool.folder.iterdir()) == []
