"""Every role × every operation, called for real, is what the page of roles says, cell by cell."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import product

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from service.organizations.models import Role
from tests.docs.sessions import ROOT
from tests.factories.people import PASSWORD, Browser, browser_of, member
from tests.factories.world import Pair
from tests.support.routes_matrix import BEFORE_SIGN_IN, MATRIX, OF_PEOPLE, operations
from tests.support.scene import Scene, make_scene

PAGE = (ROOT / "docs/reference/roles.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `(\w+)` \| (`[\w:`, ]+`|–) \| (.+) \|$", re.MULTILINE)
PROBLEM = "urn:commonground:problem:"


def table() -> dict[str, dict[Role, bool]]:
    """Operation → role → whether the page says that it may."""
    found = {}
    for operation, _, cells in _ROW.findall(PAGE):
        found[operation] = {role: cell == "yes" for role, cell in zip(Role, cells.split(" | "), strict=True)}
    return found


@asynccontextmanager
async def undone(superuser: asyncpg.Connection) -> AsyncIterator[None]:
    """What the block does to the database is undone, so that every operation finds the same."""
    await superuser.execute("SAVEPOINT one_call")
    yield
    await superuser.execute("ROLLBACK TO SAVEPOINT one_call; RELEASE SAVEPOINT one_call")


async def calls(
    app: FastAPI, superuser: asyncpg.Connection, scene: Scene, browser: Browser
) -> AsyncIterator[tuple[str, httpx.Response]]:
    cookies = dict(browser.client.cookies)
    for name in {**MATRIX, **OF_PEOPLE}:
        async with undone(superuser):
            yield name, await scene.call(browser.client, app, name, {"X-CSRF-Token": browser.csrf})
        browser.client.cookies.clear()
        for cookie, value in cookies.items():
            browser.client.cookies.set(cookie, value, domain="test.local")


@pytest.mark.parametrize("role", Role)
async def test_what_a_role_may_do_is_what_the_page_says(
    app: FastAPI, pair: Pair, superuser: asyncpg.Connection, role: Role
) -> None:
    people, scene = app.state.commonground.people, await make_scene(pair)
    await member(people, pair.left.id, Role.ADMIN, email="first@example.com")
    person = await member(people, pair.left.id, role, email="me@example.com", password=PASSWORD)
    async with browser_of(app, person) as browser, browser_of(app, person) as other:
        assert other.started is not None
        scene.ids["session_id"] = str(other.started.session.id)
        may = {}
        async for name, answer in calls(app, superuser, scene, browser):
            kind = answer.json().get("type", "") if answer.status_code >= 400 else ""
            may[name] = kind != PROBLEM + "missing-scope"
            if may[name]:
                assert answer.status_code < 300 or name in UNREADY, (name, answer.text)
    expected = {name: roles[role] for name, roles in table().items()}
    assert may == dict.fromkeys(OPEN, True) | expected


OPEN = ("livez", "readyz")
UNREADY = {
    "confirm_second_factor", "renew_recovery_codes", "disable_second_factor", "confirm_import", "cancel_import",
    "update_overlap_comment", "delete_overlap_comment",
}  # fmt: skip
"""They need a second factor that was begun, an import that isn't over, or a comment of one's own; that they aren't refused for the role is what counts here."""


def scoped() -> Iterator[tuple[str, str]]:
    for name, route in MATRIX.items():
        if route.scope is not None:
            yield name, ", ".join(f"`{scope}`" for scope in (route.scope, *route.also))


def test_page_has_every_operation_of_people_and_keys_and_no_other(app: FastAPI) -> None:
    known = {name for name, _, _ in operations(app)} - BEFORE_SIGN_IN - {*OPEN}
    assert set(table()) == known


def test_page_names_the_scope_of_every_operation() -> None:
    said = {operation: scope for operation, scope, _ in _ROW.findall(PAGE) if scope != "–"}
    assert said == dict(scoped())


async def test_routes_of_people_are_for_nobody_else(
    app: FastAPI, client: httpx.AsyncClient, pair: Pair
) -> None:
    scene = Scene(pair, dict.fromkeys(("session_id", "organization_id"), str(pair.left.id)))
    for name, headers in product(OF_PEOPLE, ({}, pair.left.headers, {"Cookie": "commonground=x"})):
        answer = await scene.call(client, app, name, headers)
        assert answer.status_code == 401, (name, answer.text)
        assert answer.json()["type"] == PROBLEM + "not-signed-in", name
        assert answer.headers["www-authenticate"], name


async def test_a_session_of_nobody_opens_nothing(app: FastAPI, client: httpx.AsyncClient, pair: Pair) -> None:
    unknown = (
        {"population": "customers"}
        | dict.fromkeys(
            [*re.findall(r"{(\w+)}", " ".join(path for _, _, path in operations(app))), "partnership_id"],
            str(pair.left.id),
        )
        | {"partner_link": "x", "safety_number": "x"}
    )
    for name, _ in scoped():
        answer = await Scene(pair, unknown).call(client, app, name, {"Cookie": f"commonground={'0' * 78}"})
        assert answer.status_code == 401, (name, answer.text)
