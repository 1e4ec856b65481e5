"""One's own second factor: an authenticator app, and recovery codes to write down."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.api.deps import App
from service.api.problems import responses
from service.api.routing import resource
from service.api.signed_in import FromDevice, Mine, Password
from service.organizations import second_factor
from service.organizations.people import Device
from service.organizations.second_factor import Asked

router = resource("/person/me/second-factor", "second factor")

Code = Annotated[
    str,
    Field(max_length=64, description="The present code of your authenticator app, or a recovery code."),
]


class PasswordIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: Password


class CodeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(max_length=64, description="The present code of your authenticator app.")]


class BothIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: Password
    code: Code


class SecondFactorOut(BaseModel):
    enabled: bool = Field(description="Whether signing in with a password asks for a code.")
    confirmed_at: datetime | None
    recovery_codes_left: int


class EnrolmentOut(BaseModel):
    """Shown once. It counts when a code of it is confirmed."""

    secret: str = Field(description="To type into the app, in base32.")
    uri: str = Field(description="The same as an address, for a QR code: `otpauth://totp/…`.")


class RecoveryCodesOut(BaseModel):
    """Shown once. Each stands for a code of the app, once."""

    recovery_codes: list[str]


def _asked(mine: Mine, device: Device, given: PasswordIn | BothIn) -> Asked:
    code = given.code if isinstance(given, BothIn) else None
    return Asked(mine.signed, device, given.password, code, mine.request_id)


@router.get("", operation_id="get_second_factor", responses=responses())
async def get_second_factor(app: App, mine: Mine) -> SecondFactorOut:
    """Whether you have a second factor, and how many recovery codes are left."""
    found = await second_factor.factor_of(app.people, mine.person)
    return SecondFactorOut(
        enabled=found.confirmed_at is not None,
        confirmed_at=found.confirmed_at,
        recovery_codes_left=found.recovery_codes,
    )


@router.post("", operation_id="enrol_second_factor", status_code=201, responses=responses(409, 429))
async def enrol_second_factor(app: App, mine: Mine, device: FromDevice, given: PasswordIn) -> EnrolmentOut:
    """Begin to set up an authenticator app. Nothing asks for its codes before you confirm one."""
    made = await second_factor.enrol(app.people, _asked(mine, device, given))
    return EnrolmentOut(secret=made.secret, uri=made.uri)


@router.post("/confirm", operation_id="confirm_second_factor", responses=responses(409, 429))
async def confirm_second_factor(app: App, mine: Mine, given: CodeIn) -> RecoveryCodesOut:
    """Ask for codes from now on, and end your other sessions."""
    codes = await second_factor.confirm(app.people, mine.signed, given.code, request_id=mine.request_id)
    return RecoveryCodesOut(recovery_codes=codes)


@router.post("/recovery-codes", operation_id="renew_recovery_codes", responses=responses(409, 429))
async def renew_recovery_codes(app: App, mine: Mine, device: FromDevice, given: BothIn) -> RecoveryCodesOut:
    """New recovery codes; the old ones are worthless."""
    return RecoveryCodesOut(
        recovery_codes=await second_factor.renew_codes(app.people, _asked(mine, device, given))
    )


@router.post("/disable", operation_id="disable_second_factor", status_code=204, responses=responses(409, 429))
async def disable_second_factor(app: App, mine: Mine, device: FromDevice, given: BothIn) -> None:
    """Ask for codes no more."""
    await second_factor.disable(app.people, _asked(mine, device, given))
