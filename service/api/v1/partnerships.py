"""Partnerships, and what one shares in them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from service.accounts.repository import Populations
from service.api.deps import App, Reading, Writing, reads, writes
from service.api.pagination import Page
from service.api.problems import responses
from service.crypto import Mode, Party, safety_number
from service.db.sessions import TenantReadSession
from service.organizations.models import Scope
from service.partnerships.epochs import Opened
from service.partnerships.errors import UnknownPopulationError
from service.partnerships.models import (
    Partnership,
    PartnershipSide,
    PartnershipStatus,
    Preset,
    SharingLevel,
    SharingRule,
)
from service.partnerships.operations import Share, share
from service.partnerships.repository import Partnerships
from service.partnerships.rules import PRESET_FIELDS

router = APIRouter(prefix="/partnerships", tags=["partnerships"])


class PartnerOut(BaseModel):
    id: UUID
    name: str
    handle: str
    mode: Mode = Field(
        description="`hosted`: the service holds the partner's list; `private`: only its own machine does."
    )


class PartnershipOut(BaseModel):
    id: UUID
    status: PartnershipStatus
    partner: PartnerOut
    safety_number: str = Field(
        description="Read it to your partner over the telephone: both sides see the same digits."
    )
    epoch: int
    created_at: datetime


class RuleOut(BaseModel):
    population: str
    population_name: str
    level: SharingLevel
    preset: Preset
    fields: list[str] = Field(description="What the preset shows of an account that is shown at all.")
    version: int
    ends_at: datetime | None
    changed_at: datetime


class RulesOut(BaseModel):
    """Both sides' word on their own populations. One without a rule is hidden; what the partner hides isn't listed."""

    own: list[RuleOut]
    partner: list[RuleOut]


class RuleIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    level: SharingLevel
    preset: Preset = Preset.STANDARD


def _partnership(opened: Opened, org_id: UUID) -> PartnershipOut:
    partner = opened.other(org_id)
    return PartnershipOut(
        id=opened.partnership.id, status=opened.partnership.status, epoch=opened.partnership.epoch,
        partner=PartnerOut(id=partner.org_id, name=partner.name, handle=partner.handle, mode=partner.mode),
        safety_number=safety_number(_party(opened.lo), _party(opened.hi)), created_at=opened.partnership.created_at,
    )  # fmt: skip


def _party(side: PartnershipSide) -> Party:
    return Party(str(side.org_id), side.mode, side.identity)


def _rule(rule: SharingRule) -> RuleOut:
    return RuleOut(**rule.model_dump(), fields=list(PRESET_FIELDS[rule.preset]))


@router.get(
    "", operation_id="list_partnerships", responses=responses(),
    dependencies=[Depends(reads(Scope.PARTNERSHIPS_READ), scope="function")],
)  # fmt: skip
async def list_partnerships(session: Reading) -> Page[PartnershipOut]:
    """All partnerships of the organization."""
    partnerships = Partnerships(session)
    opened = [await partnerships.opened(p.id) for p in await partnerships.everyone()]
    return Page(items=[_partnership(o, session.org_id) for o in opened], has_more=False)


@router.get(
    "/{partnership_id}", operation_id="get_partnership", responses=responses(404),
    dependencies=[Depends(reads(Scope.PARTNERSHIPS_READ), scope="function")],
)  # fmt: skip
async def get_partnership(session: Reading, partnership_id: UUID) -> PartnershipOut:
    """One partnership."""
    return _partnership(await Partnerships(session).opened(partnership_id), session.org_id)


@router.get(
    "/{partnership_id}/sharing-rules", operation_id="list_sharing_rules", responses=responses(404),
    dependencies=[Depends(reads(Scope.PARTNERSHIPS_READ), scope="function")],
)  # fmt: skip
async def list_sharing_rules(session: Reading, partnership_id: UUID) -> RulesOut:
    """What each side lets the other see."""
    partnership = await Partnerships(session).by_id(partnership_id)
    own = await _rules(session, partnership, session.org_id)
    return RulesOut(
        own=own, partner=await _rules(session, partnership, partnership.partner_of(session.org_id))
    )


@router.put(
    "/{partnership_id}/sharing-rules/{population}", operation_id="put_sharing_rule",
    responses=responses(404), dependencies=[Depends(writes(Scope.PARTNERSHIPS_ADMIN), scope="function")],
)  # fmt: skip
async def put_sharing_rule(
    app: App,
    session: Writing,
    partnership_id: UUID,
    population: Annotated[str, Path(max_length=100)],
    rule: RuleIn,
) -> RuleOut:
    """Say what the partner sees of one of one's own populations; it holds from the answer on."""
    await Partnerships(session).by_id(partnership_id)
    populations = await Populations(session).everyone()
    found = next((p for p in populations if p.slug == population), None)
    if found is None:
        raise UnknownPopulationError(population, [p.slug for p in populations])
    said = Share(found.bit, found.slug, found.name, rule.level, rule.preset)
    return _rule(await share(session, app.clock, partnership_id=partnership_id, said=said))


async def _rules(session: TenantReadSession, partnership: Partnership, of: UUID) -> list[RuleOut]:
    return [_rule(rule) for rule in await Partnerships(session).rules(partnership.id, of=of)]
