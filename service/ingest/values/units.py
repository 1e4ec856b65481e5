"""Words beside a number: multipliers, currencies, and those that say nothing."""

from dataclasses import dataclass
from functools import cache

from service.ingest.values.reading import UnreadableError
from service.ingest.values.tables import fold, rows

_LONGEST_PHRASE = 3
_FILLERS = frozenset(
    [
        "~",
        "≈",
        "ca",
        "circa",
        "approx",
        "approximately",
        "about",
        "around",
        "roughly",
        "rund",
        "etwa",
        "ungefahr",
        "zirka",
        "environ",
        "env",
        "aprox",
        "aproximadamente",
        "cerca",
        "de",
        "unos",
        "sekitar",
        "около",
        "примерно",
        "прибл",
        "約",
        "およそ",
        "pa",
    ]
)
MOST_POWER = 15


@dataclass(frozen=True, slots=True)
class Words:
    """What the words around a number say: a power of ten, and the currencies that they can mean, the likeliest first."""

    power: int = 0
    currencies: tuple[str, ...] | None = None
    said: frozenset[str] = frozenset()


@cache
def multipliers() -> dict[str, int]:
    """Folded word → power of ten."""
    return {fold(row["word"]): int(row["power"]) for row in rows("multipliers.csv")}


@cache
def currencies() -> dict[str, tuple[str, ...]]:
    """Folded spelling → ISO 4217 codes that it can mean; the first is meant where nothing tells, `""` stands for none."""
    meant: dict[str, list[str]] = {}
    table = rows("currencies.csv")
    for row in table:
        for spelling in filter(None, (row["code"], *row["spellings"].split("|"))):
            meant.setdefault(fold(spelling), []).append(row["code"])
    for row in table:
        for spelling in filter(None, row["shared"].split("|")):
            meant.setdefault(fold(spelling), [""]).append(row["code"])
    return {spelling: tuple(codes) for spelling, codes in meant.items()}


def read_words(text: str) -> Words:
    """Every word must be known; raises UnreadableError for one that isn't, and for two currencies."""
    words, found, at = fold(text).replace("d'", "").split(), Words(), 0
    while at < len(words):
        size, more = _longest(words[at : at + _LONGEST_PHRASE])
        found, at = _joined(found, more), at + size
    if found.power > MOST_POWER:
        raise UnreadableError("is larger than any amount of money")
    return found


def _longest(words: list[str]) -> tuple[int, Words]:
    for size in range(len(words), 0, -1):
        meaning = _meaning(" ".join(words[:size]))
        if meaning is not None:
            return size, meaning
    raise UnreadableError(f"holds '{words[0]}', which is no unit or currency that is known")


def _meaning(phrase: str) -> Words | None:
    simple = _simple(phrase)
    if simple is not None or " " in phrase:
        return simple
    for cut in range(1, len(phrase)):
        first, second = _simple(phrase[:cut]), _simple(phrase[cut:])
        if phrase[0] == "t" and cut == 1 and second and second.currencies:
            return Words(3, second.currencies, frozenset({phrase}))
        if first and second and (first.currencies is None) != (second.currencies is None):
            return _joined(first, second)
    if phrase == "t":
        raise UnreadableError("holds 'T', which is thousand in German and trillion in English")
    return None


def _simple(phrase: str) -> Words | None:
    if phrase in currencies():
        return Words(0, currencies()[phrase], frozenset({phrase}))
    if phrase in multipliers():
        return Words(multipliers()[phrase], None, frozenset({phrase}))
    return Words() if phrase in _FILLERS else None


def _joined(one: Words, other: Words) -> Words:
    said = one.said | other.said
    if one.currencies is None or other.currencies is None:
        return Words(one.power + other.power, one.currencies or other.currencies, said)
    shared = tuple(code for code in other.currencies if code and code in one.currencies)
    if not shared:
        raise UnreadableError("names two currencies")
    return Words(one.power + other.power, shared, said)
