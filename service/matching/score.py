"""The score of candidate pairs, column-wise: match weights summed, a confidence, a status."""

from collections.abc import Iterable

import polars as pl

from service.matching.kinds import Attribute, KeyKind
from service.matching.shared import SHARED
from service.matching.weights import (
    AGREES,
    ALONE,
    DIFFERS,
    EVERY_GROUP,
    GROUPS,
    IDENTIFIERS,
    JOINS,
    LEADS,
    NAMES,
    RIVALS,
    Weights,
    shipped_weights,
)

AUTO_FROM = 0.90
AUTO, REVIEW = "auto", "review"


def evidence_column(attribute: Attribute) -> str:
    """The name of the Int8 column that says whether `attribute` agrees (1), differs (-1) or is unknown (0).

    Of the domain also whether it is `SHARED` with other accounts of a list.
    """
    return f"ev_{attribute}"


def domain_is_shared() -> pl.Expr:
    """Whether the two met by a domain that other accounts of a list bear too: it is evidence and identifies nobody."""
    return pl.col(KeyKind.DOMAIN) & (pl.col(evidence_column(Attribute.DOMAIN)) == SHARED)


def counting(kind: KeyKind) -> pl.Expr:
    """Whether `kind` met and counts as a key."""
    return pl.col(kind) & ~domain_is_shared() if kind is KeyKind.DOMAIN else pl.col(kind)


def _any_counts(kinds: Iterable[KeyKind]) -> pl.Expr:
    return pl.any_horizontal(pl.lit(value=False), *map(counting, kinds))


def domain_alone() -> pl.Expr:
    """Whether a domain that others share is all that met."""
    return domain_is_shared() & ~_any_counts(KeyKind)


def score(
    pairs: pl.DataFrame, *, threshold: float = AUTO_FROM, weights: Weights | None = None
) -> pl.DataFrame:
    """`pairs` with `weight` (bits of log odds), `confidence` (0-1), `status` and `rules`.

    Wants a Boolean column per `KeyKind` (whether that kind met) and an Int8 column `ev_<attribute>` per `Attribute`
    (`evidence_column`); at least one kind must have met in each row. `status` is `auto` from `threshold` on, else `review`;
    companies of one name with a domain each are for people to tell apart, whatever the threshold.
    """
    table = weights or shipped_weights()
    grouped = pairs.with_columns(group_column().alias("_group"))
    bits = pl.lit(table.prior) + sum((_kind_bits(kind, table) for kind in KeyKind), start=pl.lit(0.0))
    bits += sum((_evidence_bits(attribute, table) for attribute in Attribute), start=pl.lit(0.0))
    bits += pl.when(domain_alone()).then(table.of(EVERY_GROUP, KeyKind.DOMAIN, ALONE)).otherwise(0.0)
    confidence = 1 / (1 + (-pl.col("weight") * pl.lit(2.0).log()).exp())
    scored = grouped.with_columns(bits.alias("weight")).with_columns(
        confidence.alias("confidence"), _rules().alias("rules")
    )
    sure = (pl.col("confidence") >= threshold) & ~pl.col("_group").is_in(RIVALS)
    status = pl.when(sure).then(pl.lit(AUTO)).otherwise(pl.lit(REVIEW))
    return scored.with_columns(status.alias("status")).drop("_group")


def group_column() -> pl.Expr:
    """The group of `weights` that speaks for a pair."""
    rivals = (
        pl.when(pl.col(evidence_column(Attribute.DOMAIN)) < 0).then(pl.lit("_rivals")).otherwise(pl.lit(""))
    )
    strong = (
        pl.when(KeyKind.NAME)
        .then(pl.lit(KeyKind.NAME.value))
        .when(KeyKind.NAME_WEAK)
        .then(pl.lit(KeyKind.NAME_WEAK.value))
    )
    named = strong.otherwise(pl.lit(KeyKind.NAME_HEAD.value)) + rivals
    identified = _any_counts(IDENTIFIERS) | domain_alone()
    return pl.when(identified).then(pl.lit("identifier")).otherwise(named)


def _stronger(kind: KeyKind) -> list[KeyKind]:
    return list(KeyKind)[: list(KeyKind).index(kind)]


def implied_by(kind: KeyKind) -> list[KeyKind]:
    """Kinds that make `kind` say nothing more when they met: of the three name kinds only the strongest counts."""
    return list(NAMES[: NAMES.index(kind)]) if kind in NAMES else []


def kind_counts(kind: KeyKind) -> tuple[pl.Expr, pl.Expr]:
    """Whether `kind` met and leads, and whether it met and joins a stronger one; neither where a stronger name implies it."""
    counts = counting(kind) & ~_any_counts(implied_by(kind))
    behind = _any_counts(_stronger(kind))
    return counts & ~behind, counts & behind


def _kind_bits(kind: KeyKind, table: Weights) -> pl.Expr:
    leads, joins = kind_counts(kind)
    said_leading, said_joining = (table.of(EVERY_GROUP, kind, outcome) for outcome in (LEADS, JOINS))
    return pl.when(leads).then(said_leading).when(joins).then(said_joining).otherwise(0.0)


def _evidence_bits(attribute: Attribute, table: Weights) -> pl.Expr:
    by_group = {
        outcome: pl.col("_group").replace_strict(
            list(GROUPS), [table.of(group, attribute, outcome) for group in GROUPS], return_dtype=pl.Float64
        )
        for outcome in (AGREES, DIFFERS)
    }
    value = said(attribute)
    return pl.when(value > 0).then(by_group[AGREES]).when(value < 0).then(by_group[DIFFERS]).otherwise(0.0)


def said(attribute: Attribute) -> pl.Expr:
    """The agreement as far as the key that met doesn't say it already."""
    value = pl.col(evidence_column(attribute))
    if attribute is Attribute.DOMAIN:
        beside = domain_is_shared() & _any_counts(KeyKind)
        return pl.when(beside).then(1).when(KeyKind.DOMAIN).then(0).otherwise(value)
    if attribute is Attribute.REGISTRY_ID:
        return pl.when(KeyKind.REGISTRY_ID).then(0).otherwise(value)
    if attribute is Attribute.SPACED_NAME:
        return pl.when(pl.any_horizontal(NAMES)).then(0).otherwise(value)
    return value


def _rules() -> pl.Expr:
    """Kinds that met, joined by `+`, strongest first; of the name kinds only the strongest, which implies the rest."""
    parts = [
        pl.when(
            pl.col(kind) & ~(pl.any_horizontal(implied_by(kind)) if implied_by(kind) else pl.lit(value=False))
        ).then(pl.lit(kind.value))
        for kind in KeyKind
    ]
    return pl.concat_str(parts, separator="+", ignore_nulls=True)
