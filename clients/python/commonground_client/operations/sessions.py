"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _end_other_sessions() -> Call[None]:
    return Call(method="DELETE", path=path("/v1/sessions"), answer=type(None))


def _end_session(session_id: UUID) -> Call[None]:
    return Call(method="DELETE", path=path("/v1/sessions/{}", session_id), answer=type(None))


def _get_current_session() -> Call[m.CurrentSession]:
    return Call(method="GET", path=path("/v1/sessions/current"), answer=m.CurrentSession)


def _list_sessions(*, cursor: str | None = None, limit: int | None = None) -> Call[m.SessionPage]:
    return Call(
        method="GET",
        path=path("/v1/sessions"),
        answer=m.SessionPage,
        query={"cursor": cursor, "limit": limit},
    )


def _sign_in(body: m.SignInIn) -> Call[m.CurrentSession]:
    return Call(method="POST", path=path("/v1/sessions"), answer=m.CurrentSession, json=body)


def _sign_out() -> Call[None]:
    return Call(method="DELETE", path=path("/v1/sessions/current"), answer=type(None))


def _switch_organization(body: m.SwitchIn) -> Call[m.CurrentSession]:
    return Call(
        method="PUT", path=path("/v1/sessions/current/organization"), answer=m.CurrentSession, json=body
    )


class Sessions(Sender):
    def end_other_sessions(self) -> None:
        """End all of your sessions but this one."""
        return self.send(_end_other_sessions())

    def end_session(self, session_id: UUID) -> None:
        """End one of your sessions."""
        return self.send(_end_session(session_id))

    def get_current_session(self) -> m.CurrentSession:
        """Who you are, the organization that you act in, and the token that changes need."""
        return self.send(_get_current_session())

    def list_sessions(self, *, cursor: str | None = None, limit: int | None = None) -> m.SessionPage:
        """Where you are signed in now, newest first."""
        return self.send(_list_sessions(cursor=cursor, limit=limit))

    def iter_sessions(self, *, limit: int | None = None) -> Iterator[m.Session]:
        """Every item of `list_sessions`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_sessions(limit=limit, cursor=cursor))

    def sign_in(self, body: m.SignInIn) -> m.CurrentSession:
        """Sign in. The answer sets the session's cookie; a session that the browser had before ends."""
        return self.send(_sign_in(body))

    def sign_out(self) -> None:
        """End this session. Its cookie is worth nothing from the answer on."""
        return self.send(_sign_out())

    def switch_organization(self, body: m.SwitchIn) -> m.CurrentSession:
        """Act in another of your organizations. The session gets a new token."""
        return self.send(_switch_organization(body))


class AsyncSessions(AsyncSender):
    async def end_other_sessions(self) -> None:
        """End all of your sessions but this one."""
        return await self.send(_end_other_sessions())

    async def end_session(self, session_id: UUID) -> None:
        """End one of your sessions."""
        return await self.send(_end_session(session_id))

    async def get_current_session(self) -> m.CurrentSession:
        """Who you are, the organization that you act in, and the token that changes need."""
        return await self.send(_get_current_session())

    async def list_sessions(self, *, cursor: str | None = None, limit: int | None = None) -> m.SessionPage:
        """Where you are signed in now, newest first."""
        return await self.send(_list_sessions(cursor=cursor, limit=limit))

    def iter_sessions(self, *, limit: int | None = None) -> AsyncIterator[m.Session]:
        """Every item of `list_sessions`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_sessions(limit=limit, cursor=cursor))

    async def sign_in(self, body: m.SignInIn) -> m.CurrentSession:
        """Sign in. The answer sets the session's cookie; a session that the browser had before ends."""
        return await self.send(_sign_in(body))

    async def sign_out(self) -> None:
        """End this session. Its cookie is worth nothing from the answer on."""
        return await self.send(_sign_out())

    async def switch_organization(self, body: m.SwitchIn) -> m.CurrentSession:
        """Act in another of your organizations. The session gets a new token."""
        return await self.send(_switch_organization(body))
