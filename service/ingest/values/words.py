"""Values out of a vocabulary: yes and no, countries; and lists in one field."""

from collections.abc import Mapping
from functools import cache

import polars as pl

from service.ingest.values.reading import Reading, UnreadableError, read_distinct
from service.ingest.values.tables import fold, rows
from service.matching.columns import text_lists as text_lists  # noqa: PLC0414 - told beside the others
from service.matching.tables import country_spellings
from service.matching.text import plain_key

YES_OR_NO = "yes or no (true or false, 1 or 0)"
A_COUNTRY = "the country's name or its ISO 3166-1 code, such as Germany, DE, DEU or 276"
BOOLEAN = pl.Schema({"boolean": pl.Boolean})
COUNTRY = pl.Schema({"country": pl.String})


def booleans(column: pl.Series) -> Reading:
    """`boolean`, from yes and no, true and false, 1 and 0, ticks and crosses, in eight languages."""
    return read_distinct(column, _boolean, BOOLEAN, YES_OR_NO)


def _boolean(text: str) -> tuple[bool]:
    found = _yes_or_no().get(fold(text))
    if found is None:
        raise UnreadableError("is neither yes nor no")
    return (found,)


def countries(column: pl.Series) -> Reading:
    """`country`: ISO 3166-1 alpha-2 in capitals, from names in many languages and all three kinds of code."""
    return read_distinct(column, _country, COUNTRY, A_COUNTRY)


def _country(text: str) -> tuple[str]:
    code = country_spellings().get(plain_key(text)) or _country_numbers().get(text)
    if code is None:
        raise UnreadableError("is no country that is known")
    return (code.upper(),)


@cache
def _yes_or_no() -> Mapping[str, bool]:
    return {
        fold(word): row["value"] == "true"
        for row in rows("booleans.csv")
        for word in row["spellings"].split("|")
    }


@cache
def _country_numbers() -> Mapping[str, str]:
    """ISO 3166-1 numeric code, three digits → alpha-2 in lower case."""
    return {row["number"]: row["code"] for row in rows("country_numbers.csv")}
