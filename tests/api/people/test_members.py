"""Members: roles that hold at once, and an admin who is always left."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from service.crypto import MemoryKeystore
from service.kit.actors import OPERATOR
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.organizations.credentials import set_disabled
from service.organizations.errors import LastAdminError
from service.organizations.members import change_role, list_members, remove_member
from service.organizations.models import Person, Role, Scope
from service.organizations.passwords import Passwords
from service.organizations.people import People
from service.organizations.rules import ROLE_SCOPES
from tests.factories.people import Browser, browser_of, join, make_person
from tests.factories.people import member as make_member
from tests.factories.world import Member, World, make_world
from tests.support.servers import OwnDatabase


@pytest.fixture
async def browser(app: FastAPI, admin: Person) -> AsyncIterator[Browser]:
    async with browser_of(app, admin) as opened:
        yield opened


async def role_of(browser: Browser, person: Person) -> str | None:
    answer = await browser.client.get(f"/v1/members/{person.id}")
    role: str | None = answer.json().get("role")
    return role


async def test_members_are_listed_with_their_roles(
    browser: Browser, people: People, org: Member, admin: Person
) -> None:
    viewer = await make_member(people, org.id, Role.VIEWER)
    items = (await browser.client.get("/v1/members")).json()["items"]
    assert {(one["person_id"], one["role"]) for one in items} == {
        (str(admin.id), "admin"),
        (str(viewer.id), "viewer"),
    }


async def test_nobody_makes_somebody_more_than_they_are_but_may_make_them_less(
    client: httpx.AsyncClient, world: World, people: People, org: Member
) -> None:
    sales = await make_member(people, org.id, Role.SALES)
    may = ROLE_SCOPES[Role.VIEWER] | {Scope.MEMBERS_ADMIN}
    poor = await world.another_key(org, may)

    async def become(role: str) -> httpx.Response:
        path = f"/v1/members/{sales.id}/role"
        return await client.put(path, json={"role": role}, headers=poor.headers)

    for role in (Role.ADMIN, Role.PARTNER_MANAGER):
        answer = await become(role)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:commonground:problem:missing-scope")
        assert answer.json()["missing_scopes"] == sorted(ROLE_SCOPES[role] - ROLE_SCOPES[Role.SALES] - may)
    assert (await become("viewer")).json()["role"] == "viewer"
    assert (await become("sales")).json()["missing_scopes"] == [
        "comments:write",
        "contacts:read",
        "leads:write",
    ]


async def test_new_role_holds_with_the_next_request_and_gives_a_new_token(
    app: FastAPI, browser: Browser, people: People, org: Member
) -> None:
    other = await make_member(people, org.id, Role.VIEWER)
    async with browser_of(app, other) as theirs:
        body = {"email": "b@example.com", "role": "viewer"}
        assert (await theirs.ask("POST", "/v1/member-invitations", json=body)).status_code == 403
        answer = await browser.ask("PUT", f"/v1/members/{other.id}/role", json={"role": "admin"})
        assert answer.json()["role"] == "admin"
        before = list(theirs.client.cookies.values())
        assert (await theirs.ask("POST", "/v1/member-invitations", json=body)).status_code == 201
        assert list(theirs.client.cookies.values()) != before
        await browser.ask("PUT", f"/v1/members/{other.id}/role", json={"role": "viewer"})
        assert (await theirs.ask("POST", "/v1/member-invitations", json=body)).status_code == 403


async def test_removed_member_is_out_at_once_and_in_elsewhere(
    app: FastAPI, browser: Browser, world: World, people: People, org: Member
) -> None:
    other = await make_member(people, org.id, Role.SALES)
    second = await world.organization("second")
    await join(people, other, second.id, Role.SALES)
    async with (
        browser_of(app, other, org_id=org.id) as here,
        browser_of(app, other, org_id=second.id) as there,
    ):
        assert (await browser.ask("DELETE", f"/v1/members/{other.id}")).status_code == 204
        assert (await here.client.get("/v1/accounts")).status_code == 401
        assert (await there.client.get("/v1/accounts")).status_code == 200
        assert [o["handle"] for o in (await there.client.get("/v1/person/me")).json()["organizations"]] == [
            "second"
        ]


async def test_membership_decides_and_not_the_session(
    browser: Browser, admin: Person, superuser: asyncpg.Connection
) -> None:
    await superuser.execute("DELETE FROM membership WHERE person_id = $1", admin.id)
    assert (await browser.client.get("/v1/accounts")).status_code == 401


async def test_last_admin_cannot_leave_be_removed_or_demoted(
    browser: Browser, people: People, org: Member, admin: Person
) -> None:
    await make_member(people, org.id, Role.PARTNER_MANAGER)
    for answer in (
        await browser.ask("DELETE", f"/v1/members/{admin.id}"),
        await browser.ask("PUT", f"/v1/members/{admin.id}/role", json={"role": "sales"}),
        await browser.ask("DELETE", f"/v1/person/me/organizations/{org.id}"),
    ):
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:commonground:problem:last-admin"
    assert await role_of(browser, admin) == "admin"


async def test_an_admin_who_is_not_let_in_is_none(
    browser: Browser, people: People, org: Member, admin: Person
) -> None:
    second = await make_member(people, org.id, Role.ADMIN)
    await set_disabled(people, second.email, disabled=True, actor=OPERATOR)
    answer = await browser.ask("PUT", f"/v1/members/{admin.id}/role", json={"role": "sales"})
    assert answer.status_code == 409


async def test_admin_leaves_once_there_is_another(
    browser: Browser, people: People, org: Member, admin: Person
) -> None:
    await make_member(people, org.id, Role.ADMIN)
    assert (await browser.ask("DELETE", f"/v1/person/me/organizations/{org.id}")).status_code == 204
    assert (await browser.client.get("/v1/accounts")).status_code == 401


async def test_everybody_may_leave_and_nobody_may_leave_what_is_not_theirs(
    app: FastAPI, world: World, people: People, org: Member, admin: Person
) -> None:
    viewer = await make_member(people, org.id, Role.VIEWER)
    foreign = await world.organization("foreign")
    async with browser_of(app, viewer) as theirs:
        for unknown in (foreign.id, world.ids.new()):
            assert (await theirs.ask("DELETE", f"/v1/person/me/organizations/{unknown}")).status_code == 404
        assert (await theirs.ask("DELETE", f"/v1/person/me/organizations/{org.id}")).status_code == 204


async def test_member_of_another_organization_answers_as_an_unknown_one(
    browser: Browser, world: World, people: People
) -> None:
    foreign = await world.organization("foreign")
    stranger = await make_member(people, foreign.id, Role.ADMIN, email="eve@example.com")
    for method, path, body in (
        ("GET", "/v1/members/{}", None),
        ("DELETE", "/v1/members/{}", None),
        ("PUT", "/v1/members/{}/role", {"role": "viewer"}),
    ):
        answers = [
            await browser.ask(method, path.format(wanted), json=body)
            for wanted in (stranger.id, people.ids.new())
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert {**answers[0].json(), "request_id": ""} == {**answers[1].json(), "request_id": ""}


async def test_a_tenants_session_sees_its_own_memberships_and_a_persons_session_their_own(
    world: World, people: People, org: Member, admin: Person, superuser: asyncpg.Connection
) -> None:
    second = await world.organization("second")
    await join(people, admin, second.id, Role.VIEWER)
    await make_member(people, second.id, Role.SALES)
    async with world.database.tenant_read(org.id) as session:
        seen = (await session.sql("SELECT org_id FROM membership")).all()
    assert [row.org_id for row in seen] == [org.id]
    async with world.database.person_read(admin.id) as session:
        seen = (await session.sql("SELECT org_id, person_id FROM membership")).all()
        assert (await session.sql("SELECT * FROM account")).all() == []
    assert {(row.org_id, row.person_id) for row in seen} == {(org.id, admin.id), (second.id, admin.id)}
    async with world.database.directory() as session:
        assert (await session.sql("SELECT * FROM membership")).all() == []


async def test_two_admins_who_demote_each_other_at_once_leave_one(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    world = make_world(own_database.database, MemoryKeystore(), tmp_path, SystemClock(), UuidV7Ids())
    people = People(world.database, world.keystore, world.clock, world.ids, Passwords())
    for turn in range(5):
        org = await world.organization(f"race{turn}")
        pair = [await make_person(people, f"admin{turn}{n}@example.com") for n in range(2)]
        for person in pair:
            await join(people, person, org.id)
        met = asyncio.Barrier(2)

        async def end(person: Person, how: int, org: Member = org, met: asyncio.Barrier = met) -> bool:
            try:
                async with world.database.tenant(org.id) as session:
                    await met.wait()
                    if how:
                        await remove_member(session, world.clock, person.id)
                    else:
                        await change_role(session, world.clock, person.id, Role.VIEWER, held=[*Scope])
            except LastAdminError:
                return False
            return True

        done = await asyncio.gather(end(pair[0], 0), end(pair[1], turn % 2))
        assert sorted(done) == [False, True]
        async with world.database.tenant_read(org.id) as session:
            left = [one.role for one in await list_members(session) if one.role is Role.ADMIN]
        assert left == [Role.ADMIN]


async def test_a_role_is_changed_as_it_was_seen(browser: Browser, people: People, org: Member) -> None:
    path = f"/v1/members/{(await make_member(people, org.id, Role.SALES)).id}"
    seen = {"If-Match": (await browser.client.get(path)).headers["etag"]}
    changed = await browser.ask("PUT", f"{path}/role", json={"role": "viewer"}, headers=seen)
    late = await browser.ask("PUT", f"{path}/role", json={"role": "admin"}, headers=seen)
    assert (changed.status_code, late.status_code) == (200, 412)
    now = await browser.client.get(path)
    assert now.json()["role"] == "viewer"
    assert now.headers["etag"] == changed.headers["etag"]


async def test_a_name_is_changed_as_it_was_seen(browser: Browser) -> None:
    path = "/v1/person/me"
    seen = {"If-Match": (await browser.client.get(path)).headers["etag"]}
    changed = await browser.ask("PATCH", path, json={"name": "Ada"}, headers=seen)
    late = await browser.ask("PATCH", path, json={"name": "Grace"}, headers=seen)
    assert (changed.status_code, late.status_code) == (200, 412)
    now = await browser.client.get(path)
    assert now.json()["name"] == "Ada"
    assert now.headers["etag"] == changed.headers["etag"]
