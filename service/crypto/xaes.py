"""XAES-256-GCM (C2SP, c2sp.org/XAES-256-GCM): AES-256-GCM under a key derived for each record from a 192-bit nonce.

Nonces may be random without counting: after 2⁸⁰ records under one key two nonces are equal with a chance of 2⁻³², where plain
AES-256-GCM ends at 2³² records. So there is no counter to share between processes, to lose in a restart or to double in a fork.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.crypto.encoding import check_length
from service.crypto.errors import RecordError
from service.crypto.secret import Guarded, SecretBytes

NONCE_BYTES: Final = 24
TAG_BYTES: Final = 16
_BLOCK: Final = 16
_HALF: Final = 12
_TOP_BIT: Final = 1 << 127
_MASK: Final = (1 << 128) - 1
_REDUCTION: Final = 0x87
"""NIST SP 800-38B, 5.3: what is added when the doubled value leaves the block."""


class XaesKey(Guarded):
    """One key of 32 bytes for any number of records."""

    __slots__ = ("_cipher", "_masks")

    def __init__(self, secret: SecretBytes) -> None:
        self._cipher = Cipher(algorithms.AES256(secret.reveal()), modes.ECB())  # noqa: S305 - CMAC's own use of the block cipher
        self._masks = _subkey(self._encrypt(bytes(_BLOCK)))

    def encrypt(self, nonce: bytes, plain: bytes, bound_to: bytes) -> bytes:
        """The ciphertext and its tag. `nonce` has 24 random bytes."""
        return self._derived(nonce).encrypt(nonce[_HALF:], plain, bound_to)

    def decrypt(self, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        """RecordError unless key, nonce, every byte and `bound_to` are those it was encrypted with."""
        try:
            return self._derived(nonce).decrypt(nonce[_HALF:], sealed, bound_to)
        except InvalidTag:
            raise RecordError(
                "a record does not open: it was changed, moved, or sealed with another key; ask for it again"
            ) from None

    def _derived(self, nonce: bytes) -> AESGCM:
        """Two CMACs of one block each (NIST SP 800-108, counter mode, label `X`, the nonce's first half as context)."""
        context = check_length(nonce, NONCE_BYTES, "a nonce")[:_HALF]
        blocks = (int.from_bytes(bytes([0, counter]) + b"X\0" + context) ^ self._masks for counter in (1, 2))
        return AESGCM(self._encrypt(b"".join(block.to_bytes(_BLOCK) for block in blocks)))

    def _encrypt(self, blocks: bytes) -> bytes:
        return self._cipher.encryptor().update(blocks)


def _subkey(zero: bytes) -> int:
    """CMAC's K1 from the encrypted zero block."""
    value = int.from_bytes(zero)
    doubled = (value << 1) & _MASK
    return doubled ^ _REDUCTION if value & _TOP_BIT else doubled
