"""Single sign-on: to the identity provider and back."""

from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from service.api.deps import App, request_id_of
from service.api.problems import responses
from service.api.routing import resource
from service.api.signed_in import FromDevice, session_before
from service.http.session_cookie import give_cookie
from service.http.sign_on_cookie import give_ticket, read_ticket, take_ticket
from service.http.state import AppState
from service.organizations.errors import SignOnFailedError, SignOnOffError
from service.organizations.sessions import end_session
from service.organizations.sso.operations import Return, sign_on
from service.organizations.sso.provider import Provider
from service.organizations.sso.rules import own_path
from service.organizations.sso.ticket import LASTS, Ticket

router = resource("/sso", "single sign-on")

_SEE_OTHER = 303
Path = Annotated[str | None, Field(max_length=500)]
REDIRECT: dict[int | str, dict[str, Any]] = {_SEE_OTHER: {"description": "See Other"}}


class StartIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    return_to: Path = Field(default=None, description="A path of this server to come back to.")
    invitation: Annotated[str | None, Field(max_length=200)] = Field(
        default=None,
        description="What stands after the # sign of an invitation's link, to accept it on the way.",
    )


class CameBack(BaseModel):
    """What the identity provider gives the browser along; more may stand there."""

    state: str = Field(default="", max_length=2048)
    code: str = Field(
        default="", max_length=2048, description="Nothing where the person or the provider refused."
    )
    iss: str | None = Field(default=None, max_length=2048)


class StartOut(BaseModel):
    location: str = Field(description="Where to send the browser within ten minutes.")


def _provider(app: AppState) -> Provider:
    if app.sign_on is None:
        raise SignOnOffError
    return app.sign_on


@router.get("/start", operation_id="go_to_sign_on", status_code=303, responses=responses(404) | REDIRECT)
async def go_to_sign_on(
    app: App, return_to: Annotated[str | None, Query(max_length=500)] = None
) -> RedirectResponse:
    """Send the browser to the identity provider; it comes back to `return_to`, a path of this server."""
    provider, ticket = _provider(app), _ticket(app, return_to, None)
    response = RedirectResponse(await provider.address(ticket), _SEE_OTHER)
    give_ticket(response, app.public_url, ticket.sealed(app.keystore), int(LASTS.total_seconds()))
    return response


@router.post("/start", operation_id="begin_sign_on", responses=responses(404))
async def begin_sign_on(app: App, response: Response, given: StartIn) -> StartOut:
    """As above, for whoever brings an invitation: its secret belongs into no address."""
    provider, ticket = _provider(app), _ticket(app, given.return_to, given.invitation)
    location = await provider.address(ticket)
    give_ticket(response, app.public_url, ticket.sealed(app.keystore), int(LASTS.total_seconds()))
    return StartOut(location=location)


@router.get(
    "/callback", operation_id="finish_sign_on", status_code=303, responses=responses(400, 404, 429) | REDIRECT
)
async def finish_sign_on(
    request: Request,
    app: App,
    device: FromDevice,
    back: Annotated[CameBack, Query()],
) -> RedirectResponse:
    """Where the identity provider sends the browser back to. Sets the session's cookie; a session that it had before ends."""
    provider = _provider(app)
    ticket = Ticket.open(app.keystore, read_ticket(request, app.public_url), app.clock.now())
    # RFC 9207: an answer of another provider is not taken for one of ours
    is_ours = ticket.answers(back.state) and back.iss in {None, provider.config.issuer}
    if not is_ours or not back.code:
        raise SignOnFailedError
    came = Return(ticket, back.code, device, request_id_of(request))
    before = await session_before(request, app)
    started = await sign_on(app.people, provider, came)
    if before is not None:
        await end_session(app.people, before, before.session.id, request_id=came.request_id)
    give_cookie(request, app.public_url, started.token.text)
    response = RedirectResponse(own_path(ticket.return_to), _SEE_OTHER)
    take_ticket(response, app.public_url)
    return response


def _ticket(app: AppState, return_to: str | None, invitation: str | None) -> Ticket:
    return Ticket.draw(app.clock.now(), return_to=own_path(return_to), invitation=invitation)
