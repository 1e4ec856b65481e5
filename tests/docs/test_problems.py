"""The page of problems and the code say the same, both ways."""

import ast
import re

import httpx
import pytest

from service.api import problems
from service.api.app import build_app
from service.kit.ids import UuidV7Ids
from tests.docs.sessions import ROOT

PAGE = (ROOT / "docs/reference/problems.md").read_text(encoding="utf-8")
_ROW = re.compile(
    rf"^\| `{re.escape(problems.TYPE)}(?P<slug>[a-z-]+)` \| (?P<status>\d{{3}}) \| [^|]{{10,}} \| [^|]{{10,}} \|$",
    re.MULTILINE,
)
REQUESTS = {
    "bad-request": ("GET", "/v1/accounts?domain=a%00b"),
    "malformed-json": (
        "PUT",
        "/v1/partnerships/00000000-0000-7000-8000-000000000000/sharing-rules/customers",
    ),
    "method-not-allowed": ("DELETE", "/livez"),
    "not-found": ("GET", "/nowhere"),
}


_OPERATION = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/v1/[^\s`?]*)`")


def test_operations_that_messages_of_the_code_name_exist() -> None:
    paths = build_app(UuidV7Ids()).openapi()["paths"]
    named = {
        found
        for file in (ROOT / "service").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for found in _OPERATION.findall(node.value)
    }
    assert len(named) > 4
    assert not [found for found in named if found[0].lower() not in paths.get(found[1], {})]


def documented() -> dict[str, int]:
    return {match["slug"]: int(match["status"]) for match in _ROW.finditer(PAGE)}


def in_code() -> dict[str, int]:
    return {slug: kind.status.value for slug, kind in problems.kinds().items()}


def test_every_problem_of_the_code_is_documented_and_none_else() -> None:
    assert documented() == in_code()


def test_every_kind_that_the_code_makes_is_among_what_is_compared() -> None:
    made = {
        ast.unparse(node.args[0]).strip("'")
        for path in (ROOT / "service").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Kind"
    }
    assert made == set(in_code())


def test_every_problem_is_provoked_by_a_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert [slug for slug in in_code() if not re.search(rf"[\":]{slug}\"", tests)] == []


def test_page_has_each_type_once_and_every_row_is_whole() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith(f"| `{problems.TYPE}")]
    assert len(rows) == len(documented())


@pytest.mark.parametrize("slug", REQUESTS)
async def test_problems_of_http_itself_come_as_documented(slug: str) -> None:
    transport = httpx.ASGITransport(build_app(UuidV7Ids()))
    async with httpx.AsyncClient(transport=transport, base_url="http://docs") as client:
        answer = await client.request(
            *REQUESTS[slug], content=b"\xff", headers={"Content-Type": "application/json"}
        )
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    assert answer.json()["type"] == problems.TYPE + slug
    assert answer.status_code == documented()[slug]


def test_members_of_a_problem_are_those_of_the_page() -> None:
    members = re.findall(r"^\| `(\w+)` \| [^|]+ \|$", PAGE, re.MULTILINE)
    assert members == list(problems.Problem.model_fields)
