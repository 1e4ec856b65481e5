"""Accounts of one side, made ready: normalised, with their match keys and their evidence."""

from dataclasses import dataclass, replace

import polars as pl

from service.matching.keys import MatchKeys, evidence, match_keys
from service.matching.kinds import KeyKind
from service.matching.normalise import normalise


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """`normalised` and `evidence` have one row an account, in the order given; `keys` name accounts by that position."""

    normalised: pl.DataFrame
    keys: MatchKeys
    evidence: pl.DataFrame

    @property
    def accounts(self) -> int:
        return self.normalised.height

    def subset(self, positions: pl.Series) -> "Prepared":
        """The same for the accounts at `positions` (UInt32, unique) alone; guards stand as they were found over all."""
        moved = pl.DataFrame(
            {"index": positions, "to": pl.int_range(len(positions), dtype=pl.UInt32, eager=True)}
        )
        columns, withheld = (
            {
                kind: frame.join(moved, on="index").select(pl.col("to").alias("index"), "key")
                for kind, frame in found.items()
            }
            for found in (self.keys.columns, self.keys.withheld)
        )
        keys = replace(self.keys, columns=columns, withheld=withheld)
        return Prepared(self.normalised[positions], keys, self.evidence[positions])


def prepare(accounts: pl.DataFrame) -> Prepared:
    """Normalise accounts (any frame with the canonical columns) and make their keys and evidence."""
    normalised = normalise(accounts)
    return Prepared(normalised, match_keys(normalised), evidence(normalised))


def key_count(prepared: Prepared) -> dict[KeyKind, int]:
    return {kind: frame.height for kind, frame in prepared.keys.columns.items()}
