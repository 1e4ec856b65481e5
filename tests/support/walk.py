"""Walk the whole API by its own description: every operation, whoever adds it, with somebody else's ids and one's own."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from fastapi import FastAPI

from tests.support.tables import Table

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
UNLIKE = {"x-request-id", "date", "content-length"}
"""Headers that differ between two answers to the same question. The length goes with the request id's."""
_QUIET = ("ratelimit", "x-ratelimit")
_SHORTEST = 8
"""Shorter texts, such as a country or a status, are nobody's secret."""
_PAGES = 40


@dataclass(frozen=True)
class Operation:
    """One method of one path, with what its description says of it."""

    name: str
    method: str
    path: str
    said: Mapping[str, Any]
    components: Mapping[str, Any]

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self.components[str(schema["$ref"]).rpartition("/")[2]]
        return schema

    @cached_property
    def query(self) -> dict[str, Mapping[str, Any]]:
        """Query parameter → its schema."""
        return {p["name"]: p["schema"] for p in self.said.get("parameters", ()) if p["in"] == "query"}

    @cached_property
    def body(self) -> Mapping[str, Any] | None:
        """The schema of its JSON body."""
        content = self.said.get("requestBody", {}).get("content", {})
        found = content.get("application/json")
        return None if found is None else self.resolved(found["schema"])

    @cached_property
    def answer(self) -> Mapping[str, Any]:
        content = self.said["responses"].get("200", {}).get("content", {})
        return self.resolved(content.get("application/json", {}).get("schema", {}))

    @property
    def is_list(self) -> bool:
        return self.method == "get" and "items" in self.answer.get("properties", {})

    def values(self, schema: Mapping[str, Any]) -> list[str]:
        """Every value of an enumeration or a bool; nothing of what is open."""
        options = [self.resolved(one) for one in schema.get("anyOf", (schema,))]
        listed = [str(value) for one in options for value in one.get("enum", ())]
        return listed or (["true", "false"] if any(one.get("type") == "boolean" for one in options) else [])


def described(app: FastAPI) -> list[Operation]:
    document = app.openapi()
    components = document.get("components", {}).get("schemas", {})
    return [
        Operation(said["operationId"], method, path, said, components)
        for path, methods in document["paths"].items()
        for method, said in methods.items()
        if method in METHODS
    ]


def is_uuid(schema: Mapping[str, Any]) -> bool:
    """Whether a value of this schema is, or may be, an id."""
    return any(one.get("format") == "uuid" for one in schema.get("anyOf", (schema,)))


def said_by(answer: httpx.Response) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body, without what tells two answers to one question apart."""
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in UNLIKE and not name.startswith(_QUIET)
    }
    try:
        body = answer.json()
    except ValueError:
        return answer.status_code, headers, answer.text
    if isinstance(body, dict):
        body.pop("request_id", None)
    return answer.status_code, headers, body


def replaced(ids: Mapping[str, str], by: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """`ids` with some of them taken from `by`."""
    return {name: by[name] if name in names else value for name, value in ids.items()}


def unknown(ids: Mapping[str, str]) -> dict[str, str]:
    """Ids of nothing, in place of these; what is no id stays."""
    return {name: str(uuid4()) if _is_id(value) else value for name, value in ids.items()}


def id_names(ids: Mapping[str, str]) -> list[str]:
    return [name for name, value in ids.items() if _is_id(value)]


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def leaves(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)


@dataclass
class Markers:
    """Texts and ids that stand in rows of others and in no row of one's own: whoever shows one of them leaks."""

    texts: set[str] = field(default_factory=set)

    def in_(self, text: str) -> list[str]:
        """Which of them an answer shows."""
        return sorted(marker for marker in self.texts if marker in text)


async def markers(driver: asyncpg.Connection, tables: Iterable[Table], own_ids: list[UUID]) -> Markers:
    """What the organizations `own_ids` must never see, as a superuser finds it."""
    theirs: set[str] = set()
    own: set[str] = set()
    for table in tables:
        mine = f"ARRAY[{', '.join(table.owners)}] && $1::uuid[]"
        for row, is_mine in await driver.fetch(
            f"SELECT to_jsonb(t)::text, {mine} FROM {table.quoted} t", own_ids
        ):
            (own if is_mine else theirs).update(leaves(json.loads(row)))
    own_text = "\n".join(own)
    return Markers({one for one in theirs - own if len(one) >= _SHORTEST and one not in own_text})


async def pages(
    client: httpx.AsyncClient, path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> list[httpx.Response]:
    """All pages of a list, one item each."""
    found: list[httpx.Response] = []
    wanted: dict[str, str] = {**query}
    while len(found) < _PAGES:
        found.append(await client.get(path, params=wanted, headers=dict(headers)))
        cursor = found[-1].json().get("next_cursor") if found[-1].status_code == 200 else None
        if cursor is None:
            return found
        wanted["cursor"] = cursor
    return found
