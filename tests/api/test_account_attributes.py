"""Columns of the users' own are kept as attributes with a type, as long as the file speaks of them."""

import json
from typing import Any

import httpx

from service.accounts.attribute_removal import PURGE_JOB, purge
from service.accounts.membership import SETTLE_JOB
from service.imports.models import ImportStatus
from tests.domain.imports.support import counts, fetch, imported, one
from tests.domain.imports.test_account_values import undone
from tests.domain.imports.test_previews import tried
from tests.factories.world import Pair

COLUMNS = {"attribute:tier": "Customer Tier", "attribute:arr:money:EUR": "ARR", "attribute:renews": "Renewal"}
LIST = (
    "Account ID,Company,Customer Tier,ARR,Renewal\n"
    "1,Siemens,Gold,1.2M,2026-11-22\n"
    '2,Bosch,"Silver ""plus""",$500,2027-01-31\n'
    "3,Linde,,a lot,\n"
)  # fmt: skip
ATTRIBUTES = "SELECT external_id, attributes FROM account ORDER BY external_id"


async def attributes(pair: Pair) -> dict[str, Any]:
    rows = await fetch(pair.world, pair.left, ATTRIBUTES)
    return {row["external_id"]: row["attributes"] for row in rows}


async def test_attributes_are_kept_typed_changed_in_part_and_undone(pair: Pair) -> None:
    record, found = await tried(pair, LIST, columns=COLUMNS)
    assert counts(record) == (3, 0, 0, 0, 0)
    assert found["columns"]["attribute:tier"] == 2
    assert [(p["column"], p["rows"], p["lines"]) for p in found["problems"]] == [("ARR", 1, [4])]
    assert await fetch(pair.world, pair.left, "SELECT key FROM account_attribute") == []

    record = await imported(pair.world, pair.left, LIST, columns=COLUMNS)
    assert record.report is not None
    assert sorted(record.report["warnings"][1:4]) == [
        "The column 'ARR' becomes the attribute 'arr' (money in EUR).",
        "The column 'Customer Tier' becomes the attribute 'tier' (text).",
        "The column 'Renewal' becomes the attribute 'renews' (date).",
    ]
    first = {
        "1": {"tier": "Gold", "arr": {"amount": "1200000", "currency": "EUR"}, "renews": "2026-11-22"},
        "2": {
            "tier": 'Silver "plus"',
            "arr": {"amount": "500", "currency": "USD"},
            "renews": "2027-01-31",
        },
        "3": {},
    }
    assert await attributes(pair) == first
    assert counts(await imported(pair.world, pair.left, LIST + "4,Miele,,,\n", columns=COLUMNS)) == (1, 0, 3, 0, 0)  # fmt: skip

    # A file that speaks of one attribute leaves the others; what no longer stands there goes; what isn't of the type is told.
    part = "Account ID,Company,Customer Tier,Renewal\n1,Siemens,,soon\n2,Bosch,Bronze,2027-01-31\n"
    change = await imported(
        pair.world, pair.left, part, columns={"attribute:tier:text": "Customer Tier", "attribute:renews": "Renewal"}
    )  # fmt: skip
    assert counts(change) == (0, 2, 0, 0, 0)
    now = await attributes(pair)
    assert now["1"] == {"arr": first["1"]["arr"]}
    assert now["2"] == {**first["2"], "tier": "Bronze"}
    assert change.report is not None
    assert "1 value of the column 'Renewal' could not be read" in change.report["warnings"][-1]
    assert counts(await imported(pair.world, pair.left, part.replace("Company", "Name"))) == (0, 0, 2, 0, 0)
    await undone(pair, change)
    assert {key: value for key, value in (await attributes(pair)).items() if key in first} == first


