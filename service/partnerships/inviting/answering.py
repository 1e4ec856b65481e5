"""Looking at an invitation, accepting and declining it: in a session of the invited organization, which has shown the secret."""

import hmac
from dataclasses import dataclass
from uuid import UUID

from service.audit import record
from service.crypto import Keystore, code_secret
from service.crypto.errors import EncodingError, SecretExistsError, SecretMissingError
from service.crypto.invitation import InvitationCode
from service.db.sessions import TenantSession
from service.db.turns import Turn, share_turn, take_turn
from service.jobs import enqueue
from service.kit.clock import Clock
from service.organizations.errors import InvalidLinkError
from service.organizations.models import Organization
from service.organizations.people import People
from service.organizations.repository import Directory
from service.organizations.standing import hold_active
from service.organizations.tokens import parse_partner_token
from service.partnerships.epochs import code_name
from service.partnerships.errors import AlreadyPartnersError, DifferentWorldsError, SamePartnerError
from service.partnerships.inviting.errors import (
    InvitationChangedError,
    InvitationClosedError,
    UnknownPartnerInvitationError,
    WrongInvitationCodeError,
)
from service.partnerships.inviting.repository import Received, Shown, reach
from service.partnerships.inviting.rules import MOST_WRONG_CODES, number_of
from service.partnerships.inviting.sending import settle_later, target_of
from service.partnerships.models import (
    PartnerInvitation,
    Partnership,
    PartnershipStatus,
    ReceivedInvitation,
)
from service.partnerships.operations import create_partnership
from service.partnerships.pausing import TELL_JOB
from service.partnerships.repository import Partnerships
from service.partnerships.rules import of_one_world

CREATED = "partnership.created"


@dataclass(frozen=True, slots=True)
class Answer:
    """What whoever accepts has seen and was told: the safety number, and the code if the invitation asks for one."""

    safety_number: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Who is invited, and who invites."""

    own: Organization
    inviter: Organization


async def open_link(
    session: TenantSession, people: People, link: str
) -> tuple[ReceivedInvitation, Organization]:
    """Keep what a link invites to among what the organization received; with who sent it. Done again, it changes nothing.

    InvalidLinkError, SamePartnerError, DifferentWorldsError, AlreadyPartnersError.
    """
    token, now = parse_partner_token(link), people.clock.now()
    if token.org_id == session.org_id:
        raise SamePartnerError
    async with session.admitted(token.admits, token.org_id):
        found = await Shown(session, token.org_id, token.admits).open(now)
        if found is None:
            raise InvalidLinkError
        pair = await _pair(session, token.org_id)
        await refuse_pair(session, pair)
        if await reach(session, found, now):
            await record(session, people.clock, "partner_invitation.received", target=target_of(found.id))
    copy = await Received(session).by_id(found.id)
    if copy is None:
        raise InvalidLinkError
    return copy, pair.inviter


async def accept(
    session: TenantSession, people: People, invitation_id: UUID, answer: Answer
) -> Partnership | WrongInvitationCodeError:
    """Begin the partnership, whose id is the invitation's. A wrong code is returned, not raised: that it was tried must be kept.

    UnknownPartnerInvitationError, InvitationClosedError, InvitationChangedError, DifferentWorldsError, AlreadyPartnersError,
    QuotaExceededError.
    """
    copy = await _copy(session, invitation_id)
    pair = await _hold_both(session, copy)
    async with session.admitted(copy.admits, copy.inviter_org_id):
        found = await _open(session, people.clock, copy)
        await refuse_pair(session, pair)
        if answer.safety_number != number_of(pair.own, pair.inviter):
            raise InvitationChangedError
        if found.coded and not _fits(people.keystore, found, answer.code):
            found.wrong_codes += 1
            return WrongInvitationCodeError(MOST_WRONG_CODES - found.wrong_codes)
        found.accepted_at = copy.accepted_at = people.clock.now()
        await session.flush()
    if copy.coded:
        _keep_code(people.keystore, pair, copy.id)
    made = await create_partnership(
        session, people.keystore, people.clock,
        partnership_id=copy.id, own=pair.own, partner=pair.inviter, coded=copy.coded,
    )  # fmt: skip
    await _tell(session, people, copy, "partner_invitation.accepted")
    told = {
        "partnership_id": str(made.id), "by_org_id": str(session.org_id), "what": CREATED,
        "status": PartnershipStatus.ACTIVE.value, "event_id": str(people.ids.new()),
    }  # fmt: skip
    await enqueue(session, TELL_JOB, told)
    return made


async def decline(session: TenantSession, people: People, invitation_id: UUID) -> None:
    """Say no; whoever sent it is told so. Also where it can't be accepted any more. UnknownPartnerInvitationError."""
    copy, now = await _copy(session, invitation_id, answered=True), people.clock.now()
    if copy.declined_at is not None:
        return
    if copy.accepted_at is not None:
        raise InvitationClosedError
    async with session.admitted(copy.admits, copy.inviter_org_id):
        found = await Shown(session, copy.inviter_org_id, copy.admits).open(now)
        if found is not None:
            found.declined_at = now
        copy.declined_at = now
    await _tell(session, people, copy, "partner_invitation.declined")


