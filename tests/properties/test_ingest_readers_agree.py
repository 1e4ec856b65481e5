"""The fast reader gives what the exact one gives, and both what the csv module reads from what it wrote."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.ingest import ACCOUNTS, Batch, Limits, Selection
from service.ingest.delimited import _Rows
from service.ingest.errors import IngestError
from service.ingest.exact import Cursor, ExactReader, Shape
from service.ingest.fast import read_fast

LIMITS = Limits(line=60, field=12)
TWO = Shape(["Company", "City"], Selection(ACCOUNTS, {"name": 0, "city": 1}), LIMITS, ",")
SHAPES = (
    TWO,
    Shape(["City", "Company", "Other"], Selection(ACCOUNTS, {"name": 1, "city": 0}), LIMITS, ","),
    Shape(["Company", "City"], Selection(ACCOUNTS, {"name": 0, "city": 1}), LIMITS, "\t"),
    Shape(["Company"], Selection(ACCOUNTS, {"name": 0}), LIMITS, "\x1f"),
)

PIECES = st.sampled_from(
    [",", ",", ",", "\n", "\n", "\r\n", "\r", '"', '""', '"a"', '"a,b"', '"a\nb"', '"\r\n"', "a", "bc", " ", "é", "日本",
     "\t", "\x00", "\x1f", "\x7f", "\u0085", "\u2028", "x" * 13, "y" * 61, "a,b\n", "a,b\n", '"c","d"\r\n', "e,f,g\n"]
)  # fmt: skip
ODD_TEXT = st.lists(PIECES, max_size=40).map("".join)

VALUES = st.text(st.sampled_from(list('ab é日,;"\n\t')), max_size=6)  # the module forgets to quote a lone CR
ROWS = st.lists(st.lists(VALUES, min_size=2, max_size=2), min_size=1, max_size=12)


def outcome(produce: Callable[[Cursor], list[Batch]]) -> Any:
    """(rows, refused rows, where it stopped), or the error's code and line."""
    cursor = Cursor(row=0, line=1)
    try:
        batches = produce(cursor)
    except IngestError as error:
        return error.code, error.line
    frames = [row for batch in batches for row in batch.frame.drop_nulls("row").rows()]
    # A record that is too long shows as much of its text as was at hand.
    refused = [(*row[:5], row[5][:30]) for batch in batches for row in batch.refused.rows()]
    return frames, refused, cursor.row


def exactly(text: bytes, shape: Shape) -> Any:
    def produce(cursor: Cursor) -> list[Batch]:
        batch, used = ExactReader(shape).read(text, cursor, stop=len(text), final=True)
        assert used == len(text)
        return [batch]

    return outcome(produce)


def fed(rows: _Rows, text: bytes, batches: list[Batch]) -> bytes:
    """What is left of the text; `batches` get the rest."""
    feeding = rows.feed(text, final=False)
    while True:
        try:
            batches.append(next(feeding))
        except StopIteration as end:
            return bytes(end.value)


def in_pieces(text: bytes, shape: Shape, cuts: list[int]) -> Any:
    """As a file is read: block after block, the rest of one before the next, the fast reader wherever it can."""

    def produce(cursor: Cursor) -> list[Batch]:
        rows = _Rows(shape, cursor)
        batches: list[Batch] = []
        rest, places = b"", sorted({cut % (len(text) + 1) for cut in cuts})
        for start, stop in zip([0, *places], [*places, len(text)], strict=True):
            rest = fed(rows, rest + text[start:stop], batches)
            assert len(rest) <= shape.limits.line + 2, "what is held is bounded"
        batches += rows.feed(rest, final=True)
        return batches

    return outcome(produce)


def written(rows: list[list[str]], end: str, *, always: bool) -> Any:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL if always else csv.QUOTE_MINIMAL).writerows(
        rows
    )
    return text.getvalue()


@settings(deadline=None)
@given(ODD_TEXT, st.sampled_from(SHAPES), st.lists(st.integers(0, 400), max_size=6))
@example('"a\r', TWO, [])
@example('a,b\r\n"a""b",c\r\r\n\r\n', TWO, [4, 12])
@example('"a"b\nc,d\n', TWO, [3])
@example("x" * 70, TWO, [65])
@example('"' + "x" * 70 + '"', TWO, [71, 72])
@example(",".join("x" * 70) + ',"\n",z\n', TWO, [140, 141, 142])
@example('"' + "x" * 70 + '\r\ny",z\na,b\n', TWO, [72])
def test_a_file_reads_alike_in_any_pieces_by_the_fast_and_the_exact_reader(
    text: bytes, shape: Shape, cuts: list[int]
) -> None:
    data = text.encode()

    assert in_pieces(data, shape, cuts) == exactly(data, shape)


@settings(deadline=None)
@given(ODD_TEXT, st.sampled_from(SHAPES), st.booleans())
def test_what_the_fast_reader_takes_it_takes_as_the_exact_reader_would(
    text: bytes,
    shape: Shape,
    final: bool,  # noqa: FBT001  # hypothesis fills it by position
) -> None:
    data = text.encode()
    fast = Cursor(row=0, line=1)
    found = read_fast(data, fast, shape, final=final) if data else None
    if found is None:
        return
    batch, used = found
    exact = Cursor(row=0, line=1)
    expected, _ = ExactReader(shape).read(data[:used], exact, stop=used, final=True)

    assert batch.frame.equals(expected.frame)
    assert batch.refused.equals(expected.refused)
    assert expected.refused.is_empty()
    assert fast.row == exact.row
    assert fast.line == exact.line or final


@settings(deadline=None)
@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_lists_as_the_csv_module_writes_them_are_read_alike(
    rows: list[list[str]],
    end: str,
    always: bool,  # noqa: FBT001  # hypothesis fills it by position
) -> None:
    rows = [row for row in rows if any(row)]
    text = written(rows, end, always=always)
    shape = Shape(["Company", "City"], Selection(ACCOUNTS, {"name": 0, "city": 1}), Limits(), ",")
    frames, refused, count = in_pieces(text.encode(), shape, [])

    assert refused == []
    assert count == len(rows)
    read_again = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    assert read_again == rows
    assert [(frame[3], frame[8]) for frame in frames] == [
        tuple(value.strip() or None for value in row) for row in rows
    ]


@settings(deadline=None)
@given(ROWS, st.sampled_from(["\n", "\r\n"]))
def test_ordinary_quoted_lists_need_no_exact_reader(rows: list[list[str]], end: str) -> None:
    text = written([[f"n{a}", f"c{b}"] for a, b in rows], end, always=True).encode()
    shape = Shape(["Company", "City"], Selection(ACCOUNTS, {"name": 0, "city": 1}), Limits(), ",")
    found = read_fast(text, Cursor(row=0, line=1), shape, final=True)

    assert found is not None
    assert found[1] == len(text)
    assert found[0].frame.height == len(rows)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"a,b\n\nc,d\r\n\r\n\n", id="blank lines"),
        pytest.param(b'a,b\rc,"d\re"\r', id="CR alone"),
        pytest.param(b'"a ""b""","c,\r\nd"\r\n"",e', id="quotes of every kind"),
        pytest.param("é,\t\n".encode(), id="beyond ASCII"),
    ],
)
def test_ordinary_oddities_stay_with_the_fast_reader(text: bytes) -> None:
    found = read_fast(text, Cursor(row=0, line=1), TWO, final=True)

    assert found is not None
    assert found[1] == len(text)
