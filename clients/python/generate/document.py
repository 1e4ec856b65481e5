"""The OpenAPI document, asked what the generator wants to know."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

Schema = Mapping[str, Any]
REF: Final = "#/components/schemas/"
JSON: Final = "application/json"
_PAGE: Final = re.compile(r"Page_(?P<item>\w+)_$")
_SCALARS: Final = {
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
    "object": "dict[str, Any]",
}
_FORMATS: Final = {"uuid": "UUID", "date-time": "datetime", "date": "date", "binary": "bytes"}


class UnknownShapeError(Exception):
    """The document has something that the generator has no Python for: teach it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """`type` has no None; whether it may be left out says `required`."""

    name: str
    place: str
    type: str
    required: bool
    description: str

    @property
    def python(self) -> str:
        return re.sub(r"\W", "_", self.name).lower()


@dataclass(frozen=True, slots=True)
class Operation:
    """`body` is the type of a JSON body, `media_type` that of a file; `item` is what an iterator gives."""

    id: str
    tag: str
    method: str
    path: str
    description: str
    parameters: tuple[Parameter, ...]
    body: str | None
    body_required: bool
    media_type: str | None
    answer: str
    item: str | None
    schemas: frozenset[str] = field(default_factory=frozenset)
    """Names of the schemas that it speaks of itself."""


class Document:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self.schemas: Mapping[str, Schema] = document["components"]["schemas"]

    @cached_property
    def names(self) -> dict[str, str]:
        """Python's name of each schema: without `Out`, and `AccountPage` for `Page_AccountOut_`. UnknownShapeError on a clash."""
        names = {schema: python_name(schema) for schema in self.schemas}
        taken: dict[str, str] = {}
        for schema, name in names.items():
            if name in taken:
                raise UnknownShapeError(
                    f"{taken[name]} and {schema} would both be {name}: rename one of the two."
                )
            taken[name] = schema
        return names

    def type_of(self, schema: Schema, *, words: bool = False) -> str:
        """The annotation of a schema. `words`: a fixed choice is spelt out; else it is a string, so that it can grow."""
        if "$ref" in schema:
            return self.names[schema["$ref"].removeprefix(REF)]
        parts = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if parts:
            found = list(dict.fromkeys(self.type_of(part, words=words) for part in parts))
            return " | ".join(sorted(found, key=lambda one: one == "None"))
        choice = schema.get("enum", [schema["const"]] if "const" in schema else [])
        if choice and words:
            return f"Literal[{', '.join(repr(word) for word in choice)}]"
        return self._plain(schema)

    def _plain(self, schema: Schema) -> str:
        kind = schema.get("type")
        if kind == "string":
            return _FORMATS.get(schema.get("format", ""), "str")
        if kind == "array":
            return f"list[{self.type_of(schema['items'])}]" if schema.get("items") else "list[Any]"
        if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
            return f"dict[str, {self.type_of(schema['additionalProperties']) if schema['additionalProperties'] else 'Any'}]"
        if kind is None:
            return "Any"
        if kind not in _SCALARS:
            raise UnknownShapeError(f"a schema of type {kind!r}: {dict(schema)}")
        return _SCALARS[kind]

    @cached_property
    def operations(self) -> list[Operation]:
        found = [
            self._operation(method, path, said)
            for path, item in self._document["paths"].items()
            for method, said in item.items()
            if method in {"get", "post", "put", "patch", "delete"}
        ]
        return sorted(found, key=lambda operation: (operation.tag, operation.id))

    def _operation(self, method: str, path: str, said: Mapping[str, Any]) -> Operation:
        parameters = tuple(
            self._parameter(one) for one in said.get("parameters", ()) if one["in"] != "cookie"
        )
        body, media_type = self._body(said.get("requestBody", {}).get("content", {}))
        answer = self._answer(said["responses"])
        return Operation(
            id=said["operationId"], tag=module_name(next(iter(said.get("tags", ())), "other")), method=method.upper(), path=path,
            description=said.get("description", ""), parameters=parameters, body=body,
            body_required=said.get("requestBody", {}).get("required", False), media_type=media_type, answer=answer,
            item=self._item(answer, parameters), schemas=frozenset(references(said)),
        )  # fmt: skip

    def _parameter(self, said: Mapping[str, Any]) -> Parameter:
        annotation = self.type_of(said["schema"], words=True).removesuffix(" | None")
        if any("enum" in self.schemas[name] for name in references(said["schema"])):
            annotation += " | str"  # so that a word can be given as it stands
        return Parameter(
            said["name"], said["in"], annotation, said.get("required", False), said.get("description", "")
        )

    def _body(self, content: Mapping[str, Any]) -> tuple[str | None, str | None]:
        if not content:
            return None, None
        if JSON in content:
            return self.type_of(content[JSON]["schema"]).removesuffix(" | None"), None
        return None, "application/octet-stream" if "application/octet-stream" in content else next(
            iter(content)
        )

    def _answer(self, responses: Mapping[str, Any]) -> str:
        good = next(responses[status] for status in sorted(responses) if status.startswith(("2", "3")))
        content = good.get("content", {})
        if JSON in content:
            return self.type_of(content[JSON].get("schema", {}))
        if not content:
            return "None"
        return "str" if next(iter(content)).startswith("text/") else "bytes"

    def _item(self, answer: str, parameters: tuple[Parameter, ...]) -> str | None:
        if not any(parameter.name == "cursor" for parameter in parameters):
            return None
        schema = next((schema for schema, name in self.names.items() if name == answer), None)
        members = self.schemas[schema].get("properties", {}) if schema else {}
        return (
            self.type_of(members["items"]["items"])
            if {"items", "has_more", "next_cursor"} <= set(members)
            else None
        )

    def reached(self, names: frozenset[str]) -> set[str]:
        """The schemas of these names and all that they speak of."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += references(self.schemas[name])
        return found


def references(part: Any) -> Iterator[str]:
    """Names of the schemas that `part` of a document refers to."""
    if isinstance(part, Mapping):
        if "$ref" in part:
            yield part["$ref"].removeprefix(REF)
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def python_name(schema: str) -> str:
    """`Page_AccountOut_` → `AccountPage`, `AccountOut` → `Account`."""
    page = _PAGE.fullmatch(schema)
    if page is not None:
        return f"{python_name(page['item'])}Page"
    name = re.sub(r"\W|_", "", schema)
    return name.removesuffix("Out") if name != "Out" else name


def module_name(tag: str) -> str:
    return re.sub(r"\W+", "_", tag).strip("_").lower()
