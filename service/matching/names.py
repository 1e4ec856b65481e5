"""The company name key, column-wise.

Every step is one expression over the column, or over the few rows that need it. Between the steps upper-case ASCII is free
(all text is in lower case by then), so `D` marks the word that was a `.com` at the end of a name until the very end.
"""

import html
import re
from functools import cache
from typing import NamedTuple

import polars as pl
from anyascii import anyascii

from service.matching import tables
from service.matching.columns import is_not_ascii, map_distinct, on_rows
from service.matching.text import fold

TAILS = (
    "com",
    "net",
    "org",
    "co",
    "io",
    "app",
    "dev",
    "to",
    "so",
    "me",
    "tv",
    "eu",
    "us",
    "de",
    "biz",
    "info",
)
"""Endings that a company adds to its name or not. `.ai` is none: "Relvy AI" and "relvy.ai" are one spelling."""

TAPE_CURRENCIES = ("eo", "dl", "ls", "sf", "sk", "nk", "dk", "yn", "hd")
"""Currency before a share's nominal value on German exchange lists: "SAP SE EO 1,50"."""

TAGS = (
    "a/k/a", "acq", "acquired", "aka", "asx", "closed", "d/b/a", "dba", "defunct", "do not use", "dup", "duplicate", "ex",
    "f/k/a", "fka", "former", "formerly", "headquarters", "hq", "inactive", "lse", "member", "nasdaq", "new", "nyse",
    "observer", "old", "otc", "parent", "prev", "previously", "publ", "sponsor", "supporter", "test", "the", "tsx", "yc",
)  # fmt: skip
"""What lists write in parentheses behind a name, in the middle of it too."""

ANDS = ("und", "et", "och", "og")
"""What stands for `&` in other languages, and nothing else there."""

BRACKETED_FORMS = {
    "(株)": " 株式会社 ",
    "(有)": " 有限会社 ",
    "(同)": " 合同会社 ",
    "(주)": " 주식회사 ",
    "(유)": " 유한회사 ",
}
_LAST_BRACKET = r"[(\[]([^()\[\]]*)[)\]][^\p{L}\p{N}\p{M}()\[\]]*$"
_SPACELESS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"
WEAK_LETTERS, WEAK_SPACELESS, WEAK_IN_WORDS = 8, 3, 5
_ENTITY = re.compile(r"&#?[0-9a-zA-Z]{1,31};")
BRACKETS_AT_END = 3


class NameKeys(NamedTuple):
    """`spaced` with single spaces, `bare` without a `.com` tail, `name` without spaces either; null where no letter is left."""

    spaced: pl.Series
    bare: pl.Series
    name: pl.Series


def name_keys(names: pl.Series) -> NameKeys:
    """The company name key of each name, in the same order."""
    marked = strip_forms(_words(_spelling(names)))
    marked = marked.set(marked.is_in(list(tables.placeholder_names())).fill_null(value=False), None)
    has_tail = marked.str.contains("D", literal=True)
    spaced = on_rows(marked, has_tail, lambda column: column.str.replace_all("D", "", literal=True))
    bare = on_rows(marked, has_tail, _without_tail)
    return NameKeys(spaced.alias("spaced_name"), bare, squash(bare).alias("name"))


def squash(spaced: pl.Series) -> pl.Series:
    return spaced.str.replace_all(" ", "", literal=True)


def short(name: pl.Series) -> pl.Series:
    """Whether a name without spaces has at most 8 letters (3 in scripts that write whole words in one letter)."""
    letters = name.str.len_chars()
    few = (letters <= WEAK_LETTERS).fill_null(value=False)
    candidates = few & is_not_ascii(name).fill_null(value=False) & (letters > WEAK_SPACELESS)
    return on_rows(few, candidates, lambda _: ~name.filter(candidates).str.contains(_SPACELESS))


def weak(bare: pl.Series, name: pl.Series) -> pl.Series:
    """Whether `name` alone says little: one short word, a few letters in whatever words, or a common name; false where there is none."""
    one_word = ~bare.str.contains(" ", literal=True) | (name.str.len_chars() <= WEAK_IN_WORDS)
    common = name.is_in(list(tables.common_names()))
    return ((short(name) & one_word) | common).fill_null(value=False).alias("weak")


def latin(spaced: pl.Series) -> pl.Series:
    """A transliteration (anyascii) of names with letters of another script, without spaces; null for the others."""
    foreign = is_not_ascii(spaced).fill_null(value=False)
    rows = spaced.filter(foreign)
    rows = rows.set(~rows.str.contains(r"[\p{L}--\p{Latin}]"), None)
    empty = pl.Series(spaced.name, [None] * len(spaced), dtype=pl.String)
    return on_rows(empty, foreign, lambda _: map_distinct(rows, transliterate))


def transliterate(text: str) -> str | None:
    return re.sub("[^0-9a-z]", "", anyascii(text).lower()) or None


def _without_tail(marked: pl.Series) -> pl.Series:
    return marked.str.replace(" D[a-z]+$", "").str.replace_all("D", "", literal=True)


