"""The page of problems and the code say the same, both ways."""

import ast
import re
from http import HTTPStatus

import httpx
import pytest

from service.api import problems
from service.api.app import build_app
from service.http.body_limit import REFUSALS
from service.kit.ids import UuidV7Ids
from tests.docs.sessions import ROOT

PAGE = (ROOT / "docs/reference/problems.md").read_text(encoding="utf-8")
_ROW = re.compile(
    rf"^\| `{re.escape(problems.TYPE)}(?P<slug>[a-z-]+)` \| (?P<status>\d{{3}}) \| [^|]{{10,}} \| [^|]{{10,}} \|$",
    re.MULTILINE,
)
OF_HTTP = {"bad-request": 400, "method-not-allowed": 405} | {
    slug: status.value for status, (slug, _) in REFUSALS.items()
}
"""Problems that the framework finds before a route is reached."""
REQUESTS = {
    "bad-request": ("PUT", "/v1/partnerships/00000000-0000-7000-8000-000000000000/sharing-rules/customers"),
    "method-not-allowed": ("DELETE", "/livez"),
    "not-found": ("GET", "/nowhere"),
}


def documented() -> dict[str, int]:
    return {match["slug"]: int(match["status"]) for match in _ROW.finditer(PAGE)}


def in_code() -> dict[str, int]:
    """Every `Kind("slug", HTTPStatus.X, …)` in the module, those of the table and those made on the spot."""
    tree = ast.parse((ROOT / "service/api/problems.py").read_text(encoding="utf-8"))
    calls = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "Kind"
    ]
    found = {}
    for call in calls:
        slug, status = call.args[:2]
        if isinstance(slug, ast.Constant) and isinstance(status, ast.Attribute):
            found[str(slug.value)] = HTTPStatus[status.attr].value
    return found


def test_every_problem_of_the_code_is_documented_and_none_else() -> None:
    assert documented() == in_code() | OF_HTTP


def test_table_of_errors_is_among_what_is_compared() -> None:
    assert {kind.slug: kind.status.value for kind in problems.KINDS.values()}.items() <= in_code().items()


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
