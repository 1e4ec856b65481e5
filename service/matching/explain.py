"""Why a pair has its score, term by term, from the stored numbers alone: no name or domain is needed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from service.matching.kinds import Attribute, KeyKind, Level
from service.matching.shared import SHARED
from service.matching.weights import (
    AGREES,
    ALONE,
    DIFFERS,
    EVERY_GROUP,
    IDENTIFIERS,
    JOINS,
    LEADS,
    MET,
    NAMES,
    PRIOR,
    UNKNOWN,
    Weights,
    owner_weights,
    shipped_weights,
)

_KEYS = {
    KeyKind.REGISTRY_ID: "Both carry the same registry number.",
    KeyKind.DOMAIN: "Both have the same web domain.",
    KeyKind.LINKEDIN: "Both have the same LinkedIn company page.",
    KeyKind.NAME: "Both have the same name once legal forms are taken off.",
    KeyKind.NAME_WEAK: "Both have the same name, but it is short or borne by many companies.",
    KeyKind.NAME_HEAD: "Their names begin with the same telling words.",
}
_FACTS = {
    Attribute.DOMAIN: "web domains",
    Attribute.SPACED_NAME: "spellings of the name",
    Attribute.REGISTRY_ID: "registry numbers",
    Attribute.COUNTRY: "countries",
    Attribute.CITY: "cities",
    Attribute.SECTOR: "sectors",
    Attribute.SIZE: "sizes",
}
_OWNERS = {
    Level.SAME_PARENT: (
        "The parent company of one account, and the other account or its parent,",
        "one parent company",
    ),
    Level.SAME_ULTIMATE_PARENT: (
        "The highest company above one account, and the other account or a company above it,",
        "one ultimate parent",
    ),
}
_OUTCOMES = {
    AGREES: "The {} agree.",
    DIFFERS: "The {} differ.",
    UNKNOWN: "The {} can't be compared: at least one side doesn't say.",
    MET: "The {} are counted with the key that met.",
}
_SHARED_ALONE = (
    "Both have the same web domain, but so do other accounts of a list, and the names don't agree."
)
_SHARED_BESIDE = (
    "The web domains agree, but other accounts of a list have this one too: it doesn't identify a company."
)


@dataclass(frozen=True)
class Term:
    """One summand of a pair's weight: `bits` of log odds and the sentence that says why."""

    term: str
    outcome: str
    bits: float
    sentence: str


def explain(
    met: Collection[KeyKind], agreement: Mapping[Attribute, int], *, weights: Weights | None = None
) -> list[Term]:
    """The terms of a pair that met by the kinds `met`, with 1 (agrees), -1 (differs) or 0 (unknown) per attribute, `SHARED` for a
    domain that other accounts of a list bear too.

    Their bits sum to the weight that `score` gives, the first term being the prior. Raises `ValueError` if nothing met.
    """
    if not met:
        raise ValueError(
            "A pair without a key that met has no score to explain; pass the kinds stored with the overlap."
        )
    table, shared = weights or shipped_weights(), _is_shared(met, agreement)
    counted = [kind for kind in met if not (shared and kind is KeyKind.DOMAIN)]
    group = _group(counted, agreement)
    prior = Term(PRIOR, "", table.prior, "Before looking, two accounts are rarely the same company.")
    keys = _keys(counted, table) if counted else [_shared_alone(table)]
    facts = [_fact(attribute, _said(attribute, met, agreement), group, table) for attribute in Attribute]
    if shared and counted:
        at = list(Attribute).index(Attribute.DOMAIN)
        facts[at] = replace(facts[at], sentence=_SHARED_BESIDE)
    return [prior, *keys, *facts]


def _is_shared(met: Collection[KeyKind], agreement: Mapping[Attribute, int]) -> bool:
    return KeyKind.DOMAIN in met and agreement.get(Attribute.DOMAIN) == SHARED


def _shared_alone(table: Weights) -> Term:
    return Term(KeyKind.DOMAIN, ALONE, table.of(EVERY_GROUP, KeyKind.DOMAIN, ALONE), _SHARED_ALONE)


def explain_related(met: Collection[KeyKind], level: Level, *, weights: Weights | None = None) -> list[Term]:
    """The terms of a pair at a level above `same_company`: the keys of owners that met, and nothing beside them."""
    table, (whose, family) = weights or owner_weights(), _OWNERS[level]
    prior = Term(PRIOR, "", table.prior, f"Before looking, two accounts rarely belong to {family}.")
    return [
        prior,
        *(replace(term, sentence=term.sentence.replace("Both", whose, 1)) for term in _keys(met, table)),
    ]


def _keys(met: Collection[KeyKind], table: Weights) -> list[Term]:
    """Terms of the kinds that count: identifiers all, of the names only the strongest."""
    names = [kind for kind in NAMES if kind in met][:1]
    counted = [kind for kind in IDENTIFIERS if kind in met] + names
    outcomes = [LEADS] + [JOINS] * (len(counted) - 1)
    return [
        Term(kind, outcome, table.of(EVERY_GROUP, kind, outcome), _KEYS[kind])
        for kind, outcome in zip(counted, outcomes, strict=True)
    ]


def _group(counted: Collection[KeyKind], agreement: Mapping[Attribute, int]) -> str:
    if not counted or any(kind in counted for kind in IDENTIFIERS):
        return "identifier"
    leading = next(kind for kind in NAMES if kind in counted)
    return f"{leading}_rivals" if agreement.get(Attribute.DOMAIN, 0) < 0 else str(leading)


def _said(attribute: Attribute, met: Collection[KeyKind], agreement: Mapping[Attribute, int]) -> str:
    beside = _is_shared(met, agreement) and len(met) > 1
    silent = {
        Attribute.DOMAIN: KeyKind.DOMAIN in met and not beside,
        Attribute.REGISTRY_ID: KeyKind.REGISTRY_ID in met,
        Attribute.SPACED_NAME: any(kind in met for kind in NAMES),
    }
    value = agreement.get(attribute, 0)
    if silent.get(attribute):
        return MET
    return AGREES if value > 0 else DIFFERS if value < 0 else UNKNOWN


def _fact(attribute: Attribute, outcome: str, group: str, table: Weights) -> Term:
    return Term(
        attribute, outcome, table.of(group, attribute, outcome), _OUTCOMES[outcome].format(_FACTS[attribute])
    )
