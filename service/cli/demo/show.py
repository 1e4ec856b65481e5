"""The demo as a person at a terminal reads it."""

import asyncio
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commonground_client.models import Rule
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.status import Status
from rich.table import Table
from rich.text import Text

from service.cli.demo import words
from service.cli.demo.page import Column, headline
from service.cli.demo.story import Told
from service.events.rules import Message

TOP, REVIEWS, EVENT_OVERLAPS = 8, 6, 2
INDENT = (0, 0, 0, 2)


class Show:
    """Prints to `console`; with `stays` the service is kept up at the end."""

    def __init__(self, console: Console, *, stays: bool) -> None:
        self._console, self._stays = console, stays
        self._status: Status | None = None

    @contextmanager
    def step(self, first: str) -> Iterator[None]:
        """Tell what is being done while the block runs, on a terminal only; `doing` changes it."""
        with self._console.status(first) as self._status:
            yield

    def doing(self, what: str) -> None:
        if self._status is not None:
            self._status.update(escape(what))

    def everything(self, told: Told, report: Path) -> None:
        if self._status is not None:
            self._status.stop()
        columns = Column(told.left, "left"), Column(told.right, "right")
        self._summary(columns, told)
        for column in columns:
            self._matrix(column)
        self._top(columns[0])
        self._review(columns[0])
        for mine, theirs in (columns, columns[::-1]):
            self._sees(mine, theirs)
        self._event(columns[1], told.messages[1])
        self._next(told, columns[0], report)

    def _heading(self, text: str) -> None:
        self._console.print()
        self._console.print(f"[bold]{escape(text)}[/]")

    def _summary(self, columns: tuple[Column, Column], told: Told) -> None:
        left, right = columns
        count, why = headline(left, right)
        self._heading(f"{left.name} and {right.name} have {count} companies in common.")
        sizes = [f"{len(c.view.accounts)} accounts of {c.short}" for c in columns]
        self._line(
            f"{why} {sizes[0]} met {sizes[1]} in {told.seconds:.1f} seconds, upload and import included."
        )
        self._line(told.verdict.sentence)

    def _matrix(self, column: Column) -> None:
        self._heading(f"What {column.name} counts: its populations × its partner's (companies in common)")
        table = _table("")
        for rule in column.view.rules.partner:
            table.add_column(escape(rule.population_name), justify="right")
        for slug, cells in column.grid:
            values = ["[dim]not shown[/]" if cell is None else str(cell.counts.companies) for cell in cells]
            table.add_row(escape(column.own_names[slug]), *values)
        self._print(table)
        total = column.total
        self._line(
            f"In all {total.pairs} pairs: {total.accounts} own accounts, {total.partner_accounts} of the partner's, "
            f"{total.companies} companies."
        )
        self._line(total.in_words)

    def _top(self, column: Column) -> None:
        self._heading(f"Top overlaps as {column.short} reads them: the surest of each way to meet")
        table = _table("Own account", "Partner's account", "Sure", "Because (bits of evidence)")
        for overlap in column.top[:TOP]:
            partner = overlap.partner_account.fields.get("name") if overlap.partner_account else None
            names = words.tidy(overlap.account.name), words.tidy(partner)
            table.add_row(*map(escape, (*names, words.percent(overlap.confidence), words.in_short(overlap))))
        self._print(table)

    def _review(self, column: Column) -> None:
        reviews = column.view.reviews
        self._heading(f"For a person to review: {len(reviews)} pairs below {words.threshold()}")
        table = _table("Own account", "Sure", "Why")
        for overlap in reviews[:REVIEWS]:
            sure, why = words.percent(overlap.confidence), words.why_review(overlap)
            table.add_row(*map(escape, (words.tidy(overlap.account.name), sure, why)))
        self._print(table)
        self._line("Each side reads its own account and the evidence; the partner's account stays closed.")

    def _sees(self, mine: Column, theirs: Column) -> None:
        self._heading(
            f"What {theirs.short} can and cannot see of {mine.short}'s {len(mine.view.accounts)} accounts"
        )
        table = _table("Population", "Accounts", "Rule", "Which means")
        for rule in mine.view.rules.own:
            table.add_row(
                escape(rule.population_name), str(mine.sizes[rule.population]), f"{rule.level}, {rule.preset}" if words.shows(rule) else rule.level,
                escape(_meaning(rule)),
            )  # fmt: skip
        self._print(table)
        shown = theirs.total.partner_accounts
        self._line(f"Shown: {shown}. Not shown: the other {len(mine.view.accounts) - shown}.")

    def _event(self, column: Column, messages: list[Message]) -> None:
        if not messages:
            return
        self._heading(
            f"The webhook event that would have gone out to {column.short}: ids, rules, confidence, no name"
        )
        self._console.print(Padding(Text(words.excerpt(messages[0], EVENT_OVERLAPS)), INDENT, expand=False))

    def _next(self, told: Told, column: Column, report: Path) -> None:
        self._heading("Where to look next")
        self._line(f"The page for a colleague:  {report}")
        self._line("Your own two lists:        commonground match LEFT.csv RIGHT.csv")
        self._line("A service that stays:      commonground serve")
        self._line("How it keeps secrets:      docs/reference/protocol.md")
        if self._stays:
            address = f"{told.address}/v1/overlaps?partnership={column.view.partnership.id}&limit=3"
            self._line(f"The API as {column.short}, until Ctrl-C:")
            header = shlex.quote(f"Authorization: Bearer {told.keys[0]}")
            self._console.print(f"  curl -s {shlex.quote(address)} -H {header}", markup=False, soft_wrap=True)
        else:
            self._line(
                "The API with curl:         run this on a terminal, where the service stays up until Ctrl-C"
            )

    async def until_interrupted(self) -> None:
        """On a terminal: wait to be cancelled. Elsewhere the demo is over."""
        if self._stays:
            await asyncio.Event().wait()

    def farewell(self) -> None:
        if self._stays:
            self._console.print("\nThe service has ended and its data are gone.")

    def _print(self, table: Table) -> None:
        self._console.print(Padding(table, INDENT, expand=False))

    def _line(self, text: str) -> None:
        self._console.print(Padding(escape(text), INDENT, expand=False))


def _meaning(rule: Rule) -> str:
    said = words.LEVELS[rule.level]
    return f"{said}: {words.listed(rule.fields)}" if words.shows(rule) else said


def _table(*headers: str) -> Table:
    return Table(*headers, box=None, header_style="dim", pad_edge=False)
