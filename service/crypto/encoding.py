"""The protocol's encodings: `line`, ids, hex. Every text that is signed, derived from or bound goes through here."""

import re
from typing import Final

from service.crypto.errors import EncodingError, KeyMaterialError

SUITE: Final = "commonground/1"
ABSENT: Final = "-"
_PART: Final = re.compile(r"[ -{}~]+")  # printable ASCII without the bar
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEX: Final = re.compile(r"([0-9a-f]{2})*")
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")


def line(*parts: str | int) -> bytes:
    """The ASCII text `commonground/1|a|b|…`. EncodingError for a part that could be read as two, or as none."""
    return "|".join([SUITE, *(_part(part) for part in parts)]).encode("ascii")


def _part(part: str | int) -> str:
    if isinstance(part, int):
        return str(number(part, "a part of a line"))
    if not _PART.fullmatch(part):
        raise EncodingError(
            "a part of a line is empty or has a bar, a control character or one outside ASCII: "
            f"write an absent part as {ABSENT!r} and text as hex"
        )
    return part


def number(value: int, what: str, *, at_least: int = 0) -> int:
    """A whole number from `at_least` up; a bool is none."""
    if isinstance(value, bool) or value < at_least:
        raise EncodingError(f"{what} is {value!r}: it must be a whole number from {at_least} up")
    return value


def read_number(text: str, what: str) -> int:
    if not _DECIMAL.fullmatch(text):
        raise EncodingError(f"{what} is {text!r}: write it in decimal digits without sign or leading zero")
    return int(text)


def check_id(text: str, what: str) -> str:
    """A lowercase UUID text."""
    if not _ID.fullmatch(text):
        raise EncodingError(f"{what} {text!r} is no id: write the UUID in lowercase with its four hyphens")
    return text


def from_hex(text: str, length: int, what: str) -> bytes:
    """`length` bytes from lowercase hex; the text is not repeated in the error, since it may be a secret."""
    if len(text) != 2 * length or not _HEX.fullmatch(text):
        raise EncodingError(f"{what} is not {2 * length} lowercase hex characters")
    return bytes.fromhex(text)


def check_length(value: bytes, length: int, what: str) -> bytes:
    if len(value) != length:
        raise KeyMaterialError(f"{what} has {len(value)} bytes: it must have {length}")
    return bytes(value)
