"""Everything that refuses a whole file.

IngestError
├── CannotOpenError            cannot_open
├── UnreadableFileError        not_text · nested_archive · undecodable_text · encrypted · several_files · unsafe_archive
├── BrokenCompressionError     truncated_archive · corrupt_archive · trailing_data
├── BrokenFrameError           empty_file · no_data_rows · unclosed_quote · bad_json · corrupt_workbook · corrupt_parquet
│                              nested_column · unknown_worksheet · already_read
├── BrokenHeaderError          bad_header · duplicate_header · no_key_column · unknown_field · unknown_header
└── LimitExceededError         too_large · too_much_expansion · too_many_rows · too_many_columns · too_many_cells
                               too_much_memory

What is wrong with one row only is no exception: it is a row of `Batch.refused` (see `refusals`).
"""

from typing import ClassVar


class IngestError(Exception):
    """A file that cannot be taken: what is wrong, where, and how to mend it.

    `code` is stable and may be compared; the text is for people. `line` is the physical line (the first line
    of the file is 1), `name` the file's name once `open_sheet` has put it in.
    """

    code: ClassVar[str]

    def __init__(self, what: str, *, mend: str, line: int | None = None) -> None:
        super().__init__(what, mend, line)
        self.what = what
        self.mend = mend
        self.line = line
        self.name: str | None = None

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.name, self.line and f"line {self.line}") if part)
        return f"{place}: {self.what}. {self.mend}" if place else f"{self.what}. {self.mend}"


class CannotOpenError(IngestError):
    """No such file, no permission, not a file."""

    code = "cannot_open"


class UnreadableFileError(IngestError):
    """The bytes are no text that can be read."""


class NotTextError(UnreadableFileError):
    code = "not_text"


class NestedArchiveError(UnreadableFileError):
    code = "nested_archive"


class EncryptedError(UnreadableFileError):
    code = "encrypted"


class SeveralFilesError(UnreadableFileError):
    code = "several_files"


class UnsafeArchiveError(UnreadableFileError):
    """An entry that is no list: a path out of the archive, a link, a document type with entities."""

    code = "unsafe_archive"


class UndecodableTextError(UnreadableFileError):
    """`offset` is the position of the first bad byte in the (unpacked) file, counted from 0."""

    code = "undecodable_text"

    def __init__(self, what: str, *, mend: str, line: int, offset: int) -> None:
        super().__init__(what, mend=mend, line=line)
        self.offset = offset


class BrokenCompressionError(IngestError):
    """The compressed stream does not end as it should, so nothing of it may count."""


class TruncatedArchiveError(BrokenCompressionError):
    code = "truncated_archive"


class CorruptArchiveError(BrokenCompressionError):
    code = "corrupt_archive"


class TrailingDataError(BrokenCompressionError):
    code = "trailing_data"


class BrokenFrameError(IngestError):
    """Rows cannot be told apart, or there are none."""


class EmptyFileError(BrokenFrameError):
    code = "empty_file"


class NoDataRowsError(BrokenFrameError):
    code = "no_data_rows"


class UnclosedQuoteError(BrokenFrameError):
    code = "unclosed_quote"


class BadJsonError(BrokenFrameError):
    code = "bad_json"


class CorruptWorkbookError(BrokenFrameError):
    code = "corrupt_workbook"


class CorruptParquetError(BrokenFrameError):
    code = "corrupt_parquet"


class NestedColumnError(BrokenFrameError):
    code = "nested_column"


class UnknownWorksheetError(BrokenFrameError):
    code = "unknown_worksheet"


class AlreadyReadError(BrokenFrameError):
    """A programming error: the rows of a sheet can be taken once."""

    code = "already_read"


class BrokenHeaderError(IngestError):
    """The header does not say which column is which."""


class BadHeaderError(BrokenHeaderError):
    code = "bad_header"


class DuplicateHeaderError(BrokenHeaderError):
    code = "duplicate_header"


class NoKeyColumnError(BrokenHeaderError):
    code = "no_key_column"


class UnknownFieldError(BrokenHeaderError):
    code = "unknown_field"


class UnknownHeaderError(BrokenHeaderError):
    code = "unknown_header"


class LimitExceededError(IngestError):
    """The file is larger than it may be; the message names the limit and its value."""


class TooLargeError(LimitExceededError):
    code = "too_large"


class TooMuchExpansionError(LimitExceededError):
    code = "too_much_expansion"


class TooManyRowsError(LimitExceededError):
    code = "too_many_rows"


class TooManyColumnsError(LimitExceededError):
    code = "too_many_columns"


class TooManyCellsError(LimitExceededError):
    code = "too_many_cells"


class TooMuchMemoryError(LimitExceededError):
    code = "too_much_memory"
