"""X25519 (RFC 7748): the key exchange of one epoch."""

import os
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from service.crypto.encoding import check_length
from service.crypto.errors import ExchangeKeyError
from service.crypto.secret import Guarded, RandomBytes, SecretBytes

_PRIME: Final = 2**255 - 19
# Points whose product with any key is zero (cr.yp.to/ecdh.html#validate); 2²⁵⁵-19 and 2²⁵⁵-18 fall to the bound.
_LOW_ORDER: Final = frozenset(
    bytes.fromhex(point)
    for point in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    )
)


class ExchangeKey(Guarded):
    """`x`: fresh for each organization, partnership and epoch; deleted with the epoch, never backed up."""

    __slots__ = ("_key", "_secret")

    def __init__(self, secret: SecretBytes) -> None:
        self._secret = secret
        self._key = X25519PrivateKey.from_private_bytes(secret.reveal())

    @classmethod
    def draw(cls, random_bytes: RandomBytes = os.urandom) -> Self:
        return cls(SecretBytes.draw(random_bytes))

    @property
    def secret(self) -> SecretBytes:
        return self._secret

    @property
    def public(self) -> bytes:
        """`X`, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def agree(self, partner: bytes) -> SecretBytes:
        """`S`. ExchangeKeyError for a public key that is not canonical or gives the zero secret."""
        check_public(partner)
        return _product(self._key, partner)


def check_public(public: bytes) -> None:
    """Refuses a key of 2²⁵⁵-19 or more, read as a little-endian number, and one of low order."""
    check_length(public, 32, "an exchange key")
    if int.from_bytes(public, "little") >= _PRIME or public in _LOW_ORDER:
        raise _no_secret()


def _product(key: X25519PrivateKey, partner: bytes) -> SecretBytes:
    """The second line behind `check_public`: OpenSSL refuses a zero product with ValueError, and so do we."""
    try:
        shared = key.exchange(X25519PublicKey.from_public_bytes(partner))
    except ValueError:
        raise _no_secret() from None
    return _nonzero(shared)


def _nonzero(shared: bytes) -> SecretBytes:
    if not any(shared):
        raise _no_secret()
    return SecretBytes(shared)


def _no_secret() -> ExchangeKeyError:
    return ExchangeKeyError(
        "an exchange key is not canonical or of low order and gives no secret: the partner must state a fresh key "
        "in the next epoch"
    )
