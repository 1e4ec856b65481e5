"""What one file may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on a file, checked while it streams and never after the fact.

    Bytes are counted as they stand in the file (`bytes_compressed`, compressed files only, which workbooks and Parquet
    are too) and unpacked (`bytes_raw`); `line` and `field` are UTF-8 bytes of one record and of one mapped value.
    `cells` is the rectangle of a worksheet that holds all its values; `memory` is what the process may take that reads
    a workbook or Parquet file (enforced on Linux).
    """

    bytes_compressed: int = 200 * 1024**2
    bytes_raw: int = 2 * 1024**3
    ratio: int = 200
    rows: int = 5_000_000
    columns: int = 200
    line: int = 64 * 1024
    field: int = 4 * 1024
    cells: int = 5_000_000
    memory: int = 700 * 1024**2
