"""Rows of a file → rows of the account table, column-wise: population, identity, digest."""

from collections.abc import Mapping

import polars as pl
import polars_hash as plh

from service.accounts.models import StandardPopulation
from service.matching.records import ACCOUNT_FIELDS, REGISTRY_FIELDS

STATUS_SPELLINGS: Mapping[StandardPopulation, tuple[str, ...]] = {
    StandardPopulation.CUSTOMERS: (
        "customer", "customers", "client", "clients", "active", "active customer", "closed won", "won", "kunde", "kunden",
        "bestandskunde", "cliente", "clientes", "subscriber", "installed base", "existing customer",
    ),
    StandardPopulation.OPEN_OPPORTUNITIES: (
        "open opportunity", "open opportunities", "opportunity", "opportunities", "open opp", "in negotiation", "negotiation",
        "proposal", "pipeline", "qualified", "sales qualified lead", "sql", "verhandlung", "chance", "offene chance", "opportunite",
        "oportunidad",
    ),
    StandardPopulation.PROSPECTS: (
        "prospect", "prospects", "lead", "leads", "target", "target account", "marketing qualified lead", "mql", "suspect",
        "interessent", "interessenten", "prospecto", "prospecte", "zielkunde", "new", "open",
    ),
}  # fmt: skip
"""Spellings of a CRM's status column, compared in lower case with single spaces."""

SEPARATOR = "\x1f"
LONGEST_IDENTITY = 500
"""Bytes; an index entry of PostgreSQL holds 2,704, and a longer identity stands as its hash."""
NAMING = ("domain", "name_key", "iso", "linkedin", *REGISTRY_FIELDS)
"""What names an account that has neither an external id nor a domain of its own."""
BITS: Mapping[StandardPopulation, int] = {p: 1 << bit for bit, p in enumerate(StandardPopulation)}


def with_populations(frame: pl.DataFrame, population: StandardPopulation | None) -> pl.DataFrame:
    """Add `populations` (Int64 bits): the import-wide `population`, else what the status column says; 0 where it says none."""
    if population is not None:
        return frame.with_columns(pl.lit(BITS[population], pl.Int64).alias("populations"))
    spelled = {word: BITS[p] for p, words in STATUS_SPELLINGS.items() for word in words}
    status = pl.col("status").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    return frame.with_columns(
        status.replace_strict(spelled, default=0, return_dtype=pl.Int64).fill_null(0).alias("populations")
    )


def with_identity(frame: pl.DataFrame, normalised: pl.DataFrame) -> pl.DataFrame:
    """Add `domain`, `identity` and `digest`; `normalised` has the same rows.

    Identity: the external id; else the domain where the file has it once; else domain with name key, or name key with
    country. Digest: SHA-256 (64 hex characters) of all fields and the populations.
    """
    keyed = frame.with_columns(
        normalised["domain"], normalised["name"].alias("name_key"), normalised["country"].alias("iso")
    )
    bare = pl.col("external_id").is_null()
    alone = pl.col("domain").is_not_null() & (bare.sum().over("domain") == 1)
    identity = (
        pl.when(~bare).then(pl.format("x:{}", "external_id"))
        .when(alone).then(pl.format("d:{}", "domain"))
        .otherwise(pl.format("n:" + "|".join(["{}"] * len(NAMING)), *(pl.col(c).fill_null("") for c in NAMING)))
    )  # fmt: skip
    canonical = pl.concat_str(
        [pl.col("populations").cast(pl.String), *(pl.col(f).fill_null("") for f in ACCOUNT_FIELDS)],
        separator=SEPARATOR,
    )
    return (
        keyed.with_columns(identity.alias("identity"), canonical.alias("canonical"))
        .with_columns(
            pl.when(pl.col("identity").str.len_bytes() > LONGEST_IDENTITY)
            .then("h:" + plh.col("identity").chash.sha2_256())
            .otherwise(pl.col("identity"))
            .alias("identity"),
            plh.col("canonical").chash.sha2_256().alias("digest"),
        )
        .drop("canonical", "name_key", "iso")
    )


def split_duplicates(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The first row of each identity, and the later ones with `first_row`, the row that stands for them."""
    marked = frame.with_columns(pl.col("row").first().over("identity").alias("first_row"))
    first = pl.col("row") == pl.col("first_row")
    return marked.filter(first).drop("first_row"), marked.filter(~first)
