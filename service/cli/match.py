"""`commonground match`: two files compared on the spot."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from service.cli.match_files import Columns, read_list
from service.cli.match_output import check_output, pair_rows, write_pairs
from service.cli.match_show import Narrator
from service.linking.local import match_locally


class Only(StrEnum):
    """Which pairs to keep."""

    AUTO = "auto"


def match(  # noqa: PLR0913  # each is one option
    left: Annotated[
        Path,
        typer.Argument(
            help="A list: CSV, TSV, XLSX, ODS, Parquet, NDJSON or JSON, plain or in gzip, zstd or zip."
        ),
    ],
    right: Annotated[Path, typer.Argument(help="The other list.")],
    *,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="Write all pairs: .csv, .xlsx, .parquet, .ndjson, or - for CSV on standard output.",
        ),
    ] = None,
    left_columns: Annotated[
        str | None, typer.Option(help="Headers of the left file: name=Company,website=URL,country=Country.")
    ] = None,
    right_columns: Annotated[str | None, typer.Option(help="The same for the right file.")] = None,
    left_sheet: Annotated[
        str | None, typer.Option(help="Name or number of the sheet, if the left file is a workbook.")
    ] = None,
    right_sheet: Annotated[str | None, typer.Option(help="The same for the right file.")] = None,
    only: Annotated[
        Only | None, typer.Option(help="auto: leave out the pairs that a person should review.")
    ] = None,
    show: Annotated[int, typer.Option(min=0, max=1000, help="How many pairs the table shows.")] = 20,
) -> None:
    """Compare two lists on the spot, without a server, and show the companies in common.

    Each side gets fresh keys, its names and domains are hashed twice, and only the hashes are compared.
    """
    target = check_output(output, (left, right))
    narrator = Narrator(to_stdout=output != "-")
    with narrator.steps() as step:
        sides = [
            read_list(path, Columns.parse(columns, option), step, worksheet=sheet)
            for path, columns, option, sheet in (
                (left, left_columns, "--left-columns", left_sheet),
                (right, right_columns, "--right-columns", right_sheet),
            )
        ]
        found = match_locally(sides[0].prepared, sides[1].prepared, progress=step)
    for side in sides:
        narrator.list_read(side)
    pairs = pair_rows(found.pairs, *sides, only_auto=only is Only.AUTO)
    narrator.summary(pairs, sides, found)
    narrator.table(pairs, show)
    if target is not None:
        write_pairs(pairs, target)
        narrator.written(target, pairs.height)
