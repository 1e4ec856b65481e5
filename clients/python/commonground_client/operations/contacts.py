"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _erase_contact(contact_id: UUID) -> Call[None]:
    return Call(method="DELETE", path=path("/v1/contacts/{}", contact_id), answer=type(None))


def _get_contact(contact_id: UUID, *, as_of: datetime | None = None) -> Call[m.Contact]:
    return Call(
        method="GET", path=path("/v1/contacts/{}", contact_id), answer=m.Contact, query={"as_of": as_of}
    )


def _list_contacts(
    *,
    account_id: UUID | None = None,
    domain: str | None = None,
    owner: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
    as_of: datetime | None = None,
) -> Call[m.ContactPage]:
    return Call(
        method="GET",
        path=path("/v1/contacts"),
        answer=m.ContactPage,
        query={
            "account_id": account_id,
            "domain": domain,
            "owner": owner,
            "cursor": cursor,
            "limit": limit,
            "as_of": as_of,
        },
    )


def _put_contacts(
    body: dict[str, Any], *, all_or_nothing: bool | None = None, idempotency_key: str | None = None
) -> Call[m.BatchResult]:
    return Call(
        method="POST",
        path=path("/v1/contacts:batch"),
        answer=m.BatchResult,
        query={"all_or_nothing": all_or_nothing},
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


class Contacts(Sender):
    def erase_contact(self, contact_id: UUID) -> None:
        """Erase a person at once: the contact and what it was before. A list that names them brings them back."""
        return self.send(_erase_contact(contact_id))

    def get_contact(self, contact_id: UUID, *, as_of: datetime | None = None) -> m.Contact:
        """One of one's own contacts, now or as it stood at an earlier moment."""
        return self.send(_get_contact(contact_id, as_of=as_of))

    def list_contacts(
        self,
        *,
        account_id: UUID | None = None,
        domain: str | None = None,
        owner: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        as_of: datetime | None = None,
    ) -> m.ContactPage:
        """One's own contacts in the order in which they came, now or as they stood at an earlier moment."""
        return self.send(
            _list_contacts(
                account_id=account_id, domain=domain, owner=owner, cursor=cursor, limit=limit, as_of=as_of
            )
        )

    def iter_contacts(
        self,
        *,
        account_id: UUID | None = None,
        domain: str | None = None,
        owner: str | None = None,
        limit: int | None = None,
        as_of: datetime | None = None,
    ) -> Iterator[m.Contact]:
        """Every item of `list_contacts`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_contacts(
                account_id=account_id, domain=domain, owner=owner, limit=limit, as_of=as_of, cursor=cursor
            )
        )

    def put_contacts(
        self, body: dict[str, Any], *, all_or_nothing: bool | None = None, idempotency_key: str | None = None
    ) -> m.BatchResult:
        """Create and update up to 10,000 contacts in one transaction, and hear of each at once."""
        return self.send(_put_contacts(body, all_or_nothing=all_or_nothing, idempotency_key=idempotency_key))


class AsyncContacts(AsyncSender):
    async def erase_contact(self, contact_id: UUID) -> None:
        """Erase a person at once: the contact and what it was before. A list that names them brings them back."""
        return await self.send(_erase_contact(contact_id))

    async def get_contact(self, contact_id: UUID, *, as_of: datetime | None = None) -> m.Contact:
        """One of one's own contacts, now or as it stood at an earlier moment."""
        return await self.send(_get_contact(contact_id, as_of=as_of))

    async def list_contacts(
        self,
        *,
        account_id: UUID | None = None,
        domain: str | None = None,
        owner: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        as_of: datetime | None = None,
    ) -> m.ContactPage:
        """One's own contacts in the order in which they came, now or as they stood at an earlier moment."""
        return await self.send(
            _list_contacts(
                account_id=account_id, domain=domain, owner=owner, cursor=cursor, limit=limit, as_of=as_of
            )
        )

    def iter_contacts(
        self,
        *,
        account_id: UUID | None = None,
        domain: str | None = None,
        owner: str | None = None,
        limit: int | None = None,
        as_of: datetime | None = None,
    ) -> AsyncIterator[m.Contact]:
        """Every item of `list_contacts`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_contacts(
                account_id=account_id, domain=domain, owner=owner, limit=limit, as_of=as_of, cursor=cursor
            )
        )

    async def put_contacts(
        self, body: dict[str, Any], *, all_or_nothing: bool | None = None, idempotency_key: str | None = None
    ) -> m.BatchResult:
        """Create and update up to 10,000 contacts in one transaction, and hear of each at once."""
        return await self.send(
            _put_contacts(body, all_or_nothing=all_or_nothing, idempotency_key=idempotency_key)
        )
