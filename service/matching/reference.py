"""The normaliser for one record in plain Python: slow, simple, on another path than the columns, and what tests compare them with.

Names are taken apart word by word instead of by one regular expression, domains are looked up in `publicsuffixlist` itself.
The tables and the readers of single values (registry numbers, head counts, spellings of countries) are shared.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from publicsuffixlist import PublicSuffixList

from service.matching import tables
from service.matching.domains import SITE_KINDS, address_of
from service.matching.facts import LARGEST_BAND, SIZE_BANDS, head_count
from service.matching.heads import LONGEST_RUN, SHORTEST_HEAD
from service.matching.kinds import KeyKind
from service.matching.names import (
    ANDS,
    BRACKETED_FORMS,
    BRACKETS_AT_END,
    TAGS,
    TAILS,
    TAPE_CURRENCIES,
    WEAK_IN_WORDS,
    decode,
    transliterate,
)
from service.matching.records import REGISTRY_FIELDS
from service.matching.registry import read_any, read_number
from service.matching.romanise import romanisations
from service.matching.spellings import other_spellings
from service.matching.text import APOSTROPHES, LETTERS, plain_key

Record = Mapping[str, str | None]
_TAPE = re.compile(rf" (?:{'|'.join(TAPE_CURRENCIES)})(?: ?[0-9]+)+")
_TAG = re.compile(
    rf"[(\[] *(?:{'|'.join(re.escape(tag) for tag in TAGS)})(?:[^a-z0-9()\[\]][^()\[\]]*)?[)\]]"
)


def normalise_record(record: Record) -> dict[str, object]:
    """What `normalise` gives for one account, by the same names."""
    spaced, bare = company_name(record.get("name") or "")
    name = squashed(bare)
    domain, reason = domain_of(record, name or "")
    head = head_of(bare)
    foreign = transliterate(spaced) if spaced and any(_is_foreign(c) for c in spaced) else None
    return {
        "domain": domain, "domain_reason": reason, "spaced_name": spaced, "name": name, "name_latin": foreign,
        "weak": is_weak(bare, name), "short": is_short(name),
        "weak_latin": is_weak(bare, foreign), "short_latin": is_short(foreign),
        "name_head": head, "head_latin": transliterate(head) if head and foreign else None,
        "registry": _registry(record),
        "country": tables.country_spellings().get(plain_key(record.get("country") or "")),
        "city": _city(record.get("city")), "size": _size(record.get("employees")),
    }  # fmt: skip


def record_keys(record: Record) -> set[tuple[KeyKind, str]]:
    """Every match key of one account by itself: what only a whole list can tell (crowded domains, shared heads) is not applied."""
    facts = normalise_record(record)
    keys = {(KeyKind.REGISTRY_ID, number.replace("|", "\x1f")) for number in _registry(record)}
    for kind, column in (
        (KeyKind.DOMAIN, "domain"),
        (KeyKind.NAME_HEAD, "name_head"),
        (KeyKind.NAME_HEAD, "head_latin"),
    ):
        keys |= {(kind, str(facts[column]))} if facts[column] else set()
    text = record.get("name") or ""
    for spelling in (text, *other_spellings(text)):
        keys |= _name_keys(spelling)
    return keys


def _name_keys(text: str) -> set[tuple[KeyKind, str]]:
    """The keys of one spelling of a name: in its script, transliterated, and in every way that it is romanised."""
    spaced, bare = company_name(text)
    names = {
        squashed(bare),
        transliterate(spaced) if spaced and any(_is_foreign(c) for c in spaced) else None,
    }
    names |= set(romanisations(spaced or ""))
    keys = {(KeyKind.NAME, name) for name in names if name and not is_weak(bare, name)}
    return keys | {
        (KeyKind.NAME_WEAK, name) for name in names if name and (is_weak(bare, name) or is_short(name))
    }


def company_name(text: str) -> tuple[str | None, str | None]:
    """The key with single spaces, and the same without a `.com` tail; both `None` where no letter is left."""
    marked = strip_forms(words(_without_tags(folded(decode(text)))))
    if not marked or marked in tables.placeholder_names():
        return None, None
    parts = marked.split(" ")
    bare = parts[:-1] if len(parts) > 1 and parts[-1].startswith("D") else parts
    return marked.replace("D", ""), " ".join(bare).replace("D", "")


def squashed(bare: str | None) -> str | None:
    return bare.replace(" ", "") if bare else None


def folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    for apostrophe in APOSTROPHES:
        text = text.replace(apostrophe, "'")
    text = text.replace("״", "").replace("\u2212", "-")
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower())
    text = "".join(LETTERS.get(c, c) for c in text if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFKC", text).lower()


def _kind(c: str) -> str:
    return unicodedata.category(c)[0]


def _has_word(text: str) -> bool:
    return any(_kind(c) in "LN" for c in text)


def _without_tags(text: str) -> str:
    if "(" not in text and "[" not in text:
        return text
    for form, words_ in BRACKETED_FORMS.items():
        text = text.replace(form, words_)
    for _ in range(BRACKETS_AT_END):
        text = _without_last_bracket(text)
    tagged = _TAG.sub(" ", text)
    return tagged if _has_word(tagged) else text


def _without_last_bracket(text: str) -> str:
    end = len(text)
    while end and text[end - 1] not in "()[]" and _kind(text[end - 1]) not in "LNM":
        end -= 1
    if not end or text[end - 1] not in ")]":
        return text
    start = max(text.rfind(bracket, 0, end - 1) for bracket in "()[]")
    if start < 0 or text[start] not in "([":
        return text
    kept = text[start + 1 : end - 1].strip() in tables.country_names() or not _has_word(text[:start])
    return text if kept else text[:start]


def words(text: str) -> str:
    text = text.replace("'", "")
    text = re.sub(r"([^\W_])\++(?![^\W_]|\+)", r"\1 plus ", text).replace("+", " and ").replace("&", " and ")
    text = re.sub(rf" (?:{'|'.join(ANDS)}) ", " and ", text)
    return " ".join("".join(c if _kind(c) in "LNM" else " " for c in _undotted(_marked_tails(text))).split())


@cache
def _tail() -> re.Pattern[str]:
    marks = "".join(c for c in map(chr, range(0x300, 0x20000)) if _kind(c) == "M")
    return re.compile(rf"([a-z0-9]{{2}})\.({'|'.join(TAILS)})(?:\.([a-z]{{2}}))?(?![^\W_]|[{marks}])")


def _marked_tails(text: str) -> str:
    return _tail().sub(lambda found: f"{found[1]} D{found[2]}{found[3] or ''}", text)


def _undotted(text: str) -> str:
    """Dots behind single letters off."""
    initial = [
        c == "." and i > 0 and _kind(text[i - 1]) == "L" and not (i > 1 and _joins(text[i - 2]))
        for i, c in enumerate(text)
    ]
    return "".join(c for c, drop in zip(text, initial, strict=True) if not drop)


def _joins(c: str) -> bool:
    return _kind(c) in "LM" or unicodedata.category(c) in {"Nd", "Nl", "Pc"}


def strip_forms(text: str) -> str:
    start = next((i for i in range(1, len(text)) if _is_chain(text, i)), len(text))
    text = text[:start]
    return text[_leading(text, 0) :]


def _is_chain(text: str, start: int) -> bool:
    """Whether nothing but forms stands from `start` to the end."""
    if start == len(text):
        return True
    ends = {
        start + 1 + len(form)
        for form in tables.legal_forms("end", spaceless=False)
        if text.startswith(f" {form}", start)
    }
    for form in tables.legal_forms("end", spaceless=True):
        ends |= {start + len(glued) for glued in (form, f" {form}") if text.startswith(glued, start)}
    if tape := _TAPE.match(text, start):
        ends.add(tape.end())
    return any(_is_chain(text, end) for end in ends)


def _leading(text: str, start: int) -> int:
    """Where the name begins behind the forms in front of it; never at its end."""
    forms = [f"{form} " for form in tables.legal_forms("start", spaceless=False)]
    forms += [glued for form in tables.legal_forms("start", spaceless=True) for glued in (f"{form} ", form)]
    for form in forms:
        if text.startswith(form, start) and start + len(form) < len(text):
            return _leading(text, start + len(form))
    return start


def is_short(name: str | None) -> bool:
    if not name:
        return False
    dense = any(
        unicodedata.name(c, "").startswith(("CJK", "HIRAGANA", "KATAKANA LETTER", "HANGUL")) for c in name
    )
    return len(name) <= (3 if dense else 8)


def is_weak(bare: str | None, name: str | None) -> bool:
    if not name or bare is None:
        return False
    few = len(name) <= WEAK_IN_WORDS
    return (is_short(name) and (" " not in bare or few)) or name in tables.common_names()


def _is_foreign(c: str) -> bool:
    return _kind(c) == "L" and not c.isascii() and not unicodedata.name(c, "").startswith("LATIN")


def head_of(bare: str | None) -> str | None:
    head, telling, two = "", 0, None
    for word in (bare or "").split()[:LONGEST_RUN]:
        head += word
        filler = re.fullmatch("[0-9]+|[a-z]", word)
        if word not in tables.frequent_words() and not filler:
            return head if len(head) >= SHORTEST_HEAD else None
        telling += word in tables.frequent_words(2)
        if telling == 2 and two is None:  # noqa: PLR2004 - the second word that says something
            two = head
    return two if two and len(two) >= SHORTEST_HEAD else None


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


def domain_of(record: Record, name: str) -> tuple[str | None, str | None]:
    website, email = (record.get("website") or "").strip(), record.get("email") or ""
    site, why = _judged(website, name, is_site=True)
    if site:
        return site, None
    mail, mail_why = _judged(email.rsplit("@", 1)[1] if "@" in email else "", name, is_site=False)
    return (mail, None) if mail else (None, why or mail_why)


def _judged(text: str, name: str, *, is_site: bool) -> tuple[str | None, str | None]:
    if not text.strip():
        return None, None
    address = address_of(text)
    host, _, path = (address or "").partition("/")
    domain = _suffixes().privatesuffix(host) if host else None
    if domain is None:
        return None, "invalid"
    kind = tables.generic_hosts().get(domain)
    if is_site:
        kind = _shared_site(kind, host.removeprefix("www."), domain, name, has_path=bool(path))
    return (domain, None) if kind is None else (None, "free_mail" if kind == "free_mail" else "shared_host")


def _shared_site(kind: str | None, host: str, domain: str, name: str, *, has_path: bool) -> str | None:
    if kind is None:
        return tables.generic_hosts().get(host)
    bears = name.startswith(domain.split(".", maxsplit=1)[0].replace("-", ""))
    makers = host == domain and not has_path and kind not in SITE_KINDS
    return None if bears or makers else kind


def _registry(record: Record) -> list[str]:
    found: set[str] = set()
    for field in REGISTRY_FIELDS:
        text = record.get(field) or ""
        found |= set(read_any(text) if field == "registry_id" else read_number(field, text))
    return sorted(found)


def _city(text: str | None) -> str | None:
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text or "").casefold())
    letters = "".join({"ø": "o", "ł": "l"}.get(c, c) for c in apart if not "\u0300" <= c <= "\u036f")
    folded_city = unicodedata.normalize("NFKC", letters)
    city = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", folded_city.partition(",")[0]).strip(" ")
    city = tables.city_spellings().get(city, city)
    return None if city in tables.country_names() else city or None


def _size(text: str | None) -> str | None:
    number = head_count(text or "")
    if number is None or number < 1:
        return None
    return next((name for upper, name in SIZE_BANDS if number <= upper), LARGEST_BAND)
