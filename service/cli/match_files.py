"""The two files of `commonground match`: read whole, or refused with the place and the mend."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import polars as pl

from service.cli.errors import CommandError
from service.ingest import REFUSED_SCHEMA, Sheet, open_sheet
from service.linking.prepare import Prepared, prepare

Step = Callable[[str], None]
_UNESCAPED_COMMA = re.compile(r"(?<!\\),")


@dataclass(frozen=True, slots=True)
class Columns:
    r"""`name=Company,website=URL` as account field → header; a comma in a header is written `\\,`."""

    fields: Mapping[str, str] | None

    @classmethod
    def parse(cls, text: str | None, option: str) -> Self:
        """CommandError names the part that isn't `field=Header`."""
        if text is None:
            return cls(None)
        parts = [part.replace("\\,", ",").partition("=") for part in _UNESCAPED_COMMA.split(text)]
        for field, equals, header in parts:
            if not (field.strip() and equals and header.strip()):
                shown = field + equals + header
                raise CommandError(
                    f"{option}: '{shown}' is not field=Header: write name=Company,website=URL.", exit_code=2
                )
        fields = {field.strip(): header.strip() for field, _, header in parts}
        if len(fields) < len(parts):
            raise CommandError(f"{option}: a field is named twice: give each field one header.", exit_code=2)
        return cls(fields)


@dataclass(frozen=True, slots=True, eq=False)
class List:
    """One file, read: `accounts` has the rows kept, `refused` those that were not, `prepared` what is matched."""

    path: Path
    sheet: Sheet
    accounts: pl.DataFrame
    refused: pl.DataFrame
    prepared: Prepared


class Progress:
    """Tells a step how far a file has been read."""

    def __init__(self, sheet: Sheet, step: Step) -> None:
        self._sheet, self._step = sheet, step

    def __call__(self, bytes_read: int) -> None:
        of = f" of {self._sheet.size / 1e6:,.0f}" if self._sheet.size else ""
        self._step(
            f"reading {self._sheet.name}: {bytes_read / 1e6:,.0f}{of} MB, {self._sheet.summary.rows:,} rows"
        )


def read_list(path: Path, columns: Columns, step: Step, *, worksheet: str | None = None) -> List:
    """Read and prepare one file. An IngestError refuses it whole; CommandError if it isn't there."""
    if not path.exists():
        raise CommandError(f"There is no file {path}.", exit_code=2)
    if not path.is_file():
        raise CommandError(f"{path} is not a regular file: write the list into one first.", exit_code=2)
    sheet = open_sheet(path, columns=columns.fields, worksheet=worksheet)
    batches = list(sheet.batches(Progress(sheet, step)))
    accounts = pl.concat([b.frame for b in batches])
    refused = pl.concat([REFUSED_SCHEMA.to_frame(), *(b.refused for b in batches)])
    if not accounts.height:
        raise CommandError(f"{path.name}: every row was refused. {refused['message'][0]}")
    step(f"normalising {path.name}: {accounts.height:,} rows")
    return List(path, sheet, accounts, refused, prepare(accounts))
