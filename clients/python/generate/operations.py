"""Operations → one module a resource: a function that makes the call, and a method of either client that sends it."""

from collections.abc import Iterator, Mapping

from clients.python.generate.document import Document, Operation, Parameter
from clients.python.generate.models import HEADER

IMPORTS = (
    "from collections.abc import AsyncIterator, Iterator\nfrom datetime import date, datetime\nfrom typing import Any, Literal\n"
    "from uuid import UUID\n\nfrom commonground_client import models as m\nfrom commonground_client.aio import AsyncSender\n"
    "from commonground_client.call import Call, Upload, path\nfrom commonground_client.sync import Sender\n"
)


def modules(document: Document) -> dict[str, str]:
    """Source of each module, by its name."""
    found: dict[str, list[Operation]] = {}
    for operation in document.operations:
        found.setdefault(operation.tag, []).append(operation)
    return {tag: _module(document, tag, operations) for tag, operations in found.items()}


def package(document: Document) -> str:
    """`operations/__init__.py`: both clients' operations put together."""
    tags = sorted({operation.tag for operation in document.operations})
    imports = "".join(
        f"from commonground_client.operations.{tag} import {_title(tag)}, Async{_title(tag)}\n"
        for tag in tags
    )
    table = "".join(f"    {o.id!r}: ({o.method!r}, {o.path!r}),\n" for o in document.operations)
    return (
        f"{HEADER}from collections.abc import Mapping\n\n{imports}\n__all__ = ['OPERATIONS', 'AsyncOperations', 'Operations']\n\n"
        f"class Operations({', '.join(_title(tag) for tag in tags)}):\n    pass\n\n"
        f"class AsyncOperations({', '.join('Async' + _title(tag) for tag in tags)}):\n    pass\n\n"
        f"OPERATIONS: Mapping[str, tuple[str, str]] = {{\n{table}}}\n"
        '"""Method and path of each operation of the document."""\n'
    )


def _title(tag: str) -> str:
    return "".join(word.capitalize() for word in tag.split("_"))


def _module(document: Document, tag: str, operations: list[Operation]) -> str:
    names = document.names.values()
    made = [_Written(operation, frozenset(names)) for operation in operations]
    title = _title(tag)
    return (
        HEADER + IMPORTS
        + "".join(one.call() for one in made)
        + f"\n\nclass {title}(Sender):\n" + "".join(one.method("") for one in made)
        + f"\n\nclass Async{title}(AsyncSender):\n" + "".join(one.method("async ") for one in made)
    )  # fmt: skip


class _Written:
    """One operation as Python."""

    def __init__(self, operation: Operation, models: frozenset[str]) -> None:
        self._is, self._models = operation, models

    def _named(self, annotation: str) -> str:
        """The annotation with `m.` before each model."""
        out, word = "", ""
        for character in [*annotation, " "]:
            if character.isalnum() or character == "_":
                word += character
            else:
                out += (f"m.{word}" if word in self._models else word) + character
                word = ""
        return out.rstrip()

    @property
    def _answer(self) -> str:
        return self._named(self._is.answer)

    def _given(self) -> Iterator[tuple[str, str, bool, bool]]:
        """(name, annotation, required, by keyword only) of each argument, in their order."""
        for one in self._in("path"):
            yield one.python, self._named(one.type), True, False
        if self._is.body is not None:
            yield "body", self._named(self._is.body), self._is.body_required, False
        if self._is.media_type is not None:
            yield "content", "Upload", True, False
        rest = [one for one in self._is.parameters if one.place in {"query", "header"}]
        for one in sorted(rest, key=lambda one: not one.required):
            yield one.python, self._named(one.type), one.required, True

    def _in(self, place: str) -> list[Parameter]:
        return [one for one in self._is.parameters if one.place == place]

    def _signature(self, leave_out: str = "") -> str:
        given = [one for one in self._given() if one[0] != leave_out]
        ordered = [self._argument(*one[:3]) for one in given if not one[3]]
        keyword = [self._argument(*one[:3]) for one in given if one[3]]
        return ", ".join([*ordered, *(["*", *keyword] if keyword else [])])

    @staticmethod
    def _argument(name: str, annotation: str, required: bool) -> str:  # noqa: FBT001  # a fact of the document
        if required:
            return f"{name}: {annotation}"
        return f"{name}: {annotation if annotation == 'Any' else annotation + ' | None'} = None"

    def _handed_on(self, leave_out: str = "") -> str:
        return ", ".join(
            f"{name}={name}" if by_keyword else name
            for name, _, _, by_keyword in self._given()
            if name != leave_out
        )

    def call(self) -> str:
        operation = self._is
        places = "{}".join(_outside(operation.path))
        ids = self._values_in_path()
        parts = [f"method={operation.method!r}", f"path=path({', '.join([repr(places), *ids])})"]
        parts.append(f"answer={'type(None)' if operation.answer == 'None' else self._typed(self._answer)}")
        for kind, place in (("query", "query"), ("headers", "header")):
            values = ", ".join(f"{one.name!r}: {one.python}" for one in self._in(place))
            parts += [f"{kind}={{{values}}}"] if values else []
        parts += ["json=body"] if operation.body is not None else []
        parts += ["content=content", f"media_type={operation.media_type!r}"] if operation.media_type else []
        return f"\n\ndef _{operation.id}({self._signature()}) -> Call[{self._answer}]:\n    return Call({', '.join(parts)})\n"

    @staticmethod
    def _typed(answer: str) -> str:
        return "object" if answer == "Any" else answer

    def _values_in_path(self) -> list[str]:
        by_name: Mapping[str, Parameter] = {one.name: one for one in self._in("path")}
        return [by_name[name].python for name in _inside(self._is.path)]

    def method(self, kind: str) -> str:
        self_ = ", ".join(part for part in ("self", self._signature()) if part)
        wait = "await " if kind else ""
        plain = (
            f"    {kind}def {self._is.id}({self_}) -> {self._answer}:\n{self._doc(self._is.description)}"
            f"        return {wait}self.send(_{self._is.id}({self._handed_on()}))\n\n"
        )
        return plain + (self._iterator(kind) if self._is.item else "")

    def _iterator(self, kind: str) -> str:
        """`list_accounts` → `iter_accounts`."""
        item = self._named(str(self._is.item))
        name = f"iter_{self._is.id.removeprefix('list_')}"
        self_ = ", ".join(part for part in ("self", self._signature("cursor")) if part)
        handed = ", ".join(part for part in (self._handed_on("cursor"), "cursor=cursor") if part)
        return (
            f"    def {name}({self_}) -> {'Async' if kind else ''}Iterator[{item}]:\n"
            f'        """Every item of `{self._is.id}`, page after page; `limit` is the size of a page."""\n'
            f"        return self.each(lambda cursor: _{self._is.id}({handed}))\n\n"
        )

    @staticmethod
    def _doc(text: str) -> str:
        said = text.replace("\\", "\\\\").replace('"""', "'''").strip()
        return f'        """{said}"""\n' if said else ""


def _outside(path: str) -> list[str]:
    """The parts of a path between its names."""
    return [piece.rpartition("}")[2] for piece in path.split("{")]


def _inside(path: str) -> list[str]:
    return [piece.partition("}")[0] for piece in path.split("{")[1:]]
