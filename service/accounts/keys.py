"""What accounts can be matched by."""

from collections.abc import Mapping
from enum import StrEnum

import polars as pl

from service.matching.normalise import normalise


class KeyFound(StrEnum):
    """The best that an account can be matched by; the last four have no domain of their own."""

    DOMAIN = "domain"
    NAME_ONLY = "name_only"
    FREE_MAIL = "free_mail"
    """By its name only, beside an address at a host where anybody may have one."""
    UNUSABLE_WEBSITE = "unusable_website"
    """By its name only, beside a website that is no company's."""
    NONE = "none"


def has_other_key() -> pl.Expr:
    """Over a normalised frame: whether there is a key beside the domain."""
    return (
        pl.col("name").is_not_null()
        | pl.col("linkedin").is_not_null()
        | (pl.col("registry").list.len() > 0)
        | pl.any_horizontal(pl.col("alias_domains", "alias_names", "alias_weak").is_not_null())
    )


def key_found(*, domain: pl.Expr, other: pl.Expr, reason: pl.Expr) -> pl.Expr:
    """`KeyFound` as text, of whether there is a domain, another key, and why there is no domain (`free_mail`, `shared_host`, `invalid`)."""
    return (
        pl.when(domain)
        .then(pl.lit(KeyFound.DOMAIN.value))
        .when(~other)
        .then(pl.lit(KeyFound.NONE.value))
        .when(reason == "free_mail")
        .then(pl.lit(KeyFound.FREE_MAIL.value))
        .when(reason.is_not_null())
        .then(pl.lit(KeyFound.UNUSABLE_WEBSITE.value))
        .otherwise(pl.lit(KeyFound.NAME_ONLY.value))
        .alias("key")
    )


def keys_of(rows: pl.DataFrame) -> Mapping[str, int]:
    """`KeyFound` → how many of `rows` (any frame with the canonical columns)."""
    found = normalise(rows).select(
        key_found(
            domain=pl.col("domain").is_not_null() | pl.col("alias_domains").is_not_null(),
            other=has_other_key(),
            reason=pl.col("domain_reason"),
        )
    )
    return counted(found["key"])


def counted(keys: pl.Series) -> Mapping[str, int]:
    """`KeyFound` → how often it stands in `keys`."""
    counts = dict(keys.value_counts().iter_rows())
    return {key.value: counts.get(key.value, 0) for key in KeyFound}
