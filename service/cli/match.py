"""`commonground match`: two files compared on the spot."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from service.cli.errors import CommandError
from service.cli.match_explain import Pair
from service.cli.match_files import Columns, List, Step, read_list
from service.cli.match_output import Target, check_output, pair_rows, write_pairs
from service.cli.match_show import Narrator
from service.linking.families import family_keys
from service.linking.local import Families, match_locally
from service.linking.score import DEFAULT_THRESHOLD
from service.linking.within import match_within
from service.matching.kinds import Level


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
    right: Annotated[Path | None, typer.Argument(help="The other list; none with --duplicates.")] = None,
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
    threshold: Annotated[
        float,
        typer.Option(
            min=0.5,
            max=1.0,
            help="The confidence from which a pair is taken; those below are for a person to review.",
        ),
    ] = DEFAULT_THRESHOLD,
    level: Annotated[
        Level | None,
        typer.Option(
            help="How far up to look: same_parent and same_ultimate_parent add accounts that belong to one owner, "
            "by parent_external_id, parent_name and parent_domain; a column says which pair is which."
        ),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            help="LEFT_ROW:RIGHT_ROW: say of these two rows why they are a pair, term by term, or why not."
        ),
    ] = None,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="Look for companies that stand twice in the one list.")
    ] = False,
    show: Annotated[int, typer.Option(min=0, max=1000, help="How many pairs the table shows.")] = 20,
) -> None:
    """Compare two lists on the spot, without a server, and show the companies in common; or one list with itself.

    Each side gets fresh keys, its names and domains are hashed twice, and only the hashes are compared.
    """
    if (right is None) != duplicates:
        raise CommandError("Name two lists, or one with --duplicates.", exit_code=2)
    target = check_output(output, [path for path in (left, right) if path])
    if right is None:
        if level or explain or right_columns or right_sheet:
            raise CommandError(
                "--level, --explain and what is said of the right list go with two lists.", exit_code=2
            )
        _within(
            left,
            Columns.parse(left_columns, "--left-columns"),
            left_sheet,
            target,
            only=only,
            show=show,
            threshold=threshold,
        )
        return
    asked = Pair.parse(explain)
    narrator = Narrator(to_stdout=output != "-")
    with narrator.steps() as step:
        sides = [
            read_list(path, Columns.parse(columns, option), step, worksheet=sheet)
            for path, columns, option, sheet in (
                (left, left_columns, "--left-columns", left_sheet),
                (right, right_columns, "--right-columns", right_sheet),
            )
        ]
        families = _families(sides, level, step) if level else None
        found = match_locally(
            sides[0].prepared, sides[1].prepared, families=families, threshold=threshold, progress=step
        )
    for side in sides:
        narrator.list_read(side)
    pairs = pair_rows(found.pairs, *sides, only_auto=only is Only.AUTO, with_level=level is not None)
    narrator.summary(pairs, sides, found)
    if families:
        narrator.families(pairs, families, found)
    if asked is None:
        narrator.table(pairs, show)
    else:
        narrator.explained(asked, sides, found)
    if target is not None:
        write_pairs(pairs, target)
        narrator.written(target, pairs.height)


def _within(
    path: Path,
    columns: Columns,
    worksheet: str | None,
    target: Target | None,
    *,
    only: Only | None,
    show: int,
    threshold: float,
) -> None:
    narrator = Narrator(to_stdout=target is None or target.path is not None)
    with narrator.steps() as step:
        side = read_list(path, columns, step, worksheet=worksheet)
        step("meeting the list with itself")
        found = match_within(side.prepared, threshold=threshold)
    narrator.list_read(side)
    pairs = pair_rows(found.pairs, side, side, only_auto=only is Only.AUTO)
    narrator.duplicates(pairs, side, found)
    narrator.table(pairs, show)
    if target is not None:
        write_pairs(pairs, target)
        narrator.written(target, pairs.height)


def _families(sides: Sequence[List], level: Level, step: Step) -> Families:
    step("looking for the companies above")
    left, right = (family_keys(side.accounts, level) for side in sides)
    return Families(level, left, right)
