"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from datetime import datetime

from commonground_client.base import Model
from pydantic import Field


class BothIn(Model):
    code: str = Field(description="The present code of your authenticator app, or a recovery code.")
    password: str


class CodeIn(Model):
    code: str = Field(description="The present code of your authenticator app.")


class Enrolment(Model):
    """Shown once. It counts when a code of it is confirmed."""

    secret: str = Field(description="To type into the app, in base32.")
    uri: str = Field(description="The same as an address, for a QR code: `otpauth://totp/…`.")


class PasswordIn(Model):
    password: str


class RecoveryCodes(Model):
    """Shown once. Each stands for a code of the app, once."""

    recovery_codes: list[str]


class SecondFactor(Model):
    confirmed_at: datetime | None
    enabled: bool = Field(description="Whether signing in with a password asks for a code.")
    recovery_codes_left: int
