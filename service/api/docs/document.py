"""What the page shows, taken from an OpenAPI document: resources, operations, what goes in and what comes out."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final

from service.api.docs.curl import command
from service.api.docs.schemas import Field, Schema, Schemas

JSON: Final = "application/json"
_METHODS: Final = ("get", "post", "put", "patch", "delete", "head", "options", "trace")


@dataclass(frozen=True, slots=True)
class Parameter:
    """`place` is `path`, `query`, `header` or `cookie`."""

    place: str
    field: Field


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent or comes back. `example` is text, ready to show; empty for a file."""

    media_type: str
    description: str
    fields: tuple[Field, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is a number, or a word of the document such as `default` or `4XX`."""

    status: str
    phrase: str
    description: str
    body: Body | None


class Caller(StrEnum):
    """Who may ask: anybody, whoever has a key (or is signed in), or a signed-in person alone."""

    ANYBODY = "anybody"
    KEY = "key"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    title: str
    method: str
    path: str
    description: str
    scopes: tuple[str, ...]
    """Those that a key needs for it, all of them."""
    caller: "Caller"
    parameters: tuple[Parameter, ...]
    body: Body | None
    answer: Answer
    problems: tuple[Answer, ...]
    curl: str


@dataclass(frozen=True, slots=True)
class Resource:
    name: str
    title: str
    description: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    title: str
    version: str
    description: str
    key: str
    """How a caller shows who it is, in the document's words."""
    problem: Body | None
    """The one shape of every error."""
    resources: tuple[Resource, ...]


def read(document: Mapping[str, Any]) -> Reference:
    """The reference of `document`: resources in the order of its tags, operations in the order of its paths."""
    schemas = Schemas(document)
    known = {tag["name"]: tag.get("description", "") for tag in document.get("tags", ())}
    operations = list(_operations(document, schemas))
    used = dict.fromkeys(tag for tag, _ in operations)
    order = [*[tag for tag in known if tag in used], *[tag for tag in used if tag not in known]]
    by_tag = {
        tag: tuple(operation for _, operation in group)
        for tag, group in groupby(sorted(operations, key=lambda o: order.index(o[0])), key=lambda o: o[0])
    }
    schemes = document.get("components", {}).get("securitySchemes", {})
    info = document["info"]
    return Reference(
        title=info["title"],
        version=info["version"],
        description=info.get("description", ""),
        key=next((s.get("description", "") for s in schemes.values() if s.get("scheme") == "bearer"), ""),
        problem=_problem(document, schemas),
        resources=tuple(Resource(tag, _sentence(tag), known.get(tag, ""), by_tag[tag]) for tag in order),
    )


def _operations(document: Mapping[str, Any], schemas: Schemas) -> Iterator[tuple[str, Operation]]:
    schemes = document.get("components", {}).get("securitySchemes", {})
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                said = item[method]
                yield (
                    next(iter(said.get("tags", ())), "other"),
                    _operation(method, path, said, schemas, schemes),
                )


def _operation(
    method: str, path: str, said: Mapping[str, Any], schemas: Schemas, schemes: Mapping[str, Any]
) -> Operation:
    answers = [_answer(status, answer, schemas) for status, answer in sorted(said["responses"].items())]
    body = _body(said["requestBody"], schemas) if "requestBody" in said else None
    parameters = tuple(_parameter(parameter, schemas) for parameter in said.get("parameters", ()))
    operation = Operation(
        id=said["operationId"],
        title=_sentence(said["operationId"]),
        method=method.upper(),
        path=path,
        description=said.get("description", ""),
        scopes=tuple(said.get("x-required-scope", "").split()),
        caller=_caller(said.get("security", ()), schemes),
        parameters=parameters,
        body=body,
        answer=next(answer for answer in answers if _is_good(answer.status)),
        problems=tuple(answer for answer in answers if not _is_good(answer.status)),
        curl="",
    )
    required = [p.field.name for p in parameters if p.place == "query" and p.field.required]
    return _with_curl(operation, required)


def _is_good(status: str) -> bool:
    """Whether it is what the caller wanted: a redirection too, where a browser is sent on."""
    return status.startswith(("2", "3"))


def _caller(security: Sequence[Mapping[str, Any]], schemes: Mapping[str, Any]) -> Caller:
    if not security:
        return Caller.ANYBODY
    kinds = {schemes.get(name, {}).get("scheme") for alternative in security for name in alternative}
    return Caller.KEY if "bearer" in kinds else Caller.PERSON


def _with_curl(operation: Operation, required: list[str]) -> Operation:
    sent = operation.body
    text = command(
        operation.method, operation.path, required, caller=operation.caller,
        media_type=sent.media_type if sent else None, body=sent.example if sent else "",
    )  # fmt: skip
    return replace(operation, curl=text)


def _parameter(said: Mapping[str, Any], schemas: Schemas) -> Parameter:
    schema = {
        **said.get("schema", {}),
        **({"description": said["description"]} if "description" in said else {}),
    }
    field = schemas.field(said["name"], schema, said.get("required", False))
    # a parameter is given or not: null can't be said in a path or a query
    return Parameter(said["in"], replace(field, type=field.type.removesuffix(" or null")))


def _answer(status: str, said: Mapping[str, Any], schemas: Schemas) -> Answer:
    """Statuses that the document describes only by their name get no description."""
    phrase = HTTPStatus(int(status)).phrase if status.isdigit() else ""
    description = said.get("description", "")
    told = "" if description in {phrase, "Successful Response"} else description
    return Answer(status, phrase, told, _body(said, schemas) if said.get("content") else None)


def _body(said: Mapping[str, Any], schemas: Schemas) -> Body:
    content: Mapping[str, Any] = said["content"]
    media_type = JSON if JSON in content else next(iter(content))
    schema: Schema = content[media_type].get("schema", {})
    example = _pretty(schemas.example(schema)) if media_type == JSON else ""
    return Body(media_type, said.get("description", ""), schemas.fields(schema), example)


def _problem(document: Mapping[str, Any], schemas: Schemas) -> Body | None:
    named = document.get("components", {}).get("schemas", {}).get("Problem")
    if named is None:
        return None
    example = {name: value for name, value in schemas.example(named).items() if name != "errors"}
    return Body("application/problem+json", "", schemas.fields(named), _pretty(example))


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _sentence(name: str) -> str:
    """`get_overlap_matrix` → "Get overlap matrix"."""
    words = re.sub(r"\bapi\b", "API", name.replace("_", " ").replace("-", " "))
    return words[:1].upper() + words[1:]
