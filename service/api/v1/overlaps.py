"""The companies in common, as far as the partner shows them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from fastapi import Depends, Query, Response
from pydantic import BeforeValidator

from service.api.deps import Reading, reads
from service.api.errors import InvalidParameterError
from service.api.lean import LeanOperation, answer
from service.api.pagination import Page, Pages, Paging
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.overlap_shapes import WITHHELD, OverlapOut, told_words
from service.kit.actors import Actor, ActorKind
from service.matching.kinds import Level
from service.organizations.models import Scope
from service.overlaps import reading
from service.overlaps.errors import UnknownOverlapError
from service.overlaps.models import OverlapStatus
from service.overlaps.view import View, view_of
from service.partnerships.errors import UnknownPopulationError

router = resource("/overlaps", "overlaps", LeanOperation)
PartnershipId = Annotated[UUID, Query(description="Which partnership.")]


FarAs = Annotated[
    Level,
    Query(
        description="How far up the owners of accounts to look: `same_parent` adds pairs that belong to one parent company, "
        "`same_ultimate_parent` those of one highest company. Both sides must look as far (`hierarchy` of the partnership)."
    ),
]


def _own_bits(slug: str | None, view: View) -> int | None:
    if slug is None:
        return None
    for population in view.populations:
        if population.slug == slug:
            return 1 << population.bit
    raise UnknownPopulationError(slug, [population.slug for population in view.populations])


def _partner_bits(slug: str | None, view: View) -> int | None:
    """The bit of a population that the partner shows; one it doesn't is unknown, whether it exists or not."""
    shown = [rule for rule in view.partner_rules if view.partner_bits >> rule.bit & 1]
    if slug is None:
        return None
    for rule in shown:
        if rule.population == slug:
            return 1 << rule.bit
    raise UnknownPopulationError(slug, [rule.population for rule in shown])


class _Judged(NamedTuple):
    statuses: list[OverlapStatus]
    waiting: bool


async def _judged(
    *,
    status: Annotated[
        list[OverlapStatus] | None,
        BeforeValidator(lambda said: [said] if isinstance(said, str) else said),
        Query(
            max_length=len(OverlapStatus),
            description="Pairs that count (`auto` and `confirmed`) unless others are named, each once. `review`: one's own queue of pairs to judge.",
        ),
    ] = None,
    waiting: Annotated[
        bool,
        Query(
            description="Pairs that wait for my organization's word alone: in review and offered by the partner, or disputed and the partner spoke last."
        ),
    ] = False,
) -> _Judged:
    named = {*(status or ())}
    if waiting and not named <= {*reading.JUDGED}:
        raise InvalidParameterError(
            "waiting: only pairs in review or disputed wait for a word; leave the other `status` out."
        )
    return _Judged(sorted(named), waiting)


Judged = Annotated[_Judged, Depends(_judged)]


@router.get(
    "", operation_id="list_overlaps", response_model=Page[OverlapOut], responses=responses(400, 404, 410),
    dependencies=[Depends(reads(Scope.OVERLAPS_READ), scope="function")],
)  # fmt: skip
async def list_overlaps(  # each is one query parameter
    session: Reading,
    partnership: PartnershipId,
    paging: Paging,
    *,
    judged: Judged,
    population: Annotated[str | None, Query(max_length=100, description="One of my populations.")] = None,
    partner_population: Annotated[
        str | None, Query(max_length=100, description="One of the partner's.")
    ] = None,
    assignee: Annotated[
        Literal["me", "none"] | UUID | None,
        Query(
            description="Those that this member of my organization looks after, I do (`me`), or nobody (`none`)."
        ),
    ] = None,
    level: FarAs = Level.SAME_COMPANY,
) -> Response:
    """Overlaps by confidence, surest first.

    Pairs in review alone (`status=review`) come most valuable first: by the amount of one's own open opportunities at the account, then by its
    revenue, then by confidence; amounts are compared as they are written, whatever their currency.
    """
    if partner_population is not None and {*judged.statuses} & {*WITHHELD}:
        raise InvalidParameterError(
            "partner_population: a pair in review or rejected tells nothing of the partner's account; leave the filter out."
        )
    view = await view_of(session, partnership)
    check_level(level, view)
    if level is not Level.SAME_COMPANY and (judged.statuses or judged.waiting):
        raise InvalidParameterError(
            "level: nobody decides on pairs of one owner; leave `status` out, or the level."
        )
    wanted = reading.Page(
        status=judged.statuses, waiting=judged.waiting, level=level, own_bits=_own_bits(population, view), partner_bits=_partner_bits(partner_population, view),
        assignee=_assignee(assignee, session.actor), limit=paging.limit + 1,
    )  # fmt: skip
    place = ("deals", "revenue", "confidence", "id") if wanted.is_by_value else ("confidence", "id")
    wanted = replace(wanted, after=_after(paging, place))
    rows = await reading.page(session, view, wanted)
    more = len(rows) > paging.limit
    last = rows[paging.limit - 1] if more else None
    words = await told_words(session, view, rows)
    return answer(
        {
            "items": [words.overlap(row) for row in rows[: paging.limit]],
            "has_more": more,
            "next_cursor": paging.next(*(last[name] for name in place)) if last else None,
        }
    )


def check_level(level: Level, view: View) -> None:
    """InvalidParameterError if both sides don't look so far."""
    if level.rank > view.level.rank:
        raise InvalidParameterError(
            f"level: '{level}' is farther than both sides look, which is '{view.level}'. Each says how far it looks with "
            f"PUT /v1/partnerships/{view.partnership_id}/hierarchy."
        )


def _assignee(asked: Literal["me", "none"] | UUID | None, actor: Actor) -> UUID | Literal["none"] | None:
    if asked != "me":
        return asked
    if actor.kind is not ActorKind.PERSON:
        raise InvalidParameterError("assignee: an API key is no member; name one by id instead of `me`.")
    return actor.id


def _after(paging: Pages, place: Sequence[str]) -> tuple[Any, ...] | None:
    position = paging.after(*(UUID if name == "id" else float for name in place))
    return None if position is None else tuple(position)


@router.get(
    "/{overlap_id}", operation_id="get_overlap", response_model=OverlapOut, responses=responses(404, 410),
    dependencies=[Depends(reads(Scope.OVERLAPS_READ), scope="function")],
)  # fmt: skip
async def get_overlap(session: Reading, overlap_id: UUID, partnership: PartnershipId) -> Response:
    """One overlap, explained term by term."""
    view = await view_of(session, partnership)
    rows = await reading.page(session, view, reading.Page(overlap_id=overlap_id, level=view.level, limit=1))
    if not rows:
        raise UnknownOverlapError
    return answer((await told_words(session, view, rows)).overlap(rows[0]))
