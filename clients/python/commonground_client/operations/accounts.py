"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _delete_account_attribute(attribute: str) -> Call[None]:
    return Call(method="DELETE", path=path("/v1/account-attributes/{}", attribute), answer=type(None))


def _get_account(account_id: UUID) -> Call[m.Account]:
    return Call(method="GET", path=path("/v1/accounts/{}", account_id), answer=m.Account)


def _list_account_attributes() -> Call[m.AccountAttributePage]:
    return Call(method="GET", path=path("/v1/account-attributes"), answer=m.AccountAttributePage)


def _list_accounts(
    *,
    population: str | None = None,
    domain: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[m.AccountPage]:
    return Call(
        method="GET",
        path=path("/v1/accounts"),
        answer=m.AccountPage,
        query={"population": population, "domain": domain, "cursor": cursor, "limit": limit},
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
        """Delete an attribute and its values in every account, those before past imports too. A later import may define it anew."""
        return self.send(_delete_account_attribute(attribute))

    def get_account(self, account_id: UUID) -> m.Account:
        """One of one's own accounts."""
        return self.send(_get_account(account_id))

    def list_account_attributes(self) -> m.AccountAttributePage:
        """The attributes that imports have defined, in the order in which they came; at most a hundred."""
        return self.send(_list_account_attributes())

    def list_accounts(
        self,
        *,
        population: str | None = None,
        domain: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> m.AccountPage:
        """One's own accounts in the order in which they came."""
        return self.send(_list_accounts(population=population, domain=domain, cursor=cursor, limit=limit))

    def iter_accounts(
        self, *, population: str | None = None, domain: str | None = None, limit: int | None = None
    ) -> Iterator[m.Account]:
        """Every item of `list_accounts`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_accounts(population=population, domain=domain, limit=limit, cursor=cursor)
        )

    def rename_account_attribute(self, attribute: str, body: m.AccountAttributeIn) -> m.AccountAttribute:
        """Call an attribute otherwise; its key, type and values stay."""
        return self.send(_rename_account_attribute(attribute, body))


class AsyncAccounts(AsyncSender):
    async def delete_account_attribute(self, attribute: str) -> None:
        """Delete an attribute and its values in every account, those before past imports too. A later import may define it anew."""
        return await self.send(_delete_account_attribute(attribute))

    async def get_account(self, account_id: UUID) -> m.Account:
        """One of one's own accounts."""
        return await self.send(_get_account(account_id))

    async def list_account_attributes(self) -> m.AccountAttributePage:
        """The attributes that imports have defined, in the order in which they came; at most a hundred."""
        return await self.send(_list_account_attributes())

    async def list_accounts(
        self,
        *,
        population: str | None = None,
        domain: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> m.AccountPage:
        """One's own accounts in the order in which they came."""
        return await self.send(
            _list_accounts(population=population, domain=domain, cursor=cursor, limit=limit)
        )

    def iter_accounts(
        self, *, population: str | None = None, domain: str | None = None, limit: int | None = None
    ) -> AsyncIterator[m.Account]:
        """Every item of `list_accounts`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_accounts(population=population, domain=domain, limit=limit, cursor=cursor)
        )

    async def rename_account_attribute(
        self, attribute: str, body: m.AccountAttributeIn
    ) -> m.AccountAttribute:
        """Call an attribute otherwise; its key, type and values stay."""
        return await self.send(_rename_account_attribute(attribute, body))
