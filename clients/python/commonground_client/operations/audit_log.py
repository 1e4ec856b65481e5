"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _export_audit_log() -> Call[bytes]:
    return Call(method="GET", path=path("/v1/audit-log/export"), answer=bytes)


def _list_audit_checkpoints(*, cursor: str | None = None, limit: int | None = None) -> Call[m.CheckpointPage]:
    return Call(
        method="GET",
        path=path("/v1/audit-log/checkpoints"),
        answer=m.CheckpointPage,
        query={"cursor": cursor, "limit": limit},
    )


def _list_audit_entries(
    *,
    action: str | None = None,
    actor: UUID | None = None,
    target: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[m.AuditEntryPage]:
    return Call(
        method="GET",
        path=path("/v1/audit-log"),
        answer=m.AuditEntryPage,
        query={
            "action": action,
            "actor": actor,
            "target": target,
            "since": since,
            "until": until,
            "cursor": cursor,
            "limit": limit,
        },
    )


class AuditLog(Sender):
    def export_audit_log(self) -> bytes:
        """The whole log as NDJSON, this export in it. Without a checkpoint as its last line it was cut off on the way."""
        return self.send(_export_audit_log())

    def list_audit_checkpoints(
        self, *, cursor: str | None = None, limit: int | None = None
    ) -> m.CheckpointPage:
        """The newest checkpoints first. Keep them elsewhere: they show if the log is ever cut off or written anew."""
        return self.send(_list_audit_checkpoints(cursor=cursor, limit=limit))

    def iter_audit_checkpoints(self, *, limit: int | None = None) -> Iterator[m.Checkpoint]:
        """Every item of `list_audit_checkpoints`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_audit_checkpoints(limit=limit, cursor=cursor))

    def list_audit_entries(
        self,
        *,
        action: str | None = None,
        actor: UUID | None = None,
        target: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> m.AuditEntryPage:
        """Entries, newest first."""
        return self.send(
            _list_audit_entries(
                action=action,
                actor=actor,
                target=target,
                since=since,
                until=until,
                cursor=cursor,
                limit=limit,
            )
        )

    def iter_audit_entries(
        self,
        *,
        action: str | None = None,
        actor: UUID | None = None,
        target: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[m.AuditEntry]:
        """Every item of `list_audit_entries`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_audit_entries(
                action=action,
                actor=actor,
                target=target,
                since=since,
                until=until,
                limit=limit,
                cursor=cursor,
            )
        )


class AsyncAuditLog(AsyncSender):
    async def export_audit_log(self) -> bytes:
        """The whole log as NDJSON, this export in it. Without a checkpoint as its last line it was cut off on the way."""
        return await self.send(_export_audit_log())

    async def list_audit_checkpoints(
        self, *, cursor: str | None = None, limit: int | None = None
    ) -> m.CheckpointPage:
        """The newest checkpoints first. Keep them elsewhere: they show if the log is ever cut off or written anew."""
        return await self.send(_list_audit_checkpoints(cursor=cursor, limit=limit))

    def iter_audit_checkpoints(self, *, limit: int | None = None) -> AsyncIterator[m.Checkpoint]:
        """Every item of `list_audit_checkpoints`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_audit_checkpoints(limit=limit, cursor=cursor))

    async def list_audit_entries(
        self,
        *,
        action: str | None = None,
        actor: UUID | None = None,
        target: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> m.AuditEntryPage:
        """Entries, newest first."""
        return await self.send(
            _list_audit_entries(
                action=action,
                actor=actor,
                target=target,
                since=since,
                until=until,
                cursor=cursor,
                limit=limit,
            )
        )

    def iter_audit_entries(
        self,
        *,
        action: str | None = None,
        actor: UUID | None = None,
        target: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[m.AuditEntry]:
        """Every item of `list_audit_entries`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_audit_entries(
                action=action,
                actor=actor,
                target=target,
                since=since,
                until=until,
                limit=limit,
                cursor=cursor,
            )
        )
