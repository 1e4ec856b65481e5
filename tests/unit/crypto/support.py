"""Two organizations with made-up keys, as their agents hold them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from service.crypto import (
    ExchangeKey,
    IdentityKey,
    Mode,
    PairKeys,
    Party,
    SecretBytes,
    SignedStatement,
    Statement,
    sign_statement,
)

PARTNERSHIP = "0190b000-0000-7000-8000-0000000000aa"
LO = "0190a000-0000-7000-8000-00000000000a"
HI = "0190a000-0000-7000-8000-00000000000b"
DOCUMENT = json.loads(
    (Path(__file__).parents[2] / "vectors" / "commonground-1.json").read_text(encoding="utf-8")
)


@dataclass(frozen=True)
class Organization:
    """One side with its secrets, as its agent holds them."""

    party: Party
    identity: IdentityKey

    def states(
        self, partner: Party, key: ExchangeKey, *, epoch: int = 1, partnership: str = PARTNERSHIP
    ) -> SignedStatement:
        statement = Statement(partnership, epoch, self.party, partner, key.public)
        return sign_statement(statement, self.identity)


Meet = Callable[..., tuple[PairKeys, PairKeys]]


def organization(org: str, seed: int) -> Organization:
    identity = IdentityKey(SecretBytes(bytes([seed]) * 32))
    return Organization(Party(org, Mode.PRIVATE, identity.public), identity)
