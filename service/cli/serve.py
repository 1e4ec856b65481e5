"""`commonground serve`."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.erasing import forget_at_start
from service.cli.ground import database_for, ready_settings, refuse_wrong_keys
from service.cli.running import listen, run, run_service
from service.settings import Settings


def serve(
    host: Annotated[
        str | None,
        typer.Option(help="Address to listen on; 127.0.0.1 unless COMMONGROUND_HOST says another."),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; 8000 unless COMMONGROUND_PORT says another, 0 for a free one.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where data lie; see COMMONGROUND_DATA_DIR.")] = None,
) -> None:
    """Run the service: API and worker in one process, on the embedded PostgreSQL or on DATABASE_URL.

    The embedded database is migrated on start. Ctrl-C ends the service and leaves no database server behind.
    """
    settings = ready_settings(host=host, port=port, data_dir=data_dir)
    refuse_wrong_keys(settings)
    with listen(settings.host, settings.port) as listener, database_for(settings) as settled:
        forget_at_start(settled)
        name, number = listener.getsockname()[:2]
        where = f"http://{f'[{name}]' if ':' in name else name}:{number}"
        run(run_service(settled, listener, lambda: print(_welcome(settings, where), flush=True)))


def _welcome(settings: Settings, where: str) -> str:
    database = f"the embedded PostgreSQL in {settings.data_dir}" if settings.is_embedded else "DATABASE_URL"
    return f"Commonground is at {where}, its database is {database}. Ctrl-C ends it."
