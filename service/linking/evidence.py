"""Evidence of the candidate pairs: codes keyed by the match key they accompany, compared only where keys have met."""

import numpy as np
import polars as pl

from service.crypto.columns import evidence_codes
from service.linking.columns import U64
from service.linking.keys import LinkKeys
from service.linking.meet import KIND_TYPE
from service.linking.prepare import Prepared
from service.linking.tokens import token_bytes
from service.matching.kinds import Attribute, KeyKind
from service.matching.numbers import EVIDENCE, numbers_agree
from service.matching.shared import SHARED, shared_domains, told_besides

TOKEN = ["kind", "high", "low", "ref"]
CODES = {f"code_{value}": pl.UInt16 for value in EVIDENCE}
SHOWN = "shown"
"""Beside the codes: whether the account's owner lets the other side see it. All are shown where nobody says otherwise."""
_NAME_CODE = f"code_{Attribute.SPACED_NAME}"
_SEVERAL = pl.col("high").is_duplicated()
"""Of meetings at domains: whether there are others at the same one. Two that begin alike do no harm."""


def leading(meetings: pl.DataFrame) -> pl.DataFrame:
    """Each pair's meeting by its strongest key: its evidence is asked for under that one.

    The same values would agree under every key of the pair, so more codes would say nothing more, and cost and reveal more.
    """
    ordered = meetings.sort("kind", "high", "low")
    return ordered.unique(["left", "right"], keep="first", maintain_order=True)


def wanted(meetings: pl.DataFrame, side: str) -> pl.DataFrame:
    """What the side named `left` or `right` is asked for: (kind, high, low, ref) of its `leading` meetings, and of those at domains at
    which several meet, sorted, each once.
    """
    asked = pl.concat([leading(meetings), at_domains(meetings).filter(_SEVERAL).select(meetings.columns)])
    return asked.select("kind", "high", "low", pl.col(side).alias("ref")).unique().sort(TOKEN)


def at_domains(met: pl.DataFrame) -> pl.DataFrame:
    """What stands under a domain."""
    return met.filter(pl.col("kind") == KeyKind.DOMAIN.value)


def codes_for(asked: pl.DataFrame, prepared: Prepared, refs: U64, link: LinkKeys) -> pl.DataFrame:
    """`asked` (from `wanted`) with a UInt16 code an attribute, in the same order; 0 = not known.

    `prepared` and `refs` may be those of the accounts in `asked` alone. A token in `asked` that the accounts no longer
    give (the list changed since) has all codes 0.
    """
    parts = [asked.head(0).with_columns(pl.lit(0, kept).alias(c) for c, kept in CODES.items())]
    parts += [
        _codes_of_kind(kind, asked.filter(pl.col("kind") == kind.value), prepared, refs, link)
        for kind, frame in prepared.keys.columns.items()
        if frame.height and (asked["kind"] == kind.value).any()
    ]
    known = pl.concat(parts).unique(TOKEN, keep="first")
    return asked.join(known, on=TOKEN, how="left", maintain_order="left").with_columns(
        pl.col(list(CODES)).fill_null(0)
    )


def _codes_of_kind(
    kind: KeyKind, asked: pl.DataFrame, prepared: Prepared, refs: U64, link: LinkKeys
) -> pl.DataFrame:
    keys = prepared.keys.columns[kind]
    named = keys.with_columns(pl.Series("ref", refs[keys["index"].to_numpy()]))
    named = named.join(asked.select("ref").unique(), on="ref", how="semi")
    words = token_bytes(named["key"], kind, link).view(">u8").reshape(-1, 2).astype(np.uint64)
    given = named.with_columns(pl.Series("high", words[:, 0]), pl.Series("low", words[:, 1]))
    given = given.join(asked, on=["high", "low", "ref"], how="semi")
    values = prepared.evidence[given["index"]]
    key = link.evidence_key(kind)
    codes = {
        f"code_{value}": evidence_codes(given["key"], value, values[value], key)
        for value in EVIDENCE
        if values[value].null_count() < values.height
    }
    unknown = np.zeros(values.height, np.uint16)
    return given.select(pl.lit(kind.value, KIND_TYPE).alias("kind"), "high", "low", "ref").with_columns(
        pl.Series(name, codes.get(name, unknown)) for name in CODES
    )


