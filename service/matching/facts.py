"""Evidence beside the keys: country, city, sector, size band, LinkedIn slug."""

import functools
import math
import re
import unicodedata
from urllib.parse import unquote

import polars as pl

from service.matching import tables
from service.matching.columns import is_not_ascii, map_distinct, on_rows
from service.matching.text import plain_key

SECTOR_LIST = "isic4-coarse"
"""ISIC Rev. 4 sections, by division in manufacturing, trade, information and finance: `data/sectors.csv`."""

SIZE_BANDS = (
    (10, "1-10"), (50, "11-50"), (200, "51-200"), (500, "201-500"), (1000, "501-1000"), (5000, "1001-5000"),
    (10_000, "5001-10000"),
)  # fmt: skip
LARGEST_BAND = "10001+"
_SLUG = r"linkedin\.com/+(?:[a-z]{2}/)?(?:mwlite/)?(?:company|company-beta|school|showcase|organization)/+([^/?#\s]+)"
_NUMBER = re.compile(r"\d+(?:[.,' \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,]\d+)?")
_MULTIPLIERS = {
    "k": 1_000,
    "tsd": 1_000,
    "thousand": 1_000,
    "mil": 1_000,
    "m": 1_000_000,
    "mio": 1_000_000,
    "million": 1_000_000,
}
_THOUSANDS = re.compile(r"[.,' \u00a0\u202f](?=\d{3}(?!\d))")


def countries(column: pl.Series) -> pl.Series:
    """ISO 3166-1 alpha-2 code in lower case from codes and names in many languages; null where not recognised."""
    return map_distinct(column, lambda text: tables.country_spellings().get(plain_key(text))).alias("country")


def cities(column: pl.Series) -> pl.Series:
    """NFKC, casefold, one space, without accents and the region behind a comma, München as Munich; a country's name is no city."""
    text = on_rows(
        column.str.to_lowercase(),
        is_not_ascii(column),
        lambda _: map_distinct(column.filter(is_not_ascii(column).fill_null(value=False)), _casefold),
    )
    text = text.str.replace(r"(?s),.*$", "").str.replace_all(r"[\s\p{Cc}]+", " ").str.strip_chars(" ")
    text = text.replace(tables.city_spellings())
    return text.set((text == "") | text.is_in(list(tables.country_names())), None).alias("city")


def _casefold(text: str) -> str:
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize(
        "NFKC", re.sub("[\u0300-\u036f]", "", plain).replace("ø", "o").replace("ł", "l")
    )


def sectors(column: pl.Series) -> pl.Series:
    """Code of the list `isic4-coarse`; null where the spelling isn't known."""
    return map_distinct(column, _sector).alias("sector")


def _sector(text: str) -> str | None:
    """The whole spelling, else its parts before a colon, slash, comma or semicolon, first come first served."""
    spellings = tables.sector_spellings()
    parts = [text, *re.split(r"[:/;,|>]| - ", text)]
    return next((spellings[key] for part in parts if (key := plain_key(part)) in spellings), None)


def sizes(column: pl.Series) -> pl.Series:
    """The band of a number of employees: "51-200", "1.2k", "10,000+", "1 200 employees"; null where there is no number."""
    number = column.str.strip_chars().str.to_integer(base=10, strict=False, dtype=pl.Int64)
    spelled = column.is_not_null() & number.is_null()
    number = on_rows(number, spelled, lambda _: map_distinct(column.filter(spelled), head_count, pl.Int64))
    small = functools.reduce(
        lambda rest, band: pl.when(pl.col("n") <= band[0]).then(pl.lit(band[1])).otherwise(rest),
        reversed(SIZE_BANDS),
        pl.lit(LARGEST_BAND),
    )
    band = pl.when(pl.col("n") >= 1).then(small).alias("size")
    return number.to_frame("n").select(band).to_series()


def head_count(text: str) -> int | None:
    """One number for a spelling: a range counts as its geometric mean, "10,000+" as one more than it says."""
    text = unicodedata.normalize("NFKC", text).lower().strip()
    if text.startswith("-"):
        return None
    found = [_scaled(match, text) for match in list(_NUMBER.finditer(text))[:2]]
    if not found:
        return None
    if len(found) == 1:
        return _bounded(
            found[0]
            + (1 if re.search(r"\d[a-z ]*\+|^(?:>|over|more than|mehr als|über|ab) *\d", text) else 0)
        )
    return _bounded(math.sqrt(found[0] * found[1]))


def _bounded(number: float) -> int:
    return int(min(number, 1e12))


def _scaled(match: re.Match[str], text: str) -> float:
    digits = _THOUSANDS.sub("", match.group()) if _THOUSANDS.search(match.group()) else match.group()
    unit = re.match(r"\s*([a-z]+)", text[match.end() :])
    return min(float(digits.replace(",", ".")[:30]), 1e12) * _MULTIPLIERS.get(
        unit.group(1) if unit else "", 1
    )


def linkedin_slugs(linkedin: pl.Series, website: pl.Series) -> pl.Series:
    """The company's slug from its LinkedIn address (or a bare slug), else from a website that is one."""
    text = linkedin.str.strip_chars().str.to_lowercase()
    slug = text.str.extract(_SLUG, 1)
    bare = text.str.extract(r"^(?:company/)?([\p{L}\p{N}][\p{L}\p{N}&'_-]*)/?$", 1)
    site = (
        website.set(~website.str.contains(r"(?i)linkedin\.com/"), None)
        .str.to_lowercase()
        .str.extract(_SLUG, 1)
    )
    found = (
        pl.DataFrame({"slug": slug, "bare": bare, "site": site})
        .select(pl.coalesce("slug", "bare", "site"))
        .to_series()
    )
    messy = found.str.contains(r"[^a-z0-9_-]").fill_null(value=False)
    return on_rows(found, messy, lambda rows: map_distinct(rows, _slug)).alias("linkedin")


def _slug(text: str) -> str | None:
    plain = unicodedata.normalize("NFKC", unquote(text)).lower()
    return "".join(c for c in plain if c.isalnum() or c in "-_&'") or None
