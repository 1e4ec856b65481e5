"""Parquet: columns of any plain type as text. `line` is the number of the record."""

import io
from collections.abc import Iterator

import polars as pl

from service.ingest.apart import Apart
from service.ingest.batches import Batch
from service.ingest.errors import NestedColumnError, TooLargeError
from service.ingest.kinds import PLACE, Selection
from service.ingest.limits import Limits
from service.ingest.rows import Layout, check_rows, checked, no_data_rows
from service.ingest.source import SPLIT
from service.ingest.whole import Whole

PARQUET_MAGIC = b"PAR1"


class ParquetTable:
    """A Parquet file whose schema has been read."""

    format = "parquet"
    encoding = "utf-8"
    dialect = None
    worksheet = None
    worksheets: tuple[str, ...] = ()
    header_line = 0

    def __init__(self, packed: Whole, limits: Limits) -> None:
        if packed.size > limits.bytes_compressed:
            raise TooLargeError(
                f"the file has more bytes than the limit 'bytes_compressed' of {limits.bytes_compressed}",
                mend=SPLIT,
            )
        self._limits = limits
        self._apart = Apart(packed, {"format": "parquet"}, limits)
        _, self._columns, self.nested, rows = self._apart.receive()
        self.headers = [" ".join(name.split()) for name in self._columns]
        if not rows:
            raise no_data_rows(self.header_line)
        check_rows(rows, rows, limits)

    def batches(self, selection: Selection) -> Iterator[Batch]:
        layout = Layout(self.headers, selection, self._limits)
        columns = [self._columns[at] for at in selection.positions.values()]
        for name in columns:
            if name in self.nested:
                raise NestedColumnError(
                    f"the column '{name}' holds lists or records", mend="Write one plain value a row there."
                )
        self._apart.send(columns)
        row = 0
        while (message := self._apart.receive())[0] == "rows":
            values = pl.read_ipc(io.BytesIO(message[1]))
            values.columns = list(selection.positions)
            numbers = pl.Series(range(row + 1, row + 1 + values.height), dtype=pl.UInt32)
            frame = values.select(*(numbers.alias(name) for name in PLACE), pl.all())
            row += values.height
            check_rows(row, row, self._limits)
            yield checked(frame, layout)
