# ruff: noqa: RUF001 - look-alike letters are the point of this file
"""Folding of text: the same letters under one spelling."""

import re
import unicodedata

import polars as pl

APOSTROPHES = ("’", "‘", "ʼ", "ʻ", "´", "`", "′", "‛", "＇", "ʹ", "׳")
LETTERS = {
    "ß": "ss", "ẞ": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ð": "d", "đ": "d", "ħ": "h", "ı": "i", "ł": "l",
    "þ": "th", "ŧ": "t", "ŋ": "n", "ĸ": "k", "ς": "σ", "ə": "a", "ʼ": "'",
}  # fmt: skip
"""Letters that no Unicode decomposition takes apart, with what stands in for them."""
MARKS = r"[\u{0300}-\u{036f}]"
"""Accents of Latin, Greek and Cyrillic. Marks of other scripts are letters there (vowels, voicing) and stay."""


def fold(column: pl.Series) -> pl.Series:
    """NFKC, lower case, accents off, look-alike apostrophes one, invisible characters off."""
    return (
        column.str.replace_many([*APOSTROPHES, "״", "\u2212"], [*(["'"] * len(APOSTROPHES)), "", "-"])
        .str.replace_all(r"\p{Cf}", "")
        .str.normalize("NFKC")
        .str.to_lowercase()
        .str.normalize("NFD")
        .str.replace_all(MARKS, "")
        .str.replace_many(list(LETTERS), list(LETTERS.values()))
        .str.normalize("NFKC")
        .str.to_lowercase()
    )


_ACCENTS = re.compile("[\u0300-\u036f]")
_DROPPED = str.maketrans("", "", "'’.")


def plain_key(text: str) -> str:
    """A spelling as the country and sector tables have it: NFKC, lower case, no accents, words and single spaces."""
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower())
    text = unicodedata.normalize("NFC", _ACCENTS.sub("", text)).translate(_DROPPED).replace("&", " and ")
    return " ".join("".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text).split())
