"""Custom attributes in accounts brought as JSON."""

import asyncio
from typing import Any

import httpx
import pytest

from service.accounts.membership import SETTLE_JOB
from service.accounts.models import AccountAttribute
from service.accounts.record_attributes import read_spoken
from service.imports.repository import Imports
from service.ingest.refusals import Fault
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.matching.records import AttributeType
from tests.api.test_account_attributes import attributes
from tests.api.test_account_records import PROBLEM, batch, put, shown
from tests.domain.imports.support import fetch, imported
from tests.factories.world import Pair, World
from tests.support.servers import OwnDatabase
from tests.support.waiting import until_somebody_waits

LIST = (
    "Account ID,Company,Tier,ARR,Renewal,Seats,VIP\n"
    "1,Siemens,gold,1.2M,2026-11-22,12,yes\n"
    "2,Bosch,silver,$500,2027-01-31,,no\n"
    "3,Linde,,,,,\n"
)  # fmt: skip
COLUMNS = {
    "attribute:tier:text": "Tier", "attribute:arr:money:EUR": "ARR", "attribute:renews:date": "Renewal",
    "attribute:seats:number": "Seats", "attribute:vip:boolean": "VIP",
}  # fmt: skip
KINDS = {
    "tier": (AttributeType.TEXT, None), "arr": (AttributeType.MONEY, "EUR"), "renews": (AttributeType.DATE, None),
    "seats": (AttributeType.NUMBER, None), "vip": (AttributeType.BOOLEAN, None),
}  # fmt: skip
DEFINED = {
    key: AccountAttribute(org_id=UuidV7Ids().new(), key=key, name=key, type=kind, currency=currency, created_at=SystemClock().now())
    for key, (kind, currency) in KINDS.items()
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tier": " gold "}, {"tier": '"gold"'}),
        ({"tier": 5, "vip": True}, {"tier": '"5"', "vip": "true"}),
        ({"tier": None, "seats": " "}, {"tier": None, "seats": None}),
        ({"seats": 1.234}, {"seats": "1.234"}),
        ({"seats": "1,234.5", "renews": "22 Nov 2026"}, {"seats": "1234.5", "renews": '"2026-11-22"'}),
        ({"arr": {"amount": "1.234", "currency": "USD"}}, {"arr": '{"amount":"1.234","currency":"USD"}'}),
        ({"arr": {"amount": 1234.5}}, {"arr": '{"amount":"1234.5","currency":"EUR"}'}),
        ({"arr": "€ 3,4 Mio"}, {"arr": '{"amount":"3400000","currency":"EUR"}'}),
    ],
)
def test_a_value_is_what_its_attribute_takes_it_for(given: Any, said: Any) -> None:
    assert read_spoken([{"attributes": given}], DEFINED) == [said]


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"teir": "x"}, "attributes.teir", "no attribute 'teir'. Use one of arr, renews, seats, tier, vip"),
        ({"seats": "many"}, "attributes.seats", "of the type number: 'many' is no number: write a number such as"),
        ({"seats": "1.234"}, "attributes.seats", "'1.234'"),
        ({"seats": True}, "attributes.seats", "'TRUE' is no number"),
        ({"vip": 7}, "attributes.vip", "of the type boolean: '7' "),
        ({"renews": "soon"}, "attributes.renews", "or null, which empties it."),
        ({"arr": {"amount": "5", "per": "year"}}, "attributes.arr", "holds an object or an array"),
        ({"tier": ["x"]}, "attributes.tier", "holds an object or an array"),
        ("gold", "attributes", "write an object of keys and values"),
        (None, "attributes", "write an object of keys and values"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_says_where_what_is_expected_and_how_to_mend_it(
    given: Any, field: str, message: str
) -> None:
    good, bad = read_spoken([{"attributes": {"seats": "1,5"}}, {"attributes": given}], DEFINED)
    assert good == {"seats": "1.5"}
    assert isinstance(bad, Fault)
    assert bad.column == field
    assert message in bad.message


async def test_records_set_and_empty_attributes_and_leave_the_others(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    world, who = pair.world, pair.left.headers
    await imported(world, pair.left, LIST, columns=COLUMNS)
    golden = {"name": "Golden", "filter": {"field": "attributes.tier", "op": "is", "value": "gold"}}
    assert (await client.post("/v1/populations", json=golden, headers=who)).status_code == 201
    await world.work(SETTLE_JOB)
    members = "SELECT external_id FROM account WHERE populations >> 3 & 1 = 1 ORDER BY 1"
    first = await attributes(pair)
    records = (
        {"external_id": "1", "attributes": {"tier": "iron", "arr": None}},
        {"external_id": "2", "attributes": {"tier": "gold", "seats": 1.234, "arr": {"amount": "7", "currency": "USD"}}},
        {"external_id": "3", "owner": "Ann"},
        {"external_id": "4", "name": "New", "attributes": {"vip": True, "tier": None}},
        {"external_id": "5", "name": "Bad", "attributes": {"teir": "gold"}},
        {"external_id": "6", "name": "Bad", "attributes": {"seats": "many"}},
    )  # fmt: skip
    said = (await batch(client, pair, *records)).json()
    assert [r["status"] for r in said["results"]] == ["updated"] * 3 + ["created"] + ["rejected"] * 2
    assert [(r["reason"], r["field"]) for r in said["results"][4:]] == [
        ("unknown_attribute", "attributes.teir"), ("unreadable_value", "attributes.seats"),
    ]  # fmt: skip
    assert said["results"][5]["message"].startswith("the attribute 'seats' is of the type number: 'many' ")
    then = {
        "1": {key: value for key, value in first["1"].items() if key != "arr"} | {"tier": "iron"},
        "2": first["2"] | {"tier": "gold", "seats": 1.234, "arr": {"amount": "7", "currency": "USD"}},
        "3": {},
        "4": {"vip": True},
    }
    assert await attributes(pair) == then
    assert [row["external_id"] for row in await fetch(world, pair.left, members)] == ["2"]
    again = (await batch(client, pair, *records[:4])).json()
    assert (again["unchanged"], again["import_id"]) == (4, None)
    same = {"external_id": "2", "attributes": {"seats": "1.2340", "arr": "USD 7"}}
    assert (await batch(client, pair, same)).json()["unchanged"] == 1

    # What GET shows can be put as it is; PUT empties with null and leaves out what it leaves out.
    for external_id in ("1", "2", "4"):
        got = await shown(client, pair, external_id)
        assert (await put(client, pair, external_id, attributes=got["attributes"]))[1][
            "status"
        ] == "unchanged"
    status, put_ = await put(client, pair, "2", attributes={"tier": None})
    assert (status, put_["status"]) == (200, "updated")
    assert (await shown(client, pair, "2"))["attributes"] == {
        k: v for k, v in then["2"].items() if k != "tier"
    }
    assert await fetch(world, pair.left, members) == []
    assert (await client.post(f"/v1/imports/{put_['import_id']}/rollback", headers=who)).status_code == 202
    await world.work()
    assert await attributes(pair) == then
    assert (await client.post(f"/v1/imports/{said['import_id']}/rollback", headers=who)).status_code == 202
    await world.work()
    assert await attributes(pair) == {key: then[key] if key == "2" else first[key] for key in first}

    status, problem = await put(client, pair, "1", attributes={"vip": "perhaps"})
    assert (status, problem["errors"][0]["where"]) == (422, "body.attributes.vip")
    await client.delete("/v1/account-attributes/vip", headers=who)
    status, problem = await put(client, pair, "1", attributes={"vip": True})
    assert "no attribute 'vip'. Use one of arr, renews, seats, tier" in problem["errors"][0]["message"]


async def test_nothing_is_stored_under_an_attribute_that_is_removed_meanwhile(
    own_client: httpx.AsyncClient, own_world: World, own_database: OwnDatabase
) -> None:
    member = await own_world.organization("left")
    await imported(own_world, member, LIST, columns=COLUMNS)
    path, body = "/v1/accounts/by-external-id/3", {"attributes": {"tier": "gold"}}
    async with own_world.database.tenant(member.id) as storing:
        await Imports(storing).lock_storing()
        late = asyncio.create_task(own_client.put(path, json=body, headers=member.headers))
        await until_somebody_waits(own_database)
        gone = await own_client.delete("/v1/account-attributes/tier", headers=member.headers)
        assert gone.status_code == 204
    answer = await late
    assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "attributes-changed")
    assert "changed while the records came in: tier." in answer.json()["detail"]
