"""Schemas → one module of models a resource, and `common` for those that several speak of."""

import keyword
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clients.python.generate.document import Document, Schema, references

HEADER = (
    '"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""\n\n'
)
IMPORTS = (
    "from datetime import date, datetime\nfrom typing import Any\nfrom uuid import UUID\n\n"
    "from pydantic import Field\n\nfrom commonground_client.base import Model, OpenEnum, Page\n"
)
COMMON = "common"
EVERYWHERE = frozenset({"Problem"})
"""Schemas of the one shape of errors: the exceptions carry them, every operation names them."""


def homes(document: Document) -> dict[str, str]:
    """The module of each schema: that of the one resource which speaks of it, else `common`."""
    users: dict[str, set[str]] = {name: set() for name in document.schemas}
    for operation in document.operations:
        for name in document.reached(operation.schemas - EVERYWHERE):
            users[name].add(operation.tag)
    return {name: next(iter(tags)) if len(tags) == 1 else COMMON for name, tags in users.items()}


def modules(document: Document) -> dict[str, str]:
    """Source of each module, by its name."""
    at = homes(document)
    return {
        module: _module(document, [name for name in document.schemas if at[name] == module], at)
        for module in sorted({COMMON, *at.values()})
    }


def package(document: Document) -> str:
    """`models/__init__.py`: all names, and the schemas that they stand for."""
    at, names = homes(document), document.names
    lines = [
        f"from commonground_client.models.{module} import {', '.join(sorted(names[n] for n in at if at[n] == module))}\n"
        for module in sorted(set(at.values()))
    ]
    exported = "".join(f"    {names[name]!r},\n" for name in sorted(names, key=lambda n: names[n]))
    table = "".join(f"    {name!r}: {names[name]},\n" for name in sorted(names))
    return (
        f"{HEADER}from collections.abc import Mapping\n\nfrom commonground_client.base import Model, OpenEnum\n{''.join(lines)}\n"
        f"__all__ = [\n{exported}    'SCHEMAS',\n]\n\nSCHEMAS: Mapping[str, type[Model] | type[OpenEnum]] = {{\n{table}}}\n"
        '"""The class of each schema of the document."""\n'
    )


def _module(document: Document, names: list[str], at: Mapping[str, str]) -> str:
    home = {at[name] for name in names}
    needed: dict[str, set[str]] = {}
    for name in names:
        for other in references(document.schemas[name]):
            if at[other] not in home:
                needed.setdefault(at[other], set()).add(document.names[other])
    imports = "".join(
        f"from commonground_client.models.{module} import {', '.join(sorted(found))}\n"
        for module, found in sorted(needed.items())
    )
    ordered = in_order(names, document.schemas)
    return HEADER + IMPORTS + imports + "".join(_class(document, name) for name in ordered)


def in_order(names: Iterable[str], schemas: Mapping[str, Schema]) -> list[str]:
    """Each after those of its own module that it speaks of."""
    wanted, done = list(names), dict[str, None]()

    def add(name: str, above: frozenset[str]) -> None:
        for other in references(schemas[name]):
            if other in wanted and other not in above:
                add(other, above | {other})
        done.setdefault(name)

    for name in sorted(wanted):
        add(name, frozenset({name}))
    return list(done)


def _class(document: Document, name: str) -> str:
    schema, called = document.schemas[name], document.names[name]
    if "enum" in schema:
        return f"\n\nclass {called}(OpenEnum):\n{_doc(schema)}{''.join(_words(schema['enum']))}"
    base = "Model"
    members = dict(schema.get("properties", {}))
    if {"items", "has_more", "next_cursor"} <= set(members):
        base = f"Page[{document.type_of(members['items']['items'])}]"
        for inherited in ("items", "has_more", "next_cursor"):
            members.pop(inherited)
    body = "".join(_member(document, n, m, n in schema.get("required", ())) for n, m in members.items())
    empty = "" if _doc(schema) else "    pass\n"
    return f"\n\nclass {called}({base}):\n{_doc(schema)}{body or empty}"


def _words(words: list[str]) -> Iterator[str]:
    for word in words:
        name = "".join(c if c.isalnum() else "_" for c in word).upper()
        yield f"    {name} = {word!r}\n"


def _member(document: Document, name: str, schema: Schema, required: bool) -> str:  # noqa: FBT001  # a fact of the schema
    annotation = document.type_of(schema)
    alias = name if keyword.iskeyword(name) or name in {"model_config", "entity_tag"} else None
    settings = [f"alias={alias!r}"] if alias else []
    if schema.get("description"):
        settings.append(f"description={schema['description']!r}")
    python = f"{name}_" if alias else name
    if not required:
        annotation, settings = _optional(document, schema, annotation, settings)
    value = f" = Field({', '.join(settings)})" if settings else ""
    return f"    {python}: {annotation}{value}\n"


def _optional(
    document: Document, schema: Schema, annotation: str, settings: list[str]
) -> tuple[str, list[str]]:
    """What may be left out has the document's default; without one it is None, which is not sent unless it is set."""
    default = schema.get("default")
    if default is None:
        annotation = (
            annotation if annotation.endswith("None") or annotation == "Any" else f"{annotation} | None"
        )
        return annotation, ["default=None", *settings]
    name = schema.get("$ref", "").rpartition("/")[2]
    if isinstance(default, (list, dict)):
        factory = f"lambda: {_literal(document, annotation, default)}" if default else type(default).__name__
        return annotation, [f"default_factory={factory}", *settings]
    value = f"{document.names[name]}({default!r})" if name else repr(default)
    return annotation, [f"default={value}", *settings]


def _literal(document: Document, annotation: str, default: Any) -> str:
    """A list of words of an enum is a list of its members."""
    inner = annotation.removeprefix("list[").split("]")[0]
    if isinstance(default, list) and inner in document.names.values():
        return f"[{', '.join(f'{inner}({word!r})' for word in default)}]"
    return repr(default)


def _doc(schema: Schema) -> str:
    text = schema.get("description", "").replace("\\", "\\\\").replace('"""', "'''").strip()
    return f'    """{text}"""\n\n' if text else ""
