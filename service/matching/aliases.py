"""Further domains of a company, and its former and other names: they give the keys that the main ones give."""

from typing import Final

import polars as pl

from service.matching.columns import text_lists
from service.matching.domains import Domains, account_domains
from service.matching.names import latin, name_keys, short, weak

MOST_ALIASES: Final = 20
"""Of one company: each of its domains, and each of its names, is one more thing that a partner can test."""
LISTS: Final = pl.List(pl.String)


def alias_columns(domains: pl.Series, names: pl.Series, name: pl.Series) -> dict[str, pl.Series]:
    """`alias_domains`: registrable domains in their order; `alias_names` and `alias_weak`: name keys, strong and weak ones.

    Of columns with several values parted by `;` or a bar; null where there is none. `name` is the account's name key.
    """
    return {
        "alias_domains": _domains(domains, name),
        **dict(zip(("alias_names", "alias_weak"), _names(names), strict=True)),
    }


def alias_parts(column: pl.Series) -> pl.DataFrame:
    """`at` (row) and `part` of each value, the first `MOST_ALIASES` of a row."""
    parts = text_lists(column).list.head(MOST_ALIASES)
    return (
        pl.DataFrame({"at": pl.int_range(len(column), dtype=pl.UInt32, eager=True), "part": parts})
        .drop_nulls()
        .explode("part")
    )


def part_domains(parts: pl.DataFrame, name: pl.Series) -> Domains:
    """The domain of each of `alias_parts`, and why there is none, as `account_domains` has it for a website."""
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, parts.height)
    return account_domains(parts["part"], nothing, name.gather(parts["at"]))


def gathered(at: pl.Series, values: pl.Series, rows: int) -> pl.Series:
    """Lists of `values`, each once, in the rows that `at` says, of so many rows; null where there is none."""
    found = pl.DataFrame({"at": at, "value": values}).drop_nulls().unique(maintain_order=True)
    lists = found.group_by("at", maintain_order=True).agg("value")
    every = pl.DataFrame({"at": pl.int_range(rows, dtype=pl.UInt32, eager=True)})
    return every.join(lists, on="at", how="left", maintain_order="left")["value"].cast(LISTS)


def _none(rows: int) -> pl.Series:
    return pl.Series([None], dtype=LISTS).new_from_index(0, rows)


def _domains(column: pl.Series, name: pl.Series) -> pl.Series:
    if column.null_count() == len(column):
        return _none(len(column))
    parts = alias_parts(column)
    return gathered(parts["at"], part_domains(parts, name).domain, len(column))


def _names(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    if column.null_count() == len(column):
        return _none(len(column)), _none(len(column))
    parts = alias_parts(column)
    keys = name_keys(parts["part"])
    foreign = latin(keys.spaced)
    judged = pl.concat(
        pl.DataFrame(
            {
                "at": parts["at"],
                "key": key,
                "weak": weak(keys.bare.set(key.is_null(), None), key),
                "short": short(key),
            }
        )
        for key in (keys.name, foreign)
    )
    strong, few = judged.filter(~pl.col("weak")), judged.filter(pl.col("weak") | pl.col("short"))
    return tuple(gathered(kept["at"], kept["key"], len(column)) for kept in (strong, few))  # type: ignore[return-value]
