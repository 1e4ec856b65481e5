"""A sandbox: made in one call, filled by the real import and match, reset, taken away; and never in touch with what is live."""

from contextlib import nullcontext
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import IntegrityError

from service.crypto import SecretBytes
from service.crypto.errors import SecretMissingError
from service.db.names import Duty
from service.imports.operations import Upload, accept
from service.jobs import dead_letters, enqueue
from service.organizations.errors import OrganizationSuspendedError, QuotaExceededError
from service.organizations.models import Organization, Role, Scope
from service.organizations.operations import identity_key
from service.organizations.people import People
from service.organizations.people_repository import Persons
from service.organizations.repository import Directory
from service.organizations.standing import OF_SANDBOXES, Quota
from service.partnerships.errors import DifferentWorldsError
from service.partnerships.models import Partnership, PartnershipStatus
from service.partnerships.operations import create_partnership
from tests.factories.people import PASSWORD, browser_of, join, make_person, member, new_client
from tests.factories.world import Member, World, company_list

PROBLEM = "urn:commonground:problem:"
ROWS = company_list(("Crumpet Airways", "crumpet.example", "Germany"))


def unread(world: World, name: str, size: int = 1) -> Upload:
    """An upload whose file nobody opens."""
    return Upload(world.ids.new(), name, size, name.encode(), SecretBytes.draw())


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
async def owner(world: World) -> Member:
    return await world.organization("owner")


