"""The companies in common, as far as the partner shows them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from service.api.deps import Reading, reads
from service.api.errors import InvalidParameterError
from service.api.lean import LeanOperation, answer
from service.api.pagination import Page, Pages, Paging
from service.api.problems import responses
from service.api.routing import resource
from service.db.sessions import TenantReadSession
from service.kit.actors import Actor, ActorKind
from service.matching.explain import explain, explain_related
from service.matching.kinds import KeyKind, Level
from service.organizations.actors import actor_names
from service.organizations.models import Scope
from service.overlaps import reading
from service.overlaps.decision_models import Word
from service.overlaps.errors import UnknownOverlapError
from service.overlaps.models import OverlapStatus
from service.overlaps.rules import evidence_of, kinds_of
from service.overlaps.view import View, view_of
from service.partnerships.errors import UnknownPopulationError
from service.partnerships.rules import fields_shown

router = resource("/overlaps", "overlaps", LeanOperation)
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


class DeciderOut(BaseModel):
    """Who of one's own organization decided."""

    kind: ActorKind
    id: UUID | None
    name: str | None = Field(description="Null once they have left.")


class DecisionOut(BaseModel):
    """The word of one side on a pair."""

    by: Literal["own", "partner"]
    decision: Word
    decided_at: datetime
    actor: DeciderOut | None = Field(description="Of one's own side alone: the partner decides as a whole.")
    sentence: str


class OverlapOut(BaseModel):
    id: UUID
    status: OverlapStatus = Field(
        description="`auto` and `confirmed` pairs count; the others are in no count, report or event."
    )
    confidence: float = Field(ge=0, le=1)
    level: Level = Field(
        description="At which level the two hold together: one company, one parent company, or one ultimate parent."
    )
    rules: list[KeyKind] = Field(
        description="Kinds of key that met; of owners at a level above `same_company`."
    )
    evidence: dict[str, str] = Field(
        description="Per attribute: `agrees`, `differs` or `unknown`. Nothing is compared above `same_company`."
    )
    explanation: list[TermOut] = Field(description="The terms add up to the weight behind the confidence.")
    normaliser: str = Field(description="Version of the rules that made the keys of both sides.")
    account: OwnAccount
    partner_account: PartnerAccount | None = Field(
        description="Null for a pair that is rejected, or in review without the partner's offer: it shows each side its own account, the rule and the evidence alone. Null too for a moment after an offer, a confirmation or a withdrawal, until the partner's record is shown."
    )
    decisions: list[DecisionOut] = Field(
        description="What people say of the pair, as far as it is said to you."
    )
    assignee_id: UUID | None = Field(description="The member of my organization who looks after it.")
    found_at: datetime = Field(description="When the two were first seen to meet.")
    updated_at: datetime
    met_until: datetime | None = Field(
        description="When a key of the two was last seen to meet, of a pair that stands by people's word alone; null while one does."
    )


_DID = {
    Word.CONFIRM: "confirmed that the two are the same company",
    Word.REJECT: "rejected the pair: the two are not the same company",
    Word.OFFER: "showed their account and asked whether it is the same company",
}
_SAID_COLUMNS, _THEIRS = 6, 4
"""How many columns of a row are about what was said, and which of them is the partner's word."""
_WITHHELD = (OverlapStatus.REVIEW, OverlapStatus.REJECTED)
FarAs = Annotated[
    Level,
    Query(
        description="How far up the owners of accounts to look: `same_parent` adds pairs that belong to one parent company, "
        "`same_ultimate_parent` those of one highest company. Both sides must look as far (`hierarchy` of the partnership)."
    ),
]
_SAID = {1: "agrees", -1: "differs", 0: "unknown"}
_encoder = msgspec.json.Encoder()


@cache
def _reasons(kinds: int, evidence: int, level: Level) -> dict[str, msgspec.Raw]:
    """What a row says of its kinds and evidence, as JSON: there are few different ones, and each is long."""
    met, agreement = kinds_of(kinds), evidence_of(evidence)
    if level is not Level.SAME_COMPANY:
        terms = explain_related(met, level)
    else:
        terms = explain(met, agreement) if met else []
    said = {
        "level": level,
        "rules": met,
        "evidence": {a.value: _SAID[value] for a, value in agreement.items()},
        "explanation": [vars(term) for term in terms],
    }
    return {name: msgspec.Raw(_encoder.encode(value)) for name, value in said.items()}


