"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _confirm_second_factor(body: m.CodeIn, *, idempotency_key: str | None = None) -> Call[m.RecoveryCodes]:
    return Call(
        method="POST",
        path=path("/v1/person/me/second-factor/confirm"),
        answer=m.RecoveryCodes,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _disable_second_factor(body: m.BothIn, *, idempotency_key: str | None = None) -> Call[None]:
    return Call(
        method="POST",
        path=path("/v1/person/me/second-factor/disable"),
        answer=type(None),
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _enrol_second_factor(body: m.PasswordIn, *, idempotency_key: str | None = None) -> Call[m.Enrolment]:
    return Call(
        method="POST",
        path=path("/v1/person/me/second-factor"),
        answer=m.Enrolment,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _get_second_factor() -> Call[m.SecondFactor]:
    return Call(method="GET", path=path("/v1/person/me/second-factor"), answer=m.SecondFactor)


def _renew_recovery_codes(body: m.BothIn, *, idempotency_key: str | None = None) -> Call[m.RecoveryCodes]:
    return Call(
        method="POST",
        path=path("/v1/person/me/second-factor/recovery-codes"),
        answer=m.RecoveryCodes,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


class SecondFactor(Sender):
    def confirm_second_factor(self, body: m.CodeIn, *, idempotency_key: str | None = None) -> m.RecoveryCodes:
        """Ask for codes from now on, and end your other sessions."""
        return self.send(_confirm_second_factor(body, idempotency_key=idempotency_key))

    def disable_second_factor(self, body: m.BothIn, *, idempotency_key: str | None = None) -> None:
        """Ask for codes no more."""
        return self.send(_disable_second_factor(body, idempotency_key=idempotency_key))

    def enrol_second_factor(self, body: m.PasswordIn, *, idempotency_key: str | None = None) -> m.Enrolment:
        """Begin to set up an authenticator app. Nothing asks for its codes before you confirm one."""
        return self.send(_enrol_second_factor(body, idempotency_key=idempotency_key))

    def get_second_factor(self) -> m.SecondFactor:
        """Whether you have a second factor, and how many recovery codes are left."""
        return self.send(_get_second_factor())

    def renew_recovery_codes(self, body: m.BothIn, *, idempotency_key: str | None = None) -> m.RecoveryCodes:
        """New recovery codes; the old ones are worthless."""
        return self.send(_renew_recovery_codes(body, idempotency_key=idempotency_key))


class AsyncSecondFactor(AsyncSender):
    async def confirm_second_factor(
        self, body: m.CodeIn, *, idempotency_key: str | None = None
    ) -> m.RecoveryCodes:
        """Ask for codes from now on, and end your other sessions."""
        return await self.send(_confirm_second_factor(body, idempotency_key=idempotency_key))

    async def disable_second_factor(self, body: m.BothIn, *, idempotency_key: str | None = None) -> None:
        """Ask for codes no more."""
        return await self.send(_disable_second_factor(body, idempotency_key=idempotency_key))

    async def enrol_second_factor(
        self, body: m.PasswordIn, *, idempotency_key: str | None = None
    ) -> m.Enrolment:
        """Begin to set up an authenticator app. Nothing asks for its codes before you confirm one."""
        return await self.send(_enrol_second_factor(body, idempotency_key=idempotency_key))

    async def get_second_factor(self) -> m.SecondFactor:
        """Whether you have a second factor, and how many recovery codes are left."""
        return await self.send(_get_second_factor())

    async def renew_recovery_codes(
        self, body: m.BothIn, *, idempotency_key: str | None = None
    ) -> m.RecoveryCodes:
        """New recovery codes; the old ones are worthless."""
        return await self.send(_renew_recovery_codes(body, idempotency_key=idempotency_key))
