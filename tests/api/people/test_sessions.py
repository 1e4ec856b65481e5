"""A session's life: cookie, limits, renewal, listing and ending, and requests that it was not meant to make."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from service.http.session_cookie import SECURE_NAME, cookie_name
from service.kit.actors import OPERATOR
from service.kit.clock import FixedClock
from service.organizations.credentials import set_disabled
from service.organizations.models import Person, Role
from service.organizations.people import People
from service.organizations.rules import IDLE, LONGEST_SESSION, OLD_TOKEN_GRACE, RENEW_EVERY
from service.organizations.sessions import start_session
from service.organizations.standing import suspend
from service.organizations.tokens import new_session_token
from tests.factories.people import HOME, PASSWORD, Browser, bear, browser_of, join, make_person, new_client
from tests.factories.world import Member, World


@pytest.fixture
async def browser(app: FastAPI, admin: Person) -> AsyncIterator[Browser]:
    async with browser_of(app, admin) as opened:
        yield opened


def token_of(browser: Browser) -> str:
    [token] = browser.client.cookies.values()
    return token


async def status(browser: Browser, path: str = "/v1/organizations/me") -> int:
    return (await browser.client.get(path)).status_code


async def test_cookie_is_bound_to_host_and_tls_and_out_of_reach_of_scripts(
    app: FastAPI, admin: Person
) -> None:
    state = app.state.commonground
    object.__setattr__(state, "public_url", "https://commonground.example")
    async with new_client(app) as client:
        answer = await client.post("/v1/sessions", json={"email": "ada@example.com", "password": PASSWORD})
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == "__Host-commonground"
    assert rest.split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"]


@pytest.mark.parametrize("url", ["http://commonground.example", "http://0.0.0.0:8000", "https://127.0.0.1"])
def test_cookie_has_its_plain_name_over_http_on_this_machine_only(url: str) -> None:
    assert cookie_name(url) == SECURE_NAME
    assert cookie_name("http://127.0.0.1:8000") == cookie_name("http://localhost:8000") == "commonground"


async def test_token_is_stored_as_a_digest_only(browser: Browser, superuser: asyncpg.Connection) -> None:
    [row] = await superuser.fetch("SELECT * FROM session")
    token = token_of(browser)
    assert len(token) == 78
    assert token[26:] not in str(dict(row))


@pytest.mark.parametrize("path", ["/v1/organizations/me", "/v1/person/me", "/v1/sessions"])
async def test_made_up_and_garbled_tokens_are_nobodys(
    browser: Browser, path: str, client: httpx.AsyncClient
) -> None:
    good = token_of(browser)
    for wrong in ("x", good[:-1] + ("0" if good[-1] != "0" else "1"), good.upper(), good + "0"):
        bear(client, wrong)
        answer = await client.get(path)
        assert answer.status_code == 401
        assert answer.json()["type"] == "urn:commonground:problem:not-signed-in"


async def test_token_of_one_organization_does_not_open_another(
    browser: Browser, world: World, client: httpx.AsyncClient
) -> None:
    other = await world.organization("other")
    bear(client, new_session_token(other.id).text[:26] + token_of(browser)[26:])
    assert (await client.get("/v1/organizations/me")).status_code == 401


async def test_signing_out_ends_the_session_at_once(browser: Browser, client: httpx.AsyncClient) -> None:
    token = token_of(browser)
    answer = await browser.ask("DELETE", "/v1/sessions/current")
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    bear(client, token)
    assert (await client.get("/v1/organizations/me")).status_code == 401


async def test_unused_session_ends_and_a_used_one_goes_on(browser: Browser, clock: FixedClock) -> None:
    for _ in range(3):
        clock.advance(IDLE - timedelta(seconds=1))
        assert await status(browser) == 200
    clock.advance(IDLE)
    assert await status(browser) == 401


async def test_no_session_outlives_its_longest_time_however_busy(browser: Browser, clock: FixedClock) -> None:
    for _ in range(int(LONGEST_SESSION / timedelta(minutes=20)) - 1):
        clock.advance(timedelta(minutes=20))
        assert await status(browser) == 200
    clock.advance(timedelta(minutes=20))
    assert await status(browser) == 401


async def test_use_is_written_at_most_once_a_minute(
    browser: Browser, clock: FixedClock, superuser: asyncpg.Connection
) -> None:
    began = clock.now()
    clock.advance(timedelta(seconds=59))
    await status(browser)
    assert await superuser.fetchval("SELECT last_seen_at FROM session") == began
    clock.advance(timedelta(seconds=1))
    await status(browser)
    assert await superuser.fetchval("SELECT last_seen_at FROM session") == clock.now()


async def test_token_is_renewed_while_it_is_used_and_the_old_one_dies_after_a_moment(
    browser: Browser, clock: FixedClock, client: httpx.AsyncClient
) -> None:
    old = token_of(browser)
    clock.advance(RENEW_EVERY)
    assert await status(browser) == 200
    assert token_of(browser) != old
    bear(client, old)
    assert (await client.get("/v1/organizations/me")).status_code == 200, "a request that was under way"
    assert "set-cookie" not in (await client.get("/v1/organizations/me")).headers
    clock.advance(OLD_TOKEN_GRACE)
    assert (await client.get("/v1/organizations/me")).status_code == 401
    assert await status(browser) == 200


async def test_renewal_reaches_the_browser_from_writes_and_from_routes_of_people(
    browser: Browser, clock: FixedClock
) -> None:
    tokens = {token_of(browser)}
    for method, path, body in (
        ("PATCH", "/v1/person/me", {"name": "Ada"}),
        ("POST", "/v1/member-invitations", {"email": "b@example.com", "role": "viewer"}),
        ("GET", "/v1/overlaps?partnership=00000000-0000-7000-8000-000000000000", None),
    ):
        clock.advance(RENEW_EVERY)
        await browser.ask(method, path, json=body)
        tokens.add(token_of(browser))
    assert len(tokens) == 3, "a request that fails renews nothing"


async def test_csrf_token_survives_the_renewal(browser: Browser, clock: FixedClock) -> None:
    clock.advance(RENEW_EVERY)
    await status(browser)
    assert (await browser.ask("PATCH", "/v1/person/me", json={"name": "Ada"})).status_code == 200


CHANGES = [
    ("PATCH", "/v1/person/me", {"name": "Mallory"}),
    ("POST", "/v1/member-invitations", {"email": "m@example.com", "role": "admin"}),
    ("DELETE", "/v1/sessions/current", None),
    ("POST", "/v1/api-keys", {"name": "x", "scopes": ["accounts:read"]}),
    ("POST", "/v1/imports", None),
    ("POST", "/v1/sign-up", {"handle": "mallory", "organization_name": "M"}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_a_change_that_was_not_meant_is_refused(
    app: FastAPI, browser: Browser, method: str, path: str, body: object
) -> None:
    stranger = await make_person(app.state.commonground.people, "eve@example.com")
    async with browser_of(app, stranger) as other:
        wrong = [{}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": other.csrf}]
    wrong.append({"X-CSRF-Token": browser.csrf, "Sec-Fetch-Site": "cross-site"})
    for headers in wrong:
        answer = await browser.client.request(method, path, json=body, headers=headers)
        assert answer.status_code == 403, answer.text
        assert answer.json()["type"] == "urn:commonground:problem:cross-site"
    assert (await browser.client.get("/v1/person/me")).json()["name"] != "Mallory"


async def test_reading_with_the_cookie_needs_no_token_and_changes_nothing(
    browser: Browser, superuser: asyncpg.Connection
) -> None:
    before = [dict(row) for row in await superuser.fetch("SELECT * FROM session")]
    for path in ("/v1/person/me", "/v1/sessions", "/v1/members", "/v1/member-invitations"):
        assert await status(browser, path) == 200
    assert [dict(row) for row in await superuser.fetch("SELECT * FROM session")] == before


async def test_api_key_needs_no_csrf_token_even_beside_a_cookie(browser: Browser, org: Member) -> None:
    body = {"email": "b@example.com", "role": "viewer"}
    answer = await browser.client.post("/v1/member-invitations", json=body, headers=org.headers)
    assert answer.status_code == 201


async def test_own_sessions_are_listed_and_a_strangers_are_not(
    app: FastAPI, people: People, admin: Person, browser: Browser
) -> None:
    stranger = await make_person(people, "eve@example.com")
    async with browser_of(app, admin) as second, browser_of(app, stranger) as other:
        listed = (await browser.client.get("/v1/sessions")).json()["items"]
        assert second.started is not None
        assert browser.started is not None
        assert {one["id"] for one in listed} == {
            str(second.started.session.id),
            str(browser.started.session.id),
        }
        assert [one["current"] for one in listed].count(True) == 1
        assert other.started is not None
        answer = await browser.ask("DELETE", f"/v1/sessions/{other.started.session.id}")
        unknown = await browser.ask("DELETE", f"/v1/sessions/{people.ids.new()}")
        assert answer.status_code == unknown.status_code == 404
        assert {**answer.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
        assert await status(other, "/v1/person/me") == 200


async def test_ending_one_session_and_all_others(app: FastAPI, admin: Person, browser: Browser) -> None:
    async with browser_of(app, admin) as second, browser_of(app, admin) as third:
        assert second.started is not None
        assert (await browser.ask("DELETE", f"/v1/sessions/{second.started.session.id}")).status_code == 204
        assert [await status(one) for one in (browser, second, third)] == [200, 401, 200]
        assert (await browser.ask("DELETE", "/v1/sessions")).status_code == 204
        assert [await status(one) for one in (browser, second, third)] == [200, 401, 401]


async def test_disabled_person_is_out_at_once(browser: Browser, people: People, admin: Person) -> None:
    await set_disabled(people, admin.email, disabled=True, actor=OPERATOR)
    assert await status(browser) == 401
    await set_disabled(people, admin.email, disabled=False, actor=OPERATOR)
    assert await status(browser) == 401, "being let in again revives no session"


async def test_session_in_a_suspended_organization_is_refused_and_people_can_still_leave_it(
    browser: Browser, world: World, org: Member
) -> None:
    async with world.database.tenant(org.id) as session:
        await suspend(session, world.clock)
    answer = await browser.client.get("/v1/accounts")
    assert answer.json()["type"] == "urn:commonground:problem:organization-suspended"
    assert await status(browser, "/v1/person/me") == 200


async def test_switching_acts_in_the_other_organization_with_another_token(
    browser: Browser, world: World, people: People, admin: Person, client: httpx.AsyncClient
) -> None:
    second = await world.organization("second")
    await join(people, admin, second.id, Role.VIEWER)
    old = token_of(browser)
    answer = await browser.ask(
        "PUT", "/v1/sessions/current/organization", json={"organization_id": str(second.id)}
    )
    assert (answer.json()["organization_id"], answer.json()["role"]) == (str(second.id), "viewer")
    assert (await browser.client.get("/v1/organizations/me")).json()["handle"] == "second"
    bear(client, old)
    assert (await client.get("/v1/organizations/me")).status_code == 401


async def test_switching_to_a_strangers_organization_answers_as_to_an_unknown_one(
    browser: Browser, world: World
) -> None:
    foreign = await world.organization("foreign")
    answers = [
        await browser.ask("PUT", "/v1/sessions/current/organization", json={"organization_id": str(wanted)})
        for wanted in (foreign.id, world.ids.new())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert {**answers[0].json(), "request_id": ""} == {**answers[1].json(), "request_id": ""}
    assert (await browser.client.get("/v1/organizations/me")).json()["handle"] == "acme"


async def test_sessions_are_noted_in_the_organizations_log_without_personal_data(
    browser: Browser, superuser: asyncpg.Connection
) -> None:
    await browser.ask("DELETE", "/v1/sessions/current")
    rows = await superuser.fetch("SELECT * FROM audit_entry ORDER BY number")
    actions = [row["action"] for row in rows]
    assert actions[-2:] == ["session.started", "session.ended"]
    assert "ada" not in str([dict(row) for row in rows]).lower()


async def test_ended_sessions_are_forgotten_after_a_month(
    people: People, admin: Person, browser: Browser, clock: FixedClock, superuser: asyncpg.Connection
) -> None:
    await browser.ask("DELETE", "/v1/sessions/current")
    clock.advance(timedelta(days=31))
    await start_session(people, admin, HOME, how="password")
    assert await superuser.fetchval("SELECT count(*) FROM session") == 1
