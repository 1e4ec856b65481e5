"""`commonground worker`."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.erasing import forget_at_start
from service.cli.ground import database_for, ready_settings, refuse_wrong_keys
from service.cli.running import run, run_worker
from service.kit.memory import stand_back


def worker(
    data_dir: Annotated[Path | None, typer.Option(help="Where data lie; see COMMONGROUND_DATA_DIR.")] = None,
) -> None:
    """Run a worker alone, beside `commonground serve` or in place of its own.

    It shares the embedded database with a service on the same data directory; the last to end stops that.
    """
    given = ready_settings(data_dir=data_dir)
    refuse_wrong_keys(given)
    with database_for(given) as settings:
        forget_at_start(settings)
        stand_back()
        run(run_worker(settings, lambda: print("The worker takes jobs. Ctrl-C ends it.", flush=True)))
