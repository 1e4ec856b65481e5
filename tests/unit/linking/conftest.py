"""Keys that are the same in every run, so that no chance equality of two-byte codes comes and goes."""

import pytest

from service.crypto import (
    ExchangeKey,
    IdentityKey,
    Mode,
    OuterKey,
    Party,
    Pins,
    SecretBytes,
    code_secret,
    outer_key,
)
from service.linking.epoch import Speaker, derive
from service.linking.keys import LinkKeys

PARTNERSHIP = "0190b000-0000-7000-8000-000000000001"
ORGS = ("0190a000-0000-7000-8000-00000000000a", "0190a000-0000-7000-8000-00000000000b")


def speaker(org: str, number: int) -> Speaker:
    identity = IdentityKey(SecretBytes(bytes([number]) * 32))
    return Speaker(
        Party(org, Mode.HOSTED, identity.public), identity, ExchangeKey(SecretBytes(bytes([number + 8]) * 32))
    )


def keys_of(number: int, outer: OuterKey) -> LinkKeys:
    """What each of the two sides derives for itself."""
    both = [speaker(org, place + 1) for place, org in enumerate(ORGS)]
    own, other = both[number], both[1 - number]
    pins = Pins(PARTNERSHIP, own.party, other.party)
    mine, theirs = own.state(other.party, PARTNERSHIP, 1), other.state(own.party, PARTNERSHIP, 1)
    return LinkKeys(derive(own.exchange, pins, mine, theirs, code_secret(None)), outer, "n1.test")


@pytest.fixture(scope="session")
def links() -> tuple[LinkKeys, LinkKeys]:
    """The left side's keys and the right side's, derived apart."""
    outer = outer_key(SecretBytes(b"\x07" * 32), PARTNERSHIP, 1)
    return keys_of(0, outer), keys_of(1, outer)
