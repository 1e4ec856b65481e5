"""One organization with an admin, a clock that the test moves, and nothing but the product's own parts."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from fastapi import FastAPI

from service.crypto import MemoryKeystore
from service.db.database import Database
from service.jobs.drain import drain
from service.kit.clock import FixedClock
from service.kit.ids import UuidV7Ids
from service.kit.mail import SmtpMailer, SmtpServer
from service.organizations.models import Person, Role
from service.organizations.people import People
from service.worker import make_registry
from tests.factories.people import PASSWORD
from tests.factories.people import member as make_member
from tests.factories.world import Member, World, make_world
from tests.support.mailbox import Mailbox, mailbox

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def world(db: Database, tmp_path: Path, clock: FixedClock) -> World:
    return make_world(db, MemoryKeystore(), tmp_path, clock, UuidV7Ids())


@pytest.fixture
def people(app: FastAPI) -> People:
    found: People = app.state.commonground.people
    return found


@pytest.fixture
async def org(world: World) -> Member:
    return await world.organization("acme")


@pytest.fixture
async def admin(people: People, org: Member) -> Person:
    return await make_member(people, org.id, Role.ADMIN, email="ada@example.com", password=PASSWORD)


@dataclass(frozen=True)
class Mail:
    """A real mail server of the test's own, and the worker's job that hands letters to it."""

    box: Mailbox
    mailer: SmtpMailer
    world: World

    async def deliver(self) -> list[EmailMessage]:
        """Run the jobs; what arrived through them."""
        before = len(self.box.letters)
        world = self.world
        registry = make_registry(
            database=world.database, keystore=world.keystore, spool=world.spool, clock=world.clock, ids=world.ids,
            mailer=self.mailer, public_url="http://127.0.0.1:8000",
        )  # fmt: skip
        await drain(world.database, registry)
        return self.box.letters[before:]

    async def link(self) -> str:
        """What stands after the # sign in the one letter that comes."""
        [letter] = await self.deliver()
        [found] = re.findall(r"http://127\.0\.0\.1:8000/[a-z-]+#(\S+)", str(letter.get_content()))
        return str(found)


@pytest.fixture
async def mail(app: FastAPI, world: World) -> AsyncIterator[Mail]:
    """Letters leave in this test."""
    async with mailbox() as box:
        mailer = SmtpMailer(SmtpServer.parse(f"smtp+plain://127.0.0.1:{box.port}"), sender="cg@example.com")
        object.__setattr__(app.state.commonground, "mailer", mailer)
        yield Mail(box, mailer, world)
