"""Signing in: what is asked, what is told, and how guessing is slowed down."""

import asyncio
from datetime import timedelta

import asyncpg
import httpx
import pyotp
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from service.db.errors import DatabaseUnavailable
from service.kit.clock import FixedClock
from service.organizations.errors import PasswordsBusyError
from service.organizations.models import Person, Role
from service.organizations.people import People
from service.organizations.people_repository import Persons
from service.organizations.sessions import csrf_token
from service.organizations.sign_in import Credentials, sign_in
from service.organizations.totp import sealed_secret
from tests.factories.people import HOME, PASSWORD, Browser, bear, browser_of, join, make_person, new_client
from tests.factories.world import Member, World

WEAKER = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
full_cost = pytest.mark.parametrize("hasher", [None], ids=["full cost"])


async def attempt(
    client: httpx.AsyncClient, email: str = "ada@example.com", password: str = PASSWORD, **more: object
) -> httpx.Response:
    return await client.post("/v1/sessions", json={"email": email, "password": password, **more})


async def failures(superuser: asyncpg.Connection) -> list[int]:
    return sorted(row["failures"] for row in await superuser.fetch("SELECT failures FROM login_attempt"))


async def test_right_credentials_give_a_session_in_the_persons_organization(
    client: httpx.AsyncClient, admin: Person, org: Member
) -> None:
    answer = await attempt(client)
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert (said["organization_id"], said["role"]) == (str(org.id), "admin")
    assert (await client.get("/v1/organizations/me")).json()["handle"] == "acme"


async def test_case_and_spaces_of_the_domain_do_not_matter(client: httpx.AsyncClient, admin: Person) -> None:
    assert (await attempt(client, "Ada@EXAMPLE.com")).status_code == 201


