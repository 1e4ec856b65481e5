"""Where two accounts belong to one owner: tokens of the companies above them meet each other, and the other side's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import polars as pl

from service.linking.meet import KIND_TYPE, MAX_PAIRS_PER_TOKEN, TokenSet
from service.linking.score import DEFAULT_THRESHOLD
from service.matching.kinds import Attribute, KeyKind, Level, Role
from service.matching.score import AUTO, evidence_column, score
from service.matching.weights import owner_weights

Roles = Mapping[Role, TokenSet]
"""One side's tokens by the role of whoever's key they are."""
LEVEL_TYPE = pl.Enum([level.value for level in Level])
MOST_MEETINGS = 1_000_000
"""Of two lists together; owners of the most accounts are left out first."""
_TOKEN = ["high", "low"]
_MET = ["left", "right", "level"]
_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "kind": KIND_TYPE,
    "left": pl.UInt64,
    "right": pl.UInt64,
    "level": LEVEL_TYPE,
}


@dataclass(frozen=True, slots=True, eq=False)
class Related:
    """`pairs`: `left`, `right` (UInt64 references), `level`, a Boolean a kind, `weight`, `confidence`, `status` and `rules`; each pair once,
    at the nearest level at which it is sure, else the nearest. `left_out`: keys of owners that would have joined too many pairs.
    """

    pairs: pl.DataFrame
    left_out: int


def relate(left: Roles, right: Roles, level: Level, *, threshold: float = DEFAULT_THRESHOLD) -> Related:
    """Pairs that meet at a level above `same_company`, as far as `level`.

    The keys that met speak alone: what else is known of two accounts says nothing of who owns them.
    """
    meetings, left_out = _meetings(_places(left, right, level))
    met = (
        meetings.group_by(_MET)
        .agg((pl.col("kind") == kind.value).any().alias(kind.value) for kind in KeyKind)
        .with_columns(pl.lit(0, pl.Int8).alias(evidence_column(a)) for a in Attribute)
    )
    scored = score(met, threshold=threshold, weights=owner_weights()).drop(
        evidence_column(a) for a in Attribute
    )
    ordered = scored.sort("left", "right", pl.col("status") != AUTO, "level")
    return Related(ordered.unique(["left", "right"], keep="first", maintain_order=True), left_out)


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where tokens of one kind meet at one level: those that both sides have, `high`, `low` and `ref`."""

    level: Level
    kind: KeyKind
    left: pl.DataFrame
    right: pl.DataFrame

    def sizes(self) -> pl.DataFrame:
        """`high`, `low`, and how many `pairs` the token joins."""
        sides = (
            side.group_by(_TOKEN).len(f"of_{place}") for place, side in enumerate((self.left, self.right))
        )
        left, right = sides
        return left.join(right, on=_TOKEN).select(
            *_TOKEN, pairs=pl.col("of_0").cast(pl.UInt64) * pl.col("of_1")
        )


def _places(left: Roles, right: Roles, level: Level) -> list[_Place]:
    found = []
    for mine, theirs in product(level.roles(), repeat=2):
        if (at := _level(mine, theirs)) is Level.SAME_COMPANY:
            continue
        one, other = left.get(mine, {}), right.get(theirs, {})
        for kind in (kind for kind in KeyKind if kind in one and kind in other):
            a, b = one[kind].frame(), other[kind].frame()
            found.append(_Place(at, kind, a.join(b, on=_TOKEN, how="semi"), b.join(a, on=_TOKEN, how="semi")))
    return found


def _meetings(places: list[_Place]) -> tuple[pl.DataFrame, int]:
    """`kind`, `left`, `right`, `level` by tokens that join the fewest pairs, as long as there is room; how many tokens found none."""
    sizes = pl.concat([
        pl.DataFrame(schema={"high": pl.UInt64, "low": pl.UInt64, "pairs": pl.UInt64, "place": pl.Int32}),
        *(place.sizes().with_columns(pl.lit(at, pl.Int32).alias("place")) for at, place in enumerate(places)),
    ]).sort("pairs", "place", *_TOKEN)  # fmt: skip
    fit = sizes.filter(pl.col("pairs") <= MAX_PAIRS_PER_TOKEN, pl.col("pairs").cum_sum() <= MOST_MEETINGS)
    parts = [pl.DataFrame(schema=_SCHEMA)]
    for at, place in enumerate(places):
        few = place.left.join(fit.filter(pl.col("place") == at), on=_TOKEN, how="semi")
        joined = few.rename({"ref": "left"}).join(place.right.rename({"ref": "right"}), on=_TOKEN)
        named = pl.lit(place.kind.value, KIND_TYPE).alias("kind"), pl.lit(place.level.value, LEVEL_TYPE)
        parts.append(joined.select(named[0], "left", "right", named[1].alias("level")))
    return pl.concat(parts), sizes.height - fit.height


def _level(mine: Role, theirs: Role) -> Level:
    return list(Level)[max(list(Role).index(role) for role in (mine, theirs))]
