"""Linking by hand: what is proposed, what comes back of it, and what doesn't."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from service.accounts.repository import Accounts
from service.imports.models import ImportMode
from service.overlaps.jobs.commented import forget
from service.overlaps.jobs.parts import PUBLISH_JOB, enqueue_relay, request_publish
from service.overlaps.models import OverlapStatus
from service.overlaps.reading import Page
from service.partnerships.models import Preset, SharingLevel
from service.partnerships.operations import switch_reviews
from tests.domain.overlaps.test_decisions import everything_told
from tests.factories.world import Member, Pair, company_list
from tests.support.exporting import exported
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

    async def logged(self, member: Member, action: str) -> list[tuple[str, str | None]]:
        """Of what, and by whom where it wasn't oneself."""
        answer = await self.client.get("/v1/audit-log", params={"action": action}, headers=member.headers)
        return [(one["target"], one["details"].get("by")) for one in answer.json()["items"]]

    @asynccontextmanager
    async def nothing_comes_back(self) -> AsyncIterator[None]:
        left = self.pair.left

        async def known() -> Any:
            log = [await self.logged(left, f"link.{word}") for word in ("accepted", "refused")]
            return await everything_told(self.pair, left), await self.listed(left, "sent"), log

        before = await known()
        yield
        await self.pair.world.work()
        assert await known() == before


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
    assert await table.logged(pair.left, "link.accepted") == [
        (f"link_proposal:{sent['id']}", str(pair.right.id))
    ]
    assert await table.logged(pair.right, "link.accepted") == [(f"link_proposal:{sent['id']}", None)]
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


async def test_a_repeated_request_is_answered_as_before_only_while_the_partner_still_shows_it(
    table: Table,
) -> None:
    pair = table.pair
    left, right = pair.left, pair.right
    [orchid] = await pair.world.told(right, pair.partnership)

    async def post(path: str, body: dict[str, Any], key: str) -> httpx.Response:
        headers = right.headers | {"Idempotency-Key": key}
        return await table.client.post(path, params=table.query, json=body, headers=headers)

    async def done(round_: str) -> list[tuple[str, dict[str, Any], str]]:
        """A refusal that was answered with the partner's account, a decision, and one of several."""
        proposed = (await table.propose(partner_name=f"Google {round_}")).json()
        word = {"decision": "confirm"}
        requests = [
            (f"/v1/link-proposals/{proposed['id']}/answer", {"answer": "refuse"}, f"link {round_}"),
            (f"/v1/overlaps/{orchid['id']}/decisions", word, f"one {round_}"),
            (
                "/v1/overlaps/decisions",
                {"decisions": [word | {"overlap_id": str(orchid["id"])}]},
                f"many {round_}",
            ),
            (
                f"/v1/overlaps/{orchid['id']}/comments",
                {"text": "?", "visible_to": "partner"},
                f"note {round_}",
            ),
        ]
        first = [await post(*one) for one in requests]
        assert first[0].json()["partner_account"]["fields"]["name"] == "Alphabet Inc"
        await pair.world.work()
        for before, request in zip(first, requests, strict=True):
            again = await post(*request)
            assert (again.content, again.headers["idempotent-replayed"]) == (before.content, "true"), request
        return requests

    async def refused(requests: list[tuple[str, dict[str, Any], str]]) -> None:
        for request in requests:
            again = await post(*request)
            assert (again.status_code, again.json()["type"]) == (
                409,
                "urn:commonground:problem:answer-lost",
            ), request
            assert "is not done again" in again.json()["detail"]
            assert "Alphabet" not in again.text

    requests = await done("first")
    await pair.world.share(left, pair.partnership, preset=Preset.MINIMAL)
    await refused(requests)
    await pair.world.share(left, pair.partnership, {"customers": SharingLevel.MATCHED})
    await refused(requests)
    await pair.world.share(left, pair.partnership)
    await pair.world.work()
    requests = await done("second")
    async with pair.world.database.tenant(left.id) as session:
        await switch_reviews(session, pair.world.clock, partnership_id=pair.partnership.id, on=False)
    await refused(requests[:1])
    async with pair.world.database.tenant(left.id) as session:
        await switch_reviews(session, pair.world.clock, partnership_id=pair.partnership.id, on=True)
    # no rule changes: the accounts themselves are shown no more
    await pair.world.upload(
        left, company_list(("Nobody Else", "nobody-else.com", "US")), mode=ImportMode.REPLACE
    )
    await pair.world.work()
    await refused(requests)


async def test_the_log_of_whoever_is_asked_tells_once_that_a_proposal_came(table: Table) -> None:
    pair = table.pair
    made = [(await table.propose(partner_domain=f"{name}.com")).json() for name in ("google", "nobody-there")]
    assert (await table.propose(partner_domain="google.com")).json() == made[0], "the standing one"
    for member in (pair.left, pair.right):
        async with pair.world.database.tenant(member.id) as session:
            await request_publish(session, pair.world.ids, pair.partnership, member.id, None)
            await enqueue_relay(session, pair.partnership.id, member.id)
        await pair.world.work()
    heard = [(f"link_proposal:{one['id']}", str(pair.left.id)) for one in reversed(made)]
    assert await table.logged(pair.right, "link.proposed") == heard
    own = [(target, None) for target, _ in heard]
    assert await table.logged(pair.left, "link.proposed") == own, "one's own isn't told back"


