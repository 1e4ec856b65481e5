"""An overlap as the API shows it: its shape, and rows put into words."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
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
WITHHELD = (OverlapStatus.REVIEW, OverlapStatus.REJECTED)
_SAID = {1: "agrees", -1: "differs", 0: "unknown", SHARED: "agrees"}
_encoder = msgspec.json.Encoder()


@cache
def _reasons(
    kinds: int, evidence: int, held: str
) -> tuple[msgspec.Raw, msgspec.Raw, msgspec.Raw, msgspec.Raw]:
    """Level, rules, evidence and explanation, as JSON: there are few different ones, and each is long."""
    met, agreement, level = kinds_of(kinds), evidence_of(evidence), Level(held)
    if level is not Level.SAME_COMPANY:
        terms = explain_related(met, level)
    else:
        terms = explain(met, agreement) if met else []
    compared = {a.value: _SAID[value] for a, value in agreement.items()}
    return _raw(level), _raw(met), _raw(compared), _raw([vars(term) for term in terms])


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(_encoder.encode(value))


@cache
def _fields(shown: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    """Reads of a record's stored fields those that a rule shows, and passes over the others; null values are left out again."""
    members: list[tuple[str, Any, None]] = [(name, str | None, None) for name in shown]
    return msgspec.json.Decoder(msgspec.defstruct("Shown", members, omit_defaults=True, gc=False))


class _Told(msgspec.Struct, gc=False):
    """An `OverlapOut` on its way out: its members in that order, which are made and encoded faster than those of a dict."""

    id: UUID
    status: str
    confidence: float
    level: msgspec.Raw
    rules: msgspec.Raw
    evidence: msgspec.Raw
    explanation: msgspec.Raw
    normaliser: str
    account: "_Own"
    partner_account: "_Partner | None"
    decisions: Sequence[Mapping[str, Any]]
    assignee_id: UUID | None
    found_at: datetime
    updated_at: datetime
    met_until: datetime | None


class _Own(msgspec.Struct, gc=False):
    """An `OwnAccount`."""

    id: UUID
    external_id: str | None
    name: str | None
    domain: str | None
    country: str | None
    owner: str | None
    populations: Sequence[str]


class _Partner(msgspec.Struct, gc=False):
    """A `PartnerAccount`."""

    fields: Any
    populations: Sequence[str]


class _Bits:
    """Population bits as words and shown fields, each combination looked up once a view."""

    def __init__(self, view: View) -> None:
        kept = lru_cache(maxsize=1024)
        self.own = kept(lambda bits: tuple(p.slug for p in view.populations if bits >> p.bit & 1))
        self.partner = kept(lambda bits: tuple(r.population for r in view.partner_rules if bits >> r.bit & 1))
        self.fields = kept(lambda bits: _fields(fields_shown(view.partner_rules, bits)))


_bits = lru_cache(maxsize=256)(_Bits)
"""A view that says the same is the same one (`view.py`)."""


class Words:
    """A row's population bits and shown fields as words. `names` are those of one's own people and keys."""

    def __init__(self, view: View, names: Mapping[UUID, str] | None = None) -> None:
        self.names = names or {}
        self.normaliser = view.normaliser
        bits = _bits(view)
        self.own, self.partner, self.fields = bits.own, bits.partner, bits.fields

    def overlap(self, row: Iterable[Any]) -> _Told:
        """What encodes as an `OverlapOut`, of a row in the order of `reading.page`."""
        (
            overlap_id, status, confidence, kinds, evidence, found_at, updated_at, unmet_since,
            account_id, external_id, name, domain, country, owner, populations, partner_fields, partner_bits, assignee_id, level,
            own_word, own_word_at, kind, actor, partner_word, partner_word_at, *_,
        ) = row  # fmt: skip
        partner = None
        if partner_fields is not None and (
            status not in WITHHELD or (status == OverlapStatus.REVIEW and partner_word == Word.OFFER)
        ):
            partner = _Partner(self.fields(partner_bits).decode(partner_fields), self.partner(partner_bits))
        said: Sequence[Mapping[str, Any]] = ()
        if own_word is not None or partner_word is not None:
            said = self._decisions((own_word, own_word_at, kind, actor, partner_word, partner_word_at))
        return _Told(
            overlap_id, status, confidence, *_reasons(kinds, evidence, level), self.normaliser,
            _Own(account_id, external_id, name, domain, country, owner, self.own(populations)),
            partner, said, assignee_id, found_at, updated_at, unmet_since,
        )  # fmt: skip

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
