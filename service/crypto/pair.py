"""What two organizations derive from their exchange: one secret, one set of keys, for one partnership and epoch."""

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.crypto.encoding import line
from service.crypto.errors import ConfirmationError, StatementError
from service.crypto.exchange import ExchangeKey
from service.crypto.identity import Side
from service.crypto.sealing import SealKey
from service.crypto.secret import EvidenceKey, Guarded, SecretBytes, TokenKey
from service.crypto.statement import Statement

_CONFIRMATION: Final = 16


class PairKeys(Guarded):
    """Both sides hold the same. Built by `agree_pair`; kept in memory only, derived again from `x` and the statements."""

    __slots__ = ("_context", "_secret", "epoch", "hi", "lo", "partnership")

    def __init__(self, shared: SecretBytes, code: SecretBytes, lo: Statement, hi: Statement) -> None:
        self._secret = shared.reveal() + code.reveal()
        self._context = statement_context(lo, hi)
        self.partnership, self.epoch = lo.partnership, lo.epoch
        self.lo, self.hi = lo.own.org, hi.own.org

    def confirmation(self, org: str) -> bytes:
        """16 bytes that `org` publishes, to show that it derived the same keys."""
        return self._derive("confirm", self._member(org))[:_CONFIRMATION]

    def check_confirmation(self, org: str, received: bytes) -> None:
        """To be called with the partner's before a token is sent. ConfirmationError if it differs."""
        if not hmac.compare_digest(self.confirmation(org), received):
            raise ConfirmationError(
                f"organization {org} derived other keys for epoch {self.epoch} of partnership {self.partnership}: "
                "one side has another invitation code, or a key was exchanged on the way; send nothing, compare the "
                "code and the safety number"
            )

    def token_key(self, kind: str, normaliser: str) -> TokenKey:
        return TokenKey.of(self._derive("token", kind, normaliser))

    def evidence_key(self, kind: str, normaliser: str) -> EvidenceKey:
        return EvidenceKey.of(self._derive("evidence", kind, normaliser))

    def seal_key(self, from_org: str, to_org: str) -> SealKey:
        """One key a direction, so that a record can't be sent back to its sender as its own."""
        if {from_org, to_org} != {self.lo, self.hi}:
            raise _stranger(from_org if from_org not in {self.lo, self.hi} else to_org, self.partnership)
        secret = SecretBytes(self._derive("seal", from_org, to_org))
        return SealKey(secret, self.partnership, self.epoch, from_org=from_org, to_org=to_org)

    def side(self, org: str) -> Side:
        return Side.LO if self._member(org) == self.lo else Side.HI

    def _derive(self, *info: str) -> bytes:
        """`HK`: HKDF (RFC 5869) with IKM = S ‖ C, salt = the hash of both statements, info = line(…)."""
        hkdf = HKDF(algorithm=SHA256(), length=32, salt=self._context, info=line(*info))
        return hkdf.derive(self._secret)

    def _member(self, org: str) -> str:
        if org not in {self.lo, self.hi}:
            raise _stranger(org, self.partnership)
        return org


def agree_pair(key: ExchangeKey, own: Statement, partner: Statement, code: SecretBytes) -> PairKeys:
    """The keys of one epoch, from one's own exchange key, both *verified* statements and `C`.

    StatementError if the statements don't answer each other; ExchangeKeyError if the partner's key gives no secret.
    """
    mirrored = (own.partnership, own.epoch, own.own, own.partner) == (
        partner.partnership,
        partner.epoch,
        partner.partner,
        partner.own,
    )
    if not mirrored or own.exchange != key.public:
        raise StatementError(
            f"the statements for epoch {own.epoch} of partnership {own.partnership} don't answer each other, or the "
            "exchange key is not the one stated: fetch both statements of one epoch again"
        )
    lo, hi = sorted((own, partner), key=lambda statement: statement.own.org)
    return PairKeys(key.agree(partner.exchange), code, lo, hi)


def statement_context(lo: Statement, hi: Statement) -> bytes:
    """SHA256(st(lo) ‖ 0x0A ‖ st(hi)): binds every key to both statements, the lower organization id first."""
    return hashlib.sha256(lo.text() + b"\n" + hi.text()).digest()


def _stranger(org: str, partnership: str) -> StatementError:
    return StatementError(f"organization {org} is no side of partnership {partnership} in this direction")
