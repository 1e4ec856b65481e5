"""Numbers of employees: one number, a range, or a range with an open end."""

import re

import polars as pl

from service.ingest.values.marks import decimal_text, digits_of, settled
from service.ingest.values.numbers import plain_or
from service.ingest.values.reading import Reading, UnreadableError, read_distinct
from service.ingest.values.tables import fold
from service.ingest.values.units import multipliers
from service.ingest.values.usual import around, framed, parted, some_at_once

EXPECTED = "a number or range of people such as 500, 51-200, 1.2k or 10,000+"
SCHEMA = pl.Schema({"low": pl.Int64, "high": pl.Int64})
MOST_PEOPLE = 1_000_000_000
MOST_DIGITS = 9
_PLAIN = rf"^[0-9]{{1,{MOST_DIGITS}}}$"
_MEANINGS = {
    "≥": ">=|+|from|min|minimum|at least|or more|and more|and above|ab|mindestens|und mehr|a partir de|au moins|et plus|desde|al menos|o mas|"
        "pelo menos|ou mais|dari|minimal|atau lebih|от|не менее|и более|以上",
    ">": "over|more than|above|mehr als|uber|plus de|mas de|mais de|lebih dari|более|больше|свыше|超",
    "≤": "<=|up to|max|maximum|at most|or less|or fewer|bis zu|hochstens|oder weniger|jusqu'a|ou moins|hasta|o menos|ate|ou menos|hingga|"
        "maksimal|не более|以下|まで",
    "<": "under|less than|fewer than|below|weniger als|unter|moins de|menos de|kurang dari|менее|меньше|未満",
    "…": "to|bis|a|al|sampai|до|по|から|〜|and|und|et|y|e|dan|и",
    "": "employees|employee|people|persons|staff|headcount|ftes|fte|mitarbeiterinnen|mitarbeitende|mitarbeiter|beschaftigte|personen|salaries|"
        "salarie|employes|personnes|collaborateurs|empleados|trabajadores|personas|funcionarios|colaboradores|pessoas|empregados|karyawan|"
        "pegawai|orang|сотрудников|сотрудника|сотрудники|сотрудник|человек|человека|чел|работников|従業員|社員|人|名|ca|circa|approx|"
        "approximately|about|around|rund|etwa|ungefahr|environ|env|aprox|aproximadamente|sekitar|около|примерно|約|≈|~|between|zwischen|entre|"
        "antara|между|von|de",
}  # fmt: skip
"""Sign → the words that stand for it, folded; the last stand for nothing."""
_SIGN = {word: sign for sign, words in _MEANINGS.items() for word in words.split("|")}
_SHAPES = {
    "N": "one", "≥N": "from", "N≥": "from", ">N": "above", "N>": "above", "≤N": "to", "N≤": "to", "…N": "to", "<N": "below", "N<": "below",
    "N-N": "range", "N…N": "range", "≥N…N": "range", "≥N-N": "range", "≥N≤N": "range", "N≤N": "range",
}  # fmt: skip
_LONGEST_FIRST = sorted([*_SIGN, *multipliers()], key=lambda word: (-len(word), word))
_TOKEN = re.compile(
    r" *(?:(?P<number>[0-9](?:[0-9.,'_ ]*[0-9])?)|(?P<word>"
    + "|".join(rf"{re.escape(word)}(?![^\W\d_])" if word.isalpha() and word < "\u0500" else re.escape(word) for word in _LONGEST_FIRST)
    + r")|(?P<sign>[-<>≤≥])) *"
)  # fmt: skip


def head_counts(column: pl.Series) -> Reading:
    """`low` and `high`, both included; null is an open end. People are whole: `1.200` and `1,200` are 1200."""
    return plain_or(
        column,
        lambda plain: pl.DataFrame({"low": plain.cast(pl.Int64), "high": plain.cast(pl.Int64)}),
        _usual_or_exact,
        _PLAIN,
    )


def _usual_or_exact(column: pl.Series) -> Reading:
    parts = parted(column, None)
    rows = parts.hstack(framed(parts, _ends, SCHEMA))
    usual = (rows["whole"].str.len_chars() <= MOST_DIGITS) & (rows["part"] == "")
    usual = (usual & (rows["low"].is_not_null() | rows["high"].is_not_null())).fill_null(value=False)
    people = pl.col("whole").cast(pl.Int64)
    return some_at_once(
        column,
        usual,
        rows.filter(usual).select(low=people + pl.col("low"), high=people + pl.col("high")),
        lambda rest: read_distinct(rest, _people, SCHEMA, EXPECTED),
    )


def _ends(before: str, after: str) -> tuple[int | None, int | None] | None:
    """How far the range ends from a number between the two; None where they hold more than signs and words."""
    one, two = (_people(around(number, before, after)) for number in ("1", "2"))
    ends = [None if end is None else end - 1 for end in one]
    same = ends == [None if end is None else end - 2 for end in two]
    return (ends[0], ends[1]) if same else None


def _people(text: str) -> tuple[int | None, int | None]:
    shape, numbers = _shape(_folded(text))
    if shape not in _SHAPES:
        raise UnreadableError("is no number of people")
    counts = [_count(digits, power) for digits, power in _one_unit(numbers)]
    if counts[0] > counts[-1]:
        raise UnreadableError("is a range that begins above its end")
    one = counts[0]
    return {
        "one": (one, one), "range": (one, counts[-1]), "from": (one, None), "above": (one + 1, None), "to": (None, one),
        "below": (None, one - 1),
    }[_SHAPES[shape]]  # fmt: skip


def _shape(text: str) -> tuple[str, list[tuple[str, int]]]:
    """Numbers as N and signs in their order; and each number's digits with the power of ten behind it."""
    shape, numbers, at = "", list[tuple[str, int]](), 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise UnreadableError("is no number of people")
        at = token.end()
        if token["number"]:
            shape, numbers = shape + "N", [*numbers, (token["number"], 0)]
        elif token["word"] in multipliers() and shape.endswith("N"):
            numbers[-1] = (numbers[-1][0], numbers[-1][1] + multipliers()[token["word"]])
        else:
            shape += _SIGN.get(token["word"] or token["sign"], token["sign"] or "?")
    return shape, numbers


def _one_unit(numbers: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """`5-10k` is 5000 to 10000, as long as that is a range."""
    if len(numbers) == 2 and not numbers[0][1]:  # noqa: PLR2004 - both ends
        (low, _), (_, power) = numbers
        if power and _count(low, power) <= _count(*numbers[1]):
            return [(low, power), numbers[1]]
    return numbers


def _count(digits: str, power: int) -> int:
    found = settled(digits_of(digits), "." if power else None, in_doubt="thousands")
    text = decimal_text(found, factor=power)
    if "." in text:
        raise UnreadableError("is no whole number of people")
    if int(text) > MOST_PEOPLE:
        raise UnreadableError("is more people than there can be")
    return int(text)


def _folded(text: str) -> str:
    """Folded, but for the marks between digits."""
    return fold(re.sub(r"(?<=[0-9])\.(?=[0-9])", "\x00", text)).replace("\x00", ".")
