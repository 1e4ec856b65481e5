"""Imports over HTTP: modes, dry runs, what is held, and the same bytes again."""

from typing import Any

import httpx

from tests.factories.world import Pair

LIST = "Account ID,Company,Website,Status\n" + "".join(
    f"{i},Company {i},company{i}.com,Customer\n" for i in range(10)
)


async def sent(client: httpx.AsyncClient, pair: Pair, text: str, **query: Any) -> dict[str, Any]:
    """Upload, work, and give what became of it, with the status of the first answer as `http`."""
    answer = await client.post("/v1/imports", content=text, params=query, headers=pair.left.headers)
    assert answer.is_success, answer.text
    await pair.world.work()
    return {**await shown(client, pair, answer.json()["id"]), "http": answer.status_code}


async def shown(client: httpx.AsyncClient, pair: Pair, import_id: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/imports/{import_id}", headers=pair.left.headers)
    found: dict[str, Any] = answer.json()
    return found


async def acted(client: httpx.AsyncClient, pair: Pair, import_id: str, verb: str) -> dict[str, Any]:
    answer = await client.post(f"/v1/imports/{import_id}/{verb}", headers=pair.left.headers)
    assert answer.is_success, answer.text
    await pair.world.work()
    return await shown(client, pair, import_id)


async def test_the_same_bytes_answer_with_the_import_that_had_them(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    first = await sent(client, pair, LIST)
    again = await sent(client, pair, LIST)
    assert (first["http"], again["http"]) == (202, 200)
    assert again["id"] == first["id"]
    assert list(pair.world.spool.folder.iterdir()) == []


async def test_a_dry_run_answers_with_a_preview(client: httpx.AsyncClient, pair: Pair) -> None:
    found = await sent(client, pair, LIST + "x\n", dry_run=True)
    assert (found["status"], found["dry_run"]) == ("completed", True)
    assert found["counts"]["created"] == 10
    assert found["preview"]["keys"]["domain"] == 10
    assert found["preview"]["rows"][0]["name"] == "Company 0"
    assert found["preview"]["problems"][0]["lines"] == [12]
    accounts = await client.get("/v1/accounts", headers=pair.left.headers)
    assert accounts.json()["items"] == []


async def test_a_list_of_imports_has_no_previews(client: httpx.AsyncClient, pair: Pair) -> None:
    await sent(client, pair, LIST, dry_run=True)
    [listed] = (await client.get("/v1/imports", headers=pair.left.headers)).json()["items"]
    assert listed["preview"] is None


async def test_a_held_import_says_why_and_goes_on_when_confirmed(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    await sent(client, pair, LIST)
    short = "".join(LIST.splitlines(keepends=True)[:3])
    held = await sent(client, pair, short, mode="replace")
    assert (held["status"], held["counts"]["removed"]) == ("held", 8)
    assert held["report"]["guards"][0]["guard"] == "removes_too_many"
    assert "8 of 10" in held["report"]["guards"][0]["message"]
    done = await acted(client, pair, held["id"], "confirm")
    assert (done["status"], done["counts"]["removed"], done["counts"]["unchanged"]) == ("completed", 8, 2)


async def test_a_held_import_that_is_cancelled_leaves_the_list(client: httpx.AsyncClient, pair: Pair) -> None:
    await sent(client, pair, LIST)
    held = await sent(
        client, pair, LIST.splitlines()[0] + "\n1,Company 1,company1.com,Customer\n", mode="replace"
    )
    done = await acted(client, pair, held["id"], "cancel")
    assert done["status"] == "cancelled"
    accounts = await client.get("/v1/accounts", headers=pair.left.headers)
    assert len(accounts.json()["items"]) == 10


async def test_an_import_that_waits_is_cancelled_at_once(client: httpx.AsyncClient, pair: Pair) -> None:
    answer = await client.post("/v1/imports", content=LIST, headers=pair.left.headers)
    done = await client.post(f"/v1/imports/{answer.json()['id']}/cancel", headers=pair.left.headers)
    assert done.json()["status"] == "cancelled"
    await pair.world.work()
    assert list(pair.world.spool.folder.iterdir()) == []
    accounts = await client.get("/v1/accounts", headers=pair.left.headers)
    assert accounts.json()["items"] == []


async def test_an_import_confirmed_beforehand_is_not_held(client: httpx.AsyncClient, pair: Pair) -> None:
    await sent(client, pair, LIST)
    short = LIST.splitlines()[0] + "\n1,Company 1,company1.com,Customer\n"
    done = await sent(client, pair, short, mode="replace", confirm=True)
    assert (done["status"], done["counts"]["removed"]) == ("completed", 9)


async def test_refused_rows_are_downloaded_as_csv(client: httpx.AsyncClient, pair: Pair) -> None:
    found = await sent(client, pair, LIST + "x,y\n")
    answer = await client.get(f"/v1/imports/{found['id']}/rejected-rows", headers=pair.left.headers)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="rejected-{found["id"]}.csv"'
    header, row = answer.text.splitlines()
    assert header == "Account ID,Company,Website,Status,_line,_column,_reason,_message"
    assert row.startswith("x,y,,,12,,too_few_fields,")


async def test_all_or_nothing_fails_with_the_rows_that_are_to_be_mended(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    failed = await sent(client, pair, LIST + "x\n", all_or_nothing=True)
    assert (failed["status"], failed["problem"]["code"]) == ("failed", "rows_refused")
    errors = await client.get(f"/v1/imports/{failed['id']}/errors", headers=pair.left.headers)
    assert [error["line"] for error in errors.json()["items"]] == [12]
