"""The head of a name: its first words up to the first rare one, which legal and brand names have in common.

"qantas airways" and "qantas" share the head "qantas", "bank of nova scotia" has "bank of nova". Where every word is frequent the
head ends with the second word that says something: "united airlines holdings" → "united airlines". Without two such words
there is none. A name that is its own head gives that head too, or the brand could never meet the longer legal name.
"""

import polars as pl

from service.matching import tables

SHORTEST_HEAD = 3
TELLING_WORDS = 2
LONGEST_RUN = 12
"""After so many frequent words no rare one is looked for."""
_FILLER = r"^(?:[0-9]+|[a-z])$"
"""Bare numbers and initials are never the rare word that a head ends with."""


def name_heads(bare: pl.Series) -> pl.Series:
    """The head of each spaced name without its tail, spaces taken out; null where there is none.

    Goes word by word over the rows that have not met a rare word yet: most names begin with one.
    """
    rows = pl.DataFrame({"rest": bare}).with_row_index("row").drop_nulls()
    rows = rows.with_columns(
        head=pl.lit(""), telling=pl.lit(0, dtype=pl.UInt8), two=pl.lit(None, dtype=pl.String)
    )
    done: list[pl.DataFrame] = []
    for _ in range(LONGEST_RUN):
        rows = _next_word(rows)
        done.append(rows.filter("rare").select("row", "head"))
        rows = rows.filter(~pl.col("rare"))
        done.append(rows.filter(pl.col("rest").is_null()).select("row", head="two"))
        rows = rows.filter(pl.col("rest").is_not_null())
        if rows.is_empty():
            break
    found = pl.concat([*done, rows.select("row", head="two")]).filter(
        pl.col("head").str.len_chars() >= SHORTEST_HEAD
    )
    every = pl.DataFrame({"row": pl.int_range(len(bare), dtype=pl.UInt32, eager=True)})
    return every.join(found, on="row", how="left", maintain_order="left")["head"].alias("name_head")


def _next_word(rows: pl.DataFrame) -> pl.DataFrame:
    """One word moved from `rest` to `head`; `two` set where it is the second frequent word that says something."""
    parts = rows["rest"].str.splitn(" ", 2).struct
    word, rest = parts.field("field_0"), parts.field("field_1")
    frequent = word.is_in(list(tables.frequent_words())) | word.str.contains(_FILLER)
    telling = word.is_in(list(tables.frequent_words(2)))
    head = rows["head"] + word
    return (
        rows.with_columns(rest.alias("rest"), head.alias("head"), (~frequent).alias("rare"))
        .with_columns((pl.col("telling") + telling).alias("telling"))
        .with_columns(
            pl.when(telling & (pl.col("telling") == TELLING_WORDS)).then("head").otherwise("two").alias("two")
        )
    )
