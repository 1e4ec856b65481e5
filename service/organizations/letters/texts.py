"""What letters say: one plain-text file a kind, its first line the subject."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from string import Template
from typing import Final

from service.kit.mail import Letter, one_line

_LONGEST_VALUE: Final = 160
_PREFIX: Final = "Subject: "
_OURS: Final = frozenset({"link", "server"})
_DOT: Final = re.compile(r"[.\u3002\uff0e\uff61](?=\w)")
"""One that a domain goes on behind, also as browsers know it from East Asian keyboards."""


class LetterKind(StrEnum):
    SIGN_UP = "sign_up"
    KNOWN_ALREADY = "known_already"
    INVITATION = "invitation"
    PARTNER_INVITATION = "partner_invitation"
    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a kind
    NEW_SIGN_IN = "new_sign_in"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a kind
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"


PAGES: Final[Mapping[LetterKind, str]] = {
    LetterKind.SIGN_UP: "sign-up",
    LetterKind.INVITATION: "join",
    LetterKind.PARTNER_INVITATION: "partner",
    LetterKind.VERIFY_EMAIL: "verify",
    LetterKind.RESET_PASSWORD: "reset",
}
"""The page that a link opens."""


def link_to(public_url: str, kind: LetterKind, secret: str) -> str:
    """The secret stands after the #: browsers send that part to nobody, so it is in no log and no Referer."""
    return f"{public_url}/{PAGES[kind]}#{secret}"


def write(kind: LetterKind, to: str, values: Mapping[str, str]) -> Letter:
    """The letter with its values put in. What people named themselves stays on one line, is cut, and becomes no link."""
    plain = {name: value if name in _OURS else _quoted(value) for name, value in values.items()}
    subject, _, text = _template(kind).substitute(plain).partition("\n")
    return Letter(to, subject.removeprefix(_PREFIX), text.lstrip("\n"))


def said(moment: datetime) -> str:
    """A moment as a letter says it."""
    return f"{moment.astimezone(UTC):%d %B %Y, %H:%M} UTC"


def _quoted(value: str) -> str:
    """Mail programs make links of what looks like one, bare domains too: a stranger's words in a letter of ours are to be none."""
    return _DOT.sub(r"\g<0> ", one_line(value, _LONGEST_VALUE)).replace("://", ": //")


@cache
def _template(kind: LetterKind) -> Template:
    return Template((files(__package__) / "texts" / f"{kind}.txt").read_text(encoding="utf-8"))
