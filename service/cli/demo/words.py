"""How numbers, rules and reasons are said to people, on the terminal and on the page alike."""

import json
from collections.abc import Iterable, Mapping, Sequence
from html import unescape

from commonground_client.models import Overlap, Rule, SharingLevel, Term

from service.events.rules import Message
from service.matching.kinds import Attribute, KeyKind
from service.matching.score import AUTO_FROM
from service.matching.weights import ALONE, LEADS, NAMES, PRIOR

KINDS: Mapping[KeyKind, str] = {
    KeyKind.REGISTRY_ID: "registry number",
    KeyKind.DOMAIN: "web domain",
    KeyKind.LINKEDIN: "LinkedIn page",
    KeyKind.NAME: "name",
    KeyKind.NAME_WEAK: "short name",
    KeyKind.NAME_HEAD: "start of the name",
}
ATTRIBUTES: Mapping[str, str] = {
    Attribute.DOMAIN: "web domain",
    Attribute.SPACED_NAME: "spelling",
    Attribute.REGISTRY_ID: "registry number",
    Attribute.COUNTRY: "country",
    Attribute.CITY: "city",
    Attribute.SECTOR: "sector",
    Attribute.SIZE: "size",
}
LEVELS: Mapping[SharingLevel, str] = {
    SharingLevel.HIDDEN: "takes no part and is never compared",
    SharingLevel.MATCHED: "takes part and shows nothing",
    SharingLevel.COUNTS_ONLY: "shows rounded numbers and no company",
    SharingLevel.OVERLAPPING: "shows the companies in common",
    SharingLevel.ALL: "shows every account",
}
PLAYS: Mapping[tuple[str, str], str] = {
    ("customers", "customers"): "Grow together",
    ("customers", "open_opportunities"): "Help them win",
    ("customers", "prospects"): "Open a door",
    ("open_opportunities", "customers"): "Ask for an introduction",
    ("open_opportunities", "open_opportunities"): "Sell together",
    ("open_opportunities", "prospects"): "Bring them in",
    ("prospects", "customers"): "Learn who decides",
    ("prospects", "open_opportunities"): "Follow their deal",
    ("prospects", "prospects"): "Market together",
}
"""What one does with a company that is in one's own population and in the partner's."""

NEARLY_SURE = 0.999


def percent(confidence: float) -> str:
    """Cut, never rounded up: below the threshold must not look like it."""
    return "> 99.9 %" if confidence > NEARLY_SURE else f"{int(confidence * 1000) / 10:.1f} %"


def threshold() -> str:
    return f"{AUTO_FROM:.0%}".replace("%", " %")


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {last} ".join(", ".join(words).rsplit(", ", 1)) if len(words) > 1 else "".join(words)


def how_met(rules: Iterable[str]) -> list[str]:
    """The kinds of key that met, of the names only the strongest, which implies the others."""
    met = set(map(str, rules))
    names = [kind for kind in NAMES if kind in met]
    return [KINDS[kind] for kind in KeyKind if kind in met and kind not in names[1:]]


def reasons(overlap: Overlap) -> list[Term]:
    """The terms that weigh something beside the prior, strongest first."""
    telling = [term for term in overlap.explanation if term.bits and term.term != PRIOR]
    return sorted(telling, key=lambda term: -abs(term.bits))


def in_short(overlap: Overlap, count: int = 3) -> str:
    """The strongest terms with their bits: `web domain +14.6, name +3.0, country −2.5`."""
    return ", ".join(f"{_label(term.term)} {signed(term.bits)}" for term in reasons(overlap)[:count])


def _label(term: str) -> str:
    return KINDS[KeyKind(term)] if term in set(KeyKind) else ATTRIBUTES[term]


def signed(bits: float) -> str:
    return f"{bits:+.1f}".replace("-", "−")  # a minus sign, not a hyphen


def tidy(name: str | None) -> str:
    """A name as people read it: HTML entities that a list carries decoded, spaces one."""
    return " ".join(unescape(name or "").split())


def why_review(overlap: Overlap) -> str:
    """What met, what speaks against it, else what is missing to be sure."""
    met = next(term.sentence for term in overlap.explanation if term.outcome in {ALONE, LEADS})
    against = [ATTRIBUTES[term.term] for term in reasons(overlap) if term.bits < 0]
    if against:
        return f"{met} Against it: {listed(against)}."
    missing = [
        ATTRIBUTES[a]
        for a in (Attribute.DOMAIN, Attribute.REGISTRY_ID)
        if overlap.evidence.get(a) == "unknown"
    ]
    return (
        f"{met} Not known on both sides: {listed(missing)}." if missing else f"{met} Too little else agrees."
    )


def agreeing(overlap: Overlap, said: str) -> list[str]:
    """Attributes of which the evidence says `agrees` or `differs`."""
    return [ATTRIBUTES[name] for name, value in overlap.evidence.items() if value == said]


def shows(rule: Rule) -> bool:
    return rule.level in {SharingLevel.OVERLAPPING, SharingLevel.ALL}


def kept_back(rules: Iterable[Rule]) -> list[str]:
    """Populations of which the partner is told nothing."""
    return [rule.population_name.lower() for rule in rules if not shows(rule)]


def names_of(rules: Iterable[Rule]) -> dict[str, str]:
    """Slug → the name that people read."""
    return {rule.population: rule.population_name for rule in rules}


def named(slugs: Iterable[str], names: Mapping[str, str]) -> list[str]:
    return [names.get(slug, slug) for slug in slugs]


def excerpt(message: Message, count: int) -> str:
    """The body of a webhook message with its first `count` overlaps alone, and how many were left out."""
    body = message.body()
    body["data"] = body["data"] | {"overlaps": body["data"]["overlaps"][:count]}
    more = message.size - count
    return json.dumps(body, indent=2) + (
        f"\n(and {more} more overlaps in the same message)" if more > 0 else ""
    )
