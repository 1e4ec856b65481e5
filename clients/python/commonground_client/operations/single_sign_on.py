"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from typing import Any

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _begin_sign_on(body: m.StartIn) -> Call[m.Start]:
    return Call(method="POST", path=path("/v1/sso/start"), answer=m.Start, json=body)


def _finish_sign_on(
    *, state: str | None = None, code: str | None = None, iss: str | None = None
) -> Call[Any]:
    return Call(
        method="GET",
        path=path("/v1/sso/callback"),
        answer=object,
        query={"state": state, "code": code, "iss": iss},
    )


def _go_to_sign_on(*, return_to: str | None = None) -> Call[Any]:
    return Call(method="GET", path=path("/v1/sso/start"), answer=object, query={"return_to": return_to})


class SingleSignOn(Sender):
    def begin_sign_on(self, body: m.StartIn) -> m.Start:
        """As above, for whoever brings an invitation: its secret belongs into no address."""
        return self.send(_begin_sign_on(body))

    def finish_sign_on(
        self, *, state: str | None = None, code: str | None = None, iss: str | None = None
    ) -> Any:
        """Where the identity provider sends the browser back to. Sets the session's cookie; a session that it had before ends."""
        return self.send(_finish_sign_on(state=state, code=code, iss=iss))

    def go_to_sign_on(self, *, return_to: str | None = None) -> Any:
        """Send the browser to the identity provider; it comes back to `return_to`, a path of this server."""
        return self.send(_go_to_sign_on(return_to=return_to))


class AsyncSingleSignOn(AsyncSender):
    async def begin_sign_on(self, body: m.StartIn) -> m.Start:
        """As above, for whoever brings an invitation: its secret belongs into no address."""
        return await self.send(_begin_sign_on(body))

    async def finish_sign_on(
        self, *, state: str | None = None, code: str | None = None, iss: str | None = None
    ) -> Any:
        """Where the identity provider sends the browser back to. Sets the session's cookie; a session that it had before ends."""
        return await self.send(_finish_sign_on(state=state, code=code, iss=iss))

    async def go_to_sign_on(self, *, return_to: str | None = None) -> Any:
        """Send the browser to the identity provider; it comes back to `return_to`, a path of this server."""
        return await self.send(_go_to_sign_on(return_to=return_to))
