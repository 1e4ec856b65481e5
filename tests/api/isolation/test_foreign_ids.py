"""One organization and the API: nothing of another's is told, whatever id, filter, header or body it sends."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import httpx

from tests.api.isolation.walking import TELLS_OF_ITSELF, Walk
from tests.support.routes_matrix import MATRIX
from tests.support.walk import Operation, id_names, is_uuid, pages, said_by

HEADERS = ("X-Org-Id", "X-Organization-Id", "X-Tenant", "Commonground-Organization", "X-Forwarded-User")


async def test_a_foreign_id_is_answered_as_one_of_nothing_by_every_method(walk: Walk) -> None:
    before = await walk.untouched()
    assert await walk.foreign_answers() == {}
    assert not walk.broken
    assert await walk.untouched() == before


async def test_no_list_shows_anything_of_others(walk: Walk) -> None:
    assert {"quarzwerk-leftonly.com", "Basalt Rightonly", str(walk.theirs.pair.left.id)} <= walk.markers.texts
    assert await walk.shown_markers() == {}
    assert not walk.broken


def foreign(walk: Walk) -> list[str]:
    """Every id that there is of the other partnership and its sides."""
    ids = walk.theirs.ids
    return [*(ids[name] for name in id_names(ids)), str(walk.theirs.pair.left.id)]


def alike(walk: Walk, one: httpx.Response, other: httpx.Response, *, asked: str = "") -> bool:
    """Two refusals are the same to the letter; what succeeds shows nothing of others but the id that was `asked` about."""
    if one.status_code >= 400:
        return said_by(one) == said_by(other)
    return one.status_code == other.status_code and not walk.markers.in_(
        one.text.replace(asked, "") if asked else one.text
    )


async def test_foreign_ids_in_a_query_are_answered_as_ids_of_nothing(walk: Walk) -> None:
    for operation in walk.operations:
        for name in (name for name, schema in operation.query.items() if is_uuid(schema)):
            blind = await walk.ask(operation, walk.mine.ids, query={name: str(uuid4())})
            for value in foreign(walk):
                asked = await walk.ask(operation, walk.mine.ids, query={name: value})
                assert alike(walk, asked, blind), (operation.name, name, asked.text, blind.text)


async def test_foreign_ids_in_a_body_are_answered_as_ids_of_nothing(walk: Walk) -> None:
    before = await walk.untouched()
    for operation in (one for one in walk.operations if one.body):
        for make in bodies(operation):
            blind = await walk.ask(operation, walk.mine.ids, json=make(str(uuid4())))
            for value in foreign(walk):
                asked = await walk.ask(operation, walk.mine.ids, json=make(value))
                assert alike(walk, asked, blind, asked=value), (operation.name, asked.text, blind.text)
    assert not walk.broken
    assert await walk.untouched() == before


TAKES_IDS: dict[str, dict[str, Any]] = {"answer_link_proposal": {"answer": "accept"}}
"""Bodies in which an id means something, where the matrix has one in which it doesn't."""


def bodies(operation: Operation) -> Iterator[Any]:
    """One maker of a body for each place of a body that takes an id."""
    given = TAKES_IDS.get(operation.name) or MATRIX[operation.name].json or {}
    for name, schema in (operation.body or {}).get("properties", {}).items():
        if is_uuid(schema):
            yield lambda value, name=name: {**given, name: value}
        elif is_uuid(operation.resolved(schema.get("items", {}))):
            yield lambda value, name=name: {**given, name: [value]}


async def test_a_header_or_an_unknown_parameter_changes_nobodys_tenant(walk: Walk) -> None:
    left = str(walk.theirs.pair.left.id)
    tries: list[dict[str, Mapping[str, str]]] = [
        *({"headers": {name: left}} for name in HEADERS),
        *({"query": {name: left}} for name in ("org_id", "organization", "tenant", "owner_org_id")),
    ]
    for operation in walk.operations:
        if operation.method == "get" and operation.name not in TELLS_OF_ITSELF:
            plain = said_by(await walk.ask(operation, walk.mine.ids))
            for one in tries:
                answer = await walk.ask(operation, walk.mine.ids, **one)
                assert answer.status_code in {400, 422} or said_by(answer) == plain, (operation.name, one)


async def test_a_foreign_cursor_leads_nowhere(walk: Walk) -> None:
    followed = 0
    for operation in (one for one in walk.operations if one.is_list and "cursor" in one.query):
        path = operation.path.format(**walk.theirs.ids)
        query = {**walk.query(operation, walk.theirs.ids), "limit": "1"}
        for page in await pages(walk.client, path, query, walk.theirs.pair.left.headers):
            cursor = page.json()["next_cursor"]
            if cursor is not None:
                answer = await walk.ask(operation, walk.mine.ids, query={"cursor": cursor, "limit": "1"})
                assert answer.status_code in {200, 400}, (operation.name, answer.text)
                assert not walk.markers.in_(answer.text), operation.name
                followed += 1
    assert followed


async def test_a_foreign_etag_neither_matches_nor_lets_one_write(walk: Walk) -> None:
    """For every resource that carries an ETag, whether or not this version has any."""
    for operation in (one for one in walk.operations if one.method == "get"):
        theirs = await walk.client.get(
            operation.path.format(**walk.theirs.ids),
            params=walk.query(operation, walk.theirs.ids),
            headers=walk.theirs.pair.left.headers,
        )
        own = await walk.ask(operation, walk.mine.ids)
        tag = theirs.headers.get("etag")
        if tag is not None and tag != own.headers.get("etag"):
            headers = {"If-None-Match": tag, "If-Match": tag}
            assert (await walk.ask(operation, walk.mine.ids, headers=headers)).status_code != 304


async def test_a_foreign_idempotency_key_replays_nothing(walk: Walk) -> None:
    headers = {"Idempotency-Key": "one-key-of-two-organizations"}
    for operation in (one for one in walk.operations if one.method == "post"):
        route = MATRIX[operation.name]
        theirs = await walk.client.request(
            "post",
            operation.path.format(**walk.theirs.ids),
            params=walk.query(operation, walk.theirs.ids),
            json=route.json,
            content=route.content,
            headers={**walk.theirs.pair.left.headers, **headers},
        )
        own = await walk.ask(operation, walk.mine.ids, headers=headers)
        assert own.status_code == theirs.status_code, (operation.name, own.text, theirs.text)
        if "id" in theirs.json():
            assert own.json()["id"] != theirs.json()["id"]
