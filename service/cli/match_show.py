"""What `commonground match` tells while it works and at its end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from service.cli.match_files import List, Step
from service.cli.match_output import Target
from service.linking.groups import distinct_companies

_REFUSED_SHOWN = 3


class Narrator:
    """Speaks on standard output, or on standard error where the pairs themselves go to standard output."""

    def __init__(self, *, to_stdout: bool) -> None:
        self._console = Console(stderr=not to_stdout, highlight=False)

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
            f"[bold]{escape(found.path.name)}[/]: {found.accounts.height:,} rows, {escape(sheet.encoding)}; {escape(mapping)}",
            soft_wrap=True,
        )
        if found.refused.height:
            self._console.print(f"  [yellow]{found.refused.height:,} rows refused:[/]")
        for message in found.refused["message"].head(_REFUSED_SHOWN):
            self._console.print(f"    {escape(message)}", soft_wrap=True)
        for domain, accounts in found.prepared.keys.crowded_domains.head(_REFUSED_SHOWN).iter_rows():
            self._console.print(
                f"  {escape(domain)} stands for {accounts} differently named accounts: it is evidence here, and no key."
            )

    def summary(self, pairs: pl.DataFrame, sides: Sequence[List], crowded: int) -> None:
        """Counts that reconcile."""
        auto = pairs.filter(pl.col("decision") == "auto")
        review = pairs.height - auto.height
        companies = distinct_companies(
            *(auto[f"{s}_row"].cast(pl.UInt64).to_numpy() for s in ("left", "right"))
        )
        of = [
            f"{auto[f'{s}_row'].n_unique():,} of {side.accounts.height:,}"
            for s, side in zip(("left", "right"), sides, strict=True)
        ]
        self._console.print()
        self._console.print(
            f"[bold]{auto.height:,} pairs[/] are the same company: {of[0]} accounts left, {of[1]} right, {companies:,} distinct companies."
        )
        for rules, count in (
            auto.group_by("rules").len().sort("len", "rules", descending=[True, False]).iter_rows()
        ):
            self._console.print(f"  {count:>9,}  {rules}")
        self._console.print(f"[bold]{review:,} pairs[/] are for a person to review.")
        if crowded:
            self._console.print(f"{crowded:,} names borne by too many accounts on both sides were left out.")
        self._console.print()

    def table(self, pairs: pl.DataFrame, count: int) -> None:
        """The first pairs."""
        if not count or not pairs.height:
            return
        table = Table(
            "left", "right", "decision", "confidence", "rules", box=None, header_style="bold", pad_edge=False
        )
        for row in pairs.head(count).iter_rows(named=True):
            table.add_row(
                *(_account(row, side) for side in ("left", "right")),
                row["decision"],
                f"{row['confidence']:.3f}",
                row["rules"],
            )
        self._console.print(table)

    def written(self, target: Target, count: int) -> None:
        self._console.print(f"\nWrote {count:,} pairs to {escape(target.name)}.")


def _account(row: dict[str, object], side: str) -> str:
    name, domain = row[f"{side}_name"], row[f"{side}_domain"]
    return escape(f"{name or ''} ({domain})" if domain else str(name or ""))
