"""What is answered without the framework's solving of dependencies is answered as it would be with it."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Response

from service.api.deps import Reading, Writing
from service.api.lean import LeanOperation, Plan
from service.api.pagination import Page
from service.api.v1.accounts import AccountOut
from service.db.database import Database
from service.organizations.models import Role
from tests.factories.people import browser_of, member
from tests.factories.world import Pair, World, apart, company_list, make_pair

Ask = Callable[[Pair], tuple[str, dict[str, str]]]
EACH_ITS_OWN = frozenset({"x-request-id", "ratelimit", "ratelimit-remaining", "ratelimit-reset"})
COMPANIES = company_list(*((f"Brook Bakery {i} Ltd", f"brook{i}.com", "DE") for i in range(4)))


def to(query: str, path: str = "/v1/overlaps") -> Ask:
    return lambda pair: (path + query.format(p=pair.partnership.id), pair.left.headers)


IN_ORDER: dict[str, Ask] = {
    "a page": to("?partnership={p}"),
    "a small page": to("?partnership={p}&limit=2"),
    "reviews": to("?partnership={p}&status=review"),
    "a population": to("?partnership={p}&population=customers&partner_population=customers"),
    "an unknown population": to("?partnership={p}&population=nothing"),
    "a parameter that nobody knows": to("?partnership={p}&colour=blue"),
    "a cursor of nobody": to("?partnership={p}&cursor=abcd"),
    "somebody else's partnership": to(f"?partnership={uuid4()}"),
    "an overlap that there isn't": to("?partnership={p}", f"/v1/overlaps/{uuid4()}"),
    "accounts": to("?limit=2", "/v1/accounts"),
    "accounts of a domain": to("?domain=brook1.com", "/v1/accounts"),
    "accounts of a population": to("?population=customers&limit=1000", "/v1/accounts"),
    "accounts of a population that there isn't": to("?population=nothing", "/v1/accounts"),
    "a company": to("?domain=brook1.com", "/v1/lookup"),
    "a company that there isn't": to("?domain=brook99.com", "/v1/lookup"),
    "no company": to("?domain=brook", "/v1/lookup"),
    "an account that there isn't": to("", f"/v1/accounts/{uuid4()}"),
}  # fmt: skip
ODD: dict[str, Ask] = {
    "the same parameter twice": to("?partnership={p}&limit=3&limit=2"),
    "no partnership": to(""),
    "no id": to("?partnership=brook"),
    "a limit that is too large": to("?partnership={p}&limit=9999"),
    "a limit that is no number": to("?partnership={p}&limit=many"),
    "a status that there isn't": to("?partnership={p}&status=perhaps"),
    "a name that is too long": to(f"?partnership={{p}}&population={'a' * 101}"),
    "an overlap by a wrong id": to("?partnership={p}", "/v1/overlaps/brook"),
    "an account by a wrong id": to("", "/v1/accounts/brook"),
    "no address of a company": to("", "/v1/lookup"),
    "nobody": lambda pair: (f"/v1/overlaps?partnership={pair.partnership.id}", {}),
    "a wrong key": lambda pair: (f"/v1/overlaps?partnership={pair.partnership.id}", {"Authorization": "Bearer cg_live_x"}),
}  # fmt: skip


@pytest.fixture(scope="module")
async def staged(staged_world: World) -> Pair:
    pair = await make_pair(staged_world)
    await pair.world.upload(pair.left, COMPANIES)
    await pair.world.upload(pair.right, COMPANIES)
    await pair.world.work()
    return pair


@pytest.fixture
def pair(staged: Pair, db: Database, tmp_path: Path) -> Pair:
    return apart(staged, tmp_path)


@pytest.fixture
def world(pair: Pair) -> World:
    return pair.world


@pytest.mark.parametrize("name", [*IN_ORDER, *ODD])
async def test_both_ways_answer_alike(
    client: httpx.AsyncClient, pair: Pair, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path, headers = (IN_ORDER | ODD)[name](pair)
    ran, run = [], Plan.run

    async def noting(self: Plan, *given: object) -> object:
        ran.append(self.call.__name__)
        return await run(self, *given)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(Plan, "run", noting)
    lean = await client.get(path, headers=headers)
    assert bool(ran) is (name in IN_ORDER)
    monkeypatch.setattr(Plan, "values", lambda _self, _request: None)
    general = await client.get(path, headers=headers)
    assert _said(lean) == _said(general)


async def test_accounts_are_sent_as_they_are_declared(client: httpx.AsyncClient, pair: Pair) -> None:
    page = (await client.get("/v1/accounts?limit=3", headers=pair.left.headers)).json()
    assert len(page["items"]) == 3
    assert Page[AccountOut].model_validate(page).model_dump(mode="json") == page
    one = page["items"][0]
    assert (await client.get(f"/v1/accounts/{one['id']}", headers=pair.left.headers)).json() == one


def _said(answer: httpx.Response) -> tuple[int, object, dict[str, str]]:
    said = answer.json()
    said.pop("request_id", None)
    headers = {name: value for name, value in answer.headers.items() if name not in EACH_ITS_OWN}
    return answer.status_code, said, headers


def test_a_route_that_asks_for_more_is_refused_when_it_is_made() -> None:
    router = APIRouter(route_class=LeanOperation)

    async def route(session: Reading, response: Response) -> Response:
        return response

    async def change(session: Reading) -> None: ...

    async def writing(session: Writing) -> None: ...

    with pytest.raises(TypeError, match="more than the address and a session"):
        router.add_api_route("/things", route)
    with pytest.raises(TypeError, match="more than the address and a session"):
        router.add_api_route("/things", writing)
    with pytest.raises(TypeError, match="changes something"):
        router.add_api_route("/things", change, methods=["DELETE"])


@pytest.mark.parametrize(
    "name", ["a page", "accounts", "an account that there isn't", "a limit that is too large"]
)
async def test_both_ways_answer_somebody_who_is_signed_in_alike(
    app: FastAPI, pair: Pair, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path, _ = (IN_ORDER | ODD)[name](pair)
    person = await member(app.state.commonground.people, pair.left.id, Role.SALES, email="sal@example.com")
    async with browser_of(app, person) as browser:
        lean = await browser.client.get(path)
        monkeypatch.setattr(Plan, "values", lambda _self, _request: None)
        general = await browser.client.get(path)
        assert _said(lean) == _said(general)
        assert lean.status_code == {"a page": 200, "accounts": 200}.get(name, lean.status_code)
        browser.client.cookies.clear()
        assert (await browser.client.get(path)).status_code == 401
