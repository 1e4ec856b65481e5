"""Comments on an overlap and who looks after it: told to whom, for how long, and changed by whom."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from service.db.database import Database
from service.db.names import APP_ROLE, Duty
from service.events.repository import PartnershipEvents
from service.events.rules import overlap_messages
from service.organizations.members import remove_member
from service.organizations.models import Role, Scope
from service.organizations.people import People
from service.overlaps import comments
from service.overlaps.jobs import Parts, commented
from service.partnerships.models import SharingLevel
from tests.factories.people import Browser, browser_of, member
from tests.factories.world import LEVELS, Member, Pair, World, apart, company_list, make_pair
from tests.support.roles import acting, attempt

BAKERY = company_list(("Brook Bakery Ltd", "brook.example.com", "DE"))
MARKUP = "<script>alert('x')</script>\n& two lines"


@pytest.fixture(scope="module")
async def staged(staged_world: World) -> tuple[Pair, str]:
    pair = await make_pair(staged_world)
    for side in (pair.left, pair.right):
        await pair.world.upload(side, BAKERY)
    await pair.world.work()
    [told] = await pair.world.told(pair.left, pair.partnership)
    return pair, str(told["id"])


@dataclass(frozen=True)
class Talk:
    """The pair with its one overlap, and a client that either side's keys or people may use."""

    pair: Pair
    overlap_id: str
    client: httpx.AsyncClient
    left: Browser
    """A partner manager of the left side; `manager` is who that is."""
    manager: UUID

    async def ask(
        self, method: str, path: str = "", *, by: Member | Browser | None = None, **options: Any
    ) -> httpx.Response:
        """By the left side's person, unless `by` another."""
        by, params = (
            by or self.left,
            {"partnership": str(self.pair.partnership.id), **options.pop("params", {})},
        )
        address = f"/v1/overlaps/{self.overlap_id}{path}"
        if isinstance(by, Browser):
            return await by.ask(method, address, params=params, **options)
        headers = by.headers | options.pop("headers", {})
        return await self.client.request(method, address, params=params, headers=headers, **options)

    async def write(self, text: str, visible_to: str = "organization", *, by: Member | None = None) -> Any:
        answer = await self.ask("POST", "/comments", by=by, json={"text": text, "visible_to": visible_to})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def read(self, by: Member | None = None) -> list[Any]:
        answer = await self.ask("GET", "/comments", by=by)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def share(self, side: Member, level: SharingLevel) -> None:
        await self.pair.world.share(side, self.pair.partnership, dict.fromkeys(LEVELS, level))
        await self.pair.world.work()


@pytest.fixture
def own_pair(staged: tuple[Pair, str], db: Database, tmp_path: Path) -> Pair:
    return apart(staged[0], tmp_path)


@pytest.fixture
def world(own_pair: Pair) -> World:
    return own_pair.world


@pytest.fixture
async def talk(
    own_pair: Pair, staged: tuple[Pair, str], app: FastAPI, client: httpx.AsyncClient
) -> AsyncIterator[Talk]:
    people: People = app.state.commonground.people
    mia = await member(people, own_pair.left.id, Role.PARTNER_MANAGER, email="mia@example.com")
    async with browser_of(app, mia) as browser:
        yield Talk(own_pair, staged[1], client, browser, mia.id)


async def test_private_comment_is_its_organizations_and_a_shown_one_has_a_name_and_no_more(
    talk: Talk, superuser: asyncpg.Connection
) -> None:
    private, shown = await talk.write("They pay late."), await talk.write(MARKUP, "partner")
    answer = await talk.write("Thanks.", "partner", by=talk.pair.right)
    assert [c["text"] for c in await talk.read()] == ["They pay late.", MARKUP, "Thanks."]
    theirs = await talk.read(by=talk.pair.right)
    assert [c["text"] for c in theirs] == [MARKUP, "Thanks."]
    assert theirs[0]["author"] == {
        "kind": "person", "id": None, "name": "Partner_Manager", "organization": "Left"
    }  # fmt: skip
    assert theirs[1]["author"]["name"] == "test"
    assert (await talk.read())[2]["author"]["name"] is None, "the name of a key is its organization's"
    assert shown["author"]["id"] == str(talk.manager)
    for name in ("GET", "PATCH", "DELETE"):
        found = await talk.ask(name, f"/comments/{private['id']}", by=talk.pair.right, json={"text": "x"})
        assert found.status_code == 404, name
    async with acting(superuser, APP_ROLE, org_id=talk.pair.right.id) as driver:
        rows = await driver.fetch("SELECT id, body FROM overlap_comment")
        assert {str(row["id"]) for row in rows} == {shown["id"], answer["id"]}
        assert all(b"script" not in row["body"] and b"Thanks" not in row["body"] for row in rows)
        assert await attempt(driver, "DELETE FROM overlap_comment WHERE id = $1", UUID(shown["id"])) == 0
        assert await attempt(driver, "UPDATE overlap_comment SET visible_to = 'partner'") == 1
    async with acting(superuser, APP_ROLE, org_id=uuid4()) as driver:
        assert await driver.fetch("SELECT id FROM overlap_comment") == []


