"""Contacts and opportunities brought as JSON, by the batch."""

from typing import Any

import asyncpg
import httpx
import pytest

from service.imports.models import ImportKind, ImportMode
from tests.domain.imports.support import FIRST, counts, fetch, imported, one
from tests.domain.imports.test_contacts import stored
from tests.factories.world import Pair

Record = dict[str, Any]
DEALS = (
    {"external_id": "o1", "name": "Turbines", "account_external_id": "1", "stage": "Proposal", "amount": "1.2M EUR", "owner": "Ann"},
    {"external_id": "o2", "name": "Drills", "account_domain": "bosch.com", "stage": "Closed Won", "amount": 20000, "currency": "USD"},
)  # fmt: skip
PEOPLE = (
    {"external_id": "c1", "last_name": "Quellmann", "email": "quellmann@siemens.com", "phone": "+49 30 777123", "title": "CTO"},
    {"external_id": "c2", "last_name": "Torfstein", "account_name": "Bosch", "owner": "Ann"},
)  # fmt: skip


async def sent(client: httpx.AsyncClient, pair: Pair, of: str, *records: Record) -> dict[str, Any]:
    answer = await client.post(f"/v1/{of}:batch", json={"records": records}, headers=pair.left.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def listed(client: httpx.AsyncClient, pair: Pair, of: str) -> dict[str, Record]:
    answer = await client.get(f"/v1/{of}", headers=pair.left.headers)
    return {one["external_id"]: one for one in answer.json()["items"]}


def statuses(said: dict[str, Any]) -> list[str]:
    return [result["status"] for result in said["results"]]


def changed(before: Record, **values: Any) -> Record:
    """`before` with these values; when it was written isn't told."""
    return {**before, **values, "updated_at": None}


async def undone(client: httpx.AsyncClient, pair: Pair, said: dict[str, Any]) -> None:
    path = f"/v1/imports/{said['import_id']}"
    kept = (await client.get(path, headers=pair.left.headers)).json()
    assert kept["origin"] == "api"
    assert (await client.post(f"{path}/rollback", headers=pair.left.headers)).status_code == 202
    await pair.world.work()


@pytest.mark.parametrize("of", ["accounts", "contacts", "opportunities"])
async def test_a_record_that_says_nothing_is_rejected(client: httpx.AsyncClient, pair: Pair, of: str) -> None:
    said = await sent(client, pair, of, {})
    assert (statuses(said), said["import_id"]) == (["rejected"], None)


async def test_each_opportunity_of_a_batch_is_answered_for_and_keeps_what_it_does_not_speak_of(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    await imported(pair.world, pair.left, FIRST)
    ids = {r["external_id"]: str(r["id"]) for r in await fetch(pair.world, pair.left, "SELECT external_id, id FROM account")}  # fmt: skip
    said = await sent(
        client, pair, "opportunities", *DEALS,
        {"external_id": "o3", "name": "Dear", "amount": "a lot"},
        {"owner": "Ann"},
        {"external_id": "o1", "name": "Again"},
        {"external_id": "o5", "stgae": "Won"},
    )  # fmt: skip
    assert statuses(said) == ["created", "created", *["rejected"] * 4]
    refused = said["results"][2:]
    assert [(r["reason"], r["field"]) for r in refused] == [
        ("unreadable_value", "amount"), ("nothing_named", None), ("duplicate_in_file", None), ("unknown_field", "stgae"),
    ]  # fmt: skip
    assert refused[0]["message"].startswith("'a lot' ")
    assert refused[2]["message"].startswith("This is the same opportunity as record 1 of the batch: ")
    assert refused[3]["message"].startswith("an opportunity has no field 'stgae'. ")
    first = await listed(client, pair, "opportunities")
    assert {key: (deal["account_id"], deal["amount"], deal["currency"], deal["outcome"]) for key, deal in first.items()} == {
        "o1": (ids["1"], "1200000", "EUR", "open"), "o2": (ids["2"], "20000", "USD", "won"),
    }  # fmt: skip

    change = await sent(
        client, pair, "opportunities",
        {"external_id": "o1", "owner": None, "amount": 5, "probability": "40%"},
        {"external_id": "o2", "stage": "Lost", "currency": "GBP"},
    )  # fmt: skip
    assert statuses(change) == ["updated", "updated"]
    now = await listed(client, pair, "opportunities")
    assert changed(now["o1"]) == changed(first["o1"], owner=None, amount="5", probability="40")
    assert changed(now["o2"]) == changed(first["o2"], stage="Lost", outcome="lost", currency="GBP")
    again = await sent(client, pair, "opportunities", {"external_id": "o1", "name": "Turbines"}, {"external_id": "o2", "stage": "Lost"})  # fmt: skip
    assert (statuses(again), again["import_id"]) == (["unchanged", "unchanged"], None)
    assert [r["id"] for r in again["results"]] == [now["o1"]["id"], now["o2"]["id"]]
    await undone(client, pair, change)
    back = await listed(client, pair, "opportunities")
    assert [changed(back[key]) for key in first] == [changed(first[key]) for key in first]


async def test_stages_of_a_record_are_an_array_of_which_a_wrong_one_rejects_it(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    history = [
        {"stage": "Proposal", "entered": "2026-03-02"},
        {"stage": "Qualified", "entered": "2026-01-31"},
    ]
    said = await sent(
        client, pair, "opportunities",
        {"external_id": "o1", "stage_history": history},
        {"external_id": "o2", "stage_history": [{"stage": "Won"}]},
        {"external_id": "o3", "stage_history": [{"stage": "Won", "entered": "2026-02-31"}]},
    )  # fmt: skip
    assert [(r["status"], r["reason"], r["field"]) for r in said["results"]] == [
        ("created", None, None), *[("rejected", "unreadable_value", "stage_history")] * 2,
    ]  # fmt: skip
    path = f"/v1/opportunities/{said['results'][0]['id']}"
    shown = (await client.get(path, headers=pair.left.headers)).json()["stages"]
    assert [stage["stage"] for stage in shown] == ["Qualified", "Proposal"]
    assert shown[0]["entered_at"] == "2026-01-31T00:00:00Z"
    again = await sent(client, pair, "opportunities", {"external_id": "o1", "stage_history": history})
    assert statuses(again) == ["unchanged"]
    as_shown = await sent(client, pair, "opportunities", {"external_id": "o1", "stage_history": shown})
    assert as_shown["rejected"] == 0
    assert (await client.get(path, headers=pair.left.headers)).json()["stages"] == shown


async def test_what_is_no_email_address_is_kept_as_it_stands(client: httpx.AsyncClient, pair: Pair) -> None:
    said = await sent(client, pair, "contacts", {"external_id": "c1", "email": "bad"})
    assert statuses(said) == ["created"]
    assert (await listed(client, pair, "contacts"))["c1"]["email"] == "bad"


async def test_each_person_of_a_batch_stays_sealed_and_keeps_what_the_record_does_not_speak_of(
    client: httpx.AsyncClient, pair: Pair, superuser: asyncpg.Connection
) -> None:
    await imported(pair.world, pair.left, FIRST)
    assert statuses(await sent(client, pair, "contacts", *PEOPLE, {"title": "CEO"})) == [
        "created", "created", "rejected",
    ]  # fmt: skip
    first = await listed(client, pair, "contacts")
    assert None not in (first["c1"]["account_id"], first["c2"]["account_id"])
    change = await sent(
        client, pair, "contacts",
        {"external_id": "c1", "title": "CEO", "email": "q@other.org"},
        {"external_id": "c2", "phone": "+49 777456", "account_external_id": "1"},
    )  # fmt: skip
    assert statuses(change) == ["updated", "updated"]
    now = await listed(client, pair, "contacts")
    assert changed(now["c1"]) == changed(first["c1"], title="CEO", email="q@other.org")
    at_siemens = first["c1"]["account_id"]
    assert changed(now["c2"]) == changed(first["c2"], phone="+49 777456", account_id=at_siemens)
    again = await sent(client, pair, "contacts", {"external_id": "c1", "phone": "+49 30 777123"}, {"external_id": "c2", "owner": "Ann"})  # fmt: skip
    assert (statuses(again), again["import_id"]) == (["unchanged", "unchanged"], None)
    text = await stored(superuser)
    assert "CEO" in text
    secrets = ("Quellmann", "quellmann", "Torfstein", "777123", "777456", "other.org")
    assert [secret for secret in secrets if secret in text] == []
    await undone(client, pair, change)
    back = await listed(client, pair, "contacts")
    assert [changed(back[key]) for key in first] == [changed(first[key]) for key in first]


@pytest.mark.parametrize("of", ["contacts", "opportunities"])
async def test_an_older_file_leaves_people_and_deals_as_they_came_over_the_api(
    client: httpx.AsyncClient, pair: Pair, of: str
) -> None:
    header = {
        "contacts": "Contact ID,Last Name,Owner\n",
        "opportunities": "Opportunity ID,Opportunity Name,Owner\n",
    }[of]
    name = "last_name" if of == "contacts" else "name"
    rows = [f"k{at},N{at},Old\n" for at in range(4)]
    kind = ImportKind(of)
    await imported(pair.world, pair.left, header + "".join(rows), kind=kind)
    older = header + "".join(row.replace("Old", "File") for row in rows) + "k8,N8,File\n"
    waiting = await pair.world.upload(
        pair.left, older, kind=kind, mode=ImportMode.REPLACE, confirmed=True, population=None
    )
    said = await sent(
        client, pair, of, {"external_id": "k0", "owner": "Json"}, {"external_id": "k1", "owner": "Old"},
        {"external_id": "k8", name: "N8", "owner": "Json"}, {"external_id": "k9", name: "N9", "owner": "Json"},
    )  # fmt: skip
    assert statuses(said) == ["updated", "unchanged", "created", "created"]
    await pair.world.work()
    record = await one(pair.world, pair.left, waiting)
    assert counts(record)[:4] == (0, 2, 0, 0)
    assert {key: row["owner"] for key, row in (await listed(client, pair, of)).items()} == {
        "k0": "Json", "k1": "Old", "k2": "File", "k3": "File", "k8": "Json", "k9": "Json",
    }  # fmt: skip
    errors = await fetch(pair.world, pair.left, "SELECT reason, message FROM import_error ORDER BY line")
    assert [error["reason"] for error in errors] == ["changed_since"] * 3
    assert "was changed over the API after this list was sent" in errors[0]["message"]
