"""Numbers of employees."""

import polars as pl
import pytest

from service.ingest.values import head_counts


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("500", 500, 500), ("0", 0, 0), ("51–200", 51, 200), ("51-200 employees", 51, 200), ("51 to 200", 51, 200), ("1.2k", 1200, 1200),
        ("1.234k", 1234, 1234), ("5-10k", 5000, 10000), ("5k-10k", 5000, 10000), ("500-1k", 500, 1000), ("10,000+", 10000, None),
        ("10,001+ employees", 10001, None), ("1 200", 1200, 1200), ("1,200", 1200, 1200), ("1.200", 1200, 1200), ("1'200", 1200, 1200),
        ("1200.0", 1200, 1200), ("1.200.000", 1200000, 1200000), ("<10", None, 9), ("> 500", 501, None), (">=500", 500, None),
        ("≤ 50", None, 50), ("up to 50", None, 50), ("more than 1,000", 1001, None), ("at least 20 people", 20, None), ("~300", 300, 300), ("11-50 FTE", 11, 50),
        ("between 10 and 50", 10, 50), ("2 million", 2000000, 2000000),
        ("ca. 500", 500, 500), ("51 bis 200 Mitarbeiter", 51, 200), ("zwischen 10 und 50", 10, 50), ("über 1.000", 1001, None), ("bis zu 50", None, 50),
        ("bis 50", None, 50), ("ab 500 Beschäftigte", 500, None), ("weniger als 10", None, 9), ("2 Tsd.", 2000, 2000), ("10.000+ Mitarbeitende", 10000, None),
        ("51 à 200 salariés", 51, 200), ("de 51 à 200", 51, 200), ("entre 10 et 50", 10, 50), ("plus de 1 000", 1001, None), ("moins de 10 salariés", None, 9),
        ("environ 500", 500, 500), ("1 a 10 empleados", 1, 10), ("de 51 a 200", 51, 200), ("más de 500", 501, None), ("entre 10 y 50", 10, 50),
        ("menos de 10", None, 9), ("51 a 200 funcionários", 51, 200), ("mais de 500", 501, None), ("até 50", None, 50), ("entre 10 e 50", 10, 50),
        ("51 sampai 200 karyawan", 51, 200), ("lebih dari 500 orang", 501, None), ("kurang dari 10", None, 9), ("sekitar 500", 500, 500),
        ("от 51 до 200", 51, 200), ("51–200 сотрудников", 51, 200), ("более 500", 501, None), ("менее 10 чел.", None, 9), ("около 500 человек", 500, 500),
        ("до 50", None, 50), ("1,2 тыс.", 1200, 1200), ("свыше 1 000", 1001, None),
        ("51〜200名", 51, 200), ("５００人", 500, 500), ("約500名", 500, 500), ("5千人", 5000, 5000), ("10000人以上", 10000, None), ("10名未満", None, 9),
        ("50人以下", None, 50), ("1万人", 10000, 10000), ("51から200", 51, 200), ("1,000名超", 1001, None),
    ],
)  # fmt: skip
def test_employees_are_read_as_a_range(text: str, low: int | None, high: int | None) -> None:
    read = head_counts(pl.Series([text]))
    assert read.faults[0] is None, read.faults[0]
    assert read.values.row(0) == (low, high)


@pytest.mark.parametrize(
    ("text", "why"),
    [("many", "is no number of people"), ("-5", "is no number of people"), ("12.5", "no whole number"), ("200-51", "begins above its end"), ("1-2-3", "is no number"),
     ("5 apples", "is no number"), ("10-Jan", "is no number"), ("$500", "is no number"), ("12345678901", "more people than there can be"),
     ("k", "is no number"), ("+", "is no number"), ("1.2.3", "don't fit together"), ("9" * 121, "more than 120 characters")],
)  # fmt: skip
def test_what_is_no_number_of_people_is_told(text: str, why: str) -> None:
    read = head_counts(pl.Series([text]))
    assert read.values.row(0) == (None, None)
    assert why in read.faults[0]
    assert read.faults[0].endswith(
        ": write a number or range of people such as 500, 51-200, 1.2k or 10,000+."
    )


def test_plain_and_spelled_rows_keep_their_order() -> None:
    read = head_counts(pl.Series(["7", "51–200", None, "x", "8", "10+"]))
    assert read.values["low"].to_list() == [7, 51, None, None, 8, 10]
    assert read.values["high"].to_list() == [7, 200, None, None, 8, None]
    assert [told is None for told in read.faults] == [True, True, True, False, True, True]
    assert read.values.schema == pl.Schema({"low": pl.Int64, "high": pl.Int64})
