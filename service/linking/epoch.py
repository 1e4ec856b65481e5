"""Opening an epoch between two organizations whose keys are at hand: both hosted, or both simulated for a local match."""

from dataclasses import dataclass

from service.crypto import (
    EpochBook,
    ExchangeKey,
    IdentityKey,
    PairKeys,
    Party,
    Pins,
    SecretBytes,
    SignedStatement,
    Statement,
    agree_pair,
    parse_statement,
    sign_statement,
)


@dataclass(frozen=True, slots=True)
class Speaker:
    """One organization about to open an epoch: who it is, and its two private keys."""

    party: Party
    identity: IdentityKey
    exchange: ExchangeKey

    def state(self, partner: Party, partnership: str, epoch: int) -> SignedStatement:
        """Its signed statement of the epoch."""
        return sign_statement(
            Statement(partnership, epoch, self.party, partner, self.exchange.public), self.identity
        )


def derive(
    own: ExchangeKey, pins: Pins, mine: SignedStatement, theirs: SignedStatement, code: SecretBytes
) -> PairKeys:
    """The pair's keys from both signed statements, each checked against the pinned identities, modes and epoch.

    A StatementError says which statement doesn't fit; the epoch is the one that `mine` names.
    """
    before = parse_statement(mine.text).epoch - 1
    book = EpochBook(pins, highest=before).accept(mine).accept(theirs)
    return agree_pair(own, *book.both(), code)