async def test_an_attribute_keeps_its_type_and_goes_with_its_values(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    await imported(pair.world, pair.left, LIST, columns=COLUMNS)
    refused = await imported(pair.world, pair.left, LIST, columns={"attribute:tier:number": "Customer Tier"})
    assert refused.status is ImportStatus.FAILED
    assert refused.problem is not None
    assert refused.problem["code"] == "unfit_attribute"
    assert "'tier' is text" in refused.problem["message"]

    who, path = pair.left.headers, "/v1/account-attributes"
    renamed = await client.patch(f"{path}/tier", json={"name": "Stufe"}, headers=who)
    listed = (await client.get(path, headers=who)).json()["items"]
    assert [(one["key"], one["name"], one["type"], one["currency"]) for one in listed] == [
        ("arr", "ARR", "money", "EUR"), ("renews", "Renewal", "date", None), ("tier", "Stufe", "text", None),
    ]  # fmt: skip
    assert renamed.json() == listed[2]
    shown = (await client.get("/v1/accounts", headers=who)).json()["items"]
    assert shown[0]["attributes"]["arr"] == {"amount": "1200000", "currency": "EUR"}

    changed = await imported(pair.world, pair.left, LIST.replace("Gold", "Iron"), columns=COLUMNS)
    assert counts(changed) == (0, 1, 2, 0, 0)
    assert (await client.delete(f"{path}/tier", headers=who)).status_code == 204
    assert (await client.delete(f"{path}/tier", headers=who)).status_code == 404
    await pair.world.work(PURGE_JOB)
    assert await fetch(pair.world, pair.left, "SELECT 1 FROM account WHERE attributes ? 'tier'") == []
    past = "SELECT 1 FROM record_history WHERE before -> 'attributes' ? 'tier'"
    assert await fetch(pair.world, pair.left, past) == []
    # The same file again is a list of which something is missing.
    again = await imported(
        pair.world, pair.left, LIST.replace("Gold", "Iron"), columns={**COLUMNS, "name": "Company"}
    )
    assert counts(again) == (0, 2, 1, 0, 0)
    assert (await attributes(pair))["1"]["tier"] == "Iron"


async def test_a_removed_attribute_is_gone_at_once_and_its_values_go_in_parts(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    world, who, path = pair.world, pair.left.headers, "/v1/account-attributes/tier"
    await imported(world, pair.left, LIST, columns=COLUMNS)
    before = world.clock.now().isoformat()
    await imported(world, pair.left, LIST.replace("Gold", "Iron"), columns=COLUMNS)
    tiered = {"name": "Tiered", "filter": {"field": "attributes.tier", "op": "is_set"}}
    assert (await client.post("/v1/populations", json=tiered, headers=who)).status_code == 201
    await world.work(SETTLE_JOB)
    members = "SELECT external_id FROM account WHERE populations >> 3 & 1 = 1 ORDER BY 1"
    assert [row["external_id"] for row in await fetch(world, pair.left, members)] == ["1", "2"]

    assert (await client.delete(path, headers=who)).status_code == 204
    assert (await client.patch(path, json={"name": "X"}, headers=who)).status_code == 404
    assert len((await client.get("/v1/account-attributes", headers=who)).json()["items"]) == 2
    assert "tier" in (await attributes(pair))["1"]
    for asked in ({}, {"as_of": before}):
        shown = (await client.get("/v1/accounts", params=asked, headers=who)).json()["items"]
        assert [sorted(row["attributes"]) for row in shown] == [["arr", "renews"], ["arr", "renews"], []]
    tried = await client.post("/v1/populations/preview", json={"filter": tiered["filter"]}, headers=who)
    assert tried.json()["accounts"] == 0

    await purge(world.database, pair.left.id, rows=1)
    left = "SELECT 1 FROM account WHERE attributes ? 'tier' UNION ALL SELECT 1 FROM record_history WHERE before -> 'attributes' ? 'tier'"
    assert await fetch(world, pair.left, left) == []
    assert await fetch(world, pair.left, members) == []
    assert await fetch(world, pair.left, "SELECT 1 FROM account_attribute WHERE removed_at IS NOT NULL") == []


async def test_a_key_is_free_before_the_values_of_the_old_attribute_are_purged(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    await imported(pair.world, pair.left, LIST, columns=COLUMNS)
    await client.delete("/v1/account-attributes/tier", headers=pair.left.headers)
    newer = "Account ID,Company,Rank\n1,Siemens,7\n2,Bosch,\n3,Linde,8\n"
    await imported(pair.world, pair.left, newer, columns={"attribute:tier:number": "Rank"})
    expected = {"1": 7, "2": None, "3": 8}
    for _ in range(2):
        now = await attributes(pair)
        assert {key: value.get("tier") for key, value in now.items()} == expected
        await pair.world.work(PURGE_JOB)


async def test_what_a_mapping_may_ask_for_is_said(client: httpx.AsyncClient, pair: Pair) -> None:
    for columns, said in (
        ({"attribute:Tier": "X"}, "'Tier' is no key"),
        ({"attribute:tier:colour": "X"}, "'colour' is no type"),
        ({"attribute:tier:text:EUR": "X"}, "only money has a currency"),
        ({"attribute:tier": "X", "attribute:tier:text": "Y"}, "asked for twice"),
    ):
        answer = await client.post(
            "/v1/imports", params={"columns": json.dumps(columns)}, content=b"Company\nA\n", headers=pair.left.headers
        )  # fmt: skip
        assert answer.status_code == 422
        assert said in answer.json()["detail"]
    answer = await client.post(
        "/v1/imports", params={"columns": '{"attribute:tier": "X"}', "records": "contacts"}, content=b"Name\nA\n",
        headers=pair.left.headers,
    )  # fmt: skip
    assert "only accounts have attributes" in answer.json()["detail"]
    many = {f"attribute:k{n}:text": f"K{n}" for n in range(101)}
    text = "Company," + ",".join(many.values()) + "\nSiemens" + ",x" * 101 + "\n"
    record = await one(pair.world, pair.left, (await imported(pair.world, pair.left, text, columns=many)).id)
    assert record.problem is not None
    assert "There would be 101 attributes" in record.problem["message"]
