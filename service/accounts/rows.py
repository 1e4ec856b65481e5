"""Rows of a file → rows of the account table, column-wise: population, digest, identity."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl
import polars_hash as plh

from service.accounts.bits import BITS, STANDARD_BITS
from service.accounts.models import StandardPopulation
from service.imports.target import Order
from service.ingest.batches import cleaned
from service.ingest.values import Hints
from service.matching.normalise import normalise
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

READING = 2
"""Counts how texts were read so far; where they come to be read otherwise, the next file of each list is compared in full."""
_STATUS = pl.col("status").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
SEPARATOR = "\x1f"
LONGEST_IDENTITY = 500
"""Bytes; an index entry of PostgreSQL holds 2,704, and a longer identity stands as its hash."""
NAMING = ("domain", "name_key", "iso")
"""What names an account that has neither an external id nor a domain of its own: normalised, as `normalise` gives it."""
TELLING = ("slug", *REGISTRY_FIELDS)
"""What tells two rows of one name apart."""
NAMES = ("domain", "natural", "tail")
KNOWN = ("row", "line", "external_id", "digest", "populations", *NAMES)
"""What is known of each row of a file while it is told from the others."""


def bit_of(population: str, order: Order) -> int:
    """Of a standard population, or of a list that the order names."""
    return order.lists[population] if population in order.lists else BITS[StandardPopulation(population)]


def bits_spoken_of(order: Order) -> int:
    """The population bits that an import says something of; the others of an account stay as they are."""
    if order.population is not None:
        return bit_of(order.population, order)
    return sum(order.lists.values()) | STANDARD_BITS if "status" in order.fields else 0


def with_populations(frame: pl.DataFrame, order: Order) -> pl.DataFrame:
    """Add `populations` (Int64 bits): the order's population, else what the status column says; 0 where it says none.

    Its `statuses` are values of that column beside the known spellings, or other than they: value → population, None for none.
    """
    if order.population is not None:
        bit = bit_of(order.population, order)
        return frame.with_columns(pl.lit(bit, pl.Int64).alias("populations"))
    spelled = {word: BITS[p] for p, words in STATUS_SPELLINGS.items() for word in words}
    words = order.statuses
    own = pl.DataFrame({"status": list(words)}, schema={"status": pl.String}).select(_STATUS)["status"]
    spelled |= {word: bit_of(p, order) if p else 0 for word, p in zip(own, words.values(), strict=True)}
    return frame.with_columns(
        _STATUS.replace_strict(spelled, default=0, return_dtype=pl.Int64).fill_null(0).alias("populations")
    )


def with_digest(frame: pl.DataFrame, fields: Iterable[str]) -> pl.DataFrame:
    """Add `digest`: SHA-256 (64 hex characters) of which `fields` and attributes the file has and what the row says in them.

    A record that names its own fields in `said` has the digest of a row of a file of these. The external id has no part in
    it: it names the account and says nothing of it.
    """
    given = set(fields)
    said = [field for field in ACCOUNT_FIELDS if field in given and field != "external_id"]
    said += sorted(given - {*ACCOUNT_FIELDS})
    return with_digest_of(frame, said)


def canonical(frame: pl.DataFrame, said: Sequence[str], reading: str = "") -> pl.Expr:
    """`reading`, the names of these columns of text and what a row says in them; of a record, of those that it names in `said` itself."""
    if "said" not in frame.columns:
        texts = [pl.col(field).fill_null("") for field in said]
        return pl.concat_str([pl.lit(reading + ",".join(said)), *texts], separator=SEPARATOR)
    named = [pl.when(speaks_of(field)).then(pl.col(field).fill_null("")) for field in said]
    return pl.concat_str(
        [pl.format(f"{reading}{{}}", "said"), *named], separator=SEPARATOR, ignore_nulls=True
    )


def speaks_of(field: str) -> pl.Expr:
    """Whether the record names the field in `said`."""
    return pl.col("said").str.split(",").list.contains(field)


def with_digest_of(frame: pl.DataFrame, said: Sequence[str]) -> pl.DataFrame:
    """Add `digest`: SHA-256 (64 hex characters) of the names of these columns of text and of what the row says in them."""
    return (
        frame.with_columns(canonical(frame, said, f"{READING}:").alias("canonical"))
        .with_columns(plh.col("canonical").chash.sha2_256().alias("digest"))
        .drop("canonical")
    )


def settled_by(hints: Mapping[str, Hints]) -> str:
    """How values are to be read that the other values of a file settle; empty where nothing does."""
    return ";".join(
        f"{field}:{hint.decimal_mark or ''}:{hint.order or ''}"
        for field, hint in sorted(hints.items())
        if hint.decimal_mark or hint.order
    )


def with_hints(known: pl.DataFrame, hints: Mapping[str, Hints]) -> pl.DataFrame:
    """`known` with digests (bytes) that tell how the file's values are read, too, where its other values settle that: what they settle
    otherwise than in the file before is compared in full.
    """
    settled = settled_by(hints)
    if not settled:
        return known
    mixed = pl.concat_str([pl.col("digest").bin.encode("hex"), pl.lit(settled)], separator=SEPARATOR)
    return known.with_columns(mixed.alias("mixed")).with_columns(
        plh.col("mixed").chash.sha2_256().str.decode("hex").alias("digest")
    ).drop("mixed")  # fmt: skip


def with_names(frame: pl.DataFrame) -> pl.DataFrame:
    """Add what an account without an external id is known by: `domain`, `natural` (domain, name key, country), `tail` (what else
    may tell companies of one name apart); all null for rows that have one (of type Null where all rows
    have), and `natural` for rows that name nothing.
    """
    named = frame.filter(pl.col("external_id").is_not_null()).with_columns(
        pl.lit(None, pl.String).alias(column) for column in NAMES
    )
    bare = frame.filter(pl.col("external_id").is_null())
    if not bare.height:
        return named.with_columns(pl.col(NAMES).cast(pl.Null))
    normalised = normalise(bare)
    found = bare.with_columns(
        normalised["domain"], normalised["name"].alias("name_key"), normalised["country"].alias("iso"),
        normalised["linkedin"].alias("slug"),
    )  # fmt: skip
    is_named = pl.any_horizontal(pl.col("domain", "name_key", "slug", *REGISTRY_FIELDS).is_not_null())
    found = found.with_columns(
        pl.when(is_named).then(_joined(NAMING)).alias("natural"), _joined(TELLING).alias("tail")
    )
    return pl.concat([named, found.select(named.columns)]).sort("row")


def identified(rows: pl.DataFrame) -> pl.DataFrame:
    """`identity` instead of `natural` and `tail`, over all rows of a file: the external id; else the domain where the file has
    it once among such rows; else domain with name key, or name key with country. Null where a row names nothing.

    What else may tell companies apart counts only between rows that would be one account.
    """
    given = pl.format("x:{}", "external_id")
    if not rows["external_id"].null_count():
        known = rows.with_columns(given.alias("identity"), pl.lit(None, pl.String).alias("domain"))
        return known.drop("natural", "tail").with_columns(bounded("identity"))
    alone = pl.col("domain").is_not_null() & (pl.len().over("domain") == 1)
    shared = pl.col("tail").n_unique().over("natural") > 1
    identity = (
        pl.when(alone).then(pl.format("d:{}", "domain"))
        .when(shared).then(pl.format("n:{}|{}", "natural", "tail"))
        .otherwise(pl.format("n:{}", "natural"))
    )  # fmt: skip
    bare = rows.filter(pl.col("external_id").is_null() & pl.col("natural").is_not_null())
    found = rows.join(
        bare.select("row", identity.alias("found")), on="row", how="left", maintain_order="left"
    )
    whole = pl.coalesce(given, "found").alias("identity")
    return found.with_columns(whole).drop("natural", "tail", "found").with_columns(bounded("identity"))


def identity_of_external(external_id: str) -> str:
    """The identity of an account that has this external id, cleaned as a record's is."""
    whole = pl.select(pl.format("x:{}", cleaned(pl.lit(external_id))).alias("identity"))
    identity: str = whole.select(bounded("identity")).item()
    return identity


