"""What `commonground import` tells while it works and at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commonground_client import models as m
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from service.cli.words import counted

WIDE = 140
_FIELDS_SHOWN = 6
_KEYS = {
    "domain": "can be matched by a domain",
    "name_only": "by a name alone",
    "free_mail": "by a name, beside a free-mail address",
    "unusable_website": "by a name, beside a website that is no company's own",
    "none": "can't be matched",
}


class Watcher:
    """Speaks on standard output; the bar shows on a terminal alone."""

    def __init__(self, name: str) -> None:
        console = Console(highlight=False)
        # a file or a pipe has no width to keep to
        self._console = console if console.is_terminal else Console(highlight=False, width=WIDE)
        self._name = name
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=self._console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip
        self._task = self._progress.add_task(f"sending {escape(name)}", total=None)

    @contextmanager
    def bar(self) -> Iterator[None]:
        with self._progress:
            yield

    def progress(self, found: m.Import) -> None:
        at = found.progress
        if at is None:
            self._progress.update(self._task, description="waiting for its turn", total=None)
        else:
            self._progress.update(
                self._task, description=f"{at.phase}", completed=at.rows_done, total=at.rows_total
            )

    def result(self, found: m.Import) -> None:
        self._console.print(f"[bold]{escape(self._name)}[/]: {_verdict(found)} ({found.id})", soft_wrap=True)
        if found.problem:
            self._console.print(f"  {escape(found.problem.message)}", soft_wrap=True)
        if found.report:
            self._report(found.report)
        if found.counts:
            self._console.print(f"  {_counted(found.counts)}", soft_wrap=True)
        if found.preview:
            self._preview(found.preview)

    def written(self, path: Path) -> None:
        self._console.print(f"refused rows written to {escape(str(path))}", soft_wrap=True)

    def _report(self, report: m.Report) -> None:
        mapping = ", ".join(f"{field} ← {header}" for field, header in report.mapping.items())
        packed = f" in {report.compression}" if report.compression else ""
        self._console.print(
            f"  {report.format}{packed}, {escape(report.encoding)}; {escape(mapping)}", soft_wrap=True
        )
        if report.unmapped:
            self._console.print(f"  not mapped: {escape(', '.join(report.unmapped))}", soft_wrap=True)
        for warning in [*report.warnings, *(guard.message for guard in report.guards)]:
            self._console.print(f"  [yellow]{escape(warning)}[/]", soft_wrap=True)

    def _preview(self, preview: m.Preview) -> None:
        keys = "; ".join(f"{rows:,} {_KEYS.get(key, key)}" for key, rows in preview.keys.items() if rows)
        if keys:
            self._console.print(f"  {escape(keys)}", soft_wrap=True)
        for problem in preview.problems:
            where = f" in {problem.column}" if problem.column else ""
            lines = ", ".join(str(line) for line in problem.lines)
            self._console.print(
                f"  [yellow]{counted(problem.rows, 'row')}{escape(where)}: {escape(problem.reason)}[/] (lines {lines}) "
                f"{escape(problem.example)}",
                soft_wrap=True,
            )
        if preview.refusal:
            self._console.print(
                f"  [red]would be refused: {escape(preview.refusal.message)}[/]", soft_wrap=True
            )
        for guard in preview.guards:
            self._console.print(f"  [yellow]{escape(guard.message)}[/]", soft_wrap=True)
        if preview.rows:
            self._table(preview.rows)

    def _table(self, rows: list[dict[str, object]]) -> None:
        fields = [f for f in rows[0] if f != "row"][: 1 + _FIELDS_SHOWN]
        table = Table(box=None, header_style="bold", padding=(0, 2, 0, 2))
        for field in fields:
            table.add_column(field, overflow="fold")
        for row in rows:
            table.add_row(*("" if row[f] is None else escape(str(row[f])) for f in fields))
        self._console.print(table)


def _verdict(found: m.Import) -> str:
    if found.dry_run and found.status == m.ImportStatus.COMPLETED:
        return "tried, nothing was changed"
    spoken = {
        m.ImportStatus.COMPLETED: "is live",
        m.ImportStatus.HELD: "is held until somebody confirms it",
        m.ImportStatus.FAILED: "was refused, nothing was kept",
        m.ImportStatus.CANCELLED: "was cancelled, nothing was kept",
    }
    return spoken.get(m.ImportStatus(found.status), str(found.status))


def _counted(counts: m.Counted) -> str:
    parts = [
        (counts.created, "new"), (counts.updated, "changed"), (counts.unchanged, "unchanged"), (counts.removed, "removed"),
        (counts.rejected, "refused"), (counts.skipped, "left as they were"),
    ]  # fmt: skip
    told = ", ".join(f"{number:,} {what}" for number, what in parts if number)
    return f"{counted(counts.rows_read, 'row')}: {told or 'nothing'}"
