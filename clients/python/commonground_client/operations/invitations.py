"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _accept_invitation(
    received_invitation_id: UUID, body: m.AcceptInvitationIn, *, idempotency_key: str | None = None
) -> Call[m.Partnership]:
    return Call(
        method="POST",
        path=path("/v1/received-invitations/{}/accept", received_invitation_id),
        answer=m.Partnership,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _create_invitation(
    body: m.PartnerInvitationIn, *, idempotency_key: str | None = None
) -> Call[m.NewPartnerInvitation]:
    return Call(
        method="POST",
        path=path("/v1/invitations"),
        answer=m.NewPartnerInvitation,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _decline_invitation(received_invitation_id: UUID, *, idempotency_key: str | None = None) -> Call[None]:
    return Call(
        method="POST",
        path=path("/v1/received-invitations/{}/decline", received_invitation_id),
        answer=type(None),
        headers={"Idempotency-Key": idempotency_key},
    )


def _get_received_invitation(received_invitation_id: UUID) -> Call[m.ReceivedInvitation]:
    return Call(
        method="GET",
        path=path("/v1/received-invitations/{}", received_invitation_id),
        answer=m.ReceivedInvitation,
    )


def _list_invitations(
    *, cursor: str | None = None, limit: int | None = None
) -> Call[m.PartnerInvitationPage]:
    return Call(
        method="GET",
        path=path("/v1/invitations"),
        answer=m.PartnerInvitationPage,
        query={"cursor": cursor, "limit": limit},
    )


def _list_received_invitations(
    *, cursor: str | None = None, limit: int | None = None
) -> Call[m.ReceivedInvitationPage]:
    return Call(
        method="GET",
        path=path("/v1/received-invitations"),
        answer=m.ReceivedInvitationPage,
        query={"cursor": cursor, "limit": limit},
    )


def _open_invitation(body: m.LinkIn, *, idempotency_key: str | None = None) -> Call[m.ReceivedInvitation]:
    return Call(
        method="POST",
        path=path("/v1/received-invitations"),
        answer=m.ReceivedInvitation,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _resend_invitation(
    partner_invitation_id: UUID, *, idempotency_key: str | None = None
) -> Call[m.NewPartnerInvitation]:
    return Call(
        method="POST",
        path=path("/v1/invitations/{}/resend", partner_invitation_id),
        answer=m.NewPartnerInvitation,
        headers={"Idempotency-Key": idempotency_key},
    )


def _withdraw_invitation(partner_invitation_id: UUID) -> Call[None]:
    return Call(method="DELETE", path=path("/v1/invitations/{}", partner_invitation_id), answer=type(None))


class Invitations(Sender):
    def accept_invitation(
        self, received_invitation_id: UUID, body: m.AcceptInvitationIn, *, idempotency_key: str | None = None
    ) -> m.Partnership:
        """Begin the partnership. Nothing is shared in it before each side sets its sharing rules."""
        return self.send(_accept_invitation(received_invitation_id, body, idempotency_key=idempotency_key))

    def create_invitation(
        self, body: m.PartnerInvitationIn, *, idempotency_key: str | None = None
    ) -> m.NewPartnerInvitation:
        """Invite another company to a partnership. The answer is the same whether or not there is anybody of this handle or address.

        Whoever is invited sees who you are, your message and the list size; you see nothing of them before they accept. An older
        invitation to the same handle or address ends.
        """
        return self.send(_create_invitation(body, idempotency_key=idempotency_key))

    def decline_invitation(self, received_invitation_id: UUID, *, idempotency_key: str | None = None) -> None:
        """Say no. Its sender is told that it was declined, and nothing of you; declining again changes nothing."""
        return self.send(_decline_invitation(received_invitation_id, idempotency_key=idempotency_key))

    def get_received_invitation(self, received_invitation_id: UUID) -> m.ReceivedInvitation:
        """One invitation: who sends it, both identities and modes, their safety number, and who operates this server."""
        return self.send(_get_received_invitation(received_invitation_id))

    def list_invitations(
        self, *, cursor: str | None = None, limit: int | None = None
    ) -> m.PartnerInvitationPage:
        """Invitations that your organization sent, newest first, whatever became of them."""
        return self.send(_list_invitations(cursor=cursor, limit=limit))

    def iter_invitations(self, *, limit: int | None = None) -> Iterator[m.PartnerInvitation]:
        """Every item of `list_invitations`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_invitations(limit=limit, cursor=cursor))

    def list_received_invitations(
        self, *, cursor: str | None = None, limit: int | None = None
    ) -> m.ReceivedInvitationPage:
        """Invitations that reached your organization, newest first. One that its sender withdraws goes within seconds."""
        return self.send(_list_received_invitations(cursor=cursor, limit=limit))

    def iter_received_invitations(self, *, limit: int | None = None) -> Iterator[m.ReceivedInvitation]:
        """Every item of `list_received_invitations`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_received_invitations(limit=limit, cursor=cursor))

    def open_invitation(self, body: m.LinkIn, *, idempotency_key: str | None = None) -> m.ReceivedInvitation:
        """Show what a link invites to, and keep it among the invitations that you received. Its sender isn't told."""
        return self.send(_open_invitation(body, idempotency_key=idempotency_key))

    def resend_invitation(
        self, partner_invitation_id: UUID, *, idempotency_key: str | None = None
    ) -> m.NewPartnerInvitation:
        """Send it again, with a new term, link and code: those before are worthless. Also after it expired."""
        return self.send(_resend_invitation(partner_invitation_id, idempotency_key=idempotency_key))

    def withdraw_invitation(self, partner_invitation_id: UUID) -> None:
        """Withdraw an invitation: from the answer on nobody can accept it."""
        return self.send(_withdraw_invitation(partner_invitation_id))


class AsyncInvitations(AsyncSender):
    async def accept_invitation(
        self, received_invitation_id: UUID, body: m.AcceptInvitationIn, *, idempotency_key: str | None = None
    ) -> m.Partnership:
        """Begin the partnership. Nothing is shared in it before each side sets its sharing rules."""
        return await self.send(
            _accept_invitation(received_invitation_id, body, idempotency_key=idempotency_key)
        )

    async def create_invitation(
        self, body: m.PartnerInvitationIn, *, idempotency_key: str | None = None
    ) -> m.NewPartnerInvitation:
        """Invite another company to a partnership. The answer is the same whether or not there is anybody of this handle or address.

        Whoever is invited sees who you are, your message and the list size; you see nothing of them before they accept. An older
        invitation to the same handle or address ends.
        """
        return await self.send(_create_invitation(body, idempotency_key=idempotency_key))

    async def decline_invitation(
        self, received_invitation_id: UUID, *, idempotency_key: str | None = None
    ) -> None:
        """Say no. Its sender is told that it was declined, and nothing of you; declining again changes nothing."""
        return await self.send(_decline_invitation(received_invitation_id, idempotency_key=idempotency_key))

    async def get_received_invitation(self, received_invitation_id: UUID) -> m.ReceivedInvitation:
        """One invitation: who sends it, both identities and modes, their safety number, and who operates this server."""
        return await self.send(_get_received_invitation(received_invitation_id))

    async def list_invitations(
        self, *, cursor: str | None = None, limit: int | None = None
    ) -> m.PartnerInvitationPage:
        """Invitations that your organization sent, newest first, whatever became of them."""
        return await self.send(_list_invitations(cursor=cursor, limit=limit))

    def iter_invitations(self, *, limit: int | None = None) -> AsyncIterator[m.PartnerInvitation]:
        """Every item of `list_invitations`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_invitations(limit=limit, cursor=cursor))

    async def list_received_invitations(
        self, *, cursor: str | None = None, limit: int | None = None
    ) -> m.ReceivedInvitationPage:
        """Invitations that reached your organization, newest first. One that its sender withdraws goes within seconds."""
        return await self.send(_list_received_invitations(cursor=cursor, limit=limit))

    def iter_received_invitations(self, *, limit: int | None = None) -> AsyncIterator[m.ReceivedInvitation]:
        """Every item of `list_received_invitations`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_received_invitations(limit=limit, cursor=cursor))

    async def open_invitation(
        self, body: m.LinkIn, *, idempotency_key: str | None = None
    ) -> m.ReceivedInvitation:
        """Show what a link invites to, and keep it among the invitations that you received. Its sender isn't told."""
        return await self.send(_open_invitation(body, idempotency_key=idempotency_key))

    async def resend_invitation(
        self, partner_invitation_id: UUID, *, idempotency_key: str | None = None
    ) -> m.NewPartnerInvitation:
        """Send it again, with a new term, link and code: those before are worthless. Also after it expired."""
        return await self.send(_resend_invitation(partner_invitation_id, idempotency_key=idempotency_key))

    async def withdraw_invitation(self, partner_invitation_id: UUID) -> None:
        """Withdraw an invitation: from the answer on nobody can accept it."""
        return await self.send(_withdraw_invitation(partner_invitation_id))
