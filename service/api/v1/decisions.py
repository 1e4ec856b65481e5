"""What people say of pairs: the same company, or not."""

from collections import Counter
from typing import Annotated, Self
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from service.api.deps import App, Writing, writes
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.overlaps import PartnershipId
from service.organizations.models import Scope
from service.overlaps import comments
from service.overlaps.deciding import Choice, Outcome, Refusal, decide
from service.overlaps.errors import DecisionRefusedError, TooManyCommentsError, UnknownOverlapError
from service.overlaps.models import OverlapStatus
from service.overlaps.reasons import make_ready
from service.overlaps.told_pair import refuse_related
from service.overlaps.view import view_of

router = resource("/overlaps", "overlaps")
_WHY = {
    Refusal.UNKNOWN: "There is no such overlap.",
    Refusal.NOT_OFFERED: "A pair in review is confirmed by whoever was shown the other's account: offer yours, or wait for an offer.",
    Refusal.NOT_IN_REVIEW: "Only a pair in review is offered: of this one the partner sees your account already.",
    Refusal.NOTHING_SAID: "Your organization has said nothing of this pair that could be withdrawn.",
    Refusal.TOO_MANY_COMMENTS: f"{TooManyCommentsError(comments.MOST)} Or reject it without a reason.",
}


class DecisionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decision: Annotated[
        Choice,
        Field(
            description="`offer`, of a pair in review, shows the partner what your rules show of your account. `withdraw` takes back what your organization said of the pair before."
        ),
    ]

    reason: str | None = Field(
        default=None, min_length=1, max_length=500,
        description="Why a pair is rejected, for my organization alone: kept as a comment of ours that the partner never reads.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _is_of_a_rejection(self) -> Self:
        if self.reason is not None and self.decision is not Choice.REJECT:
            raise ValueError("a reason is given for `reject` alone: leave it out, or write a comment")
        return self


class DecidedOut(BaseModel):
    overlap_id: UUID
    status: OverlapStatus | None = Field(
        description="What the pair is for you now; null where you are no longer told of it."
    )


class ItemIn(DecisionIn):
    overlap_id: UUID


class DecisionsIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decisions: list[ItemIn] = Field(min_length=1, max_length=1000)

    @field_validator("decisions")
    @classmethod
    def _each_once(cls, decisions: list[ItemIn]) -> list[ItemIn]:
        named = Counter(item.overlap_id for item in decisions)
        twice = next((overlap_id for overlap_id, times in named.items() if times > 1), None)
        if twice is not None:
            raise ValueError(f"{twice} is named more than once: say one word on each overlap")
        return decisions


class ResultOut(DecidedOut):
    refused: Refusal | None = Field(description="Why nothing was done about this one.")
    message: str | None = Field(description="The same in words.")


class DecisionsOut(BaseModel):
    dry_run: bool
    statuses: dict[OverlapStatus, int] = Field(description="How many of them have which status then.")
    refused: dict[Refusal, int] = Field(description="How many were left alone, by reason.")
    results: list[ResultOut] = Field(description="One a decision, in their order.")


@router.post(
    "/decisions", operation_id="decide_overlaps", responses=responses(404, 409, 410),
    dependencies=[Depends(writes(Scope.OVERLAPS_WRITE), scope="function")],
)  # fmt: skip
async def decide_overlaps(
    session: Writing,
    app: App,
    partnership: PartnershipId,
    body: DecisionsIn,
    *,
    dry_run: Annotated[bool, Query(description="Say what would become of them, and change nothing.")] = False,
) -> DecisionsOut:
    """Say a word on up to 1,000 pairs of one partnership, as each alone would be said. Those that can't be decided so are left alone."""
    outcomes = await _said(session, app, partnership, body.decisions, dry_run=dry_run)
    return DecisionsOut(
        dry_run=dry_run,
        statuses=Counter(one.status for one in outcomes if one.status is not None),
        refused=Counter(one.refused for one in outcomes if one.refused is not None),
        results=[
            ResultOut(
                overlap_id=one.overlap_id, status=one.status, refused=one.refused,
                message=None if one.refused is None else _WHY[one.refused],
            )
            for one in outcomes
        ],
    )  # fmt: skip


@router.post(
    "/{overlap_id}/decisions", operation_id="decide_overlap", responses=responses(404, 409, 410),
    dependencies=[Depends(writes(Scope.OVERLAPS_WRITE), scope="function")],
)  # fmt: skip
async def decide_overlap(
    session: Writing, app: App, overlap_id: UUID, partnership: PartnershipId, body: DecisionIn
) -> DecidedOut:
    """Confirm or reject a pair, or take that back; it holds for both sides from the answer on.

    One rejection of a pair that both sides are told of makes it `disputed`: it is in neither side's counts until both agree. A pair in review
    becomes an overlap when one side offers its account and the other confirms, and is in review again once either takes that back; who rejects it rejects it for
    itself, and nobody is told. A pair that no key joins is gone once both no longer confirm it.
    """
    [outcome] = await _said(session, app, partnership, [ItemIn(overlap_id=overlap_id, **body.model_dump())])
    if outcome.refused is Refusal.UNKNOWN:
        await refuse_related(session, await view_of(session, partnership), overlap_id)
    return DecidedOut(overlap_id=overlap_id, status=_status(outcome))


def _status(outcome: Outcome) -> OverlapStatus | None:
    if outcome.refused is Refusal.UNKNOWN:
        raise UnknownOverlapError
    if outcome.refused is Refusal.TOO_MANY_COMMENTS:
        raise TooManyCommentsError(comments.MOST)
    if outcome.refused is not None:
        raise DecisionRefusedError(_WHY[outcome.refused])
    return outcome.status


async def _said(
    session: Writing, app: App, partnership: UUID, decisions: list[ItemIn], *, dry_run: bool = False
) -> list[Outcome]:
    """In their order. The reasons are ready before anybody has to wait for the words."""
    reasons = {item.overlap_id: item.reason for item in decisions if item.reason is not None}
    ready = await make_ready(
        session, app.keystore, app.clock, app.ids, partnership_id=partnership, reasons=reasons
    )
    choices = {item.overlap_id: item.decision for item in decisions if item.overlap_id not in ready.full}
    outcomes = {
        one.overlap_id: one
        for one in await decide(session, app.clock, app.ids, partnership, choices, dry_run=dry_run)
    }
    if not dry_run:
        await ready.keep(session, app.clock, [one for one in choices if outcomes[one].refused is None])
    left = {one: Outcome(one, refused=Refusal.TOO_MANY_COMMENTS) for one in ready.full}
    every = outcomes | left
    return [every[item.overlap_id] for item in decisions]