async def test_only_the_author_edits_and_an_admin_of_the_organization_deletes(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = await talk.write("First", "partner")
    path = f"/comments/{mine['id']}"
    tag = (await talk.ask("GET", path)).headers["ETag"]
    for stranger in (talk.pair.left, talk.pair.right):
        refused = await talk.ask("PATCH", path, by=stranger, json={"text": "Mine now"})
        assert refused.json()["type"].endswith(":not-the-author"), refused.text
    changed = await talk.ask("PATCH", path, json={"text": "Second"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["text"]) == (200, "Second")
    assert changed.json()["edited_at"] is not None
    stale = await talk.ask("PATCH", path, json={"text": "Third"}, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert (await talk.ask("PATCH", path, json={"text": "x", "visible_to": "partner"})).status_code == 422
    for text in ("", " \n", "x" * 4001, "bell\x07"):
        assert (await talk.ask("POST", "/comments", json={"text": text})).status_code == 422, repr(text)
    writer = await talk.pair.world.another_key(talk.pair.left, [Scope.OVERLAPS_READ, Scope.COMMENTS_WRITE])
    assert (await talk.ask("DELETE", path, by=writer)).status_code == 403
    assert (await talk.ask("DELETE", path, by=talk.pair.right)).status_code == 403
    assert (await talk.ask("DELETE", path, by=talk.pair.left)).status_code == 204, "a key of an admin"
    assert await talk.read() == []
    monkeypatch.setattr(comments, "MOST", 2)
    await talk.write("One")
    await talk.write("Two")
    full = await talk.ask("POST", "/comments", json={"text": "Three"})
    assert full.json()["type"].endswith(":too-many-comments")
    first = (await talk.ask("GET", "/comments", params={"limit": "1"})).json()
    second = (
        await talk.ask("GET", "/comments", params={"limit": "1", "cursor": first["next_cursor"]})
    ).json()
    assert [c["text"] for c in first["items"] + second["items"]] == ["One", "Two"]
    assert second["has_more"] is False


@pytest.mark.parametrize("level", [SharingLevel.MATCHED, SharingLevel.HIDDEN])
async def test_who_is_told_of_no_overlap_reads_no_comment_on_it(talk: Talk, level: SharingLevel) -> None:
    shown = await talk.write("Shown", "partner")
    await talk.share(talk.pair.left, level)
    unknown = replace(talk, overlap_id=str(uuid4()))
    calls: list[tuple[str, str, Any]] = [
        ("GET", "/comments", None), ("POST", "/comments", {"text": "x"}), ("GET", f"/comments/{shown['id']}", None),
        ("PATCH", f"/comments/{shown['id']}", {"text": "x"}), ("DELETE", f"/comments/{shown['id']}", None),
        ("GET", "/assignee", None), ("PUT", "/assignee", {"person_id": None}),
    ]  # fmt: skip
    for method, path, body in calls:
        hidden = await talk.ask(method, path, by=talk.pair.right, json=body)
        never = await unknown.ask(method, path, by=talk.pair.right, json=body)
        assert hidden.status_code == never.status_code == 404, (method, path)
        assert {**hidden.json(), "request_id": ""} == {**never.json(), "request_id": ""}
    expected = [] if level is SharingLevel.HIDDEN else ["Shown"]
    answer = await talk.ask("GET", "/comments")
    assert [c["text"] for c in answer.json().get("items", [])] == expected, "the right side shows it still"


async def test_comments_wait_ninety_days_for_their_pair_and_follow_it_to_a_new_id(talk: Talk) -> None:
    await talk.write("Kept", "partner")
    pair, world = talk.pair, talk.pair.world
    await talk.ask("PUT", "/assignee", json={"person_id": str(talk.manager)})

    async def days_later(days: int) -> None:
        await commented.forget(world.database, pair.left.id, world.clock.now() + timedelta(days=days))

    async def found_anew() -> Talk:
        await talk.share(pair.left, SharingLevel.OVERLAPPING)
        [told] = await world.told(pair.left, pair.partnership)
        return replace(talk, overlap_id=str(told["id"]))

    await talk.share(pair.left, SharingLevel.HIDDEN)
    assert (await talk.ask("GET", "/comments")).status_code == 404
    for days in (0, 89):
        await days_later(days)
    anew = await found_anew()
    assert anew.overlap_id != talk.overlap_id
    assert [c["text"] for c in await anew.read(by=pair.right)] == ["Kept"]
    assert (await anew.ask("GET", "/assignee")).json()["person_id"] == str(talk.manager)
    await days_later(91)
    assert len(await anew.read()) == 1, "it stands, and waited for nothing meanwhile"
    await talk.share(pair.left, SharingLevel.HIDDEN)
    for days in (0, 91):
        await days_later(days)
    anew = await found_anew()
    assert await anew.read() == []
    assert (await anew.ask("GET", "/assignee")).json()["person_id"] is None


async def test_shown_comment_is_one_thin_event_and_a_private_one_none(talk: Talk) -> None:
    await talk.write("They pay late.")
    shown = await talk.write("Shall we call them?", "partner")
    world, partnership = talk.pair.world, talk.pair.partnership
    assert await world.work() == ["overlaps.commented"]
    parts = Parts(database=world.database, keystore=world.keystore, clock=world.clock, ids=world.ids)
    named = {
        "overlap_id": UUID(talk.overlap_id),
        "comment_id": UUID(shown["id"]),
        "org_id": talk.pair.left.id,
    }
    await commented.commented(parts, partnership_id=partnership.id, **named)
    async with world.database.duty(talk.pair.right.id, Duty.RELAY) as session:
        events = await PartnershipEvents(session).after(partnership.id)
    [message] = [
        m for m in overlap_messages(events, told=[UUID(talk.overlap_id)]) if m.type == "overlap.commented"
    ]
    assert message.data["overlaps"] == [
        {"id": talk.overlap_id, "comment_id": shown["id"], "organization_id": str(talk.pair.left.id)}
    ]


async def test_each_side_has_an_assignee_of_its_own_who_goes_with_the_membership(
    talk: Talk, app: FastAPI, superuser: asyncpg.Connection
) -> None:
    people: People = app.state.commonground.people
    rita = await member(people, talk.pair.right.id, Role.SALES, email="rita@example.com")
    foreign = await talk.ask("PUT", "/assignee", json={"person_id": str(rita.id)})
    assert foreign.status_code == 404, "a member of the partner is nobody here"
    put = await talk.ask("PUT", "/assignee", json={"person_id": str(talk.manager)})
    assert put.json()["name"] == "Partner_Manager"
    theirs = await talk.ask("GET", "/assignee", by=talk.pair.right)
    assert theirs.json() == {"person_id": None, "name": None, "assigned_at": None}

    async def listed(asked: str, by: Member | None = None) -> list[str | None] | int:
        params = {"partnership": str(talk.pair.partnership.id), "assignee": asked}
        if by is None:
            answer = await talk.left.client.get("/v1/overlaps", params=params)
        else:
            answer = await talk.client.get("/v1/overlaps", params=params, headers=by.headers)
        if answer.status_code != 200:
            return answer.status_code
        return [item["assignee_id"] for item in answer.json()["items"]]

    mia = str(talk.manager)
    assert await listed("me") == await listed(mia) == await listed(mia, talk.pair.left) == [mia]
    assert await listed("none") == await listed(str(rita.id)) == []
    assert await listed("none", talk.pair.right) == [None]
    assert await listed(mia, talk.pair.right) == []
    assert await listed("me", talk.pair.left) == 422
    shown = await talk.write("I was here.", "partner")
    async with talk.pair.world.database.tenant(talk.pair.left.id) as session:
        await remove_member(session, talk.pair.world.clock, talk.manager)
    assert await listed("none", talk.pair.left) == [None]
    await superuser.execute("DELETE FROM person WHERE id = $1", talk.manager)
    [read] = await talk.read(by=talk.pair.right)
    assert (read["id"], read["author"]["name"]) == (shown["id"], "Former member")
