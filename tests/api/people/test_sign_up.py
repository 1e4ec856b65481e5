"""Making an organization with its first admin: by the operator's link, by a letter where sign-up is open, or as somebody known."""

from dataclasses import replace
from datetime import timedelta

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from service.kit.clock import FixedClock
from service.organizations.models import Person
from service.organizations.people import People
from service.organizations.rules import MOST_ORGANIZATIONS, SIGN_UP_LASTS
from service.organizations.sign_up import invite_to_sign_up
from service.organizations.tokens import new_link
from tests.api.people.conftest import Mail
from tests.factories.people import browser_of, make_person, new_client

NEW = {"handle": "newco", "organization_name": "Newco", "name": "Nora", "password": "another good password"}


async def operators_link(people: People, email: str = "nora@example.com") -> str:
    return (await invite_to_sign_up(people, email)).partition("#")[2]


@pytest.fixture
def open_house(app: FastAPI, mail: Mail) -> Mail:
    object.__setattr__(app.state.commonground, "sign_up_is_open", True)
    return mail


async def ask(client: httpx.AsyncClient, email: str = "nora@example.com") -> httpx.Response:
    return await client.post("/v1/sign-up/requests", json={"email": email})


async def test_operators_link_makes_an_organization_and_its_first_admin(
    client: httpx.AsyncClient, people: People
) -> None:
    answer = await client.post("/v1/sign-up", json={**NEW, "token": await operators_link(people)})
    assert answer.status_code == 201, answer.text
    assert answer.json()["role"] == "admin"
    assert answer.json()["person"]["email"] == "nora@example.com"
    assert (await client.get("/v1/organizations/me")).json()["handle"] == "newco"
    assert len((await client.get("/v1/populations")).json()["items"]) == 3


async def test_link_is_good_once_and_for_a_week(
    client: httpx.AsyncClient, people: People, clock: FixedClock
) -> None:
    token, late = await operators_link(people), await operators_link(people, "late@example.com")
    assert (await client.post("/v1/sign-up", json={**NEW, "token": token})).status_code == 201
    client.cookies.clear()
    again = {**NEW, "handle": "again", "token": token}
    assert (await client.post("/v1/sign-up", json=again)).status_code == 404
    clock.advance(SIGN_UP_LASTS)
    assert (await client.post("/v1/sign-up", json={**again, "token": late})).status_code == 404
    assert (await client.post("/v1/sign-up", json={**again, "token": new_link()})).status_code == 404


async def test_refused_handle_or_password_uses_no_link_and_makes_nobody(
    client: httpx.AsyncClient, world: object, people: People, org: object, superuser: asyncpg.Connection
) -> None:
    token = await operators_link(people)
    for wrong, slug in (
        ({"handle": "acme"}, "handle-taken"),
        ({"handle": "No Handle"}, "invalid-handle"),
        ({"handle": "sandbox-x"}, "invalid-handle"),
        ({"password": "short"}, "weak-password"),
        ({"name": None}, "invalid-parameter"),
    ):
        answer = await client.post("/v1/sign-up", json={**NEW, "token": token, **wrong})
        assert answer.json()["type"] == f"urn:commonground:problem:{slug}", answer.text
    assert await superuser.fetchval("SELECT count(*) FROM person") == 0
    assert (await client.post("/v1/sign-up", json={**NEW, "token": token})).status_code == 201


async def test_nobody_signs_up_without_a_link(client: httpx.AsyncClient, open_house: Mail) -> None:
    answer = await client.post("/v1/sign-up", json=NEW)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:commonground:problem:sign-up-closed")


async def test_by_invitation_no_letter_can_be_asked_for(client: httpx.AsyncClient, mail: Mail) -> None:
    assert (await ask(client)).json()["type"] == "urn:commonground:problem:sign-up-closed"
    assert await mail.deliver() == []


async def test_where_sign_up_is_open_a_letter_brings_the_link_and_proves_the_address(
    client: httpx.AsyncClient, open_house: Mail, superuser: asyncpg.Connection
) -> None:
    assert (await ask(client)).status_code == 202
    assert "nora" not in str(await superuser.fetch("SELECT payload FROM pgqueuer"))
    answer = await client.post("/v1/sign-up", json={**NEW, "token": await open_house.link()})
    assert answer.status_code == 201, answer.text
    assert answer.json()["person"]["email_verified"] is True


