"""Other spellings of one company name: former names, the halves of a name in two scripts, ä as ae, ways to write it in Latin.

Each is one more name key of the account. Plain Python on the rows that can have one, which few lists are full of.
"""

import re
import unicodedata
from collections.abc import Callable
from itertools import groupby
from typing import Final

import polars as pl

from service.matching.columns import is_not_ascii, map_distinct, on_rows
from service.matching.romanise import romanisations

MOST_SPELLINGS: Final = 8
"""Of one name: each is one more thing that a partner can test."""

_FORMERLY = (
    r"formerly known as|formerly|previously known as|previously|also known as|doing business as|trading as|"
    r"f/k/a|fka|a/k/a|aka|d/b/a|dba|t/a|prev\.?|née|ehemals|vormals|anciennement|antes|voorheen"
)
_IN_BRACKETS = re.compile(
    rf"^([^()\[\]]{{1,200}})[(\[]\s{{0,4}}(?:{_FORMERLY}|former|ex|now|jetzt)[\s:,-]{{1,4}}([^()\[\]]{{1,200}})[)\]]\s{{0,4}}([^()\[\]]{{0,200}})$",
    re.IGNORECASE,
)
_BARE = re.compile(rf"[\s,;-]{{1,4}}(?:{_FORMERLY})[\s:]{{1,4}}(?=\S)", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,;/]")
_HINTS: Final = ("formerly", "previously", "also known as", "doing business as", "trading as", "née ", "ehemals", "vormals",
                 "anciennement", " antes ", "voorheen", "(now ", "(jetzt ", "[now ", "f/k/a", "a/k/a", "d/b/a", "t/a ",
                 " fka", " aka", " dba", " prev", "(fka", "(aka", "(dba", "(prev", "[fka", "[aka", "[dba", "[prev", "(ex", "[ex",
                 "(former", "[former")  # fmt: skip
"""Of which a plain name that has another spelling holds one at the least."""
LONGEST: Final = 300
"""Letters of a name that are looked at: no company's is longer, and nothing is read that somebody made to be slow."""
_EXPANDED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "Ø": "Oe", "Å": "Aa"}
)  # fmt: skip
_APART = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "ARABIC", "HEBREW", "THAI")
"""Scripts beside which a Latin name is the same name again; in Cyrillic or Greek ones a Latin word is a part of the name."""
_SHORTEST_PART = 2
_FAR = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Arabic}\p{Hebrew}\p{Thai}]"
_TWO_SCRIPTS = rf"{_FAR}.*\p{{Latin}}|\p{{Latin}}.*{_FAR}"
_EXPANDABLE = "[" + "".join(map(chr, _EXPANDED)) + "]"


def other_spellings(text: str) -> list[str]:
    """Further full names that `text` gives, as one would write them; none that is `text` itself."""
    text = " ".join(unicodedata.normalize("NFKC", text[:LONGEST])[:LONGEST].split())
    found = [*_former(text), *_parts(text)]
    found += [name.translate(_EXPANDED) for name in (text, *found)]
    return [name for name in dict.fromkeys(found) if name and name != text][:MOST_SPELLINGS]


def _former(text: str) -> list[str]:
    if inside := _IN_BRACKETS.match(text):
        return [f"{inside[1]} {inside[3]}".strip(), *_listed_names(inside[2])]
    if (behind := _BARE.search(text)) and behind.start():
        return [text[: behind.start()].strip(" ,;-("), *_listed_names(text[behind.end() :])]
    return []


def _listed_names(text: str) -> list[str]:
    return [part.strip(" )") for part in _SEPARATORS.split(text)]


def _parts(text: str) -> list[str]:
    """The Latin words and the others of a name that says itself in two scripts."""
    words = [(word, _script(word)) for word in re.split(r"[\s/|()\[\]·•]+", text) if word]
    if not {script for _, script in words} & set(_APART):
        return []
    runs = [
        (latin, " ".join(word for word, _ in run))
        for latin, run in groupby(words, lambda one: one[1] in {"LATIN", ""})
    ]
    named = {latin: " ".join(run for is_latin, run in runs if is_latin == latin) for latin in (True, False)}
    enough = sum(c.isalpha() for c in named[True]) > _SHORTEST_PART and len(named[False]) >= _SHORTEST_PART
    return [named[True], named[False]] if enough else []


def _script(word: str) -> str:
    """The script of a word's first letter that isn't Latin, else `LATIN`; nothing where there is no letter."""
    scripts = [unicodedata.name(c, "").split(" ")[0].split("-")[0] for c in word if c.isalpha()]
    return next((s for s in scripts if s != "LATIN"), "LATIN" if scripts else "")


def spelled_otherwise(names: pl.Series) -> pl.DataFrame:
    """`at` (UInt32, row) and `name` of each further spelling of `names`."""
    names = names.str.slice(0, LONGEST)
    frame, foreign = names.to_frame(), is_not_ascii(names)
    hinted = frame.select(pl.first().str.contains_any(list(_HINTS), ascii_case_insensitive=True)).to_series()
    rare = hinted | on_rows(foreign, foreign, lambda _: names.filter(foreign).str.contains(_TWO_SCRIPTS))
    composed = on_rows(names, foreign, lambda rows: rows.str.normalize("NFKC"))
    spelled = on_rows(foreign, foreign, lambda _: composed.filter(foreign).str.contains(_EXPANDABLE))
    from_letters, into = [chr(letter) for letter in _EXPANDED], list(_EXPANDED.values())
    letters = _at(composed, spelled & ~rare.fill_null(value=False)).with_columns(
        pl.col("name").str.replace_many(from_letters, into)
    )
    return pl.concat([_listed(names, rare, other_spellings), letters])


def romanised(spaced: pl.Series) -> pl.DataFrame:
    """`at` (UInt32, row) and `name` of each Latin spelling of finished name keys in scripts that are romanised in several ways."""
    return _listed(spaced, is_not_ascii(spaced), romanisations)


def _listed(texts: pl.Series, mask: pl.Series, spell: Callable[[str], list[str]]) -> pl.DataFrame:
    rows = _at(texts, mask)
    lists = map_distinct(rows["name"], spell, pl.List(pl.String))
    return rows.with_columns(lists.alias("name")).explode("name").drop_nulls()


def _at(texts: pl.Series, mask: pl.Series) -> pl.DataFrame:
    every = pl.DataFrame({"at": pl.int_range(len(texts), dtype=pl.UInt32, eager=True), "name": texts})
    return every.filter(mask.fill_null(value=False))
