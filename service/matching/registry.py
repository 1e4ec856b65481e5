"""Registry numbers as `scheme|id`, checked where the scheme has a check digit (python-stdnum, over distinct values).

A French VAT or SIRET number holds the company's SIREN, so it gives that too. A DUNS number has no check digit any more.
"""

import re
from collections.abc import Callable
from typing import Protocol, cast

import polars as pl
from stdnum import lei
from stdnum.au import abn
from stdnum.be import vat as be_vat
from stdnum.br import cnpj
from stdnum.ch import uid
from stdnum.ch import vat as ch_vat
from stdnum.dk import cvr
from stdnum.es import cif
from stdnum.eu import vat as eu_vat
from stdnum.fi import ytunnus
from stdnum.fr import siren, siret
from stdnum.gb import vat as gb_vat
from stdnum.it import iva
from stdnum.no import mva, orgnr
from stdnum.pl import nip
from stdnum.se import orgnr as se_orgnr

from service.matching.columns import map_distinct
from service.matching.records import REGISTRY_FIELDS


class _Checked(Protocol):
    def is_valid(self, number: str) -> bool: ...


CHECKED: dict[str, object] = {
    "lei": lei, "siren": siren, "siret": siret, "abn": abn, "cnpj": cnpj, "uid": uid, "cvr": cvr, "cif": cif, "ytunnus": ytunnus,
    "iva": iva, "orgnr": orgnr, "nip": nip, "se_orgnr": se_orgnr, "kbo": be_vat,
}  # fmt: skip
"""Scheme → the module whose `is_valid` knows its check digit."""

NATIONAL_VAT: dict[str, object] = {"gb": gb_vat, "ch": ch_vat, "no": mva}
DUNS_DIGITS = 9
LONGEST_ID = 64
_SCHEME = re.compile(r"[a-z][a-z0-9_-]{0,23}")
_ID = re.compile(r"[a-z0-9]{3,64}")


def registry_numbers(columns: pl.DataFrame) -> pl.Series:
    """For each row the sorted, distinct `scheme|id` of all its registry columns; an empty list where there is none."""
    found = [
        map_distinct(columns[field], _reader(field), pl.List(pl.String)).alias(field)
        for field in REGISTRY_FIELDS
        if columns[field].null_count() < len(columns)
    ]
    if not found:
        return pl.Series("registry", [[]], dtype=pl.List(pl.String)).new_from_index(0, len(columns))
    lists = [pl.col(column.name).fill_null(pl.lit([], dtype=pl.List(pl.String))) for column in found]
    return (
        pl.DataFrame(found)
        .select(pl.concat_list(lists).list.unique().list.sort().alias("registry"))
        .to_series()
    )


def _reader(field: str) -> Callable[[str], list[str]]:
    return lambda text: numbers_of(field, text)


def numbers_of(field: str, text: str) -> list[str]:
    """What one value of a registry column gives, as `scheme|id`; none if it is invalid."""
    return read_any(text) if field == "registry_id" else read_number(field, text)


def read_any(text: str) -> list[str]:
    """`scheme:number` (several parted by `;` or a bar are read too) as `scheme|id`; what isn't of that shape gives none."""
    pairs = [part.split(":", 1) for part in re.split(r"[;\n]", text) if ":" in part]
    return sorted(
        {number for scheme, value in pairs for number in read_number(scheme.strip().lower(), value)}
    )


def read_number(scheme: str, text: str) -> list[str]:
    """One number of a known or named scheme as `scheme|id`, with the SIREN inside it where there is one; none if invalid."""
    number = re.sub(r"[\s.\-/]", "", text).lower()
    if not (_SCHEME.fullmatch(scheme) and number.isascii() and _ID.fullmatch(number)) or set(number) <= {"0"}:
        return []
    if not _valid(scheme, number):
        return []
    return [f"{scheme}|{number}", *_siren_inside(scheme, number)]


def _valid(scheme: str, number: str) -> bool:
    if scheme == "vat":
        module = NATIONAL_VAT.get(number[:2])
        return _says(module, number) if module else bool(eu_vat.is_valid(number))
    if scheme == "duns":
        return len(number) == DUNS_DIGITS and number.isdigit()
    return scheme not in CHECKED or _says(CHECKED[scheme], number)


def _says(module: object, number: str) -> bool:
    return cast("_Checked", module).is_valid(number.upper())


def _siren_inside(scheme: str, number: str) -> list[str]:
    inside = {"vat": number[4:], "siret": number[:9]}.get(scheme, "")
    if scheme == "vat" and not number.startswith("fr"):
        return []
    return [f"siren|{inside}"] if inside and siren.is_valid(inside) else []
