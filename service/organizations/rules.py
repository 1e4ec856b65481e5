"""What a role may do, what an address and a password must be, and how long things last: decisions without a database."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from email_validator import EmailNotValidError, validate_email

from service.organizations.errors import InvalidEmailError, ScopesNotHeldError, WeakPasswordError
from service.organizations.models import Role, Scope

_ADMINISTRATION: Final = frozenset(
    {Scope.MEMBERS_ADMIN, Scope.KEYS_ADMIN, Scope.AUDIT_READ, Scope.ORGANIZATION_ADMIN}
)
_READING: Final = frozenset(scope for scope in Scope if scope.value.endswith(":read")) - _ADMINISTRATION

ROLE_SCOPES: Final[Mapping[Role, frozenset[Scope]]] = MappingProxyType(
    {
        Role.ADMIN: frozenset(Scope),
        Role.PARTNER_MANAGER: frozenset(Scope) - _ADMINISTRATION,
        Role.SALES: _READING | {Scope.LEADS_WRITE, Scope.COMMENTS_WRITE},
        Role.VIEWER: _READING - {Scope.CONTACTS_READ},
    }
)


def refuse_more(given: Collection[Scope], held: Collection[Scope]) -> None:
    """Nobody gives what they lack themselves. ScopesNotHeldError."""
    lacking = sorted(scope.value for scope in set(given) - set(held))
    if lacking:
        raise ScopesNotHeldError(lacking)


SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
LONGEST_EMAIL: Final = 254
LONGEST_USER_AGENT: Final = 120

IDLE: Final = timedelta(minutes=30)
"""A session that isn't used for this long has ended."""
LONGEST_SESSION: Final = timedelta(hours=12)
RENEW_EVERY: Final = timedelta(minutes=15)
"""How often a session gets a new token while it is used."""
OLD_TOKEN_GRACE: Final = timedelta(minutes=1)
"""How long the token before serves requests that were under way when the new one was given."""
SEEN_EVERY: Final = timedelta(minutes=1)
"""`last_seen_at` is written no more often."""
KEEP_ENDED: Final = timedelta(days=30)
"""How long an ended session is kept, so that its device is known at the next sign-in."""

MOST_ORGANIZATIONS: Final = 10
"""That one person makes by themselves, where sign-up is open."""
INVITATION_DAYS: Final = 7
LONGEST_INVITATION_DAYS: Final = 30
RESET_LASTS: Final = timedelta(minutes=30)
VERIFICATION_LASTS: Final = timedelta(hours=24)
SIGN_UP_LASTS: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class BackOff:
    """`free` failures cost nothing; each further one doubles the wait, from `first` up to `longest`."""

    free: int
    first: timedelta
    longest: timedelta
    of_many: bool = False
    """Whether many people share the count: in an office somebody mistypes every few minutes, so it also ends while they do."""

    def wait(self, failures: int) -> timedelta:
        """How long to wait after so many failures."""
        over = failures - self.free
        if over <= 0:
            return timedelta(0)
        return min(self.first * (1 << min(over - 1, 20)), self.longest)


OF_PERSON_AND_ADDRESS: Final = BackOff(5, timedelta(seconds=2), timedelta(minutes=15))
"""Failures for one e-mail from one network: whoever guesses waits, and the person at another network doesn't."""
OF_ADDRESS: Final = BackOff(30, timedelta(seconds=2), timedelta(minutes=15), of_many=True)
"""Failures from one network, whatever the e-mail."""
OF_CODE: Final = BackOff(5, timedelta(seconds=5), timedelta(minutes=15))
"""Wrong second factors of one person; only who has the password can cause them."""
OF_LETTERS: Final = BackOff(3, timedelta(minutes=15), timedelta(hours=1))
"""Letters of invitation of one organization to one e-mail."""
OF_INVITATIONS: Final = BackOff(100, timedelta(minutes=1), timedelta(hours=1), of_many=True)
"""Letters of invitation of one organization, to whomever."""
FORGOTTEN_AFTER: Final = timedelta(hours=2)
"""Failures count as long as another follows within this time, those of many for as long from their first on; longer than any wait above."""


def normal_email(text: str) -> str:
    """One way to write an e-mail address: NFC, casefolded, its domain in Unicode. InvalidEmailError."""
    try:
        found = validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError:
        raise InvalidEmailError from None
    normal = unicodedata.normalize("NFC", found.normalized.casefold())
    if len(normal) > LONGEST_EMAIL:
        raise InvalidEmailError
    return normal


def as_hashed(password: str) -> str:
    """One way to write a password (NFKC), so that every keyboard's way of an accent is the same."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, common: frozenset[str] = frozenset()) -> None:
    """WeakPasswordError if it is too short, too long or one of the most common; no other rules."""
    normal = as_hashed(password)
    if not SHORTEST_PASSWORD <= len(normal) <= LONGEST_PASSWORD:
        raise WeakPasswordError(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters of any kind: a few words make a good one."
        )
    if normal.casefold() in common:
        raise WeakPasswordError(
            "This password is one of the most common ones, which are tried first: choose another."
        )


def short_user_agent(text: str | None) -> str:
    """What a browser says it is, on one line and cut."""
    plain = " ".join(re.sub(r"[^ -~]+", " ", text or "").split())
    return plain[:LONGEST_USER_AGENT] or "unknown"
