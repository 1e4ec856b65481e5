"""JSON that means one thing: no names twice, no numbers that aren't, no text that nothing can store."""

import json
import math
import re
from typing import Any, NoReturn

from service.api.errors import MalformedJsonError

MAX_DEPTH = 32
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def read_json(body: bytes) -> Any:
    """The value of a body. MalformedJsonError says in words what is wrong and where."""
    _check_depth(body)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise MalformedJsonError(
            f"The body is not UTF-8 (byte {error.start + 1}): send JSON in UTF-8."
        ) from None
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_number,
            parse_float=_number,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        raise MalformedJsonError(
            f"The body is no JSON: {_reason(error)} at line {error.lineno}, column {error.colno}."
        ) from None


def check_text(value: str, where: str) -> str:
    """The text itself; MalformedJsonError where nothing can store it."""
    if "\0" in value:
        raise MalformedJsonError(f"{where} has a NUL (\\u0000), which no text here can have: leave it out.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise MalformedJsonError(
            f"{where} has half of a surrogate pair, which is no character: send the whole one."
        )
    return value


def _check_depth(body: bytes) -> None:
    depth = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise MalformedJsonError(f"The body is nested {deepest:,} deep: at most {MAX_DEPTH} levels are read.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        check_text(name, "A name in the body")
        if name in found:
            raise MalformedJsonError(
                f"The body has the name '{name[:100]}' twice in one object: send it once."
            )
        found[name] = _checked(value, name)
    return found


def _checked(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return check_text(value, f"The value of '{name[:100]}'")
    if isinstance(value, list):
        return [_checked(one, name) for one in value]
    return value


def _no_number(text: str) -> NoReturn:
    raise MalformedJsonError(f"The body has {text}, which is no number in JSON: send null or leave it out.")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise MalformedJsonError(f"The number {text[:30]} is too large.")
    return value


def _integer(text: str) -> int:
    if len(text) > 20:  # noqa: PLR2004 - more digits than a 64-bit number has
        raise MalformedJsonError(f"The number {text[:30]}… is too large.")
    return int(text)


def _reason(error: json.JSONDecodeError) -> str:
    return error.msg[:1].lower() + error.msg[1:]
