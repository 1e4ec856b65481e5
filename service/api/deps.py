"""What routes ask for: who calls, and a session of the caller's own tenant.

All of these are `async def`, also those that wait for nothing: FastAPI runs a plain function in a thread, which costs far more
than what it does. They are few, because each costs every request something: one reads the credential, opens the transaction
and tells who calls. Which credential an operation takes is said in `security`, for the document.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security.utils import get_authorization_scheme_param

from service.api.idempotency import begin_once
from service.api.limiting import count_identified, count_known
from service.db.errors import DatabaseUnavailable
from service.db.sessions import TenantReadSession, TenantSession
from service.http.session_cookie import SECURE_NAME, give_cookie, is_decided, read_cookie
from service.http.state import AppState
from service.organizations.errors import InvalidApiKeyError, NotSignedInError
from service.organizations.keys import KeyText, parse_key
from service.organizations.models import Scope
from service.organizations.operations import Caller, identify
from service.organizations.session_repository import Signed
from service.organizations.sessions import caller_of, check_csrf, identify_session, keep_up
from service.organizations.tokens import TenantToken, parse_session_token

Credential = KeyText | TenantToken
"""An API key, or the token of a signed-in person's session."""
SECURITY_SCHEMES: Final[dict[str, dict[str, Any]]] = {
    "APIKeyCookie": {
        "type": "apiKey", "in": "cookie", "name": SECURE_NAME,
        "description": "The cookie of a session, as `POST /v1/sessions` sets it.",
    },
    "HTTPBearer": {"type": "http", "scheme": "bearer", "description": "An API key of your organization: `cg_live_…`."},
}  # fmt: skip
BY_KEY_OR_SESSION: Final = ("HTTPBearer", "APIKeyCookie")
BY_SESSION: Final = ("APIKeyCookie",)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def state_of(request: Request) -> AppState:
    state: AppState = request.app.state.commonground
    return state


App = Annotated[AppState, Depends(state_of)]


def request_id_of(request: Request) -> str | None:
    """The id that the request came or was given with; audit entries name it."""
    found: str | None = getattr(request.state, "request_id", None)
    return found


async def key_of(request: Request, app: App) -> Credential:
    """The key in the request, else the session's token; its organization is set as tenant before it is looked up.

    InvalidApiKeyError without either; NotSignedInError for a cookie that is no token.
    """
    return credential_of(request, app)


def credential_of(request: Request, app: AppState) -> Credential:
    """As `key_of`."""
    scheme, given = get_authorization_scheme_param(request.headers.get("authorization"))
    if given and scheme.lower() == "bearer":
        return parse_key(given)
    text = read_cookie(request, app.public_url)
    if text is None:
        raise InvalidApiKeyError
    return parse_session_token(text)


key_of.__dict__["security"] = BY_KEY_OR_SESSION
Key = Annotated[Credential, Depends(key_of)]


# scope="function": the transaction ends before the answer begins, so a failed commit is an error and not a 200.
async def read_session(request: Request) -> AsyncIterator[TenantReadSession]:
    app = await state_of(request)
    async with _read(request, app, app.database.tenant_read) as session:
        yield session


@asynccontextmanager
async def brief_session(request: Request) -> AsyncIterator[TenantReadSession]:
    """For a route that reads one page and is over."""
    app = await state_of(request)
    async with _read(request, app, app.database.brief_read) as session:
        yield session


@asynccontextmanager
async def _read(
    request: Request, app: AppState, opened: Callable[[UUID], AbstractAsyncContextManager[TenantReadSession]]
) -> AsyncIterator[TenantReadSession]:
    key = credential_of(request, app)
    await count_known(request, app, key.digest)
    async with opened(key.org_id) as session:
        await _begin(request, app, key, session)
        yield session
    await keep_session(request, app)


async def write_session(request: Request) -> AsyncIterator[TenantSession]:
    app = await state_of(request)
    key = credential_of(request, app)
    await count_known(request, app, key.digest)
    async with app.database.tenant(key.org_id) as session:
        await _begin(request, app, key, session)
        yield session
    await keep_session(request, app)


async def _begin(request: Request, app: AppState, key: Credential, session: TenantReadSession) -> None:
    session.request_id = request_id_of(request)
    request.state.caller = await identified(request, app, key, session)


read_session.__dict__["security"] = write_session.__dict__["security"] = BY_KEY_OR_SESSION
Reading = Annotated[TenantReadSession, Depends(read_session, scope="function")]
Writing = Annotated[TenantSession, Depends(write_session, scope="function")]


async def caller_of_request(request: Request, _session: Writing) -> Caller:
    """Who writes."""
    caller: Caller = request.state.caller
    return caller


Writer = Annotated[Caller, Depends(caller_of_request, scope="function")]


async def identified(request: Request, app: AppState, key: Credential, session: TenantReadSession) -> Caller:
    """Who calls; that the key was used is noted, and written later in a transaction of its own."""
    try:
        caller = await _caller(request, app, key, session)
    except (InvalidApiKeyError, NotSignedInError):
        app.callers.forget(key.digest)
        raise
    count_identified(request, app, key.digest, org_id=caller.org_id, caller=caller.actor.id)
    app.key_uses.note(caller, app.clock.now())
    return caller


async def _caller(request: Request, app: AppState, key: Credential, session: TenantReadSession) -> Caller:
    if isinstance(key, KeyText):
        return await identify(session, key, app.clock)
    caller = caller_of(await recognise(request, app, key, session))
    session.actor = caller.actor
    return caller


async def recognise(
    request: Request, app: AppState, token: TenantToken, session: TenantReadSession
) -> Signed:
    """Who is signed in. NotSignedInError; CrossSiteError if they didn't mean the change that the request asks for."""
    signed = await identify_session(session, token, app.people)
    if request.method not in _SAFE:
        headers = request.headers
        check_csrf(app.people, signed, headers.get("x-csrf-token"), headers.get("sec-fetch-site"))
    request.state.signed_in = signed, token
    return signed


async def keep_session(request: Request, app: AppState) -> None:
    """Once the request's transaction stands: note that the session is used, and renew its token when that is due."""
    found: tuple[Signed, TenantToken] | None = getattr(request.state, "signed_in", None)
    if found is None or is_decided(request):
        return
    signed, token = found
    with suppress(DatabaseUnavailable):  # the request itself has succeeded
        fresh = await keep_up(app.people, signed, token)
        if fresh is not None:
            give_cookie(request, app.public_url, fresh.text)


def reads(*scopes: Scope) -> Callable[..., Awaitable[None]]:
    """A dependency that lets a key with all these scopes read, and names those that are missing."""

    async def check(request: Request, _session: Reading) -> None:
        request.state.caller.require(*scopes)

    check.__dict__["required_scope"] = " ".join(scopes)
    return check


def writes(scope: Scope) -> Callable[..., Awaitable[None]]:
    """As `reads`, in the transaction that writes; a POST with an `Idempotency-Key` is done once."""

    async def check(request: Request, session: Writing) -> None:
        request.state.caller.require(scope)
        await begin_once(request, await state_of(request), session)

    check.__dict__["is_done_once"] = True
    check.__dict__["required_scope"] = scope
    return check