def with_shown(codes: pl.DataFrame, shown: U64) -> pl.DataFrame:
    """`codes` with `SHOWN`, by the references of the accounts that are."""
    return codes.with_columns(pl.col("ref").is_in(pl.Series(shown).implode()).alias(SHOWN))


def compare(
    meetings: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame, *, one_list: bool = False
) -> pl.DataFrame:
    """One row a pair, ready to be scored: `left`, `right`, a Boolean a kind, and `ev_<attribute>` Int8 (1, −1, 0).

    The codes that stand beside the pair's strongest key speak; a domain key that met counts the domain as agreeing, or as `SHARED`.
    Pairs at a shared domain of which another account has the name are left out. Of a pair that counts, all that bear a domain at which
    it meets must be among `meetings`, with all their meetings; `one_list` says that both sides are the same list.
    """
    kinds = meetings.group_by("left", "right").agg(
        (pl.col("kind") == kind.value).any().alias(kind.value) for kind in KeyKind
    )
    said = (
        leading(meetings)
        .join(left.rename({"ref": "left"} | {c: f"l_{c}" for c in CODES}), on=["kind", "high", "low", "left"])
        .join(
            right.rename({"ref": "right"} | {c: f"r_{c}" for c in CODES}),
            on=["kind", "high", "low", "right"],
        )
        .select("left", "right", *(_agreement(value) for value in EVIDENCE))
        .select(
            "left",
            "right",
            *(numbers_agree() if a is Attribute.REGISTRY_ID else f"ev_{a.value}" for a in Attribute),
        )
    )
    met = at_domains(meetings).select("high", "low", "left", "right")
    several = met.select(_SEVERAL).to_series()
    named = _named(met.filter(several), kinds, left, right)
    shared = shared_domains(named, ["high", "low"], one_list=one_list)
    shared = shared.join(met.filter(~several), on=["left", "right"], how="anti")
    pairs = kinds.join(said, on=["left", "right"]).join(shared, on=["left", "right"], how="left")
    agreeing = pl.when(pl.col("settled").is_null()).then(1).otherwise(SHARED).cast(pl.Int8)
    found = pairs.filter(~pl.col("settled").fill_null(value=False)).with_columns(
        pl.when(pl.col(kind.value)).then(value).otherwise(pl.col(f"ev_{a.value}")).alias(f"ev_{a.value}")
        for kind, a, value in (
            (KeyKind.DOMAIN, Attribute.DOMAIN, agreeing),
            (KeyKind.REGISTRY_ID, Attribute.REGISTRY_ID, pl.lit(1, pl.Int8)),
        )
    )
    return found.drop("settled").sort("left", "right")


def _named(met: pl.DataFrame, kinds: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """`met` at domains, with what tells the names of the two apart, their codes under that very domain, and whether each is shown."""
    for side, codes in (("left", left), ("right", right)):
        shown = pl.col(SHOWN) if SHOWN in codes.columns else pl.lit(value=True)
        names = at_domains(codes).select(
            "high", "low", pl.col("ref").alias(side),
            pl.col(_NAME_CODE).replace(0, None).alias(f"{side}_name"), shown.alias(f"{side}_shown"),
        )  # fmt: skip
        met = met.join(names, on=["high", "low", side])
    return met.join(kinds.select("left", "right", *told_besides()), on=["left", "right"])


def _agreement(value: str) -> pl.Expr:
    mine, theirs = pl.col(f"l_code_{value}"), pl.col(f"r_code_{value}")
    return (
        pl.when((mine == 0) | (theirs == 0))
        .then(0)
        .when(mine == theirs)
        .then(1)
        .otherwise(-1)
        .cast(pl.Int8)
        .alias(f"ev_{value}")
    )
