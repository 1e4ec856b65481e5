"""Letters leave after the commit, with links that work and that nothing else knows."""

import re
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import structlog
from sqlmodel import select

from service.jobs import Registry
from service.jobs.drain import drain
from service.jobs.queue import encode
from service.kit.mail import Mailer, MailUnavailableError, NoMailer, SmtpMailer, SmtpServer
from service.organizations import letters
from service.organizations.letters import LetterKind, post
from service.organizations.letters.jobs import LetterNotSentError
from service.organizations.letters.texts import write
from service.organizations.models import (
    LinkPurpose,
    MemberInvitation,
    Person,
    PersonLink,
    PersonSession,
    Role,
)
from service.organizations.people_repository import Invitations
from service.organizations.session_repository import Links
from service.organizations.tokens import link_digest, parse_invitation
from tests.factories.world import Member, World
from tests.support.logs import logged
from tests.support.mailbox import Mailbox, mailbox, silent

URL = "https://cg.example"


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with mailbox() as kept:
        yield kept


def smtp(port: int) -> SmtpMailer:
    server = SmtpServer.parse(f"smtp+plain://127.0.0.1:{port}")
    return SmtpMailer(server, sender="no-reply@cg.example", deadline=2)


async def deliver(world: World, mailer: Mailer) -> list[str]:
    registry = Registry()
    parts = letters.LetterParts(database=world.database, mailer=mailer, clock=world.clock, public_url=URL)
    letters.register(registry, parts)
    return await drain(world.database, registry)


async def person(world: World, *, name: str = "Ada Lovelace", disabled: bool = False) -> Person:
    now = world.clock.now()
    made = Person(
        id=world.ids.new(), email="ada@example.com", name=name, password_hash=None, password_changed_at=None,
        email_verified_at=None, totp_secret=None, totp_confirmed_at=None, totp_step=None, created_at=now,
        disabled_at=now if disabled else None,
    )  # fmt: skip
    async with world.database.directory() as session:
        session.add(made)
    return made


async def invitation(
    world: World, member: Member, *, lasts: timedelta = timedelta(days=7)
) -> MemberInvitation:
    now = world.clock.now()
    made = MemberInvitation(
        org_id=member.id, id=world.ids.new(), digest=b"nobody knows", email="ada@example.com",
        role=Role.PARTNER_MANAGER, invited_by=None, proves_email=False, created_at=now, expires_at=now + lasts,
        accepted_at=None, withdrawn_at=None,
    )  # fmt: skip
    async with world.database.tenant(member.id) as session:
        session.add(made)
        await session.flush()
        await post(session, LetterKind.INVITATION, made.id, org_id=member.id)
    return made


def link_in(box: Mailbox, page: str) -> str:
    found = re.search(rf"^{URL}/{page}#(\S+)$", box.text().replace("\r", ""), re.MULTILINE)
    assert found, box.text()
    return found[1]


async def test_an_invitation_carries_a_link_that_is_good_and_proves_the_address(
    world: World, box: Mailbox
) -> None:
    member = await world.organization("acme")
    await invitation(world, member)
    assert await deliver(world, smtp(box.port)) == [letters.LETTER_JOB]
    assert box.recipients == ["ada@example.com"]
    assert box.letters[0]["Subject"] == "Join Acme on Commonground"
    token = parse_invitation(link_in(box, "join"))
    assert token.org_id == member.id
    async with world.database.tenant(member.id) as session:
        found = await Invitations(session).by_digest(token.digest, world.clock.now())
        assert found is not None
        assert found.proves_email


@pytest.mark.parametrize(
    ("kind", "page", "purpose"),
    [
        (LetterKind.VERIFY_EMAIL, "verify", LinkPurpose.VERIFY_EMAIL),
        (LetterKind.RESET_PASSWORD, "reset", LinkPurpose.RESET_PASSWORD),
    ],
)
async def test_a_persons_link_is_good_once_and_the_newest_alone(
    world: World, box: Mailbox, kind: LetterKind, page: str, purpose: LinkPurpose
) -> None:
    ada, found = await person(world), []
    for _ in range(2):
        async with world.database.directory() as session:
            await post(session, kind, ada.id)
        await deliver(world, smtp(box.port))
        found.append(link_digest(link_in(box, page)))
    async with world.database.directory() as session:
        links, now = Links(session), world.clock.now()
        assert await links.use(found[0], purpose, now) is None
        used = await links.use(found[1], purpose, now)
        assert used is not None
        assert (used.person_id, used.email, used.proves_email) == (ada.id, "ada@example.com", True)
        assert await links.use(found[1], purpose, now) is None


