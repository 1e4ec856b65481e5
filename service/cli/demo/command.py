"""The command: a service of its own in a temporary folder, the tour through it, and a clean end."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from service.cli.demo.report import make_place, write_report
from service.cli.demo.show import Show
from service.cli.demo.story import Story
from service.cli.errors import CommandError
from service.cli.ground import database_for
from service.cli.running import listen, run, run_service
from service.kit.logging import configure_logging
from service.settings import Settings

INTERRUPTED = 130
WIDTH = 120
"""Columns of what is printed where no terminal says how wide it is."""


def demo(
    report: Annotated[Path, typer.Option(help="Where to write the page; its folder is made.")] = Path(
        "demo/report.html"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the API; a free one if left out.")] = 0,
) -> None:
    """See it work: two sample companies, their overlap, a report.

    Starts an embedded PostgreSQL and the service in a temporary folder, lets two organizations upload their lists over
    HTTP, and shows what each is told. On a terminal the service stays up until Ctrl-C; elsewhere, or with CI set, it ends.
    """
    configure_logging(json=False, level="WARNING")
    make_place(report)
    stays = _on_terminal()
    show = Show(Console(highlight=False, width=None if stays else WIDTH), stays=stays)
    with _folder() as folder, listen("127.0.0.1", port) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with show.step("starting the database"), database_for(_settings(folder)) as settings:
            story = Story(settings, address, show.doing)

            async def tour() -> None:
                told = await story.tell()
                write_report(told, report)
                show.everything(told, report)
                await show.until_interrupted()

            run(run_service(settings, listener, story.ready.set, beside=tour()))
    _refuse_unfinished(story)
    show.farewell()


def _refuse_unfinished(story: Story) -> None:
    if story.told is None:
        raise CommandError("The demo was ended before it was through.", exit_code=INTERRUPTED)


def _settings(folder: Path) -> Settings:
    """Settings of the demo alone: nothing that the environment says of databases or keys may reach it."""
    return Settings.model_construct(data_dir=folder)


@contextmanager
def _folder() -> Iterator[Path]:
    # The database server runs as a user of its own when we are root, and must get through.
    with tempfile.TemporaryDirectory(prefix="commonground-demo-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made) / "data"


def _on_terminal() -> bool:
    return not os.environ.get("CI") and sys.stdin.isatty() and sys.stdout.isatty()
