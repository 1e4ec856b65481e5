"""NDJSON and JSON: the keys of the records are the headers, their plain values the cells."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any

from service.ingest import refusals
from service.ingest.batches import Batch
from service.ingest.encoding import TextStream
from service.ingest.errors import BadJsonError, EmptyFileError
from service.ingest.header import spellings, squash
from service.ingest.json_framing import WRITE_AGAIN, Framed, array_records, line_records
from service.ingest.kinds import RecordKind, Selection
from service.ingest.limits import Limits
from service.ingest.refusals import Fault
from service.ingest.rows import Harvest, Layout, check_rows, no_data_rows
from service.ingest.source import CHUNK, regrouped

_BATCH = 20_000


class RecordsTable:
    """Records whose keys have been seen: those of the first mebibyte, in the order in which they come up."""

    dialect = None
    worksheet = None
    worksheets: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()

    def __init__(self, text: TextStream, format_: str, limits: Limits, kind: RecordKind) -> None:
        self.format = format_
        self._text = text
        self._limits = limits
        self._kind = kind
        frame = array_records if format_ == "json" else line_records
        records = frame(regrouped(iter(text)), limits)
        sample, keys = _sampled(records)
        if not sample:
            raise _nothing(format_, kind)
        if not keys:
            raise BadJsonError("the first records are no objects", mend=WRITE_AGAIN, line=sample[0].line)
        self._records = chain(sample, records)
        self._keys = keys
        self.headers = [" ".join(key.split()) for key in keys]
        self.header_line = sample[0].line

    @property
    def encoding(self) -> str:
        return self._text.encoding

    def batches(self, selection: Selection) -> Iterator[Batch]:
        layout = Layout(self.headers, selection, self._limits)
        judge = _Judge(layout, self._keys)
        harvest, row, line = Harvest(layout), 0, 1
        for record in self._records:
            row, line = row + 1, record.line
            judge.take(harvest, row, record)
            if row % _BATCH == 0:
                check_rows(row, line, self._limits)
                yield harvest.batch()
                harvest = Harvest(layout)
        check_rows(row, line, self._limits)
        yield harvest.batch()


def _sampled(records: Iterator[Framed]) -> tuple[list[Framed], list[str]]:
    sample: list[Framed] = []
    keys: dict[str, None] = {}
    size = 0
    for record in records:
        sample.append(record)
        if isinstance(record.value, dict):
            keys.update(dict.fromkeys(record.value))
        size += len(record.text)
        if size >= CHUNK:
            break
    return sample, list(keys)


def _nothing(format_: str, kind: RecordKind) -> Exception:
    if format_ == "json":
        return no_data_rows(1)
    return EmptyFileError("the file is empty", mend=f"Export the list again: one object a {kind.noun}.")


class _Judge:
    """Makes rows of records. Keys that come up too late matter only where a column would have been made of them."""

    def __init__(self, layout: Layout, keys: list[str]) -> None:
        self._layout = layout
        self._known = set(keys)
        self._picked = [keys[at] for at in layout.selection.positions.values()]
        self._missed = _Missed(layout.selection)

    def take(self, harvest: Harvest, row: int, record: Framed) -> None:
        values = [] if self._is_fault(record) else self._values(record.value)
        fault = self._fault(record, values)
        if fault is None:
            harvest.keep(row, record.line, values, partial(str, record.text))
        else:
            harvest.refuse(row, record.line, fault, _encodable(record.text))

    def _is_fault(self, record: Framed) -> bool:
        return not isinstance(record.value, dict)

    def _values(self, value: Mapping[str, Any]) -> list[Any]:
        values = [value.get(key) for key in self._picked]
        return [_shown(v) if isinstance(v, bool) else v for v in values]

    def _fault(self, record: Framed, values: list[Any]) -> Fault | None:
        if record.too_long:
            return refusals.line_too_long(self._layout.limits, record.line, record.last_line)
        if record.value is None:
            return refusals.bad_record("the record is no JSON that can be read")
        if not isinstance(record.value, dict):
            return refusals.bad_record("the record is no object")
        for key, value in zip(self._picked, values, strict=True):
            if isinstance(value, dict | list):
                return refusals.nested_value(key)
        if "\\u" in record.text and any(isinstance(v, str) and _encodable(v) != v for v in values):
            return refusals.bad_record("a value has half a character (a lone surrogate)")
        if len(record.value) > len(self._known) or not self._known.issuperset(record.value):
            late = next((key for key in record.value if key not in self._known and self._missed(key)), None)
            return None if late is None else refusals.unexpected_key(_encodable(late))
        return None


class _Missed:
    """Whether a key would have been recognised as a field that no column gives."""

    def __init__(self, selection: Selection) -> None:
        known = spellings(selection.kind)
        self._spellings = {text for text, (field, _) in known.items() if field not in selection.positions}

    def __call__(self, key: str) -> bool:
        return squash(key) in self._spellings


def _shown(value: bool) -> str:  # noqa: FBT001  # a value
    return "TRUE" if value else "FALSE"


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
