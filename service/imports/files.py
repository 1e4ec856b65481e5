"""A spooled file, read whole: nothing of it counts before its end was reached without a frame error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from service.imports.models import Import
from service.imports.progress import Progress
from service.imports.target import RECORD_KINDS
from service.ingest import Limits, Sheet, open_sheet
from service.ingest.refusals import TEXT_SHOWN


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """`rows` to keep, rows `refused` by themselves, and a `report` of what was detected."""

    rows: pl.DataFrame
    refused: pl.DataFrame
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def headers(self) -> Mapping[str, str]:
        """The canonical fields that the file has, with the header of each."""
        found: Mapping[str, str] = self.report["mapping"]
        return found


def read_file(path: Path, order: Import, limits: Limits, progress: Progress) -> Read:
    """Every row of the file, or the IngestError that refuses it whole. CancelledImportError."""
    sheet = open_sheet(
        path, limits=limits, kind=RECORD_KINDS[order.kind], columns=order.columns, name=order.filename,
        worksheet=order.worksheet,
    )  # fmt: skip
    batches = []
    for batch in sheet.batches():
        batches.append(batch)
        progress.advance(batch.frame.height + batch.refused.height)
    rows = pl.concat([b.frame for b in batches])
    refused = pl.concat([b.refused.with_columns(pl.col("text").str.head(TEXT_SHOWN)) for b in batches])
    return Read(rows, refused, report_of(sheet))


def report_of(sheet: Sheet) -> dict[str, Any]:
    """What was detected, for the uploader to check."""
    return {
        "encoding": sheet.encoding,
        "compression": sheet.compression,
        "delimiter": sheet.dialect.delimiter if sheet.dialect else None,
        "format": sheet.format,
        "worksheet": sheet.worksheet,
        "worksheets": sheet.worksheets,
        "mapping": dict(sheet.mapping),
        "unmapped": list(sheet.unmapped),
    }
