"""Reports over what one is told."""

from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from service.api.deps import Reading, reads
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.overlaps import FarAs, PartnershipId, check_level
from service.linking.counts import COMPANY, FAMILY, Counts, cells_sentence, sentence
from service.matching.kinds import Level
from service.organizations.models import Scope
from service.overlaps.reading import matrix, to_judge
from service.overlaps.view import view_of
from service.partnerships.models import PartnershipStatus

_RESTS = "The partnership is paused: nothing is shown in it before it is resumed."
router = resource("/reports", "reports")


class CountsOut(BaseModel):
    """Numbers that reconcile: several accounts of one side may overlap one of the other."""

    pairs: int
    accounts: int = Field(description="My accounts in these pairs.")
    partner_accounts: int
    companies: int = Field(
        description="Distinct companies: connected groups of these pairs. Above `same_company` a group is a corporate family."
    )
    in_words: str = Field(
        description="How the numbers hang together, and why they differ: which side has several accounts of one company."
    )


class CellOut(BaseModel):
    population: str
    partner_population: str
    counts: CountsOut


class ToJudgeOut(BaseModel):
    review: int = Field(description="Pairs in review that my organization may judge.")
    disputed: int = Field(
        description="Pairs that one side rejects and not both, in nobody's counts until both agree."
    )
    waiting: int = Field(
        description="Of both, those that wait for my organization's word: `GET /v1/overlaps?waiting=true`."
    )


class MatrixOut(BaseModel):
    partnership_id: UUID
    status: PartnershipStatus = Field(
        description="Of the partnership: while it is `paused` nothing is shown, and every count is 0."
    )
    populations: list[str] = Field(description="Mine: the rows.")
    partner_populations: list[str] = Field(description="The partner's that show overlaps: the columns.")
    level: Level = Field(description="How far up the owners of accounts the report looks.")
    pairs_by_level: dict[Level, int] = Field(description="How many pairs of the total hold at each level.")
    cells: list[CellOut]
    total: CountsOut = Field(
        description="Over all pairs once; where the cells add up to more, `in_words` says so."
    )
    to_judge: ToJudgeOut = Field(
        description="Pairs that are in no count above, as far as my organization is told of them."
    )


@router.get(
    "/matrix", operation_id="get_overlap_matrix", responses=responses(404, 410),
    dependencies=[Depends(reads(Scope.OVERLAPS_READ), scope="function")],
)  # fmt: skip
async def get_overlap_matrix(
    session: Reading, partnership: PartnershipId, level: FarAs = Level.SAME_COMPANY
) -> MatrixOut:
    """My populations × the partner's, with counts that agree on both sides over what both may see."""
    view = await view_of(session, partnership)
    check_level(level, view)
    found = await matrix(session, view, {p.bit: p.slug for p in view.populations}, level)
    total, judged = _counts(found.total, level), await to_judge(session, view)
    if view.rests:
        total = total.model_copy(update={"in_words": _RESTS})
    more = cells_sentence(found.total, sum(cell.counts.pairs for cell in found.cells))
    return MatrixOut(
        partnership_id=partnership, status=view.status, level=level, pairs_by_level=dict(found.levels), populations=list(found.populations), partner_populations=list(found.partner_populations),
        cells=[CellOut(population=c.population, partner_population=c.partner_population, counts=_counts(c.counts, level)) for c in found.cells],
        to_judge=ToJudgeOut(review=judged.review, disputed=judged.disputed, waiting=judged.waiting),
        total=total.model_copy(update={"in_words": f"{total.in_words} {more}"}) if more else total,
    )  # fmt: skip


def _counts(counts: Counts, level: Level) -> CountsOut:
    return CountsOut(
        pairs=counts.pairs, accounts=counts.accounts, partner_accounts=counts.partner_accounts,
        companies=counts.companies, in_words=sentence(counts, group=COMPANY if level is Level.SAME_COMPANY else FAMILY),
    )  # fmt: skip
