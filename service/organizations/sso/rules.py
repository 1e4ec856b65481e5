"""What single sign-on accepts: decisions without a network or a database."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

LEEWAY_SECONDS: Final = 60
"""How far the provider's clock may be off."""
ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
"""Signatures that only the provider can make: never `none`, nor HMAC under a secret that both sides know."""


class NewPeople(StrEnum):
    """Who gets an account by signing in for the first time."""

    INVITED = "invited"
    """Whoever has an open invitation, by whose link they come."""
    ANYONE = "anyone"
    """Whoever the provider vouches for in one of the allowed domains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnConfig:
    """The one provider of this server; `email_domains` empty lets all of its addresses in."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    public_url: str
    email_domains: frozenset[str] = frozenset()
    new_people: NewPeople = NewPeople.INVITED

    @property
    def redirect_uri(self) -> str:
        return f"{self.public_url}/v1/sso/callback"

    @property
    def allows_plain_http(self) -> bool:
        """A provider on this machine, for trying out."""
        return _is_loopback(self.issuer)

    def admits(self, email: str) -> bool:
        """Whether the domain of a normalised address is among the allowed ones."""
        return not self.email_domains or email.rpartition("@")[2] in self.email_domains


def is_fit_issuer(issuer: str) -> bool:
    """https, or a provider on this machine; no query or fragment (OpenID Connect Discovery 1.0, section 3)."""
    parts = urlsplit(issuer)
    fits = parts.scheme == "https" or _is_loopback(issuer)
    return bool(fits and parts.hostname and not parts.query and not parts.fragment and parts.username is None)


def _is_loopback(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}


def own_path(wanted: str | None) -> str:
    """Where to go after signing in: a path of this server, `/` for anything else.

    What begins with two slashes, or a backslash, or carries a control or a space, browsers may take for another host.
    """
    if wanted is None or not wanted.startswith("/") or wanted.startswith("//"):
        return "/"
    plain = wanted.isascii() and wanted.isprintable() and not any(c in wanted for c in ' \\#<>"')
    return wanted if plain else "/"
