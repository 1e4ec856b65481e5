"""Digits and the marks between them: which mark stands before the decimals, and which between thousands."""

import re
from dataclasses import dataclass

from service.ingest.values.reading import UnreadableError

MOST_DIGITS = 30
_GROUPED = {
    mark: re.compile(rf"[0-9]{{1,3}}(?:{re.escape(mark)}[0-9]{{3}})+|[0-9]{{1,2}}(?:{re.escape(mark)}[0-9]{{2}})+{re.escape(mark)}[0-9]{{3}}")
    for mark in ".,' _"
}  # fmt: skip
"""Groups of three, or of two before the last three as India writes them."""
_THOUSANDS_ONLY = re.compile("[' _]")
_SCIENTIFIC = re.compile(r"(?P<digits>[0-9]+(?:\.[0-9]+)?)e(?P<power>[+-]?[0-9]{1,2})", re.IGNORECASE)
OTHER = {".": ",", ",": "."}


@dataclass(frozen=True, slots=True)
class Digits:
    """A number as written: `whole` and `part` are digits before and after the decimal mark, `power` a power of ten.

    `decimal_mark` is the mark that it shows to stand before decimals, or None where it shows none.
    `open_mark` is set where it has one mark with three digits after it, so that it may be read two ways.
    """

    whole: str
    part: str = ""
    power: int = 0
    decimal_mark: str | None = None
    open_mark: str | None = None


def digits_of(text: str) -> Digits:
    """`1.234,5`, `1,234.5`, `1'234.5`, `12,34,567`, `1.2e6` …; raises UnreadableError for marks that don't fit together."""
    if found := _SCIENTIFIC.fullmatch(text):
        whole, _, part = found["digits"].partition(".")
        return Digits(whole, part, int(found["power"]), "." if part else None)
    if spaced := _THOUSANDS_ONLY.search(text):
        return _after_groups(text, spaced[0])
    dots, commas = text.count("."), text.count(",")
    if dots and commas:
        mark = text[max(text.rfind("."), text.rfind(","))]
        return _split(text, mark, OTHER[mark])
    mark = "." if dots else ","
    if dots + commas > 1:
        return Digits(_ungrouped(text, mark), decimal_mark=OTHER[mark])
    if not dots + commas:
        return Digits(text)
    whole, _, part = text.partition(mark)
    if len(part) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):  # noqa: PLR2004 - thousands
        return Digits(whole, part, open_mark=mark)
    return Digits(whole or "0", part, decimal_mark=mark)


def _after_groups(text: str, group: str) -> Digits:
    mark = next((mark for mark in ".," if mark in text), None)
    return _split(text, mark, group) if mark else Digits(_ungrouped(text, group))


def _split(text: str, mark: str, group: str) -> Digits:
    whole, _, part = text.partition(mark)
    if not part.isdecimal():
        raise UnreadableError("has marks between its digits that don't fit together")
    return Digits(_ungrouped(whole, group), part, decimal_mark=mark)


def _ungrouped(text: str, mark: str) -> str:
    if not _GROUPED[mark].fullmatch(text):
        raise UnreadableError("has marks between its digits that don't fit together")
    return text.replace(mark, "")


def settled(digits: Digits, decimal_mark: str | None, *, in_doubt: str | None = None) -> Digits:
    """With an open mark closed: by the column's `decimal_mark`, else as `in_doubt` says (`thousands`), else not at all."""
    if digits.open_mark is None:
        return digits
    if decimal_mark == digits.open_mark:
        return Digits(digits.whole, digits.part, decimal_mark=decimal_mark)
    if decimal_mark is None and in_doubt is None:
        raise UnreadableError(
            f"may be {digits.whole}{digits.part} or {digits.whole} and {digits.part} thousandths, and no other value of the "
            "column tells"
        )
    return Digits(digits.whole + digits.part)


def decimal_text(digits: Digits, *, factor: int = 0, negative: bool = False) -> str:
    """The number times ten to the `factor`, without exponent and needless zeros: equal numbers, equal text."""
    shift = digits.power + factor
    figures = digits.whole + digits.part
    point = len(digits.whole) + shift
    if len(figures) > MOST_DIGITS or not -MOST_DIGITS <= point <= MOST_DIGITS:
        raise UnreadableError(f"has more than {MOST_DIGITS} digits")
    figures = figures.ljust(point, "0") if point > 0 else "0" * (1 - point) + figures
    point = max(point, 1)
    whole, part = figures[:point].lstrip("0") or "0", figures[point:].rstrip("0")
    text = f"{whole}.{part}" if part else whole
    return f"-{text}" if negative and text != "0" else text
