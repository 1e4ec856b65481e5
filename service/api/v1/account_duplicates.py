"""Accounts of one's own list that the matching engine takes for one company."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from service.accounts.duplicates import reading
from service.accounts.duplicates.finding import LARGEST
from service.accounts.duplicates.merging import dismiss, merge
from service.accounts.duplicates.search import Searched, ask, searched
from service.api.deps import App, Reading, Writing, reads, writes
from service.api.pagination import Page, Paging
from service.api.problems import responses
from service.api.routing import resource
from service.matching.explain import explain
from service.matching.kinds import Attribute, KeyKind
from service.matching.score import evidence_column
from service.matching.shared import SHARED
from service.organizations.models import Scope

router = resource("/accounts/duplicates", "duplicates")
_SAID = {1: "agrees", -1: "differs", 0: "unknown", SHARED: "agrees"}


class DuplicateAccountOut(BaseModel):
    id: UUID
    external_id: str | None
    name: str | None
    domain: str | None
    country: str | None
    city: str | None
    owner: str | None
    created_at: datetime
    contacts: int
    opportunities: int


class DuplicateTermOut(BaseModel):
    """One reason: `bits` of evidence for (above 0) or against (below 0) the two being one company."""

    term: str
    outcome: str
    bits: float
    sentence: str


class DuplicatePairOut(BaseModel):
    left_account_id: UUID
    right_account_id: UUID
    confidence: float = Field(ge=0, le=1)
    rules: list[KeyKind] = Field(description="Kinds of key that met.")
    evidence: dict[str, str] = Field(description="Per attribute: `agrees`, `differs` or `unknown`.")
    explanation: list[DuplicateTermOut] = Field(
        description="The terms add up to the weight behind the confidence."
    )


class DuplicateOut(BaseModel):
    id: UUID = Field(description="The same for the same accounts in the next search.")
    status: Literal["auto", "review"]
    confidence: float = Field(ge=0, le=1, description="The least of its pairs.")
    accounts: list[DuplicateAccountOut] = Field(
        description="The fullest first, which is left unless a merge says another."
    )
    pairs: list[DuplicatePairOut]
    found_at: datetime


class DuplicateSearchOut(BaseModel):
    waiting: bool = Field(description="A search is due or under way.")
    current: bool = Field(description="Nothing of the list was written since the last search.")
    searched_at: datetime | None = Field(description="Null before the first search.")
    accounts: int | None = Field(description="Accounts that were searched.")
    groups: int | None
    crowded: int | None = Field(
        description="Keys that more than a hundred accounts bear, which tell nothing."
    )


class MergeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    account_id: UUID | None = Field(default=None, description="The account that is left; null: the fullest.")
    accounts: Annotated[list[UUID], Field(min_length=2, max_length=LARGEST)] | None = Field(
        default=None, description="Merge these of the group alone; null: all."
    )


class MergedOut(BaseModel):
    account_id: UUID = Field(description="The account that is left.")
    merged: list[UUID] = Field(description="Those that went into it.")
    import_id: UUID = Field(description="The import that the merge is kept as; undoing that undoes it.")


ALL = MergeIn()


@router.get(
    "", operation_id="list_duplicates", responses=responses(400),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def list_duplicates(
    session: Reading,
    paging: Paging,
    *,
    status: Annotated[
        Literal["auto", "review"] | None, Query(description="`review`: pairs that a person should judge.")
    ] = None,
) -> Page[DuplicateOut]:
    """Groups of accounts that are one company, as the last search found them, the surest first."""
    position = paging.after(float, UUID)
    after = None if position is None else (position[0], position[1])
    rows = await reading.page(session, status=status, after=after, limit=paging.limit + 1)
    return paging.page(rows, _out, lambda group: (group.confidence, group.id))


@router.get(
    "/search", operation_id="get_duplicate_search", responses=responses(),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def get_search(session: Reading) -> DuplicateSearchOut:
    """When the list was last searched, and whether it changed since."""
    return _search_out(await searched(session))


@router.post(
    "/search", operation_id="search_duplicates", status_code=202, responses=responses(),
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def search_duplicates(session: Writing) -> DuplicateSearchOut:
    """Have the whole list searched. From then on it is searched again every day on which it changed."""
    await ask(session)
    return _search_out(await searched(session))


@router.get(
    "/{duplicate_id}", operation_id="get_duplicate", responses=responses(404),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def get_duplicate(session: Reading, duplicate_id: UUID) -> DuplicateOut:
    """One group, its pairs explained term by term."""
    return _out(await reading.one(session, duplicate_id))


@router.post(
    "/{duplicate_id}/merge", operation_id="merge_duplicate", responses=responses(404),
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def merge_duplicate(session: Writing, app: App, duplicate_id: UUID, wanted: MergeIn = ALL) -> MergedOut:
    """Make one account of the group. Its contacts, opportunities and populations move to the one that is left, which also bears the
    others' domains and names; what names them in later files names it.
    """
    done = await merge(
        session, app.ids, app.clock, duplicate_id, survivor=wanted.account_id, accounts=wanted.accounts
    )
    return MergedOut(account_id=done.account_id, merged=list(done.merged), import_id=done.import_id)


@router.post(
    "/{duplicate_id}/dismiss", operation_id="dismiss_duplicate", status_code=204, responses=responses(404),
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def dismiss_duplicate(session: Writing, app: App, duplicate_id: UUID) -> None:
    """Say that these accounts are not one company: no search finds these pairs again."""
    await dismiss(session, app.clock, duplicate_id)


def _search_out(found: Searched) -> DuplicateSearchOut:
    return DuplicateSearchOut(
        waiting=found.waiting, current=found.current, searched_at=found.searched_at, accounts=found.accounts,
        groups=found.groups, crowded=found.crowded,
    )  # fmt: skip


def _out(group: reading.Group) -> DuplicateOut:
    accounts = [
        DuplicateAccountOut(**{name: row[name] for name in DuplicateAccountOut.model_fields})
        for row in group.accounts
    ]
    return DuplicateOut(
        id=group.id, status="auto" if group.status == "auto" else "review", confidence=group.confidence, accounts=accounts,
        pairs=[_pair_out(pair) for pair in group.pairs], found_at=group.found_at,
    )  # fmt: skip


def _pair_out(pair: Mapping[str, Any]) -> DuplicatePairOut:
    kinds = [KeyKind(kind) for kind in pair["rules"].split("+")]
    agreement = {attribute: pair[evidence_column(attribute)] for attribute in Attribute}
    return DuplicatePairOut(
        left_account_id=pair["left"], right_account_id=pair["right"], confidence=pair["confidence"], rules=kinds,
        evidence={attribute.value: _SAID[value] for attribute, value in agreement.items()},
        explanation=[
            DuplicateTermOut(term=term.term, outcome=term.outcome, bits=term.bits, sentence=term.sentence)
            for term in explain(kinds, agreement)
        ],
    )  # fmt: skip