async def refuse_pair(session: TenantSession, pair: Pair) -> None:
    """DifferentWorldsError, AlreadyPartnersError."""
    if not of_one_world(pair.own, pair.inviter):
        raise DifferentWorldsError
    if await Partnerships(session).with_partner(pair.inviter.id):
        raise AlreadyPartnersError


async def _copy(session: TenantSession, invitation_id: UUID, *, answered: bool = False) -> ReceivedInvitation:
    found = await Received(session).by_id(invitation_id, lock=True)
    if found is None:
        raise UnknownPartnerInvitationError
    if not answered and (found.accepted_at is not None or found.declined_at is not None):
        raise InvitationClosedError
    return found


async def _hold_both(session: TenantSession, copy: ReceivedInvitation) -> Pair:
    """Both sides, neither of which is taken away, or gets another partnership, until the transaction ends.

    Turns come before the sender's row, as where it is sent anew: two that each have what the other wants would wait for ever.
    """
    await hold_active(session)
    await share_turn(session, Turn.ORGANIZATION, copy.inviter_org_id)
    for side in sorted((session.org_id, copy.inviter_org_id)):
        await take_turn(session, Turn.PARTNERSHIPS, side)
    return await _pair(session, copy.inviter_org_id)


async def _pair(session: TenantSession, inviter_id: UUID) -> Pair:
    directory = Directory(session)
    own, inviter = await directory.by_id(session.org_id), await directory.by_id(inviter_id)
    if own is None or inviter is None:
        raise InvitationClosedError
    return Pair(own, inviter)


async def _open(session: TenantSession, clock: Clock, copy: ReceivedInvitation) -> PartnerInvitation:
    found = await Shown(session, copy.inviter_org_id, copy.admits).open(clock.now())
    if found is None or found.id != copy.id or found.wrong_codes >= MOST_WRONG_CODES:
        raise InvitationClosedError
    return found


def _fits(keystore: Keystore, invitation: PartnerInvitation, typed: str | None) -> bool:
    try:
        given = code_secret(InvitationCode.typed(typed or ""))
        kept = keystore.get(code_name(invitation.org_id, invitation.id))
    except (EncodingError, SecretMissingError):
        return False
    return hmac.compare_digest(given.reveal(), kept.reveal())


def _keep_code(keystore: Keystore, pair: Pair, invitation_id: UUID) -> None:
    """Keep `C` for the invited side too: each side's keys are made with its own."""
    kept, name = (
        keystore.get(code_name(pair.inviter.id, invitation_id)),
        code_name(pair.own.id, invitation_id),
    )
    try:
        keystore.put_new(name, kept)
    except SecretExistsError:  # of a try that was rolled back
        keystore.delete(name)
        keystore.put_new(name, kept)


async def _tell(session: TenantSession, people: People, copy: ReceivedInvitation, what: str) -> None:
    await record(session, people.clock, what, target=target_of(copy.id))
    await settle_later(session, copy.inviter_org_id, copy.id)
