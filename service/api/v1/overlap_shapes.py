"""An overlap as the API shows it: its shape, and rows put into words."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal
from uuid import UUID

import msgspec
from pydantic import BaseModel, Field

from service.db.sessions import TenantReadSession
from service.kit.actors import ActorKind
from service.matching.explain import explain, explain_related
from service.matching.kinds import KeyKind, Level
from service.matching.shared import SHARED
from service.organizations.actors import actor_names
from service.overlaps.decision_models import Word
from service.overlaps.models import OverlapStatus
from service.overlaps.rules import evidence_of, kinds_of
from service.overlaps.view import View
from service.partnerships.rules import fields_shown


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
WITHHELD = (OverlapStatus.REVIEW, OverlapStatus.REJECTED)
_SAID = {1: "agrees", -1: "differs", 0: "unknown", SHARED: "agrees"}
_encoder = msgspec.json.Encoder()


@cache
def _reasons(kinds: int, evidence: int, held: str) -> dict[str, msgspec.Raw]:
    """What a row says of its kinds and evidence, as JSON: there are few different ones, and each is long."""
    met, agreement, level = kinds_of(kinds), evidence_of(evidence), Level(held)
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
        withheld = partner_fields is None or (status in WITHHELD and not offered)
        partner = None if withheld else {
            "fields": self.fields(partner_bits).decode(partner_fields), "populations": self.partner(partner_bits),
        }  # fmt: skip
        return {
            "id": overlap_id, "status": status, "confidence": confidence, **_reasons(kinds, evidence, level), "normaliser": self.normaliser,
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
