"""What one is told of a company: one's own accounts of it, and of them what each partner's rule shows."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from service.api.v1.lookup import LookupOut
from service.db.database import Database
from service.organizations.models import Scope
from service.overlaps.models import OverlapStatus
from service.overlaps.reading import Page
from service.partnerships.models import Partnership, Preset, SharingLevel
from tests.factories.world import Member, Pair, World, apart, company_list, make_pair

MINE = company_list(
    ("Siemens AG", "https://www.siemens.com", "Germany"), ("Siemens Energy", "siemens.com", "Germany"),
    ("Bücher Müller", "bücher-müller.de", "Germany"), ("Orchid Bakery", "orchidbakery.com", "France"),
    ("Yahoo Inc.", "yahoo.com", "US"),
)  # fmt: skip
THEIRS = company_list(
    ("Siemens", "siemens.com/de", "DE"), ("Buecher Mueller", "xn--bcher-mller-thbg.de", "DE"),
    ("Walnut Press", "walnutpress.com", "Spain"),
)  # fmt: skip

_OF_LISTS = re.compile(r"\bFROM\s+(?:account|population|partnership|overlap|views)\b")


@pytest.fixture(scope="module")
async def staged(staged_world: World) -> Pair:
    pair = await make_pair(staged_world)
    await pair.world.upload(pair.left, MINE)
    await pair.world.upload(pair.right, THEIRS)
    await pair.world.work()
    return pair


@pytest.fixture
def pair(staged: Pair, db: Database, tmp_path: Path) -> Pair:
    return apart(staged, tmp_path)


@pytest.fixture
def world(pair: Pair) -> World:
    return pair.world


async def looked_up(client: httpx.AsyncClient, member: Member, domain: str, **query: str | int) -> Any:
    answer = await client.get("/v1/lookup", params={"domain": domain, **query}, headers=member.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def overlaps(client: httpx.AsyncClient, member: Member, domain: str = "siemens.com") -> list[Any]:
    return [
        overlap for item in (await looked_up(client, member, domain))["items"] for overlap in item["overlaps"]
    ]


async def statements(
    client: httpx.AsyncClient, driver: asyncpg.Connection, member: Member, domain: str
) -> list[str]:
    """What looking up a domain asks of lists and partnerships, in order; `driver` is the connection that all sessions share."""
    said: list[str] = []
    with driver.query_logger(lambda record: said.append(record.query)):
        await looked_up(client, member, domain)
        await asyncio.sleep(0)  # loggers are called after what they log
    return [one for one in said if _OF_LISTS.search(one)]


async def test_what_is_sent_is_exactly_what_is_declared(client: httpx.AsyncClient, pair: Pair) -> None:
    found = await looked_up(client, pair.left, "siemens.com")
    assert [item["name"] for item in found["items"]] == ["Siemens AG", "Siemens Energy"]
    assert len(found["items"][0]["overlaps"]) == 1
    assert LookupOut.model_validate(found).model_dump(mode="json") == found


async def test_an_overlap_is_told_as_the_list_of_overlaps_tells_it(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    partner = (await client.get("/v1/partnerships", headers=pair.left.headers)).json()["items"][0]["partner"]
    query = {"partnership": str(pair.partnership.id)}
    listed = (await client.get("/v1/overlaps", params=query, headers=pair.left.headers)).json()["items"]
    of_company = {one["id"]: one for one in listed if one["account"]["domain"] == "siemens.com"}
    told = await overlaps(client, pair.left)
    assert {one["id"] for one in told} == set(of_company)
    for one in told:
        assert one.pop("partnership_id") == str(pair.partnership.id)
        assert one.pop("partner") == partner
        assert one.items() <= of_company[one["id"]].items()


@pytest.mark.parametrize(
    "spelling",
    [
        "SIEMENS.COM", "https://www.siemens.com/de?x=1#y", "http://siemens.com:8443", "anna@siemens.com",
        "Anna Muster <Anna@mail.Siemens.com>", "mailto:anna@siemens.com", " siemens.com. ", "new.siemens.com/a/b", "ftp://siemens.com/",
    ],
)  # fmt: skip
async def test_every_spelling_is_the_company(client: httpx.AsyncClient, pair: Pair, spelling: str) -> None:
    found = await looked_up(client, pair.left, spelling)
    assert found == await looked_up(client, pair.left, "siemens.com")
    assert (found["domain"], found["shared_host"], len(found["items"])) == ("siemens.com", None, 2)


@pytest.mark.parametrize(
    "spelling",
    ["bücher-müller.de", "BÜCHER-MÜLLER.DE", "xn--bcher-mller-thbg.de", "ina@www.bücher-müller.de"],
)
async def test_names_in_any_script_are_their_a_labels(
    client: httpx.AsyncClient, pair: Pair, spelling: str
) -> None:
    found = await looked_up(client, pair.left, spelling)
    assert found["domain"] == "xn--bcher-mller-thbg.de"
    assert [item["name"] for item in found["items"]] == ["Bücher Müller"]
    assert len(found["items"][0]["overlaps"]) == 1


async def test_a_company_that_is_not_in_ones_own_list_is_answered_alike_whoever_has_it(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    theirs = await looked_up(client, pair.left, "walnutpress.com")
    nobodys = await looked_up(client, pair.left, "walnutpress-none.com")
    assert {**theirs, "domain": ""} == {**nobodys, "domain": ""}
    assert theirs == {
        "items": [], "has_more": False, "next_cursor": None, "domain": "walnutpress.com", "shared_host": None,
    }  # fmt: skip


async def test_nothing_of_a_partnership_is_asked_for_a_company_that_one_has_not(
    client: httpx.AsyncClient, pair: Pair, superuser: asyncpg.Connection
) -> None:
    own = await statements(client, superuser, pair.left, "siemens.com")
    theirs = await statements(client, superuser, pair.left, "walnutpress.com")
    nobodys = await statements(client, superuser, pair.left, "walnutpress-none.com")
    assert theirs == nobodys == own[: len(theirs)]
    assert not any("overlap" in one or "partnership" in one for one in theirs)
    assert len(own) == len(theirs) + 2


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("anna@gmail.com", (None, "free_mail", [])),
        ("anna@yahoo.com", (None, "free_mail", [])),
        ("yahoo.com", ("yahoo.com", "free_mail", ["Yahoo Inc."])),
        ("https://www.yahoo.com/", ("yahoo.com", "free_mail", ["Yahoo Inc."])),
        ("linkedin.com/company/siemens", (None, "shared_host", [])),
        ("https://sites.google.com/siemens", (None, "shared_host", [])),
    ],
)
async def test_an_address_at_a_shared_host_names_no_company_and_its_bare_domain_names_the_owner(
    client: httpx.AsyncClient, pair: Pair, address: str, expected: tuple[object, ...]
) -> None:
    found = await looked_up(client, pair.left, address)
    names = [item["name"] for item in found["items"]]
    assert (found["domain"], found["shared_host"], names) == expected


@pytest.mark.parametrize("wrong", ["siemens", "co.uk", "10.0.0.1", " ", "@", "http://[::1]/", "a b c", "'"])
async def test_what_is_no_address_is_refused_with_what_is_wanted(
    client: httpx.AsyncClient, pair: Pair, wrong: str
) -> None:
    answer = await client.get("/v1/lookup", params={"domain": wrong}, headers=pair.left.headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == "urn:commonground:problem:invalid-parameter"
    assert "a domain (example.com), a URL or an e-mail address" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("own", "partner", "told"),
    [
        (SharingLevel.OVERLAPPING, SharingLevel.OVERLAPPING, 1),
        (SharingLevel.MATCHED, SharingLevel.OVERLAPPING, 1),
        (SharingLevel.MATCHED, SharingLevel.ALL, 1),
        (SharingLevel.OVERLAPPING, SharingLevel.MATCHED, 0),
        (SharingLevel.OVERLAPPING, SharingLevel.HIDDEN, 0),
        (SharingLevel.HIDDEN, SharingLevel.ALL, 0),
    ],
)
async def test_an_overlap_is_told_as_far_as_the_partners_rule_allows_before_and_after_any_job(
    client: httpx.AsyncClient, pair: Pair, own: SharingLevel, partner: SharingLevel, told: int
) -> None:
    assert len(await overlaps(client, pair.left)) == 1
    await pair.world.share(pair.left, pair.partnership, {"customers": own})
    await pair.world.share(pair.right, pair.partnership, {"customers": partner})
    assert len(await overlaps(client, pair.left)) == told
    await pair.world.work()
    assert len(await overlaps(client, pair.left)) == told
    assert len((await looked_up(client, pair.left, "siemens.com"))["items"]) == 2


async def test_a_narrower_preset_takes_fields_away_at_once(client: httpx.AsyncClient, pair: Pair) -> None:
    [before] = await overlaps(client, pair.left)
    assert before["partner_account"]["fields"]["website"] == "siemens.com/de"
    await pair.world.share(pair.right, pair.partnership, preset=Preset.MINIMAL)
    [after] = await overlaps(client, pair.left)
    assert after["partner_account"] == {"fields": {"name": "Siemens"}, "populations": ["customers"]}


@pytest.mark.parametrize("status", ["paused", "ended"])
async def test_a_partnership_that_is_not_active_tells_nothing(
    client: httpx.AsyncClient, pair: Pair, superuser: asyncpg.Connection, status: str
) -> None:
    await superuser.execute("UPDATE partnership SET status = $1", status)
    found = await looked_up(client, pair.left, "siemens.com")
    assert [item["overlaps"] for item in found["items"]] == [[], []]


async def test_a_pair_in_review_is_not_told(client: httpx.AsyncClient, pair: Pair) -> None:
    await pair.world.upload(pair.left, company_list(("Harbour Analytics", "harbour-analytics.com", "UK")))
    await pair.world.upload(pair.right, company_list(("Harbour Analytics", "harbouranalytics.co.uk", "UK")))
    await pair.world.work()
    assert await pair.world.told(pair.left, pair.partnership, Page(status=OverlapStatus.REVIEW))
    [account] = (await looked_up(client, pair.left, "harbour-analytics.com"))["items"]
    assert account["overlaps"] == []


async def another_partner(pair: Pair, handle: str) -> tuple[Member, Partnership]:
    """A further partner of the left side that has Siemens too."""
    made = await pair.world.organization(handle)
    partnership = await pair.world.partnership(pair.left, made)
    for member in (pair.left, made):
        await pair.world.share(member, partnership)
    await pair.world.upload(made, company_list(("Siemens", "siemens.com", "DE")))
    return made, partnership


async def test_overlaps_of_every_partnership_are_told_together(client: httpx.AsyncClient, pair: Pair) -> None:
    others = [await another_partner(pair, f"other-{number}") for number in range(3)]
    await pair.world.work()
    told = await overlaps(client, pair.left)
    everyone = {pair.partnership.id, *(partnership.id for _, partnership in others)}
    assert {one["partnership_id"] for one in told} == {str(one) for one in everyone}
    assert {one["partner"]["handle"] for one in told} == {"right", "other-0", "other-1", "other-2"}
    assert [one["confidence"] for one in told] == sorted((one["confidence"] for one in told), reverse=True)
    await pair.world.share(others[0][0], others[0][1], {"customers": SharingLevel.MATCHED})
    handles = {one["partner"]["handle"] for one in await overlaps(client, pair.left)}
    assert handles == {"right", "other-1", "other-2"}


async def test_a_partners_other_partners_are_never_told(client: httpx.AsyncClient, pair: Pair) -> None:
    await another_partner(pair, "third")
    await pair.world.work()
    assert {one["partner"]["handle"] for one in await overlaps(client, pair.right)} == {"left"}
    text = json.dumps(await looked_up(client, pair.right, "siemens.com"))
    assert "third" not in text


async def test_as_many_statements_for_many_partnerships_as_for_one(
    client: httpx.AsyncClient, pair: Pair, superuser: asyncpg.Connection
) -> None:
    one = await statements(client, superuser, pair.left, "siemens.com")
    for number in range(3):
        await another_partner(pair, f"other-{number}")
    await pair.world.work()
    assert len(await overlaps(client, pair.left)) == 4
    four = await statements(client, superuser, pair.left, "siemens.com")
    assert four == one


async def test_both_scopes_are_needed_and_all_that_are_missing_named(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    for held, missing in (
        ([Scope.ACCOUNTS_READ], ["overlaps:read"]),
        ([Scope.OVERLAPS_READ], ["accounts:read"]),
        ([Scope.IMPORTS_READ], ["accounts:read", "overlaps:read"]),
    ):
        key = await pair.world.another_key(pair.left, held)
        answer = await client.get("/v1/lookup", params={"domain": "siemens.com"}, headers=key.headers)
        assert answer.status_code == 403
        assert answer.json()["missing_scopes"] == missing


async def test_pages_of_one_give_every_account_of_the_company(client: httpx.AsyncClient, pair: Pair) -> None:
    first = await looked_up(client, pair.left, "siemens.com", limit=1)
    assert first["has_more"]
    second = await looked_up(client, pair.left, "siemens.com", limit=1, cursor=first["next_cursor"])
    assert not second["has_more"]
    whole = await looked_up(client, pair.left, "siemens.com")
    assert [*first["items"], *second["items"]] == whole["items"]
