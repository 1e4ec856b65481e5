"""The report on one's own list, over what is stored."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from service.accounts.quality.report import quality_of
from service.api.app import state_in
from service.api.v1.data_quality import DataQualityOut
from service.db.database import Database
from service.imports.models import ImportKind, ImportMode
from service.organizations.models import Scope
from tests.factories.world import Member, Pair, World, apart, company_list, make_pair

LIST = """Account ID,Company,Website
1,Siemens AG,https://www.siemens.com
2,SIEMENS,siemens.com/de
3,Orchid Bakery,orchidbakery.com
4,Fir Works,
5,Elm Works,linkedin.com/company/elm-works
"""


async def report(client: httpx.AsyncClient, member: Member, **query: str | int) -> dict[str, Any]:
    answer = await client.get("/v1/reports/data-quality", params=query, headers=member.headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def found(said: dict[str, Any]) -> dict[str, int]:
    return {one["code"]: one["accounts"] for one in said["findings"]}


@pytest.fixture(scope="module")
async def staged(staged_world: World) -> Pair:
    pair = await make_pair(staged_world)
    await pair.world.upload(pair.left, LIST)
    await pair.world.upload(pair.right, company_list(("Rightonly", "linkedin.com/company/rightonly")))
    await pair.world.work()
    return pair


@pytest.fixture
def pair(staged: Pair, db: Database, tmp_path: Path) -> Pair:
    return apart(staged, tmp_path)


@pytest.fixture
def world(pair: Pair) -> World:
    return pair.world


async def test_report_says_what_there_is_and_names_ones_own_accounts(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    said = await report(client, pair.left)
    assert DataQualityOut.model_validate(said).model_dump(mode="json") == said
    assert (said["accounts"], said["matchable"], said["matchable_share"]) == (5, 5, 1.0)
    assert said["keys"] == {"domain": 3, "name_only": 1, "free_mail": 0, "unusable_website": 1, "none": 0}
    assert found(said) == {"no_website": 1, "unusable_website": 1, "duplicate_company": 2}
    duplicate = next(one for one in said["findings"] if one["code"] == "duplicate_company")
    [example] = duplicate["examples"]
    assert (example["value"], example["count"]) == ("siemens.com", 2)
    own = (await client.get("/v1/accounts", headers=pair.left.headers)).json()["items"]
    named = {(one["id"], one["name"]) for one in own if one["domain"] == "siemens.com"}
    assert {(one["id"], one["name"]) for one in example["accounts"]} == named
    assert "Rightonly" not in str(said)


async def test_report_of_an_empty_list_is_empty(client: httpx.AsyncClient, world: World) -> None:
    said = await report(client, await world.organization("empty"))
    assert (said["accounts"], said["matchable_share"], said["findings"]) == (0, None, [])


async def test_report_of_one_population_is_of_its_accounts_alone(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    await pair.world.upload(pair.left, company_list(("Oak Works", "")), population="prospects")
    await pair.world.work()
    assert (await report(client, pair.left))["accounts"] == 6
    assert (await report(client, pair.left, population="customers"))["accounts"] == 5
    said = await report(client, pair.left, population="prospects")
    assert (said["accounts"], found(said)) == (1, {"no_website": 1})
    answer = await client.get(
        "/v1/reports/data-quality", params={"population": "nothing"}, headers=pair.left.headers
    )
    assert answer.json()["type"] == "urn:commonground:problem:unknown-population"


async def test_small_pages_say_what_one_page_says(pair: Pair) -> None:
    world = pair.world
    async with world.database.tenant_read(pair.left.id) as session:
        now, long = world.clock.now(), timedelta(days=1)
        whole = await quality_of(session, now, stale_after=long)
        for size in (1, 2, 5):
            assert await quality_of(session, now, stale_after=long, page_rows=size) == whole
    assert whole.accounts == 5


async def make_old(superuser: asyncpg.Connection, *names: str) -> None:
    """As if these accounts, and every import, were of a year ago."""
    await superuser.execute(
        "UPDATE account SET updated_at = now() - interval '1 year' WHERE name = ANY($1)", names
    )
    await superuser.execute("UPDATE import SET finished_at = now() - interval '1 year'")


async def test_accounts_of_no_recent_import_are_stale(
    client: httpx.AsyncClient, pair: Pair, superuser: asyncpg.Connection
) -> None:
    await make_old(superuser, "Orchid Bakery", "SIEMENS")
    said = await report(client, pair.left)
    [stale] = [one for one in said["findings"] if one["code"] == "stale"]
    assert {one["name"] for example in stale["examples"] for one in example["accounts"]} == {
        "Orchid Bakery", "SIEMENS",
    }  # fmt: skip
    assert "stale" not in found(await report(client, pair.left, stale_after_days=400))


ANOTHER = company_list(("Ash Works", "ash.com"))
UPSERT, REPLACE = ImportMode.UPSERT, ImportMode.REPLACE


@pytest.mark.parametrize(
    ("uploads", "stale"),
    [
        ([(ANOTHER, UPSERT, "customers")], 1),
        ([(LIST + "6,Ash Works,ash.com\n", UPSERT, "customers")], 0),
        ([(LIST + "\n", REPLACE, "customers"), (ANOTHER, UPSERT, "customers")], 0),
        ([(LIST + "\n", REPLACE, None), (ANOTHER, UPSERT, "customers")], 0),
        ([(ANOTHER, REPLACE, "prospects"), (ANOTHER, UPSERT, "customers")], 1),
    ],
)
async def test_what_a_later_import_had_unchanged_is_not_stale(
    client: httpx.AsyncClient,
    pair: Pair,
    superuser: asyncpg.Connection,
    uploads: list[tuple[str, ImportMode, str | None]],
    stale: int,
) -> None:
    await make_old(superuser, "Orchid Bakery")
    for text, mode, population in uploads:
        await pair.world.upload(pair.left, text, mode=mode, population=population)
        await pair.world.work()
    assert found(await report(client, pair.left)).get("stale", 0) == stale


async def test_a_list_of_opportunities_has_seen_no_account(
    client: httpx.AsyncClient, pair: Pair, superuser: asyncpg.Connection
) -> None:
    await make_old(superuser, "Orchid Bakery")
    deals = "Opportunity ID,Opportunity Name,Account Name,Stage\n" + "".join(
        f"{n},Deal {n},Orchid Bakery,Open\n" for n in range(5)
    )
    how = {"kind": ImportKind.OPPORTUNITIES, "population": None, "mode": ImportMode.REPLACE}
    import_id = await pair.world.upload(pair.left, deals, **how)
    await pair.world.work()
    done = (await client.get(f"/v1/imports/{import_id}", headers=pair.left.headers)).json()
    assert (done["status"], done["counts"]["created"]) == ("completed", 5)
    assert found(await report(client, pair.left))["stale"] == 1


async def test_a_second_report_of_the_organization_is_told_to_come_again(
    client: httpx.AsyncClient, app: FastAPI, pair: Pair
) -> None:
    with state_in(app).reports.room(pair.left.id):
        answer = await client.get("/v1/reports/data-quality", headers=pair.left.headers)
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:commonground:problem:busy"
        assert int(answer.headers["retry-after"]) > 0
        assert (await report(client, pair.right))["accounts"] == 1
    assert (await report(client, pair.left))["accounts"] == 5


async def test_the_scope_for_accounts_is_needed(client: httpx.AsyncClient, pair: Pair) -> None:
    key = await pair.world.another_key(pair.left, [Scope.OVERLAPS_READ])
    answer = await client.get("/v1/reports/data-quality", headers=key.headers)
    assert answer.json()["missing_scopes"] == ["accounts:read"]
