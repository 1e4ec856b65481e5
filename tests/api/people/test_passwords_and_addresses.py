"""Changing and forgetting a password, showing that an address is one's own, and letters that tell of it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from service.kit.actors import OPERATOR
from service.kit.clock import FixedClock
from service.organizations.credentials import issue_reset, set_disabled
from service.organizations.errors import PasswordsBusyError
from service.organizations.models import Person
from service.organizations.people import Device, People
from service.organizations.people_repository import Persons
from service.organizations.rules import RESET_LASTS, VERIFICATION_LASTS
from service.organizations.sessions import start_session
from service.organizations.tokens import new_link
from tests.api.people.conftest import Mail
from tests.factories.people import HOME, PASSWORD, Browser, bear, browser_of, new_client

NEW = "a new and better one"


@pytest.fixture
async def browser(app: FastAPI, admin: Person) -> AsyncIterator[Browser]:
    async with browser_of(app, admin) as opened:
        yield opened


async def change(browser: Browser, current: str = PASSWORD, new: str = NEW) -> httpx.Response:
    return await browser.ask("POST", "/v1/person/me/password", json={"current": current, "new": new})


async def signs_in(client: httpx.AsyncClient, password: str) -> int:
    client.cookies.clear()
    body = {"email": "ada@example.com", "password": password}
    return (await client.post("/v1/sessions", json=body)).status_code


async def ask_for_reset(client: httpx.AsyncClient, email: str = "ada@example.com") -> httpx.Response:
    return await client.post("/v1/password-resets", json={"email": email})


async def reset(client: httpx.AsyncClient, token: str, password: str = NEW) -> int:
    body = {"token": token, "password": password}
    return (await client.post("/v1/password-resets/complete", json=body)).status_code


async def test_changing_the_password_ends_all_other_sessions_and_renews_this_one(
    app: FastAPI, admin: Person, browser: Browser, client: httpx.AsyncClient
) -> None:
    [old] = browser.client.cookies.values()
    async with browser_of(app, admin) as other:
        assert (await change(browser)).status_code == 204
        assert (await other.client.get("/v1/accounts")).status_code == 401
    assert (await browser.client.get("/v1/accounts")).status_code == 200
    bear(client, old)
    assert (await client.get("/v1/accounts")).status_code == 401, "without a moment's grace"
    assert await signs_in(client, PASSWORD) == 401
    assert await signs_in(client, NEW) == 201


async def test_wrong_current_password_changes_nothing_and_is_throttled(
    browser: Browser, client: httpx.AsyncClient
) -> None:
    statuses = [(await change(browser, "wrong wrong wrong")).status_code for _ in range(8)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    async with new_client(browser.client._transport.app, "198.51.100.1") as elsewhere:  # type: ignore[attr-defined]
        assert await signs_in(elsewhere, PASSWORD) == 201


async def test_a_service_too_busy_to_hash_the_new_password_counts_no_failure(
    app: FastAPI, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.state.commonground.passwords, "_room", 0)
    assert {(await change(browser)).status_code for _ in range(8)} == {503}
    monkeypatch.undo()
    assert (await change(browser)).status_code == 204


@pytest.mark.parametrize("weak", ["elevenchars", "QwertyQwerty", "x" * 257])
async def test_weak_new_password_is_refused(browser: Browser, client: httpx.AsyncClient, weak: str) -> None:
    assert (await change(browser, new=weak)).status_code == 422
    assert await signs_in(client, PASSWORD) == 201


async def test_reset_letter_sets_the_password_once_and_ends_every_session(
    browser: Browser, client: httpx.AsyncClient, mail: Mail
) -> None:
    assert (await ask_for_reset(client)).status_code == 202
    token = await mail.link()
    assert await reset(client, token) == 204
    assert (await browser.client.get("/v1/accounts")).status_code == 401
    assert await reset(client, token, "yet another password") == 404
    assert await signs_in(client, NEW) == 201


async def test_reset_is_answered_alike_for_known_unknown_and_disabled(
    client: httpx.AsyncClient, people: People, admin: Person, mail: Mail
) -> None:
    known, unknown = await ask_for_reset(client), await ask_for_reset(client, "nobody@example.com")
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert set(known.headers) == set(unknown.headers)
    assert len(await mail.deliver()) == 1
    await set_disabled(people, admin.email, disabled=True, actor=OPERATOR)
    assert (await ask_for_reset(client)).json() == known.json()
    assert await mail.deliver() == []


async def test_without_mail_the_answer_is_the_same_and_shows_no_link(
    client: httpx.AsyncClient, admin: Person, superuser: asyncpg.Connection
) -> None:
    answer = await ask_for_reset(client)
    assert answer.status_code == 202
    assert "cg_link_" not in answer.text
    assert await superuser.fetchval("SELECT count(*) FROM person_link") == 0


async def test_reset_link_expires_and_a_newer_one_ends_it(
    client: httpx.AsyncClient, admin: Person, mail: Mail, clock: FixedClock
) -> None:
    await ask_for_reset(client)
    first = await mail.link()
    await ask_for_reset(client)
    second = await mail.link()
    assert await reset(client, first) == 404
    clock.advance(RESET_LASTS)
    assert await reset(client, second) == 404
    assert await reset(client, new_link()) == 404
    assert await reset(client, "garbled") == 404


async def test_weak_password_uses_no_reset_link(
    client: httpx.AsyncClient, admin: Person, people: People
) -> None:
    token = await issue_reset(people, admin.email)
    assert await reset(client, token, "short") == 422
    assert await reset(client, token) == 204


async def test_changing_the_password_ends_reset_links(
    browser: Browser, client: httpx.AsyncClient, admin: Person, people: People
) -> None:
    token = await issue_reset(people, admin.email)
    assert (await change(browser)).status_code == 204
    assert await reset(client, token, "yet another password") == 404


async def test_links_of_one_purpose_do_not_serve_another(
    client: httpx.AsyncClient, people: People, admin: Person
) -> None:
    token = await issue_reset(people, admin.email)
    assert (await client.post("/v1/email-verifications", json={"token": token})).status_code == 404


async def test_reset_links_are_stored_as_digests_only(
    people: People, admin: Person, superuser: asyncpg.Connection
) -> None:
    token = await issue_reset(people, admin.email)
    assert token[8:] not in str([dict(row) for row in await superuser.fetch("SELECT * FROM person_link")])


async def unproven(people: People, person: Person) -> None:
    async with people.database.directory() as session:
        stored = await Persons(session).by_id(person.id)
        assert stored is not None
        stored.email_verified_at = None


async def test_letter_shows_that_the_address_is_the_persons(
    browser: Browser, people: People, admin: Person, mail: Mail
) -> None:
    await unproven(people, admin)
    assert (await browser.ask("POST", "/v1/person/me/email-verification")).status_code == 202
    token = await mail.link()
    assert (await browser.client.post("/v1/email-verifications", json={"token": token})).status_code == 204
    assert (await browser.client.get("/v1/person/me")).json()["email_verified"] is True
    assert (await browser.client.post("/v1/email-verifications", json={"token": token})).status_code == 404
    await browser.ask("POST", "/v1/person/me/email-verification")
    assert await mail.deliver() == [], "it is shown already"


async def test_verification_link_expires(
    browser: Browser, people: People, admin: Person, mail: Mail, clock: FixedClock
) -> None:
    await unproven(people, admin)
    await browser.ask("POST", "/v1/person/me/email-verification")
    token = await mail.link()
    clock.advance(VERIFICATION_LASTS)
    assert (await browser.client.post("/v1/email-verifications", json={"token": token})).status_code == 404


async def test_person_is_told_of_a_sign_in_from_a_new_device_only(
    people: People, app: FastAPI, admin: Person, mail: Mail
) -> None:
    state = app.state.commonground
    await start_session(state.people, admin, HOME, how="password")
    assert await mail.deliver() == [], "the first device is the one that signed up"
    await start_session(state.people, admin, HOME, how="password")
    assert await mail.deliver() == []
    await start_session(state.people, admin, Device("203.0.113.5", "Strange\r\nBrowser"), how="password")
    [letter] = await mail.deliver()
    assert "Strange Browser" in str(letter.get_content())
    await start_session(state.people, admin, Device("203.0.113.5", "Strange\r\nBrowser"), how="password")
    assert await mail.deliver() == []


async def test_person_is_told_of_a_changed_password(browser: Browser, mail: Mail) -> None:
    await change(browser)
    [letter] = await mail.deliver()
    assert str(letter["Subject"]) == "Your password was changed"


async def test_too_many_sign_ins_at_once_are_told_to_come_back(
    app: FastAPI, client: httpx.AsyncClient, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.state.commonground.passwords, "_room", 0)
    body = {"email": "ada@example.com", "password": PASSWORD}
    answer = await client.post("/v1/sessions", json=body)
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:commonground:problem:passwords-busy"
    assert answer.headers["retry-after"] == PasswordsBusyError().headers["Retry-After"]


async def test_no_address_or_secret_is_logged(
    browser: Browser, client: httpx.AsyncClient, mail: Mail, capsys: pytest.CaptureFixture[str]
) -> None:
    await ask_for_reset(client)
    token = await mail.link()
    await reset(client, token)
    await signs_in(client, "wrong wrong wrong")
    await signs_in(client, NEW)
    said = "".join(capsys.readouterr())
    for secret in ("ada@example.com", token, NEW, "wrong wrong", *client.cookies.values()):
        assert secret not in said


async def test_clock_that_goes_back_a_little_keeps_people_signed_in(
    browser: Browser, clock: FixedClock
) -> None:
    clock.advance(timedelta(minutes=5))
    assert (await browser.client.get("/v1/accounts")).status_code == 200
    clock.advance(timedelta(minutes=-10))
    assert (await browser.client.get("/v1/accounts")).status_code == 200
