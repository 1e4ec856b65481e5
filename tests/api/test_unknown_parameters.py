"""A parameter that nobody reads would change what it was to spare: it is refused wherever something is changed."""

import re

import httpx
import pytest
from fastapi import FastAPI

from tests.factories.world import Pair

NOBODY = "01900000-0000-7000-8000-0000000000ff"
LIST = b"Account ID,Company\n1,Siemens AG\n"
INVALID = "urn:commonground:problem:invalid-request"


async def test_every_change_names_what_it_does_not_know_and_what_there_is(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    asked = 0
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            if method == "get":
                continue
            known = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
            answer = await client.request(method, re.sub(r"\{\w+\}", NOBODY, path), params={"dryrun": "true"})
            there_are = f"those that there are: {', '.join(known)}" if known else "there are none here"
            refused = {"where": "query.dryrun", "message": f"There is no such parameter; {there_are}."}
            assert (answer.status_code, answer.json()["errors"]) == (422, [refused]), operation["operationId"]
            asked += 1
    assert asked > 50


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/v1/imports?dryrun=true", {"content": LIST}),
        ("/v1/imports?dryrun=true", {"files": {"file": ("list.csv", LIST)}}),
        ("/v1/contacts:batch?population=guests", {"json": {"records": [{"email": "a@siemens.com"}]}}),
    ],
)
async def test_nothing_is_brought_under_a_parameter_that_nobody_reads(
    client: httpx.AsyncClient, pair: Pair, address: str, said: dict[str, object]
) -> None:
    key = {"Idempotency-Key": "once-upon-a-time"}
    refused = await client.post(address, headers=pair.left.headers | key, **said)  # type: ignore[arg-type]
    assert (refused.status_code, refused.json()["type"]) == (422, INVALID)
    imports = await client.get("/v1/imports", headers=pair.left.headers)
    assert imports.json()["items"] == []
    mended = await client.post(address.split("?", maxsplit=1)[0], headers=pair.left.headers | key, **said)  # type: ignore[arg-type]
    assert mended.status_code in {200, 202}


async def test_many_unknown_parameters_make_no_long_answer(client: httpx.AsyncClient) -> None:
    names = [f"{at:03}" + "x" * 300 for at in range(50)]
    answer = await client.post("/v1/imports", params=dict.fromkeys(names, ""), content=LIST)
    assert [error["where"] for error in answer.json()["errors"]] == [
        f"query.{name[:100]}" for name in names[:20]
    ]
