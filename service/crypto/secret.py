"""Secrets that show nothing: not printed, not pickled, not copied."""

import hmac
import os
import re
from collections.abc import Callable
from typing import Final, NoReturn, Self, SupportsIndex

from service.crypto.encoding import check_length
from service.crypto.errors import KeyMaterialError, SecretCopyError

SECRET_BYTES: Final = 32
_HMAC_KEY: Final = re.compile(r"[0-9a-f]{64}")

RandomBytes = Callable[[int], bytes]


class Guarded:
    """Base of whatever holds a secret. A plan, job or report that holds one can't be serialised."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(hidden)"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        self._refuse()

    def __getstate__(self) -> NoReturn:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise SecretCopyError(
            f"{type(self).__name__} holds a secret and is never pickled or copied: "
            "pass its name and fetch it from the keystore where it is used"
        )


class SecretBytes(Guarded):
    """32 secret bytes: an identity's seed, an exchange key, `R`, `Kref`."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = check_length(value, SECRET_BYTES, "a secret")

    @classmethod
    def draw(cls, random_bytes: RandomBytes = os.urandom) -> Self:
        return cls(random_bytes(SECRET_BYTES))

    def reveal(self) -> bytes:
        return self._value

    def equals(self, other: "SecretBytes") -> bool:
        """In constant time."""
        return hmac.compare_digest(self._value, other.reveal())


class HmacKey(Guarded):
    """The 64 lowercase hex characters of 32 secret bytes, used as ASCII.

    One SHA-256 block, as strong as the bytes, but another function than HMAC under the raw bytes. Each use has its
    own class, so that a key can't be passed where another belongs.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not _HMAC_KEY.fullmatch(text):
            raise KeyMaterialError("an HMAC key is 64 lowercase hex characters and nothing else")
        self._text = text

    @classmethod
    def of(cls, secret: bytes) -> Self:
        return cls(check_length(secret, SECRET_BYTES, "the secret of an HMAC key").hex())

    def reveal(self) -> str:
        return self._text


class TokenKey(HmacKey):
    """`K`: of one kind and normaliser, in one partnership and epoch; both organizations derive it."""

    __slots__ = ()


class EvidenceKey(HmacKey):
    """Of one kind and normaliser, for the codes beside the tokens of `TokenKey`."""

    __slots__ = ()


class OuterKey(HmacKey):
    """`Ro`: the service's own, of one partnership and epoch."""

    __slots__ = ()


class ReferenceKey(HmacKey):
    """`Kref`: an organization's own, in every partnership and epoch."""

    __slots__ = ()
