"""The keys of a partnership's epoch as the service's worker holds them for hosted sides."""

from dataclasses import dataclass
from uuid import UUID

from service.crypto import (
    ExchangeKey,
    Keystore,
    Party,
    Pins,
    RestKey,
    SecretBytes,
    SecretName,
    SignedStatement,
    code_secret,
    outer_key,
    rest_key,
)
from service.linking.epoch import derive
from service.linking.keys import LinkKeys
from service.matching.kinds import Level, nearer
from service.organizations.models import Organization
from service.partnerships.models import Partnership, PartnershipSide


@dataclass(frozen=True, slots=True)
class Opened:
    """A partnership with what both sides published of its present epoch."""

    partnership: Partnership
    lo: PartnershipSide
    hi: PartnershipSide

    @property
    def level(self) -> Level:
        """How far up both sides let their accounts meet."""
        return nearer(self.lo.hierarchy, self.hi.hierarchy)

    def side(self, org_id: UUID) -> PartnershipSide:
        return self.lo if org_id == self.partnership.lo_org_id else self.hi

    def other(self, org_id: UUID) -> PartnershipSide:
        return self.hi if org_id == self.partnership.lo_org_id else self.lo


def exchange_name(org_id: UUID, partnership_id: UUID, epoch: int) -> SecretName:
    return SecretName("x", str(org_id), str(partnership_id), epoch)


def service_secret(keystore: Keystore, partnership_id: UUID, epoch: int) -> SecretBytes:
    """`R`, drawn when first asked for."""
    return keystore.get_or_create(SecretName("service-secret", "service", str(partnership_id), epoch))


def rest_key_of(keystore: Keystore, partnership_id: UUID, epoch: int) -> RestKey:
    """The key of what rests beside the tokens: candidate meetings and evidence codes."""
    return rest_key(service_secret(keystore, partnership_id, epoch), str(partnership_id), epoch)


def party(organization: Organization) -> Party:
    return Party(str(organization.id), organization.mode, organization.identity)


def link_keys(keystore: Keystore, opened: Opened, org_id: UUID) -> LinkKeys:
    """What `org_id`'s job needs to make its tokens; both statements and the partner's confirmation are checked first.

    SecretMissingError when the epoch has ended; StatementError or ConfirmationError when what is stored was changed.
    """
    partnership, mine, theirs = opened.partnership, opened.side(org_id), opened.other(org_id)
    own = ExchangeKey(keystore.get(exchange_name(org_id, partnership.id, partnership.epoch)))
    pins = Pins(str(partnership.id), _pinned(mine), _pinned(theirs))
    pair = derive(own, pins, _signed(mine), _signed(theirs), code_secret(None))
    pair.check_confirmation(str(theirs.org_id), theirs.confirm)
    secret = service_secret(keystore, partnership.id, partnership.epoch)
    return LinkKeys(pair, outer_key(secret, str(partnership.id), partnership.epoch), partnership.normaliser)


def _pinned(side: PartnershipSide) -> Party:
    return Party(str(side.org_id), side.mode, side.identity)


def _signed(side: PartnershipSide) -> SignedStatement:
    return SignedStatement(side.statement.encode("ascii"), side.signature)
