"""Saying over the API what a pair is, and reading who said it."""

from collections import Counter
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from service.api.v1.overlap_shapes import OverlapOut
from service.db.turns import Turn, take_turn
from service.overlaps import comments, deciding
from service.overlaps.jobs.parts import enqueue_relay
from service.overlaps.models import OverlapStatus
from service.overlaps.reading import Page
from service.partnerships.models import SharingLevel
from tests.factories.world import Member, Pair, World, company_list, make_pair
from tests.support.statements import counted_statements

LEFT = company_list(("Siemens AG", "siemens.com", "DE"))
WORDS = ("Amber", "Birch", "Cobalt", "Damson", "Ember", "Falcon", "Granite", "Harbour")
RIGHT = company_list(("Siemens", "siemens.com", "DE"))


class Desk:
    """One overlap, and both sides' calls about it."""

    def __init__(self, client: httpx.AsyncClient, pair: Pair, overlap_id: str) -> None:
        self.client, self.pair, self.overlap_id = client, pair, overlap_id
        self.query = {"partnership": str(pair.partnership.id)}

    async def say(self, member: Member, decision: str, overlap_id: str | None = None) -> httpx.Response:
        path = f"/v1/overlaps/{overlap_id or self.overlap_id}/decisions"
        return await self.client.post(
            path, params=self.query, json={"decision": decision}, headers=member.headers
        )

    async def see(self, member: Member, **query: str) -> httpx.Response:
        path = "/v1/overlaps" if query else f"/v1/overlaps/{self.overlap_id}"
        return await self.client.get(path, params=self.query | query, headers=member.headers)


@pytest.fixture
async def desk(client: httpx.AsyncClient, pair: Pair) -> Desk:
    await pair.world.upload(pair.left, LEFT)
    await pair.world.upload(pair.right, RIGHT)
    await pair.world.work()
    [told] = await pair.world.told(pair.left, pair.partnership)
    return Desk(client, pair, str(told["id"]))


async def test_the_explanation_names_ones_own_people_and_the_partner_as_a_whole(desk: Desk) -> None:
    left, right = desk.pair.left, desk.pair.right
    said = await desk.say(left, "reject")
    assert said.json() == {"overlap_id": desk.overlap_id, "status": "disputed"}
    assert (await desk.see(left, status="confirmed")).json()["items"] == []
    [own] = (await desk.see(left, status="disputed")).json()["items"]
    assert own == OverlapOut.model_validate(own).model_dump(mode="json")
    [decision] = own["decisions"]
    assert (decision["by"], decision["actor"]["name"], decision["actor"]["kind"]) == (
        "own",
        "test",
        "api_key",
    )
    assert decision["sentence"] == "test rejected the pair: the two are not the same company."
    [theirs] = (await desk.see(right)).json()["decisions"]
    assert (theirs["by"], theirs["decision"], theirs["actor"]) == ("partner", "reject", None)

    twice = {"decisions": [{"overlap_id": desk.overlap_id, "decision": "reject"}] * 2}
    unfit = await desk.client.post(
        "/v1/overlaps/decisions", params=desk.query, json=twice, headers=left.headers
    )
    message = f"{desk.overlap_id} is named more than once: say one word on each overlap"
    assert unfit.json()["errors"] == [{"where": "body.decisions", "message": message}]
    errors = (await desk.see(left, assignee="somebody")).json()["errors"]
    assert {one["where"] for one in errors} == {"query.assignee"}

    refused = await desk.say(right, "withdraw")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:commonground:problem:decision-refused")


