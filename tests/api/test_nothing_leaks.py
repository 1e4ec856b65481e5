"""Errors, logs and answers carry no key, no name, no SQL and no path."""

import io
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.factories.world import Pair, company_list
from tests.support.logs import logged

MARKER = "Xylophon Quarzwerke"


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    with logged() as stream:
        yield stream


async def test_the_whole_way_at_debug_logs_neither_keys_nor_names_nor_domains(
    client: httpx.AsyncClient, pair: Pair, logs: io.StringIO
) -> None:
    for member in (pair.left, pair.right):
        text = (
            company_list((f"{MARKER} AG", "xylophonquarz.com"), (f"{MARKER} {member.id}", ""))
            + "broken row\n"
        )
        await client.post(
            "/v1/imports", params={"population": "customers"}, content=text, headers=member.headers
        )
    await pair.world.work()
    query = {"partnership": str(pair.partnership.id)}
    found = await client.get("/v1/overlaps", params=query, headers=pair.left.headers)
    await client.get("/v1/accounts", params={"domain": "xylophonquarz.com"}, headers=pair.left.headers)
    await client.get(
        "/v1/accounts", params={"cursor": "x"}, headers={"Authorization": f"Bearer {pair.left.key[:-1]}"}
    )
    assert len(found.json()["items"]) == 1
    said = logs.getvalue().lower()
    assert "list_accounts" in said
    for marker in (MARKER.lower(), "xylophonquarz", pair.left.key[30:60], pair.right.key[30:60]):
        assert marker not in said


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/accounts", {"cursor": "'; drop table account; --"}),
        ("/v1/accounts", {"cursor": "W10"}),
        ("/v1/accounts", {"limit": "100000"}),
        ("/v1/accounts", {"population": "' or 1=1"}),
        ("/v1/accounts", {"domain": "a\x00b"}),
        ("/v1/accounts/not-a-uuid", {}),
        ("/v1/nowhere", {}),
        ("/v1/overlaps", {"partnership": "x"}),
        ("/v1/audit-log", {"until": "0.5"}),
        ("/v1/overlaps", {}),
    ],
)
async def test_wrong_input_is_a_problem_that_names_no_inner_thing(
    client: httpx.AsyncClient, pair: Pair, path: str, query: dict[str, str]
) -> None:
    answer = await client.get(path, params=query, headers=pair.left.headers)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) >= {"type", "title", "status", "detail", "request_id"}
    for inner in ("SELECT", "asyncpg", "Traceback", "/service/", "psycopg"):
        assert inner not in answer.text


async def test_a_cursor_of_another_list_is_refused(client: httpx.AsyncClient, pair: Pair) -> None:
    await pair.world.upload(pair.left, company_list(*((f"Quorum {i}", f"quorum{i}.com") for i in range(3))))
    await pair.world.work()
    page = (await client.get("/v1/accounts", params={"limit": "1"}, headers=pair.left.headers)).json()
    answer = await client.get(
        "/v1/imports", params={"cursor": page["next_cursor"]}, headers=pair.left.headers
    )
    assert answer.json()["type"] == "urn:commonground:problem:invalid-cursor"


async def test_unknown_fields_in_a_body_are_refused(client: httpx.AsyncClient, pair: Pair) -> None:
    path = f"/v1/partnerships/{pair.partnership.id}/sharing-rules/customers"
    body = {"level": "overlapping", "owner_org_id": str(pair.right.id)}
    assert (await client.put(path, json=body, headers=pair.left.headers)).status_code == 422


async def test_odd_json_is_a_problem(client: httpx.AsyncClient, pair: Pair) -> None:
    path = f"/v1/partnerships/{pair.partnership.id}/sharing-rules/customers"
    headers = pair.left.headers | {"Content-Type": "application/json"}
    for body in (
        b"{",
        b"[" * 10_000,
        b'{"level": NaN}',
        b'{"level": "\xff"}',
        b'{"level": "\\ud800"}',
        b"null",
    ):
        answer = await client.put(path, content=body, headers=headers)
        assert 400 <= answer.status_code < 500, body[:20]


async def test_a_review_cannot_be_asked_for_the_partners_population(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    query = {"partnership": str(pair.partnership.id), "status": "review", "partner_population": "customers"}
    answer = await client.get("/v1/overlaps", params=query, headers=pair.left.headers)
    assert answer.json()["type"] == "urn:commonground:problem:invalid-parameter"


async def test_what_the_partner_hides_is_not_listed_among_its_rules(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    path = f"/v1/partnerships/{pair.partnership.id}/sharing-rules"
    await client.put(path + "/customers", json={"level": "hidden"}, headers=pair.right.headers)
    seen = (await client.get(path, headers=pair.left.headers)).json()["partner"]
    assert "customers" not in {rule["population"] for rule in seen}
    own = (await client.get(path, headers=pair.right.headers)).json()["own"]
    assert {rule["population"]: rule["level"] for rule in own}["customers"] == "hidden"


async def test_a_body_is_bounded_before_the_key_is_looked_at(client: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * 65_536

    path = "/v1/partnerships/x/sharing-rules/customers"
    assert (await client.put(path, content=endless())).status_code == 413
    assert sent <= 2
    assert (await client.put(path, content=b" " * 70_000)).status_code == 413


async def test_half_a_surrogate_in_the_mapping_is_refused_and_leaves_no_file(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    query = {"columns": '{"name": "\\ud800"}'}
    answer = await client.post("/v1/imports", params=query, content=b"A\nB\n", headers=pair.left.headers)
    assert answer.status_code == 422
    assert not pair.world.spool.folder.exists() or list(pair.world.spool.folder.iterdir()) == []
