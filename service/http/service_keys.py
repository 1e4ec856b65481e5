"""The service's own keys as a running app uses them: read once from the keystore."""

import hmac
from typing import Final

from service.crypto import SERVICE, Keystore, SecretName

CURSORS: Final = SecretName("cursors", SERVICE)
TAG_BYTES: Final = 16


class Signer:
    """HMAC-SHA256, cut to 16 bytes, under one key of the service; the key is drawn when it is first needed."""

    def __init__(self, name: SecretName = CURSORS) -> None:
        self._name = name
        self._key: bytes | None = None

    def tag(self, keystore: Keystore, *parts: bytes) -> bytes:
        """The tag of these parts, each counted, so that no two lists of parts read the same."""
        if self._key is None:
            self._key = keystore.get_or_create(self._name).reveal()
        message = b"".join(len(part).to_bytes(4) + part for part in parts)
        return hmac.digest(self._key, message, "sha256")[:TAG_BYTES]

    def probe(self, keystore: Keystore) -> None:
        """Read the key anew. CryptoError, OSError if the keystore doesn't give it."""
        self._key = keystore.get_or_create(self._name).reveal()

    def fits(self, keystore: Keystore, tag: bytes, *parts: bytes) -> bool:
        """In constant time."""
        return hmac.compare_digest(tag, self.tag(keystore, *parts))
