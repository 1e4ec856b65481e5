"""Partnerships by invitation: what is told to whom before anybody accepts, and what comes of each answer."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from service.organizations.standing import suspend
from service.partnerships.inviting.rules import MOST_OPEN, MOST_WRONG_CODES, Operator
from service.partnerships.models import Preset, SharingLevel
from tests.factories.world import LEVELS, Member, World, company_list

PROBLEM = "urn:commonground:problem:"
INVITATIONS, RECEIVED = "/v1/invitations", "/v1/received-invitations"


@pytest.fixture
async def sender(world: World) -> Member:
    return await world.organization("sender")


@pytest.fixture
async def invited(world: World) -> Member:
    return await world.organization("invited")


async def invite(client: httpx.AsyncClient, sender: Member, **wanted: Any) -> dict[str, Any]:
    answer = await client.post(INVITATIONS, json=wanted, headers=sender.headers)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def items(client: httpx.AsyncClient, path: str, member: Member) -> list[dict[str, Any]]:
    answer = await client.get(path, headers=member.headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def open_link(client: httpx.AsyncClient, member: Member, link: str) -> httpx.Response:
    token = link.partition("#")[2]
    return await client.post(RECEIVED, json={"token": token}, headers=member.headers)


async def accept(
    client: httpx.AsyncClient, member: Member, received: dict[str, Any], **more: Any
) -> httpx.Response:
    body = {"safety_number": received["safety_number"], **more}
    return await client.post(f"{RECEIVED}/{received['id']}/accept", json=body, headers=member.headers)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix(PROBLEM)


async def log_of(client: httpx.AsyncClient, member: Member) -> list[tuple[str, str | None]]:
    found = await items(client, "/v1/audit-log", member)
    return [(one["action"], one["details"].get("by")) for one in found if "partner" in one["action"]]


async def test_a_link_is_opened_shown_whole_and_accepted(
    client: httpx.AsyncClient, app: FastAPI, world: World, sender: Member, invited: Member
) -> None:
    app.state.commonground = replace(
        app.state.commonground, operator=Operator("Bond Street Hosting", "sender")
    )
    made = await invite(client, sender, message="Shall we?", list_size="up_to_10000", days=3)
    assert (made["way"], made["status"], made["code"]) == ("link", "open", None)
    opened = await open_link(client, invited, made["link"])
    assert opened.status_code == 201, opened.text
    shown = opened.json()
    assert shown["inviter"] == {
        "id": str(sender.id), "name": "Sender", "handle": "sender", "mode": "hosted",
        "identity": sender.organization.identity.hex(),
    }  # fmt: skip
    assert shown["own"] == {"mode": "hosted", "identity": invited.organization.identity.hex()}
    assert shown["operator"] == {"name": "Bond Street Hosting", "party": "partner"}
    assert (shown["message"], shown["list_size"], shown["needs_code"]) == ("Shall we?", "up_to_10000", False)
    assert await items(client, RECEIVED, invited) == [shown]
    one = await client.get(f"{RECEIVED}/{shown['id']}", headers=invited.headers)
    assert one.json() == shown
    # the sender sees nothing of it
    assert [one["status"] for one in await items(client, INVITATIONS, sender)] == ["open"]
    assert await items(client, "/v1/partnerships", sender) == []

    answer = await accept(client, invited, shown)
    assert answer.status_code == 201, answer.text
    partnership = answer.json()
    assert (partnership["id"], partnership["status"]) == (made["id"], "active")
    assert partnership["safety_number"] == shown["safety_number"]
    [of_sender] = await items(client, "/v1/partnerships", sender)
    assert (of_sender["partner"]["handle"], of_sender["safety_number"]) == (
        "invited", shown["safety_number"],
    )  # fmt: skip
    assert [one["status"] for one in await items(client, INVITATIONS, sender)] == ["accepted"]
    assert [one["status"] for one in await items(client, RECEIVED, invited)] == ["accepted"]
    await world.work()
    assert [action for action, _ in await log_of(client, invited)] == [
        "partner_invitation.accepted", "partnership.created", "partner_invitation.received",
    ]  # fmt: skip
    assert sorted(await log_of(client, sender)) == [
        ("partner_invitation.accepted", None), ("partner_invitation.sent", None), ("partnership.created", str(invited.id)),
    ]  # fmt: skip


async def test_what_began_by_invitation_matches(
    client: httpx.AsyncClient, world: World, sender: Member, invited: Member
) -> None:
    made = await invite(client, sender, with_code=True)
    shown = (await open_link(client, invited, made["link"])).json()
    assert (await accept(client, invited, shown, code=made["code"].lower())).status_code == 201
    for member in (sender, invited):
        for population in LEVELS:
            rule = {"level": SharingLevel.OVERLAPPING, "preset": Preset.MINIMAL}
            path = f"/v1/partnerships/{made['id']}/sharing-rules/{population}"
            assert (await client.put(path, json=rule, headers=member.headers)).status_code == 200
        await world.upload(member, company_list(("Siemens AG", "siemens.com")))
    await world.work()
    path = f"/v1/overlaps?partnership={made['id']}"
    assert [one["account"]["name"] for one in await items(client, path, invited)] == ["Siemens AG"]
    # its keys can be made anew, and the code enters those too
    asked = await client.post(f"/v1/partnerships/{made['id']}/epochs", headers=sender.headers)
    assert asked.status_code == 202
    await world.work()
    found = await client.get(f"/v1/partnerships/{made['id']}", headers=sender.headers)
    assert (found.json()["epoch"], found.json()["next_epoch"]) == (2, None)


async def test_a_handle_reaches_its_organization_and_nobody_learns_whether_there_is_one(
    client: httpx.AsyncClient, world: World, sender: Member, invited: Member, superuser: asyncpg.Connection
) -> None:
    await world.organization("gone-quiet")
    known, unknown = [await invite(client, sender, handle=handle) for handle in ("invited", "nobody-here")]
    same = {"id", "handle", "created_at", "expires_at"}
    assert {k: v for k, v in known.items() if k not in same} == {
        k: v for k, v in unknown.items() if k not in same
    }
    assert known["link"] is known["code"] is None
    await world.work()
    assert [one["status"] for one in await items(client, INVITATIONS, sender)] == ["open", "open"]
    assert sorted(await log_of(client, sender)) == [("partner_invitation.sent", None)] * 2
    assert [one["id"] for one in await items(client, RECEIVED, invited)] == [known["id"]]
    assert await superuser.fetchval("SELECT count(*) FROM received_invitation") == 1


async def test_declining_is_told_and_ends_it(
    client: httpx.AsyncClient, world: World, sender: Member, invited: Member
) -> None:
    made = await invite(client, sender, handle="invited")
    await world.work()
    [shown] = await items(client, RECEIVED, invited)
    for _ in range(2):
        answer = await client.post(f"{RECEIVED}/{made['id']}/decline", headers=invited.headers)
        assert answer.status_code == 204
    assert problem(await accept(client, invited, shown)) == (409, "invitation-closed")
    await world.work()
    assert [one["status"] for one in await items(client, INVITATIONS, sender)] == ["declined"]
    assert await log_of(client, sender) == [
        ("partner_invitation.declined", None), ("partner_invitation.sent", None),
    ]  # fmt: skip
    again = await client.post(f"{INVITATIONS}/{made['id']}/resend", headers=sender.headers)
    assert problem(again) == (409, "invitation-closed")


async def test_a_withdrawn_invitation_is_worthless_at_once_and_gone_soon(
    client: httpx.AsyncClient, world: World, sender: Member, invited: Member
) -> None:
    made = await invite(client, sender, handle="invited")
    await world.work()
    [shown] = await items(client, RECEIVED, invited)
    assert (await client.delete(f"{INVITATIONS}/{made['id']}", headers=sender.headers)).status_code == 204
    assert problem(await accept(client, invited, shown)) == (409, "invitation-closed")
    await world.work()
    assert await items(client, RECEIVED, invited) == []
    assert problem(await accept(client, invited, shown)) == (404, "not-found")
    twice = await client.delete(f"{INVITATIONS}/{made['id']}", headers=sender.headers)
    assert problem(twice) == (409, "invitation-closed")


async def test_sending_again_makes_the_link_and_the_code_before_worthless(
    client: httpx.AsyncClient, world: World, sender: Member, invited: Member
) -> None:
    made = await invite(client, sender, with_code=True)
    shown = (await open_link(client, invited, made["link"])).json()
    anew = await client.post(f"{INVITATIONS}/{made['id']}/resend", headers=sender.headers)
    assert anew.status_code == 200, anew.text
    again = anew.json()
    assert again["id"] == made["id"]
    assert problem(await accept(client, invited, shown, code=made["code"])) == (409, "invitation-closed")
    assert problem(await open_link(client, invited, made["link"])) == (404, "invalid-link")
    await world.work()
    assert await items(client, RECEIVED, invited) == []
    shown = (await open_link(client, invited, again["link"])).json()
    assert problem(await accept(client, invited, shown, code=made["code"])) == (409, "wrong-invitation-code")
    assert (await accept(client, invited, shown, code=again["code"])).status_code == 201


async def test_wrong_codes_are_counted_and_close_it(
    client: httpx.AsyncClient, sender: Member, invited: Member
) -> None:
    made = await invite(client, sender, with_code=True)
    shown = (await open_link(client, invited, made["link"])).json()
    for left in reversed(range(MOST_WRONG_CODES)):
        answer = await accept(client, invited, shown, code="0" * 26)
        assert problem(answer) == (409, "wrong-invitation-code")
        assert answer.json()["detail"].endswith(f" {left}.")
    assert problem(await accept(client, invited, shown, code=made["code"])) == (409, "invitation-closed")
    again = (await client.post(f"{INVITATIONS}/{made['id']}/resend", headers=sender.headers)).json()
    shown = (await open_link(client, invited, again["link"])).json()
    assert (await accept(client, invited, shown, code=again["code"])).status_code == 201


async def test_an_expired_invitation_is_closed_and_can_be_sent_again(
    client: httpx.AsyncClient, sender: Member, invited: Member, superuser: asyncpg.Connection
) -> None:
    made = await invite(client, sender, days=1)
    shown = (await open_link(client, invited, made["link"])).json()
    await superuser.execute(
        "UPDATE partner_invitation SET created_at = created_at - interval '25h', expires_at = expires_at - interval '25h'"
    )
    assert problem(await accept(client, invited, shown)) == (409, "invitation-closed")
    assert problem(await open_link(client, invited, made["link"])) == (404, "invalid-link")
    assert [one["status"] for one in await items(client, INVITATIONS, sender)] == ["expired"]
    again = await client.post(f"{INVITATIONS}/{made['id']}/resend", headers=sender.headers)
    shown = (await open_link(client, invited, again.json()["link"])).json()
    assert (await accept(client, invited, shown)).status_code == 201


async def test_nothing_but_what_was_shown_is_accepted(
    client: httpx.AsyncClient, sender: Member, invited: Member, superuser: asyncpg.Connection
) -> None:
    made = await invite(client, sender)
    shown = (await open_link(client, invited, made["link"])).json()
    await superuser.execute("UPDATE organization SET identity = $1 WHERE handle = 'sender'", bytes(32))
    assert problem(await accept(client, invited, shown)) == (409, "invitation-changed")
    [anew] = await items(client, RECEIVED, invited)
    assert anew["safety_number"] != shown["safety_number"]


async def test_who_cannot_be_a_partner_is_refused_where_that_tells_nothing(
    client: httpx.AsyncClient, world: World, sender: Member, invited: Member
) -> None:
    self = await client.post(INVITATIONS, json={"handle": "sender"}, headers=sender.headers)
    assert problem(self) == (409, "same-partner")
    made = await invite(client, sender)
    assert problem(await open_link(client, sender, made["link"])) == (409, "same-partner")
    shown = (await open_link(client, invited, made["link"])).json()
    other = await invite(client, invited)
    back = (await open_link(client, sender, other["link"])).json()
    assert (await accept(client, invited, shown)).status_code == 201
    assert problem(await accept(client, sender, back)) == (409, "already-partners")
    partner = await client.post(INVITATIONS, json={"handle": "invited"}, headers=sender.headers)
    assert problem(partner) == (409, "already-partners")
    # of a partnership that has ended nothing is left that stands in the way
    await client.post(f"/v1/partnerships/{made['id']}/end", headers=sender.headers)
    await world.work()
    assert (await invite(client, sender, handle="invited"))["status"] == "open"


async def test_a_suspended_organization_neither_gets_nor_begins_anything(
    client: httpx.AsyncClient, world: World, sender: Member, invited: Member, superuser: asyncpg.Connection
) -> None:
    quiet = await world.organization("quiet")
    async with world.database.tenant(quiet.id) as session:
        await suspend(session, world.clock)
    await invite(client, sender, handle="quiet")
    made = await invite(client, sender, handle="invited")
    await world.work()
    assert await superuser.fetchval("SELECT count(*) FROM received_invitation") == 1
    [shown] = await items(client, RECEIVED, invited)
    async with world.database.tenant(sender.id) as session:
        await suspend(session, world.clock)
    assert problem(await accept(client, invited, shown)) == (409, "invitation-closed")
    assert problem(await open_link(client, invited, f"#cg_partner_{'0' * 78}")) == (404, "invalid-link")
    assert made["id"] == shown["id"]


async def sandbox_of(superuser: asyncpg.Connection, member: Member) -> str:
    found: str = await superuser.fetchval("SELECT handle FROM organization WHERE sandbox_of = $1", member.id)
    return found


async def test_a_sandbox_and_a_live_organization_never_meet(
    client: httpx.AsyncClient, world: World, sender: Member, invited: Member, superuser: asyncpg.Connection
) -> None:
    made = await client.post("/v1/sandbox", headers=sender.headers)
    assert made.status_code in {200, 201, 202}, made.text
    sandbox = {"Authorization": f"Bearer {made.json()['key']}"}
    await world.work()
    await invite(client, invited, handle=await sandbox_of(superuser, sender))
    link = (await client.post(INVITATIONS, json={}, headers=sandbox)).json()["link"]
    to_live = await client.post(INVITATIONS, json={"handle": "invited"}, headers=sandbox)
    assert to_live.status_code == 201
    await client.post("/v1/sandbox", headers=invited.headers)
    to_another = await client.post(
        INVITATIONS, json={"handle": await sandbox_of(superuser, invited)}, headers=sandbox
    )
    assert to_another.status_code == 201
    await world.work()
    assert await superuser.fetchval("SELECT count(*) FROM received_invitation") == 0
    assert problem(await open_link(client, invited, link)) == (409, "different-worlds")


async def test_a_second_invitation_to_one_handle_ends_the_first(
    client: httpx.AsyncClient, world: World, sender: Member, invited: Member
) -> None:
    first, second = [await invite(client, sender, handle="invited") for _ in range(2)]
    await world.work()
    statuses = {one["id"]: one["status"] for one in await items(client, INVITATIONS, sender)}
    assert statuses == {first["id"]: "withdrawn", second["id"]: "open"}
    assert [one["id"] for one in await items(client, RECEIVED, invited)] == [second["id"]]


async def test_the_budget_is_the_same_for_handles_that_are_known_and_those_that_are_not(
    client: httpx.AsyncClient, sender: Member, invited: Member
) -> None:
    for handle in ("invited", "nobody-here"):
        asked = [
            await client.post(INVITATIONS, json={"handle": handle}, headers=sender.headers) for _ in range(5)
        ]
        assert [one.status_code for one in asked] == [201, 201, 201, 201, 429], handle
        assert problem(asked[-1]) == (429, "too-many-invitations")
        assert int(asked[-1].headers["retry-after"]) > 0
    # another's budget is its own
    assert (await invite(client, invited, handle="nobody-here"))["status"] == "open"


async def test_open_invitations_count_as_the_partnerships_that_they_may_become(
    client: httpx.AsyncClient, world: World, sender: Member, superuser: asyncpg.Connection
) -> None:
    await superuser.execute(
        "INSERT INTO organization_standing (org_id, max_partnerships) VALUES ($1, 1)", sender.id
    )
    made = await invite(client, sender)
    full = await client.post(INVITATIONS, json={}, headers=sender.headers)
    assert problem(full) == (403, "quota-exceeded")
    again = await client.post(f"{INVITATIONS}/{made['id']}/resend", headers=sender.headers)
    assert again.status_code == 200
    await client.delete(f"{INVITATIONS}/{made['id']}", headers=sender.headers)
    assert (await invite(client, sender))["status"] == "open"


async def test_what_was_received_is_ones_own(
    client: httpx.AsyncClient, world: World, sender: Member, invited: Member
) -> None:
    made = await invite(client, sender, handle="invited")
    await world.work()
    stranger = await world.organization("stranger")
    for member in (stranger, sender):
        for answer in (
            await client.get(f"{RECEIVED}/{made['id']}", headers=member.headers),
            await client.get(f"{RECEIVED}/{uuid4()}", headers=member.headers),
            await accept(client, member, {"id": made["id"], "safety_number": "1"}),
            await client.post(f"{RECEIVED}/{made['id']}/decline", headers=member.headers),
        ):
            assert problem(answer) == (404, "not-found")
    for path in (f"{INVITATIONS}/{made['id']}",):
        assert problem(await client.delete(path, headers=invited.headers)) == (404, "not-found")
    assert UUID(made["id"])


async def test_open_invitations_have_an_end(
    client: httpx.AsyncClient, sender: Member, superuser: asyncpg.Connection
) -> None:
    made = await invite(client, sender)
    await superuser.execute(
        """INSERT INTO partner_invitation (org_id, id, way, admits, coded, wrong_codes, created_at, expires_at)
           SELECT org_id, gen_random_uuid(), way, gen_random_uuid(), coded, wrong_codes, created_at, expires_at
             FROM partner_invitation, generate_series(2, $1)""",
        MOST_OPEN,
    )
    full = await client.post(INVITATIONS, json={}, headers=sender.headers)
    assert problem(full) == (409, "too-many-open-invitations")
    again = await client.post(f"{INVITATIONS}/{made['id']}/resend", headers=sender.headers)
    assert again.status_code == 200
