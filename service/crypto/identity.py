"""Who speaks: an organization's Ed25519 identity, its mode, and the number that people compare."""

import hashlib
import os
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from service.crypto.encoding import check_id, check_length, line
from service.crypto.errors import SignatureError
from service.crypto.secret import Guarded, RandomBytes, SecretBytes

_GROUPS: Final = 6  # of five digits, in one half of a safety number


class Mode(StrEnum):
    """Where an organization's keys and lists are: with the service, or only on its own machine."""

    HOSTED = "hosted"
    PRIVATE = "private"


class Side(StrEnum):
    """`lo` is the organization of a partnership whose id sorts first as text."""

    LO = "lo"
    HI = "hi"


@dataclass(frozen=True, slots=True)
class Party:
    """One side as the other pins it: `identity` is the 32-byte public key `IK`."""

    org: str
    mode: Mode
    identity: bytes

    def __post_init__(self) -> None:
        check_id(self.org, "organization")
        Mode(self.mode)
        check_length(self.identity, 32, "an identity key")


class IdentityKey(Guarded):
    """`ik`. Changes only with people's consent, who compare numbers again."""

    __slots__ = ("_key", "_seed")

    def __init__(self, seed: SecretBytes) -> None:
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed.reveal())

    @classmethod
    def draw(cls, random_bytes: RandomBytes = os.urandom) -> Self:
        return cls(SecretBytes.draw(random_bytes))

    @property
    def seed(self) -> SecretBytes:
        return self._seed

    @property
    def public(self) -> bytes:
        """`IK`, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, text: bytes) -> bytes:
        """64 bytes, the same for the same text (RFC 8032)."""
        return self._key.sign(text)


def check_signature(identity: bytes, signature: bytes, text: bytes) -> None:
    """SignatureError unless `identity` signed exactly `text`."""
    try:
        Ed25519PublicKey.from_public_bytes(identity).verify(signature, text)
    except (InvalidSignature, ValueError):
        raise SignatureError(
            "a statement is not signed by the pinned identity: it was changed on the way, or the partner has a "
            "new identity; compare safety numbers before going on"
        ) from None


def safety_half(party: Party) -> str:
    """30 digits that stand for one side's organization, mode and identity."""
    digest = hashlib.sha512(line("identity", party.org, party.mode, party.identity.hex())).digest()
    groups = (int.from_bytes(digest[5 * i : 5 * i + 5]) % 100_000 for i in range(_GROUPS))
    return "".join(f"{group:05}" for group in groups)


def safety_number(one: Party, other: Party) -> str:
    """Sixty digits in twelve groups, the same on both sides, read out over the telephone."""
    digits = "".join(sorted((safety_half(one), safety_half(other))))
    return " ".join(digits[i : i + 5] for i in range(0, len(digits), 5))
