"""The keys of a partnership's epochs as the service's worker holds them for hosted sides."""

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
    parse_statement,
    rest_key,
)
from service.crypto.errors import SecretMissingError
from service.linking.epoch import Speaker, derive
from service.linking.keys import LinkKeys
from service.matching import NORMALISER_VERSION
from service.matching.kinds import Level, nearer
from service.organizations.operations import identity_key
from service.partnerships.errors import EpochGoneError
from service.partnerships.models import Partnership, PartnershipSide


@dataclass(frozen=True, slots=True)
class Published:
    """What a side publishes of an epoch: its signed statement, and that it derived the same keys as the other."""

    signed: SignedStatement
    confirm: bytes


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch that both sides have opened."""

    number: int
    normaliser: str
    lo: Published
    hi: Published

    @property
    def is_of_today(self) -> bool:
        """Whether keys are made today by the rules that the epoch fixes."""
        return self.normaliser == NORMALISER_VERSION


@dataclass(frozen=True, slots=True)
class Opened:
    """A partnership with what both sides published of themselves and of its epochs."""

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

    @property
    def present(self) -> Epoch:
        """The epoch that matches."""
        lo, hi = (_published(side.statement, side.signature, side.confirm) for side in (self.lo, self.hi))
        return Epoch(self.partnership.epoch, self.partnership.normaliser, lo, hi)

    @property
    def next(self) -> Epoch | None:
        """The epoch that is prepared, once both sides have stated it."""
        number, normaliser = self.partnership.next_epoch, self.partnership.next_normaliser
        if number is None or normaliser is None:
            return None
        said = [_next_published(side, number) for side in (self.lo, self.hi)]
        lo, hi = said
        return None if lo is None or hi is None else Epoch(number, normaliser, lo, hi)


def exchange_name(org_id: UUID | str, partnership_id: UUID, epoch: int) -> SecretName:
    return SecretName("x", str(org_id), str(partnership_id), epoch)


def service_secret_name(partnership_id: UUID, epoch: int) -> SecretName:
    """The name of `R`."""
    return SecretName("service-secret", "service", str(partnership_id), epoch)


def code_name(org_id: UUID | str, partnership_id: UUID | str) -> SecretName:
    """The name of `C` as one side keeps it: from when the invitation's code is drawn, as long as the partnership."""
    return SecretName("code", str(org_id), str(partnership_id))


def _code_of(
    keystore: Keystore, org_id: UUID | str, partnership_id: UUID | str, *, coded: bool
) -> SecretBytes:
    return _kept(keystore, code_name(org_id, partnership_id)) if coded else code_secret(None)


def rest_key_of(keystore: Keystore, partnership_id: UUID, epoch: int) -> RestKey:
    """The key of what rests beside the tokens: candidate meetings and evidence codes. EpochGoneError when the epoch has ended."""
    return rest_key(_kept(keystore, service_secret_name(partnership_id, epoch)), str(partnership_id), epoch)


def _kept(keystore: Keystore, name: SecretName) -> SecretBytes:
    """A secret of an epoch, which is drawn when the epoch is opened and never after."""
    try:
        return keystore.get(name)
    except SecretMissingError:
        raise EpochGoneError(str(name)) from None


def pinned(side: PartnershipSide) -> Party:
    """Who people agreed that this side is."""
    return Party(str(side.org_id), side.mode, side.identity)


def open_epoch(
    keystore: Keystore, partnership_id: UUID, number: int, *, lo: Party, hi: Party, coded: bool
) -> tuple[Published, Published]:
    """Both hosted sides' word on an epoch, its secrets drawn if they aren't there yet.

    An opening that was interrupted and is done over states the same exchange keys: there are no two for one epoch. `coded`: each side
    keeps the code of their invitation, which enters every key.
    PinMismatchError if a side's identity is no longer the one that people agreed on.
    """
    keystore.get_or_create(service_secret_name(partnership_id, number))
    one, other = (
        Speaker(
            side,
            identity_key(keystore, UUID(side.org)),
            ExchangeKey(
                keystore.get_or_create(exchange_name(side.org, partnership_id, number), SecretBytes.draw)
            ),
        )
        for side in (lo, hi)
    )
    place = str(partnership_id)
    codes = [_code_of(keystore, side.org, place, coded=coded) for side in (lo, hi)]
    return _publish(one, other, place, number, codes[0]), _publish(other, one, place, number, codes[1])


def _publish(own: Speaker, partner: Speaker, partnership: str, number: int, code: SecretBytes) -> Published:
    mine = own.state(partner.party, partnership, number)
    theirs = partner.state(own.party, partnership, number)
    pair = derive(own.exchange, Pins(partnership, own.party, partner.party), mine, theirs, code)
    return Published(mine, pair.confirmation(own.party.org))


def link_keys(keystore: Keystore, opened: Opened, org_id: UUID, epoch: Epoch | None = None) -> LinkKeys:
    """What `org_id`'s job needs to make its tokens in `epoch`, the present one if none is named; both statements and the
    partner's confirmation are checked first.

    EpochGoneError when the epoch has ended; StatementError or ConfirmationError when what is stored was changed.
    """
    epoch, place = epoch or opened.present, str(opened.partnership.id)
    mine, theirs = opened.side(org_id), opened.other(org_id)
    said = {opened.lo.org_id: epoch.lo, opened.hi.org_id: epoch.hi}
    own = ExchangeKey(_kept(keystore, exchange_name(org_id, opened.partnership.id, epoch.number)))
    pins = Pins(place, pinned(mine), pinned(theirs))
    code = _code_of(keystore, org_id, place, coded=opened.partnership.coded)
    pair = derive(own, pins, said[mine.org_id].signed, said[theirs.org_id].signed, code)
    pair.check_confirmation(str(theirs.org_id), said[theirs.org_id].confirm)
    secret = _kept(keystore, service_secret_name(opened.partnership.id, epoch.number))
    return LinkKeys(pair, outer_key(secret, place, epoch.number), epoch.normaliser)


def kept_keys(keystore: Keystore, opened: Opened, org_id: UUID, epoch: Epoch) -> LinkKeys | None:
    """As `link_keys`; None where the epoch's secrets are gone, as after a restore."""
    try:
        return link_keys(keystore, opened, org_id, epoch)
    except EpochGoneError:
        return None


def secrets_of(partnership: Partnership, epoch: int) -> list[SecretName]:
    """What the keystore holds of an epoch of two hosted sides."""
    return [
        service_secret_name(partnership.id, epoch),
        exchange_name(partnership.lo_org_id, partnership.id, epoch),
        exchange_name(partnership.hi_org_id, partnership.id, epoch),
    ]


def _next_published(side: PartnershipSide, number: int) -> Published | None:
    if side.next_statement is None or side.next_signature is None or side.next_confirm is None:
        return None
    said = _published(side.next_statement, side.next_signature, side.next_confirm)
    return said if parse_statement(said.signed.text).epoch == number else None


def _published(statement: str, signature: bytes, confirm: bytes) -> Published:
    return Published(SignedStatement(statement.encode("ascii"), signature), confirm)
