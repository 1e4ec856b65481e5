"""Custom attributes as a mapping of columns asks for them: `attribute:tier` or, with a type, `attribute:arr:money:EUR`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from service.matching.records import AttributeType

PREFIX: Final = "attribute:"
FORM: Final = "attribute:key, attribute:key:type or attribute:key:money:currency"
_KEY: Final = re.compile("[a-z][a-z0-9_]{0,62}")
_CURRENCY: Final = re.compile("[A-Z]{3}")


class BadAttributeError(ValueError):
    """What a mapping asks for is no attribute; the text says how to write one."""


@dataclass(frozen=True, slots=True)
class AttributeColumn:
    """A column of the file that is kept as the attribute `key`; the type is guessed where nobody has said it."""

    key: str
    header: str
    type: AttributeType | None = None
    currency: str | None = None

    @property
    def column(self) -> str:
        """What the column is called in frames; no field has a colon."""
        return PREFIX + self.key


def fields_asked(columns: Mapping[str, str] | None) -> dict[str, str]:
    """What a mapping says of fields: field → header."""
    return {name: header for name, header in (columns or {}).items() if not name.startswith(PREFIX)}


def attributes_asked(columns: Mapping[str, str] | None) -> list[AttributeColumn]:
    """What a mapping says of attributes. BadAttributeError."""
    found = [_asked(name, header) for name, header in (columns or {}).items() if name.startswith(PREFIX)]
    keys = [one.key for one in found]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise BadAttributeError(
            f"the attribute '{twice}' is asked for twice: give each column a key of its own"
        )
    return found


def merged(saved: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Two mappings as one: what one's `own` says of a field or an attribute comes before what is `saved`, whatever type each says."""
    said = {_place(name) for name in own}
    return {name: header for name, header in saved.items() if _place(name) not in said} | dict(own)


def _place(name: str) -> str:
    """A field, or an attribute without its type."""
    return ":".join(name.split(":")[:2]) if name.startswith(PREFIX) else name


def _asked(name: str, header: str) -> AttributeColumn:
    key, *more = name.removeprefix(PREFIX).split(":")
    if not _KEY.fullmatch(key):
        raise BadAttributeError(
            f"'{key}' is no key of an attribute: use up to 63 small letters, digits and underscores, a letter first ({FORM})"
        )
    if not more:
        return AttributeColumn(key, header)
    kinds = [kind.value for kind in AttributeType]
    if more[0] not in kinds:
        raise BadAttributeError(f"'{more[0]}' is no type of attribute: use {', '.join(kinds)} ({FORM})")
    kind, currency = AttributeType(more[0]), more[1] if len(more) > 1 else None
    fits = currency is None or (kind is AttributeType.MONEY and _CURRENCY.fullmatch(currency) is not None)
    if not fits or len(more) > 2:  # noqa: PLR2004 - type and currency
        raise BadAttributeError(
            f"'{name}': only money has a currency, by its ISO 4217 code such as EUR ({FORM})"
        )
    return AttributeColumn(key, header, kind, currency)
