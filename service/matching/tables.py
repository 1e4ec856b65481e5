"""The tables under `data/`, each read once, when it is first needed."""

import csv
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from service.matching.errors import TableError


def _rows(name: str) -> Iterator[dict[str, str]]:
    try:
        text = (files("service.matching") / "data" / name).read_text(encoding="utf-8")
    except OSError as error:
        raise TableError(
            f"The normaliser's table {name} can't be read ({error}); install the package again, its data files are incomplete."
        ) from error
    return csv.DictReader(text.splitlines())


@cache
def legal_forms(place: str, *, spaceless: bool) -> tuple[str, ...]:
    """Legal forms and share classes that are taken off at `place` (`start` or `end`), longest first.

    `spaceless` asks for those of scripts without spaces, which stand glued to the name.
    """
    found = {
        row["form"]
        for row in _rows("legal_forms.csv")
        if row["where"] in (place, "both") and (row["kind"] == "cjk") == spaceless
    }
    return tuple(sorted(found | (set() if spaceless else {"the"}), key=lambda form: (-len(form), form)))


@cache
def generic_hosts() -> dict[str, str]:
    """Host or registrable domain that many companies share → its kind."""
    return {row["host"]: row["kind"] for row in _rows("generic_hosts.csv")}


@cache
def country_spellings() -> dict[str, str]:
    """Plain spelling (`text.plain_key`) → ISO 3166-1 alpha-2 code in lower case."""
    spellings: dict[str, str] = {}
    for row in _rows("countries.csv"):
        spellings[row["code"]] = row["code"]
        spellings.update(dict.fromkeys(row["spellings"].split("|"), row["code"]))
    return spellings


@cache
def country_names() -> frozenset[str]:
    """Spellings long enough to be a word of a company's name rather than a list's tag."""
    shortest = 4
    return frozenset(name for name in country_spellings() if len(name) >= shortest)


@cache
def city_spellings() -> dict[str, str]:
    """Small letters without accents → the city as it is compared, where languages have names of their own for it."""
    return {spelling: row["city"] for row in _rows("cities.csv") for spelling in row["spellings"].split("|")}


@cache
def sector_spellings() -> dict[str, str]:
    """Plain spelling → code of the sector list `isic4-coarse`."""
    spellings: dict[str, str] = {}
    for row in _rows("sectors.csv"):
        spellings[row["title"].lower().replace(",", "")] = row["code"]
        spellings.update(dict.fromkeys(row["spellings"].split("|"), row["code"]))
    return spellings


@cache
def frequent_words(band: int | None = None) -> frozenset[str]:
    """Words frequent in company names: band 1 adds nothing, band 2 says something, `None` is both."""
    return frozenset(row["word"] for row in _rows("word_frequency.csv") if band in (None, int(row["band"])))


@cache
def common_names() -> frozenset[str]:
    """Names that many companies bear, without spaces, as the name key has them."""
    return frozenset(row["name"].replace(" ", "") for row in _rows("common_names.csv"))


@cache
def placeholder_names() -> frozenset[str]:
    """What people write where they know no name, as the finished key has it with single spaces."""
    return frozenset(row["name"] for row in _rows("placeholder_names.csv"))


@cache
def weight_rows() -> tuple[dict[str, str], ...]:
    return tuple(_rows("weights.csv"))
