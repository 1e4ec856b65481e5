"""What a body may set, what a refusal says, and what a clash of two organizations' values tells: nothing of others."""

from collections.abc import Iterator
from typing import Any

import httpx
from fastapi import FastAPI

from service.ingest import ACCOUNTS
from tests.api.isolation.walking import FOREIGN, Walk
from tests.factories.world import company_list
from tests.support.routes_matrix import MATRIX
from tests.support.tables import fingerprint
from tests.support.walk import Operation, described

INNER = (
    "SELECT ", "INSERT ", "UPDATE ", "asyncpg", "sqlalchemy", "psycopg", "Traceback", 'File "', "/service/", "site-packages",
    "org_id", "row-level", "policy", "constraint", "relation ",
)  # fmt: skip
"""Words of the inside: no refusal has any of them."""

WRONG: tuple[Any, ...] = ({}, [], "x", 1, None, {"level": {"$ne": 1}}, {"name": "\x00"}, {"name": ["x"] * 50})


def extras(walk: Walk) -> dict[str, object]:
    return {
        "org_id": str(walk.theirs.pair.left.id), "owner_org_id": str(walk.theirs.pair.left.id), "id": walk.theirs.ids["import_id"],
        "partnership_id": walk.theirs.ids["partnership_id"], "role": "admin", "status": "active", "is_admin": True,
        "created_at": "2020-01-01T00:00:00Z", "version": 99, "sandbox": True, "digest": "00", "verified": True,
    }  # fmt: skip


async def test_a_field_that_the_body_does_not_have_is_refused_and_nothing_changes(walk: Walk) -> None:
    kept = [table for table in walk.tables if table.name != "rate_budget"]
    before = await fingerprint(walk.superuser, kept, walk.theirs.pair.partnership.id)
    for operation in (one for one in walk.operations if one.body is not None):
        # the fields of a record are those of a file
        record = ACCOUNTS.fields if operation.name == "put_account_by_external_id" else ()
        known = {*(operation.body or {}).get("properties", {}), *record}
        for name, value in extras(walk).items():
            if name not in known:
                body = {**(MATRIX[operation.name].json or {}), name: value}
                answer = await walk.ask(operation, walk.mine.ids, json=body)
                assert answer.status_code == 422, (operation.name, name, answer.text)
    assert await fingerprint(walk.superuser, kept, walk.theirs.pair.partnership.id) == before


def test_every_body_is_closed_to_unknown_fields(app: FastAPI) -> None:
    open_ones = {
        f"{operation.name}: {place}"
        for operation in described(app)
        if operation.body is not None
        for place, schema in nested(operation, operation.body)
        if schema.get("properties") and schema.get("additionalProperties") is not False
    }
    assert not open_ones


def nested(operation: Operation, schema: Any, place: str = "body") -> Iterator[tuple[str, Any]]:
    schema = operation.resolved(schema)
    yield place, schema
    for name, inner in schema.get("properties", {}).items():
        yield from nested(operation, inner, f"{place}.{name}")
    for inner in (schema.get("items"), *schema.get("anyOf", ())):
        if inner:
            yield from nested(operation, inner, place)


async def test_values_that_another_organization_has_are_as_free_as_any(walk: Walk) -> None:
    """The same names, domains and file name as another's; one's own list says of them what it says of new ones."""
    world, said = walk.mine.pair.world, []
    for rows in (FOREIGN, (("Unused One", "unused-one.com"), ("Unused Two", "unused-two.com"))):
        import_id = await world.upload(walk.caller, company_list(*rows))
        await world.work()
        answer = await walk.client.get(f"/v1/imports/{import_id}", headers=walk.headers)
        body = answer.json()
        said.append((body["status"], body["counts"], body["report"]["warnings"], body["problem"]))
    assert said[0] == said[1]
    found = await walk.client.get("/v1/accounts", params={"domain": FOREIGN[0][1]}, headers=walk.headers)
    assert len(found.json()["items"]) == 1


def is_discreet(walk: Walk, answer: httpx.Response) -> bool:
    text = answer.text
    return not walk.markers.in_(text) and not any(word in text for word in INNER)


async def test_refusals_name_nothing_of_others_and_nothing_of_the_inside(walk: Walk) -> None:
    refused = 0
    for operation in walk.operations:
        tries = [
            {"query": {name: wrong}} for name in operation.query for wrong in ("\x00", "-1", "'", "x" * 9000)
        ]
        if operation.method in {"post", "put", "patch"}:
            tries += [{"json": wrong} for wrong in WRONG]
        tries += [{"headers": {"Content-Type": "text/html"}}, {"method": "trace"}]
        for one in tries:
            answer = await walk.ask(operation, walk.mine.ids, **one)  # type: ignore[arg-type]  # one of the keywords
            if answer.status_code >= 400:
                refused += 1
                assert is_discreet(walk, answer), (operation.name, one, answer.text)
                assert answer.headers["content-type"] == "application/problem+json"
    assert refused
    assert not walk.broken


async def test_a_fault_of_the_service_names_nothing_of_others_and_nothing_of_the_inside(walk: Walk) -> None:
    """Every table in turn has gone: whatever breaks, the answer says only that it is broken."""
    seen = set()
    for table in walk.tables:
        await walk.superuser.execute(f"SAVEPOINT gone; ALTER TABLE {table.quoted} RENAME TO gone")
        for operation in (one for one in walk.operations if one.method == "get"):
            answer = await walk.ask(operation, walk.mine.ids)
            if answer.status_code >= 400:
                seen.add(answer.status_code)
                assert is_discreet(walk, answer), (operation.name, answer.text)
        await walk.superuser.execute("ROLLBACK TO SAVEPOINT gone; RELEASE SAVEPOINT gone")
    assert 500 in seen
