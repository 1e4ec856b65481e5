"""Registry numbers as evidence: compared scheme by scheme, since numbers of two schemes say nothing of each other.

A company has one LEI, one SIREN and one VAT number in a country. VAT numbers are compared where both are of one country. A D-U-N-S
number is given to each site of a company: two different ones speak against nothing.
"""

from typing import Final

import polars as pl

from service.matching.kinds import Attribute

LEI, VAT_COUNTRY = Attribute.REGISTRY_ID.value, "registry_id_vat_country"
SCHEMES: Final = {
    LEI: "lei",
    "registry_id_siren": "siren",
    "registry_id_duns": "duns",
    "registry_id_vat": "vat",
}
"""Evidence value → the scheme whose numbers it compares."""
EVIDENCE: Final = (*(attribute.value for attribute in Attribute), *(value for value in SCHEMES if value != LEI), VAT_COUNTRY)  # fmt: skip
"""Values that are compared beside a key: one an attribute, and of registry numbers one a scheme."""
_PART = "\x1f"


def compared_numbers(numbers: pl.Series) -> pl.DataFrame:
    """A column for each of `SCHEMES`, and the country of the VAT number, of lists of `scheme|id`; null where there is none."""
    frame = numbers.to_frame("numbers")
    if not frame.select(pl.col("numbers").list.len().sum()).item():
        return pl.DataFrame({name: pl.Series([None], dtype=pl.String).new_from_index(0, len(numbers)) for name in (*SCHEMES, VAT_COUNTRY)})  # fmt: skip
    found = frame.select(
        pl.col("numbers").list.filter(pl.element().str.starts_with(f"{scheme}|")).list.first().alias(value)
        for value, scheme in SCHEMES.items()
    )
    country = pl.col("registry_id_vat").str.slice(len("vat|"), 2).alias(VAT_COUNTRY)
    return found.with_columns(country).with_columns(
        pl.col(list(SCHEMES)).str.replace("|", _PART, literal=True)
    )


def numbers_agree() -> pl.Expr:
    """`ev_registry_id` of the Int8 columns `ev_<value>` of all: 1 where numbers of a scheme agree, else -1 where those of one differ that a company has once."""
    said = {value: pl.col(f"ev_{value}") for value in SCHEMES}
    said["registry_id_vat"] = (
        pl.when(pl.col(f"ev_{VAT_COUNTRY}") > 0).then(said["registry_id_vat"]).otherwise(0)
    )
    once = [value for name, value in said.items() if SCHEMES[name] != "duns"]
    most, least = pl.max_horizontal(said.values()), pl.min_horizontal(once)
    return pl.when(most > 0).then(most).otherwise(least).cast(pl.Int8).alias(f"ev_{Attribute.REGISTRY_ID}")
