import polars as pl
import pytest

from service.imports.packed import HEAD, PackedRows

SCHEMA = pl.Schema({"row": pl.Int64, "name": pl.String, "website": pl.String})


def frame(first: int, names: list[str | None]) -> pl.DataFrame:
    rows = range(first, first + len(names))
    return pl.DataFrame({"row": rows, "name": names, "website": [None] * len(names)}, schema=SCHEMA)


@pytest.fixture(scope="module")
def packed() -> PackedRows:
    rows = PackedRows(SCHEMA)
    for first, names in ((1, ["a", None, "ü", ""]), (5, []), (7, ["x"] * 20)):
        rows.add(frame(first, list(names)))
    return rows


def test_rows_come_back_as_they_were_in_their_order(packed: PackedRows) -> None:
    assert packed.whole().equals(pl.concat([frame(1, ["a", None, "ü", ""]), frame(7, ["x"] * 20)]))
    assert (packed.height, packed.filled["name"], packed.filled["website"]) == (24, 23, 0)
    assert packed.head.equals(packed.whole().head(HEAD))


def test_some_rows_are_found_wherever_they_lie(packed: PackedRows) -> None:
    wanted = pl.Series([1, 3, 11, 26, 99])
    assert packed.where(wanted).equals(packed.whole().filter(pl.col("row").is_in(wanted.implode())))


def test_no_rows_are_one_empty_frame() -> None:
    [nothing] = PackedRows(SCHEMA)
    assert nothing.equals(SCHEMA.to_frame())
    assert PackedRows.of(frame(1, ["a"])).whole().height == 1
