"""Making an organization with its first admin."""

from dataclasses import replace
from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from service.accounts.operations import create_standard_populations
from service.api.deps import App, request_id_of
from service.api.problems import responses
from service.api.routing import resource
from service.api.signed_in import (
    CurrentSessionOut,
    Email,
    FromDevice,
    LinkText,
    Password,
    PerhapsMine,
    PersonName,
    needed,
    welcome,
)
from service.db.sessions import TenantSession
from service.organizations import sign_up
from service.organizations.errors import SignUpClosedError
from service.organizations.sessions import end_session, start_session

router = resource("/sign-up", "sign-up")


class SignUpRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email


class Accepted(BaseModel):
    """The same whatever becomes of it."""

    detail: str


class SignUpIn(BaseModel):
    """Whoever has no account yet gives the token of a link, a name and a password; whoever has one signs in first."""

    model_config = ConfigDict(extra="forbid")

    token: LinkText | None = None
    handle: Annotated[str, Field(min_length=2, max_length=63)] = Field(
        description="Short name of the organization: a–z, 0–9 and hyphens."
    )
    organization_name: PersonName
    name: PersonName | None = Field(default=None, description="Your own.")
    password: Password | None = None


@router.post("/requests", operation_id="ask_to_sign_up", status_code=202, responses=responses(429))
async def ask_to_sign_up(app: App, device: FromDevice, given: SignUpRequest) -> Accepted:
    """Have a link sent to sign up with, where sign-up is open. The answer is the same for every address."""
    await sign_up.ask_to_sign_up(app.people, given.email, device)
    return Accepted(detail="A letter is on its way to the address.")


@router.post("", operation_id="sign_up", status_code=201, responses=responses(404, 409))
async def create_organization(
    request: Request, app: App, mine: PerhapsMine, device: FromDevice, given: SignUpIn
) -> CurrentSessionOut:
    """Make an organization of which you are the first admin, and be signed in there."""
    people, request_id = app.people, request_id_of(request)
    wish = sign_up.Wish(given.handle, given.organization_name)

    async def furnish(session: TenantSession) -> None:
        create_standard_populations(session, app.ids, app.clock)

    if mine is None:
        if given.token is None:
            raise SignUpClosedError
        wish = replace(
            wish, person_name=needed("name", given.name), password=needed("password", given.password)
        )
        made, person = await sign_up.sign_up_as_new(people, given.token, wish, furnish, request_id=request_id)
    else:
        person = mine.person
        made = await sign_up.sign_up_as(
            people, given.token, wish, furnish, mine.signed, request_id=request_id
        )
        await end_session(people, mine.signed, mine.session.id, request_id=request_id)
    factor = mine is not None and mine.session.second_factor_at is not None
    started = await start_session(
        people, person, device, how="sign_up", org_id=made.id, second_factor=factor, request_id=request_id
    )
    return await welcome(request, app, started)
