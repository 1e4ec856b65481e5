"""Oneself: name, password, address, and the organizations that one belongs to."""

from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict

from service.api.deps import App, request_id_of
from service.api.preconditions import ChangeConditions
from service.api.problems import responses
from service.api.routing import resource
from service.api.signed_in import (
    Email,
    FromDevice,
    LinkText,
    Mine,
    MyPersonOut,
    Password,
    PersonName,
    person_out,
)
from service.http.etags import etag
from service.http.session_cookie import give_cookie, take_cookie
from service.organizations import credentials
from service.organizations.errors import UnknownMemberError, UnknownOrganizationError
from service.organizations.members import remove_member
from service.organizations.models import Person
from service.organizations.people_repository import Persons
from service.organizations.sessions import acting_in, places_of

router = resource("", "person")


class PersonChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: PersonName


class PasswordChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    current: Password
    new: Password


class ResetRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email


class ResetIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: LinkText
    password: Password


class VerificationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: LinkText


class Accepted(BaseModel):
    """The same whatever becomes of it."""

    detail: str


def _tag(person: Person) -> str:
    """Of what can be edited."""
    return etag(person.id, person.name)


@router.get("/person/me", operation_id="get_me", responses=responses())
async def get_me(app: App, mine: Mine, response: Response) -> MyPersonOut:
    """Who you are and where you belong, with the `ETag` that a change may name in `If-Match`."""
    response.headers["ETag"] = _tag(mine.person)
    return person_out(mine.person, await places_of(app.people, mine.person.id))


@router.patch("/person/me", operation_id="update_me", responses=responses(412))
async def update_me(
    response: Response, app: App, mine: Mine, change: PersonChange, conditions: ChangeConditions
) -> MyPersonOut:
    """Change your name."""
    async with app.database.directory() as session:
        person = await Persons(session).by_id(mine.person.id, lock=True)
        if person is None:
            raise UnknownMemberError
        conditions.check(_tag(person))
        person.name = change.name
    response.headers["ETag"] = _tag(person)
    return person_out(person, await places_of(app.people, person.id))


@router.post("/person/me/password", operation_id="change_password", status_code=204, responses=responses(429))
async def change_password(
    request: Request, app: App, mine: Mine, device: FromDevice, change: PasswordChange
) -> None:
    """Set a new password. Every other session of yours ends, and this one gets a new token."""
    token = await credentials.change_password(
        app.people, mine.signed, device,
        current=change.current, new=change.new, request_id=mine.request_id,
    )  # fmt: skip
    if token is not None:
        give_cookie(request, app.public_url, token.text)


@router.post(
    "/person/me/email-verification",
    operation_id="ask_for_verification",
    status_code=202,
    responses=responses(),
)
async def ask_for_verification(app: App, mine: Mine) -> Accepted:
    """Have a link sent that shows that your address is yours."""
    await credentials.ask_to_verify(app.people, mine.signed)
    return Accepted(
        detail="If letters leave this server and the address isn't verified yet, one is on its way."
    )


@router.delete(
    "/person/me/organizations/{organization_id}", operation_id="leave_organization", status_code=204,
    responses=responses(404, 409),
)  # fmt: skip
async def leave_organization(request: Request, app: App, mine: Mine, organization_id: UUID) -> None:
    """Leave an organization; your sessions there end. The last admin can't leave."""
    async with acting_in(app.people, mine.person.id, organization_id, mine.request_id) as session:
        try:
            await remove_member(session, app.clock, mine.person.id)
        except UnknownMemberError:
            raise UnknownOrganizationError(str(organization_id)) from None
    if mine.session.org_id == organization_id:
        take_cookie(request, app.public_url)


@router.post(
    "/password-resets", operation_id="ask_for_password_reset", status_code=202, responses=responses(429)
)
async def ask_for_password_reset(app: App, device: FromDevice, given: ResetRequest) -> Accepted:
    """Have a link sent to set a new password with. The answer is the same whether anybody has the address."""
    await credentials.ask_for_reset(app.people, given.email, device)
    return Accepted(
        detail="If somebody has an account with this address and letters leave this server, one is on its way."
    )


@router.post(
    "/password-resets/complete", operation_id="reset_password", status_code=204, responses=responses(404)
)
async def reset_password(request: Request, app: App, given: ResetIn) -> None:
    """Set a new password by the link, once. Every session ends; sign in with the new password."""
    await credentials.reset_password(
        app.people, given.token, given.password, request_id=request_id_of(request)
    )


@router.post("/email-verifications", operation_id="verify_email", status_code=204, responses=responses(404))
async def verify_email(app: App, given: VerificationIn) -> None:
    """Show by the link that the address is yours."""
    await credentials.verify_email(app.people, given.token)
