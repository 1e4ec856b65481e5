"""Routes and their description are the same set; odd values in every place are refused or taken as they are."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Route

from service.api.routing import Operation
from tests.factories.world import Pair, company_list
from tests.support.fuzzing import fuzzed
from tests.support.servers import OwnDatabase

UNDESCRIBED = {"/openapi.json", "/metrics", "/docs", "/docs/docs.css", "/docs/docs.js", "/docs/icon.svg"}
"""What is no part of the API: its description, the page of it, and numbers for the operator."""
QUESTIONS = {"preview_population"}
"""A POST for the sake of its body: it changes nothing, so that it may be asked as often as one likes."""
OF_A_PERSON = {
    "accept_member_invitation", "ask_for_password_reset", "ask_for_verification", "ask_to_sign_up", "begin_sign_on", "change_password",
    "confirm_second_factor", "disable_second_factor", "enrol_second_factor", "renew_recovery_codes", "reset_password", "sign_in",
    "sign_up", "verify_email",
}  # fmt: skip
"""What belongs to no organization, and whose links and codes serve once."""
INJECTIONS = [
    "' OR '1'='1", "'; DROP TABLE account; --", '" OR 1=1 --', "%' OR 1=1 --", "\\'; --", "1) OR (1=1", "${7*7}", "{{7*7}}",
    "%s%s%n", "{0}{1}", "{}", "../../etc/passwd", "..%2f..", "<script>alert(1)</script>", "$1", ":name", "?", "|| pg_sleep(9)",
    "\r\nX-Injected: yes", "é" * 90, "\u202e", "\U0001d54f", "NULL", "true", "-1", "0x00", "1e309", "9" * 90,
]  # fmt: skip


def _routes(app: FastAPI) -> list[Route]:
    return [route for route in app.routes if isinstance(route, Route)]


def test_every_address_is_described_or_stands_in_the_short_list(app: FastAPI) -> None:
    served = {(method.lower(), route.path_format) for route in _routes(app) for method in route.methods or ()}
    described = {(method, path) for path, methods in app.openapi()["paths"].items() for method in methods}
    undescribed = {path for method, path in served - described if method != "head"}
    assert undescribed == UNDESCRIBED
    assert described <= served


def test_every_operation_is_declared_as_one(app: FastAPI) -> None:
    plain = [
        route.path
        for route in _routes(app)
        if route.path not in UNDESCRIBED and not isinstance(route, Operation)
    ]
    assert plain == []


def test_every_change_of_an_organization_can_be_repeated_under_a_key(app: FastAPI) -> None:
    without = {
        operation["operationId"]
        for methods in app.openapi()["paths"].values()
        for method, operation in methods.items()
        if method == "post"
        and "Idempotency-Key" not in {one["name"] for one in operation.get("parameters", ())}
    }
    assert without <= OF_A_PERSON | QUESTIONS


def parameters(app: FastAPI, place: str) -> Iterator[tuple[str, str, dict[str, object]]]:
    for path, methods in app.openapi()["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            if parameter["in"] == place:
                yield path, parameter["name"], parameter["schema"]


@pytest.mark.parametrize("place", ["query", "path"])
async def test_no_value_of_any_parameter_breaks_a_read(
    client: httpx.AsyncClient, app: FastAPI, pair: Pair, place: str
) -> None:
    asked, seen = 0, set[str]()
    for path, name, _ in list(parameters(app, place)):
        filled = path.replace("{partnership_id}", str(pair.partnership.id)) if place == "query" else path
        values = INJECTIONS if name not in seen else INJECTIONS[:1]
        seen.add(name)
        for value in values:
            query = {"partnership": str(pair.partnership.id), name: value} if place == "query" else {}
            address = filled.replace("{" + name + "}", quote(value, safe=""))
            answer = await client.get(address, params=query, headers=pair.left.headers)
            assert answer.status_code in {200, 400, 401, 403, 404, 405, 422}, (
                address,
                name,
                value,
                answer.text,
            )
            assert "x-injected" not in answer.headers
            asked += 1
    assert asked > 50


async def test_a_filter_takes_whatever_comes_as_the_text_it_is(client: httpx.AsyncClient, pair: Pair) -> None:
    await pair.world.upload(pair.left, company_list(("Siemens AG", "siemens.com")))
    await pair.world.work()
    for value in INJECTIONS:
        answer = await client.get("/v1/accounts", params={"domain": value}, headers=pair.left.headers)
        assert answer.status_code in {200, 422}
        assert answer.json().get("items", []) == []
    told = await client.get("/v1/accounts", params={"domain": "siemens.com"}, headers=pair.left.headers)
    assert len(told.json()["items"]) == 1


@pytest.mark.slow
async def test_a_few_operations_do_what_their_description_says(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    said = await fuzzed(
        own_database, tmp_path, "--phases", "examples,coverage,fuzzing", "--max-examples", "4",
        "--generation-deterministic", only=("list_accounts", "list_overlaps", "put_sharing_rule", "create_import"),
    )  # fmt: skip
    assert "4 selected" in said or "Selected: 4" in said
