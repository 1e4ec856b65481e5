"""JSON schemas of an OpenAPI document, read for people: names of types, fields with their notes, one example value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.api.docs.samples import FORMATS, IN_SCHEMA, NAMED

Schema = Mapping[str, Any]

_REF: Final = "#/components/schemas/"
_DEPTH: Final = 6
"""How many objects deep fields and examples are followed; deeper is what a reader no longer reads."""
_FORMATS: Final = {"date-time": "timestamp", "binary": "bytes"}
_PYTHON: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_LIMITS: Final = {
    "minimum": "at least {:,}",
    "exclusiveMinimum": "more than {:,}",
    "maximum": "at most {:,}",
    "exclusiveMaximum": "less than {:,}",
    "minLength": "at least {:,} characters",
    "maxLength": "at most {:,} characters",
    "minItems": "at least {:,} items",
    "maxItems": "at most {:,} items",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One member of an object, or one parameter."""

    name: str
    type: str
    required: bool
    description: str
    values: tuple[str, ...]
    """The words it can be, where it is one of a few."""
    notes: tuple[str, ...]
    """Default and limits, each a short phrase."""
    fields: tuple["Field", ...]
    """What the object, or each object of the list, consists of."""


class Schemas:
    """The schemas of one document, by name."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._named: Mapping[str, Schema] = document.get("components", {}).get("schemas", {})

    def resolve(self, schema: Schema) -> Schema:
        """`schema` with what it refers to; what stands beside the reference, such as a description, wins."""
        while "$ref" in schema:
            named = self._named[schema["$ref"].removeprefix(_REF)]
            schema = {**named, **{key: value for key, value in schema.items() if key != "$ref"}}
        if len(schema.get("allOf", ())) == 1:
            return {**self.resolve(schema["allOf"][0]), **schema}
        return schema

    def split(self, schema: Schema) -> tuple[list[Schema], bool]:
        """The alternatives that `schema` has beside null, and whether null is one."""
        found = self.resolve(schema)
        parts = found.get("anyOf") or found.get("oneOf") or [found]
        parts = [self.resolve(part) for part in parts]
        kept = [part for part in parts if part.get("type") != "null"]
        return kept, len(kept) < len(parts)

    def type_of(self, schema: Schema) -> str:
        """What people call it: `uuid`, `list of string`, `integer or null`."""
        parts, nullable = self.split(schema)
        names = list(dict.fromkeys(self._type(part) for part in parts))
        return " or ".join([*names, "null"] if nullable else names)

    def _type(self, part: Schema) -> str:
        kind = part.get("type", "object" if "properties" in part else "any")
        if kind == "array":
            return f"list of {self.type_of(part.get('items', {}))}"
        if isinstance(part.get("additionalProperties"), Mapping) and "properties" not in part:
            return f"object of {self.type_of(part['additionalProperties'])}"
        form = part.get("format")
        return str(_FORMATS.get(form, form) if kind == "string" and form else kind)

    def fields(self, schema: Schema, depth: int = 0) -> tuple[Field, ...]:
        """The members of the object, or of the objects in the list."""
        inner = self._object(schema)
        if inner is None or depth >= _DEPTH:
            return ()
        required = inner.get("required", ())
        members = inner.get("properties", {}).items()
        return tuple(self.field(name, member, name in required, depth) for name, member in members)

    def field(self, name: str, schema: Schema, required: bool, depth: int = 0) -> Field:  # noqa: FBT001  # a fact of the schema
        found = self.resolve(schema)
        parts, _ = self.split(schema)
        words = tuple(str(word) for part in parts for word in self._words(part))
        return Field(
            name, self.type_of(schema), required, found.get("description", ""), words,
            tuple(self._notes(found, parts)), self.fields(schema, depth + 1),
        )  # fmt: skip

    def _object(self, schema: Schema) -> Schema | None:
        """The first object that `schema` is, or is a list or a mapping of."""
        for part in self.split(schema)[0]:
            if "properties" in part:
                return part
            inside = part.get("items") or part.get("additionalProperties")
            if isinstance(inside, Mapping) and (found := self._object(inside)) is not None:
                return found
        return None

    def _words(self, part: Schema) -> list[Any]:
        if part.get("type") == "array":
            return [word for inner in self.split(part.get("items", {}))[0] for word in self._words(inner)]
        return [part["const"]] if "const" in part else list(part.get("enum", ()))

    def _notes(self, found: Schema, parts: list[Schema]) -> Iterator[str]:
        if found.get("default") is not None:
            yield f"default {found['default']}"
        for part in parts:
            for limit, words in _LIMITS.items():
                if limit in part:
                    yield words.format(part[limit])

    def example(self, schema: Schema, name: str = "", depth: int = 0) -> Any:
        """A value that fits; plausible where the member's name is known."""
        found = self.resolve(schema)
        parts, _ = self.split(schema)
        part = parts[0] if parts else {}
        for said in (found, part):
            if said.get("examples"):
                return said["examples"][0]
            if "example" in said:
                return said["example"]
        if part.get("type") in {"array", "object"} or "properties" in part:
            return self._compound(part, name, depth)
        words = self._words(part)
        return words[0] if words else _sample(part, found, name)

    def _compound(self, part: Schema, name: str, depth: int) -> Any:
        if name in NAMED and "properties" not in part and isinstance(NAMED[name], (list, dict)):
            return NAMED[name]
        if part.get("type") == "array":
            return [] if depth >= _DEPTH else [self.example(part.get("items", {}), name, depth + 1)]
        members = part.get("properties", {}) if depth < _DEPTH else {}
        own = IN_SCHEMA.get(part.get("title", ""), {})
        return {
            member: own[member] if member in own else self.example(inner, member, depth + 1)
            for member, inner in members.items()
        }


def _sample(part: Schema, found: Schema, name: str) -> Any:
    """The value of a member of this name, if it is of the right type; else its default, else one of its type."""
    kind = part.get("type", "string")
    fits = _PYTHON.get(kind, (object,))
    if part.get("format") in FORMATS and name not in NAMED:
        return FORMATS[part["format"]]
    if name in NAMED and isinstance(NAMED[name], fits):
        return NAMED[name]
    if found.get("default") is not None:
        return found["default"]
    return {"integer": 1, "number": 1.0, "boolean": True}.get(kind, "…")
