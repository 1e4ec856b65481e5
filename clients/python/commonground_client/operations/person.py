"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _ask_for_password_reset(body: m.ResetRequest) -> Call[m.Accepted]:
    return Call(method="POST", path=path("/v1/password-resets"), answer=m.Accepted, json=body)


def _ask_for_verification() -> Call[m.Accepted]:
    return Call(method="POST", path=path("/v1/person/me/email-verification"), answer=m.Accepted)


def _change_password(body: m.PasswordChange) -> Call[None]:
    return Call(method="POST", path=path("/v1/person/me/password"), answer=type(None), json=body)


def _get_me() -> Call[m.MyPerson]:
    return Call(method="GET", path=path("/v1/person/me"), answer=m.MyPerson)


def _leave_organization(organization_id: UUID) -> Call[None]:
    return Call(
        method="DELETE", path=path("/v1/person/me/organizations/{}", organization_id), answer=type(None)
    )


def _reset_password(body: m.ResetIn) -> Call[None]:
    return Call(method="POST", path=path("/v1/password-resets/complete"), answer=type(None), json=body)


def _update_me(
    body: m.PersonChange, *, if_match: str | None = None, if_none_match: str | None = None
) -> Call[m.MyPerson]:
    return Call(
        method="PATCH",
        path=path("/v1/person/me"),
        answer=m.MyPerson,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        json=body,
    )


def _verify_email(body: m.VerificationIn) -> Call[None]:
    return Call(method="POST", path=path("/v1/email-verifications"), answer=type(None), json=body)


class Person(Sender):
    def ask_for_password_reset(self, body: m.ResetRequest) -> m.Accepted:
        """Have a link sent to set a new password with. The answer is the same whether anybody has the address."""
        return self.send(_ask_for_password_reset(body))

    def ask_for_verification(self) -> m.Accepted:
        """Have a link sent that shows that your address is yours."""
        return self.send(_ask_for_verification())

    def change_password(self, body: m.PasswordChange) -> None:
        """Set a new password. Every other session of yours ends, and this one gets a new token."""
        return self.send(_change_password(body))

    def get_me(self) -> m.MyPerson:
        """Who you are and where you belong, with the `ETag` that a change may name in `If-Match`."""
        return self.send(_get_me())

    def leave_organization(self, organization_id: UUID) -> None:
        """Leave an organization; your sessions there end. The last admin can't leave."""
        return self.send(_leave_organization(organization_id))

    def reset_password(self, body: m.ResetIn) -> None:
        """Set a new password by the link, once. Every session ends; sign in with the new password."""
        return self.send(_reset_password(body))

    def update_me(
        self, body: m.PersonChange, *, if_match: str | None = None, if_none_match: str | None = None
    ) -> m.MyPerson:
        """Change your name."""
        return self.send(_update_me(body, if_match=if_match, if_none_match=if_none_match))

    def verify_email(self, body: m.VerificationIn) -> None:
        """Show by the link that the address is yours."""
        return self.send(_verify_email(body))


class AsyncPerson(AsyncSender):
    async def ask_for_password_reset(self, body: m.ResetRequest) -> m.Accepted:
        """Have a link sent to set a new password with. The answer is the same whether anybody has the address."""
        return await self.send(_ask_for_password_reset(body))

    async def ask_for_verification(self) -> m.Accepted:
        """Have a link sent that shows that your address is yours."""
        return await self.send(_ask_for_verification())

    async def change_password(self, body: m.PasswordChange) -> None:
        """Set a new password. Every other session of yours ends, and this one gets a new token."""
        return await self.send(_change_password(body))

    async def get_me(self) -> m.MyPerson:
        """Who you are and where you belong, with the `ETag` that a change may name in `If-Match`."""
        return await self.send(_get_me())

    async def leave_organization(self, organization_id: UUID) -> None:
        """Leave an organization; your sessions there end. The last admin can't leave."""
        return await self.send(_leave_organization(organization_id))

    async def reset_password(self, body: m.ResetIn) -> None:
        """Set a new password by the link, once. Every session ends; sign in with the new password."""
        return await self.send(_reset_password(body))

    async def update_me(
        self, body: m.PersonChange, *, if_match: str | None = None, if_none_match: str | None = None
    ) -> m.MyPerson:
        """Change your name."""
        return await self.send(_update_me(body, if_match=if_match, if_none_match=if_none_match))

    async def verify_email(self, body: m.VerificationIn) -> None:
        """Show by the link that the address is yours."""
        return await self.send(_verify_email(body))