async def test_whoever_asks_cannot_tell_whether_the_address_is_known(
    client: httpx.AsyncClient, admin: Person, open_house: Mail
) -> None:
    answers = [await ask(client, email) for email in ("ada@example.com", "nora@example.com")]
    assert answers[0].json() == answers[1].json()
    assert [answer.status_code for answer in answers] == [202, 202]
    letters = {str(one["To"]): str(one.get_content()) for one in await open_house.deliver()}
    assert "#" not in letters["ada@example.com"].split("account", maxsplit=1)[0]
    assert "cg_link_" not in letters["ada@example.com"]
    assert "cg_link_" in letters["nora@example.com"]


async def test_a_stranger_cannot_flood_an_address_with_letters(
    app: FastAPI, open_house: Mail, clock: FixedClock
) -> None:
    for n in range(10):
        async with new_client(app, f"198.51.100.{n}") as client:
            assert (await ask(client)).status_code == 202
    assert len(await open_house.deliver()) == 4
    clock.advance(timedelta(minutes=20))
    async with new_client(app) as client:
        await ask(client)
    assert len(await open_house.deliver()) == 1


async def test_a_network_that_asks_for_many_letters_is_slowed_down(
    client: httpx.AsyncClient, open_house: Mail
) -> None:
    statuses = [(await ask(client, f"n{n}@example.com")).status_code for n in range(33)]
    assert statuses[0] == 202
    assert statuses[-1] == 429


async def test_person_with_an_account_makes_another_organization_signed_in(
    app: FastAPI, client: httpx.AsyncClient, admin: Person, people: People
) -> None:
    token = await operators_link(people, "ada@example.com")
    refused = await client.post("/v1/sign-up", json={**NEW, "token": token})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:commonground:problem:sign-in-first")
    async with browser_of(app, admin) as browser:
        body = {"handle": "second", "organization_name": "Second"}
        assert (await browser.ask("POST", "/v1/sign-up", json=body)).status_code == 403
        answer = await browser.ask("POST", "/v1/sign-up", json={**body, "token": token})
        assert answer.status_code == 201, answer.text
        handles = {place["handle"]: place["role"] for place in answer.json()["person"]["organizations"]}
    assert handles == {"acme": "admin", "second": "admin"}


async def test_a_person_makes_ten_organizations_by_themselves_and_more_by_the_operators_link(
    app: FastAPI, admin: Person, people: People, open_house: Mail
) -> None:
    body = {"handle": "more", "organization_name": "More"}
    async with browser_of(app, admin) as browser:
        csrf = browser.csrf
        for n in range(MOST_ORGANIZATIONS):
            made = await replace(browser, csrf=csrf).ask(
                "POST", "/v1/sign-up", json={**body, "handle": f"one{n}"}
            )
            assert made.status_code == 201, made.text
            csrf = made.json()["csrf_token"]
        now = replace(browser, csrf=csrf)
        refused = await now.ask("POST", "/v1/sign-up", json=body)
        assert (refused.status_code, refused.json()["type"]) == (
            403,
            "urn:commonground:problem:too-many-organizations",
        )
        token = await operators_link(people, "ada@example.com")
        assert (await now.ask("POST", "/v1/sign-up", json={**body, "token": token})).status_code == 201


async def test_link_for_another_address_is_refused(app: FastAPI, admin: Person, people: People) -> None:
    token = await operators_link(people)
    async with browser_of(app, admin) as browser:
        body = {"handle": "second", "organization_name": "Second", "token": token}
        answer = await browser.ask("POST", "/v1/sign-up", json=body)
    assert answer.json()["type"] == "urn:commonground:problem:other-address"


async def test_where_sign_up_is_open_somebody_known_needs_no_link(
    app: FastAPI, people: People, open_house: Mail
) -> None:
    lone = await make_person(people, "lone@example.com")
    async with browser_of(app, lone) as browser:
        body = {"handle": "lonely", "organization_name": "Lonely"}
        answer = await browser.ask("POST", "/v1/sign-up", json=body)
    assert (answer.status_code, answer.json()["role"]) == (201, "admin")
