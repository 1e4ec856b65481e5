"""Epoch statements: what an organization signs to open an epoch of a partnership.

st = line(epoch, p, n, own org, own mode, own IK, partner org, partner mode, partner IK, own X)
"""

from dataclasses import dataclass, replace
from typing import Final, Self

from service.crypto.encoding import SUITE, check_id, from_hex, line, number, read_number
from service.crypto.errors import (
    EncodingError,
    EpochOrderError,
    PinMismatchError,
    SecondStatementError,
    StatementError,
)
from service.crypto.exchange import check_public
from service.crypto.identity import IdentityKey, Mode, Party, check_signature

_PARTS: Final = 11
_PREFIX: Final = (SUITE, "epoch")


@dataclass(frozen=True, slots=True)
class Statement:
    """`exchange` is the speaker's X25519 public key for this partnership and epoch, 32 bytes."""

    partnership: str
    epoch: int
    own: Party
    partner: Party
    exchange: bytes

    def __post_init__(self) -> None:
        check_id(self.partnership, "partnership")
        number(self.epoch, "an epoch", at_least=1)
        if self.own.org == self.partner.org:
            raise StatementError(f"organization {self.own.org} can't open an epoch with itself")
        check_public(self.exchange)

    def text(self) -> bytes:
        sides = [part for side in (self.own, self.partner) for part in _side_parts(side)]
        return line("epoch", self.partnership, self.epoch, *sides, self.exchange.hex())


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """As it travels: the text of a statement and its 64-byte signature; believe nothing of it before `accept`."""

    text: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Pins:
    """What one side holds the other to, agreed by people: the partnership and both identities with their modes."""

    partnership: str
    own: Party
    partner: Party

    def __post_init__(self) -> None:
        check_id(self.partnership, "partnership")


@dataclass(frozen=True, slots=True)
class EpochBook:
    """One side's memory of a partnership's epochs; it decides which statements may follow.

    `own` and `partner` are the statements of the highest epoch. It must outlive restarts: whoever forgets it can be
    shown an old epoch again.
    """

    pins: Pins
    highest: int = 0
    own: Statement | None = None
    partner: Statement | None = None

    def accept(self, signed: SignedStatement) -> Self:
        """The book with this statement in it, of either side; the same book if it is there already.

        StatementError (its subclasses say which): not signed by the pinned identity; another partnership, mode or
        identity; an epoch before the highest or beyond the next; a second exchange key for one epoch.
        """
        statement = self._verified(signed)
        self._check_epoch(statement.epoch)
        mine = statement.own == self.pins.own
        book = self
        if statement.epoch > self.highest:
            book = replace(self, highest=statement.epoch, own=None, partner=None)
        known = book.own if mine else book.partner
        if known is not None and known != statement:
            raise SecondStatementError(
                f"organization {statement.own.org} stated two exchange keys for epoch {statement.epoch} of "
                f"partnership {statement.partnership}: keep the first, open epoch {statement.epoch + 1} if it is lost"
            )
        return replace(book, own=statement) if mine else replace(book, partner=statement)

    def both(self) -> tuple[Statement, Statement]:
        """Own and partner's statement of the highest epoch; StatementError while one is missing."""
        if self.own is None or self.partner is None:
            raise StatementError(
                f"epoch {self.highest} of partnership {self.pins.partnership} is not open yet: "
                "both sides must have stated their exchange key"
            )
        return self.own, self.partner

    def _verified(self, signed: SignedStatement) -> Statement:
        statement = parse_statement(signed.text)
        pinned = (self.pins.own, self.pins.partner)
        if statement.partnership != self.pins.partnership or (statement.own, statement.partner) not in (
            pinned,
            pinned[::-1],
        ):
            raise PinMismatchError(
                f"a statement names partnership {statement.partnership} of {_named(statement.own)} with "
                f"{_named(statement.partner)}, pinned is {self.pins.partnership} of {_named(self.pins.own)} with "
                f"{_named(self.pins.partner)}: people must compare safety numbers before identities or modes change"
            )
        check_signature(statement.own.identity, signed.signature, signed.text)
        return statement

    def _check_epoch(self, epoch: int) -> None:
        if not max(self.highest, 1) <= epoch <= self.highest + 1:
            raise EpochOrderError(
                f"a statement is for epoch {epoch} of partnership {self.pins.partnership}, the highest seen is "
                f"{self.highest}: an epoch is never opened twice or skipped, open {self.highest + 1}"
            )


def sign_statement(statement: Statement, key: IdentityKey) -> SignedStatement:
    """PinMismatchError if `key` is not the identity that the statement names as its own."""
    if key.public != statement.own.identity:
        raise PinMismatchError(
            f"organization {statement.own.org} can't sign a statement that names another identity as its own"
        )
    return SignedStatement(statement.text(), key.sign(statement.text()))


def parse_statement(text: bytes) -> Statement:
    """EncodingError or KeyMaterialError unless `text` is, byte for byte, what `Statement.text` writes."""
    try:
        parts = text.decode("ascii").split("|")
    except UnicodeDecodeError:
        raise EncodingError("a statement has characters outside ASCII") from None
    if len(parts) != _PARTS or tuple(parts[:2]) != _PREFIX:
        raise EncodingError(
            f"a statement has {len(parts)} parts: it must have {_PARTS} and begin with {'|'.join(_PREFIX)}"
        )
    return Statement(
        partnership=parts[2],
        epoch=read_number(parts[3], "an epoch"),
        own=_parse_side(parts[4:7]),
        partner=_parse_side(parts[7:10]),
        exchange=from_hex(parts[10], 32, "an exchange key"),
    )


def _side_parts(side: Party) -> tuple[str, str, str]:
    return side.org, side.mode.value, side.identity.hex()


def _parse_side(parts: list[str]) -> Party:
    org, mode, identity = parts
    if mode not in tuple(Mode):
        raise EncodingError(f"a statement names the mode {mode!r}: it must be hosted or private")
    return Party(org, Mode(mode), from_hex(identity, 32, "an identity key"))


def _named(side: Party) -> str:
    return f"{side.org} ({side.mode.value}, identity {side.identity.hex()[:16]}…)"
