"""The job that writes and sends one letter: links are drawn here and exist nowhere but in the letter."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import select

from service.db.database import Database
from service.db.sessions import DirectorySession
from service.jobs import JobContext, Payload, PermanentJobError, Registry
from service.kit.clock import Clock
from service.kit.mail import Letter, Mailer, MailNotSetUpError, MailRefusedError
from service.organizations.letters.post import LETTER_JOB
from service.organizations.letters.sign_up import sign_up_letter
from service.organizations.letters.texts import LetterKind, link_to, said, write
from service.organizations.models import LinkPurpose, Person, PersonLink, PersonSession
from service.organizations.people_repository import Invitations, Persons
from service.organizations.repository import Directory
from service.organizations.rules import RESET_LASTS, VERIFICATION_LASTS
from service.organizations.session_repository import Links
from service.organizations.tokens import link_digest, new_invitation_token, new_link

AT_ONCE: Final = 2
"""A mail server that hangs holds so many of the workers' jobs and no more."""
LINKS: Final = {
    LetterKind.VERIFY_EMAIL: (LinkPurpose.VERIFY_EMAIL, VERIFICATION_LASTS),
    LetterKind.RESET_PASSWORD: (LinkPurpose.RESET_PASSWORD, RESET_LASTS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterParts:
    database: Database
    mailer: Mailer
    clock: Clock
    public_url: str
    """Where people reach the service, without a slash at the end."""

    @property
    def server(self) -> str:
        return self.public_url.partition("://")[2]


class LetterNotSentError(PermanentJobError):
    """The letter can't be sent, now or later; the message says why."""


def register(registry: Registry, parts: LetterParts) -> None:
    async def send_letter(_context: JobContext, payload: Payload) -> None:
        kind, about = LetterKind(str(payload["kind"])), UUID(str(payload["about"]))
        await send(parts, kind, about, UUID(str(payload["org_id"])) if "org_id" in payload else None)

    registry.add(LETTER_JOB, send_letter, at_once=AT_ONCE)


async def send(parts: LetterParts, kind: LetterKind, about: UUID, org_id: UUID | None = None) -> None:
    """Draw the link and keep its digest, then, with no transaction open, send. A second run draws another link.

    Nothing happens where there is nobody, or nothing any more, to write about. LetterNotSentError; MailUnavailableError.
    """
    letter = await _written(parts, kind, about, org_id)
    if letter is None:
        return
    try:
        await parts.mailer.send(letter)
    except (MailRefusedError, MailNotSetUpError) as error:
        raise LetterNotSentError(str(error)) from None


async def _written(parts: LetterParts, kind: LetterKind, about: UUID, org_id: UUID | None) -> Letter | None:
    if org_id:
        return await _invitation(parts, org_id, about)
    if kind is LetterKind.SIGN_UP:
        return await sign_up_letter(parts.database, parts.clock, parts.public_url, about)
    return await _to_person(parts, kind, about)


async def _invitation(parts: LetterParts, org_id: UUID, invitation_id: UUID) -> Letter | None:
    async with parts.database.tenant(org_id) as session:
        invitation = await Invitations(session).by_id(invitation_id)
        organization = await Directory(session).by_id(org_id)
        if invitation is None or organization is None or invitation.expires_at <= parts.clock.now():
            return None
        inviter = await Persons(session).by_id(invitation.invited_by) if invitation.invited_by else None
        token = new_invitation_token(org_id)
        invitation.digest, invitation.proves_email = token.digest, True
        values = {
            "organization": organization.name, "inviter": inviter.name if inviter else organization.name,
            "role": invitation.role.value.replace("_", " "), "until": said(invitation.expires_at), "server": parts.server,
            "link": link_to(parts.public_url, LetterKind.INVITATION, token.text),
        }  # fmt: skip
        return write(LetterKind.INVITATION, invitation.email, values)


async def _to_person(parts: LetterParts, kind: LetterKind, about: UUID) -> Letter | None:
    now = parts.clock.now()
    async with parts.database.directory() as session:
        signed_in = await _session(session, about) if kind is LetterKind.NEW_SIGN_IN else None
        person = await Persons(session).by_id(signed_in.person_id if signed_in else about)
        if person is None or person.disabled_at is not None:
            return None
        values = {
            "name": person.name,
            "server": parts.server,
            "when": said(signed_in.created_at if signed_in else now),
        }
        if signed_in:
            values["device"] = signed_in.user_agent
        if kind in LINKS:
            values |= await _link(session, parts, kind, person, now)
        return write(kind, person.email, values)


async def _link(
    session: DirectorySession, parts: LetterParts, kind: LetterKind, person: Person, now: datetime
) -> dict[str, str]:
    (purpose, lasts), secret = LINKS[kind], new_link()
    await Links(session).drop(person.id, purpose)
    session.add(
        PersonLink(
            digest=link_digest(secret), purpose=purpose, person_id=person.id, email=person.email, proves_email=True,
            created_at=now, expires_at=now + lasts, used_at=None,
        )
    )  # fmt: skip
    return {"link": link_to(parts.public_url, kind, secret), "until": said(now + lasts)}


async def _session(session: DirectorySession, session_id: UUID) -> PersonSession | None:
    return await session.scalar(select(PersonSession).where(PersonSession.id == session_id))
