"""A record: 0x01 ‖ 12 random bytes ‖ AES-256-GCM, bound to where it belongs by its associated data."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.crypto.errors import RecordError, RecordVersionError
from service.crypto.secret import Guarded, RandomBytes, SecretBytes

VERSION: Final = b"\x01"
_NONCE: Final = 12
_TAG: Final = 16
_OVERHEAD: Final = len(VERSION) + _NONCE + _TAG


class RecordKey(Guarded):
    """One AES-256-GCM key. Nonces are random: keep it below 2³² records (NIST SP 800-38D, 8.3)."""

    __slots__ = ("_cipher",)

    def __init__(self, secret: SecretBytes) -> None:
        self._cipher = AESGCM(secret.reveal())

    def close(self, plain: bytes, bound_to: bytes, random_bytes: RandomBytes = os.urandom) -> bytes:
        nonce = random_bytes(_NONCE)
        return VERSION + nonce + self._cipher.encrypt(nonce, plain, bound_to)

    def open(self, record: bytes, bound_to: bytes) -> bytes:
        """RecordError unless every byte, the key and `bound_to` are those it was closed with."""
        if record[:1] != VERSION or len(record) < _OVERHEAD:
            raise RecordVersionError(
                f"a record of {len(record)} bytes begins with {record[:1].hex() or 'nothing'}: "
                f"this version reads records that begin with {VERSION.hex()} and have {_OVERHEAD} bytes or more"
            )
        try:
            return self._cipher.decrypt(record[1 : 1 + _NONCE], record[1 + _NONCE :], bound_to)
        except InvalidTag:
            raise RecordError(
                "a record does not open: it was changed, moved, or closed with another key; ask for it again"
            ) from None
