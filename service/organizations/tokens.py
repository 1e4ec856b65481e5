"""Secrets that are handed out once and stored as SHA-256 only: session tokens, invitations, links.

Those of an organization begin with its id, so that the tenant is set before the first look-up. Each has 256 random bits.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from uuid import UUID

from service.organizations.errors import InvalidLinkError, NotSignedInError

NOWHERE = UUID(int=0)
"""Stands for the organization in the token of a session that acts in none."""
_ID, _SECRET = "[0-9a-v]{26}", "[0-9a-v]{52}"
_SESSION = re.compile(rf"({_ID}){_SECRET}")
_INVITATION = re.compile(rf"cg_invite_({_ID}){_SECRET}")
_PARTNER = re.compile(rf"cg_partner_({_ID}){_SECRET}")
_LINK = re.compile(rf"cg_link_{_SECRET}")


@dataclass(frozen=True, slots=True)
class TenantToken:
    """A well-formed token of an organization; whether it is good, its digest tells."""

    org_id: UUID
    text: str = field(repr=False)

    @property
    def digest(self) -> bytes:
        return digest_of(self.text)

    @property
    def admits(self) -> UUID:
        """The first 128 bits of the digest, as policies compare them."""
        return UUID(bytes=self.digest[:16])


def new_session_token(org_id: UUID | None) -> TenantToken:
    return _new("", org_id or NOWHERE)


def new_invitation_token(org_id: UUID) -> TenantToken:
    return _new("cg_invite_", org_id)


def new_partner_token(org_id: UUID) -> TenantToken:
    return _new("cg_partner_", org_id)


def new_link() -> str:
    return "cg_link_" + _text(secrets.token_bytes(32))


def parse_session_token(text: str) -> TenantToken:
    """NotSignedInError if it isn't one."""
    return _parse(_SESSION, text) or _refuse(NotSignedInError())


def parse_invitation(text: str) -> TenantToken:
    """InvalidLinkError if it isn't one."""
    return _parse(_INVITATION, text) or _refuse(InvalidLinkError())


def parse_partner_token(text: str) -> TenantToken:
    """InvalidLinkError if it isn't one."""
    return _parse(_PARTNER, text) or _refuse(InvalidLinkError())


def link_digest(text: str) -> bytes:
    """What a link is found by; InvalidLinkError if it isn't one."""
    if not _LINK.fullmatch(text):
        raise InvalidLinkError
    return digest_of(text)


def digest_of(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def keyed(key: bytes, purpose: str, *values: str) -> bytes:
    """HMAC-SHA256 of values that must not be stored as they are; NUL can stand in none of them."""
    return hmac.digest(key, "\x00".join((purpose, *values)).encode("utf-8", "surrogatepass"), "sha256")


def _new(prefix: str, org_id: UUID) -> TenantToken:
    return TenantToken(org_id, prefix + _text(org_id.bytes) + _text(secrets.token_bytes(32)))


def _parse(form: re.Pattern[str], text: str) -> TenantToken | None:
    found = form.fullmatch(text)
    if found is None:
        return None
    return TenantToken(UUID(bytes=base64.b32hexdecode(found[1].upper() + "======")), text)


def _refuse(error: Exception) -> TenantToken:
    raise error


def _text(data: bytes) -> str:
    return base64.b32hexencode(data).decode().rstrip("=").lower()
