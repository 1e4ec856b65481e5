"""Saying over the API what a pair is, and reading who said it."""

from functools import partial

import asyncpg
import httpx
import pytest

from service.api.v1.overlaps import OverlapOut
from service.db.turns import Turn, take_turn
from service.overlaps import deciding
from service.partnerships.models import SharingLevel
from tests.factories.world import Member, Pair, World, company_list, make_pair

LEFT = company_list(("Siemens AG", "siemens.com", "DE"))
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
    assert (rehearsed["statuses"], rehearsed["refused"]) == ({"disputed": 1}, {"unknown": 1})
    assert await rows() == before
    assert (await desk.see(pair.left)).json()["status"] == "auto"
    assert await decide() == rehearsed | {"dry_run": False}
    assert await rows() == [a + b for a, b in zip(before, (1, 2, 1, 2, 2), strict=True)]
    body["decisions"] *= 2
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