async def make(client: httpx.AsyncClient, owner: Member, **body: bool) -> dict[str, str]:
    """The sandbox as it is told of when it is made; the test key's headers stand under `headers`."""
    answer = await client.post("/v1/sandbox", headers=owner.headers, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


async def ask(client: httpx.AsyncClient, key: str, path: str, **query: str) -> Any:
    answer = await client.get(path, headers=bearer(key), params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def overlaps(client: httpx.AsyncClient, key: str) -> dict[str, int]:
    """How many overlaps the test key is told of, by partner."""
    links = (await ask(client, key, "/v1/partnerships"))["items"]
    found = {}
    for link in links:
        page = await ask(client, key, "/v1/overlaps", partnership=link["id"], limit="1000")
        found[link["partner"]["name"]] = len(page["items"])
    return found


ALL_OVERLAPS = {"Larkspur Cloud": 15, "Tamarack Consulting": 10}


async def test_one_call_and_the_jobs_show_overlaps_with_two_fictional_partners(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await make(client, owner)
    assert made["key"].startswith("cg_test_")
    assert (await ask(client, owner.key, "/v1/sandbox"))["status"] == "preparing"
    await world.work()
    assert await overlaps(client, made["key"]) == ALL_OVERLAPS
    state = await ask(client, owner.key, "/v1/sandbox")
    assert state["status"] == "ready"
    assert {p["name"] for p in state["partners"]} == set(ALL_OVERLAPS)


async def test_a_short_name_that_two_may_share_waits_for_a_person(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await make(client, owner)
    await world.work()
    links = (await ask(client, made["key"], "/v1/partnerships"))["items"]
    link = next(p["id"] for p in links if p["partner"]["name"] == "Larkspur Cloud")
    found = await ask(client, made["key"], "/v1/overlaps", partnership=link, status="review")
    assert [o["account"]["name"] for o in found["items"]] == ["Tiddly GmbH"]


async def test_asking_again_gives_the_same_sandbox_and_no_key(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await make(client, owner)
    again = await client.post("/v1/sandbox", headers=owner.headers)
    assert again.status_code == 200
    assert again.json() == {**made, "key": None}
    await world.work()
    async with world.database.directory() as session:
        assert len(await Directory(session).everyone(sandbox=True)) == 3


async def test_an_empty_sandbox_takes_the_integrators_own_list(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await make(client, owner, starter_list=False)
    await world.work()
    assert await overlaps(client, made["key"]) == dict.fromkeys(ALL_OVERLAPS, 0)
    larkspur = company_list(("Marzipan Foods", "", "Germany"))
    query = {"population": "customers"}
    await client.post("/v1/imports", content=larkspur, params=query, headers=bearer(made["key"]))
    await world.work()
    assert await overlaps(client, made["key"]) == {"Larkspur Cloud": 1, "Tamarack Consulting": 0}


async def test_a_repeated_job_brings_nothing_twice(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await make(client, owner)
    await world.work()
    await client.post("/v1/sandbox/reset", headers=owner.headers)
    await client.post("/v1/sandbox/reset", headers=bearer(made["key"]))
    await world.work()
    assert len((await ask(client, made["key"], "/v1/imports"))["items"]) == 1
    assert await overlaps(client, made["key"]) == ALL_OVERLAPS


async def test_a_reset_begins_again_and_keeps_the_keys(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await make(client, owner)
    await world.work()
    before = await ask(client, made["key"], "/v1/partnerships")
    await client.post(
        "/v1/imports", content=ROWS, params={"population": "customers"}, headers=bearer(made["key"])
    )
    await world.work()
    answer = await client.post("/v1/sandbox/reset", headers=owner.headers)
    assert answer.status_code == 202
    assert (await ask(client, owner.key, "/v1/sandbox"))["status"] == "preparing"
    await world.work()
    assert len((await ask(client, made["key"], "/v1/imports"))["items"]) == 1
    after = await ask(client, made["key"], "/v1/partnerships")
    assert {p["id"] for p in before["items"]}.isdisjoint(p["id"] for p in after["items"])
    assert await overlaps(client, made["key"]) == ALL_OVERLAPS


async def give_up(world: World, named: str) -> None:
    """Leave a job that names something, as the worker leaves one that it has given up."""
    async with world.database.directory() as session:
        await enqueue(session, "imports.run", {"org_id": named})
        await session.sql("UPDATE pgqueuer SET status = 'failed'")


async def test_a_reset_mends_what_has_failed_and_nothing_of_anybody_else(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await make(client, owner)
    await world.work()
    partner = (await ask(client, made["key"], "/v1/sandbox"))["partners"][0]
    for named in (made["id"], partner["id"], partner["partnership_id"], str(owner.id)):
        await give_up(world, named)
    assert (await ask(client, made["key"], "/v1/sandbox"))["status"] == "failed"
    await client.post("/v1/sandbox/reset", headers=owner.headers)
    assert (await ask(client, made["key"], "/v1/sandbox"))["status"] == "preparing"
    await world.work()
    assert (await ask(client, made["key"], "/v1/sandbox"))["status"] == "ready"
    async with world.database.directory() as session:
        assert [one.payload for one in await dead_letters(session)] == [{"org_id": str(owner.id)}]


async def test_a_reset_forgets_the_secrets_of_the_partnerships_that_were(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await make(client, owner)
    await world.work()
    before = {p["id"] for p in (await ask(client, made["key"], "/v1/partnerships"))["items"]}
    await client.post("/v1/sandbox/reset", headers=owner.headers)
    await world.work()
    assert before
    assert not before & {name.partnership for name in world.keystore.names()}


async def left(driver: asyncpg.Connection, org_ids: list[UUID]) -> dict[str, int]:
    """Table → rows that name one of these organizations in any column."""
    await driver.execute("RESET ROLE")
    columns = await driver.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND udt_name = 'uuid'"
    )
    found: dict[str, int] = {}
    for table, column in columns:
        statement = f'SELECT count(*) FROM "{table}" WHERE "{column}" = ANY($1)'
        found[table] = found.get(table, 0) + await driver.fetchval(statement, org_ids)
    return {table: rows for table, rows in found.items() if rows}


async def test_a_sandbox_that_is_taken_away_leaves_no_row_and_no_secret(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await make(client, owner)
    await world.work()
    async with world.database.directory() as session:
        gone = [found.id for found in await Directory(session).everyone(sandbox=True)]
    await invite(client, made["key"], "waits@example.com")
    await client.get("/v1/accounts", headers=bearer(made["key"]))
    await client.post(
        "/v1/imports",
        content=ROWS,
        headers={**bearer(made["key"]), "Idempotency-Key": "a", "Content-Type": "text/csv"},
    )
    await world.work()
    assert (await client.delete("/v1/sandbox", headers=owner.headers)).status_code == 204
    assert (await client.get("/v1/accounts", headers=bearer(made["key"]))).status_code == 401
    await world.work()
    async with world.database.directory() as session:
        rows = await left(await session.raw(), gone)
    assert rows == {}
    assert not {str(one) for one in gone} & {name.owner for name in world.keystore.names()}
    with pytest.raises(SecretMissingError):
        identity_key(world.keystore, gone[0])
    assert (await client.get("/v1/sandbox", headers=owner.headers)).json()["type"] == PROBLEM + "no-sandbox"


async def invite(client: httpx.AsyncClient, key: str, email: str) -> str:
    """The link's token."""
    wanted = {"email": email, "role": "admin"}
    answer = await client.post("/v1/member-invitations", json=wanted, headers=bearer(key))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["link"]).partition("#")[2]


async def test_with_a_sandbox_its_sessions_end_at_once_and_go_the_people_who_belong_nowhere_else(
    client: httpx.AsyncClient, app: FastAPI, world: World, owner: Member
) -> None:
    people: People = app.state.commonground.people
    made = await make(client, owner)
    await world.work()
    both = await member(people, owner.id, Role.VIEWER, email="both@example.com")
    await join(people, both, UUID(made["id"]))
    async with new_client(app) as gus, browser_of(app, both, org_id=owner.id) as elsewhere:
        said = {
            "token": await invite(client, made["key"], "gus@example.com"),
            "name": "Gus",
            "password": PASSWORD,
        }
        assert (await gus.post("/v1/member-invitations/accept", json=said)).status_code == 201
        assert (await gus.get("/v1/members")).status_code == 200
        assert (await client.delete("/v1/sandbox", headers=owner.headers)).status_code == 204
        assert (await gus.get("/v1/members")).status_code == 401
        await world.work()
        assert (await gus.get("/v1/members")).status_code == 401
        assert (await elsewhere.ask("GET", "/v1/accounts")).status_code == 200
    async with world.database.directory() as session:
        assert await Persons(session).by_email("gus@example.com") is None
        assert await Persons(session).by_email("both@example.com")
        gone = [UUID(made["id"])]
        assert await left(await session.raw(), gone) == {}


async def test_nobody_is_signed_in_to_an_organization_that_is_gone(
    client: httpx.AsyncClient, app: FastAPI, world: World, owner: Member
) -> None:
    """Whoever was let in while it was taken away is put out by the database."""
    people: People = app.state.commonground.people
    made = await make(client, owner)
    await client.delete("/v1/sandbox", headers=owner.headers)
    late = await member(people, UUID(made["id"]), Role.ADMIN)
    async with browser_of(app, late) as browser:
        await world.work()
        assert (await browser.ask("GET", "/v1/members")).status_code == 401
    other = await make_person(people, "other@example.com")
    with pytest.raises(IntegrityError, match="fk_membership_org_id"):
        await join(people, other, UUID(made["id"]))


async def test_what_is_uploaded_while_a_sandbox_goes_stays_nowhere(
    client: httpx.AsyncClient, app: FastAPI, world: World, owner: Member
) -> None:
    made = await make(client, owner)
    org_id = UUID(made["id"])
    async with new_client(app) as gus:
        said = {
            "token": await invite(client, made["key"], "gus@example.com"),
            "name": "Gus",
            "password": PASSWORD,
        }
        await client.delete("/v1/sandbox", headers=owner.headers)
        await gus.post("/v1/member-invitations/accept", json=said)
        async with world.database.tenant(org_id) as session:
            await accept(session, world.keystore, world.clock, unread(world, "early.csv"))
        await world.work()
        assert (await gus.get("/v1/members")).status_code == 401
    with pytest.raises(OrganizationSuspendedError):
        async with world.database.tenant(org_id) as session:
            await accept(session, world.keystore, world.clock, unread(world, "late.csv"))
    async with world.database.directory() as session:
        assert await Persons(session).by_email("gus@example.com") is None
        assert await left(await session.raw(), [org_id]) == {}


async def test_nothing_of_another_organization_goes_with_a_sandbox(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    stranger = await world.organization("stranger")
    theirs = await make(client, stranger)
    await make(client, owner)
    await world.upload(owner, ROWS)
    await world.work()
    await client.delete("/v1/sandbox", headers=owner.headers)
    await world.work()
    assert await overlaps(client, theirs["key"]) == ALL_OVERLAPS
    assert len((await ask(client, owner.key, "/v1/accounts"))["items"]) == 1


async def test_while_a_sandbox_leaves_it_can_neither_be_made_nor_reset_and_then_it_can(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    first = await make(client, owner)
    await client.delete("/v1/sandbox", headers=owner.headers)
    for path in ("/v1/sandbox", "/v1/sandbox/reset"):
        answer = await client.post(path, headers=owner.headers)
        assert answer.json()["type"] == PROBLEM + "sandbox-leaving"
    await world.work()
    assert (await make(client, owner))["id"] != first["id"]


async def test_a_test_key_opens_its_sandbox_and_a_live_key_what_is_live(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await make(client, owner)
    assert (await ask(client, made["key"], "/v1/organizations/me"))["id"] == made["id"]
    assert (await ask(client, owner.key, "/v1/organizations/me"))["id"] == str(owner.id)


async def test_a_sandbox_has_no_sandbox_and_does_not_take_itself_away(
    client: httpx.AsyncClient, owner: Member
) -> None:
    made = await make(client, owner)
    for method in ("POST", "DELETE"):
        answer = await client.request(method, "/v1/sandbox", headers=bearer(made["key"]))
        assert answer.json()["type"] == PROBLEM + "sandbox-in-sandbox"


async def test_test_keys_are_changed_and_rotated_by_the_owner(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    await make(client, owner)
    [first] = (await ask(client, owner.key, "/v1/sandbox/api-keys"))["items"]
    path = f"/v1/sandbox/api-keys/{first['id']}"
    body = {"name": "ci", "scopes": ["accounts:read"]}
    changed = (await client.patch(path, json=body, headers=owner.headers)).json()
    assert (changed["name"], changed["scopes"]) == ("ci", ["accounts:read"])
    body = {"overlap_seconds": 0}
    successor = (await client.post(f"{path}/rotate", json=body, headers=owner.headers)).json()
    assert successor["key"].startswith("cg_test_")
    assert await ask(client, successor["key"], "/v1/accounts")
    again = await client.post(f"{path}/rotate", headers=owner.headers)
    assert again.json()["type"] == PROBLEM + "api-key-over"
    poor = await world.another_key(owner, [Scope.KEYS_ADMIN])
    path = f"/v1/sandbox/api-keys/{successor['id']}"
    for answer in (
        await client.patch(path, json={"scopes": ["audit:read"]}, headers=poor.headers),
        await client.post(f"{path}/rotate", headers=poor.headers),
    ):
        assert answer.json()["type"] == PROBLEM + "missing-scope"


async def test_test_keys_are_made_listed_and_revoked_by_the_owner(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await make(client, owner)
    wanted = {"name": "ci", "scopes": ["accounts:read"]}
    another = (await client.post("/v1/sandbox/api-keys", json=wanted, headers=owner.headers)).json()
    assert another["key"].startswith("cg_test_")
    assert (await client.get("/v1/accounts", headers=bearer(another["key"]))).status_code == 200
    listed = await ask(client, owner.key, "/v1/sandbox/api-keys")
    assert [key["name"] for key in listed["items"]] == ["ci", "first key"]
    path = f"/v1/sandbox/api-keys/{another['id']}/revoke"
    assert (await client.post(path, headers=owner.headers)).json()["revoked_at"]
    assert (await client.get("/v1/accounts", headers=bearer(another["key"]))).status_code == 401
    assert (await client.get("/v1/accounts", headers=bearer(made["key"]))).status_code == 200


async def test_a_test_key_has_no_scope_that_its_maker_lacks(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    await make(client, owner)
    poor = await client.post(
        "/v1/api-keys", json={"name": "poor", "scopes": ["keys:admin"]}, headers=owner.headers
    )
    answer = await client.post(
        "/v1/sandbox/api-keys",
        json={"name": "rich", "scopes": ["overlaps:read"]},
        headers=bearer(poor.json()["key"]),
    )
    assert answer.status_code == 403
    assert answer.json()["missing_scopes"] == ["overlaps:read"]


async def test_another_organization_sees_neither_the_sandbox_nor_its_keys(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    await make(client, owner)
    key_id = (await ask(client, owner.key, "/v1/sandbox/api-keys"))["items"][0]["id"]
    stranger = await world.organization("stranger")
    await make(client, stranger)
    answer = await client.post(f"/v1/sandbox/api-keys/{key_id}/revoke", headers=stranger.headers)
    assert answer.json()["type"] == PROBLEM + "not-found"
    async with world.database.tenant(stranger.id) as session:
        driver = await session.raw()
        found = await driver.fetch("SELECT org_id FROM api_key WHERE id = $1", UUID(key_id))
    assert found == []


async def sandbox_of(world: World, owner: Member) -> Organization:
    async with world.database.directory() as session:
        found = await Directory(session).sandbox_of(owner.id)
    assert found is not None
    return found


async def test_a_partnership_of_sandbox_and_live_is_refused_by_the_operation(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    await make(client, owner)
    sandbox = await sandbox_of(world, owner)
    stranger = await world.organization("stranger")
    await make(client, stranger)
    pairs = [
        (owner.organization, sandbox),
        (sandbox, stranger.organization),
        (sandbox, await sandbox_of(world, stranger)),
    ]
    for own, partner in pairs:
        with pytest.raises(DifferentWorldsError, match="never with a live organization"):
            await link(world, own, partner)


async def link(world: World, own: Organization, partner: Organization) -> None:
    async with world.database.tenant(own.id) as session:
        await create_partnership(
            session, world.keystore, world.clock, partnership_id=world.ids.new(), own=own, partner=partner
        )


@pytest.mark.parametrize("claimed", [True, False])
async def test_a_partnership_of_sandbox_and_live_is_refused_by_the_database_too(
    client: httpx.AsyncClient, world: World, owner: Member, *, claimed: bool
) -> None:
    await make(client, owner)
    sandbox = await sandbox_of(world, owner)
    lo, hi = sorted((owner.id, sandbox.id))
    with pytest.raises(IntegrityError, match="fk_partnership"):
        async with world.database.tenant(owner.id) as session:
            session.add(
                Partnership(
                    id=world.ids.new(), lo_org_id=lo, hi_org_id=hi, status=PartnershipStatus.ACTIVE, epoch=1,
                    normaliser="x", epoch_since=world.clock.now(), created_at=world.clock.now(), ended_at=None, sandbox=claimed,
                )
            )  # fmt: skip


async def test_no_key_of_the_other_world_can_be_stored(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await make(client, owner)
    for org_id, sandbox in ((UUID(made["id"]), False), (owner.id, True)):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await store_key(world, org_id, sandbox=sandbox)


async def store_key(world: World, org_id: UUID, *, sandbox: bool) -> None:
    async with world.database.tenant(org_id) as session:
        driver = await session.raw()
        await driver.execute(
            "INSERT INTO api_key (org_id, id, name, prefix, digest, scopes, created_at, sandbox, family_id, created_by_kind)"
            " VALUES ($1, $2, 'x', 'x', '', '{}', now(), $3, $2, 'operator')",
            org_id, world.ids.new(), sandbox,
        )  # fmt: skip


async def test_the_app_can_delete_neither_what_is_live_nor_a_strangers_sandbox(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await make(client, owner)
    stranger = await world.organization("stranger")
    partner = await world.organization("partner")
    await world.partnership(owner, partner)
    for org_id, statement in (
        (owner.id, f"DELETE FROM organization WHERE id = '{owner.id}'"),
        (stranger.id, f"DELETE FROM organization WHERE id = '{made['id']}'"),
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only a sandbox is deleted"):
            async with world.database.duty(org_id, Duty.WIPE) as session:
                await (await session.raw()).execute(statement)
    async with world.database.duty(owner.id, Duty.WIPE) as session:
        assert await (await session.raw()).execute("DELETE FROM partnership") == "DELETE 0"
    async with world.database.tenant(owner.id) as session:
        assert await (await session.raw()).execute("DELETE FROM partnership_side") == "DELETE 0"


async def test_a_sandbox_may_have_little_whatever_its_owner_may(
    client: httpx.AsyncClient, app: FastAPI, world: World, owner: Member
) -> None:
    people: People = app.state.commonground.people
    made = await make(client, owner, starter_list=False)
    await world.work()
    sandbox = await sandbox_of(world, owner)
    for place, refusal in (
        (owner.organization, nullcontext()),
        (sandbox, pytest.raises(QuotaExceededError, match="10 members")),
    ):
        for number in range(10):
            await member(people, place.id, Role.VIEWER, email=f"{number}@{place.handle}.example")
        with refusal:
            await member(people, place.id, Role.VIEWER, email=f"one.more@{place.handle}.example")
    size = OF_SANDBOXES[Quota.UPLOAD_BYTES] + 1
    with pytest.raises(QuotaExceededError, match=f"{size - 1:,} bytes of uploads"):
        async with world.database.tenant(sandbox.id) as session:
            await accept(session, world.keystore, world.clock, unread(world, "large.csv", size))
    rows = company_list(*((f"Company {number}", f"c{number}.example") for number in range(10_001)))
    await client.post("/v1/imports", content=rows, headers=bearer(made["key"]))
    await world.work()
    [refused] = (await ask(client, made["key"], "/v1/imports"))["items"]
    assert refused["problem"]["code"] == "quota_exceeded"
    assert "10,000 accounts" in refused["problem"]["message"]


async def test_sandboxes_stand_in_no_list_of_live_organizations_and_take_no_handle(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await make(client, owner)
    async with world.database.directory() as session:
        directory = Directory(session)
        assert [found.handle for found in await directory.everyone()] == ["owner"]
        assert await directory.by_handle(made["handle"]) is None
        assert await directory.by_handle(made["handle"], sandbox=True)


async def test_making_resetting_and_deleting_stand_in_the_owners_log(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    await make(client, owner)
    await client.post("/v1/sandbox/reset", headers=owner.headers)
    await client.delete("/v1/sandbox", headers=owner.headers)
    async with world.database.tenant(owner.id) as session:
        rows = await (await session.raw()).fetch(
            "SELECT action, actor_kind FROM audit_entry WHERE org_id = $1 ORDER BY number", owner.id
        )
    said = [(row["action"], row["actor_kind"]) for row in rows if "sandbox" in row["action"]]
    assert said == [(f"sandbox.{what}", "api_key") for what in ("created", "reset", "deleted")]


async def test_a_reset_needs_the_scope(client: httpx.AsyncClient, world: World, owner: Member) -> None:
    poor = await world.organization("poor", scopes=set(Scope) - {Scope.ORGANIZATION_ADMIN})
    answer = await client.post("/v1/sandbox/reset", headers=poor.headers)
    assert answer.json()["missing_scopes"] == ["organization:admin"]
