"""The companies in common, as far as the partner shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from service.accounts.models import Population
from service.accounts.repository import Populations
from service.api.deps import Reading, reads
from service.api.errors import InvalidCursorError, InvalidParameterError
from service.api.pagination import CursorText, Limit, Page, cursor_id, decode_cursor, encode_cursor
from service.api.problems import responses
from service.api.v1.accounts import bits_of, slugs
from service.matching import explain
from service.matching.kinds import KeyKind
from service.organizations.models import Scope
from service.overlaps import reading
from service.overlaps.errors import UnknownOverlapError
from service.overlaps.models import OverlapStatus
from service.overlaps.reading import View, view_of
from service.overlaps.rules import evidence_of, kinds_of
from service.overlaps.shown import shown_fields
from service.partnerships.errors import UnknownPopulationError
from service.partnerships.rules import fields_shown

router = APIRouter(prefix="/overlaps", tags=["overlaps"])
PartnershipId = Annotated[UUID, Query(description="Which partnership.")]


class OwnAccount(BaseModel):
    id: UUID
    external_id: str | None
    name: str | None
    domain: str | None
    country: str | None
    owner: str | None
    populations: list[str]


class PartnerAccount(BaseModel):
    """What the partner shows of its account, by its rule of this moment."""

    fields: dict[str, str]
    populations: list[str]


class TermOut(BaseModel):
    """One reason: `bits` of evidence for (above 0) or against (below 0) the two being one company."""

    term: str
    outcome: str
    bits: float
    sentence: str


class OverlapOut(BaseModel):
    id: UUID
    status: OverlapStatus
    confidence: float = Field(ge=0, le=1)
    rules: list[KeyKind] = Field(description="Kinds of key that met.")
    evidence: dict[str, str] = Field(description="Per attribute: `agrees`, `differs` or `unknown`.")
    explanation: list[TermOut] = Field(description="The terms add up to the weight behind the confidence.")
    account: OwnAccount
    partner_account: PartnerAccount | None = Field(
        description="Null for a pair in review: it shows each side its own account, the rule and the evidence alone."
    )
    found_at: datetime
    updated_at: datetime


_SAID = {1: "agrees", -1: "differs", 0: "unknown"}


def _out(row: Mapping[str, Any], view: View, populations: list[Population]) -> OverlapOut:
    kinds, evidence = kinds_of(row["kinds"]), evidence_of(row["evidence"])
    account = {name: row[name] for name in OwnAccount.model_fields if name not in {"id", "populations"}}
    return OverlapOut(
        id=row["id"], status=row["status"], confidence=row["confidence"], rules=kinds,
        evidence={a.value: _SAID[value] for a, value in evidence.items()},
        explanation=[TermOut(**vars(term)) for term in explain(kinds, evidence)],
        account=OwnAccount(id=row["account_id"], populations=slugs(row["populations"], populations), **account),
        partner_account=_partner(row, view), found_at=row["found_at"], updated_at=row["updated_at"],
    )  # fmt: skip


def _partner(row: Mapping[str, Any], view: View) -> PartnerAccount | None:
    if row["status"] == OverlapStatus.REVIEW:
        return None
    bits = row["partner_populations"]
    return PartnerAccount(
        fields=shown_fields(row["partner_fields"], fields_shown(view.partner_rules, bits)),
        populations=[rule.population for rule in view.partner_rules if bits >> rule.bit & 1],
    )


def _partner_bits(slug: str | None, view: View) -> int | None:
    """The bit of a population that the partner shows; one it doesn't is unknown, whether it exists or not."""
    shown = [rule for rule in view.partner_rules if view.partner_bits >> rule.bit & 1]
    if slug is None:
        return None
    for rule in shown:
        if rule.population == slug:
            return 1 << rule.bit
    raise UnknownPopulationError(slug, [rule.population for rule in shown])


@router.get(
    "", operation_id="list_overlaps", responses=responses(400, 404),
    dependencies=[Depends(reads(Scope.OVERLAPS_READ), scope="function")],
)  # fmt: skip
async def list_overlaps(  # each is one query parameter
    session: Reading,
    partnership: PartnershipId,
    *,
    status: Annotated[
        OverlapStatus, Query(description="`review`: one's own queue of pairs that a person should judge.")
    ] = OverlapStatus.AUTO,
    population: Annotated[str | None, Query(max_length=100, description="One of my populations.")] = None,
    partner_population: Annotated[
        str | None, Query(max_length=100, description="One of the partner's.")
    ] = None,
    cursor: CursorText = None,
    limit: Limit = 50,
) -> Page[OverlapOut]:
    """Overlaps by confidence, surest first."""
    if partner_population is not None and status is OverlapStatus.REVIEW:
        raise InvalidParameterError(
            "partner_population: a pair in review tells nothing of the partner's account; leave the filter out."
        )
    view = await view_of(session, partnership)
    populations = await Populations(session).everyone()
    wanted = reading.Page(
        status=status, own_bits=bits_of(population, populations), partner_bits=_partner_bits(partner_population, view),
        after=_after(cursor), limit=limit + 1,
    )  # fmt: skip
    rows = await reading.page(session, view, wanted)
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return Page(
        items=[_out(row, view, populations) for row in rows[:limit]],
        has_more=more,
        next_cursor=encode_cursor("overlaps", last["confidence"], str(last["id"])) if last else None,
    )


def _after(cursor: str | None) -> tuple[float, UUID] | None:
    position = decode_cursor("overlaps", cursor, [float, str])
    overlap_id = cursor_id(position, 1)
    if position is None or overlap_id is None:
        return None
    if not 0 <= float(position[0]) <= 1:
        raise InvalidCursorError
    return float(position[0]), overlap_id


@router.get(
    "/{overlap_id}", operation_id="get_overlap", responses=responses(404),
    dependencies=[Depends(reads(Scope.OVERLAPS_READ), scope="function")],
)  # fmt: skip
async def get_overlap(session: Reading, overlap_id: UUID, partnership: PartnershipId) -> OverlapOut:
    """One overlap, explained term by term."""
    view = await view_of(session, partnership)
    for status in OverlapStatus:
        rows = await reading.page(session, view, reading.Page(status=status, overlap_id=overlap_id, limit=1))
        if rows:
            return _out(rows[0], view, await Populations(session).everyone())
    raise UnknownOverlapError
