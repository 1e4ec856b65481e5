"""Keys that would say too little: domains that stand for many names, heads that many accounts share."""

from collections.abc import Collection

import numpy as np
import polars as pl

CROWDED_FROM = 20
CROWDED_UNTIL = 15
"""A domain goes off at 20 differently named accounts and comes on again at 15: a list that grows by one doesn't flicker."""
HEAD_SHARED_FROM = 5


def crowded_domains(normalised: pl.DataFrame, off_before: Collection[str] = ()) -> pl.DataFrame:
    """`domain`, `accounts` of the domains that give no key in this list, the fullest first.

    `accounts` counts differently named accounts (those without a name count as one) that have the domain as theirs or as an alias.
    `off_before` are the domains that were off when this list was last matched.
    """
    bearing = borne_domains(normalised, "name")
    names = (
        bearing.lazy()
        .filter(_often(bearing["domain"]) & pl.col("domain").is_not_null())
        .group_by("domain")
        .agg(pl.col("name").n_unique().alias("accounts"))
    )
    stays_off = pl.col("domain").is_in(list(off_before)) & (pl.col("accounts") > CROWDED_UNTIL)
    off = names.filter((pl.col("accounts") >= CROWDED_FROM) | stays_off)
    return (
        off.sort(["accounts", "domain"], descending=[True, False])
        .with_columns(pl.col("accounts").cast(pl.UInt32))
        .collect()
    )


def borne_domains(normalised: pl.DataFrame, *beside: str) -> pl.DataFrame:
    """`domain` of each account, and each of its aliases, with the columns `beside` it."""
    own = normalised.select("domain", *beside)
    if "alias_domains" not in normalised.columns or not normalised["alias_domains"].count():
        return own
    rows = normalised.filter(pl.col("alias_domains").is_not_null())
    return pl.concat([own, rows.select(pl.col("alias_domains").alias("domain"), *beside).explode("domain")])


def _often(domains: pl.Series) -> pl.Series:
    """Whether a row's value stands in more than `CROWDED_UNTIL` rows, or shares its hash with others that do together.

    Few values do, so one sort of hashes spares grouping a column of texts by themselves.
    """
    hashes = domains.hash()
    ascending = np.sort(hashes.to_numpy())
    repeated = ascending[CROWDED_UNTIL:] == ascending[:-CROWDED_UNTIL]
    return hashes.is_in(pl.Series(np.unique(ascending[CROWDED_UNTIL:][repeated])).implode())


def split_shared_heads(heads: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`index`, `key` pairs whose key is of fewer than 5 accounts, and those of the other keys."""
    rare = heads.select(pl.len().over("key") < HEAD_SHARED_FROM).to_series()
    return heads.filter(rare), heads.filter(~rare)
