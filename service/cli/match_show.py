"""What `commonground match` tells while it works and at its end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import unescape

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from service.cli.match_explain import Pair, tell
from service.cli.match_files import List, Step
from service.cli.match_output import Target
from service.cli.match_review import hint
from service.cli.words import counted
from service.ingest import Sheet
from service.linking.counts import FAMILY, LISTS, Counts, counts_of, sentence
from service.linking.families import OWNER_OF_MOST
from service.linking.local import Families, LocalMatch
from service.matching.kinds import Level

_REFUSED_SHOWN = 3
_OWNED = {Level.SAME_PARENT: "one parent company", Level.SAME_ULTIMATE_PARENT: "one ultimate parent"}
WIDE = 140


class Narrator:
    """Speaks on standard output, or on standard error where the pairs themselves go to standard output."""

    def __init__(self, *, to_stdout: bool) -> None:
        console = Console(stderr=not to_stdout, highlight=False)
        # a file or a pipe has no width to keep to
        self._console = (
            console if console.is_terminal else Console(stderr=not to_stdout, highlight=False, width=WIDE)
        )

    @contextmanager
    def steps(self) -> Iterator[Step]:
        """Show what is being done on a terminal; say nothing elsewhere."""
        with self._console.status("starting") as status:
            yield lambda text: status.update(escape(text))

    def list_read(self, found: List) -> None:
        """What was recognised in a file, and what was refused."""
        sheet = found.sheet
        mapping = ", ".join(f"{field} ← {header}" for field, header in sheet.mapping.items())
        self._console.print(
            f"[bold]{escape(found.path.name)}[/]: {found.accounts.height:,} rows, {escape(_kind(sheet))}; {escape(mapping)}",
            soft_wrap=True,
        )
        if found.refused.height:
            self._say(f"  [yellow]{counted(found.refused.height, 'row')} refused:[/]")
        for message in found.refused["message"].head(_REFUSED_SHOWN):
            self._console.print(f"    {escape(message)}", soft_wrap=True)
        for domain, accounts in found.prepared.keys.crowded_domains.head(_REFUSED_SHOWN).iter_rows():
            self._console.print(
                f"  {escape(domain)} stands for {accounts} differently named accounts: it is evidence here, and no key."
            )

    def explained(self, pair: Pair, sides: Sequence[List], found: LocalMatch) -> None:
        """Why two rows are a pair, or none."""
        tell(self._console, pair, sides, found)

    def summary(self, pairs: pl.DataFrame, sides: Sequence[List], found: LocalMatch) -> None:
        """Counts that reconcile; reviews are counted also where they are left out of the pairs."""
        auto = _sure(pairs, Level.SAME_COMPANY)
        review = found.pairs.filter(pl.col("status") != "auto").height
        counts = _counts(auto)
        of = [
            f"{number:,} of {side.accounts.height:,}"
            for number, side in zip((counts.accounts, counts.partner_accounts), sides, strict=True)
        ]
        self._say()
        self._say(
            f"[bold]{counted(auto.height, 'pair')}[/] taken for the same company: {of[0]} accounts left, {of[1]} right, "
            f"{counts.companies:,} distinct."
        )
        if counts.several or counts.partner_several:
            self._say(sentence(counts, LISTS))
        for rules, count in (
            auto.group_by("rules").len().sort("len", "rules", descending=[True, False]).iter_rows()
        ):
            self._say(f"  {count:>9,}  {rules}")
        left_out = " (left out)" if review > pairs.filter(pl.col("decision") != "auto").height else ""
        self._say(f"[bold]{counted(review, 'pair')}[/] for a person to review{left_out}.")
        if not auto.height and (said := hint(found.pairs)):
            self._say(said)
        if found.crowded:
            self._say(f"{counted(found.crowded, 'key')} borne by too many accounts on both sides: left out.")

    def duplicates(self, pairs: pl.DataFrame, side: List, found: LocalMatch) -> None:
        """How many pairs of one list are one company; reviews are counted also where they are left out."""
        auto = pairs.filter(pl.col("decision") == "auto")
        review = found.pairs.filter(pl.col("status") != "auto").height
        rows = pl.concat([auto["left_row"], auto["right_row"]]).n_unique()
        self._say()
        self._say(
            f"[bold]{counted(auto.height, 'pair')}[/] taken for the same company: {rows:,} of {side.accounts.height:,} accounts."
        )
        self._say(f"[bold]{counted(review, 'pair')}[/] for a person to review.")
        if found.crowded:
            self._say(f"{counted(found.crowded, 'key')} borne by too many accounts: left out.")

    def families(self, pairs: pl.DataFrame, families: Families, found: LocalMatch) -> None:
        """How many pairs each level above adds, and what they all come to."""
        for level in families.level.upto()[1:]:
            more = counted(_sure(pairs, level).height, "pair")
            self._say(f"[bold]{more}[/] more of {_OWNED[level]}.")
        every = pairs.filter(pl.col("decision") == "auto")
        counts = _counts(every)
        if families.level is not Level.SAME_COMPANY and counts.pairs:
            self._say(f"In all: {sentence(counts, LISTS, FAMILY)}")
        left_out = families.left.left_out + families.right.left_out
        if left_out:
            self._say(
                f"{counted(left_out, 'owner')} of {OWNER_OF_MOST} or more accounts of one list: left out."
            )
        if found.crowded_owners:
            self._say(
                f"{counted(found.crowded_owners, 'key')} of owners that would join too many pairs: left out."
            )

    def table(self, pairs: pl.DataFrame, count: int) -> None:
        """The first pairs."""
        if not count or not pairs.height:
            return
        table = Table(box=None, header_style="bold", pad_edge=False)
        for header in ("left", "right"):
            table.add_column(header, overflow="fold")
        asked = ["level"] if "level" in pairs.columns else []
        for header in ("decision", "confidence", "rules", *asked):
            table.add_column(header, no_wrap=True)
        for row in pairs.head(count).iter_rows(named=True):
            table.add_row(
                *(_account(row, side) for side in ("left", "right")),
                row["decision"],
                f"{row['confidence']:.3f}",
                row["rules"],
                *(row[name] for name in asked),
            )
        self._say()
        self._console.print(table)

    def written(self, target: Target, count: int) -> None:
        self._say(f"\nWrote {counted(count, 'pair')} to {escape(target.name)}.")

    def _say(self, text: str = "") -> None:
        self._console.print(text, soft_wrap=True)


def _sure(pairs: pl.DataFrame, level: Level) -> pl.DataFrame:
    """The `auto` pairs at a level; where no level was asked for, all are of one company."""
    auto = pairs.filter(pl.col("decision") == "auto")
    return auto.filter(pl.col("level") == level.value) if "level" in pairs.columns else auto


def _counts(pairs: pl.DataFrame) -> Counts:
    return counts_of(*(pairs[f"{side}_row"].cast(pl.UInt64).to_numpy() for side in ("left", "right")))


def _account(row: dict[str, object], side: str) -> str:
    name, domain = row[f"{side}_name"], row[f"{side}_domain"]
    shown = unescape(str(name or ""))
    return escape(f"{shown} ({domain})" if domain else shown)


def _kind(sheet: Sheet) -> str:
    """What the file is: its encoding if it is text, else its format, with the sheet that was read."""
    if sheet.worksheet is None:
        return sheet.encoding if sheet.format == "csv" else sheet.format
    others = len(sheet.worksheets) - 1
    beside = f" (and {counted(others, 'sheet')} not read)" if others else ""
    return f"{sheet.format}, sheet '{sheet.worksheet}'{beside}"
