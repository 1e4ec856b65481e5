"""Cursor pages: opaque, bound to the list they come from."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from service.api.errors import InvalidCursorError

ItemT = TypeVar("ItemT")
Limit = Annotated[int, Query(ge=1, le=1000, description="How many items a page has at most.")]
CursorText = Annotated[
    str | None, Query(alias="cursor", max_length=500, description="`next_cursor` of the page before.")
]


class Page(BaseModel, Generic[ItemT]):
    """One page of a list. Read on with `next_cursor` while `has_more` is true."""

    items: list[ItemT]
    has_more: bool
    next_cursor: str | None = Field(default=None)


def encode_cursor(route: str, *position: str | float) -> str:
    return base64.urlsafe_b64encode(json.dumps([route, *position]).encode()).decode().rstrip("=")


def decode_cursor(route: str, cursor: str | None, types: Sequence[type]) -> list[str | float] | None:
    """The position in a cursor of this route, or None without one. InvalidCursorError."""
    if cursor is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidCursorError from None
    if not isinstance(found, list) or len(found) != len(types) + 1 or found[0] != route:
        raise InvalidCursorError
    if not all(type(value) is kind for value, kind in zip(found[1:], types, strict=True)):
        raise InvalidCursorError
    return found[1:]


def cursor_id(position: Sequence[str | float] | None, at: int) -> UUID | None:
    """The id at place `at` of a cursor's position. InvalidCursorError if it is none."""
    if position is None:
        return None
    try:
        return UUID(str(position[at]))
    except ValueError:
        raise InvalidCursorError from None
