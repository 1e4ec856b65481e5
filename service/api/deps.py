"""What routes ask for: who calls, and a session of the caller's own tenant."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.db.sessions import TenantReadSession, TenantSession
from service.http.state import AppState
from service.organizations.errors import InvalidApiKeyError
from service.organizations.keys import KeyText, parse_key
from service.organizations.models import Scope
from service.organizations.operations import Caller, identify

bearer = HTTPBearer(auto_error=False, description="An API key of your organization: `cg_live_…`.")


def state_of(request: Request) -> AppState:
    state: AppState = request.app.state.commonground
    return state


App = Annotated[AppState, Depends(state_of)]


def key_of(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> KeyText:
    """The key in the request; InvalidApiKeyError without one. Its organization is set as tenant before it is looked up."""
    if credentials is None:
        raise InvalidApiKeyError
    return parse_key(credentials.credentials)


Key = Annotated[KeyText, Depends(key_of)]


# scope="function": the transaction ends before the answer begins, so a failed commit is an error and not a 200.
async def read_session(app: App, key: Key) -> AsyncIterator[TenantReadSession]:
    async with app.database.tenant_read(key.org_id) as session:
        yield session


async def write_session(app: App, key: Key) -> AsyncIterator[TenantSession]:
    async with app.database.tenant(key.org_id) as session:
        yield session


Reading = Annotated[TenantReadSession, Depends(read_session, scope="function")]
Writing = Annotated[TenantSession, Depends(write_session, scope="function")]


async def reader(app: App, key: Key, session: Reading) -> Caller:
    return await identify(session, key, app.clock)


async def writer(app: App, key: Key, session: Writing) -> Caller:
    return await identify(session, key, app.clock)


def reads(scope: Scope) -> Callable[..., None]:
    """A dependency that lets a key with this scope read, and names the scope where it is missing."""

    def check(caller: Annotated[Caller, Depends(reader, scope="function")]) -> None:
        caller.require(scope)

    check.__dict__["required_scope"] = scope
    return check


def writes(scope: Scope) -> Callable[..., None]:
    """As `reads`, in the transaction that writes."""

    def check(caller: Annotated[Caller, Depends(writer, scope="function")]) -> None:
        caller.require(scope)

    check.__dict__["required_scope"] = scope
    return check
