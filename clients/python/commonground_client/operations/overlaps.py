"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from collections.abc import AsyncIterator, Iterator
from typing import Literal
from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _answer_link_proposal(
    received_id: UUID, body: m.AnswerIn, *, partnership: UUID, idempotency_key: str | None = None
) -> Call[m.Proposal]:
    return Call(
        method="POST",
        path=path("/v1/link-proposals/{}/answer", received_id),
        answer=m.Proposal,
        query={"partnership": partnership},
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _create_link_proposal(
    body: m.ProposalIn, *, partnership: UUID, idempotency_key: str | None = None
) -> Call[m.Proposal]:
    return Call(
        method="POST",
        path=path("/v1/link-proposals"),
        answer=m.Proposal,
        query={"partnership": partnership},
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _decide_overlap(
    overlap_id: UUID, body: m.DecisionIn, *, partnership: UUID, idempotency_key: str | None = None
) -> Call[m.Decided]:
    return Call(
        method="POST",
        path=path("/v1/overlaps/{}/decisions", overlap_id),
        answer=m.Decided,
        query={"partnership": partnership},
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _decide_overlaps(
    body: m.DecisionsIn, *, partnership: UUID, dry_run: bool | None = None, idempotency_key: str | None = None
) -> Call[m.Decisions]:
    return Call(
        method="POST",
        path=path("/v1/overlaps/decisions"),
        answer=m.Decisions,
        query={"partnership": partnership, "dry_run": dry_run},
        headers={"Idempotency-Key": idempotency_key},
        json=body,
    )


def _get_overlap(overlap_id: UUID, *, partnership: UUID) -> Call[m.Overlap]:
    return Call(
        method="GET",
        path=path("/v1/overlaps/{}", overlap_id),
        answer=m.Overlap,
        query={"partnership": partnership},
    )


def _list_link_proposals(
    *, partnership: UUID, box: m.Box | str | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[m.ProposalPage]:
    return Call(
        method="GET",
        path=path("/v1/link-proposals"),
        answer=m.ProposalPage,
        query={"partnership": partnership, "box": box, "cursor": cursor, "limit": limit},
    )


def _list_overlaps(
    *,
    partnership: UUID,
    population: str | None = None,
    partner_population: str | None = None,
    assignee: Literal["me", "none"] | UUID | None = None,
    level: m.Level | str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
    status: list[m.OverlapStatus] | str | None = None,
    waiting: bool | None = None,
) -> Call[m.OverlapPage]:
    return Call(
        method="GET",
        path=path("/v1/overlaps"),
        answer=m.OverlapPage,
        query={
            "partnership": partnership,
            "population": population,
            "partner_population": partner_population,
            "assignee": assignee,
            "level": level,
            "cursor": cursor,
            "limit": limit,
            "status": status,
            "waiting": waiting,
        },
    )


def _withdraw_link_proposal(proposal_id: UUID, *, partnership: UUID) -> Call[None]:
    return Call(
        method="DELETE",
        path=path("/v1/link-proposals/{}", proposal_id),
        answer=type(None),
        query={"partnership": partnership},
    )


class Overlaps(Sender):
    def answer_link_proposal(
        self, received_id: UUID, body: m.AnswerIn, *, partnership: UUID, idempotency_key: str | None = None
    ) -> m.Proposal:
        """Accept, and the two are a confirmed overlap in a moment; or refuse, and nothing comes back."""
        return self.send(
            _answer_link_proposal(received_id, body, partnership=partnership, idempotency_key=idempotency_key)
        )

    def create_link_proposal(
        self, body: m.ProposalIn, *, partnership: UUID, idempotency_key: str | None = None
    ) -> m.Proposal:
        """Propose that an account of mine and one of the partner's are the same company; an open proposal that says the same is answered
        as it stands. The partner is shown of mine what my rules show;
        whether it has such an account I hear only if it accepts.
        """
        return self.send(
            _create_link_proposal(body, partnership=partnership, idempotency_key=idempotency_key)
        )

    def decide_overlap(
        self, overlap_id: UUID, body: m.DecisionIn, *, partnership: UUID, idempotency_key: str | None = None
    ) -> m.Decided:
        """Confirm or reject a pair, or take that back; it holds for both sides from the answer on.

        One rejection of a pair that both sides are told of makes it `disputed`: it is in neither side's counts until both agree. A pair in review
        becomes an overlap when one side offers its account and the other confirms, and is in review again once either takes that back; who rejects it rejects it for
        itself, and nobody is told. A pair that no key joins is gone once both no longer confirm it.
        """
        return self.send(
            _decide_overlap(overlap_id, body, partnership=partnership, idempotency_key=idempotency_key)
        )

    def decide_overlaps(
        self,
        body: m.DecisionsIn,
        *,
        partnership: UUID,
        dry_run: bool | None = None,
        idempotency_key: str | None = None,
    ) -> m.Decisions:
        """Say a word on up to 1,000 pairs of one partnership, as each alone would be said. Those that can't be decided so are left alone."""
        return self.send(
            _decide_overlaps(body, partnership=partnership, dry_run=dry_run, idempotency_key=idempotency_key)
        )

    def get_overlap(self, overlap_id: UUID, *, partnership: UUID) -> m.Overlap:
        """One overlap, explained term by term."""
        return self.send(_get_overlap(overlap_id, partnership=partnership))

    def list_link_proposals(
        self,
        *,
        partnership: UUID,
        box: m.Box | str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> m.ProposalPage:
        """Proposals of one partnership that one's organization received or sent, the newest first."""
        return self.send(_list_link_proposals(partnership=partnership, box=box, cursor=cursor, limit=limit))

    def iter_link_proposals(
        self, *, partnership: UUID, box: m.Box | str | None = None, limit: int | None = None
    ) -> Iterator[m.Proposal]:
        """Every item of `list_link_proposals`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_link_proposals(partnership=partnership, box=box, limit=limit, cursor=cursor)
        )

    def list_overlaps(
        self,
        *,
        partnership: UUID,
        population: str | None = None,
        partner_population: str | None = None,
        assignee: Literal["me", "none"] | UUID | None = None,
        level: m.Level | str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        status: list[m.OverlapStatus] | str | None = None,
        waiting: bool | None = None,
    ) -> m.OverlapPage:
        """Overlaps by confidence, surest first.

        Pairs in review alone (`status=review`) come most valuable first: by the amount of one's own open opportunities at the account, then by its
        revenue, then by confidence; amounts are compared as they are written, whatever their currency.
        """
        return self.send(
            _list_overlaps(
                partnership=partnership,
                population=population,
                partner_population=partner_population,
                assignee=assignee,
                level=level,
                cursor=cursor,
                limit=limit,
                status=status,
                waiting=waiting,
            )
        )

    def iter_overlaps(
        self,
        *,
        partnership: UUID,
        population: str | None = None,
        partner_population: str | None = None,
        assignee: Literal["me", "none"] | UUID | None = None,
        level: m.Level | str | None = None,
        limit: int | None = None,
        status: list[m.OverlapStatus] | str | None = None,
        waiting: bool | None = None,
    ) -> Iterator[m.Overlap]:
        """Every item of `list_overlaps`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_overlaps(
                partnership=partnership,
                population=population,
                partner_population=partner_population,
                assignee=assignee,
                level=level,
                limit=limit,
                status=status,
                waiting=waiting,
                cursor=cursor,
            )
        )

    def withdraw_link_proposal(self, proposal_id: UUID, *, partnership: UUID) -> None:
        """Take back a proposal of mine that isn't accepted."""
        return self.send(_withdraw_link_proposal(proposal_id, partnership=partnership))


class AsyncOverlaps(AsyncSender):
    async def answer_link_proposal(
        self, received_id: UUID, body: m.AnswerIn, *, partnership: UUID, idempotency_key: str | None = None
    ) -> m.Proposal:
        """Accept, and the two are a confirmed overlap in a moment; or refuse, and nothing comes back."""
        return await self.send(
            _answer_link_proposal(received_id, body, partnership=partnership, idempotency_key=idempotency_key)
        )

    async def create_link_proposal(
        self, body: m.ProposalIn, *, partnership: UUID, idempotency_key: str | None = None
    ) -> m.Proposal:
        """Propose that an account of mine and one of the partner's are the same company; an open proposal that says the same is answered
        as it stands. The partner is shown of mine what my rules show;
        whether it has such an account I hear only if it accepts.
        """
        return await self.send(
            _create_link_proposal(body, partnership=partnership, idempotency_key=idempotency_key)
        )

    async def decide_overlap(
        self, overlap_id: UUID, body: m.DecisionIn, *, partnership: UUID, idempotency_key: str | None = None
    ) -> m.Decided:
        """Confirm or reject a pair, or take that back; it holds for both sides from the answer on.

        One rejection of a pair that both sides are told of makes it `disputed`: it is in neither side's counts until both agree. A pair in review
        becomes an overlap when one side offers its account and the other confirms, and is in review again once either takes that back; who rejects it rejects it for
        itself, and nobody is told. A pair that no key joins is gone once both no longer confirm it.
        """
        return await self.send(
            _decide_overlap(overlap_id, body, partnership=partnership, idempotency_key=idempotency_key)
        )

    async def decide_overlaps(
        self,
        body: m.DecisionsIn,
        *,
        partnership: UUID,
        dry_run: bool | None = None,
        idempotency_key: str | None = None,
    ) -> m.Decisions:
        """Say a word on up to 1,000 pairs of one partnership, as each alone would be said. Those that can't be decided so are left alone."""
        return await self.send(
            _decide_overlaps(body, partnership=partnership, dry_run=dry_run, idempotency_key=idempotency_key)
        )

    async def get_overlap(self, overlap_id: UUID, *, partnership: UUID) -> m.Overlap:
        """One overlap, explained term by term."""
        return await self.send(_get_overlap(overlap_id, partnership=partnership))

    async def list_link_proposals(
        self,
        *,
        partnership: UUID,
        box: m.Box | str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> m.ProposalPage:
        """Proposals of one partnership that one's organization received or sent, the newest first."""
        return await self.send(
            _list_link_proposals(partnership=partnership, box=box, cursor=cursor, limit=limit)
        )

    def iter_link_proposals(
        self, *, partnership: UUID, box: m.Box | str | None = None, limit: int | None = None
    ) -> AsyncIterator[m.Proposal]:
        """Every item of `list_link_proposals`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_link_proposals(partnership=partnership, box=box, limit=limit, cursor=cursor)
        )

    async def list_overlaps(
        self,
        *,
        partnership: UUID,
        population: str | None = None,
        partner_population: str | None = None,
        assignee: Literal["me", "none"] | UUID | None = None,
        level: m.Level | str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        status: list[m.OverlapStatus] | str | None = None,
        waiting: bool | None = None,
    ) -> m.OverlapPage:
        """Overlaps by confidence, surest first.

        Pairs in review alone (`status=review`) come most valuable first: by the amount of one's own open opportunities at the account, then by its
        revenue, then by confidence; amounts are compared as they are written, whatever their currency.
        """
        return await self.send(
            _list_overlaps(
                partnership=partnership,
                population=population,
                partner_population=partner_population,
                assignee=assignee,
                level=level,
                cursor=cursor,
                limit=limit,
                status=status,
                waiting=waiting,
            )
        )

    def iter_overlaps(
        self,
        *,
        partnership: UUID,
        population: str | None = None,
        partner_population: str | None = None,
        assignee: Literal["me", "none"] | UUID | None = None,
        level: m.Level | str | None = None,
        limit: int | None = None,
        status: list[m.OverlapStatus] | str | None = None,
        waiting: bool | None = None,
    ) -> AsyncIterator[m.Overlap]:
        """Every item of `list_overlaps`, page after page; `limit` is the size of a page."""
        return self.each(
            lambda cursor: _list_overlaps(
                partnership=partnership,
                population=population,
                partner_population=partner_population,
                assignee=assignee,
                level=level,
                limit=limit,
                status=status,
                waiting=waiting,
                cursor=cursor,
            )
        )

    async def withdraw_link_proposal(self, proposal_id: UUID, *, partnership: UUID) -> None:
        """Take back a proposal of mine that isn't accepted."""
        return await self.send(_withdraw_link_proposal(proposal_id, partnership=partnership))
