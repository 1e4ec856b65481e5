"""Partnerships, and what one shares in them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from service.accounts.models import Population
from service.accounts.repository import Populations
from service.api.deps import App, Reading, Writing, reads, writes
from service.api.pagination import Page
from service.api.preconditions import NOT_MODIFIED, ChangeConditions, ReadConditions
from service.api.problems import responses
from service.api.routing import resource
from service.crypto import Mode, Party, safety_number
from service.db.sessions import TenantReadSession
from service.http.etags import etag
from service.organizations.models import Scope
from service.partnerships.epochs import Opened
from service.partnerships.errors import UnknownPopulationError, UnknownSharingRuleError
from service.partnerships.models import (
    Partnership,
    PartnershipSide,
    PartnershipStatus,
    Preset,
    SharingLevel,
    SharingRule,
)
from service.partnerships.operations import Share, share, switch_reviews
from service.partnerships.profiles import Sought, found
from service.partnerships.repository import Partnerships, rule_of
from service.partnerships.rotation import ask_for_rotation
from service.partnerships.rules import PRESET_FIELDS

router = resource("/partnerships", "partnerships")

Slug = Annotated[str, Path(max_length=100)]


class PartnerOut(BaseModel):
    id: UUID
    name: str
    handle: str
    mode: Mode = Field(
        description="`hosted`: the service holds the partner's list; `private`: only its own machine does."
    )


class ReviewsOut(BaseModel):
    """Pairs in review are told to both sides where both have them switched on and show their overlaps."""

    own: bool
    partner: bool


class PausedOut(BaseModel):
    """Since when each side has the partnership paused; null where it hasn't."""

    own: datetime | None
    partner: datetime | None


class PartnershipOut(BaseModel):
    id: UUID
    status: PartnershipStatus
    partner: PartnerOut
    safety_number: str = Field(
        description="Read it to your partner over the telephone: both sides see the same digits."
    )
    epoch: int = Field(
        description="Counts the keys that both sides agreed on: 1 when the partnership began, one more with each rotation."
    )
    epoch_since: datetime = Field(description="Since when matching goes by these keys.")
    next_epoch: int | None = Field(
        description="The epoch that is prepared while keys are rotated: it takes over once both sides' lists are hashed under it."
    )
    reviews: ReviewsOut
    paused: PausedOut
    created_at: datetime
    ended_at: datetime | None
    ended_by: Literal["own", "partner", "operator"] | None = Field(description="Which side ended it.")


class PartnershipIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reviews: StrictBool = Field(description="Whether your people judge pairs in review.")


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


def partnership_out(opened: Opened, org_id: UUID) -> PartnershipOut:
    partner = opened.other(org_id)
    return PartnershipOut(
        id=opened.partnership.id, status=opened.partnership.status, epoch=opened.partnership.epoch,
        epoch_since=opened.partnership.epoch_since, next_epoch=opened.partnership.next_epoch,
        partner=PartnerOut(id=partner.org_id, name=partner.name, handle=partner.handle, mode=partner.mode),
        safety_number=safety_number(_party(opened.lo), _party(opened.hi)), created_at=opened.partnership.created_at,
        reviews=ReviewsOut(own=opened.side(org_id).reviews, partner=partner.reviews),
        paused=PausedOut(own=opened.side(org_id).paused_at, partner=partner.paused_at),
        ended_at=opened.partnership.ended_at, ended_by=_ended_by(opened.partnership, org_id),
    )  # fmt: skip


def _ended_by(partnership: Partnership, org_id: UUID) -> Literal["own", "partner", "operator"] | None:
    if partnership.status is not PartnershipStatus.ENDED:
        return None
    if partnership.ended_by is None:
        return "operator"
    return "own" if partnership.ended_by == org_id else "partner"


def state_tag(opened: Opened, org_id: UUID) -> str:
    """The tag of what either side can change of a partnership here."""
    own, partner = opened.side(org_id), opened.other(org_id)
    said = [opened.partnership.status.value, own.reviews, own.paused_at, partner.paused_at]
    return etag(opened.partnership.id, org_id, *map(str, said))


def _party(side: PartnershipSide) -> Party:
    return Party(str(side.org_id), side.mode, side.identity)


def _tag(rule: SharingRule) -> str:
    return etag(rule.partnership_id, rule.owner_org_id, rule.bit, rule.version, rule.population_name)


def _rule(rule: SharingRule) -> RuleOut:
    return RuleOut(**rule.model_dump(), fields=list(PRESET_FIELDS[rule.preset]))


@router.get(
    "", operation_id="list_partnerships", responses=responses(),
    dependencies=[Depends(reads(Scope.PARTNERSHIPS_READ), scope="function")],
)  # fmt: skip
async def list_partnerships(
    session: Reading,
    *,
    owner: Annotated[UUID | None, Query(description="Those that this member looks after.")] = None,
    tier: Annotated[str | None, Query(max_length=50, description="Those of this tier.")] = None,
    tag: Annotated[list[str] | None, Query(max_length=20, description="Those with all these tags.")] = None,
) -> Page[PartnershipOut]:
    """All partnerships of the organization, or those whose profile says what you ask for."""
    partnerships, sought = Partnerships(session), Sought(owner, tier, tuple(tag or ()))
    listed = await partnerships.everyone()
    if not sought.is_any:
        said = await found(session, sought)
        listed = [one for one in listed if one.id in said]
    opened = [await partnerships.opened(one.id) for one in listed]
    return Page(items=[partnership_out(o, session.org_id) for o in opened], has_more=False)


