"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator
from typing import Literal
from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _dismiss_duplicate(duplicate_id: UUID, *, idempotency_key: str | None = None) -> Call[None]:
    return Call(
        method="POST",
        path=path("/v1/accounts/duplicates/{}/dismiss", duplicate_id),
        answer=type(None),
        headers={"Idempotency-Key": idempotency_key},
    )


def _get_duplicate(duplicate_id: UUID) -> Call[m.Duplicate]:
    return Call(method="GET", path=path("/v1/accounts/duplicates/{}", duplicate_id), answer=m.Duplicate)


def _get_duplicate_search() -> Call[m.DuplicateSearch]:
    return Call(method="GET", path=path("/v1/accounts/duplicates/search"), answer=m.DuplicateSearch)


def _list_duplicates(
    *, status: Literal["auto", "review"] | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[m.DuplicatePage]:
    return Call(
        method="GET",
        path=path("/v1/accounts/duplicates"),
        answer=m.DuplicatePage,
        query={"status": status, "cursor": cursor, "limit": limit},
    )


def _merge_duplicate(
    duplicate_id: UUID, body: m.MergeIn | None = None, *, idempotency_key: str | None = None
) -> Call[m.Merged]:
    return Call(
        method="POST",
        path=path("/v1/accounts/duplicates/{}/merge", duplicate_id),
        answer=m.Merged,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _search_duplicates(*, idempotency_key: str | None = None) -> Call[m.DuplicateSearch]:
    return Call(
        method="POST",
        path=path("/v1/accounts/duplicates/search"),
        answer=m.DuplicateSearch,
        headers={"Idempotency-Key": idempotency_key},
    )


class Duplicates(Sender):
    def dismiss_duplicate(self, duplicate_id: UUID, *, idempotency_key: str | None = None) -> None:
        """Say that these accounts are not one company: no search finds these pairs again."""
        return self.send(_dismiss_duplicate(duplicate_id, idempotency_key=idempotency_key))

    def get_duplicate(self, duplicate_id: UUID) -> m.Duplicate:
        """One group, its pairs explained term by term."""
        return self.send(_get_duplicate(duplicate_id))

    def get_duplicate_search(self) -> m.DuplicateSearch:
        """When the list was last searched, and whether it changed since."""
        return self.send(_get_duplicate_search())

    def list_duplicates(
        self,
        *,
        status: Literal["auto", "review"] | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> m.DuplicatePage:
        """Groups of accounts that are one company, as the last search found them, the surest first."""
        return self.send(_list_duplicates(status=status, cursor=cursor, limit=limit))

    def iter_duplicates(
        self, *, status: Literal["auto", "review"] | None = None, limit: int | None = None
    ) -> Iterator[m.Duplicate]:
        """Every item of `list_duplicates`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_duplicates(status=status, limit=limit, cursor=cursor))

    def merge_duplicate(
        self, duplicate_id: UUID, body: m.MergeIn | None = None, *, idempotency_key: str | None = None
    ) -> m.Merged:
        """Make one account of the group. Its contacts, opportunities and populations move to the one that is left, which also bears the
        others' domains and names; what names them in later files names it.
        """
        return self.send(_merge_duplicate(duplicate_id, body, idempotency_key=idempotency_key))

    def search_duplicates(self, *, idempotency_key: str | None = None) -> m.DuplicateSearch:
        """Have the whole list searched. From then on it is searched again every day on which it changed."""
        return self.send(_search_duplicates(idempotency_key=idempotency_key))


class AsyncDuplicates(AsyncSender):
    async def dismiss_duplicate(self, duplicate_id: UUID, *, idempotency_key: str | None = None) -> None:
        """Say that these accounts are not one company: no search finds these pairs again."""
        return await self.send(_dismiss_duplicate(duplicate_id, idempotency_key=idempotency_key))

    async def get_duplicate(self, duplicate_id: UUID) -> m.Duplicate:
        """One group, its pairs explained term by term."""
        return await self.send(_get_duplicate(duplicate_id))

    async def get_duplicate_search(self) -> m.DuplicateSearch:
        """When the list was last searched, and whether it changed since."""
        return await self.send(_get_duplicate_search())

    async def list_duplicates(
        self,
        *,
        status: Literal["auto", "review"] | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> m.DuplicatePage:
        """Groups of accounts that are one company, as the last search found them, the surest first."""
        return await self.send(_list_duplicates(status=status, cursor=cursor, limit=limit))

    def iter_duplicates(
        self, *, status: Literal["auto", "review"] | None = None, limit: int | None = None
    ) -> AsyncIterator[m.Duplicate]:
        """Every item of `list_duplicates`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_duplicates(status=status, limit=limit, cursor=cursor))

    async def merge_duplicate(
        self, duplicate_id: UUID, body: m.MergeIn | None = None, *, idempotency_key: str | None = None
    ) -> m.Merged:
        """Make one account of the group. Its contacts, opportunities and populations move to the one that is left, which also bears the
        others' domains and names; what names them in later files names it.
        """
        return await self.send(_merge_duplicate(duplicate_id, body, idempotency_key=idempotency_key))

    async def search_duplicates(self, *, idempotency_key: str | None = None) -> m.DuplicateSearch:
        """Have the whole list searched. From then on it is searched again every day on which it changed."""
        return await self.send(_search_duplicates(idempotency_key=idempotency_key))
