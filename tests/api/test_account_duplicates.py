"""Duplicates inside a list: found with their reasons, merged with all that hangs on them, undone, and never back by a nightly list."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from service.accounts import target as account_target
from service.accounts.jobs import search_again
from service.db.database import Database
from service.imports.models import ImportKind, ImportMode
from service.organizations.models import Role
from service.organizations.people import People
from service.overlaps.deciding import Choice
from service.overlaps.models import OverlapStatus
from service.overlaps.reading import Page
from tests.domain.overlaps.test_decisions import say
from tests.factories.people import member as make_member
from tests.factories.world import Member, Pair, World, apart, company_list, make_pair

PATH = "/v1/accounts/duplicates"
HEADER = "Account ID,Company,Website,Country,Status,Owner\n"
A1 = "A1,Brook Bakery Ltd,brook-bakery.com,DE,Customer,Ann\n"
A2 = "A2,BROOK BAKERY BERLIN,https://www.brook-bakery.com/en,,Prospect,\n"
A3 = "A3,Brook Bakery,brookbakery.de,DE,Open opportunity,\n"
W1 = "W1,Walnut Works GmbH,walnut-works.de,DE,Customer,\n"
W2 = "W2,Walnut Works,walnutworks.com,DE,Customer,\n"
ORCHID = "O1,Orchid Optics,orchid-optics.fr,FR,Customer,\n"
NIGHTLY = HEADER + A1 + A2 + A3 + W1 + W2 + ORCHID
PEOPLE = "Contact ID,Name,Email,Account ID\nC1,Mia Quandt,mia@elsewhere.example,A2\n"
DEALS = "Opportunity ID,Opportunity Name,Account Name,Account ID,Stage\nD1,Ovens,BROOK BAKERY BERLIN,A2,Proposal\n"


@pytest.fixture(scope="module")
async def staged(staged_world: World) -> Pair:
    pair = await make_pair(staged_world)
    await pair.world.upload(pair.left, NIGHTLY, population=None)
    await pair.world.upload(pair.right, company_list(("Brookbakery", "brookbakery.de")))
    await pair.world.work()
    await pair.world.upload(pair.left, PEOPLE, kind=ImportKind.CONTACTS, population=None)
    await pair.world.upload(pair.left, DEALS, kind=ImportKind.OPPORTUNITIES, population=None)
    await pair.world.work()
    return pair


@dataclass(frozen=True)
class List:
    """The left side's list over the API."""

    pair: Pair
    client: httpx.AsyncClient

    async def ask(
        self, method: str, path: str, *, by: Member | None = None, **options: Any
    ) -> httpx.Response:
        return await self.client.request(method, path, headers=(by or self.pair.left).headers, **options)

    async def get(self, path: str, **options: Any) -> Any:
        answer = await self.ask("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def searched(self, **query: str) -> list[Any]:
        await self.ask("POST", f"{PATH}/search")
        await self.pair.world.work()
        return list((await self.get(PATH, params=query))["items"])

    async def group(self, *external_ids: str) -> Any:
        [found] = [g for g in await self.searched() if names(g) == {*external_ids}]
        return found

    async def merge(self, *external_ids: str, **wanted: Any) -> Any:
        group = await self.group(*external_ids)
        answer = await self.ask("POST", f"{PATH}/{group['id']}/merge", json=wanted)
        assert answer.status_code == 200, answer.text
        await self.pair.world.work()
        return answer.json()

    async def accounts(self) -> dict[str, Any]:
        return {one["external_id"]: one for one in (await self.get("/v1/accounts"))["items"]}

    async def at(self, kind: str) -> set[str | None]:
        return {one["account_id"] for one in (await self.get(f"/v1/{kind}"))["items"]}

    async def imported(self, text: str, **how: Any) -> Any:
        """What became of it, and the reasons of what was left out."""
        import_id = await self.pair.world.upload(self.pair.left, text, **{"population": None, **how})
        await self.pair.world.work()
        record = await self.get(f"/v1/imports/{import_id}")
        assert record["status"] == "completed", record
        errors = (await self.get(f"/v1/imports/{import_id}/errors"))["items"]
        return record["counts"], [error["reason"] for error in errors]

    async def undo(self, import_id: str) -> None:
        assert (await self.ask("POST", f"/v1/imports/{import_id}/rollback")).status_code == 202
        await self.pair.world.work()


def names(group: Any) -> set[str]:
    return {account["external_id"] for account in group["accounts"]}


@pytest.fixture
def own_pair(staged: Pair, db: Database, tmp_path: Path) -> Pair:
    return apart(staged, tmp_path)


@pytest.fixture
def world(own_pair: Pair) -> World:
    return own_pair.world


@pytest.fixture
def mine(own_pair: Pair, client: httpx.AsyncClient) -> List:
    return List(own_pair, client)


async def test_engine_says_which_accounts_are_one_company_and_why(mine: List) -> None:
    assert (await mine.get(f"{PATH}/search"))["searched_at"] is None
    groups = await mine.searched()
    assert (names(groups[0]), groups[0]["status"]) == ({"A1", "A2"}, "auto")
    reviewed = await mine.searched(status="review")
    assert {frozenset(names(g)) for g in reviewed} >= {frozenset({"W1", "W2"})}
    assert not any("O1" in names(g) for g in groups)
    sure = groups[0]
    assert [a["external_id"] for a in sure["accounts"]] == ["A1", "A2"], "more is said of A1"
    assert [(a["contacts"], a["opportunities"]) for a in sure["accounts"]] == [(0, 0), (1, 1)]
    [pair] = sure["pairs"]
    assert "domain" in pair["rules"]
    assert pair["evidence"]["domain"] == "agrees"
    assert pair["confidence"] == sure["confidence"] > 0.9
    assert len(pair["explanation"]) > 2
    assert all(term["sentence"] for term in pair["explanation"])
    state = await mine.get(f"{PATH}/search")
    assert (state["waiting"], state["current"], state["accounts"], state["groups"]) == (
        False,
        True,
        6,
        len(groups),
    )
    again = await mine.searched()
    assert [g["id"] for g in again] == [g["id"] for g in groups]
    first = await mine.get(PATH, params={"limit": "1"})
    second = await mine.get(PATH, params={"limit": "1", "cursor": first["next_cursor"]})
    assert [g["id"] for g in first["items"] + second["items"]] == [g["id"] for g in groups[:2]]
    partner = mine.pair.right
    assert (await mine.get(PATH, by=partner))["items"] == []
    for method, path in (("GET", ""), ("POST", "/merge"), ("POST", "/dismiss")):
        foreign = await mine.ask(method, f"{PATH}/{sure['id']}{path}", by=partner)
        assert foreign.status_code == 404, path
    body = {"account_id": str(uuid4())}
    unfit = await mine.ask("POST", f"{PATH}/{sure['id']}/merge", json=body)
    assert unfit.json()["type"].endswith(":not-in-group")
    ids = [a["id"] for a in sure["accounts"]]
    foreign_body = {"accounts": [ids[0], str(uuid4())]}
    assert (await mine.ask("POST", f"{PATH}/{sure['id']}/merge", json=foreign_body)).status_code == 422


async def test_merge_moves_what_is_there_and_undoing_it_brings_all_back(mine: List) -> None:
    before, world = await mine.accounts(), mine.pair.world
    contact_at = await mine.at("contacts")
    assert contact_at == await mine.at("opportunities") == {before["A2"]["id"]}
    [told] = await world.told(mine.pair.left, mine.pair.partnership)
    assert told["external_id"] == "A3"
    wide = await mine.merge("A1", "A2", account_id=before["A2"]["id"])
    assert (wide["account_id"], wide["merged"]) == (before["A2"]["id"], [before["A1"]["id"]])
    await mine.undo(wide["import_id"])
    assert {k: {**v, "updated_at": ""} for k, v in (await mine.accounts()).items()} == {
        k: {**v, "updated_at": ""} for k, v in before.items()
    }
    done = await mine.merge("A1", "A2")
    kept = (await mine.accounts())["A1"]
    assert done["account_id"] == kept["id"] == before["A1"]["id"]
    assert await mine.at("contacts") == await mine.at("opportunities") == {kept["id"]}
    assert kept["populations"] == ["customers", "prospects"]
    assert kept["alias_names"] == ["BROOK BAKERY BERLIN"]
    assert not any({"A1", "A2"} <= names(g) for g in await mine.searched())
    await mine.undo(done["import_id"])
    back = await mine.accounts()
    assert back.keys() == before.keys()
    assert {one["id"] for one in back.values()} == {one["id"] for one in before.values()}
    assert back["A1"]["alias_names"] == []
    assert await mine.at("contacts") == await mine.at("opportunities") == contact_at
    await mine.merge("A1", "A2")


@pytest.mark.parametrize("prints_from", [1, 10_000])
async def test_nightly_list_never_brings_a_merged_account_back(
    mine: List, monkeypatch: pytest.MonkeyPatch, prints_from: int
) -> None:
    monkeypatch.setattr(account_target.AccountTarget.__init__, "__kwdefaults__", {"prints_from": prints_from})
    await mine.imported(NIGHTLY + "N1,New,new.example,,,\n")
    done = await mine.merge("A1", "A2")
    for mode in (ImportMode.UPSERT, ImportMode.REPLACE):
        text = NIGHTLY.replace("Orchid Optics", f"Orchid {mode}")
        counts, reasons = await mine.imported(text, mode=mode, confirmed=True)
        assert (reasons, counts["created"]) == (["merged"], 0), mode
    kept = (await mine.accounts())["A1"]
    assert kept["alias_names"] == ["BROOK BAKERY BERLIN"]
    assert kept["populations"] == ["customers", "prospects"]
    counts, reasons = await mine.imported(NIGHTLY.replace("Prospect", "Open opportunity"))
    assert (await mine.accounts())["A1"]["populations"] == ["customers", "open_opportunities"]
    # the other system has merged them too, and goes on with the other id
    other = NIGHTLY.replace(A1, "").replace("BROOK BAKERY BERLIN", "Brook Bakery of Berlin")
    for _ in range(2):
        counts, reasons = await mine.imported(other, mode=ImportMode.REPLACE, confirmed=True)
        assert (reasons, counts["created"], counts["removed"]) == ([], 0, 0)
    kept = (await mine.accounts())["A1"]
    assert (kept["id"], kept["name"]) == (done["account_id"], "Brook Bakery of Berlin")
    counts, reasons = await mine.imported(NIGHTLY, mode=ImportMode.REPLACE, confirmed=True)
    assert reasons == ["merged"]
    assert (await mine.accounts())["A1"]["name"] == "Brook Bakery Ltd"


async def test_records_and_people_that_name_a_merged_account_find_the_one_that_is_left(mine: List) -> None:
    before = await mine.accounts()
    first = await mine.merge("A1", "A2")
    put = await mine.ask("PUT", "/v1/accounts/by-external-id/A2", json={"owner": "Bea"})
    assert put.status_code == 200, put.text
    assert (put.json()["id"], put.json()["status"]) == (first["account_id"], "updated")
    kept = (await mine.accounts())["A1"]
    assert (kept["owner"], kept["external_id"], kept["name"]) == ("Bea", "A1", "Brook Bakery Ltd")
    await mine.ask("PUT", "/v1/accounts/by-external-id/A1", json={"alias_names": "Brook & Sons"})
    assert (await mine.accounts())["A1"]["alias_names"] == ["Brook & Sons", "BROOK BAKERY BERLIN"]
    assert (await mine.ask("GET", "/v1/accounts/by-external-id/A2")).status_code == 404
    assert (await mine.ask("DELETE", "/v1/accounts/by-external-id/A2")).status_code == 404
    batch = {"records": [{"external_id": "A2", "owner": "Cid"}, {"external_id": "A1", "owner": "Dan"}]}
    both = (await mine.ask("POST", "/v1/accounts:batch", json=batch)).json()["results"]
    assert [one["status"] for one in both] == ["rejected", "updated"]
    assert both[0]["reason"] == "merged"
    people = "Contact ID,Name,Email,Account ID,Account Name\nC1,Mia Quandt,mia@elsewhere.example,A2,\nC2,Ida,ida@elsewhere.example,,BROOK BAKERY BERLIN\n"
    await mine.imported(people, kind=ImportKind.CONTACTS)
    assert await mine.at("contacts") == {first["account_id"]}
    # merged once more: what named the first names the last
    group = next(g for g in await mine.searched() if "A3" in names(g))
    wanted = {"account_id": before["A3"]["id"]}
    second = (await mine.ask("POST", f"{PATH}/{group['id']}/merge", json=wanted)).json()
    assert second["merged"] == [first["account_id"]]
    put = await mine.ask("PUT", "/v1/accounts/by-external-id/A2", json={"owner": "Eve"})
    assert put.json()["id"] == before["A3"]["id"]
    kept = (await mine.accounts())["A3"]
    assert kept["alias_domains"] == ["brook-bakery.com"]
    assert set(kept["alias_names"]) == {"Brook & Sons", "Brook Bakery Ltd", "BROOK BAKERY BERLIN"}


async def test_merged_account_stays_away_when_the_one_that_is_left_has_gone_and_comes_back(
    mine: List,
) -> None:
    await mine.merge("A1", "A2")
    without = NIGHTLY.replace(A1, "").replace(A2, "")
    gone, _ = await mine.imported(without, mode=ImportMode.REPLACE, confirmed=True)
    assert gone["removed"] == 1
    counts, reasons = await mine.imported(NIGHTLY, mode=ImportMode.REPLACE, confirmed=True)
    assert (reasons, counts["created"]) == (["merged"], 1)
    kept = await mine.accounts()
    assert "A2" not in kept
    assert (kept["A1"]["name"], kept["A1"]["alias_names"]) == ("Brook Bakery Ltd", ["BROOK BAKERY BERLIN"])
    assert kept["A1"]["populations"] == ["customers", "prospects"]
    put = await mine.ask("PUT", "/v1/accounts/by-external-id/A2", json={"owner": "Bea"})
    assert put.json()["id"] == kept["A1"]["id"], "as before, whatever names it names the one that is there"
    # removed over the API, and then the row of the merged one comes alone: one account still
    assert (await mine.ask("DELETE", "/v1/accounts/by-external-id/A1")).status_code == 204
    counts, reasons = await mine.imported(NIGHTLY.replace(A1, ""))
    assert (reasons, counts["created"]) == ([], 1)
    _, reasons = await mine.imported(NIGHTLY)
    assert reasons == ["merged"]
    assert {"A1", "A2"} & (await mine.accounts()).keys() == {"A2"}


async def test_what_was_dismissed_does_not_come_back(mine: List) -> None:
    groups = await mine.searched()
    sure = next(g for g in groups if names(g) == {"A1", "A2"})
    assert (await mine.ask("POST", f"{PATH}/{sure['id']}/dismiss")).status_code == 204
    assert (await mine.ask("GET", f"{PATH}/{sure['id']}")).status_code == 404
    after = await mine.searched()
    assert {g["id"] for g in groups} - {g["id"] for g in after} >= {sure["id"]}
    assert not any({"A1", "A2"} <= names(g) for g in after)
    await mine.imported(NIGHTLY.replace(",Ann", ",Bea"))
    state = await mine.get(f"{PATH}/search")
    assert state["current"] is False
    await search_again(mine.pair.world.database)
    assert (await mine.get(f"{PATH}/search"))["waiting"] is True
    await mine.pair.world.work()
    assert (await mine.get(f"{PATH}/search"))["current"] is True
    assert not any({"A1", "A2"} <= names(g) for g in (await mine.get(PATH))["items"])
    assert await search_again(mine.pair.world.database) is None
    assert (await mine.get(f"{PATH}/search"))["waiting"] is False


async def test_what_was_said_of_a_merged_account_is_said_of_the_one_that_is_left(
    mine: List, app: FastAPI
) -> None:
    pair, world = mine.pair, mine.pair.world
    await world.upload(
        pair.right, company_list(("Walnut Works", "walnut-works.de"), ("Orchid Optics", "orchid-optics.fr"))
    )
    # not of the same name: what is rejected of the one would be learned of the other
    twins = "W2,Walnut Works France,walnut-works.de,FR,Customer,\nO2,Orchid Optics,orchid-optics.fr,FR,Customer,\n"
    await mine.imported(HEADER + twins)

    async def told(status: OverlapStatus) -> dict[str, Any]:
        rows = await world.told(pair.left, pair.partnership, Page(status=status))
        return {str(row["external_id"]): row for row in rows}

    found = {str(row["external_id"]): row for row in await world.told(pair.left, pair.partnership)}
    walnut, orchid = (UUID(str(found[one]["id"])) for one in ("W1", "O1"))
    await say(pair, pair.left, orchid, Choice.CONFIRM)
    for member in (pair.left, pair.right):
        await say(pair, member, walnut, Choice.REJECT)
        await _note(mine, app.state.commonground.people, member, walnut)
    await world.work()
    assert (*await told(OverlapStatus.REJECTED), *await told(OverlapStatus.CONFIRMED)) == ("W1", "O1")
    noted = await _notes(mine, "W1")
    assert [len(texts) for _, texts in noted] == [2, 1]
    accounts = await mine.accounts()
    for speaks_again in (False, True):
        merged = [
            await mine.ask("POST", f"{PATH}/{group['id']}/merge", json={"account_id": accounts[kept]["id"]})
            for group in await mine.searched()
            for kept in names(group) & {"W2", "O2"}
        ]
        await world.work()
        rejected = await told(OverlapStatus.REJECTED)
        assert (*rejected, *await told(OverlapStatus.CONFIRMED)) == ("W2", "O2")
        assert await _notes(mine, "W2") == noted
        if speaks_again:
            await say(pair, pair.left, UUID(str(rejected["W2"]["id"])), Choice.CONFIRM)
            await world.work()
        for answer in merged:
            await mine.undo(answer.json()["import_id"])
        assert (*await told(OverlapStatus.REJECTED), *await told(OverlapStatus.CONFIRMED)) == ("W1", "O1")
        assert await _notes(mine, "W1") == noted
        other = (await told(OverlapStatus.REVIEW))["W2"]
        assert (other["own_word"], other["partner_word"]) == ("confirm" if speaks_again else None, None)


async def _note(mine: List, people: People, member: Member, overlap_id: UUID) -> None:
    """A comment that both may read, or the member's side alone, and somebody who looks after the pair."""

    async def send(method: str, path: str, body: dict[str, Any]) -> None:
        params = {"partnership": str(mine.pair.partnership.id)}
        address = f"/v1/overlaps/{overlap_id}/{path}"
        answer = await mine.client.request(method, address, params=params, json=body, headers=member.headers)
        assert answer.status_code in (200, 201), answer.text

    someone = await make_member(
        people, member.id, Role.PARTNER_MANAGER, email=f"{member.organization.handle}@example.com"
    )
    await send("PUT", "assignee", {"person_id": str(someone.id)})
    await send(
        "POST",
        "comments",
        {
            "text": member.organization.handle,
            "visible_to": "partner" if member is mine.pair.right else "organization",
        },
    )


async def _notes(mine: List, external_id: str) -> list[tuple[str | None, list[str]]]:
    """Who looks after the rejected pair of the left side's account, and what each side reads there."""
    pair, found = mine.pair, []
    rows = await mine.pair.world.told(pair.left, pair.partnership, Page(status=OverlapStatus.REJECTED))
    for row in (row for row in rows if row["external_id"] == external_id):
        for member in (pair.left, pair.right):
            params = {"partnership": str(pair.partnership.id)}
            answers = [
                (
                    await mine.client.get(
                        f"/v1/overlaps/{row['id']}/{path}", params=params, headers=member.headers
                    )
                ).json()
                for path in ("assignee", "comments")
            ]
            found.append((answers[0]["person_id"], [one["text"] for one in answers[1]["items"]]))
    return found
