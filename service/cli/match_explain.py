"""Why two rows of `commonground match` are a pair, term by term; or why they are none, by the keys that either has."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from service.cli.errors import CommandError
from service.cli.match_files import List
from service.cli.match_none import CommonKeys, shown_key, why_none
from service.cli.match_review import TOLD_APART_BY_PEOPLE, rivals
from service.linking.local import LocalMatch
from service.matching.explain import explain, explain_related
from service.matching.kinds import Attribute, KeyKind, Level
from service.matching.score import evidence_column
from service.matching.version import NORMALISER_VERSION

_ROWS = re.compile(r"\s*(\d+)\s*[:,]\s*(\d+)\s*")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows, each by its number in its file."""

    left: int
    right: int

    @classmethod
    def parse(cls, text: str | None) -> Self | None:
        """`12:45`. CommandError if it is none."""
        if text is None:
            return None
        found = _ROWS.fullmatch(text)
        if found is None:
            raise CommandError(
                f"--explain: '{text}' names no two rows: write LEFT_ROW:RIGHT_ROW, such as 12:45.",
                exit_code=2,
            )
        return cls(int(found[1]), int(found[2]))


def tell(console: Console, pair: Pair, sides: Sequence[List], found: LocalMatch) -> None:
    """The terms of the pair, or the keys of both rows. CommandError for a row that a file doesn't have."""
    places = [_place(side, row) for side, row in zip(sides, (pair.left, pair.right), strict=True)]
    for side, number, place in zip(sides, (pair.left, pair.right), places, strict=True):
        console.print(f"[bold]Row {number} of {escape(side.path.name)}[/]: {escape(_named(side.accounts[place]))}", soft_wrap=True)  # fmt: skip
    here = (pl.col("left_index") == places[0]) & (pl.col("right_index") == places[1])
    rows = found.pairs.filter(here)
    if not rows.height:
        common = CommonKeys.of(sides, places)
        console.print(f"{why_none(common)} Normaliser {NORMALISER_VERSION}.", soft_wrap=True)
        console.print(_keys(sides, places, common))
        return
    for row in rows.with_columns(rivals().alias("rivals")).iter_rows(named=True):
        level = Level(row["level"])
        console.print(
            f"{row['status']}, confidence {row['confidence']:.3f} from {row['weight']:.2f} bits, {level.value}. "
            f"Normaliser {NORMALISER_VERSION}."
        )
        if row["rivals"]:
            console.print(TOLD_APART_BY_PEOPLE, soft_wrap=True)
        met = [kind for kind in KeyKind if row[kind.value]]
        agreement = {attribute: row[evidence_column(attribute)] for attribute in Attribute}
        console.print(_terms(met, agreement, level))


def _place(side: List, row: int) -> int:
    at = side.accounts["row"].index_of(row)
    if at is not None:
        return int(at)
    why = "it was refused" if row in side.refused["row"] else f"its rows are 1 to {side.sheet.summary.rows:,}"
    raise CommandError(f"--explain: {side.path.name} has no row {row} to compare: {why}.", exit_code=2)


def _named(account: pl.DataFrame) -> str:
    row = account.row(0, named=True)
    return f"{row['name'] or 'no name'} ({row['website'] or 'no website'})"


def _terms(met: Sequence[KeyKind], agreement: dict[Attribute, int], level: Level) -> Table:
    table = Table(box=SIMPLE_HEAD)
    table.add_column("bits", justify="right")
    table.add_column("why")
    own = level is Level.SAME_COMPANY
    for term in explain(met, agreement) if own else explain_related(met, level):
        table.add_row(f"{term.bits:+.2f}", term.sentence)
    return table


def _keys(sides: Sequence[List], places: Sequence[int], common: CommonKeys) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for header in ("key", *(side.path.name for side in sides)):
        table.add_column(Text(header))
    for kind in KeyKind:
        left_out = common.left_out[kind]
        cells = [_of(side, kind, place, left_out) for side, place in zip(sides, places, strict=True)]
        if any(cells):
            table.add_row(kind.value, *map(Text, cells))
    return table


def _of(side: List, kind: KeyKind, place: int, left_out: Sequence[str]) -> str:
    """The keys of a row, one a line; those that a guard takes out, and those `left_out` of the match, say so."""
    keys = side.prepared.keys
    own = [
        (key, word)
        for frame, word in ((keys.columns[kind], ""), (keys.withheld.get(kind), " (of too many accounts)"))
        if frame is not None
        for key in frame.filter(pl.col("index") == place)["key"]
    ]
    return "\n".join(
        shown_key(key) + (" (of too many accounts of both lists)" if key in left_out else word)
        for key, word in own
    )
