"""`commonground import`: a list sent to a service, watched until it is live, and what became of it."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from commonground_client import AsyncClient, CommongroundError
from commonground_client import models as m

from service.cli.errors import CommandError
from service.cli.import_show import Watcher
from service.kit.http import api_client

POLL_SECONDS = 0.3
OVER = frozenset(
    {m.ImportStatus.COMPLETED, m.ImportStatus.HELD, m.ImportStatus.FAILED, m.ImportStatus.CANCELLED}
)
HELD, REFUSED = 3, 1
"""Exit codes."""


def import_list(  # noqa: PLR0913  # each is one option
    file: Annotated[
        Path,
        typer.Argument(
            help="A list: CSV, TSV, XLSX, ODS, Parquet, NDJSON or JSON, plain or in gzip, zstd or zip."
        ),
    ],
    *,
    url: Annotated[
        str, typer.Option(envvar="COMMONGROUND_URL", help="Where the service is.")
    ] = "http://127.0.0.1:8000",
    mapping: Annotated[
        str | None, typer.Option(help="A mapping saved in the service, for what isn't said here.")
    ] = None,
    records: Annotated[
        m.ImportKind | None, typer.Option(help="What the rows are; accounts unless said.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")
    ] = False,
    mode: Annotated[
        m.ImportMode | None,
        typer.Option(help="What happens to what is new, there, and missing; upsert unless said."),
    ] = None,
    population: Annotated[
        str | None,
        typer.Option(help="The file is the list of this population: a standard one, or a list of yours."),
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help='JSON of field and header: \'{"name": "Company"}\'.')
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Name or number of a workbook's sheet.")] = None,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Keep nothing if any row is refused.")
    ] = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Don't hold it where it removes or adds unusually much.")
    ] = False,
    rejected: Annotated[
        Path | None, typer.Option(help="Write the refused rows here as CSV, to be mended and sent again.")
    ] = None,
) -> None:
    """Send a list and wait until it is live. The key is read from COMMONGROUND_API_KEY, never from the command line.

    Ends with 0 when the list is live, 1 when nothing was kept, 3 when it is held until somebody confirms it.
    """
    key = os.environ.get("COMMONGROUND_API_KEY", "")
    if not key:
        raise CommandError(
            "Set COMMONGROUND_API_KEY to a key with the scopes imports:write and imports:read.", exit_code=2
        )
    if not file.is_file():
        raise CommandError(f"There is no file {file}.", exit_code=2)
    options = {
        "mapping": mapping, "records": records, "dry_run": dry_run or None, "mode": mode, "population": population, "columns": columns, "worksheet": sheet,
        "all_or_nothing": all_or_nothing or None, "confirm": confirm or None,
    }  # fmt: skip

    async def send() -> m.Import:
        async with api_client(url, key) as http:
            ground = AsyncClient(url, http=http)
            found = await _watched(ground, file, options, watcher)
            if rejected is not None and found.report and found.report.errors_stored:
                rejected.write_text(
                    await ground.download_rejected_rows(found.id), encoding="utf-8", newline=""
                )
                watcher.written(rejected)
            return found

    watcher = Watcher(file.name)
    try:
        found = asyncio.run(send())
    except CommongroundError as error:
        raise CommandError(f"The service refused: {error}") from error
    watcher.result(found)
    if found.status != m.ImportStatus.COMPLETED:
        raise typer.Exit(HELD if found.status == m.ImportStatus.HELD else REFUSED)


async def _watched(
    ground: AsyncClient, file: Path, options: Mapping[str, object], watcher: Watcher
) -> m.Import:
    with watcher.bar():
        sent = await ground.create_import(file, filename=file.name, **options)  # type: ignore[arg-type]  # of many kinds
        found = await ground.get_import(sent.id)
        while found.status not in OVER:
            watcher.progress(found)
            await asyncio.sleep(POLL_SECONDS)
            found = await ground.get_import(sent.id)
    return found
