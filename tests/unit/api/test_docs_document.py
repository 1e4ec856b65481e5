"""What the reference makes of an OpenAPI document: names of types, fields, examples, curl."""

import json
from typing import Any

import pytest

from service.api.docs.curl import command
from service.api.docs.document import Caller, read
from service.api.docs.schemas import Schemas
from service.api.docs.text import inline, prose

SCHEMAS: dict[str, Any] = {
    "Level": {"type": "string", "enum": ["hidden", "all"], "description": "What is shown."},
    "Rule": {
        "title": "Rule",
        "type": "object",
        "required": ["level"],
        "properties": {
            "level": {"$ref": "#/components/schemas/Level"},
            "limit": {"type": "integer", "minimum": 1, "maximum": 5000, "default": 50},
            "ends_at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        },
    },
    "Rules": {
        "type": "object",
        "properties": {"own": {"type": "array", "items": {"$ref": "#/components/schemas/Rule"}}},
    },
    "Tree": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "child": {"$ref": "#/components/schemas/Tree"}},
    },
}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.fixture
def schemas() -> Schemas:
    return Schemas({"components": {"schemas": SCHEMAS}})


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ({"type": "string", "format": "uuid"}, "uuid"),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}, "timestamp or null"),
        ({"type": "array", "items": {"type": "string"}}, "list of string"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "object of integer"),
        (ref("Rule"), "object"),
        ({"type": "array", "items": ref("Rule")}, "list of object"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "integer or string"),
        ({}, "any"),
    ],
)
def test_types_are_called_as_people_call_them(schemas: Schemas, schema: dict[str, Any], name: str) -> None:
    assert schemas.type_of(schema) == name


def test_fields_carry_what_a_caller_needs(schemas: Schemas) -> None:
    level, limit, ends_at = schemas.fields(ref("Rule"))
    assert (level.name, level.required, level.values) == ("level", True, ("hidden", "all"))
    assert level.description == "What is shown."
    assert limit.notes == ("default 50", "at least 1", "at most 5,000")
    assert not ends_at.required


def test_members_of_the_objects_in_a_list_are_shown_below_it(schemas: Schemas) -> None:
    [own] = schemas.fields(ref("Rules"))
    assert [field.name for field in own.fields] == ["level", "limit", "ends_at"]


def test_schema_that_contains_itself_comes_to_an_end(schemas: Schemas) -> None:
    assert "child" in schemas.example(ref("Tree"))
    assert schemas.fields(ref("Tree"))[1].fields


def test_example_has_every_member_and_is_of_its_type(schemas: Schemas) -> None:
    assert schemas.example(ref("Rules")) == {
        "own": [{"level": "hidden", "limit": 50, "ends_at": "2026-11-22T09:30:00Z"}]
    }


def test_example_that_the_document_gives_wins(schemas: Schemas) -> None:
    assert schemas.example({"type": "string", "examples": ["said"]}, "name") == "said"


def test_example_of_a_known_name_is_used_for_its_type_only(schemas: Schemas) -> None:
    assert schemas.example({"type": "string"}, "name") == "Siemens AG"
    assert schemas.example({"type": "integer"}, "name") == 1


def test_curl_quotes_a_body_that_holds_quotes() -> None:
    text = command(
        "PUT", "/v1/things/{thing_id}", ["of"], caller="key",
        media_type="application/json", body=json.dumps({"said": "it's"}),
    )  # fmt: skip
    assert text.splitlines()[0] == 'curl -X PUT "$CG/v1/things/$THING_ID?of=$OF" \\'
    assert """-d '{"said": "it'\\''s"}'""" in text


def test_curl_of_an_upload_sends_the_file_and_a_bare_post_says_post() -> None:
    upload = command("POST", "/v1/imports", [], caller="anybody", media_type="text/csv", body="")
    assert upload == 'curl "$CG/v1/imports" \\\n  --data-binary @accounts.csv'
    assert command("POST", "/x", [], caller="anybody", media_type=None, body="") == 'curl -X POST "$CG/x"'


def test_descriptions_are_text_and_never_markup() -> None:
    assert inline("<b>`a<b`</b>") == "&lt;b&gt;<code>a&lt;b</code>&lt;/b&gt;"
    assert prose("one\n\ntwo `x`") == "<p>one</p><p>two <code>x</code></p>"


def test_resources_follow_the_tags_and_unknown_ones_come_last() -> None:
    def operation(name: str, tag: str) -> dict[str, Any]:
        return {"operationId": name, "tags": [tag], "responses": {"204": {"description": "No Content"}}}

    document = {
        "info": {"title": "T", "version": "1"},
        "tags": [{"name": "first", "description": "One."}, {"name": "unused"}],
        "paths": {
            "/new": {"get": operation("get_new", "new")},
            "/a": {"get": operation("get_a", "first"), "put": operation("put_a", "first")},
        },
    }
    found = read(document)
    assert [(r.title, [o.title for o in r.operations]) for r in found.resources] == [
        ("First", ["Get a", "Put a"]), ("New", ["Get new"]),
    ]  # fmt: skip
    assert found.resources[0].operations[0].answer.body is None
    assert found.resources[0].operations[0].caller is Caller.ANYBODY


@pytest.mark.parametrize(
    ("security", "caller", "line"),
    [
        ([{"Key": []}, {"Cookie": []}], Caller.KEY, "Authorization: Bearer $CG_KEY"),
        ([{"Cookie": []}], Caller.PERSON, "-b cookies.txt"),
        ([], Caller.ANYBODY, 'curl "$CG/a"'),
    ],
)
def test_who_may_ask_is_told_and_the_command_asks_as_they_do(
    security: list[dict[str, list[str]]], caller: Caller, line: str
) -> None:
    operation = {"operationId": "get_a", "security": security, "responses": {"204": {"description": ""}}}
    schemes = {"Key": {"type": "http", "scheme": "bearer"}, "Cookie": {"type": "apiKey", "in": "cookie"}}
    document = {
        "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"get": operation}},
        "components": {"securitySchemes": schemes},
    }
    found = read(document).resources[0].operations[0]
    assert found.caller is caller
    assert line in found.curl


def test_operation_that_only_sends_a_browser_on_has_that_as_its_answer() -> None:
    responses = {"303": {"description": "See Other"}, "404": {"description": "Not Found"}}
    document = {
        "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"get": {"operationId": "get_a", "responses": responses}}},
    }
    found = read(document).resources[0].operations[0]
    assert (found.answer.status, found.answer.phrase) == ("303", "See Other")
    assert [one.status for one in found.problems] == ["404"]


def test_long_body_of_a_command_stands_in_lines() -> None:
    body = json.dumps({"name": "x" * 60, "level": "all"}, indent=2)
    text = command("POST", "/x", [], caller="anybody", media_type="application/json", body=body)
    assert f"-d '{body}'" in text