async def test_a_letter_of_a_change_that_is_undone_never_leaves(world: World, box: Mailbox) -> None:
    ada = await person(world)

    async def undone() -> None:
        async with world.database.directory() as session:
            await post(session, LetterKind.PASSWORD_CHANGED, ada.id)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await undone()
    assert await deliver(world, smtp(box.port)) == []


async def test_the_queue_knows_neither_address_nor_link(world: World, box: Mailbox) -> None:
    member = await world.organization("acme")
    await invitation(world, member)
    ada = await person(world)
    async with world.database.directory() as session:
        await post(session, LetterKind.RESET_PASSWORD, ada.id)
        rows = await session.sql("SELECT convert_from(payload, 'UTF8') AS payload FROM pgqueuer")
        payloads = [row.payload for row in rows]
    assert len(payloads) == 2
    allowed = re.compile(r'\{"kind":"[a-z_]+","about":"[0-9a-f-]{36}"(,"org_id":"[0-9a-f-]{36}")?\}')
    assert all(allowed.fullmatch(payload) for payload in payloads), payloads


async def test_an_address_that_nobody_has_queues_as_much_and_sends_nothing(
    world: World, box: Mailbox
) -> None:
    async with world.database.directory() as session:
        await post(session, LetterKind.RESET_PASSWORD, world.ids.new())
    assert await deliver(world, smtp(box.port)) == [letters.LETTER_JOB]
    assert box.letters == []


async def test_a_disabled_person_gets_no_letter_and_no_link(world: World, box: Mailbox) -> None:
    ada = await person(world, disabled=True)
    async with world.database.directory() as session:
        await post(session, LetterKind.RESET_PASSWORD, ada.id)
    await deliver(world, smtp(box.port))
    async with world.database.directory() as session:
        assert (await session.scalars(select(PersonLink))).all() == []
    assert box.letters == []


@pytest.mark.parametrize("lasts", [timedelta(0), timedelta(seconds=-1)])
async def test_an_expired_invitation_is_not_sent(world: World, box: Mailbox, lasts: timedelta) -> None:
    await invitation(world, await world.organization("acme"), lasts=lasts)
    await deliver(world, smtp(box.port))
    assert box.letters == []


async def test_a_foreign_organization_cannot_send_an_invitation(world: World, box: Mailbox) -> None:
    acme, other = await world.organization("acme"), await world.organization("other")
    made = await invitation(world, acme)
    await deliver(world, smtp(box.port))
    async with world.database.tenant(other.id) as session:
        await post(session, LetterKind.INVITATION, made.id, org_id=other.id)
    await deliver(world, smtp(box.port))
    assert len(box.letters) == 1


async def test_a_new_sign_in_names_time_and_device(world: World, box: Mailbox) -> None:
    ada, now = await person(world), world.clock.now()
    signed_in = PersonSession(
        digest=b"d", id=world.ids.new(), person_id=ada.id, org_id=None, previous_digest=None, previous_until=None,
        renew_at=now, created_at=now, last_seen_at=now, expires_at=now, ended_at=None, second_factor_at=None,
        user_agent="Firefox on Linux", origin=b"o",
    )  # fmt: skip
    async with world.database.directory() as session:
        session.add(signed_in)
        await session.flush()
        await post(session, LetterKind.NEW_SIGN_IN, signed_in.id)
    await deliver(world, smtp(box.port))
    assert "Firefox on Linux" in box.text()
    assert f"{now:%d %B %Y, %H:%M} UTC" in box.text()


async def test_a_refused_address_is_given_up_and_not_named(world: World, box: Mailbox) -> None:
    box.refusals["ada@example.com"] = "550 no such ada@example.com"
    ada = await person(world)
    async with world.database.directory() as session:
        await post(session, LetterKind.PASSWORD_CHANGED, ada.id)
    with pytest.raises(LetterNotSentError) as caught:
        await deliver(world, smtp(box.port))
    assert "ada" not in str(caught.value)


