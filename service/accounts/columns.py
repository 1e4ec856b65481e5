"""Columns of the account table that imports set: their types, and which a field of the file gives."""

from collections.abc import Iterable, Mapping
from typing import Final

from service.imports.attributes import PREFIX
from service.matching.records import ACCOUNT_FIELDS, ALIAS_FIELDS

SETS: Final[Mapping[str, tuple[str, ...]]] = {
    "country": ("country_code",),
    "revenue": ("revenue_amount", "revenue_currency"),
    "employees": ("employees_from", "employees_to"),
}
"""Field → columns for what could be read of it, beside the column of its text."""
NAMES_DOMAIN: Final = ("name", "website", "email")
"""What a domain is found by."""
TYPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("domain", *ACCOUNT_FIELDS, "country_code", "revenue_currency"), "text"),
    "revenue_amount": "numeric",
    **dict.fromkeys(SETS["employees"], "integer"),
    **dict.fromkeys(ALIAS_FIELDS, "text[]"),
    "attributes": "jsonb",
}
"""Every column that comes out of a file → its type in SQL."""


OWN_KEYS: Final = "attribute_keys"
"""A column (text[]) of rows that say themselves which attributes they speak of."""


def as_text(column: str) -> str:
    """SQL: a column of accounts as the text that a file has in it."""
    return f"array_to_string({column}, ';') AS {column}" if TYPES.get(column) == "text[]" else column


def columns_set(fields: Iterable[str]) -> tuple[str, ...]:
    """Columns that a file with these fields sets; the domain follows from what names it, and the external id is never unset."""
    given = set(fields)
    set_by = {column for field in given for column in (field, *SETS.get(field, ()))} - {"external_id"}
    set_by |= {"domain"} if given & set(NAMES_DOMAIN) else set()
    set_by |= {"attributes"} if any(field.startswith(PREFIX) for field in given) else set()
    return tuple(column for column in TYPES if column in set_by)


def assigned(said: Iterable[str], keys: Iterable[str] | None) -> str:
    """SQL: what an account is set to by what is `incoming`; attributes other than `keys`, or each row's own, stay."""
    return ", ".join(f"{column} = {_value(column, keys)}" for column in said)


def agreeing(said: Iterable[str], keys: Iterable[str] | None) -> str:
    """SQL: an account says what is `incoming`."""
    return (
        " AND ".join(f"a.{column} IS NOT DISTINCT FROM {_value(column, keys)}" for column in said) or "true"
    )


def _value(column: str, keys: Iterable[str] | None) -> str:
    if column != "attributes":
        return f"i.{column}"
    if keys is None:
        return f"(a.attributes - i.{OWN_KEYS}) || i.attributes"
    listed = ", ".join(f"'{key}'" for key in keys)  # letters, digits and underscores
    return f"(a.attributes - ARRAY[{listed}]::text[]) || i.attributes"
