"""Signing in and out, and where one is signed in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from service.api.deps import App, request_id_of
from service.api.pagination import MyPaging, Page
from service.api.problems import responses
from service.api.routing import resource
from service.api.signed_in import (
    CurrentSessionOut,
    Email,
    Former,
    FromDevice,
    Mine,
    Password,
    current_out,
    welcome,
)
from service.http.session_cookie import give_cookie, take_cookie
from service.organizations.models import PersonSession
from service.organizations.sessions import (
    end_other_sessions,
    end_session,
    identify_session,
    sessions_of,
    switch,
)
from service.organizations.sign_in import Credentials, sign_in

router = resource("/sessions", "sessions")


class SignInIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email
    password: Password
    code: Annotated[str | None, Field(max_length=64)] = Field(
        default=None,
        description="The present code of your authenticator app, or a recovery code, once a second factor is set up.",
    )
    organization_id: UUID | None = Field(
        default=None, description="Which of your organizations to act in; the oldest membership unless said."
    )


class SessionOut(BaseModel):
    id: UUID
    current: bool = Field(description="Whether it is the one that asks.")
    organization_id: UUID | None
    user_agent: str
    second_factor: bool
    created_at: datetime
    last_seen_at: datetime = Field(description="To the minute.")
    expires_at: datetime = Field(description="At the latest; 30 minutes without use end it sooner.")


class SwitchIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    organization_id: UUID


def _out(session: PersonSession, current: UUID) -> SessionOut:
    kept = session.model_dump(include=set(SessionOut.model_fields))
    return SessionOut(
        **kept, current=session.id == current, organization_id=session.org_id,
        second_factor=session.second_factor_at is not None,
    )  # fmt: skip


@router.post("", operation_id="sign_in", status_code=201, responses=responses(429))
async def create_session(
    request: Request, app: App, before: Former, device: FromDevice, given: SignInIn
) -> CurrentSessionOut:
    """Sign in. The answer sets the session's cookie; a session that the browser had before ends."""
    request_id = request_id_of(request)
    credentials = Credentials(given.email, given.password, given.code, given.organization_id)
    started = await sign_in(app.people, credentials, device, request_id=request_id)
    if before is not None:
        await end_session(app.people, before, before.session.id, request_id=request_id)
    return await welcome(request, app, started)


@router.get("", operation_id="list_sessions", responses=responses())
async def list_sessions(app: App, mine: Mine, paging: MyPaging) -> Page[SessionOut]:
    """Where you are signed in now, newest first."""
    limit = paging.limit + 1
    rows = await sessions_of(app.people, mine.signed, before=paging.after_id(), limit=limit)
    return paging.page(rows, lambda session: _out(session, mine.session.id), lambda session: (session.id,))


@router.get("/current", operation_id="get_current_session", responses=responses())
async def get_current_session(app: App, mine: Mine) -> CurrentSessionOut:
    """Who you are, the organization that you act in, and the token that changes need."""
    return await current_out(app.people, mine.session, mine.person)


@router.put("/current/organization", operation_id="switch_organization", responses=responses(404))
async def switch_organization(request: Request, app: App, mine: Mine, wanted: SwitchIn) -> CurrentSessionOut:
    """Act in another of your organizations. The session gets a new token."""
    token = await switch(app.people, mine.signed, wanted.organization_id, request_id=mine.request_id)
    give_cookie(request, app.public_url, token.text)
    async with app.database.tenant_read(token.org_id) as session:
        moved = await identify_session(session, token, app.people)
    return await current_out(app.people, moved.session, moved.person)


@router.delete("/current", operation_id="sign_out", status_code=204, responses=responses())
async def sign_out(request: Request, app: App, mine: Mine) -> None:
    """End this session. Its cookie is worth nothing from the answer on."""
    await end_session(app.people, mine.signed, mine.session.id, request_id=mine.request_id)
    take_cookie(request, app.public_url)


@router.delete("/{session_id}", operation_id="end_session", status_code=204, responses=responses(404))
async def delete_session(request: Request, app: App, mine: Mine, session_id: UUID) -> None:
    """End one of your sessions."""
    await end_session(app.people, mine.signed, session_id, request_id=mine.request_id)
    if session_id == mine.session.id:
        take_cookie(request, app.public_url)


@router.delete("", operation_id="end_other_sessions", status_code=204, responses=responses())
async def delete_other_sessions(app: App, mine: Mine) -> None:
    """End all of your sessions but this one."""
    await end_other_sessions(app.people, mine.signed, request_id=mine.request_id)
