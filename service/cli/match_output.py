"""Pairs as rows of a file."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import polars as pl
from xlsxwriter import Workbook

from service.cli.errors import CommandError
from service.cli.match_files import List
from service.ingest.batches import FORMULA_BEGINNINGS
from service.matching.kinds import Attribute
from service.matching.shared import SHARED

LEADING = (
    "left_row", "right_row", "left_name", "right_name", "left_domain", "right_domain", "decision", "confidence", "rules",
)  # fmt: skip
_FORMULA = f"^[{re.escape(FORMULA_BEGINNINGS)}]"
SHEET_ROWS = 1_048_575
"""Rows of a worksheet below its header."""
_SAID = {1: "agrees", SHARED: "agrees", -1: "differs"}


@dataclass(frozen=True, slots=True)
class Target:
    """Where to write: a path, or None for standard output; `write` puts a frame into a file of its format."""

    path: Path | None
    write: Callable[[pl.DataFrame, BytesIO], None]

    @property
    def name(self) -> str:
        return str(self.path) if self.path else "standard output"


def pair_rows(
    pairs: pl.DataFrame, left: List, right: List, *, only_auto: bool, with_level: bool = False
) -> pl.DataFrame:
    """The columns of `LEADING`, then one `agrees`/`differs`/empty column an attribute, then `level` if asked; best pairs first."""
    kept = pairs.filter(pl.col("status") == "auto") if only_auto else pairs
    columns = {}
    for side, of in (("left", left), ("right", right)):
        at = kept[f"{side}_index"]
        columns[f"{side}_row"] = of.accounts["row"].gather(at)
        columns[f"{side}_name"] = of.accounts["name"].gather(at)
        columns[f"{side}_domain"] = of.prepared.normalised["domain"].gather(at)
    rows = kept.with_columns(
        *(series.alias(name) for name, series in columns.items()),
        pl.col("status").cast(pl.String).alias("decision"),
        pl.col("confidence").round(4),
        *(
            pl.col(f"ev_{a.value}").replace_strict(_SAID, default=None, return_dtype=pl.String).alias(a.value)
            for a in Attribute
        ),
    )
    level = [pl.col("level").cast(pl.String)] if with_level else []
    return rows.select(*LEADING, *(a.value for a in Attribute), *level)


def check_output(output: str | None, inputs: Sequence[Path]) -> Target | None:
    """What `--output` asks for, refused before any work is done. CommandError."""
    if output is None:
        return None
    if output == "-":
        return Target(None, _csv)
    path = Path(output)
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise _unusable(output, f"end the name with {', '.join(_WRITERS)}, or write - for CSV")
    if not path.parent.is_dir():
        raise _unusable(output, f"there is no folder {path.parent}")
    if path.is_dir():
        raise _unusable(output, "it is a folder: name a file in it")
    if any(path.exists() and given.exists() and path.samefile(given) for given in inputs):
        raise _unusable(output, "it is one of the two lists: choose another name")
    return Target(path, writer)


def _unusable(output: str, why: str) -> CommandError:
    return CommandError(f"--output {output}: {why}.", exit_code=2)


def write_pairs(rows: pl.DataFrame, target: Target) -> None:
    """Write the whole file or leave what was there. CommandError if the place can't be written."""
    buffer = BytesIO()
    target.write(rows, buffer)
    try:
        _put(buffer.getvalue(), target.path)
    except OSError as error:
        raise CommandError(f"The pairs can't be written to {target.name}: {error.strerror}.") from error


def _put(content: bytes, path: Path | None) -> None:
    if path is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _csv(rows: pl.DataFrame, file: BytesIO) -> None:
    """A spreadsheet runs a cell that begins like a formula; an apostrophe before it makes it text (OWASP)."""
    safe = rows.with_columns(
        pl.when(pl.col(pl.String).str.contains(_FORMULA))
        .then("'" + pl.col(pl.String))
        .otherwise(pl.col(pl.String))
        .name.keep()
    )
    safe.write_csv(file)


def _xlsx(rows: pl.DataFrame, file: BytesIO) -> None:
    """Text as text: no cell becomes a formula or a link."""
    if rows.height > SHEET_ROWS:
        raise CommandError(
            f"{rows.height:,} pairs don't fit into a worksheet of {SHEET_ROWS:,}: write .parquet or .csv, or use --only auto."
        )
    with Workbook(
        file, {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False}
    ) as workbook:
        rows.write_excel(workbook, worksheet="pairs", autofit=True, freeze_panes=(1, 0))


_WRITERS: Mapping[str, Callable[[pl.DataFrame, BytesIO], None]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".parquet": lambda rows, file: rows.write_parquet(file),
    ".ndjson": lambda rows, file: rows.write_ndjson(file),
}