async def test_a_pair_that_one_is_not_told_of_cannot_be_decided_on(desk: Desk) -> None:
    """Whatever the other side said of it, it answers as one that doesn't exist."""
    pair, unknown = desk.pair, "00000000-0000-7000-8000-000000000000"
    await pair.world.share(pair.left, pair.partnership, {"customers": SharingLevel.MATCHED})
    await pair.world.work()
    answers = [await desk.say(pair.right, "reject", one) for one in (unknown, desk.overlap_id)]
    await desk.say(pair.left, "reject")
    await pair.world.work()
    answers += [await desk.say(pair.right, "reject"), await desk.see(pair.right)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({tuple(sorted({**answer.json(), "request_id": ""}.items())) for answer in answers}) == 1
    for status in ("auto", "confirmed", "review", "rejected", "disputed"):
        assert (await desk.see(pair.right, status=status)).json()["items"] == []


async def test_pages_of_the_review_queue_and_its_switch(client: httpx.AsyncClient, pair: Pair) -> None:
    names = ["Harbour Analytics", "Orchid Ventures", "Quarzwerk Nord"]
    rows = "".join(f"{name},left{at}.com,{at + 1}\n" for at, name in enumerate(names))
    await pair.world.upload(pair.left, f"Company,Website,Revenue\n{rows}")
    await pair.world.upload(
        pair.right, company_list(*((name, f"r{at}.org") for at, name in enumerate(names)))
    )
    await pair.world.work()
    query: dict[str, str | int] = {"partnership": str(pair.partnership.id), "status": "review", "limit": 1}
    seen = []
    for _ in names:
        page = (await client.get("/v1/overlaps", params=query, headers=pair.left.headers)).json()
        seen += [item["account"]["name"] for item in page["items"]]
        query["cursor"] = page["next_cursor"]
    assert (seen, page["has_more"]) == (names[::-1], False)

    desk = Desk(client, pair, page["items"][0]["id"])
    await desk.say(pair.left, "offer")
    told = (await desk.see(pair.right)).json()
    assert [one["decision"] for one in told["decisions"]] == ["offer"]
    assert told["partner_account"] is None, "until the offered record is shown"
    await pair.world.work()
    told = (await desk.see(pair.right)).json()
    assert told["partner_account"]["fields"]["name"] == names[0]
    await desk.say(pair.left, "withdraw")
    await pair.world.work()

    path = f"/v1/partnerships/{pair.partnership.id}"
    off = await client.patch(path, json={"reviews": False}, headers=pair.right.headers)
    assert off.json()["reviews"] == {"own": False, "partner": True}
    del query["cursor"]
    assert (await client.get("/v1/overlaps", params=query, headers=pair.left.headers)).json()["items"] == []


async def test_a_dry_run_says_what_a_thousand_would_become_and_leaves_nothing(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    pair, unknown = desk.pair, "00000000-0000-7000-8000-000000000000"
    body = {
        "decisions": [
            {"overlap_id": desk.overlap_id, "decision": "reject"},
            {"overlap_id": unknown, "decision": "confirm"},
            *({"overlap_id": str(UUID(int=at)), "decision": "withdraw"} for at in range(998)),
        ]
    }

    async def decide(**query: str) -> dict[str, object]:
        answer = await desk.client.post(
            "/v1/overlaps/decisions", params=desk.query | query, json=body, headers=pair.left.headers
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def rows() -> list[int]:
        tables = ("decision", "partnership_event", "audit_entry", "publish_request", "pgqueuer")
        return [await superuser.fetchval(f"SELECT count(*) FROM {table}") for table in tables]

    before = await rows()
    rehearsed = await decide(dry_run="true")
    assert (rehearsed["statuses"], rehearsed["refused"]) == ({"disputed": 1}, {"unknown": 999})
    assert await rows() == before
    assert (await desk.see(pair.left)).json()["status"] == "auto"
    assert await decide() == rehearsed | {"dry_run": False}
    assert await rows() == [a + b for a, b in zip(before, (1, 2, 1, 2, 3), strict=True)]
    body["decisions"] = body["decisions"][:1] * 2
    with pytest.raises(AssertionError, match="named more than once"):
        await decide()


async def test_a_word_that_waits_too_long_for_a_match_is_asked_to_come_again(
    own_client: httpx.AsyncClient, own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = await make_pair(own_world)
    await own_world.upload(pair.left, LEFT)
    await own_world.upload(pair.right, RIGHT)
    await own_world.work()
    [told] = await own_world.told(pair.left, pair.partnership)
    desk = Desk(own_client, pair, str(told["id"]))
    monkeypatch.setattr(deciding, "take_turn", partial(take_turn, wait="100ms"))
    async with own_world.database.matcher(pair.partnership.id) as session:
        await take_turn(session, Turn.DECIDE, pair.partnership.id)
        refused = await desk.say(pair.left, "reject")
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:commonground:problem:unavailable")
    assert refused.headers["Retry-After"] == "2"
    assert refused.json()["detail"] == "Others are changing the same thing: try again shortly."
    assert (await desk.say(pair.left, "reject")).json()["status"] == "disputed"


async def test_the_partners_log_tells_what_was_decided_once_and_of_what_it_is_told_alone(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    pair, world = desk.pair, desk.pair.world

    async def log(member: Member) -> list[dict[str, object]]:
        asked = await desk.client.get(
            "/v1/audit-log", params={"action": "overlap.decided"}, headers=member.headers
        )
        return [one["details"] | {"actor": one["actor"]["kind"]} for one in asked.json()["items"]]

    await desk.say(pair.left, "reject")
    await world.work()
    partnership_id = str(pair.partnership.id)
    heard = {
        "partnership_id": partnership_id,
        "by": str(pair.left.id),
        "status": "disputed",
        "actor": "service",
    }
    assert await log(pair.right) == [heard]
    assert [one["actor"] for one in await log(pair.left)] == ["api_key"], "one's own word isn't told back"
    async with world.database.directory() as session:
        await enqueue_relay(session, pair.partnership.id, pair.right.id)
    await world.work()
    assert await log(pair.right) == [heard]

    await world.share(pair.left, pair.partnership, {"customers": SharingLevel.MATCHED})
    await desk.say(pair.left, "withdraw")
    await world.work()
    await world.share(pair.left, pair.partnership, {"customers": SharingLevel.OVERLAPPING})
    await world.work()
    assert await log(pair.right) == [heard], "nobody told it then, and nobody does later"
    await desk.say(pair.left, "confirm")
    await world.work()
    assert [one["status"] for one in await log(pair.right)] == ["confirmed", "disputed"]
    marks = await superuser.fetch("SELECT org_id, sequence FROM event_bookmark")
    assert [row["org_id"] for row in marks] == [pair.right.id]


async def test_what_waits_for_ones_word_is_counted_and_listed_for_whoever_it_waits_for(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    left, right = pair.left, pair.right
    await pair.world.upload(
        left, company_list(("Siemens AG", "siemens.com", "DE"), ("Quarzwerk Nord", "nord.com"))
    )
    await pair.world.upload(
        right, company_list(("Siemens", "siemens.com", "DE"), ("Quarzwerk Nord", "nord.org"))
    )
    await pair.world.work()
    ids = {
        str(row["status"]): str(row["id"])
        for row in await pair.world.told(left, pair.partnership, Page(status=[*OverlapStatus]))
    }
    assert {*ids} == {"auto", "review"}
    desk = Desk(client, pair, ids["auto"])

    async def judged(member: Member) -> tuple[dict[str, int], list[str]]:
        report = await client.get("/v1/reports/matrix", params=desk.query, headers=member.headers)
        found = (await desk.see(member, waiting="true")).json()["items"]
        return report.json()["to_judge"], [one["status"] for one in found]

    nothing = ({"review": 1, "disputed": 0, "waiting": 0}, [])
    assert (await judged(left), await judged(right)) == (nothing, nothing)
    reason = "Another plant of the same group."
    path = f"/v1/overlaps/{ids['auto']}/decisions"
    said = {"decision": "reject", "reason": reason}
    assert (await client.post(path, params=desk.query, json=said, headers=left.headers)).status_code == 200
    unfit = await client.post(
        path, params=desk.query, json=said | {"decision": "confirm"}, headers=left.headers
    )
    assert (unfit.status_code, unfit.json()["errors"][0]["where"]) == (422, "body")
    for member, texts in ((left, [reason]), (right, [])):
        notes = await client.get(
            f"/v1/overlaps/{ids['auto']}/comments", params=desk.query, headers=member.headers
        )
        assert [one["text"] for one in notes.json()["items"]] == texts
    assert reason not in (await desk.see(right)).text

    await desk.say(left, "offer", ids["review"])
    await pair.world.work()
    quiet = {"review": 1, "disputed": 1, "waiting": 0}
    assert await judged(left) == (quiet, [])
    assert await judged(right) == (quiet | {"waiting": 2}, ["disputed", "review"])
    assert [
        one["id"] for one in (await desk.see(right, waiting="true", status="review")).json()["items"]
    ] == [ids["review"]]
    # whoever has spoken last waits for the other
    await desk.say(right, "confirm")
    assert await judged(right) == (quiet | {"waiting": 1}, ["review"])
    assert await judged(left) == (quiet | {"waiting": 1}, ["disputed"])
    await desk.say(right, "reject", ids["review"])
    assert await judged(right) == ({"review": 0, "disputed": 1, "waiting": 0}, [])
    assert await judged(left) == (quiet | {"waiting": 1}, ["disputed"]), "a rejection there is for oneself"
    both = await client.get(
        "/v1/overlaps",
        params=[*desk.query.items(), ("status", "rejected"), ("status", "disputed")],
        headers=right.headers,
    )
    assert [one["status"] for one in both.json()["items"]] == ["disputed", "rejected"]
    refused = await desk.see(right, waiting="true", status="auto")
    assert (refused.status_code, refused.json()["detail"][:8]) == (422, "waiting:")
    # and nobody is told of what the other side hides
    await pair.world.share(left, pair.partnership, {"customers": SharingLevel.MATCHED})
    assert await judged(right) == ({"review": 0, "disputed": 0, "waiting": 0}, [])


async def test_a_bulk_with_reasons_takes_as_many_statements_for_many_as_for_few_and_leaves_a_full_one_alone(
    client: httpx.AsyncClient, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [(f"{word} Works", f"{word.lower()}.example.com") for word in WORDS]
    for member in (pair.left, pair.right):
        await pair.world.upload(member, company_list(*names))
    await pair.world.work()
    found = [str(row["id"]) for row in await pair.world.told(pair.left, pair.partnership)]
    assert len(found) == len(names)
    query = {"partnership": str(pair.partnership.id)}

    async def reject(these: list[str], word: str = "Why", **more: str) -> dict[str, Any]:
        items = [{"overlap_id": one, "decision": "reject", "reason": f"{word} {one}"} for one in these]
        answer = await client.post(
            "/v1/overlaps/decisions",
            params=query | more,
            json={"decisions": items},
            headers=pair.left.headers,
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def notes(of: str) -> list[str]:
        path = f"/v1/overlaps/{of}/comments"
        answer = await client.get(path, params=query, headers=pair.left.headers)
        return [one["text"] for one in answer.json()["items"]]

    with counted_statements() as few:
        await reject(found[:1])
    with counted_statements() as many:
        told = await reject(found[1:-1])
    assert told["statuses"] == {"disputed": len(names) - 2}
    more = Counter(many) - Counter(few)
    assert all(times < len(found) // 2 for times in more.values()), "none for each pair"
    assert [await notes(one) for one in found[:3]] == [[f"Why {one}"] for one in found[:3]]
    log = await client.get("/v1/audit-log", params={"action": "comment.created"}, headers=pair.left.headers)
    assert {one["details"]["overlap_id"] for one in log.json()["items"]} == set(found[:-1])

    monkeypatch.setattr(comments, "MOST", 1)
    for more in ({"dry_run": "true"}, {}):
        told = await reject([found[0], found[-1]], "Because", **more)
        assert (told["statuses"], told["refused"]) == ({"disputed": 1}, {"too_many_comments": 1})
        assert [one["overlap_id"] for one in told["results"]] == [found[0], found[-1]]
    assert (await notes(found[0]), await notes(found[-1])) == ([f"Why {found[0]}"], [f"Because {found[-1]}"])
    alone = await client.post(
        f"/v1/overlaps/{found[0]}/decisions", params=query, json={"decision": "reject", "reason": "Again"},
        headers=pair.left.headers,
    )  # fmt: skip
    assert (alone.status_code, alone.json()["type"]) == (409, "urn:commonground:problem:too-many-comments")
