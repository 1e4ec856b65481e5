"""Why a pair is rejected, said again: a client that asks twice doesn't fill the pair with one comment."""

from uuid import UUID

import asyncpg
import httpx
import pytest

from service.organizations.models import Scope
from service.overlaps import comments
from service.overlaps.reasons import make_ready
from tests.factories.world import Member, Pair, company_list

BAKERY = company_list(("Brook Bakery Ltd", "brook.example.com", "DE"))


class Desk:
    """One overlap; the left side rejects it, unless another is named."""

    def __init__(self, client: httpx.AsyncClient, pair: Pair, overlap_id: str) -> None:
        self.client, self.pair, self.overlap_id = client, pair, overlap_id

    async def ask(
        self, method: str, path: str, body: object = None, *, by: Member | None = None
    ) -> httpx.Response:
        params, headers = {"partnership": str(self.pair.partnership.id)}, (by or self.pair.left).headers
        return await self.client.request(
            method, f"/v1/overlaps{path}", params=params, json=body, headers=headers
        )

    async def reject(self, reason: str, *, by: Member | None = None) -> int:
        said = {"decision": "reject", "reason": reason}
        return (await self.ask("POST", f"/{self.overlap_id}/decisions", said, by=by)).status_code

    async def notes(self, by: Member | None = None) -> list[str]:
        answer = await self.ask("GET", f"/{self.overlap_id}/comments", by=by)
        return [one["text"] for one in answer.json()["items"]]

    async def write(self, text: str, visible_to: str = "organization", *, by: Member | None = None) -> None:
        said = {"text": text, "visible_to": visible_to}
        answer = await self.ask("POST", f"/{self.overlap_id}/comments", said, by=by)
        assert answer.status_code == 201, answer.text


@pytest.fixture
async def desk(client: httpx.AsyncClient, pair: Pair) -> Desk:
    for member in (pair.left, pair.right):
        await pair.world.upload(member, BAKERY)
    await pair.world.work()
    [told] = await pair.world.told(pair.left, pair.partnership)
    return Desk(client, pair, str(told["id"]))


async def test_a_reason_in_the_words_of_ones_newest_comment_is_not_stored_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right = desk.pair.left, desk.pair.right
    colleague = await desk.pair.world.another_key(left, Scope)
    for by in (left, left, colleague):
        assert await desk.reject("Another plant.", by=by) == 200
    assert await desk.notes() == ["Another plant."]
    await desk.reject("Another Plant.")
    await desk.reject("Another plant.")
    assert await desk.notes() == ["Another plant.", "Another Plant.", "Another plant."], "it isn't the newest"
    await desk.reject("Another plant.", by=right)
    assert await desk.notes(right) == ["Another plant."], "each side has its own"
    await desk.reject("Another plant.")
    assert len(await desk.notes()) == 3, "the partner's comments are no later ones of one's own"
    log = await desk.client.get("/v1/audit-log", params={"action": "comment.created"}, headers=left.headers)
    assert len(log.json()["items"]) == 3

    monkeypatch.setattr(comments, "MOST", 3)
    assert await desk.reject("Another plant.") == 200, "nothing is to be stored, so there is room"
    assert await desk.reject("Yet another.") == 409
    items = [{"overlap_id": desk.overlap_id, "decision": "reject", "reason": "Another plant."}]
    bulk = await desk.ask("POST", "/decisions", {"decisions": items})
    assert (bulk.json()["refused"], len(await desk.notes())) == ({}, 3)


async def test_a_reason_stays_private_where_the_same_words_were_shown_to_the_partner(desk: Desk) -> None:
    await desk.write("Another plant.", "partner")
    for _ in range(2):
        await desk.reject("Another plant.")
    assert (await desk.notes(), await desk.notes(desk.pair.right)) == (
        ["Another plant."] * 2,
        ["Another plant."],
    )
    await desk.write("Thanks.", "partner", by=desk.pair.right)
    await desk.reject("Another plant.")
    assert (await desk.notes()).count("Another plant.") == 2


async def test_a_comment_that_no_longer_opens_keeps_nobody_from_rejecting(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    await desk.reject("Another plant.")
    await superuser.execute("UPDATE overlap_comment SET body = set_byte(body, 40, get_byte(body, 40) # 1)")
    assert await desk.reject("Another plant.") == 200
    assert await superuser.fetchval("SELECT count(*) FROM overlap_comment") == 2


async def test_of_two_that_ask_at_once_one_stores_the_reason(desk: Desk) -> None:
    world, partnership_id, overlap_id = desk.pair.world, desk.pair.partnership.id, UUID(desk.overlap_id)
    async with world.database.tenant(desk.pair.left.id) as session:
        first, second, other = [
            await make_ready(
                session, world.keystore, world.clock, world.ids, partnership_id=partnership_id, reasons={overlap_id: text}
            )
            for text in ("Another plant.", "Another plant.", "Yet another.")
        ]  # fmt: skip
        for ready in (first, second, other):
            await ready.keep(session, world.clock, [overlap_id])
    assert await desk.notes() == ["Another plant.", "Yet another."]
