"""Columns of the users' own are kept as attributes with a type, as long as the file speaks of them."""

import json
from typing import Any

import httpx

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
    assert await fetch(pair.world, pair.left, "SELECT 1 FROM account WHERE attributes ? 'tier'") == []
    past = "SELECT 1 FROM record_history WHERE before -> 'attributes' ? 'tier'"
    assert await fetch(pair.world, pair.left, past) == []
    # The same file again is a list of which something is missing.
    again = await imported(
        pair.world, pair.left, LIST.replace("Gold", "Iron"), columns={**COLUMNS, "name": "Company"}
    )
    assert counts(again) == (0, 2, 1, 0, 0)
    assert (await attributes(pair))["1"]["tier"] == "Iron"


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
