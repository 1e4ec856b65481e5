"""Budgets as callers see them."""

import httpx
import pytest
from fastapi import FastAPI

from service.api.app import build_app, set_state
from service.guards.limits import Limiter, RateLimits
from service.http.state import AppState
from service.organizations.models import Role
from tests.factories.people import browser_of, make_person, member
from tests.factories.world import Member, Pair, World


@pytest.fixture
def app(world: World) -> FastAPI:
    built = build_app(world.ids)
    limiter = Limiter(RateLimits(caller=40, organization=60, seconds=1_000_000_000))
    set_state(
        built,
        AppState(world.database, world.keystore, world.spool, world.clock, world.ids, limiter=limiter),
    )
    return built


async def passing(client: httpx.AsyncClient, member: Member, times: int) -> list[httpx.Response]:
    return [await client.get("/v1/populations", headers=member.headers) for _ in range(times)]


async def test_answers_tell_what_is_left(client: httpx.AsyncClient, pair: Pair) -> None:
    answers = await passing(client, pair.left, 5)
    for number, answer in enumerate(answers, start=1):
        assert answer.headers["ratelimit-limit"] == "40"
        assert answer.headers["ratelimit-remaining"] == str(40 - number)
        assert int(answer.headers["ratelimit-reset"]) > 0
    assert answers[-1].headers["ratelimit-policy"] == (
        '"caller";q=40;w=1000000000, "organization";q=60;w=1000000000'
    )
    assert answers[-1].headers["ratelimit"].startswith('"caller";r=35;t=')


async def test_beyond_the_budget_requests_are_refused_with_when_to_come_back(
    client: httpx.AsyncClient, pair: Pair, app: FastAPI
) -> None:
    answers = await passing(client, pair.left, 45)
    assert [answer.status_code for answer in answers] == [200] * 40 + [429] * 5
    refused = answers[-1]
    assert refused.json()["type"] == "urn:commonground:problem:rate-limited"
    assert int(refused.headers["retry-after"]) > 0
    assert refused.headers["ratelimit-remaining"] == "0"
    assert "commonground_rate_limit_refusals_total 5.0" in app.state.commonground.metrics.text().decode()
    assert (await passing(client, pair.right, 1))[0].status_code == 200


async def test_uploads_and_changes_count_too(client: httpx.AsyncClient, pair: Pair) -> None:
    rule = f"/v1/partnerships/{pair.partnership.id}/sharing-rules/customers"
    await client.put(rule, json={"level": "matched"}, headers=pair.left.headers)
    upload = await client.post("/v1/imports", content=b"Company\nA\n", headers=pair.left.headers)
    key = await client.post(
        "/v1/api-keys", json={"name": "x", "scopes": ["accounts:read"]}, headers=pair.left.headers
    )
    assert [upload.status_code, key.status_code] == [202, 201]
    assert key.headers["ratelimit-remaining"] == "37"


async def test_a_bad_key_spends_nobodys_budget(client: httpx.AsyncClient, pair: Pair) -> None:
    good = pair.left.key
    swapped = good[:40] + ("a" if good[40] != "a" else "b") + good[41:]
    for key in (swapped, good[:-1], "x"):
        for _ in range(50):
            answer = await client.get("/v1/populations", headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == 401
            assert "ratelimit-limit" not in answer.headers
    assert (await passing(client, pair.left, 1))[0].headers["ratelimit-remaining"] == "39"


async def test_routes_of_people_spend_their_budget_as_others_do(app: FastAPI, world: World) -> None:
    people = app.state.commonground.people
    org = await world.organization("acme")
    ada = await member(people, org.id, Role.ADMIN, email="ada@example.com")
    async with browser_of(app, ada) as browser:
        statuses = [(await browser.ask("GET", "/v1/person/me")).status_code for _ in range(20)]
        statuses += [(await browser.ask("GET", "/v1/populations")).status_code for _ in range(15)]
        statuses += [
            (await browser.ask("PATCH", "/v1/person/me", json={"name": "A"})).status_code for _ in range(5)
        ]
        assert set(statuses) == {200}
        refused = await browser.ask("GET", "/v1/person/me")
    assert refused.json()["type"] == "urn:commonground:problem:rate-limited"
    assert (refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]) == ("40", "0")


async def test_people_of_no_organization_have_a_budget_too(app: FastAPI) -> None:
    lone = await make_person(app.state.commonground.people, "lone@example.com")
    async with browser_of(app, lone) as browser:
        answers = [await browser.ask("GET", "/v1/person/me") for _ in range(41)]
    assert [answer.status_code for answer in answers] == [200] * 40 + [429]
    assert answers[0].headers["ratelimit-remaining"] == "39"


async def test_people_of_no_organization_share_no_budget(app: FastAPI) -> None:
    people = app.state.commonground.people
    lone, other = [await make_person(people, f"{name}@example.com") for name in ("lone", "other")]
    async with browser_of(app, lone) as browser, browser_of(app, other) as theirs:
        for _ in range(40):
            await browser.ask("GET", "/v1/person/me")
        answers = [await theirs.ask("GET", "/v1/person/me") for _ in range(40)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].headers["ratelimit-policy"] == '"caller";q=40;w=1000000000'
    assert [answer.headers["ratelimit-remaining"] for answer in answers[:2]] == ["39", "38"]


async def test_a_session_that_has_ended_spends_nobodys_budget(app: FastAPI) -> None:
    lone = await make_person(app.state.commonground.people, "lone@example.com")
    async with browser_of(app, lone) as browser, browser_of(app, lone) as other:
        await browser.ask("DELETE", "/v1/sessions")
        answers = [await other.ask("GET", "/v1/person/me") for _ in range(5)]
        assert {(answer.status_code, "ratelimit-limit" in answer.headers) for answer in answers} == {
            (401, False)
        }
        assert (await browser.ask("GET", "/v1/person/me")).headers["ratelimit-remaining"] == "38"


async def test_a_revoked_key_is_forgotten(client: httpx.AsyncClient, pair: Pair, app: FastAPI) -> None:
    wish = {"name": "x", "scopes": ["accounts:read"]}
    made = (await client.post("/v1/api-keys", json=wish, headers=pair.left.headers)).json()
    theirs = {"Authorization": f"Bearer {made['key']}"}
    assert (await client.get("/v1/populations", headers=theirs)).status_code == 200
    revoked = await client.post(f"/v1/api-keys/{made['id']}/revoke", headers=pair.left.headers)
    assert revoked.is_success, revoked.text
    left = revoked.headers["ratelimit-remaining"]
    assert left == "38"
    statuses = {(await client.get("/v1/populations", headers=theirs)).status_code for _ in range(50)}
    assert statuses == {401}
    after = (await passing(client, pair.left, 1))[0].headers["ratelimit"]
    assert '"organization";r=55' in after


async def test_what_needs_no_key_has_no_budget(client: httpx.AsyncClient) -> None:
    assert "ratelimit-limit" not in (await client.get("/livez")).headers
