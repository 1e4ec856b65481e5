"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _create_api_key(body: m.ApiKeyIn, *, idempotency_key: str | None = None) -> Call[m.NewApiKey]:
    return Call(
        method="POST",
        path=path("/v1/api-keys"),
        answer=m.NewApiKey,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _get_api_key(key_id: UUID) -> Call[m.ApiKey]:
    return Call(method="GET", path=path("/v1/api-keys/{}", key_id), answer=m.ApiKey)


def _list_api_keys(*, cursor: str | None = None, limit: int | None = None) -> Call[m.ApiKeyPage]:
    return Call(
        method="GET", path=path("/v1/api-keys"), answer=m.ApiKeyPage, query={"cursor": cursor, "limit": limit}
    )


def _revoke_api_key(key_id: UUID, *, idempotency_key: str | None = None) -> Call[m.ApiKey]:
    return Call(
        method="POST",
        path=path("/v1/api-keys/{}/revoke", key_id),
        answer=m.ApiKey,
        headers={"Idempotency-Key": idempotency_key},
    )


def _rotate_api_key(
    key_id: UUID, body: m.Rotation | None = None, *, idempotency_key: str | None = None
) -> Call[m.NewApiKey]:
    return Call(
        method="POST",
        path=path("/v1/api-keys/{}/rotate", key_id),
        answer=m.NewApiKey,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _update_api_key(
    key_id: UUID, body: m.ApiKeyChange, *, if_match: str | None = None, if_none_match: str | None = None
) -> Call[m.ApiKey]:
    return Call(
        method="PATCH",
        path=path("/v1/api-keys/{}", key_id),
        answer=m.ApiKey,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        json=body,
    )


class ApiKeys(Sender):
    def create_api_key(self, body: m.ApiKeyIn, *, idempotency_key: str | None = None) -> m.NewApiKey:
        """Make a key. It can be given no scope that you lack."""
        return self.send(_create_api_key(body, idempotency_key=idempotency_key))

    def get_api_key(self, key_id: UUID) -> m.ApiKey:
        """One key, without its text, and with the `ETag` that a change may name in `If-Match`."""
        return self.send(_get_api_key(key_id))

    def list_api_keys(self, *, cursor: str | None = None, limit: int | None = None) -> m.ApiKeyPage:
        """The organization's keys, newest first, with those that are revoked or have expired."""
        return self.send(_list_api_keys(cursor=cursor, limit=limit))

    def iter_api_keys(self, *, limit: int | None = None) -> Iterator[m.ApiKey]:
        """Every item of `list_api_keys`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_api_keys(limit=limit, cursor=cursor))

    def revoke_api_key(self, key_id: UUID, *, idempotency_key: str | None = None) -> m.ApiKey:
        """End a key: no request that starts after the answer is served with it. It stays in the list."""
        return self.send(_revoke_api_key(key_id, idempotency_key=idempotency_key))

    def rotate_api_key(
        self, key_id: UUID, body: m.Rotation | None = None, *, idempotency_key: str | None = None
    ) -> m.NewApiKey:
        """Make a key's successor: same name, scopes and length of life. Both are good until the overlap is over.

        A key that may do what you may not can't be rotated by you: you would read its successor.
        """
        return self.send(_rotate_api_key(key_id, body, idempotency_key=idempotency_key))

    def update_api_key(
        self,
        key_id: UUID,
        body: m.ApiKeyChange,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.ApiKey:
        """Rename a key, or change what it may do; it holds from the answer on. No scope can be added that you lack."""
        return self.send(_update_api_key(key_id, body, if_match=if_match, if_none_match=if_none_match))


class AsyncApiKeys(AsyncSender):
    async def create_api_key(self, body: m.ApiKeyIn, *, idempotency_key: str | None = None) -> m.NewApiKey:
        """Make a key. It can be given no scope that you lack."""
        return await self.send(_create_api_key(body, idempotency_key=idempotency_key))

    async def get_api_key(self, key_id: UUID) -> m.ApiKey:
        """One key, without its text, and with the `ETag` that a change may name in `If-Match`."""
        return await self.send(_get_api_key(key_id))

    async def list_api_keys(self, *, cursor: str | None = None, limit: int | None = None) -> m.ApiKeyPage:
        """The organization's keys, newest first, with those that are revoked or have expired."""
        return await self.send(_list_api_keys(cursor=cursor, limit=limit))

    def iter_api_keys(self, *, limit: int | None = None) -> AsyncIterator[m.ApiKey]:
        """Every item of `list_api_keys`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_api_keys(limit=limit, cursor=cursor))

    async def revoke_api_key(self, key_id: UUID, *, idempotency_key: str | None = None) -> m.ApiKey:
        """End a key: no request that starts after the answer is served with it. It stays in the list."""
        return await self.send(_revoke_api_key(key_id, idempotency_key=idempotency_key))

    async def rotate_api_key(
        self, key_id: UUID, body: m.Rotation | None = None, *, idempotency_key: str | None = None
    ) -> m.NewApiKey:
        """Make a key's successor: same name, scopes and length of life. Both are good until the overlap is over.

        A key that may do what you may not can't be rotated by you: you would read its successor.
        """
        return await self.send(_rotate_api_key(key_id, body, idempotency_key=idempotency_key))

    async def update_api_key(
        self,
        key_id: UUID,
        body: m.ApiKeyChange,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.ApiKey:
        """Rename a key, or change what it may do; it holds from the answer on. No scope can be added that you lack."""
        return await self.send(_update_api_key(key_id, body, if_match=if_match, if_none_match=if_none_match))