@cache
def _fields(shown: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    """Reads of a record's stored fields those that a rule shows, and passes over the others; null values are left out again."""
    members: list[tuple[str, Any, None]] = [(name, str | None, None) for name in shown]
    return msgspec.json.Decoder(msgspec.defstruct("Shown", members, omit_defaults=True))


class Words:
    """Population bits and shown fields as words, each combination looked up once a page. `names` are those of one's own people and keys."""

    def __init__(self, view: View, names: Mapping[UUID, str] | None = None) -> None:
        self.names = names or {}
        self.normaliser = view.normaliser
        self.own = cache(lambda bits: [p.slug for p in view.populations if bits >> p.bit & 1])
        self.partner = cache(lambda bits: [r.population for r in view.partner_rules if bits >> r.bit & 1])
        self.fields = cache(lambda bits: _fields(fields_shown(view.partner_rules, bits)))

    def overlap(self, row: Iterable[Any]) -> dict[str, Any]:
        """An `OverlapOut`, its members in that order, of a row in the order of `reading.page`."""
        (
            overlap_id, status, confidence, kinds, evidence, found_at, updated_at, unmet_since,
            account_id, external_id, name, domain, country, owner, populations, partner_fields, partner_bits, assignee_id, level,
            *more,
        ) = row  # fmt: skip
        said = more[:_SAID_COLUMNS]
        offered = status == OverlapStatus.REVIEW and said[_THEIRS] == Word.OFFER
        withheld = partner_fields is None or (status in _WITHHELD and not offered)
        partner = None if withheld else {
            "fields": self.fields(partner_bits).decode(partner_fields), "populations": self.partner(partner_bits),
        }  # fmt: skip
        return {
            "id": overlap_id, "status": status, "confidence": confidence, **_reasons(kinds, evidence, Level(level)), "normaliser": self.normaliser,
            "account": {
                "id": account_id, "external_id": external_id, "name": name, "domain": domain, "country": country,
                "owner": owner, "populations": self.own(populations),
            },
            "partner_account": partner, "decisions": self._decisions(said) if any(said) else [],
            "assignee_id": assignee_id, "found_at": found_at, "updated_at": updated_at,
            "met_until": unmet_since,
        }  # fmt: skip

    def _decisions(self, columns: Sequence[Any]) -> list[dict[str, Any]]:
        """`DecisionOut`s, one's own first, of the last columns of a row."""
        word, at, kind, actor, partner_word, partner_at = columns
        said: list[dict[str, Any]] = []
        if word is not None:
            name = self.names.get(actor) if actor is not None else None
            who = {"kind": kind, "id": actor, "name": name}
            whose = (
                "Your word on two others of the same names"
                if kind == ActorKind.SERVICE
                else name or "Somebody of yours"
            )
            sentence = f"{whose} {_DID[Word(word)]}."
            said.append({"by": "own", "decision": word, "decided_at": at, "actor": who, "sentence": sentence})
        if partner_word is not None:
            sentence = f"The partner {_DID[Word(partner_word)]}."
            said.append(
                {
                    "by": "partner",
                    "decision": partner_word,
                    "decided_at": partner_at,
                    "actor": None,
                    "sentence": sentence,
                }
            )
        return said


async def told_words(session: TenantReadSession, view: View, rows: Iterable[Mapping[str, Any]]) -> Words:
    """What `rows` of `reading.page` need to be spoken of."""
    return Words(view, await actor_names(session, {row["actor_id"] for row in rows}))


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


@router.get(
    "", operation_id="list_overlaps", response_model=Page[OverlapOut], responses=responses(400, 404),
    dependencies=[Depends(reads(Scope.OVERLAPS_READ), scope="function")],
)  # fmt: skip
async def list_overlaps(  # each is one query parameter
    session: Reading,
    partnership: PartnershipId,
    paging: Paging,
    *,
    status: Annotated[
        OverlapStatus | None,
        Query(
            description="Pairs that count (`auto` and `confirmed`) unless one is named. `review`: one's own queue of pairs to judge."
        ),
    ] = None,
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

    Pairs in review (`status=review`) come most valuable first: by the amount of one's own open opportunities at the account, then by its
    revenue, then by confidence; amounts are compared as they are written, whatever their currency.
    """
    if partner_population is not None and status in _WITHHELD:
        raise InvalidParameterError(
            "partner_population: a pair in review or rejected tells nothing of the partner's account; leave the filter out."
        )
    place = (
        ("deals", "revenue", "confidence", "id") if status is OverlapStatus.REVIEW else ("confidence", "id")
    )
    view = await view_of(session, partnership)
    check_level(level, view)
    if level is not Level.SAME_COMPANY and status is not None:
        raise InvalidParameterError(
            "level: nobody decides on pairs of one owner; leave `status` out, or the level."
        )
    wanted = reading.Page(
        status=status, level=level, own_bits=_own_bits(population, view), partner_bits=_partner_bits(partner_population, view),
        assignee=_assignee(assignee, session.actor), after=_after(paging, place), limit=paging.limit + 1,
    )  # fmt: skip
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
    "/{overlap_id}", operation_id="get_overlap", response_model=OverlapOut, responses=responses(404),
    dependencies=[Depends(reads(Scope.OVERLAPS_READ), scope="function")],
)  # fmt: skip
async def get_overlap(session: Reading, overlap_id: UUID, partnership: PartnershipId) -> Response:
    """One overlap, explained term by term."""
    view = await view_of(session, partnership)
    rows = await reading.page(session, view, reading.Page(overlap_id=overlap_id, level=view.level, limit=1))
    if not rows:
        raise UnknownOverlapError
    return answer((await told_words(session, view, rows)).overlap(rows[0]))