@dataclass(frozen=True)
class Veil:
    """What keeps a proposal from being told, and its end."""

    table: Table
    superuser: asyncpg.Connection

    async def falls(self, how: str) -> None:
        match how:
            case "paused":
                await self._rest("pause")
            case "awaiting its filter":
                levels = dict.fromkeys(("customers", "prospects"), SharingLevel.OVERLAPPING)
                await self.table.pair.world.share(self.table.pair.left, self.table.pair.partnership, levels)
                await self._await("1")
            case _:
                await hide(self.table.pair, self._whose(how))

    async def lifts(self, how: str) -> None:
        pair = self.table.pair
        if how == "paused":
            await self._rest("resume")
        elif how == "awaiting its filter":
            await self._await("NULL")
        await pair.world.share(self._whose(how), pair.partnership)

    def _whose(self, how: str) -> Member:
        return self.table.pair.right if how == "hidden by whoever is asked" else self.table.pair.left

    async def _rest(self, word: str) -> None:
        path = f"/v1/partnerships/{self.table.pair.partnership.id}/{word}"
        answer = await self.table.client.post(path, headers=self.table.pair.right.headers)
        assert answer.status_code == 200, answer.text

    async def _await(self, version: str) -> None:
        await self.superuser.execute(
            f"UPDATE sharing_rule SET awaits = {version} WHERE population = 'customers' AND owner_org_id = $1",
            self.table.pair.left.id,
        )


async def hide(pair: Pair, member: Member) -> None:
    await pair.world.share(member, pair.partnership, {"customers": SharingLevel.MATCHED})


@pytest.mark.parametrize(
    "how", ["paused", "hidden by whoever proposed", "hidden by whoever is asked", "awaiting its filter"]
)
async def test_a_proposal_that_is_not_told_of_yet_stands_in_no_log_until_it_is(
    table: Table, superuser: asyncpg.Connection, how: str
) -> None:
    pair, veil = table.pair, Veil(table, superuser)
    body = {"account_id": await table.account(pair.left, "abc.xyz"), "partner_name": "Google"}
    # no job has run yet: nothing of it is shown before the veil falls
    assert (await table.ask(pair.left, "POST", body=body)).status_code == 201
    await veil.falls(how)
    await pair.world.work()
    assert await table.logged(pair.right, "link.proposed") == []
    await veil.lifts(how)
    await pair.world.work()
    [told] = await table.listed(pair.right, "received")
    heard = [(f"link_proposal:{told['id']}", str(pair.left.id))]
    assert await table.logged(pair.right, "link.proposed") == heard


@pytest.mark.parametrize("how", ["withdrawn", "hidden"])
async def test_what_is_taken_back_before_it_is_told_stands_in_no_log_of_the_partners(
    table: Table, how: str
) -> None:
    pair = table.pair
    body = {"account_id": await table.account(pair.left, "abc.xyz"), "partner_name": "Google"}
    made = (await table.ask(pair.left, "POST", body=body)).json()
    await pair.world.work(PUBLISH_JOB)
    if how == "withdrawn":
        assert (await table.ask(pair.left, "DELETE", f"/{made['id']}")).status_code == 204
    else:
        await hide(pair, pair.right)
    await pair.world.work()
    assert await table.logged(pair.right, "link.proposed") == []


async def held(pair: Pair) -> tuple[int, int]:
    """How many proposals and records of the left side the right side's export holds."""
    found = await exported(pair.world, pair.right, "link_proposals", "partner_records")
    return len(found["link_proposals"]), len(found["partner_records"])


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
    assert await held(pair) == (0, 0)
    refused = await table.propose(partner_name="Google")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:commonground:problem:decision-refused")
    await pair.world.share(pair.left, pair.partnership)
    await pair.world.work()
    for on, expected in ((False, 409), (True, 201)):
        async with pair.world.database.tenant(pair.right.id) as session:
            await switch_reviews(session, pair.world.clock, partnership_id=pair.partnership.id, on=on)
        assert bool(await table.listed(pair.right, "received")) is on
        assert await held(pair) == (on, 1 + on), "the bakery is an overlap whatever is proposed"
        assert (await table.propose(partner_name="Google")).status_code == expected
    assert (await table.propose(partner_name="Google", account_id=unknown)).status_code == 404
    assert (await table.propose(overlap_id=unknown)).status_code == 404
    assert (await table.propose()).status_code == 422


async def test_what_was_proposed_of_an_account_that_has_left_can_be_taken_back_and_goes_after_90_days(
    table: Table, superuser: asyncpg.Connection
) -> None:
    pair, now = table.pair, table.pair.world.clock.now()
    made = [
        (await table.propose(partner_domain=f"{name}.com")).json()["id"] for name in ("google", "youtube")
    ]
    accepted = {"answer": "accept", "account_id": await table.account(pair.right, "google.com")}
    await pair.world.upload(
        pair.left,
        company_list(("Orchid Bakery", "orchidbakery.com", "FR")),
        mode=ImportMode.REPLACE,
        confirmed=True,
    )
    await pair.world.work()
    assert [(one["id"], one["account"]) for one in await table.listed(pair.left, "sent")] == [
        (one, None) for one in reversed(made)
    ]
    assert await table.listed(pair.right, "received") == []
    assert (await table.ask(pair.right, "POST", f"/{made[0]}/answer", accepted)).status_code == 404
    assert (await table.ask(pair.right, "DELETE", f"/{made[0]}")).status_code == 404, "another's"
    await pair.world.share(pair.left, pair.partnership, {"customers": SharingLevel.MATCHED})
    assert (await table.ask(pair.left, "DELETE", f"/{made[0]}")).status_code == 204
    assert (await table.ask(pair.left, "DELETE", f"/{made[0]}")).status_code == 404
    for member, days, left in (
        (pair.left, 0, 2),
        (pair.left, 89, 2),
        (pair.right, 91, 2),
        (pair.left, 91, 0),
    ):
        await forget(pair.world.database, member.id, now + timedelta(days=days))
        assert await superuser.fetchval("SELECT count(*) FROM link_proposal") == left, days
