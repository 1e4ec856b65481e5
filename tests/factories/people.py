"""People, their memberships and browsers, made through the product's own operations."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from service.organizations.members import add_member
from service.organizations.models import Person, Role
from service.organizations.people import Device, People, add_person
from service.organizations.sessions import Started, csrf_token, start_session

PASSWORD = "correct horse battery"
HOME = Device("192.0.2.7", "Firefox")


async def make_person(
    people: People, email: str, *, password: str | None = None, name: str = "Someone"
) -> Person:
    """Without a password nothing is hashed, and they can be signed in with `signed_in` only."""
    hashed = None if password is None else await people.passwords.hash(password)
    async with people.database.directory() as session:
        return await add_person(session, people, email=email, name=name, password_hash=hashed, proven=True)


async def join(people: People, person: Person, org_id: UUID, role: Role = Role.ADMIN) -> None:
    async with people.database.tenant(org_id) as session:
        await add_member(session, people.clock, person.id, role)


async def member(
    people: People, org_id: UUID, role: Role, *, email: str | None = None, password: str | None = None
) -> Person:
    made = await make_person(people, email or f"{role}@example.com", password=password, name=role.title())
    await join(people, made, org_id, role)
    return made


@dataclass(frozen=True)
class Browser:
    """A client that keeps the session's cookie and sends its CSRF token with every change."""

    client: httpx.AsyncClient
    started: Started | None
    csrf: str

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"X-CSRF-Token": self.csrf, **options.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **options)


@asynccontextmanager
async def browser_of(app: FastAPI, person: Person, *, org_id: UUID | None = None) -> AsyncIterator[Browser]:
    """A browser in which the person is signed in."""
    people: People = app.state.commonground.people
    started = await start_session(people, person, HOME, how="password", org_id=org_id)
    async with new_client(app) as client:
        bear(client, started.token.text)
        yield Browser(client, started, csrf_token(people, started.session.id))


def bear(client: httpx.AsyncClient, token: str) -> None:
    """Have the client send this token, whatever it had."""
    client.cookies.clear()
    client.cookies.set("commonground", token, domain="test.local")


def new_client(app: FastAPI, address: str = "192.0.2.7") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 40000))
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers={"User-Agent": "Firefox"})