@router.get(
    "/{partnership_id}", operation_id="get_partnership", responses=responses(404),
    dependencies=[Depends(reads(Scope.PARTNERSHIPS_READ), scope="function")],
)  # fmt: skip
async def get_partnership(session: Reading, response: Response, partnership_id: UUID) -> PartnershipOut:
    """One partnership, with the `ETag` that a change may name in `If-Match`. One that has ended stays to be read, and nothing in it."""
    opened = await Partnerships(session).opened(partnership_id)
    response.headers["ETag"] = state_tag(opened, session.org_id)
    return partnership_out(opened, session.org_id)


@router.patch(
    "/{partnership_id}", operation_id="update_partnership", responses=responses(404, 410, 412),
    dependencies=[Depends(writes(Scope.PARTNERSHIPS_ADMIN), scope="function")],
)  # fmt: skip
async def update_partnership(  # each comes from another place of the request
    session: Writing,
    app: App,
    response: Response,
    *,
    partnership_id: UUID,
    body: PartnershipIn,
    conditions: ChangeConditions,
) -> PartnershipOut:
    """Switch reviews on or off for your side. While either side has them off, neither is told of any pair in review."""
    opened = await switch_reviews(
        session,
        app.clock,
        partnership_id=partnership_id,
        on=body.reviews,
        meets=lambda found: conditions.check(state_tag(found, session.org_id)),
    )
    return changed(response, opened, session.org_id)


def changed(response: Response, opened: Opened, org_id: UUID) -> PartnershipOut:
    response.headers["ETag"] = state_tag(opened, org_id)
    return partnership_out(opened, org_id)


@router.post(
    "/{partnership_id}/epochs", operation_id="rotate_partnership_keys", status_code=202, responses=responses(404, 409, 410),
    dependencies=[Depends(writes(Scope.PARTNERSHIPS_ADMIN), scope="function")],
)  # fmt: skip
async def rotate_partnership_keys(session: Writing, app: App, partnership_id: UUID) -> PartnershipOut:
    """Have the partnership's keys made anew, once a day at most. Overlaps, decisions and what is shown stay, and no event tells of it.

    The worker does it: `next_epoch` is there while it lasts, and `epoch` counts one more when it is done. Asked for again meanwhile,
    nothing more is begun.
    """
    await ask_for_rotation(session, app.clock, partnership_id)
    return partnership_out(await Partnerships(session).opened(partnership_id), session.org_id)


@router.get(
    "/{partnership_id}/sharing-rules", operation_id="list_sharing_rules", responses=responses(404, 410),
    dependencies=[Depends(reads(Scope.PARTNERSHIPS_READ), scope="function")],
)  # fmt: skip
async def list_sharing_rules(session: Reading, partnership_id: UUID) -> RulesOut:
    """What each side lets the other see."""
    partnership = await Partnerships(session).living(partnership_id)
    own = await _rules(session, partnership, session.org_id)
    return RulesOut(
        own=own, partner=await _rules(session, partnership, partnership.partner_of(session.org_id))
    )


@router.get(
    "/{partnership_id}/sharing-rules/{population}", operation_id="get_sharing_rule", response_model=RuleOut,
    responses=responses(404, 410) | NOT_MODIFIED, dependencies=[Depends(reads(Scope.PARTNERSHIPS_READ), scope="function")],
)  # fmt: skip
async def get_sharing_rule(
    session: Reading, partnership_id: UUID, population: Slug, conditions: ReadConditions
) -> Response:
    """One's own rule for one population, with the `ETag` that a change may name in `If-Match`."""
    found = await _own_population(session, partnership_id, population)
    rule = await rule_of(session, partnership_id, found.bit)
    if rule is None:
        raise UnknownSharingRuleError
    return conditions.answer(_tag(rule), _rule(rule))


@router.put(
    "/{partnership_id}/sharing-rules/{population}", operation_id="put_sharing_rule",
    responses=responses(404, 410, 412), dependencies=[Depends(writes(Scope.PARTNERSHIPS_ADMIN), scope="function")],
)  # fmt: skip
async def put_sharing_rule(  # each comes from another place of the request
    response: Response,
    app: App,
    session: Writing,
    *,
    partnership_id: UUID,
    population: Slug,
    rule: RuleIn,
    conditions: ChangeConditions,
) -> RuleOut:
    """Say what the partner sees of one of one's own populations; it holds from the answer on."""

    def meets(standing: SharingRule | None) -> None:
        conditions.check(_tag(standing) if standing else None)

    said = Share(population, rule.level, rule.preset)
    stored = await share(session, app.clock, partnership_id=partnership_id, said=said, meets=meets)
    response.headers["ETag"] = _tag(stored)
    return _rule(stored)


async def _own_population(session: TenantReadSession, partnership_id: UUID, slug: str) -> Population:
    """UnknownPartnershipError, PartnershipEndedError, UnknownPopulationError."""
    await Partnerships(session).living(partnership_id)
    populations = await Populations(session).everyone()
    found = next((p for p in populations if p.slug == slug), None)
    if found is None:
        raise UnknownPopulationError(slug, [p.slug for p in populations])
    return found


async def _rules(session: TenantReadSession, partnership: Partnership, of: UUID) -> list[RuleOut]:
    return [_rule(rule) for rule in await Partnerships(session).rules(partnership.id, of=of)]
