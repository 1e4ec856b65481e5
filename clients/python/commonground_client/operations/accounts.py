"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _delete_account_attribute(attribute: str) -> Call[None]:
    return Call(method="DELETE", path=path("/v1/account-attributes/{}", attribute), answer=type(None))


def _get_account(account_id: UUID, *, as_of: datetime | None = None) -> Call[m.Account]:
    return Call(
        method="GET", path=path("/v1/accounts/{}", account_id), answer=m.Account, query={"as_of": as_of}
    )


def _get_account_by_external_id(external_id: str, *, if_none_match: str | None = None) -> Call[m.Account]:
    return Call(
        method="GET",
        path=path("/v1/accounts/by-external-id/{}", external_id),
        answer=m.Account,
        headers={"if-none-match": if_none_match},
    )


def _list_account_attributes() -> Call[m.AccountAttributePage]:
    return Call(method="GET", path=path("/v1/account-attributes"), answer=m.AccountAttributePage)


def _list_accounts(
    *,
    population: str | None = None,
    domain: str | None = None,
    as_of: datetime | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[m.AccountPage]:
    return Call(
        method="GET",
        path=path("/v1/accounts"),
        answer=m.AccountPage,
        query={"population": population, "domain": domain, "as_of": as_of, "cursor": cursor, "limit": limit},
    )


def _put_account_by_external_id(
    external_id: str,
    body: m.AccountFields,
    *,
    population: str | None = None,
    if_match: str | None = None,
    if_none_match: str | None = None,
) -> Call[m.PutResult]:
    return Call(
        method="PUT",
        path=path("/v1/accounts/by-external-id/{}", external_id),
        answer=m.PutResult,
        query={"population": population},
        headers={"if-match": if_match, "if-none-match": if_none_match},
        json=body,
    )


def _put_accounts(
    body: dict[str, Any],
    *,
    population: str | None = None,
    all_or_nothing: bool | None = None,
    idempotency_key: str | None = None,
) -> Call[m.BatchResult]:
    return Call(
        method="POST",
        path=path("/v1/accounts:batch"),
        answer=m.BatchResult,
        query={"population": population, "all_or_nothing": all_or_nothing},
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _remove_account_by_external_id(
    external_id: str, *, if_match: str | None = None, if_none_match: str | None = None
) -> Call[None]:
    return Call(
        method="DELETE",
        path=path("/v1/accounts/by-external-id/{}", external_id),
        answer=type(None),
        headers={"if-match": if_match, "if-none-match": if_none_match},
    )


def _rename_account_attribute(attribute: str, body: m.AccountAttributeIn) -> Call[m.AccountAttribute]:
    return Call(
        method="PATCH",
        path=path("/v1/account-attributes/{}", attribute),
        answer=m.AccountAttribute,
        json=body,
    )


class Accounts(Sender):
    def delete_account_attribute(self, attribute: str) -> None:
        """Delete an attribute and its values, those before past imports too: accounts show them no more and filters find none from now on,
        and a job takes them away. A later import may define it anew.
        """
        return self.send(_delete_account_attribute(attribute))

    def get_account(self, account_id: UUID, *, as_of: datetime | None = None) -> m.Account:
        """One of one's own accounts, now or as it stood at an earlier moment."""
        return self.send(_get_account(account_id, as_of=as_of))

    def get_account_by_external_id(self, external_id: str, *, if_none_match: str | None = None) -> m.Account:
        """One of one's own accounts by its id in one's own system, with the `ETag` that a change may name in `If-Match`."""
        return self.send(_get_account_by_external_id(external_id, if_none_match=if_none_match))

    def list_account_attributes(self) -> m.AccountAttributePage:
        """The attributes that imports have defined, in the order in which they came; at most a hundred."""
        return self.send(_list_account_attributes())

    def list_accounts(
        self,
        *,
        population: str | None = None,
        domain: str | None = None,
        as_of: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> m.AccountPage:
        """One's own accounts in the order in which they came, now or as they stood at an earlier moment."""
        return self.send(
            _list_accounts(population=population, domain=domain, as_of=as_of, cursor=cursor, limit=limit)
        )

    def iter_accounts(
        self,
        *,
        population: str | None = None,
        domain: str | None = None,
        as_of: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[m.Account]:
        """Every item of `list_accounts`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_accounts(
                population=population, domain=domain, as_of=as_of, limit=limit, cursor=cursor
            )
        )

    def put_account_by_external_id(
        self,
        external_id: str,
        body: m.AccountFields,
        *,
        population: str | None = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.PutResult:
        """Create or update one account. What the body leaves out stays as it is, and null empties it."""
        return self.send(
            _put_account_by_external_id(
                external_id, body, population=population, if_match=if_match, if_none_match=if_none_match
            )
        )

    def put_accounts(
        self,
        body: dict[str, Any],
        *,
        population: str | None = None,
        all_or_nothing: bool | None = None,
        idempotency_key: str | None = None,
    ) -> m.BatchResult:
        """Create and update up to 10,000 accounts in one transaction, and hear of each at once."""
        return self.send(
            _put_accounts(
                body, population=population, all_or_nothing=all_or_nothing, idempotency_key=idempotency_key
            )
        )

    def remove_account_by_external_id(
        self, external_id: str, *, if_match: str | None = None, if_none_match: str | None = None
    ) -> None:
        """Remove one account. A later import that has it brings it back."""
        return self.send(
            _remove_account_by_external_id(external_id, if_match=if_match, if_none_match=if_none_match)
        )

    def rename_account_attribute(self, attribute: str, body: m.AccountAttributeIn) -> m.AccountAttribute:
        """Call an attribute otherwise; its key, type and values stay."""
        return self.send(_rename_account_attribute(attribute, body))


class AsyncAccounts(AsyncSender):
    async def delete_account_attribute(self, attribute: str) -> None:
        """Delete an attribute and its values, those before past imports too: accounts show them no more and filters find none from now on,
        and a job takes them away. A later import may define it anew.
        """
        return await self.send(_delete_account_attribute(attribute))

    async def get_account(self, account_id: UUID, *, as_of: datetime | None = None) -> m.Account:
        """One of one's own accounts, now or as it stood at an earlier moment."""
        return await self.send(_get_account(account_id, as_of=as_of))

    async def get_account_by_external_id(
        self, external_id: str, *, if_none_match: str | None = None
    ) -> m.Account:
        """One of one's own accounts by its id in one's own system, with the `ETag` that a change may name in `If-Match`."""
        return await self.send(_get_account_by_external_id(external_id, if_none_match=if_none_match))

    async def list_account_attributes(self) -> m.AccountAttributePage:
        """The attributes that imports have defined, in the order in which they came; at most a hundred."""
        return await self.send(_list_account_attributes())

    async def list_accounts(
        self,
        *,
        population: str | None = None,
        domain: str | None = None,
        as_of: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> m.AccountPage:
        """One's own accounts in the order in which they came, now or as they stood at an earlier moment."""
        return await self.send(
            _list_accounts(population=population, domain=domain, as_of=as_of, cursor=cursor, limit=limit)
        )

    def iter_accounts(
        self,
        *,
        population: str | None = None,
        domain: str | None = None,
        as_of: datetime | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[m.Account]:
        """Every item of `list_accounts`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_accounts(
                population=population, domain=domain, as_of=as_of, limit=limit, cursor=cursor
            )
        )

    async def put_account_by_external_id(
        self,
        external_id: str,
        body: m.AccountFields,
        *,
        population: str | None = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.PutResult:
        """Create or update one account. What the body leaves out stays as it is, and null empties it."""
        return await self.send(
            _put_account_by_external_id(
                external_id, body, population=population, if_match=if_match, if_none_match=if_none_match
            )
        )

    async def put_accounts(
        self,
        body: dict[str, Any],
        *,
        population: str | None = None,
        all_or_nothing: bool | None = None,
        idempotency_key: str | None = None,
    ) -> m.BatchResult:
        """Create and update up to 10,000 accounts in one transaction, and hear of each at once."""
        return await self.send(
            _put_accounts(
                body, population=population, all_or_nothing=all_or_nothing, idempotency_key=idempotency_key
            )
        )

    async def remove_account_by_external_id(
        self, external_id: str, *, if_match: str | None = None, if_none_match: str | None = None
    ) -> None:
        """Remove one account. A later import that has it brings it back."""
        return await self.send(
            _remove_account_by_external_id(external_id, if_match=if_match, if_none_match=if_none_match)
        )

    async def rename_account_attribute(
        self, attribute: str, body: m.AccountAttributeIn
    ) -> m.AccountAttribute:
        """Call an attribute otherwise; its key, type and values stay."""
        return await self.send(_rename_account_attribute(attribute, body))
