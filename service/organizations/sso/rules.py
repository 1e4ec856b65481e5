"""What single sign-on accepts: decisions without a network or a database."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from service.kit.mail import one_line
from service.organizations.errors import InvalidEmailError, SignOnFailedError, SignOnRefusedError
from service.organizations.rules import normal_email

LONGEST_NAME: Final = 200
_SUBJECT: Final = re.compile(r"[ -~]{1,255}")
"""OpenID Connect Core 1.0, section 2: ASCII, at most 255 characters."""
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


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says has signed in; `email` is normal and verified by it."""

    issuer: str
    subject: str = field(repr=False)
    email: str = field(repr=False)
    name: str = field(repr=False)


def identity_of(claims: Mapping[str, Any], config: SignOnConfig) -> Identity:
    """Read the claims of a valid id token.

    SignOnFailedError if its subject is none; SignOnRefusedError if it has no address that the provider vouches for and that may
    come in.
    """
    subject, email, name = claims.get("sub"), claims.get("email"), claims.get("name")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise SignOnFailedError
    # Some providers send the truth as text; anything else than true is not it.
    verified = claims.get("email_verified")
    if not isinstance(email, str) or not (verified is True or verified == "true"):
        raise SignOnRefusedError(
            "The identity provider has no verified e-mail address of you: verify it there, or sign in with a password."
        )
    try:
        normal = normal_email(email)
    except InvalidEmailError:
        raise SignOnRefusedError(
            "The e-mail address that the identity provider has of you is none."
        ) from None
    if not config.admits(normal):
        raise SignOnRefusedError(
            "The domain of your e-mail address is not among those that may sign in here: ask the operator."
        )
    shown = one_line(name, LONGEST_NAME) if isinstance(name, str) else ""
    return Identity(config.issuer, subject, normal, shown or normal.partition("@")[0])
