"""The job that follows an invitation: it brings it to whom it is for, takes it back, and notes the answer in its sender's log."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from service.audit import record
from service.audit.repository import AuditLog, Wanted
from service.crypto import Keystore
from service.db.database import Database
from service.db.names import Duty
from service.db.sessions import TenantSession
from service.jobs import JobContext, Payload, Registry
from service.kit.clock import Clock
from service.kit.mail import Letter, Mailer, MailNotSetUpError, MailRefusedError
from service.organizations.letters import LetterKind, link_to
from service.organizations.letters.jobs import LetterNotSentError
from service.organizations.letters.texts import said, write
from service.organizations.models import Organization
from service.organizations.people_repository import Persons
from service.organizations.repository import Directory
from service.organizations.standing import standing_of
from service.organizations.tokens import new_partner_token
from service.partnerships.epochs import code_name
from service.partnerships.inviting.repository import Sent, reach, take_back
from service.partnerships.inviting.rules import InvitationStatus, status_of
from service.partnerships.inviting.sending import INVITATION_JOB, target_of
from service.partnerships.models import InvitationWay, PartnerInvitation
from service.partnerships.rules import of_one_world

AT_ONCE: Final = 2
"""A mail server that hangs holds so many of the workers' jobs and no more."""
_ANSWERS: Final = {
    InvitationStatus.ACCEPTED: "partner_invitation.accepted",
    InvitationStatus.DECLINED: "partner_invitation.declined",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitingParts:
    database: Database
    keystore: Keystore
    mailer: Mailer
    clock: Clock
    public_url: str


def register(registry: Registry, parts: InvitingParts) -> None:
    async def follow(_context: JobContext, payload: Payload) -> None:
        org_id, invitation_id = UUID(str(payload["org_id"])), UUID(str(payload["invitation_id"]))
        await settle(parts, org_id, invitation_id, send="send" in payload)

    registry.add(INVITATION_JOB, follow, at_once=AT_ONCE)


async def settle(parts: InvitingParts, org_id: UUID, invitation_id: UUID, *, send: bool) -> None:
    """Do what follows from the invitation as it stands now; `send` where it was made or sent anew.

    LetterNotSentError; MailUnavailableError.
    """
    async with parts.database.duty(org_id, Duty.INVITE) as session:
        own, found = await Directory(session).by_id(org_id), await Sent(session).by_id(invitation_id)
        if own is None or found is None:
            return
        is_open = status_of(found, parts.clock.now()) is InvitationStatus.OPEN
        await take_back(session, invitation_id, but=found.admits if is_open else None)
    if not is_open:
        await _close(parts, org_id, invitation_id)
    elif found.way is InvitationWay.HANDLE:
        await _bring(parts, own, found)
    elif found.way is InvitationWay.EMAIL and send and parts.mailer.is_set_up and not own.sandbox:
        await _write(parts, own, invitation_id)


async def _bring(parts: InvitingParts, own: Organization, found: PartnerInvitation) -> None:
    """Put a copy where the organization of this handle sees it, if there is one that may be a partner; else nowhere."""
    async with parts.database.directory() as session:
        to = await Directory(session).by_handle(found.handle or "", sandbox=own.sandbox)
    if to is None or to.id == own.id or not of_one_world(own, to):
        return
    async with parts.database.tenant(to.id) as session:
        standing = await standing_of(session)
        if standing.suspended_at is not None or standing.erased_at is not None:
            return
        if await reach(session, found, parts.clock.now()):
            await record(session, parts.clock, "partner_invitation.received", target=target_of(found.id))


async def _close(parts: InvitingParts, org_id: UUID, invitation_id: UUID) -> None:
    """Nobody accepts it any more: its code goes, unless a partnership has it, and the sender's log says how it was answered, once."""
    async with parts.database.tenant(org_id) as session:
        found = await Sent(session).by_id(invitation_id, lock=True)  # it may have been sent anew meanwhile
        status = None if found is None else status_of(found, parts.clock.now())
        if status not in {None, InvitationStatus.OPEN, InvitationStatus.ACCEPTED}:
            parts.keystore.delete(code_name(org_id, invitation_id))
        action, target = _ANSWERS.get(status) if status else None, target_of(invitation_id)
        if action and not await AuditLog(session).page(limit=1, wanted=Wanted(action=action, target=target)):
            await record(session, parts.clock, action, target=target)


async def _write(parts: InvitingParts, own: Organization, invitation_id: UUID) -> None:
    """Draw the link and keep its digest, then, with no transaction open, send. A second run draws another link."""
    letter = await _letter(parts, own, invitation_id)
    if letter is None:
        return
    try:
        await parts.mailer.send(letter)
    except (MailRefusedError, MailNotSetUpError) as error:
        raise LetterNotSentError(str(error)) from None


async def _letter(parts: InvitingParts, own: Organization, invitation_id: UUID) -> Letter | None:
    async with parts.database.tenant(own.id) as session:
        found = await Sent(session).by_id(invitation_id, lock=True)
        if found is None or found.email is None:
            return None
        if status_of(found, parts.clock.now()) is not InvitationStatus.OPEN:
            return None
        token = new_partner_token(own.id)
        found.admits = token.admits
        values = {
            "organization": own.name, "inviter": await _inviter(session, found) or own.name, "server": parts.public_url.partition("://")[2],
            "message": found.message or "-", "until": said(found.expires_at),
            "link": link_to(parts.public_url, LetterKind.PARTNER_INVITATION, token.text),
        }  # fmt: skip
        return write(LetterKind.PARTNER_INVITATION, found.email, values)


async def _inviter(session: TenantSession, found: PartnerInvitation) -> str | None:
    person = await Persons(session).by_id(found.invited_by) if found.invited_by else None
    return person.name if person else None
