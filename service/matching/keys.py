"""Match keys and evidence of normalised accounts: what is hashed, and what is compared where a key has met."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from service.matching.guards import crowded_domains, split_shared_heads
from service.matching.kinds import Attribute, KeyKind
from service.matching.numbers import EVIDENCE, compared_numbers

PART = "\x1f"
"""Stands between the parts of a composite key, as the protocol has it."""


EVIDENCE_ALONE = ("domain_reason", "spaced_name", "country", "city", "sector", "size")
"""Columns of `normalise` that give no key."""


@dataclass(frozen=True)
class MatchKeys:
    """`columns`: per kind `index` (UInt32, the row of the account) and `key`, each pair once; `crowded_domains`: `domain`, `accounts`.

    `withheld` has what the guards took out of `columns`: domains and name heads that would say too little.
    """

    columns: dict[KeyKind, pl.DataFrame]
    crowded_domains: pl.DataFrame
    withheld: dict[KeyKind, pl.DataFrame]


def match_keys(
    normalised: pl.DataFrame, *, crowded_before: Collection[str] = (), crowded_still: Collection[str] = ()
) -> MatchKeys:
    """Every match key of what `normalise` gave, with the guards applied.

    `crowded_before` are the domains that gave no key when this list was last matched (`guards.crowded_domains`); `crowded_still` those
    that give none however few of their accounts are here.
    A short name of several words is a `name` and a `name_weak`, so that "Bio Rad" still meets "BioRad" (as the latter).
    """
    crowded = crowded_domains(normalised, crowded_before)
    rows = normalised.with_row_index("index")
    domains = _with_aliases(_pairs(rows, "domain"), rows, "alias_domains")
    off = pl.col("key").is_in([*crowded["domain"], *crowded_still])
    foreign = rows.filter(pl.col("head_latin") != pl.col("name_head"))
    heads, shared_heads = split_shared_heads(
        pl.concat([_pairs(rows, "name_head"), _pairs(foreign, "head_latin")])
    )
    columns = {
        KeyKind.REGISTRY_ID: _numbers(rows),
        KeyKind.DOMAIN: domains.filter(~off),
        KeyKind.LINKEDIN: _pairs(rows, "linkedin"),
        KeyKind.NAME: _with_aliases(_names(rows, ~pl.col("weak")), rows, "alias_names"),
        KeyKind.NAME_WEAK: _with_aliases(_names(rows, pl.col("weak") | pl.col("short")), rows, "alias_weak"),
        KeyKind.NAME_HEAD: heads,
    }
    withheld = {KeyKind.DOMAIN: domains.filter(off), KeyKind.NAME_HEAD: shared_heads}
    return MatchKeys(columns, crowded, withheld)


def _numbers(rows: pl.DataFrame) -> pl.DataFrame:
    numbers = rows.select("index", key="registry").explode("key", empty_as_null=False).drop_nulls()
    return numbers.with_columns(pl.col("key").str.replace("|", PART, literal=True)).unique(
        maintain_order=True
    )


def _names(rows: pl.DataFrame, chosen: pl.Expr) -> pl.DataFrame:
    """Own-script and Latin keys of the rows whose key is of the wanted strength; each is judged by its own letters."""
    foreign = rows.filter(pl.col("name_latin").is_not_null()).with_columns(
        weak="weak_latin", short="short_latin"
    )
    return pl.concat([_pairs(rows.filter(chosen), "name"), _pairs(foreign.filter(chosen), "name_latin")])


def _with_aliases(pairs: pl.DataFrame, rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """`pairs` and those of the keys in a column of lists, each once."""
    listed = rows.filter(pl.col(column).is_not_null())
    if not listed.height:
        return pairs
    more = listed.select(pl.col("index").cast(pl.UInt32), pl.col(column).alias("key")).explode("key")
    return pl.concat([pairs, more]).unique(maintain_order=True)


def _pairs(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    return rows.select(pl.col("index").cast(pl.UInt32), pl.col(column).alias("key")).drop_nulls()


def evidence(normalised: pl.DataFrame) -> pl.DataFrame:
    """One String column for each of `numbers.EVIDENCE`, in the accounts' order, as the protocol spells the values; null means unknown.

    The domain is there also where it is crowded and gives no key.
    """
    plain = [attribute for attribute in Attribute if attribute is not Attribute.REGISTRY_ID]
    numbers = compared_numbers(normalised["registry"])
    return normalised.select(plain).hstack(numbers).select(EVIDENCE)
