"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _confirm_second_factor(body: m.CodeIn) -> Call[m.RecoveryCodes]:
    return Call(
        method="POST", path=path("/v1/person/me/second-factor/confirm"), answer=m.RecoveryCodes, json=body
    )


def _disable_second_factor(body: m.BothIn) -> Call[None]:
    return Call(method="POST", path=path("/v1/person/me/second-factor/disable"), answer=type(None), json=body)


def _enrol_second_factor(body: m.PasswordIn) -> Call[m.Enrolment]:
    return Call(method="POST", path=path("/v1/person/me/second-factor"), answer=m.Enrolment, json=body)


def _get_second_factor() -> Call[m.SecondFactor]:
    return Call(method="GET", path=path("/v1/person/me/second-factor"), answer=m.SecondFactor)


def _renew_recovery_codes(body: m.BothIn) -> Call[m.RecoveryCodes]:
    return Call(
        method="POST",
        path=path("/v1/person/me/second-factor/recovery-codes"),
        answer=m.RecoveryCodes,
        json=body,
    )


class SecondFactor(Sender):
    def confirm_second_factor(self, body: m.CodeIn) -> m.RecoveryCodes:
        """Ask for codes from now on, and end your other sessions."""
        return self.send(_confirm_second_factor(body))

    def disable_second_factor(self, body: m.BothIn) -> None:
        """Ask for codes no more."""
        return self.send(_disable_second_factor(body))

    def enrol_second_factor(self, body: m.PasswordIn) -> m.Enrolment:
        """Begin to set up an authenticator app. Nothing asks for its codes before you confirm one."""
        return self.send(_enrol_second_factor(body))

    def get_second_factor(self) -> m.SecondFactor:
        """Whether you have a second factor, and how many recovery codes are left."""
        return self.send(_get_second_factor())

    def renew_recovery_codes(self, body: m.BothIn) -> m.RecoveryCodes:
        """New recovery codes; the old ones are worthless."""
        return self.send(_renew_recovery_codes(body))


class AsyncSecondFactor(AsyncSender):
    async def confirm_second_factor(self, body: m.CodeIn) -> m.RecoveryCodes:
        """Ask for codes from now on, and end your other sessions."""
        return await self.send(_confirm_second_factor(body))

    async def disable_second_factor(self, body: m.BothIn) -> None:
        """Ask for codes no more."""
        return await self.send(_disable_second_factor(body))

    async def enrol_second_factor(self, body: m.PasswordIn) -> m.Enrolment:
        """Begin to set up an authenticator app. Nothing asks for its codes before you confirm one."""
        return await self.send(_enrol_second_factor(body))

    async def get_second_factor(self) -> m.SecondFactor:
        """Whether you have a second factor, and how many recovery codes are left."""
        return await self.send(_get_second_factor())

    async def renew_recovery_codes(self, body: m.BothIn) -> m.RecoveryCodes:
        """New recovery codes; the old ones are worthless."""
        return await self.send(_renew_recovery_codes(body))
