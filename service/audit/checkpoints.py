"""A checkpoint: the service's signature under a chain as it stood, to be kept by somebody else.

A chain shows that an entry was changed, not that its end was cut off or that all of it was written anew. Who holds a checkpoint
of entry n can tell: the log must still have entry n, with that hash.
"""

import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service.audit.errors import CheckpointError, CheckpointFileError
from service.audit.models import AuditCheckpoint
from service.crypto import IdentityKey, Keystore, SecretName, line

SERVICE_IDENTITY = SecretName("ik", "service")
_KEY_BYTES, _HASH_BYTES, _SIGNATURE_BYTES = 32, 32, 64


def service_identity(keystore: Keystore) -> IdentityKey:
    """The service's own Ed25519 key, drawn when first asked for."""
    return IdentityKey(keystore.get_or_create(SERVICE_IDENTITY))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`org`'s log had `number` entries at `at`, the last with this `hash`; `signature` is the service's, by `service_key`."""

    org: str
    number: int
    hash: bytes
    at: datetime
    service_key: bytes
    signature: bytes

    @classmethod
    def sign(cls, identity: IdentityKey, *, org: str, number: int, hash_: bytes, at: datetime) -> Self:
        text = _text(org, number, hash_, at)
        return cls(org, number, hash_, at, identity.public, identity.sign(text))

    @classmethod
    def stored(cls, row: AuditCheckpoint) -> Self:
        return cls(str(row.org_id), row.number, row.hash, row.at, row.service_key, row.signature)

    @classmethod
    def read(cls, content: str) -> Self:
        """From the JSON of a file. CheckpointFileError."""
        try:
            found = json.loads(content)
            found = found.get("checkpoint", found)
            made = cls(
                str(found["org_id"]), int(found["number"]), _bytes(found["hash"], _HASH_BYTES),
                datetime.fromisoformat(found["at"]), _bytes(found["service_key"], _KEY_BYTES),
                _bytes(found["signature"], _SIGNATURE_BYTES),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CheckpointFileError(
                "The file is no checkpoint: give one that `commonground audit checkpoint` or the API handed out."
            ) from None
        if made.at.utcoffset() is None:
            raise CheckpointFileError("The checkpoint's moment has no time zone, so it is not one of ours.")
        return made

    def as_json(self) -> dict[str, Any]:
        return {
            "org_id": self.org,
            "number": self.number,
            "hash": self.hash.hex(),
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "service_key": self.service_key.hex(),
            "signature": self.signature.hex(),
        }

    def check_signature(self, trusted: bytes | None = None) -> None:
        """CheckpointFileError unless its key signed it, and is `trusted` where one is given."""
        if trusted is not None and not hmac.compare_digest(trusted, self.service_key):
            raise CheckpointFileError(
                f"The checkpoint of entry {self.number} is signed by another key than this service's: ask for the key that you were "
                "given with it."
            )
        try:
            key = Ed25519PublicKey.from_public_bytes(self.service_key)
            key.verify(self.signature, _text(self.org, self.number, self.hash, self.at))
        except (InvalidSignature, ValueError):
            raise CheckpointFileError(
                f"The signature of the checkpoint of entry {self.number} is not right: the checkpoint was changed."
            ) from None

    def compare(self, number: int, hash_: bytes) -> None:
        """CheckpointError if entry `number` is the one that was signed and has another hash."""
        if number == self.number and not hmac.compare_digest(hash_, self.hash):
            raise CheckpointError(
                f"Entry {number} of the log of {self.org} is not the one that was signed on {self.at:%Y-%m-%d}: the log was written anew "
                f"at or before entry {number}."
            )

    def require_reached(self, number: int) -> None:
        """CheckpointError if the log ends before the entry that was signed."""
        if number < self.number:
            raise CheckpointError(
                f"The log of {self.org} ends at entry {number}, but entry {self.number} was signed on {self.at:%Y-%m-%d}: "
                f"the entries from {number + 1} on were cut off."
            )


def _text(org: str, number: int, hash_: bytes, at: datetime) -> bytes:
    return line(
        "audit-checkpoint", org, number, hash_.hex(), at.astimezone(UTC).isoformat(timespec="microseconds")
    )


def _bytes(text: object, length: int) -> bytes:
    found = bytes.fromhex(str(text))
    if len(found) != length:
        raise ValueError(length)
    return found
