"""What a browser keeps while somebody is at the identity provider: sealed, so that it can be neither read nor made up."""

import base64
import binascii
import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self

from service.crypto import SERVICE, DataKeys, DataPlace, Keystore
from service.crypto.errors import CryptoError
from service.organizations.errors import SignOnFailedError

LASTS: Final = timedelta(minutes=10)
_PLACE: Final = DataPlace("sign_on", "ticket", "cookie")
_LONGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class Ticket:
    """One attempt: `state` binds the answer to this browser, `nonce` the id token, `verifier` the code (RFC 7636)."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    return_to: str
    invitation: str | None = field(repr=False)
    expires: int
    """Seconds since the epoch."""

    @classmethod
    def draw(cls, now: datetime, *, return_to: str, invitation: str | None) -> Self:
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, return_to, invitation, int((now + LASTS).timestamp()))

    def sealed(self, keystore: Keystore) -> str:
        """As a cookie's value."""
        plain = [self.state, self.nonce, self.verifier, self.return_to, self.invitation, self.expires]
        record = DataKeys(keystore, SERVICE).seal(json.dumps(plain).encode(), _PLACE)
        return base64.urlsafe_b64encode(record).decode().rstrip("=")

    @classmethod
    def open(cls, keystore: Keystore, cookie: str | None, now: datetime) -> Self:
        """SignOnFailedError if there is none, it isn't one of ours, or it is too old."""
        if not cookie or len(cookie) > _LONGEST:
            raise SignOnFailedError("This browser has not begun to sign in")
        try:
            record = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
            found = cls(*json.loads(DataKeys(keystore, SERVICE).open(record, _PLACE)))
        except (CryptoError, binascii.Error, ValueError):
            raise SignOnFailedError("This browser has not begun to sign in") from None
        if found.expires <= now.timestamp():
            raise SignOnFailedError("Signing in took too long")
        return found

    def answers(self, state: str) -> bool:
        return hmac.compare_digest(self.state.encode(), state.encode())
