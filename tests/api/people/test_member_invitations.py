"""Invitations by link: shown or mailed, good once, for one address, in one organization."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from service.kit.clock import FixedClock
from service.organizations import throttle
from service.organizations.models import Person, Role, Scope
from service.organizations.people import People
from service.organizations.people_repository import Persons
from service.organizations.rules import OF_INVITATIONS, ROLE_SCOPES
from service.organizations.tokens import new_invitation_token
from tests.api.people.conftest import Mail
from tests.factories.people import PASSWORD, Browser, browser_of, make_person, new_client
from tests.factories.people import member as make_member
from tests.factories.world import Member, World

BOB = {"name": "Bob", "password": "another good password"}
ACCEPT = "/v1/member-invitations/accept"


@pytest.fixture
async def browser(app: FastAPI, admin: Person) -> AsyncIterator[Browser]:
    async with browser_of(app, admin) as opened:
        yield opened


async def invite(
    browser: Browser, email: str = "bob@example.com", role: str = "sales", **more: int
) -> dict[str, str]:
    answer = await browser.ask("POST", "/v1/member-invitations", json={"email": email, "role": role, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


def token_of(made: dict[str, str]) -> str:
    return made["link"].partition("#")[2]


async def accept(client: httpx.AsyncClient, token: str, **who: str) -> httpx.Response:
    return await client.post(ACCEPT, json={"token": token, **who})


async def test_new_person_accepts_and_is_signed_in_with_the_role(
    browser: Browser, client: httpx.AsyncClient, org: Member
) -> None:
    answer = await accept(client, token_of(await invite(browser)), **BOB)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["organization_id"], answer.json()["role"]) == (str(org.id), "sales")
    assert answer.json()["person"]["email"] == "bob@example.com"
    assert answer.json()["person"]["email_verified"] is False, "the inviter saw the link"
    assert (await client.get("/v1/accounts")).status_code == 200


@pytest.mark.parametrize("role", Role)
async def test_nobody_invites_to_a_role_that_may_do_more_than_they(
    browser: Browser, client: httpx.AsyncClient, world: World, org: Member, role: Role
) -> None:
    """The link stands in the answer: whoever gets it could be what they invited to."""
    pending = await invite(browser, "pending@example.com", role)
    paths = ("/v1/member-invitations", f"/v1/member-invitations/{pending['id']}/resend")
    body = {"email": "bob@example.com", "role": role}
    for scope in ROLE_SCOPES[role] - {Scope.MEMBERS_ADMIN}:
        poor = await world.another_key(org, set(Scope) - {scope})
        for path in paths:
            answer = await client.post(path, json=body, headers=poor.headers)
            assert (answer.status_code, answer.json()["missing_scopes"]) == (403, [scope])
    enough = await world.another_key(org, ROLE_SCOPES[role] | {Scope.MEMBERS_ADMIN})
    for path in paths:
        answer = await client.post(path, json=body, headers=enough.headers)
        assert answer.json()["role"] == role


async def test_link_is_good_once(browser: Browser, client: httpx.AsyncClient) -> None:
    token = token_of(await invite(browser))
    assert (await accept(client, token, **BOB)).status_code == 201
    client.cookies.clear()
    again = await accept(client, token, **BOB)
    assert (again.status_code, again.json()["type"]) == (404, "urn:commonground:problem:invalid-link")


@pytest.fixture
async def worthless(app: FastAPI, admin: Person, clock: FixedClock, world: World) -> list[str]:
    """Links of every kind that is good for nothing any more, or never was."""
    async with browser_of(app, admin) as browser:
        expired = token_of(await invite(browser, "a@example.com", days=1))
    clock.advance(timedelta(days=1))
    async with browser_of(app, admin) as browser:
        withdrawn = await invite(browser, "b@example.com")
        await browser.ask("DELETE", f"/v1/member-invitations/{withdrawn['id']}")
        good = token_of(await invite(browser, "c@example.com"))
        own = (await browser.client.get("/v1/organizations/me")).json()["id"]
    foreign = await world.organization("foreign")
    of_foreign = new_invitation_token(foreign.id).text[:36] + good[36:]
    made_up = [new_invitation_token(org_id).text for org_id in (UUID(own), world.ids.new())]
    return [expired, token_of(withdrawn), of_foreign, *made_up, good.upper(), good[:-1], "cg_invite_x", ""]


async def test_expired_withdrawn_guessed_and_foreign_links_are_answered_alike(
    client: httpx.AsyncClient, worthless: list[str]
) -> None:
    bodies = []
    for token in worthless:
        answer = await accept(client, token, **BOB)
        assert answer.status_code == 404, token
        bodies.append({**answer.json(), "request_id": ""})
    assert all(body == bodies[0] for body in bodies)


async def test_sending_again_makes_the_link_before_worthless_and_lasts_anew(
    browser: Browser, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    made = await invite(browser)
    clock.advance(timedelta(minutes=20))
    answer = await browser.ask("POST", f"/v1/member-invitations/{made['id']}/resend")
    assert answer.status_code == 200
    assert answer.json()["expires_at"] > made["expires_at"]
    assert (await accept(client, token_of(made), **BOB)).status_code == 404
    assert (await accept(client, token_of(answer.json()), **BOB)).status_code == 201


async def test_expired_invitation_can_be_sent_again(
    app: FastAPI, browser: Browser, admin: Person, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    made = await invite(browser)
    clock.advance(timedelta(days=8))
    async with browser_of(app, admin) as fresh:
        assert (await fresh.client.get("/v1/member-invitations")).json()["items"] == []
        answer = await fresh.ask("POST", f"/v1/member-invitations/{made['id']}/resend")
    assert (await accept(client, token_of(answer.json()), **BOB)).status_code == 201


async def test_another_invitation_of_an_address_ends_the_one_before(
    browser: Browser, client: httpx.AsyncClient
) -> None:
    first, second = await invite(browser), await invite(browser, role="viewer")
    assert [one["id"] for one in (await browser.client.get("/v1/member-invitations")).json()["items"]] == [
        second["id"]
    ]
    assert (await accept(client, token_of(first), **BOB)).status_code == 404
    assert (await accept(client, token_of(second), **BOB)).json()["role"] == "viewer"


async def test_who_has_an_account_signs_in_and_accepts(
    app: FastAPI, browser: Browser, client: httpx.AsyncClient, people: People, org: Member
) -> None:
    bob = await make_person(people, "bob@example.com", password=PASSWORD)
    token = token_of(await invite(browser))
    refused = await accept(client, token, **BOB)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:commonground:problem:sign-in-first")
    async with browser_of(app, bob) as his:
        answer = await his.ask("POST", ACCEPT, json={"token": token})
        assert (answer.status_code, answer.json()["organization_id"]) == (201, str(org.id))
    signed_in = await client.post("/v1/sessions", json={"email": "bob@example.com", "password": PASSWORD})
    assert signed_in.status_code == 201, "accepting didn't change the password"


async def test_link_for_another_address_is_refused_and_stays_good(
    app: FastAPI, browser: Browser, client: httpx.AsyncClient, people: People
) -> None:
    eve = await make_person(people, "eve@example.com")
    token = token_of(await invite(browser))
    async with browser_of(app, eve) as hers:
        answer = await hers.ask("POST", ACCEPT, json={"token": token})
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:commonground:problem:other-address")
    assert (await accept(client, token, **BOB)).status_code == 201


async def test_weak_password_uses_no_link(browser: Browser, client: httpx.AsyncClient) -> None:
    token = token_of(await invite(browser))
    for weak in ("short", "QWERTY123456", "x" * 257, ""):
        answer = await accept(client, token, name="Bob", password=weak)
        assert answer.status_code == 422, weak
    assert (await accept(client, token, **BOB)).status_code == 201


async def test_what_is_no_address_is_not_invited(browser: Browser) -> None:
    body = {"email": "no address", "role": "sales"}
    answer = await browser.ask("POST", "/v1/member-invitations", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:commonground:problem:invalid-email")


async def test_members_are_not_invited_again(browser: Browser, people: People, org: Member) -> None:
    await make_member(people, org.id, Role.VIEWER, email="bob@example.com")
    answer = await browser.ask(
        "POST", "/v1/member-invitations", json={"email": "BOB@example.com", "role": "sales"}
    )
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:commonground:problem:already-member")


async def test_invitations_of_another_organization_answer_as_unknown_ones(
    app: FastAPI, browser: Browser, world: World, people: People
) -> None:
    made = await invite(browser)
    foreign = await world.organization("foreign")
    eve = await make_member(people, foreign.id, Role.ADMIN, email="eve@example.com")
    async with browser_of(app, eve) as hers:
        assert (await hers.client.get("/v1/member-invitations")).json()["items"] == []
        for method, path in (
            ("DELETE", "/v1/member-invitations/{}"),
            ("POST", "/v1/member-invitations/{}/resend"),
        ):
            answers = [
                await hers.ask(method, path.format(wanted)) for wanted in (made["id"], world.ids.new())
            ]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert {**answers[0].json(), "request_id": ""} == {**answers[1].json(), "request_id": ""}
    assert len((await browser.client.get("/v1/member-invitations")).json()["items"]) == 1


async def test_token_has_256_random_bits_and_is_stored_as_a_digest_only(
    browser: Browser, org: Member, superuser: asyncpg.Connection
) -> None:
    tokens = {token_of(await invite(browser, f"b{n}@example.com")) for n in range(5)}
    assert {token[:36] for token in tokens} == {new_invitation_token(org.id).text[:36]}
    assert {len(token) for token in tokens} == {88}
    assert len({token[36:] for token in tokens}) == 5
    rows = str([dict(row) for row in await superuser.fetch("SELECT * FROM member_invitation")])
    assert not any(token[36:] in rows for token in tokens)


async def test_with_mail_only_the_invited_read_the_link_and_have_shown_that_the_address_is_theirs(
    browser: Browser, client: httpx.AsyncClient, mail: Mail
) -> None:
    made = await invite(browser)
    assert made["link"] is None
    answer = await accept(client, await mail.link(), **BOB)
    assert answer.json()["person"]["email_verified"] is True
    assert mail.box.recipients == ["bob@example.com"]


async def test_letters_of_one_organization_to_one_stranger_are_few(
    browser: Browser, mail: Mail, clock: FixedClock
) -> None:
    again = f"/v1/member-invitations/{(await invite(browser))['id']}/resend"
    answers = [await browser.ask("POST", again) for _ in range(40)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 37
    assert answers[-1].json()["type"] == "urn:commonground:problem:too-many-letters"
    assert answers[-1].headers["retry-after"] == "900"
    assert len(await mail.deliver()) == 4
    await invite(browser, "carol@example.com")
    clock.advance(timedelta(minutes=15))
    assert (await browser.ask("POST", again)).status_code == 200


async def test_what_one_organization_sends_to_an_address_no_other_learns_of(
    app: FastAPI, browser: Browser, mail: Mail, world: World, people: People
) -> None:
    again = f"/v1/member-invitations/{(await invite(browser))['id']}/resend"
    assert (await asked(browser, again, 4))[-1] == 429
    foreign = await world.organization("foreign")
    eve = await make_member(people, foreign.id, Role.ADMIN, email="eve@example.com")
    async with browser_of(app, eve) as hers:
        again = f"/v1/member-invitations/{(await invite(hers))['id']}/resend"
        assert await asked(hers, again, 4) == [200] * 3 + [429]
    assert len(await mail.deliver()) == 8


async def asked(browser: Browser, path: str, times: int) -> list[int]:
    return [(await browser.ask("POST", path)).status_code for _ in range(times)]


async def test_letters_of_one_organization_and_its_sandbox_have_a_budget(
    app: FastAPI, browser: Browser, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "OF_INVITATIONS", replace(OF_INVITATIONS, free=4))
    key = (await browser.ask("POST", "/v1/sandbox")).json()["key"]
    body = {"role": "sales"}
    statuses = [
        (
            await browser.ask("POST", "/v1/member-invitations", json=body | {"email": f"b{n}@example.com"})
        ).status_code
        for n in range(3)
    ]
    async with new_client(app) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        statuses += [
            (
                await client.post("/v1/member-invitations", json=body | {"email": f"c{n}@example.com"})
            ).status_code
            for n in range(3)
        ]
    assert statuses == [201] * 5 + [429]


async def test_links_that_are_shown_have_no_budget(browser: Browser) -> None:
    for _ in range(10):
        await invite(browser)


async def test_inviting_and_accepting_are_noted_without_the_address(
    browser: Browser, client: httpx.AsyncClient, superuser: asyncpg.Connection
) -> None:
    await accept(client, token_of(await invite(browser)), **BOB)
    rows = await superuser.fetch("SELECT * FROM audit_entry ORDER BY number")
    assert [row["action"] for row in rows][-4:] == [
        "member.invited", "invitation.accepted", "member.added", "session.started",
    ]  # fmt: skip
    assert "bob" not in str([dict(row) for row in rows]).lower()


async def test_no_second_person_of_one_address_is_made(
    browser: Browser, client: httpx.AsyncClient, people: People
) -> None:
    await accept(client, token_of(await invite(browser)), **BOB)
    async with people.database.directory() as session:
        assert await Persons(session).by_email("bob@example.com") is not None
    client.cookies.clear()
    assert (await invite(browser, "carol@example.com"))["email"] == "carol@example.com"
