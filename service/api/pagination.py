"""Cursor pages: a cursor is opaque, signed, and good for the organization (or person), address and filter that it came from."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from service.api.deps import Reading, state_of
from service.api.errors import InvalidCursorError
from service.api.signed_in import Mine
from service.http.service_keys import TAG_BYTES
from service.http.state import AppState

ItemT = TypeVar("ItemT")
RowT = TypeVar("RowT")
Position = Sequence[str | float]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many items a page has at most.")]
CursorText = Annotated[str | None, Query(alias="cursor", description="`next_cursor` of the page before.")]
_NO_FILTER = frozenset({"cursor", "limit"})


class Page(BaseModel, Generic[ItemT]):
    """One page of a list. Read on with `next_cursor` while `has_more` is true."""

    items: list[ItemT]
    has_more: bool
    next_cursor: str | None = Field(default=None)


@dataclass(frozen=True, slots=True)
class Pages:
    """What a request asks of a list: read `limit + 1` rows from `after` on, and give them to `page`."""

    app: AppState
    bound_to: tuple[bytes, ...]
    cursor: str | None
    limit: int

    def after(self, *kinds: type) -> list[Any] | None:
        """The position in the cursor, of these types, None without a cursor. InvalidCursorError."""
        if self.cursor is None:
            return None
        position = json.loads(self._opened(self.cursor))
        if len(position) != len(kinds) or not all(map(_is_of, position, kinds)):
            raise InvalidCursorError
        return [UUID(value) if kind is UUID else value for value, kind in zip(position, kinds, strict=True)]

    def after_id(self) -> UUID | None:
        """The position in the cursor of a list that goes by id."""
        position = self.after(UUID)
        return None if position is None else position[0]

    def page(
        self,
        rows: Sequence[RowT],
        out: Callable[[RowT], ItemT],
        at: Callable[[RowT], tuple[UUID | str | float, ...]],
    ) -> Page[ItemT]:
        """The page of up to `limit + 1` rows: `out` shows one, `at` gives its position."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        return Page(
            items=[out(row) for row in shown],
            has_more=more,
            next_cursor=self.next(*at(shown[-1])) if more else None,
        )

    def next(self, *position: UUID | str | float) -> str:
        """The cursor that goes on behind this position."""
        plain = json.dumps([str(value) if isinstance(value, UUID) else value for value in position]).encode()
        tag = self.app.signer.tag(self.app.keystore, *self.bound_to, plain)
        return base64.urlsafe_b64encode(tag + plain).decode().rstrip("=")

    def _opened(self, cursor: str) -> bytes:
        try:
            packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise InvalidCursorError from None
        tag, plain = packed[:TAG_BYTES], packed[TAG_BYTES:]
        if not self.app.signer.fits(self.app.keystore, tag, *self.bound_to, plain):
            raise InvalidCursorError
        return plain


def _is_of(value: object, kind: type) -> bool:
    return type(value) is (str if kind is UUID else kind)


async def pages(request: Request, session: Reading, cursor: CursorText = None, limit: Limit = 50) -> Pages:
    return await _pages(request, session.org_id, cursor, limit)


async def my_pages(request: Request, mine: Mine, cursor: CursorText = None, limit: Limit = 50) -> Pages:
    """Of a list that is the person's, in whichever organization they act."""
    return await _pages(request, mine.person.id, cursor, limit)


async def _pages(request: Request, owner: UUID, cursor: str | None, limit: int) -> Pages:
    app = await state_of(request)
    filters = sorted(item for item in request.query_params.multi_items() if item[0] not in _NO_FILTER)
    bound_to = (owner.bytes, request.scope["path"].encode(), urlencode(filters).encode())
    return Pages(app, bound_to, cursor, limit)


Paging = Annotated[Pages, Depends(pages, scope="function")]
MyPaging = Annotated[Pages, Depends(my_pages, scope="function")]
