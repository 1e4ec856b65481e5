"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _create_sandbox(
    body: m.SandboxIn | None = None, *, idempotency_key: str | None = None
) -> Call[m.NewSandbox]:
    return Call(
        method="POST",
        path=path("/v1/sandbox"),
        answer=m.NewSandbox,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _create_sandbox_key(body: m.ApiKeyIn, *, idempotency_key: str | None = None) -> Call[m.NewApiKey]:
    return Call(
        method="POST",
        path=path("/v1/sandbox/api-keys"),
        answer=m.NewApiKey,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _delete_sandbox() -> Call[None]:
    return Call(method="DELETE", path=path("/v1/sandbox"), answer=type(None))


def _get_sandbox() -> Call[m.SandboxState]:
    return Call(method="GET", path=path("/v1/sandbox"), answer=m.SandboxState)


def _list_sandbox_keys(*, cursor: str | None = None, limit: int | None = None) -> Call[m.ApiKeyPage]:
    return Call(
        method="GET",
        path=path("/v1/sandbox/api-keys"),
        answer=m.ApiKeyPage,
        query={"cursor": cursor, "limit": limit},
    )


def _reset_sandbox(body: m.SandboxIn | None = None, *, idempotency_key: str | None = None) -> Call[m.Sandbox]:
    return Call(
        method="POST",
        path=path("/v1/sandbox/reset"),
        answer=m.Sandbox,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _revoke_sandbox_key(test_key_id: UUID, *, idempotency_key: str | None = None) -> Call[m.ApiKey]:
    return Call(
        method="POST",
        path=path("/v1/sandbox/api-keys/{}/revoke", test_key_id),
        answer=m.ApiKey,
        headers={"Idempotency-Key": idempotency_key},
    )


def _rotate_sandbox_key(
    test_key_id: UUID, body: m.Rotation | None = None, *, idempotency_key: str | None = None
) -> Call[m.NewApiKey]:
    return Call(
        method="POST",
        path=path("/v1/sandbox/api-keys/{}/rotate", test_key_id),
        answer=m.NewApiKey,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _update_sandbox_key(test_key_id: UUID, body: m.ApiKeyChange) -> Call[m.ApiKey]:
    return Call(method="PATCH", path=path("/v1/sandbox/api-keys/{}", test_key_id), answer=m.ApiKey, json=body)


class Sandbox(Sender):
    def create_sandbox(
        self, body: m.SandboxIn | None = None, *, idempotency_key: str | None = None
    ) -> m.NewSandbox:
        """Make the organization's sandbox, with its first test key. 200 and no key where there is one already."""
        return self.send(_create_sandbox(body, idempotency_key=idempotency_key))

    def create_sandbox_key(self, body: m.ApiKeyIn, *, idempotency_key: str | None = None) -> m.NewApiKey:
        """Make another test key. It can be given no scope that you lack."""
        return self.send(_create_sandbox_key(body, idempotency_key=idempotency_key))

    def delete_sandbox(self) -> None:
        """End the sandbox: its keys and sessions at once, the rest within seconds, with people who belong nowhere else."""
        return self.send(_delete_sandbox())

    def get_sandbox(self) -> m.SandboxState:
        """The sandbox, its fictional partners, and whether everything asked of it is done."""
        return self.send(_get_sandbox())

    def list_sandbox_keys(self, *, cursor: str | None = None, limit: int | None = None) -> m.ApiKeyPage:
        """The test keys, newest first."""
        return self.send(_list_sandbox_keys(cursor=cursor, limit=limit))

    def iter_sandbox_keys(self, *, limit: int | None = None) -> Iterator[m.ApiKey]:
        """Every item of `list_sandbox_keys`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_sandbox_keys(limit=limit, cursor=cursor))

    def reset_sandbox(
        self, body: m.SandboxIn | None = None, *, idempotency_key: str | None = None
    ) -> m.Sandbox:
        """Take everything out of the sandbox but its keys and begin again; poll it until it is `ready`. A test key may ask for it too."""
        return self.send(_reset_sandbox(body, idempotency_key=idempotency_key))

    def revoke_sandbox_key(self, test_key_id: UUID, *, idempotency_key: str | None = None) -> m.ApiKey:
        """End a test key."""
        return self.send(_revoke_sandbox_key(test_key_id, idempotency_key=idempotency_key))

    def rotate_sandbox_key(
        self, test_key_id: UUID, body: m.Rotation | None = None, *, idempotency_key: str | None = None
    ) -> m.NewApiKey:
        """Make a test key's successor: same name, scopes and length of life. Both are good until the overlap is over."""
        return self.send(_rotate_sandbox_key(test_key_id, body, idempotency_key=idempotency_key))

    def update_sandbox_key(self, test_key_id: UUID, body: m.ApiKeyChange) -> m.ApiKey:
        """Rename a test key, or change what it may do; it holds from the answer on. No scope can be added that you lack."""
        return self.send(_update_sandbox_key(test_key_id, body))


class AsyncSandbox(AsyncSender):
    async def create_sandbox(
        self, body: m.SandboxIn | None = None, *, idempotency_key: str | None = None
    ) -> m.NewSandbox:
        """Make the organization's sandbox, with its first test key. 200 and no key where there is one already."""
        return await self.send(_create_sandbox(body, idempotency_key=idempotency_key))

    async def create_sandbox_key(
        self, body: m.ApiKeyIn, *, idempotency_key: str | None = None
    ) -> m.NewApiKey:
        """Make another test key. It can be given no scope that you lack."""
        return await self.send(_create_sandbox_key(body, idempotency_key=idempotency_key))

    async def delete_sandbox(self) -> None:
        """End the sandbox: its keys and sessions at once, the rest within seconds, with people who belong nowhere else."""
        return await self.send(_delete_sandbox())

    async def get_sandbox(self) -> m.SandboxState:
        """The sandbox, its fictional partners, and whether everything asked of it is done."""
        return await self.send(_get_sandbox())

    async def list_sandbox_keys(self, *, cursor: str | None = None, limit: int | None = None) -> m.ApiKeyPage:
        """The test keys, newest first."""
        return await self.send(_list_sandbox_keys(cursor=cursor, limit=limit))

    def iter_sandbox_keys(self, *, limit: int | None = None) -> AsyncIterator[m.ApiKey]:
        """Every item of `list_sandbox_keys`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_sandbox_keys(limit=limit, cursor=cursor))

    async def reset_sandbox(
        self, body: m.SandboxIn | None = None, *, idempotency_key: str | None = None
    ) -> m.Sandbox:
        """Take everything out of the sandbox but its keys and begin again; poll it until it is `ready`. A test key may ask for it too."""
        return await self.send(_reset_sandbox(body, idempotency_key=idempotency_key))

    async def revoke_sandbox_key(self, test_key_id: UUID, *, idempotency_key: str | None = None) -> m.ApiKey:
        """End a test key."""
        return await self.send(_revoke_sandbox_key(test_key_id, idempotency_key=idempotency_key))

    async def rotate_sandbox_key(
        self, test_key_id: UUID, body: m.Rotation | None = None, *, idempotency_key: str | None = None
    ) -> m.NewApiKey:
        """Make a test key's successor: same name, scopes and length of life. Both are good until the overlap is over."""
        return await self.send(_rotate_sandbox_key(test_key_id, body, idempotency_key=idempotency_key))

    async def update_sandbox_key(self, test_key_id: UUID, body: m.ApiKeyChange) -> m.ApiKey:
        """Rename a test key, or change what it may do; it holds from the answer on. No scope can be added that you lack."""
        return await self.send(_update_sandbox_key(test_key_id, body))
