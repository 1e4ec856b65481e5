"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _accept_member_invitation(body: m.AcceptIn) -> Call[m.CurrentSession]:
    return Call(method="POST", path=path("/v1/member-invitations/accept"), answer=m.CurrentSession, json=body)


def _create_member_invitation(
    body: m.InvitationIn, *, idempotency_key: str | None = None
) -> Call[m.NewInvitation]:
    return Call(
        method="POST",
        path=path("/v1/member-invitations"),
        answer=m.NewInvitation,
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _get_member(person_id: UUID) -> Call[m.Member]:
    return Call(method="GET", path=path("/v1/members/{}", person_id), answer=m.Member)


def _list_member_invitations(
    *, cursor: str | None = None, limit: int | None = None
) -> Call[m.InvitationPage]:
    return Call(
        method="GET",
        path=path("/v1/member-invitations"),
        answer=m.InvitationPage,
        query={"cursor": cursor, "limit": limit},
    )


def _list_members(*, cursor: str | None = None, limit: int | None = None) -> Call[m.MemberPage]:
    return Call(
        method="GET", path=path("/v1/members"), answer=m.MemberPage, query={"cursor": cursor, "limit": limit}
    )


def _put_member_role(
    person_id: UUID, body: m.RoleIn, *, if_match: str | None = None, if_none_match: str | None = None
) -> Call[m.Member]:
    return Call(
        method="PUT",
        path=path("/v1/members/{}/role", person_id),
        answer=m.Member,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        json=body,
    )


def _remove_member(person_id: UUID) -> Call[None]:
    return Call(method="DELETE", path=path("/v1/members/{}", person_id), answer=type(None))


def _resend_member_invitation(
    invitation_id: UUID, *, idempotency_key: str | None = None
) -> Call[m.NewInvitation]:
    return Call(
        method="POST",
        path=path("/v1/member-invitations/{}/resend", invitation_id),
        answer=m.NewInvitation,
        headers={"Idempotency-Key": idempotency_key},
    )


def _withdraw_member_invitation(invitation_id: UUID) -> Call[None]:
    return Call(method="DELETE", path=path("/v1/member-invitations/{}", invitation_id), answer=type(None))


class Members(Sender):
    def accept_member_invitation(self, body: m.AcceptIn) -> m.CurrentSession:
        """Join the organization that the link is of, and be signed in there."""
        return self.send(_accept_member_invitation(body))

    def create_member_invitation(
        self, body: m.InvitationIn, *, idempotency_key: str | None = None
    ) -> m.NewInvitation:
        """Invite an address, to a role which may do no more than you. The link is good once; an older one to the same address ends."""
        return self.send(_create_member_invitation(body, idempotency_key=idempotency_key))

    def get_member(self, person_id: UUID) -> m.Member:
        """One member, with the `ETag` that a change of the role may name in `If-Match`."""
        return self.send(_get_member(person_id))

    def list_member_invitations(
        self, *, cursor: str | None = None, limit: int | None = None
    ) -> m.InvitationPage:
        """Invitations that can still be accepted, oldest first."""
        return self.send(_list_member_invitations(cursor=cursor, limit=limit))

    def iter_member_invitations(self, *, limit: int | None = None) -> Iterator[m.Invitation]:
        """Every item of `list_member_invitations`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_member_invitations(limit=limit, cursor=cursor))

    def list_members(self, *, cursor: str | None = None, limit: int | None = None) -> m.MemberPage:
        """Everybody in the organization, by id."""
        return self.send(_list_members(cursor=cursor, limit=limit))

    def iter_members(self, *, limit: int | None = None) -> Iterator[m.Member]:
        """Every item of `list_members`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_members(limit=limit, cursor=cursor))

    def put_member_role(
        self,
        person_id: UUID,
        body: m.RoleIn,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.Member:
        """Give a member another role, which may do no more than you; it holds from the answer on. An organization keeps at least one admin."""
        return self.send(_put_member_role(person_id, body, if_match=if_match, if_none_match=if_none_match))

    def remove_member(self, person_id: UUID) -> None:
        """Remove a member; their sessions here end at once. An organization keeps at least one admin."""
        return self.send(_remove_member(person_id))

    def resend_member_invitation(
        self, invitation_id: UUID, *, idempotency_key: str | None = None
    ) -> m.NewInvitation:
        """Make a new link with a new term; the one before is worthless. Its role may do no more than you."""
        return self.send(_resend_member_invitation(invitation_id, idempotency_key=idempotency_key))

    def withdraw_member_invitation(self, invitation_id: UUID) -> None:
        """Withdraw an invitation: its link is worthless from the answer on."""
        return self.send(_withdraw_member_invitation(invitation_id))


class AsyncMembers(AsyncSender):
    async def accept_member_invitation(self, body: m.AcceptIn) -> m.CurrentSession:
        """Join the organization that the link is of, and be signed in there."""
        return await self.send(_accept_member_invitation(body))

    async def create_member_invitation(
        self, body: m.InvitationIn, *, idempotency_key: str | None = None
    ) -> m.NewInvitation:
        """Invite an address, to a role which may do no more than you. The link is good once; an older one to the same address ends."""
        return await self.send(_create_member_invitation(body, idempotency_key=idempotency_key))

    async def get_member(self, person_id: UUID) -> m.Member:
        """One member, with the `ETag` that a change of the role may name in `If-Match`."""
        return await self.send(_get_member(person_id))

    async def list_member_invitations(
        self, *, cursor: str | None = None, limit: int | None = None
    ) -> m.InvitationPage:
        """Invitations that can still be accepted, oldest first."""
        return await self.send(_list_member_invitations(cursor=cursor, limit=limit))

    def iter_member_invitations(self, *, limit: int | None = None) -> AsyncIterator[m.Invitation]:
        """Every item of `list_member_invitations`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_member_invitations(limit=limit, cursor=cursor))

    async def list_members(self, *, cursor: str | None = None, limit: int | None = None) -> m.MemberPage:
        """Everybody in the organization, by id."""
        return await self.send(_list_members(cursor=cursor, limit=limit))

    def iter_members(self, *, limit: int | None = None) -> AsyncIterator[m.Member]:
        """Every item of `list_members`, page after page; `limit` is the size of a page."""
        return self.each(lambda cursor: _list_members(limit=limit, cursor=cursor))

    async def put_member_role(
        self,
        person_id: UUID,
        body: m.RoleIn,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.Member:
        """Give a member another role, which may do no more than you; it holds from the answer on. An organization keeps at least one admin."""
        return await self.send(
            _put_member_role(person_id, body, if_match=if_match, if_none_match=if_none_match)
        )

    async def remove_member(self, person_id: UUID) -> None:
        """Remove a member; their sessions here end at once. An organization keeps at least one admin."""
        return await self.send(_remove_member(person_id))

    async def resend_member_invitation(
        self, invitation_id: UUID, *, idempotency_key: str | None = None
    ) -> m.NewInvitation:
        """Make a new link with a new term; the one before is worthless. Its role may do no more than you."""
        return await self.send(_resend_member_invitation(invitation_id, idempotency_key=idempotency_key))

    async def withdraw_member_invitation(self, invitation_id: UUID) -> None:
        """Withdraw an invitation: its link is worthless from the answer on."""
        return await self.send(_withdraw_member_invitation(invitation_id))
