"""A spooled file, read whole: nothing of it counts before its end was reached without a frame error."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO

import polars as pl

from service.crypto import Keystore
from service.crypto.errors import RecordError
from service.imports.attributes import attributes_asked, fields_asked
from service.imports.errors import UploadDamagedError
from service.imports.models import Import
from service.imports.operations import upload_key
from service.imports.packed import PackedRows, Sieve
from service.imports.progress import Progress
from service.imports.spool import Spool
from service.imports.target import RECORD_KINDS
from service.ingest import Limits, Sheet, open_sheet
from service.ingest.refusals import REFUSED_SCHEMA, TEXT_SHOWN


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """`rows` to keep, rows `refused` by themselves, and a `report` of what was detected."""

    rows: PackedRows
    refused: pl.DataFrame
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def headers(self) -> Mapping[str, str]:
        """The canonical fields that the file has, and the attributes that are kept, with the header of each."""
        found: Mapping[str, str] = self.report["mapping"]
        return found


Opener = Callable[[], BinaryIO]
"""Gives the bytes of an upload, from their beginning."""


def opener_of(spool: Spool, keystore: Keystore, record: Import) -> Opener:
    """Of an import that isn't over. What was accepted before uploads were sealed lies in plain and has no key. UploadDamagedError."""
    if record.upload_key is None:
        return partial(spool.open_plain, record.id, record.digest)
    return partial(spool.open, record.id, upload_key(keystore, record))


@contextmanager
def sheet_of(opener: Opener, order: Import, limits: Limits) -> Iterator[Sheet]:
    """The upload, opened as its import says. IngestError refuses it whole; UploadDamagedError."""
    try:
        with opener() as upload:
            yield open_sheet(
                upload, limits=limits, kind=RECORD_KINDS[order.kind], columns=fields_asked(order.columns),
                attributes={one.column: one.header for one in attributes_asked(order.columns)},
                name=order.filename, worksheet=order.worksheet,
            )  # fmt: skip
    except RecordError as error:
        raise UploadDamagedError from error


def read_file(
    opener: Opener,
    order: Import,
    limits: Limits,
    progress: Progress,
    sieve: Callable[[Mapping[str, str]], Sieve | None] = lambda _: None,
) -> Read:
    """Every row of the file, or the IngestError that refuses it whole. CancelledImportError, UploadDamagedError.

    `sieve` gives what knows rows of a file with these headers, by field.
    """
    # the next block is read while the one before it is sifted and packed
    with sheet_of(opener, order, limits) as sheet, ThreadPoolExecutor(1, "packing") as beside:
        rows = PackedRows(sheet.selection.schema, sieve({**sheet.mapping, **sheet.attributes}))
        refused = [REFUSED_SCHEMA.to_frame()]
        adding: Future[None] | None = None
        for batch in sheet.batches():
            if adding:
                adding.result()
            adding = beside.submit(rows.add, batch.frame)
            refused.append(batch.refused.with_columns(pl.col("text").str.head(TEXT_SHOWN)))
            progress.advance(batch.frame.height + batch.refused.height)
        if adding:
            adding.result()
    return Read(rows, pl.concat(refused), report_of(sheet))


def report_of(sheet: Sheet) -> dict[str, Any]:
    """What was detected, for the uploader to check."""
    return {
        "encoding": sheet.encoding,
        "compression": sheet.compression,
        "delimiter": sheet.dialect.delimiter if sheet.dialect else None,
        "format": sheet.format,
        "worksheet": sheet.worksheet,
        "worksheets": sheet.worksheets,
        "mapping": {**sheet.mapping, **sheet.attributes},
        "unmapped": list(sheet.unmapped),
    }
