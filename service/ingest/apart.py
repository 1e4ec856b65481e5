"""Starts `reader_process` for one file and hears what it reads."""

import marshal
import os
import struct
import subprocess
import sys
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from service.ingest.errors import (
    CorruptParquetError,
    CorruptWorkbookError,
    EmptyFileError,
    EncryptedError,
    IngestError,
    TooLargeError,
    TooManyCellsError,
    TooMuchMemoryError,
    UnknownWorksheetError,
)
from service.ingest.limits import Limits
from service.ingest.source import SPLIT
from service.ingest.whole import Whole

_SCRIPT = Path(__file__).with_name("reader_process.py")
_LISTED = 40
SAVE_AGAIN = "Open it where it was made, save it again, or export the list as CSV (UTF-8)."


class Apart:
    """One file being read in a process of its own, which ends with this object at the latest."""

    def __init__(self, source: Whole, order: Mapping[str, Any], limits: Limits) -> None:
        self._limits = limits
        self._format: str = order["format"]
        self._process = subprocess.Popen(  # noqa: S603  # a script of our own, no shell
            [sys.executable, "-P", str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "POLARS_MAX_THREADS": "2"},
            pass_fds=source.descriptors,
        )
        self._end = weakref.finalize(self, _end, self._process)
        caps = {"cells": limits.cells, "memory": limits.memory, "bytes_raw": limits.bytes_raw}
        self.send({**order, **source.order, **caps})

    def send(self, message: Any) -> None:
        data = marshal.dumps(message)
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101  # it is a pipe
        try:
            stdin.write(struct.pack(">I", len(data)))
            stdin.write(data)
            stdin.flush()
        except BrokenPipeError:
            self._refuse_death()

    def receive(self) -> tuple[Any, ...]:
        """The next message. Raises the IngestError that it says, or that the end of the process stands for."""
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101  # it is a pipe
        head = stdout.read(4)
        data = stdout.read(struct.unpack(">I", head)[0]) if len(head) == 4 else b""  # noqa: PLR2004
        if not data:
            self._refuse_death()
        message: tuple[Any, ...] = marshal.loads(data)  # noqa: S302  # from the process that this one started
        if message[0] == "error":
            self._end()
            raise self._error(*message[1:])
        if message[0] == "end":
            self._end()
        return message

    def _refuse_death(self) -> Any:
        """It ends by a signal where memory or time is refused to it, and tells nobody."""
        code = self._process.wait()
        self._end()
        raise self._error("memory" if code < 0 else "corrupt", f"its reader ended with {code}")

    def _error(self, code: str, what: str, *more: Any) -> IngestError:
        make = _ERRORS.get(code)
        if make is not None:
            return make(self._limits, what, *more)
        if self._format == "parquet":
            return CorruptParquetError(
                f"the Parquet file is damaged ({what})", mend="Write it again, or export the list as CSV."
            )
        return CorruptWorkbookError(f"the workbook is damaged ({what})", mend=SAVE_AGAIN)


def _memory(limits: Limits, _what: str) -> IngestError:
    return TooMuchMemoryError(
        f"reading it takes more memory than the limit 'memory' of {limits.memory} bytes, or more than ten minutes",
        mend="Split the list, drop the columns that are not needed, or bring it as CSV, which takes little.",
    )


def _cells(limits: Limits, sheet: str, height: int, width: int) -> IngestError:
    return TooManyCellsError(
        f"the sheet '{sheet}' spreads over {height} rows and {width} columns, more than the limit 'cells' of {limits.cells}",
        mend="Delete stray values far from the list, split it, or bring it as CSV.",
    )


def _unknown_sheet(_limits: Limits, wanted: str, names: list[str]) -> IngestError:
    shown = ", ".join(f"'{name[:60]}'" for name in names[:_LISTED])
    return UnknownWorksheetError(
        f"the workbook has no sheet '{wanted}'", mend=f"Name one of these, or give its number: {shown}."
    )


def _empty(_limits: Limits, sheet: str) -> IngestError:
    what = f"the sheet '{sheet}' is empty" if sheet else "no sheet of the workbook holds anything"
    return EmptyFileError(what, mend="Bring the sheet with the list: a header, then one row a record.")


def _encrypted(_limits: Limits, what: str) -> IngestError:
    return EncryptedError(what, mend="Save it without a password and bring that file.")


def _large(limits: Limits, _what: str) -> IngestError:
    return TooLargeError(
        f"the unpacked file has more bytes than the limit 'bytes_raw' of {limits.bytes_raw}", mend=SPLIT
    )


_ERRORS: dict[str, Callable[..., IngestError]] = {
    "memory": _memory,
    "cells": _cells,
    "unknown_sheet": _unknown_sheet,
    "empty": _empty,
    "large": _large,
    "encrypted": _encrypted,
}


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        try:
            if pipe is not None:
                pipe.close()
        except BrokenPipeError:  # what was still to be written to it
            pass
    process.wait()
