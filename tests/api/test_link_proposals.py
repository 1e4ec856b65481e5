"""Linking by hand: what is proposed, what comes back of it, and what doesn't."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from service.accounts.repository import Accounts
from service.overlaps.models import OverlapStatus
from service.overlaps.reading import Page
from service.partnerships.models import SharingLevel
from service.partnerships.operations import switch_reviews
from tests.domain.overlaps.test_decisions import everything_told
from tests.factories.world import Member, Pair, company_list
from tests.support.whole_run import told_wrongly

LEFT = company_list(("Alphabet Inc", "abc.xyz", "US"), ("Orchid Bakery", "orchidbakery.com", "FR"))
RIGHT = company_list(("Google LLC", "google.com", "US"), ("Orchid Bakery", "orchidbakery.com", "FR"))


class Table:
    """Both sides' calls about the proposals of one partnership."""

    def __init__(self, client: httpx.AsyncClient, pair: Pair) -> None:
        self.client, self.pair = client, pair
        self.query = {"partnership": str(pair.partnership.id)}

    async def ask(
        self, member: Member, method: str, path: str = "", body: dict[str, Any] | None = None, **query: str
    ) -> httpx.Response:
        return await self.client.request(
            method, f"/v1/link-proposals{path}", params=self.query | query, json=body, headers=member.headers
        )

    async def account(self, member: Member, domain: str) -> str:
        async with self.pair.world.database.tenant_read(member.id) as session:
            [row] = await Accounts(session).page(limit=2, domain=domain)
        return str(row["id"])

    async def propose(self, **named: str) -> httpx.Response:
        body = {"account_id": await self.account(self.pair.left, "abc.xyz")} | named
        answer = await self.ask(self.pair.left, "POST", body=body)
        await self.pair.world.work()
        return answer

    async def listed(self, member: Member, box: str) -> list[dict[str, Any]]:
        answer = await self.ask(member, "GET", box=box)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    @asynccontextmanager
    async def nothing_comes_back(self) -> AsyncIterator[None]:
        left = self.pair.left
        before = await everything_told(self.pair, left), await self.listed(left, "sent")
        yield
        await self.pair.world.work()
        assert (await everything_told(self.pair, left), await self.listed(left, "sent")) == before


@pytest.fixture
async def table(client: httpx.AsyncClient, pair: Pair) -> Table:
    await pair.world.upload(pair.left, LEFT)
    await pair.world.upload(pair.right, RIGHT)
    await pair.world.work()
    return Table(client, pair)


async def test_an_accepted_proposal_is_a_confirmed_overlap(
    table: Table, superuser: asyncpg.Connection
) -> None:
    pair = table.pair
    for wrong in ("not a domain", "https://www.facebook.com/google"):
        refused = await table.propose(partner_domain=wrong)
        assert refused.status_code == 422
        [error] = refused.json()["errors"]
        assert (error["where"], error["message"][:4]) == ("body.partner_domain", "this")
    made = await table.propose(partner_domain="https://www.Google.com/about")
    assert made.json()["partner_domain"] == "google.com"
    again = await table.propose(partner_domain="google.com")
    assert (again.status_code, again.json()) == (201, made.json()), "the standing one"
    assert (made.status_code, made.json()["state"]) == (201, "open")
    [received] = await table.listed(pair.right, "received")
    assert received["partner_account"]["fields"]["name"] == "Alphabet Inc"
    assert (received["account"], received["partner_domain"]) == (None, "google.com")
    path = f"/{received['id']}/answer"
    unsaid = await table.ask(pair.right, "POST", path, {"answer": "accept"})
    assert (unsaid.status_code, unsaid.json()["detail"][:11]) == (422, "account_id:")
    body = {"answer": "accept", "account_id": await table.account(pair.right, "google.com")}
    assert (await table.ask(pair.right, "POST", path, body)).json()["state"] == "accepted"
    assert (await table.ask(pair.right, "POST", path, body)).status_code == 409
    # what was accepted can't be taken back, also before whoever proposed is told
    assert (await table.ask(pair.left, "DELETE", f"/{received['id']}")).status_code == 409
    await pair.world.work()
    [sent] = await table.listed(pair.left, "sent")
    assert (sent["state"], sent["account"]["name"]) == ("accepted", "Alphabet Inc")
    for member in (pair.left, pair.right):
        [row] = await pair.world.told(member, pair.partnership, Page(status=OverlapStatus.CONFIRMED))
        shown = await table.client.get(
            f"/v1/overlaps/{row['id']}", params=table.query, headers=member.headers
        )
        assert (shown.json()["rules"], shown.json()["explanation"]) == ([], [])
        words = [(one["by"], one["decision"]) for one in shown.json()["decisions"]]
        assert words == [("own", "confirm"), ("partner", "confirm")]
    await pair.world.upload(pair.left, LEFT.replace("Alphabet Inc", "Alphabet Incorporated"))
    await pair.world.work()
    assert len(await pair.world.told(pair.left, pair.partnership)) == 2
    assert await told_wrongly(pair, superuser) == []

    [row] = await pair.world.told(pair.left, pair.partnership, Page(status=OverlapStatus.CONFIRMED))
    again = await table.propose(overlap_id=str(row["id"]))
    assert again.status_code == 201
    [newest, _] = await table.listed(pair.right, "received")
    assert newest["account"]["name"] == "Google LLC"

    # a rejection ends the link, and stands against a proposal that doesn't name the account
    said = {"decision": "reject"}
    path = f"/v1/overlaps/{row['id']}/decisions"
    answer = await table.client.post(path, params=table.query, json=said, headers=pair.left.headers)
    assert (answer.status_code, answer.json()["status"]) == (200, None)
    unnamed = await table.propose(partner_name="Somebody")
    answered = await table.ask(pair.right, "POST", f"/{unnamed.json()['id']}/answer", body)
    assert answered.json()["state"] == "accepted"
    await pair.world.work()
    for member in (pair.left, pair.right):
        assert len(await pair.world.told(member, pair.partnership)) == 1
    assert await superuser.fetchval("SELECT count(*) FROM decision WHERE word = 'reject'") == 1


