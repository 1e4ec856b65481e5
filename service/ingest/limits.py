"""What one file may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on a file, checked while it streams and never after the fact.

    Bytes are counted as they stand in the file (`bytes_compressed`, compressed files only) and unpacked
    (`bytes_raw`); `line` and `field` are UTF-8 bytes of one record and of one mapped value.
    """

    bytes_compressed: int = 200 * 1024**2
    bytes_raw: int = 2 * 1024**3
    ratio: int = 200
    rows: int = 5_000_000
    columns: int = 200
    line: int = 64 * 1024
    field: int = 4 * 1024
