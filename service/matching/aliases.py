"""Further domains of a company, and its former and other names: they give the keys that the main ones give."""

from typing import Final

import polars as pl

from service.matching.columns import text_lists
from service.matching.domains import Domains, account_domains
from service.matching.names import NameKeys, latin, name_keys, short, weak
from service.matching.spellings import romanised, spelled_otherwise

MOST_ALIASES: Final = 20
"""Of one company: each of its domains, and each of its names, is one more thing that a partner can test."""
LISTS: Final = pl.List(pl.String)


def alias_columns(
    domains: pl.Series, aliases: pl.Series, names: pl.Series, keys: NameKeys
) -> dict[str, pl.Series]:
    """`alias_domains`: registrable domains in their order; `alias_names` and `alias_weak`: name keys, strong and weak ones.

    Of columns with several values parted by `;` or a bar, and of the other spellings (`spellings`) of these names and of the
    account's own `names`, whose keys are `keys`; null where there is none.
    """
    return {
        "alias_domains": _domains(domains, keys.name),
        **dict(zip(("alias_names", "alias_weak"), _names(aliases, names, keys), strict=True)),
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


def _names(aliases: pl.Series, names: pl.Series, own: NameKeys) -> tuple[pl.Series, pl.Series]:
    parts = alias_parts(aliases).rename({"part": "name"})
    texts = pl.concat([parts, spelled_otherwise(names), _respelled(parts)])
    keys = name_keys(texts["name"])
    judged = [_judged(texts["at"], keys.bare, key) for key in (keys.name, latin(keys.spaced))]
    theirs, ours = romanised(keys.spaced), romanised(own.spaced)
    judged += [
        _judged(texts["at"].gather(theirs["at"]), keys.bare.gather(theirs["at"]), theirs["name"]),
        _judged(ours["at"], own.bare.gather(ours["at"]), ours["name"]),
    ]
    every = pl.concat(judged)
    if not every.height:
        return _none(len(names)), _none(len(names))
    strong, few = every.filter(~pl.col("weak")), every.filter(pl.col("weak") | pl.col("short"))
    return tuple(gathered(kept["at"], kept["key"], len(names)) for kept in (strong, few))  # type: ignore[return-value]


def _respelled(parts: pl.DataFrame) -> pl.DataFrame:
    others = spelled_otherwise(parts["name"])
    return others.with_columns(parts["at"].gather(others["at"]).alias("at"))


def _judged(at: pl.Series, bare: pl.Series, key: pl.Series) -> pl.DataFrame:
    """`at`, `key` and whether it is weak and short, of keys that stand beside the spaced names `bare`."""
    weakness = weak(bare.set(key.is_null(), None), key)
    return pl.DataFrame({"at": at, "key": key, "weak": weakness, "short": short(key)})
