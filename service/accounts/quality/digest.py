"""Accounts as they are stored, a page at a time → the little of each that the report needs of the whole list."""

from typing import Final, NamedTuple, Self

import polars as pl

from service.accounts.keys import has_other_key
from service.matching.domains import account_domains, registrable
from service.matching.normalise import normalise

LONGEST_WEBSITE: Final = 200
"""Characters of an unreadable website that are shown."""


class Digest(NamedTuple):
    """`accounts`: `id`, `populations`, `written_at` (epoch seconds), `domain`, `reason`, `name` (hash of the name key, null without one),
    `other` (a key beside the domain), `has_website`, `has_email`, `junk` (why the website is no company's) and its `host`.

    `numbers`: `id` and `number` (`scheme|id`), one row a registry number.
    """

    accounts: pl.DataFrame
    numbers: pl.DataFrame

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Self:
        """Of a frame with `id`, `populations`, `written_at` and the columns that yield keys. Pure and heavy."""
        found = normalise(rows)
        registry = pl.DataFrame({"id": rows["id"], "number": found["registry"]})
        accounts = (
            found.select("domain", pl.col("domain_reason").alias("reason"), _hashed_name(), has_other_key().alias("other"))
            .hstack(rows.select("id", "populations", "written_at"))
            .with_columns(
                rows["website"].is_not_null().alias("has_website"), rows["email"].is_not_null().alias("has_email")
            )
            .hstack(_junk(rows["website"], found["name"]))
        )  # fmt: skip
        return cls(accounts, registry.filter(pl.col("number").list.len() > 0).explode("number"))

    @classmethod
    def together(cls, parts: list[Self]) -> Self:
        """One of all pages; at least one page."""
        return cls(pl.concat([part.accounts for part in parts]), pl.concat([part.numbers for part in parts]))


def _hashed_name() -> pl.Expr:
    """Names are told apart by 64 bits: texts of a long list take ten times the room."""
    name = pl.col("name")
    return pl.when(name.is_not_null()).then(name.hash()).alias("name")


def _junk(website: pl.Series, name: pl.Series) -> pl.DataFrame:
    """`junk` and `host` of each website that is no company's: the host that many share, or what can't be read as it stands."""
    nothing = pl.Series("email", [None], dtype=pl.String).new_from_index(0, len(website))
    reason = account_domains(website, nothing, name).reason.alias("junk")
    host = registrable(website.set(reason.is_null(), None)).domain
    written = website.str.slice(0, LONGEST_WEBSITE)
    return pl.DataFrame({"junk": reason, "host": host, "written": written}).select(
        "junk", pl.when(pl.col("junk").is_not_null()).then(pl.coalesce("host", "written")).alias("host")
    )
