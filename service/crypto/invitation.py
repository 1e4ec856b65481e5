"""The code in an invitation, passed outside the service: it enters every key of the partnership as `C`."""

import hashlib
import os
import re
from typing import Final, Self

from service.crypto.encoding import line
from service.crypto.errors import EncodingError
from service.crypto.secret import Guarded, RandomBytes, SecretBytes

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base32
_LENGTH: Final = 26
_CODE: Final = re.compile(f"[0-7][{_ALPHABET}]{{{_LENGTH - 1}}}")
_AS_TYPED: Final = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


class InvitationCode(Guarded):
    """26 characters of Crockford base32 in upper case, the first 0-7: 128 bits."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not _CODE.fullmatch(text):
            raise EncodingError(
                f"an invitation code has {_LENGTH} characters, digits and capital letters without I, L, O, U, "
                "and begins with 0 to 7: copy it again from the invitation"
            )
        self._text = text

    @classmethod
    def draw(cls, random_bytes: RandomBytes = os.urandom) -> Self:
        value = int.from_bytes(random_bytes(16))
        return cls("".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5)))

    @classmethod
    def typed(cls, text: str) -> Self:
        """As a person types it: any case, with hyphens or spaces, I and L for 1, O for 0."""
        return cls(text.strip().upper().translate(_AS_TYPED))

    def reveal(self) -> str:
        return self._text


def code_secret(code: InvitationCode | None) -> SecretBytes:
    """`C`: the code's hash, 32 zero bytes where the partnership began without a code."""
    if code is None:
        return SecretBytes(bytes(32))
    return SecretBytes(hashlib.sha256(line("code", code.reveal())).digest())
