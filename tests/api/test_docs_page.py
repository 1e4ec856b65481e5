"""`/docs` as it is served, and as a real browser shows it."""

import asyncio
import html
import json
import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.routing import Route

from service.api.app import build_app
from service.api.docs.page import ASSETS, render
from service.kit.ids import UuidV7Ids
from service.organizations.models import Scope
from tests.factories.world import Pair
from tests.support.browser import Browser, Page, browser, needs_chromium

COMMITTED = json.loads((Path(__file__).parents[2] / "openapi/commonground.json").read_text(encoding="utf-8"))
OPERATIONS = [o for methods in COMMITTED["paths"].values() for o in methods.values()]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """The address of the app behind a real server; it needs no database for what is asked here."""
    server = uvicorn.Server(uvicorn.Config(build_app(UuidV7Ids()), log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
async def anonymous() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(build_app(UuidV7Ids())), base_url="http://docs")


def test_every_operation_of_the_committed_document_is_on_the_page() -> None:
    page = render(build_app(UuidV7Ids()))
    for path, methods in COMMITTED["paths"].items():
        for operation in methods.values():
            assert f'<section class="op" id="{operation["operationId"]}"' in page
            assert f"<code>{path}</code>" in page


def test_scope_of_each_operation_is_in_the_document_and_on_the_page() -> None:
    page = render(build_app(UuidV7Ids()))
    keyed = [operation for operation in OPERATIONS if operation.get("security")]
    asked = {operation["x-required-scope"] for operation in keyed if "x-required-scope" in operation}
    assert set(" ".join(asked).split()) <= set(Scope)
    assert {Scope.IMPORTS_WRITE, "accounts:read overlaps:read"} <= asked
    for scopes in asked:
        several = "s" if " " in scopes else ""
        assert f"Needs the scope{several} <code>{scopes.replace(' ', '</code> and <code>')}</code>" in page


def test_members_of_every_body_and_answer_are_on_the_page() -> None:
    page = html.unescape(render(build_app(UuidV7Ids())))
    names = set(re.findall(r'<div class="name"><code>([^<]+)</code>', page))
    reached = {
        name
        for schema in COMMITTED["components"]["schemas"].values()
        for name in schema.get("properties", {})
    }
    assert reached <= names


async def test_page_allows_scripts_and_styles_of_its_own_and_nothing_inline(
    anonymous: httpx.AsyncClient,
) -> None:
    answer = await anonymous.get("/docs")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r"<style|<script(?![^>]* src=)| style=| on\w+=", answer.text)


async def test_page_names_no_other_host(anonymous: httpx.AsyncClient) -> None:
    text = (await anonymous.get("/docs")).text
    for address in re.findall(r'(?:href|src)="([^"]*)"', text):
        assert address.startswith(("/", "#"))
        assert not address.startswith("//")


@pytest.mark.parametrize("name", ASSETS)
async def test_files_of_the_page_are_served_and_may_be_kept(anonymous: httpx.AsyncClient, name: str) -> None:
    answer = await anonymous.get(f"/docs/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(ASSETS[name])
    assert "immutable" in answer.headers["cache-control"]
    assert re.search(rf"/docs/{re.escape(name)}\?v=[0-9a-f]{{12}}", (await anonymous.get("/docs")).text)


async def test_unknown_files_below_the_page_are_a_problem(anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.get("/docs/../page.py")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_whatever_is_served_beside_the_described_api_is_known() -> None:
    app: FastAPI = build_app(UuidV7Ids())
    served = {route.path.replace(":path}", "}") for route in app.routes if isinstance(route, Route)}
    beside = served - set(app.openapi()["paths"])
    assert beside == {"/openapi.json", "/metrics", "/docs", *(f"/docs/{name}" for name in ASSETS)}


@needs_chromium
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [{"width": 1280, "height": 900}, PHONE], ids=["desktop", "phone"])
def test_browser_shows_every_operation_without_a_complaint_and_asks_nobody_else(
    served: str, chromium: Browser, size: dict[str, int], *, dark: bool
) -> None:
    page = chromium.open(f"{served}/docs", dark=dark, **size)
    shown = page.evaluate(
        "[...document.querySelectorAll('section.op h3')].filter(h => h.checkVisibility()).length"
    )
    assert shown == len(OPERATIONS)
    assert page.complaints == []
    assert page.requests
    assert all(address.startswith(f"{served}/docs") for address in page.requests)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@needs_chromium
def test_browser_reports_what_the_policy_forbids(served: str, chromium: Browser) -> None:
    page = chromium.open(f"{served}/docs")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('style'), {textContent: 'a{}'}))"
    )
    page.evaluate("fetch('https://elsewhere.example/').catch(() => 0)")
    said = " ".join(page.complaints)
    assert "'style-src 'self''" in said
    assert "https://elsewhere.example/" in said


def visible_links(page: Page) -> list[str]:
    return list(
        page.evaluate(
            "[...document.querySelectorAll('nav a')].filter(a => a.checkVisibility()).map(a => a.hash.slice(1))"
        )
    )


@needs_chromium
def test_operations_can_be_found_by_words_of_their_path(served: str, chromium: Browser) -> None:
    page = chromium.open(f"{served}/docs")
    assert len(visible_links(page)) > len(OPERATIONS)
    page.evaluate(
        "(f => { f.value = 'put sharing-rules'; f.dispatchEvent(new Event('input')) })(document.querySelector('#find'))"
    )
    assert visible_links(page) == ["put_sharing_rule"]
    page.evaluate(
        "(f => { f.value = 'zzz'; f.dispatchEvent(new Event('input')) })(document.querySelector('#find'))"
    )
    assert visible_links(page) == []
    assert page.evaluate("document.querySelector('.nothing').checkVisibility()")


@asynccontextmanager
async def behind_a_socket(app: FastAPI) -> AsyncIterator[str]:
    """The app with the database of this test, on the loop of this test."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await running


def tried(page: Page, operation: str) -> tuple[str, dict[str, Any]]:
    """Press the button; status and body that the page then shows."""
    page.evaluate(f"document.querySelector('#{operation} form').requestSubmit()")
    status = page.wait_for(
        f"!document.querySelector('#{operation} form button').disabled "
        f"&& document.querySelector('#{operation} .status').textContent"
    )
    return status, json.loads(
        page.evaluate(f"document.querySelector('#{operation} output code').textContent")
    )


@needs_chromium
async def test_operation_can_be_tried_out_and_the_key_goes_along(
    app: FastAPI, pair: Pair, chromium: Browser
) -> None:
    def tour(address: str) -> None:
        page = chromium.open(f"{address}/docs")
        status, problem = tried(page, "get_my_organization")
        assert status.startswith("401")
        assert problem["type"].endswith("unauthorized")
        page.evaluate(f"document.querySelector('#key').value = {json.dumps(pair.left.key)}")
        status, organization = tried(page, "get_my_organization")
        assert status.startswith("200")
        assert organization["handle"] == "left"
        page.evaluate("document.querySelector('#list_accounts [name=limit]').value = '0'")
        status, problem = tried(page, "list_accounts")
        assert (status[:3], problem["errors"][0]["where"]) == ("422", "query.limit")
        assert not [said for said in page.complaints if "Policy" in said]

    async with behind_a_socket(app) as address:
        await asyncio.to_thread(tour, address)


@needs_chromium
def test_menu_is_folded_on_a_phone_and_open_on_a_desk(served: str, chromium: Browser) -> None:
    assert visible_links(chromium.open(f"{served}/docs", **PHONE)) == []
    assert visible_links(chromium.open(f"{served}/docs")) != []
