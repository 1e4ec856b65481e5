"""Where two accounts belong to one owner: tokens of the companies above them meet each other, and the other side's own."""

from collections.abc import Mapping
from itertools import product

import polars as pl

from service.linking.meet import TokenSet, meet
from service.linking.score import DEFAULT_THRESHOLD
from service.matching.kinds import Attribute, KeyKind, Level, Role
from service.matching.score import AUTO, evidence_column, score

Roles = Mapping[Role, TokenSet]
"""One side's tokens by the role of whoever's key they are."""
LEVEL_TYPE = pl.Enum([level.value for level in Level])
_MET = ["left", "right", "level"]


def relate(left: Roles, right: Roles, level: Level, *, threshold: float = DEFAULT_THRESHOLD) -> pl.DataFrame:
    """Pairs that meet at a level above `same_company`, as far as `level`: `left`, `right` (UInt64 references), `level`, a Boolean a kind,
    `weight`, `confidence`, `status` and `rules`; each pair once, at the nearest level at which it is sure, else the nearest.

    The keys that met speak alone: what else is known of two accounts says nothing of who owns them.
    """
    parts = [
        meet(left.get(mine, {}), right.get(theirs, {}))
        .meetings.select("kind", "left", "right")
        .with_columns(pl.lit(_level(mine, theirs).value, LEVEL_TYPE).alias("level"))
        for mine, theirs in product(level.roles(), repeat=2)
        if _level(mine, theirs) is not Level.SAME_COMPANY
    ]
    if not parts:
        parts = [meet({}, {}).meetings.select("kind", "left", "right", level=pl.lit(None, LEVEL_TYPE))]
    met = (
        pl.concat(parts)
        .group_by(_MET)
        .agg((pl.col("kind") == kind.value).any().alias(kind.value) for kind in KeyKind)
        .with_columns(pl.lit(0, pl.Int8).alias(evidence_column(a)) for a in Attribute)
    )
    scored = score(met, threshold=threshold).drop(evidence_column(a) for a in Attribute)
    return scored.sort("left", "right", pl.col("status") != AUTO, "level").unique(
        ["left", "right"], keep="first", maintain_order=True
    )


def _level(mine: Role, theirs: Role) -> Level:
    return list(Level)[max(list(Role).index(role) for role in (mine, theirs))]
