"""The Python client has every operation and every schema of the committed document, and nothing that isn't there."""

import inspect
import json
from typing import Any

import pytest
from commonground_client import AsyncClient, Client, OpenEnum
from commonground_client.models import SCHEMAS
from commonground_client.operations import OPERATIONS
from pydantic import BaseModel

from clients.python.generate.__main__ import DOCUMENT, sources, written
from clients.python.generate.document import Document, UnknownShapeError

COMMITTED = json.loads(DOCUMENT.read_text(encoding="utf-8"))
OPERATION = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in COMMITTED["paths"].items()
    for method, operation in methods.items()
}
OBJECTS = {name: s for name, s in COMMITTED["components"]["schemas"].items() if "properties" in s}
ENUMS = {name: s for name, s in COMMITTED["components"]["schemas"].items() if "enum" in s}


def test_generated_modules_are_what_the_document_says() -> None:
    assert sources(Document(COMMITTED)) == written()


@pytest.mark.parametrize("change", ["operation", "schema", "member"])
def test_any_change_of_the_document_is_drift(change: str) -> None:
    other = json.loads(json.dumps(COMMITTED))
    if change == "operation":
        other["paths"]["/v1/new"] = {"get": {"operationId": "get_new", "responses": {"204": {}}}}
    elif change == "schema":
        other["components"]["schemas"]["New"] = {"type": "object", "properties": {"a": {"type": "string"}}}
    else:
        other["components"]["schemas"]["AccountOut"]["properties"]["added"] = {"type": "string"}
    assert sources(Document(other)) != written()


def test_every_schema_has_a_model_and_no_model_is_left_over() -> None:
    assert set(SCHEMAS) == set(COMMITTED["components"]["schemas"])
    assert set(OBJECTS) | set(ENUMS) == set(SCHEMAS)


@pytest.mark.parametrize("name", OBJECTS)
def test_model_has_the_members_of_its_schema(name: str) -> None:
    model = SCHEMAS[name]
    assert issubclass(model, BaseModel)
    members = {field.alias or member: field for member, field in model.model_fields.items()}
    assert set(members) == set(OBJECTS[name]["properties"])
    required = {member for member, field in members.items() if field.is_required()}
    assert required == set(OBJECTS[name].get("required", ()))


@pytest.mark.parametrize("name", ENUMS)
def test_enum_has_the_words_of_its_schema(name: str) -> None:
    model = SCHEMAS[name]
    assert issubclass(model, OpenEnum)
    assert [str(word) for word in model] == ENUMS[name]["enum"]


def test_every_operation_is_known_with_its_method_and_path() -> None:
    assert dict(OPERATIONS) == {name: (method, path) for name, (method, path, _) in OPERATION.items()}


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("name", OPERATION)
def test_operation_is_a_method_of_either_client_that_takes_its_parameters(
    kind: type[Client] | type[AsyncClient], name: str
) -> None:
    operation: dict[str, Any] = OPERATION[name][2]
    method = getattr(kind, name)
    assert inspect.iscoroutinefunction(method) is (kind is AsyncClient)
    takes = set(inspect.signature(method).parameters) - {"self", "body", "content"}
    spoken = [p for p in operation.get("parameters", ()) if p["in"] != "cookie"]
    assert takes == {p["name"].replace("-", "_").lower() for p in spoken}
    if any(p["name"] == "cursor" for p in spoken):
        assert callable(getattr(kind, f"iter_{name.removeprefix('list_')}"))


def test_two_schemas_of_one_python_name_are_refused() -> None:
    schemas = {"Thing": {"type": "object"}, "ThingOut": {"type": "object"}}
    with pytest.raises(UnknownShapeError, match="Thing and ThingOut"):
        _ = Document({"components": {"schemas": schemas}, "paths": {}}).names


def test_shape_that_has_no_python_is_refused() -> None:
    with pytest.raises(UnknownShapeError, match="tuple"):
        Document({"components": {"schemas": {}}, "paths": {}}).type_of({"type": "tuple"})
