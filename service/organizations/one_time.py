"""Codes that are good once: of an authenticator app (RFC 6238), and those written down for when it is lost. Decisions only."""

import base64
import hmac
import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final

import pyotp

SECRET_BYTES: Final = 20
"""160 bits, as RFC 4226 recommends, and all that every app takes."""
STEP_SECONDS: Final = 30
NEIGHBOURS: Final = 1
"""Steps before and after the present one that are taken: clocks differ, and people type slowly."""
RECOVERY_CODES: Final = 10
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_GROUPS, _GROUP = 4, 4
_SIX_DIGITS: Final = re.compile(r"[0-9]{6}")
_RECOVERY: Final = re.compile(rf"[{_ALPHABET}]{{{_GROUPS * _GROUP}}}")
_LOOK_ALIKES: Final = str.maketrans("ilo", "110")


def new_secret(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> bytes:
    return random_bytes(SECRET_BYTES)


def as_text(secret: bytes) -> str:
    """The secret as apps take it typed: base32."""
    return base64.b32encode(secret).decode()


def as_uri(secret: bytes, *, account: str, issuer: str) -> str:
    """The secret as apps take it from a QR code: `otpauth://totp/…`."""
    return str(
        pyotp.TOTP(as_text(secret)).provisioning_uri(name=account, issuer_name=issuer.replace(":", " "))
    )


def matching_step(secret: bytes, code: str, now: datetime, *, after: int | None) -> int | None:
    """The time step whose code this is, the present one or a neighbour, and later than `after`; None if there is none.

    `after` is the step whose code was taken last: neither it nor one before is good again (RFC 6238, section 5.2).
    """
    given, totp = plain(code), pyotp.TOTP(as_text(secret), interval=STEP_SECONDS)
    if not _SIX_DIGITS.fullmatch(given):
        return None
    present, found = int(now.timestamp()) // STEP_SECONDS, None
    for step in range(present - NEIGHBOURS, present + NEIGHBOURS + 1):
        matches = hmac.compare_digest(totp.generate_otp(step), given)
        if matches and (after is None or step > after):
            found = step
    return found


def new_recovery_codes(choose: Callable[[str], str] = secrets.choice) -> list[str]:
    """Ten codes of 80 random bits, as they are written down: `xxxx-xxxx-xxxx-xxxx`."""
    return [
        "-".join("".join(choose(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
        for _ in range(RECOVERY_CODES)
    ]


def recovery_text(code: str) -> str | None:
    """A recovery code as it is hashed, however it was typed; None if it can't be one."""
    text = plain(code).lower().translate(_LOOK_ALIKES)
    return text if _RECOVERY.fullmatch(text) else None


def plain(code: str) -> str:
    """Without the blanks and hyphens that people type or copy along."""
    return re.sub(r"[\s-]", "", code)
