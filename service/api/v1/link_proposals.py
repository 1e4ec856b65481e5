"""Accounts linked by hand: proposed by one side, accepted or refused by the other."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from service.api.deps import App, Reading, Writing, reads, writes
from service.api.errors import InvalidParameterError
from service.api.pagination import Page, Paging
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.overlap_shapes import PartnerAccount, Words
from service.api.v1.overlaps import PartnershipId
from service.matching.domains import company_domain
from service.organizations.models import Scope
from service.overlaps.proposals import Linking, Proposal
from service.overlaps.proposed import Proposals
from service.overlaps.view import View, view_of

router = resource("/link-proposals", "overlaps")
_LINE = r"^[^\x00-\x1f\x7f]*$"


class Box(StrEnum):
    RECEIVED = "received"
    SENT = "sent"


class ProposalIn(BaseModel):
    """Name the partner's account by what you know of it. Nothing of it is looked up in the partner's list."""

    model_config = ConfigDict(extra="forbid")

    account_id: UUID = Field(description="My account.")
    partner_name: str | None = Field(default=None, min_length=1, max_length=200, pattern=_LINE)
    partner_domain: str | None = Field(
        default=None,
        min_length=1,
        max_length=2000,
        pattern=_LINE,
        description="A domain, URL or e-mail address in any spelling; kept as the domain alone.",
    )
    overlap_id: UUID | None = Field(
        default=None, description="An overlap in which the partner shows me the account that I mean."
    )

    @field_validator("partner_domain")
    @classmethod
    def _is_domain(cls, said: str | None) -> str | None:
        domain = None if said is None else company_domain(said).domain
        if said is not None and domain is None:
            raise ValueError("this is no address of a company: give its domain, such as example.com")
        return domain

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if self.partner_name is None and self.partner_domain is None and self.overlap_id is None:
            raise ValueError(
                "say which account of the partner is meant: partner_name, partner_domain or overlap_id"
            )
        return self


class AnswerIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    answer: Literal["accept", "refuse"] = Field(description="Of a refusal the partner hears nothing.")
    account_id: UUID | None = Field(
        default=None,
        description="To accept: which of my accounts it is, unless the proposal names one that the partner is shown.",
    )


class LinkedAccount(BaseModel):
    id: UUID
    name: str | None


class ProposalOut(BaseModel):
    id: UUID
    box: Box
    state: Literal["open", "accepted", "refused"] = Field(
        description="`refused` is told to whoever refused alone: to whoever proposed it stays `open`."
    )
    account: LinkedAccount | None = Field(description="Mine, where it is known and in my list.")
    partner_account: PartnerAccount | None = Field(
        description="What the partner shows of its account; of those received."
    )
    partner_name: str | None = Field(description="What whoever proposed says of the other side's account.")
    partner_domain: str | None
    proposed_at: datetime
    answered_at: datetime | None


def _out(row: Mapping[str, Any], box: Box, words: Words) -> ProposalOut:
    shown = row["partner_populations"]
    told = row["partner_fields"] if box is Box.RECEIVED else None
    fields = None if told is None else words.fields(shown).decode(told)
    named = {
        name: row[name]
        for name in ("id", "state", "partner_name", "partner_domain", "proposed_at", "answered_at")
    }
    return ProposalOut(
        **named, box=box,
        account=LinkedAccount(id=row["account_id"], name=row["account_name"]) if row["account_id"] else None,
        partner_account=None if fields is None else PartnerAccount(
            fields={name: value for name in fields.__struct_fields__ if (value := getattr(fields, name)) is not None},
            populations=words.partner(shown),
        ),
    )  # fmt: skip


async def _one(session: Reading, view: View, proposal_id: UUID, box: Box) -> ProposalOut:
    row = await Proposals(session, view).one(proposal_id, sent=box is Box.SENT)
    return _out(row, box, Words(view))


@router.get(
    "", operation_id="list_link_proposals", responses=responses(404, 410),
    dependencies=[Depends(reads(Scope.OVERLAPS_READ), scope="function")],
)  # fmt: skip
async def list_link_proposals(
    session: Reading,
    partnership: PartnershipId,
    paging: Paging,
    *,
    box: Annotated[Box, Query()] = Box.RECEIVED,
) -> Page[ProposalOut]:
    """Proposals of one partnership that one's organization received or sent, the newest first."""
    view = await view_of(session, partnership)
    words = Words(view)
    rows = await Proposals(session, view).page(
        sent=box is Box.SENT, after=paging.after_id(), limit=paging.limit + 1
    )
    return paging.page(rows, lambda row: _out(row, box, words), lambda row: (row["id"],))


@router.post(
    "", operation_id="create_link_proposal", status_code=201, responses=responses(404, 409, 410),
    dependencies=[Depends(writes(Scope.OVERLAPS_WRITE), scope="function")],
)  # fmt: skip
async def create_link_proposal(
    session: Writing, app: App, partnership: PartnershipId, body: ProposalIn
) -> ProposalOut:
    """Propose that an account of mine and one of the partner's are the same company; an open proposal that says the same is answered
    as it stands. The partner is shown of mine what my rules show;
    whether it has such an account I hear only if it accepts.
    """
    linking = await Linking.begin(session, app.keystore, app.clock, app.ids, partnership)
    made = await linking.propose(Proposal(**body.model_dump()))
    return await _one(session, linking.proposals.view, made, Box.SENT)


@router.post(
    "/{received_id}/answer", operation_id="answer_link_proposal", responses=responses(404, 409, 410),
    dependencies=[Depends(writes(Scope.OVERLAPS_WRITE), scope="function")],
)  # fmt: skip
async def answer_link_proposal(
    session: Writing, app: App, partnership: PartnershipId, received_id: UUID, body: AnswerIn
) -> ProposalOut:
    """Accept, and the two are a confirmed overlap in a moment; or refuse, and nothing comes back."""
    linking = await Linking.begin(session, app.keystore, app.clock, app.ids, partnership)
    linking.proposals.view.require_active()
    if body.answer == "accept":
        row = await linking.proposals.one(received_id, sent=False)
        if row["state"] == "open" and (body.account_id or row["account_id"]) is None:
            raise InvalidParameterError(
                "account_id: say which of your accounts it is; the proposal names none that the partner is shown."
            )
        await linking.accept(received_id, body.account_id)
    else:
        await linking.refuse(received_id)
    return await _one(session, linking.proposals.view, received_id, Box.RECEIVED)


@router.delete(
    "/{proposal_id}", operation_id="withdraw_link_proposal", status_code=204, responses=responses(404, 409, 410),
    dependencies=[Depends(writes(Scope.OVERLAPS_WRITE), scope="function")],
)  # fmt: skip
async def withdraw_link_proposal(
    session: Writing, app: App, partnership: PartnershipId, proposal_id: UUID
) -> None:
    """Take back a proposal of mine that isn't accepted."""
    linking = await Linking.begin(session, app.keystore, app.clock, app.ids, partnership)
    await linking.withdraw(proposal_id)
