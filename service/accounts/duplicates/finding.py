"""A whole list → groups of accounts that are one company. Pure but for the reading, which is handed in."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from service.linking.keys import LinkKeys
from service.linking.local import local_keys
from service.linking.prepare import prepare
from service.linking.within import Alike, alike, components, score_alike
from service.matching.keys import EVIDENCE_ALONE
from service.matching.kinds import Attribute
from service.matching.normalise import normalise
from service.matching.score import AUTO, REVIEW, evidence_column

LARGEST: Final = 50
"""Accounts of a group: of more the first are shown, and the others once these are merged."""
MOST: Final = 100_000
"""Groups that are kept, the surest."""
LEAST: Final = 0.5
"""Confidence of a pair to be reviewed."""
_CHUNK_ROWS: Final = 1 << 15
GROUPS: Final = {
    "members": pl.String, "accounts": pl.String, "status": pl.String, "confidence": pl.Float64, "pairs": pl.String,
}  # fmt: skip
"""`members`: SHA-256 of the ids, in hex after \\x; `accounts`: PostgreSQL's text of their array; `pairs`: JSON."""
_PAIR: Final = ("left", "right", "confidence", "weight", "rules", *map(evidence_column, Attribute))


@dataclass(slots=True, eq=False)
class Listing:
    """A list as it is read part by part; nothing of it stays but what keys are made of."""

    ids: list[pl.Series]
    normalised: list[pl.DataFrame]

    def take(self, accounts: pl.DataFrame) -> None:
        """Of accounts with `id` and the fields that yield keys."""
        self.ids.append(accounts["id"])
        self.normalised.append(normalise(accounts, chunk_rows=_CHUNK_ROWS).drop(EVIDENCE_ALONE))

    def candidates(self) -> "Candidates":
        """What the list gives is emptied: a long one takes no memory while its pairs are weighed."""
        ids, normalised = pl.concat(self.ids), pl.concat(self.normalised, rechunk=False)
        self.ids.clear()
        self.normalised.clear()
        link = local_keys()
        return Candidates(ids, link, alike(normalised, link))


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Where keys of the accounts `ids` meet."""

    ids: pl.Series
    link: LinkKeys
    found: Alike

    @property
    def concerned(self) -> list[str]:
        """Ids of the accounts in a meeting."""
        return self.ids[self.found.positions.astype(np.uint32)].to_list()

    def pairs(self, accounts: pl.DataFrame) -> pl.DataFrame:
        """`left` and `right` (ids, the lower one left) with what scoring says, surest first; `accounts` are those concerned."""
        places = pl.DataFrame({"id": self.ids, "at": np.arange(len(self.ids), dtype=np.uint64)})
        refs = accounts.select("id").join(places, on="id", how="left", maintain_order="left")["at"]
        # one that was removed since it was read is in no pair
        here = refs.to_frame("ref")
        meetings = self.found.meetings.join(here, left_on="left", right_on="ref", how="semi")
        meetings = meetings.join(here, left_on="right", right_on="ref", how="semi")
        scored = score_alike(meetings, prepare(accounts), refs.to_numpy(), self.link)
        one, other = (self.ids[scored[side].cast(pl.UInt32)] for side in ("left", "right"))
        named = scored.with_columns(one.alias("one"), other.alias("other"))
        ordered = named.with_columns(
            pl.min_horizontal("one", "other").alias("left"), pl.max_horizontal("one", "other").alias("right")
        )
        return ordered.select(*_PAIR, "status").sort(
            "confidence", "left", "right", descending=[True, False, False]
        )


def groups_of(pairs: pl.DataFrame, dismissed: pl.DataFrame) -> pl.DataFrame:
    """Groups with the columns of `GROUPS`, surest first; `dismissed` has `left` and `right` of pairs that aren't one company.

    A group is `auto` where sure pairs hold it together. What is only to be reviewed makes groups of two, so that doubts
    don't add up along a chain: one of the best pair between what sure pairs hold together.
    """
    left = pairs.join(dismissed, on=["left", "right"], how="anti", maintain_order="left")
    sure, doubtful = left.filter(pl.col("status") == AUTO), left.filter(pl.col("status") == REVIEW)
    held = _held(sure)
    labelled = sure.join(held.rename({"id": "left"}), on="left", maintain_order="left")
    twos, of_twos = _in_twos(doubtful.filter(pl.col("confidence") >= LEAST), held)
    parts = [_grouped(labelled, held, AUTO), _grouped(twos, of_twos, REVIEW)]
    return pl.concat(parts).sort("confidence", "members", descending=[True, False]).head(MOST)


def _held(sure: pl.DataFrame) -> pl.DataFrame:
    """`id` and `group` of every account in a sure pair, up to `LARGEST` a group."""
    ids = pl.concat([sure["left"], sure["right"]]).unique(maintain_order=True).sort()
    places = pl.DataFrame({"id": ids, "at": np.arange(len(ids), dtype=np.uint64)})
    left, right = (
        sure.select(pl.col(side).alias("id")).join(places, on="id", how="left", maintain_order="left")["at"]
        for side in ("left", "right")
    )
    nodes, labels = components(left.to_numpy(), right.to_numpy())
    held = pl.DataFrame(
        {"id": ids[nodes.astype(np.uint32)], "group": labels}, schema_overrides={"group": pl.Int64}
    )
    return held.filter(pl.int_range(pl.len()).over("group") < LARGEST)


def _in_twos(doubtful: pl.DataFrame, held: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The best pair between two accounts or sure groups, each with a `group` of its own; and `id` and `group` of its accounts."""
    of = held.select("id", pl.format("group {}", "group").alias("of"))
    for side in ("left", "right"):
        named = of.rename({"id": side, "of": f"{side}_of"})
        doubtful = doubtful.join(named, on=side, how="left", maintain_order="left")
    sides = [pl.coalesce(f"{side}_of", side) for side in ("left", "right")]
    between = doubtful.with_columns(low=pl.min_horizontal(sides), high=pl.max_horizontal(sides))
    between = between.filter(pl.col("low") != pl.col("high"))
    best = between.unique(["low", "high"], keep="first", maintain_order=True)
    best = best.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("group"))
    return best, pl.concat([best.select(pl.col(side).alias("id"), "group") for side in ("left", "right")])


def _grouped(pairs: pl.DataFrame, held: pl.DataFrame, status: str) -> pl.DataFrame:
    """`pairs` with a `group`, of the accounts `held` in it."""
    for side in ("left", "right"):  # without those that a large group has no room for
        pairs = pairs.join(
            held.select(pl.col("id").alias(side), "group"),
            on=[side, "group"],
            how="semi",
            maintain_order="left",
        )
    if not pairs.height:
        return pl.DataFrame(schema=GROUPS)
    listed = pairs.group_by("group").agg(pl.col("confidence").min(), pl.struct(_PAIR).alias("pairs"))
    ids = held.sort("id").group_by("group").agg("id")
    return listed.join(ids, on="group").select(
        pl.col("id").map_elements(_members, return_dtype=pl.String).alias("members"),
        ("{" + pl.col("id").list.join(",") + "}").alias("accounts"),
        pl.lit(status).alias("status"),
        "confidence",
        pl.struct("pairs").struct.json_encode().alias("pairs"),
    )


def _members(ids: Sequence[str]) -> str:
    return "\\x" + hashlib.sha256(",".join(ids).encode()).hexdigest()