async def test_a_server_that_hangs_leaves_the_letter_for_another_attempt(world: World) -> None:
    ada = await person(world)
    async with world.database.directory() as session:
        await post(session, LetterKind.PASSWORD_CHANGED, ada.id)
    async with silent() as port:
        server = SmtpServer.parse(f"smtp+plain://127.0.0.1:{port}")
        with pytest.raises(MailUnavailableError):
            await deliver(world, SmtpMailer(server, sender="a@cg.example", deadline=0.1))


async def test_a_letter_without_a_server_is_given_up(world: World) -> None:
    ada = await person(world)
    async with world.database.directory() as session:
        await post(session, LetterKind.PASSWORD_CHANGED, ada.id)
    with pytest.raises(LetterNotSentError, match="COMMONGROUND_SMTP_URL"):
        await deliver(world, NoMailer())


async def test_no_log_line_names_the_address_or_the_link(world: World, box: Mailbox) -> None:
    ada = await person(world, name="Xylophonquarz")
    with logged() as stream:
        structlog.get_logger("test").info("begun")
        async with world.database.directory() as session:
            await post(session, LetterKind.RESET_PASSWORD, ada.id)
        await deliver(world, smtp(box.port))
    said = stream.getvalue()
    assert "begun" in said
    for secret in ("ada@example.com", "Xylophonquarz", link_in(box, "reset")[8:]):
        assert secret not in said


@pytest.mark.parametrize("kind", LetterKind)
def test_every_letter_is_whole_short_and_plain(kind: LetterKind) -> None:
    names = ("organization", "inviter", "role", "until", "server", "name", "when", "device", "message")
    values = {name: f"<{name}>" for name in names} | {"link": f"{URL}/join#cg_link_x"}
    letter = write(kind, "ada@example.com", values)
    assert letter.subject
    assert "\n" not in letter.subject
    assert not letter.text.startswith(("\n", "Subject"))
    assert "$" not in letter.text + letter.subject
    assert all(len(line) <= 140 for line in letter.text.splitlines())


def test_what_people_call_themselves_becomes_neither_header_nor_paragraph_nor_link() -> None:
    evil = (
        "Acme\r\nBcc: eve@example.com\n\nYour account is locked: https://evil.example www.evil.example "
        + "x" * 300
    )
    values = dict.fromkeys(("organization", "inviter", "role", "until"), evil) | {"link": "L", "server": "s"}
    letter = write(LetterKind.INVITATION, "ada@example.com", values)
    assert "\n" not in letter.subject
    assert "https://" not in letter.text
    assert "www.evil" not in letter.text
    assert max(map(len, letter.text.splitlines())) < 700
    assert not [line for line in letter.text.splitlines() if line.startswith(("Bcc", "Your account"))]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "Visit evil-login.com or WWW.evil-login.com now",
            "Visit evil-login. com or WWW. evil-login. com now",
        ),
        ("HTTPS://evil.example/a?b=c.d", "HTTPS: //evil. example/a?b=c. d"),
        ("HtTp://localhost/", "HtTp: //localhost/"),
        ("write to eve@evil.co.uk", "write to eve@evil. co. uk"),
        ("192.0.2.1/login", "192. 0. 2. 1/login"),
        (
            "b\u00fccher.example, \u043f\u0440.\u0440\u0444",
            "b\u00fccher. example, \u043f\u0440. \u0440\u0444",
        ),
        ("evil\u3002com evil\uff0ecom evil\uff61com", "evil\u3002 com evil\uff0e com evil\uff61 com"),
        ("evil\u200b.\u200bcom", "evil . com"),
        ("J. R. Hartley & Sons Inc., St. Gallen...", "J. R. Hartley & Sons Inc., St. Gallen..."),
    ],
)
def test_no_domain_that_somebody_has_in_a_name_stays_one(name: str, told: str) -> None:
    values = {
        "organization": name,
        "inviter": "Ada",
        "role": "viewer",
        "until": "later",
        "link": "https://a.b/join#c",
    }
    letter = write(LetterKind.INVITATION, "ada@example.com", values | {"server": "cg.example"})
    assert letter.subject == f"Join {told} on Commonground"
    assert f"Ada invites you to {told} on Commonground (cg.example) as viewer." in letter.text
    assert "https://a.b/join#c" in letter.text


def test_a_payload_fits_the_queue() -> None:
    assert (
        len(encode({"kind": "second_factor_off", "about": str(uuid.uuid4()), "org_id": str(uuid.uuid4())}))
        < 200
    )
