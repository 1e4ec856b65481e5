"""What the routes of people ask for: who is signed in, with no transaction open, and from where a request comes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, Field

from service.api.deps import BY_SESSION, App, keep_session, recognise, request_id_of
from service.api.errors import InvalidParameterError
from service.api.limiting import count_identified, count_known
from service.http.session_cookie import give_cookie, read_cookie
from service.http.state import AppState
from service.organizations.errors import CrossSiteError, NotSignedInError
from service.organizations.models import Person, PersonSession, Role
from service.organizations.people import Device, People
from service.organizations.people_repository import Place
from service.organizations.rules import LONGEST_EMAIL, LONGEST_PASSWORD
from service.organizations.session_repository import Signed
from service.organizations.sessions import Started, csrf_token, identify_session, places_of
from service.organizations.tokens import NOWHERE, TenantToken, parse_session_token

Email = Annotated[str, Field(max_length=LONGEST_EMAIL)]
PersonName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Password = Annotated[str, Field(max_length=LONGEST_PASSWORD)]
"""How short it may be is said with a problem of its own."""
LinkText = Annotated[str, Field(max_length=200, description="What stands after the # sign of the link.")]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, and the token that they bear."""

    signed: Signed
    token: TenantToken
    request_id: str | None

    @property
    def person(self) -> Person:
        return self.signed.person

    @property
    def session(self) -> PersonSession:
        return self.signed.session


# The transaction is over before the route begins: routes of people check passwords, which takes long.
async def signed_in(request: Request, app: App) -> AsyncIterator[SignedIn]:
    """NotSignedInError; CrossSiteError for a change without the session's CSRF token."""
    found = await _signed_in(request, app)
    if found is None:
        raise NotSignedInError
    yield found
    await keep_session(request, app)


async def perhaps_signed_in(request: Request, app: App) -> SignedIn | None:
    """Who is signed in, None if nobody is. CrossSiteError as above."""
    try:
        return await _signed_in(request, app)
    except NotSignedInError:
        return None


async def former_session(request: Request, app: App) -> Signed | None:
    """The session that the browser had before it signs in anew, which needs no token of the old one.

    CrossSiteError where another site has the browser sign in.
    """
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise CrossSiteError
    return await session_before(request, app)


async def session_before(request: Request, app: AppState) -> Signed | None:
    """The session that the browser bears, if it is good."""
    text = read_cookie(request, app.public_url)
    try:
        token = parse_session_token(text or "")
        async with app.database.tenant_read(token.org_id) as session:
            return await identify_session(session, token, app.people)
    except NotSignedInError:
        return None


async def _signed_in(request: Request, app: App) -> SignedIn | None:
    text = read_cookie(request, app.public_url)
    if text is None:
        return None
    token = parse_session_token(text)
    await count_known(request, app, token.digest)
    async with app.database.tenant_read(token.org_id) as session:
        try:
            signed = await recognise(request, app, token, session)
        except NotSignedInError:
            app.callers.forget(token.digest)
            raise
    person_id = signed.person.id
    # people of no organization share no budget: each would see how much strangers do
    org_id = person_id if token.org_id == NOWHERE else token.org_id
    count_identified(request, app, token.digest, org_id=org_id, caller=person_id)
    return SignedIn(signed, token, request_id_of(request))


signed_in.__dict__["needs_person"] = True
signed_in.__dict__["security"] = BY_SESSION
Mine = Annotated[SignedIn, Depends(signed_in, scope="function")]
Former = Annotated[Signed | None, Depends(former_session)]
PerhapsMine = Annotated[SignedIn | None, Depends(perhaps_signed_in)]


async def device_of(request: Request) -> Device:
    return Device(request.client.host if request.client else "", request.headers.get("user-agent", ""))


FromDevice = Annotated[Device, Depends(device_of)]


def needed(name: str, value: str | None) -> str:
    """What whoever isn't signed in has to give. InvalidParameterError."""
    if not value:
        raise InvalidParameterError(f"{name}: give one, or sign in first if you have an account.")
    return value


class PlaceOut(BaseModel):
    """An organization that you belong to."""

    id: UUID
    handle: str
    name: str
    role: Role


class MyPersonOut(BaseModel):
    id: UUID
    email: str
    name: str
    email_verified: bool = Field(description="Whether you have shown that the address is yours.")
    second_factor: bool = Field(description="Whether signing in asks for a code.")
    organizations: list[PlaceOut]


class CurrentSessionOut(BaseModel):
    id: UUID
    csrf_token: str = Field(description="Send it as `X-CSRF-Token` with every change made with the cookie.")
    organization_id: UUID | None = Field(description="The organization that the session acts in.")
    role: Role | None = Field(description="What you are there.")
    person: MyPersonOut


def person_out(person: Person, mine: list[Place]) -> MyPersonOut:
    places = [
        PlaceOut(id=p.organization.id, handle=p.organization.handle, name=p.organization.name, role=p.role)
        for p in mine
    ]
    return MyPersonOut(
        id=person.id, email=person.email, name=person.name, organizations=places,
        email_verified=person.email_verified_at is not None, second_factor=person.totp_confirmed_at is not None,
    )  # fmt: skip


async def current_out(people: People, session: PersonSession, person: Person) -> CurrentSessionOut:
    mine = await places_of(people, person.id)
    role = next((place.role for place in mine if place.organization.id == session.org_id), None)
    return CurrentSessionOut(
        id=session.id, csrf_token=csrf_token(people, session.id), person=person_out(person, mine),
        organization_id=session.org_id if role else None, role=role,
    )  # fmt: skip


async def welcome(request: Request, app: App, started: Started) -> CurrentSessionOut:
    """Set the cookie of a session that has just begun, and say what it is."""
    give_cookie(request, app.public_url, started.token.text)
    return await current_out(app.people, started.session, started.person)
