"""API keys: `cg_live_` or `cg_test_` + organization id (26) + secret (52) + checksum (7), in Crockford base32, lower case.

The organization's id stands first, so that the tenant is set before the first look-up; the checksum lets a mistyped or cut
key be told from a wrong one without a look-up, and lets scanners find leaked keys. A test key opens a sandbox and nothing live.
"""

import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from uuid import UUID

from service.organizations.errors import InvalidApiKeyError

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_AS_PYTHON = str.maketrans(ALPHABET, "0123456789abcdefghijklmnopqrstuv")
"""What `int` takes for the same digits."""
SECRET_BYTES = 32
PREFIX_CHARACTERS = 10
LIVE, TEST = "cg_live_", "cg_test_"
_FORM = re.compile(rf"({LIVE}|{TEST})([{ALPHABET}]{{26}})([{ALPHABET}]{{52}})([{ALPHABET}]{{7}})")


@dataclass(frozen=True, slots=True)
class KeyText:
    """A well-formed key. `prefix` is the public part that it is found by; `digest` is what is stored (SHA-256)."""

    org_id: UUID
    sandbox: bool
    prefix: str
    text: str
    digest: bytes

    def __repr__(self) -> str:
        return f"KeyText({self.org_id}, {self.prefix}…)"

    @property
    def shown(self) -> str:
        """What lists show of it: which key it is, and not the key."""
        return shown(self.prefix, sandbox=self.sandbox)

    def matches(self, digest: bytes) -> bool:
        return hmac.compare_digest(self.digest, digest)


def shown(prefix: str, *, sandbox: bool) -> str:
    return f"{TEST if sandbox else LIVE}…{prefix}…"


def new_key(org_id: UUID, *, sandbox: bool = False) -> KeyText:
    """A fresh key of 256 random bits."""
    secret = _encode(secrets.token_bytes(SECRET_BYTES), 52)
    body = (TEST if sandbox else LIVE) + _encode(org_id.bytes, 26) + secret
    return parse_key(body + _checksum(body))


def parse_key(text: str) -> KeyText:
    """Read a key; InvalidApiKeyError if it isn't one or was mistyped."""
    form = _FORM.fullmatch(text)
    if form is None or not hmac.compare_digest(_checksum(text[:-7]), form[4]):
        raise InvalidApiKeyError
    try:
        org_id = UUID(int=_number(form[2]))
    except ValueError:  # more than 128 bits
        raise InvalidApiKeyError from None
    digest = hashlib.sha256(text.encode()).digest()
    return KeyText(org_id, form[1] == TEST, form[3][:PREFIX_CHARACTERS], text, digest)


def _checksum(body: str) -> str:
    return _encode(binascii.crc32(body.encode()).to_bytes(4), 7)


def _encode(data: bytes, length: int) -> str:
    value = int.from_bytes(data)
    return "".join(ALPHABET[value >> 5 * i & 31] for i in reversed(range(length)))


def _number(text: str) -> int:
    return int(text.translate(_AS_PYTHON), 32)