def _spelling(names: pl.Series) -> pl.Series:
    """Entities decoded, lower case, one form of every letter, list tags off."""
    text = on_rows(
        names, names.str.contains(r"&#?[0-9a-zA-Z]{1,31};"), lambda rows: map_distinct(rows, decode)
    )
    text = on_rows(
        text.str.to_lowercase(), is_not_ascii(text), lambda _: fold(text.filter(is_not_ascii(text)))
    )
    return on_rows(text, text.str.contains(r"[(\[]"), _without_tags)


def decode(text: str) -> str:
    """HTML entities decoded until none is left: lists that went through two exports are encoded twice."""
    while _ENTITY.search(text) and (decoded := html.unescape(text)) != text:
        text = decoded
    return text


def _without_tags(rows: pl.Series) -> pl.Series:
    """Parentheses off: tags anywhere, anything at the end of a name but a country's name, which tells subsidiaries apart."""
    rows = rows.str.replace_many(list(BRACKETED_FORMS), list(BRACKETED_FORMS.values()))
    tags = "|".join(re.escape(tag) for tag in TAGS)
    for _ in range(BRACKETS_AT_END):
        rows = on_rows(rows, _ends_in_tag(rows), lambda found: found.str.replace(_LAST_BRACKET, ""))
    tagged = rows.str.replace_all(rf"[(\[] *(?:{tags})(?:[^a-z0-9()\[\]][^()\[\]]*)?[)\]]", " ")
    return tagged.zip_with(tagged.str.contains(r"[\p{L}\p{N}]"), rows)


def _ends_in_tag(rows: pl.Series) -> pl.Series:
    content = rows.str.extract(_LAST_BRACKET, 1).str.strip_chars()
    left = rows.str.replace(_LAST_BRACKET, "").str.contains(r"[\p{L}\p{N}]")
    return content.is_not_null() & ~content.is_in(list(tables.country_names())) & left


def _words(text: pl.Series) -> pl.Series:
    """Only words and single spaces; null where nothing is left."""
    text = text.str.replace_all("'", "", literal=True)
    text = on_rows(text, text.str.contains("+", literal=True), _pluses)
    text = text.str.replace_all("&", " and ", literal=True)
    text = on_rows(text, _contains_any(text, [f" {word} " for word in ANDS]), _ands)
    text = on_rows(text, text.str.contains(".", literal=True), _dots)
    text = text.str.replace_all(r"[^\p{L}\p{N}\p{M}]+", " ").str.strip_chars(" ")
    return text.set(text == "", None)


def _contains_any(text: pl.Series, words: list[str]) -> pl.Series:
    return text.to_frame().select(pl.first().str.contains_any(words)).to_series()


def _ands(rows: pl.Series) -> pl.Series:
    return rows.str.replace_all(rf" (?:{'|'.join(ANDS)}) ", " and ")


def _pluses(rows: pl.Series) -> pl.Series:
    """A plus glued to the end of a word is read out ("Disney+"), any other joins two words as `&` does."""
    return (
        rows.str.replace_all(r"([\p{L}\p{N}])\++([^\p{L}\p{N}+]|$)", "$1 plus $2")
        .str.replace_all("+", " and ", literal=True)
    )  # fmt: skip


def _dots(rows: pl.Series) -> pl.Series:
    """`.com` at a word's end marked, dots of initials dropped: "S.p.A." is one word; other dots part words."""
    tail = rf"([a-z0-9]{{2}})\.({'|'.join(TAILS)})(?:\.([a-z]{{2}}))?([^\p{{L}}\p{{N}}\p{{M}}]|$)"
    return rows.str.replace_all(tail, "$1 D$2$3$4").str.replace_all(r"\b(\p{L})\.", "$1")


def strip_forms(words: pl.Series) -> pl.Series:
    """Legal forms, share classes and "the" off at both ends, never to nothing."""
    ascii_rows = words.str.replace(_trailing(), "").str.replace(_leading(), "$1")
    return on_rows(
        ascii_rows, is_not_ascii(words), lambda _: _strip_any_script(words.filter(is_not_ascii(words)))
    )


def _strip_any_script(rows: pl.Series) -> pl.Series:
    glued_end, glued_start = _glued("end"), _glued("start")
    end = rf"^(.+?)(?: (?:{_forms('end')})| ?(?:{glued_end}))+$"
    start = rf"^(?:(?:{_forms('start')}) |(?:{glued_start}) ?)+(.+)$"
    return rows.str.replace(end, "$1").str.replace(start, "$1")


@cache
def _trailing() -> str:
    return rf"(?: (?:{_forms('end')}))+$"


@cache
def _leading() -> str:
    return rf"^(?:(?:{_forms('start')}) )+(.+)$"


@cache
def _forms(place: str) -> str:
    tape = rf"|(?:{'|'.join(TAPE_CURRENCIES)})(?: ?[0-9]+)+" if place == "end" else ""
    return "|".join(re.escape(form) for form in tables.legal_forms(place, spaceless=False)) + tape


@cache
def _glued(place: str) -> str:
    return "|".join(re.escape(form) for form in tables.legal_forms(place, spaceless=True))
