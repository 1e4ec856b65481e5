"""Invitations by e-mail: the letter alone brings the link, and nothing is looked up by the address."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from service.crypto.invitation import InvitationCode
from service.jobs import Registry
from service.jobs.drain import drain
from service.kit.mail import Mailer, SmtpMailer, SmtpServer
from service.organizations.errors import InvalidLinkError
from service.organizations.passwords import Passwords
from service.organizations.people import People
from service.partnerships.epochs import code_name
from service.partnerships.inviting import jobs
from service.partnerships.inviting.answering import open_link
from service.partnerships.inviting.sending import Offer, Offered, offer, resend, withdraw
from tests.factories.world import Member, World
from tests.support.mailbox import Mailbox, mailbox

URL = "https://cg.example"
TO = Offer(email="Anna@Example.com", message="See https://evil.example", coded=True)


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with mailbox() as kept:
        yield kept


@pytest.fixture
async def sender(world: World) -> Member:
    return await world.organization("sender")


def people_of(world: World) -> People:
    parts = People(world.database, world.keystore, world.clock, world.ids, Passwords())
    return replace(parts, letters_leave=True, public_url=URL)


def smtp(port: int) -> Mailer:
    return SmtpMailer(SmtpServer.parse(f"smtp+plain://127.0.0.1:{port}"), sender="no-reply@cg.example")


async def deliver(world: World, box: Mailbox) -> list[str]:
    registry = Registry()
    parts = jobs.InvitingParts(
        database=world.database, keystore=world.keystore, mailer=smtp(box.port), clock=world.clock, public_url=URL
    )  # fmt: skip
    jobs.register(registry, parts)
    return await drain(world.database, registry, others_wait=True)


async def offered(world: World, sender: Member, wanted: Offer = TO) -> Offered:
    async with world.database.tenant(sender.id) as session:
        return await offer(session, people_of(world), wanted)


def link_in(box: Mailbox) -> str:
    [link] = re.findall(r"https://cg.example/partner#(\S+)", box.letters[-1].get_content())
    return str(link)


async def test_the_letter_brings_a_link_that_works_and_the_answer_doesnt(
    world: World, sender: Member, box: Mailbox, superuser: asyncpg.Connection
) -> None:
    made = await offered(world, sender)
    assert made.link is None
    await deliver(world, box)
    assert box.recipients == ["anna@example.com"]
    text = box.letters[0].get_content()
    assert "Sender" in box.letters[0]["subject"]
    assert "https://evil.example" not in text
    assert made.code is not None
    assert made.code not in text
    receiver = await world.organization("receiver")
    async with world.database.tenant(receiver.id) as session:
        copy, inviter = await open_link(session, people_of(world), link_in(box))
    assert (copy.id, inviter.id, copy.coded) == (made.invitation.id, sender.id, True)
    # nothing that opens it is kept, and the address is in no log or queue
    kept = await superuser.fetchval("SELECT admits::text FROM partner_invitation")
    assert link_in(box)[-52:] not in kept
    for table, column in (("audit_entry", "details::text"), ("pgqueuer", "encode(payload, 'escape')")):
        said = await superuser.fetch(f"SELECT coalesce({column}, '') AS said FROM {table}")
        assert not any("anna" in row["said"].lower() for row in said), table


async def test_another_letter_makes_the_first_worthless_and_a_withdrawn_one_isnt_written(
    world: World, sender: Member, box: Mailbox
) -> None:
    made = await offered(world, sender)
    await deliver(world, box)
    first = link_in(box)
    async with world.database.tenant(sender.id) as session:
        await resend(session, people_of(world), made.invitation.id)
    await deliver(world, box)
    receiver = await world.organization("receiver")
    async with world.database.tenant(receiver.id) as session:
        with pytest.raises(InvalidLinkError):
            await open_link(session, people_of(world), first)
        await open_link(session, people_of(world), link_in(box))
    async with world.database.tenant(sender.id) as session:
        await resend(session, people_of(world), made.invitation.id)
        await withdraw(session, people_of(world), made.invitation.id)
    await deliver(world, box)
    assert len(box.letters) == 2
    assert code_name(sender.id, made.invitation.id) not in world.keystore.names()


async def test_without_a_mail_server_the_link_is_shown_to_whoever_invites(
    world: World, sender: Member
) -> None:
    async with world.database.tenant(sender.id) as session:
        made = await offer(session, replace(people_of(world), letters_leave=False), TO)
    assert (made.link or "").startswith(f"{URL}/partner#cg_partner_")
    assert InvitationCode.typed(made.code or "").reveal()
