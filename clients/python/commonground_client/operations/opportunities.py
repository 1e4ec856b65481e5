"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _get_opportunity(opportunity_id: UUID, *, as_of: datetime | None = None) -> Call[m.OpportunityWithStages]:
    return Call(
        method="GET",
        path=path("/v1/opportunities/{}", opportunity_id),
        answer=m.OpportunityWithStages,
        query={"as_of": as_of},
    )


def _list_opportunities(
    *,
    account_id: UUID | None = None,
    domain: str | None = None,
    owner: str | None = None,
    stage: str | None = None,
    outcome: m.Outcome | str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
    as_of: datetime | None = None,
) -> Call[m.OpportunityPage]:
    return Call(
        method="GET",
        path=path("/v1/opportunities"),
        answer=m.OpportunityPage,
        query={
            "account_id": account_id,
            "domain": domain,
            "owner": owner,
            "stage": stage,
            "outcome": outcome,
            "cursor": cursor,
            "limit": limit,
            "as_of": as_of,
        },
    )


def _put_opportunities(
    body: dict[str, Any], *, all_or_nothing: bool | None = None, idempotency_key: str | None = None
) -> Call[m.BatchResult]:
    return Call(
        method="POST",
        path=path("/v1/opportunities:batch"),
        answer=m.BatchResult,
        query={"all_or_nothing": all_or_nothing},
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


class Opportunities(Sender):
    def get_opportunity(
        self, opportunity_id: UUID, *, as_of: datetime | None = None
    ) -> m.OpportunityWithStages:
        """One of one's own opportunities, with the stages that it was in, now or as it stood at an earlier moment."""
        return self.send(_get_opportunity(opportunity_id, as_of=as_of))

    def list_opportunities(
        self,
        *,
        account_id: UUID | None = None,
        domain: str | None = None,
        owner: str | None = None,
        stage: str | None = None,
        outcome: m.Outcome | str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        as_of: datetime | None = None,
    ) -> m.OpportunityPage:
        """One's own opportunities in the order in which they came, now or as they stood at an earlier moment."""
        return self.send(
            _list_opportunities(
                account_id=account_id,
                domain=domain,
                owner=owner,
                stage=stage,
                outcome=outcome,
                cursor=cursor,
                limit=limit,
                as_of=as_of,
            )
        )

    def iter_opportunities(
        self,
        *,
        account_id: UUID | None = None,
        domain: str | None = None,
        owner: str | None = None,
        stage: str | None = None,
        outcome: m.Outcome | str | None = None,
        limit: int | None = None,
        as_of: datetime | None = None,
    ) -> Iterator[m.Opportunity]:
        """Every item of `list_opportunities`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_opportunities(
                account_id=account_id,
                domain=domain,
                owner=owner,
                stage=stage,
                outcome=outcome,
                limit=limit,
                as_of=as_of,
                cursor=cursor,
            )
        )

    def put_opportunities(
        self, body: dict[str, Any], *, all_or_nothing: bool | None = None, idempotency_key: str | None = None
    ) -> m.BatchResult:
        """Create and update up to 10,000 opportunities in one transaction, and hear of each at once."""
        return self.send(
            _put_opportunities(body, all_or_nothing=all_or_nothing, idempotency_key=idempotency_key)
        )


class AsyncOpportunities(AsyncSender):
    async def get_opportunity(
        self, opportunity_id: UUID, *, as_of: datetime | None = None
    ) -> m.OpportunityWithStages:
        """One of one's own opportunities, with the stages that it was in, now or as it stood at an earlier moment."""
        return await self.send(_get_opportunity(opportunity_id, as_of=as_of))

    async def list_opportunities(
        self,
        *,
        account_id: UUID | None = None,
        domain: str | None = None,
        owner: str | None = None,
        stage: str | None = None,
        outcome: m.Outcome | str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        as_of: datetime | None = None,
    ) -> m.OpportunityPage:
        """One's own opportunities in the order in which they came, now or as they stood at an earlier moment."""
        return await self.send(
            _list_opportunities(
                account_id=account_id,
                domain=domain,
                owner=owner,
                stage=stage,
                outcome=outcome,
                cursor=cursor,
                limit=limit,
                as_of=as_of,
            )
        )

    def iter_opportunities(
        self,
        *,
        account_id: UUID | None = None,
        domain: str | None = None,
        owner: str | None = None,
        stage: str | None = None,
        outcome: m.Outcome | str | None = None,
        limit: int | None = None,
        as_of: datetime | None = None,
    ) -> AsyncIterator[m.Opportunity]:
        """Every item of `list_opportunities`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_opportunities(
                account_id=account_id,
                domain=domain,
                owner=owner,
                stage=stage,
                outcome=outcome,
                limit=limit,
                as_of=as_of,
                cursor=cursor,
            )
        )

    async def put_opportunities(
        self, body: dict[str, Any], *, all_or_nothing: bool | None = None, idempotency_key: str | None = None
    ) -> m.BatchResult:
        """Create and update up to 10,000 opportunities in one transaction, and hear of each at once."""
        return await self.send(
            _put_opportunities(body, all_or_nothing=all_or_nothing, idempotency_key=idempotency_key)
        )