async def test_wrong_password_unknown_address_and_no_address_are_answered_alike(
    client: httpx.AsyncClient, admin: Person
) -> None:
    answers = [
        await attempt(client, email, "wrong wrong wrong")
        for email in ("ada@example.com", "nobody@example.com", "no address at all")
    ]
    bodies = [{**answer.json(), "request_id": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert bodies[0]["type"] == "urn:commonground:problem:invalid-credentials"
    assert bodies[0] == bodies[1] == bodies[2]
    assert {"set-cookie"}.isdisjoint(answers[0].headers)
    assert set(answers[0].headers) == set(answers[1].headers)


@full_cost
async def test_an_unknown_address_costs_a_hash_as_a_known_one_does(
    app: FastAPI, client: httpx.AsyncClient, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords, judged = app.state.commonground.passwords, []
    judge = passwords._judge
    monkeypatch.setattr(
        passwords, "_judge", lambda stored, given: judged.append(stored) or judge(stored, given)
    )
    for email in ("ada@example.com", "nobody@example.com"):
        await attempt(client, email, "wrong wrong wrong")
    costs = [stored.split("$")[3] for stored in judged]
    assert costs == ["m=19456,t=2,p=1"] * 2


async def test_person_without_a_password_cannot_sign_in_with_one(
    client: httpx.AsyncClient, people: People
) -> None:
    await make_person(people, "sso@example.com")
    assert (await attempt(client, "sso@example.com")).status_code == 401


@full_cost
async def test_stored_password_is_argon2id_with_owasp_parameters_and_nothing_else(
    admin: Person, superuser: asyncpg.Connection
) -> None:
    [row] = await superuser.fetch("SELECT * FROM person")
    assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in str(dict(row))


@full_cost
async def test_weaker_hash_is_renewed_at_sign_in(
    client: httpx.AsyncClient, people: People, admin: Person
) -> None:
    async with people.database.directory() as session:
        stored = await Persons(session).by_id(admin.id)
        assert stored is not None
        stored.password_hash = WEAKER.hash(PASSWORD)
    assert (await attempt(client)).status_code == 201
    async with people.database.directory() as session:
        renewed = await Persons(session).by_id(admin.id)
        assert renewed is not None
        assert renewed.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await attempt(client)).status_code == 201


@pytest.mark.parametrize("guesses", [60, pytest.param(1000, marks=pytest.mark.slow)])
async def test_of_many_guesses_in_a_row_a_handful_is_judged(
    client: httpx.AsyncClient, admin: Person, guesses: int
) -> None:
    statuses = [(await attempt(client, password="wrong wrong wrong")).status_code for _ in range(guesses)]
    assert statuses[:6] == [401] * 6
    assert set(statuses[6:]) == {429}


async def test_the_wait_grows_with_each_failure(
    client: httpx.AsyncClient, admin: Person, clock: FixedClock
) -> None:
    for _ in range(6):
        await attempt(client, password="wrong wrong wrong")
    waits = []
    for _ in range(4):
        answer = await attempt(client, password="wrong wrong wrong")
        assert answer.json()["type"] == "urn:commonground:problem:too-many-attempts"
        waits.append(int(answer.headers["retry-after"]))
        clock.advance(timedelta(seconds=waits[-1]))
        await attempt(client, password="wrong wrong wrong")
    assert waits == [2, 4, 8, 16]


async def test_right_password_is_not_even_tried_while_the_guesser_waits(
    client: httpx.AsyncClient, admin: Person, clock: FixedClock
) -> None:
    for _ in range(6):
        await attempt(client, password="wrong wrong wrong")
    assert (await attempt(client)).status_code == 429
    clock.advance(timedelta(minutes=15))
    assert (await attempt(client)).status_code == 201


async def test_a_stranger_does_not_lock_the_person_out_elsewhere(
    app: FastAPI, client: httpx.AsyncClient, admin: Person
) -> None:
    for _ in range(20):
        await attempt(client, password="wrong wrong wrong")
    async with new_client(app, "198.51.100.9") as elsewhere:
        assert (await attempt(elsewhere)).status_code == 201


async def test_one_network_is_slowed_down_over_all_addresses_that_it_tries(
    client: httpx.AsyncClient, admin: Person
) -> None:
    statuses = [
        (await attempt(client, f"someone{n}@example.com", "wrong wrong wrong")).status_code for n in range(33)
    ]
    assert statuses[:30] == [401] * 30
    assert statuses[-1] == 429


async def test_addresses_of_one_ipv6_network_count_as_one(app: FastAPI, admin: Person) -> None:
    statuses = []
    for n in range(8):
        async with new_client(app, f"2001:db8:1:2::{n + 1}") as client:
            statuses.append((await attempt(client, password="wrong wrong wrong")).status_code)
    assert statuses[-1] == 429


async def test_signing_in_forgets_the_persons_own_failures(
    client: httpx.AsyncClient, admin: Person, superuser: asyncpg.Connection
) -> None:
    for _ in range(4):
        await attempt(client, password="wrong wrong wrong")
    assert (await attempt(client)).status_code == 201
    assert await failures(superuser) == [4]


@pytest.mark.parametrize("fault", [PasswordsBusyError, DatabaseUnavailable, asyncio.CancelledError])
async def test_a_try_that_was_not_judged_is_no_failure(
    people: People, admin: Person, superuser: asyncpg.Connection, fault: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    async def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(people.passwords, "verify", fail)
    for _ in range(8):
        with pytest.raises(fault):
            await sign_in(people, Credentials("ada@example.com", PASSWORD), HOME)
    assert await failures(superuser) == [0, 0]
    monkeypatch.undo()
    await sign_in(people, Credentials("ada@example.com", PASSWORD), HOME)


async def test_right_passwords_leave_nothing_with_the_network_also_where_a_code_is_asked_for(
    client: httpx.AsyncClient, app_codes: pyotp.TOTP, clock: FixedClock, superuser: asyncpg.Connection
) -> None:
    for _ in range(40):
        assert (await attempt(client)).json()["type"] == "urn:commonground:problem:second-factor-required"
        clock.advance(timedelta(seconds=30))
        assert (await attempt(client, code=app_codes.at(clock.now()))).status_code == 201
    assert await failures(superuser) == [0]


async def test_a_wrong_code_counts_as_such_and_not_as_a_wrong_password(
    client: httpx.AsyncClient, app_codes: pyotp.TOTP, superuser: asyncpg.Connection
) -> None:
    await attempt(client, code="000000")
    assert await failures(superuser) == [0, 0, 1]


async def test_failures_of_a_network_are_forgotten_although_others_follow(
    client: httpx.AsyncClient, admin: Person, clock: FixedClock
) -> None:
    for n in range(60):
        answer = await attempt(client, f"someone{n}@example.com", "wrong wrong wrong")
        assert answer.status_code == 401, "a mistake every five minutes is an office, no guessing"
        assert (await attempt(client)).status_code == 201
        clock.advance(timedelta(minutes=5))


async def test_failures_for_one_person_are_not_forgotten_while_others_follow(
    client: httpx.AsyncClient, admin: Person, clock: FixedClock
) -> None:
    for _ in range(20):
        assert (await attempt(client, password="wrong wrong wrong")).status_code == 401
        clock.advance(timedelta(minutes=15))
    await attempt(client, password="wrong wrong wrong")
    assert int((await attempt(client)).headers["retry-after"]) == 900


async def test_attempts_hold_no_address_and_are_cleared_away(
    client: httpx.AsyncClient, admin: Person, superuser: asyncpg.Connection, clock: FixedClock
) -> None:
    for n in range(5):
        await attempt(client, f"someone{n}@example.com", "wrong wrong wrong")
    rows = await superuser.fetch("SELECT * FROM login_attempt")
    assert len(rows) == 6
    assert "someone" not in str([bytes(row["key"]) for row in rows])
    clock.advance(timedelta(hours=3))
    await attempt(client, password="wrong wrong wrong")
    assert await superuser.fetchval("SELECT count(*) FROM login_attempt") == 2


async def test_disabled_person_is_answered_as_a_wrong_password(
    client: httpx.AsyncClient, people: People, admin: Person
) -> None:
    wrong = (await attempt(client, password="wrong wrong wrong")).json()
    async with people.database.directory() as session:
        stored = await Persons(session).by_id(admin.id)
        assert stored is not None
        stored.disabled_at = people.clock.now()
    answer = await attempt(client)
    assert answer.status_code == 401
    assert {**answer.json(), "request_id": ""} == {**wrong, "request_id": ""}


async def test_other_organization_can_be_chosen_and_a_strangers_not(
    client: httpx.AsyncClient, world: World, people: People, admin: Person
) -> None:
    second, foreign = await world.organization("second"), await world.organization("foreign")
    await join(people, admin, second.id, Role.VIEWER)
    chosen = await attempt(client, organization_id=str(second.id))
    assert (chosen.json()["organization_id"], chosen.json()["role"]) == (str(second.id), "viewer")
    refused = await attempt(client, organization_id=str(foreign.id))
    assert refused.status_code == 404


async def test_person_who_belongs_nowhere_is_signed_in_nowhere(
    client: httpx.AsyncClient, people: People
) -> None:
    await make_person(people, "lone@example.com", password=PASSWORD)
    answer = await attempt(client, "lone@example.com")
    assert answer.json()["organization_id"] is None
    assert (await client.get("/v1/person/me")).json()["organizations"] == []
    assert (await client.get("/v1/accounts")).status_code == 401


async def test_signing_in_anew_replaces_the_browsers_session_and_its_cookie(
    app: FastAPI, admin: Person
) -> None:
    async with browser_of(app, admin) as browser:
        [before] = browser.client.cookies.values()
        assert (await attempt(browser.client)).status_code == 201
        assert [before] != list(browser.client.cookies.values())
        bear(browser.client, before)
        assert (await browser.client.get("/v1/person/me")).status_code == 401


async def test_another_site_cannot_sign_a_browser_in(client: httpx.AsyncClient, admin: Person) -> None:
    answer = await client.post(
        "/v1/sessions",
        json={"email": "ada@example.com", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_csrf_token_is_the_one_that_changes_need(client: httpx.AsyncClient, admin: Person) -> None:
    answer = await attempt(client)
    browser = Browser(client, None, answer.json()["csrf_token"])
    assert (await browser.ask("PATCH", "/v1/person/me", json={"name": "Ada L."})).status_code == 200
    assert (await client.get("/v1/sessions/current")).json()["csrf_token"] == browser.csrf


async def test_password_with_characters_that_look_alike_is_the_same(
    client: httpx.AsyncClient, people: People
) -> None:
    await make_person(people, "x@example.com", password="Pa\u0308sswort mit Umlaut")
    assert (await attempt(client, "x@example.com", "P\u00e4sswort mit Umlaut")).status_code == 201


def test_csrf_tokens_of_two_sessions_differ(people: People) -> None:
    assert csrf_token(people, people.ids.new()) != csrf_token(people, people.ids.new())


@pytest.fixture
async def app_codes(people: People, admin: Person) -> pyotp.TOTP:
    """The admin's authenticator app."""
    totp = pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    async with people.database.directory() as session:
        stored = await Persons(session).by_id(admin.id)
        assert stored is not None
        stored.totp_secret = sealed_secret(people.keystore, stored, totp.byte_secret())
        stored.totp_confirmed_at = people.clock.now()
    return totp


async def test_second_factor_is_asked_for_once_the_password_is_right_and_never_before(
    client: httpx.AsyncClient, app_codes: pyotp.TOTP, clock: FixedClock
) -> None:
    wrong = await attempt(client, password="wrong wrong wrong")
    assert wrong.json()["type"] == "urn:commonground:problem:invalid-credentials"
    for code in (None, "000000", "garbled"):
        answer = await attempt(client, code=code)
        assert answer.status_code == 401
        assert answer.json()["type"] == "urn:commonground:problem:second-factor-required"
    code = app_codes.at(clock.now())
    assert (await attempt(client, code=code)).status_code == 201
    assert (await client.get("/v1/sessions")).json()["items"][0]["second_factor"] is True
    assert (await attempt(client, code=code)).status_code == 401, "each code is good once"


async def test_codes_are_guessed_slowly_from_wherever(
    app: FastAPI, app_codes: pyotp.TOTP, clock: FixedClock
) -> None:
    statuses = []
    for n in range(10):
        async with new_client(app, f"198.51.100.{n}") as client:
            statuses.append((await attempt(client, code="000000")).status_code)
    assert statuses[:6] == [401] * 6
    assert set(statuses[6:]) == {429}