async def test_a_proposal_tells_nothing_but_that_it_was_accepted(table: Table) -> None:
    """Whether the partner has such an account or not, and whatever it answers."""
    pair = table.pair
    answers = [await table.propose(partner_domain=domain) for domain in ("google.com", "nobody-there.com")]
    assert len({str({**a.json(), "id": "", "proposed_at": "", "partner_domain": ""}) for a in answers}) == 1
    async with table.nothing_comes_back():
        for received in await table.listed(pair.right, "received"):
            path = f"/{received['id']}/answer"
            assert (await table.ask(pair.right, "POST", path, {"answer": "refuse"})).json()[
                "state"
            ] == "refused"
    async with pair.world.database.tenant_read(pair.left.id) as session:
        copies = await (await session.raw()).fetch("SELECT sent, state FROM link_proposal")
    assert {tuple(row) for row in copies} == {(True, "open")}
    for one in await table.listed(pair.left, "sent"):
        assert (await table.ask(pair.left, "DELETE", f"/{one['id']}")).status_code == 204
    assert (await table.listed(pair.left, "sent"), await table.listed(pair.right, "received")) == ([], [])


async def test_proposals_are_made_and_told_where_both_sides_show(table: Table) -> None:
    pair, unknown = table.pair, str(UUID(int=7))
    [received] = [(await table.propose(partner_name="Google")).json()]
    await pair.world.share(pair.left, pair.partnership, {"customers": SharingLevel.MATCHED})
    path = f"/{received['id']}/answer"
    body = {"answer": "accept", "account_id": await table.account(pair.right, "google.com")}
    told = await table.ask(pair.right, "POST", path, body)
    absent = await table.ask(pair.right, "POST", f"/{unknown}/answer", body)
    assert {**told.json(), "request_id": ""} == {**absent.json(), "request_id": ""}
    assert await table.listed(pair.right, "received") == []
    refused = await table.propose(partner_name="Google")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:commonground:problem:decision-refused")
    await pair.world.share(pair.left, pair.partnership)
    for on, expected in ((False, 409), (True, 201)):
        async with pair.world.database.tenant(pair.right.id) as session:
            await switch_reviews(session, pair.world.clock, partnership_id=pair.partnership.id, on=on)
        assert bool(await table.listed(pair.right, "received")) is on
        assert (await table.propose(partner_name="Google")).status_code == expected
    assert (await table.propose(partner_name="Google", account_id=unknown)).status_code == 404
    assert (await table.propose(overlap_id=unknown)).status_code == 404
    assert (await table.propose()).status_code == 422
