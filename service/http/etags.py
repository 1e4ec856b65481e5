"""ETag and preconditions (RFC 9110, 8.8.3 and 13): a change is made to what one saw, or refused.

A tag is of what can be edited, so that a change is refused for another's and for nothing else. Where a read is answered 304 by
it, two answers with one tag are the same bytes. `If-Match` compares strongly, so a weak tag never matches; `If-None-Match`
compares weakly.
"""

import hashlib
import re
from typing import Final
from uuid import UUID

from starlette.datastructures import Headers

_TAG = re.compile(r'(?P<weak>W/)?"(?P<opaque>[\x21\x23-\x7e\x80-\xff]*)"')
_LIST = re.compile(
    rf"\s*(?:{_TAG.pattern.replace('(?P<weak>', '(?:').replace('(?P<opaque>', '(?:')}\s*(?:,\s*|$))+"
)
ANY: Final = "*"


class PreconditionFailedError(Exception):
    def __init__(self) -> None:
        super().__init__(
            "The thing is not in the state that `If-Match` or `If-None-Match` asks for: somebody changed it meanwhile. "
            "Read it again, and repeat the change with its new `ETag` if you still want it."
        )


def etag(*state: UUID | str | float) -> str:
    """The strong tag of a state, such as an id and a version."""
    text = "\0".join(str(part) for part in state)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def check_change(headers: Headers, current: str | None) -> None:
    """PreconditionFailedError unless a change may be made; `current` is the tag of what is there, None for nothing."""
    wanted, unwanted = _field(headers, "if-match"), _field(headers, "if-none-match")
    if wanted is not None and not _matches(wanted, current, weakly=False):
        raise PreconditionFailedError
    if unwanted is not None and _matches(unwanted, current, weakly=True):
        raise PreconditionFailedError


def is_unchanged(headers: Headers, current: str) -> bool:
    """Whether a read may be answered 304: the reader has this state already."""
    unwanted = _field(headers, "if-none-match")
    return unwanted is not None and _matches(unwanted, current, weakly=True)


def _field(headers: Headers, name: str) -> str | None:
    values = headers.getlist(name)
    return ", ".join(values).strip() if values else None


def _matches(given: str, current: str | None, *, weakly: bool) -> bool:
    if current is None:
        return False
    if given == ANY:
        return True
    if not _LIST.fullmatch(given):
        return False
    return any(
        f'"{tag["opaque"]}"' == current and (weakly or not tag["weak"]) for tag in _TAG.finditer(given)
    )
