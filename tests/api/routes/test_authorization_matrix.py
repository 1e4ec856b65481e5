"""Every route × {no key, garbled key, foreign tenant, missing scope}: a route that the matrix doesn't know fails."""

from itertools import product
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from service.organizations.models import Scope
from tests.factories.world import World
from tests.support.routes_matrix import BEFORE_SIGN_IN, MATRIX, OF_PEOPLE, operations
from tests.support.scene import Scene


def test_every_route_stands_in_the_matrix(app: FastAPI) -> None:
    assert {name for name, _, _ in operations(app)} == {*MATRIX, *OF_PEOPLE, *BEFORE_SIGN_IN}


def test_every_registered_route_is_described(app: FastAPI) -> None:
    described = {path for _, _, path in operations(app)}
    routes = [r for r in app.routes if isinstance(r, APIRoute)]
    undescribed = {r.path for r in routes if not r.include_in_schema}
    assert not undescribed
    assert described


def test_every_route_declares_its_problems(app: FastAPI) -> None:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            route = MATRIX.get(operation["operationId"])
            if route is None or route.scope is not None:
                assert {"401", "403", "422", "503"} <= set(operation["responses"]), (method, path)


@pytest.mark.parametrize("name", MATRIX)
async def test_the_call_of_the_matrix_succeeds(
    client: httpx.AsyncClient, app: FastAPI, scene: Scene, name: str
) -> None:
    answer = await scene.call(client, app, name, scene.pair.left.headers)
    if name in {"confirm_import", "cancel_import"}:  # the import that there is has been read
        assert answer.json()["type"].endswith(":import-state"), answer.text
        return
    assert answer.status_code in {200, 201, 202, 204}, answer.text


SCOPED = [name for name, route in MATRIX.items() if route.scope]


OWN = [name for name, route in MATRIX.items() if route.own]
"""Refusals change nothing, so that one scene serves for all of them."""


async def test_without_a_good_key_nothing_is_told(
    client: httpx.AsyncClient, app: FastAPI, scene: Scene
) -> None:
    good = scene.pair.left.key
    swapped = good[:40] + ("a" if good[40] != "a" else "b") + good[41:]
    for name, given in product(
        SCOPED,
        (
            {},
            {"Authorization": "Bearer x"},
            {"Authorization": f"Bearer {swapped}"},
            {"Authorization": f"Basic {good}"},
        ),
    ):
        answer = await scene.call(client, app, name, given)
        assert answer.status_code == 401, (name, answer.text)
        assert answer.json()["type"] == "urn:commonground:problem:unauthorized", name
        assert answer.headers["www-authenticate"] == "Bearer", name


async def test_a_missing_scope_is_named(client: httpx.AsyncClient, app: FastAPI, scene: Scene) -> None:
    poor = {
        needed: await scene.pair.world.organization(
            f"poor-{number}", scopes=[scope for scope in Scope if scope is not needed]
        )
        for number, needed in enumerate(Scope)
    }
    for name in SCOPED:
        for needed in (MATRIX[name].scope, *MATRIX[name].also):
            assert needed is not None
            answer = await scene.call(client, app, name, poor[needed].headers)
            assert answer.status_code == 403, (name, answer.text)
            assert needed.value in answer.json()["detail"], name
            assert answer.json()["missing_scopes"] == [needed], name


async def test_a_strangers_id_answers_as_an_unknown_one(
    client: httpx.AsyncClient, app: FastAPI, scene: Scene, world: World
) -> None:
    stranger = await world.organization("stranger")
    random = {key: value if key == "population" else str(uuid4()) for key, value in scene.ids.items()}
    for name in OWN:
        foreign = await scene.call(client, app, name, stranger.headers)
        unknown = await scene.call(client, app, name, stranger.headers, random)
        assert foreign.status_code == unknown.status_code == 404, name
        assert {**foreign.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}, name
        assert set(foreign.headers) == set(unknown.headers), name


@pytest.mark.parametrize(
    "name",
    ["get_import", "list_import_errors", "get_account", "get_opportunity", "get_contact", "erase_contact"],
)
async def test_a_partner_is_a_stranger_to_ones_own_records(
    client: httpx.AsyncClient, app: FastAPI, scene: Scene, name: str
) -> None:
    answer = await scene.call(client, app, name, scene.pair.right.headers)
    assert answer.status_code == 404
