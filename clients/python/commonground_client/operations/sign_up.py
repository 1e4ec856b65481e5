"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _ask_to_sign_up(body: m.SignUpRequest) -> Call[m.Accepted]:
    return Call(method="POST", path=path("/v1/sign-up/requests"), answer=m.Accepted, json=body)


def _sign_up(body: m.SignUpIn) -> Call[m.CurrentSession]:
    return Call(method="POST", path=path("/v1/sign-up"), answer=m.CurrentSession, json=body)


class SignUp(Sender):
    def ask_to_sign_up(self, body: m.SignUpRequest) -> m.Accepted:
        """Have a link sent to sign up with, where sign-up is open. The answer is the same for every address."""
        return self.send(_ask_to_sign_up(body))

    def sign_up(self, body: m.SignUpIn) -> m.CurrentSession:
        """Make an organization of which you are the first admin, and be signed in there."""
        return self.send(_sign_up(body))


class AsyncSignUp(AsyncSender):
    async def ask_to_sign_up(self, body: m.SignUpRequest) -> m.Accepted:
        """Have a link sent to sign up with, where sign-up is open. The answer is the same for every address."""
        return await self.send(_ask_to_sign_up(body))

    async def sign_up(self, body: m.SignUpIn) -> m.CurrentSession:
        """Make an organization of which you are the first admin, and be signed in there."""
        return await self.send(_sign_up(body))