def bounded(column: str) -> pl.Expr:
    """An identity, or its hash where it is too long to be indexed."""
    hashed = "h:" + plh.col(column).chash.sha2_256()
    too_long = pl.col(column).str.len_bytes() > LONGEST_IDENTITY
    return pl.when(too_long).then(hashed).otherwise(pl.col(column)).alias(column)


def _joined(columns: Iterable[str]) -> pl.Expr:
    texts = [pl.col(column).fill_null("") for column in columns]
    return pl.format("|".join(["{}"] * len(texts)), *texts)


def split_nameless(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows with an identity, and those that name no company at all."""
    return frame.filter(pl.col("identity").is_not_null()), frame.filter(pl.col("identity").is_null())


def split_duplicates(
    frame: pl.DataFrame, repeated: pl.DataFrame | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The first row of each identity, and the later ones with `first_row`, the row that stands for them.

    `repeated` are rows that come after one which isn't among these: `row` and `first_row`.
    """
    if repeated is not None and repeated.height:
        first, later = split_duplicates(frame.join(repeated, on="row", how="anti", maintain_order="left"))
        return first, pl.concat([later, frame.join(repeated, on="row", maintain_order="left")]).sort("row")
    is_first = frame["identity"].is_first_distinct()
    first, later = frame.filter(is_first), frame.filter(~is_first)
    if not later.height:
        return first, later.with_columns(pl.col("row").alias("first_row"))
    standing = first.select("identity", pl.col("row").alias("first_row"))
    standing = standing.join(later.select("identity").unique(), on="identity", how="semi")
    return first, later.join(standing, on="identity", maintain_order="left")
