"""The same table is read alike whatever format it was written in."""

import io
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from service.ingest import Limits, read_accounts
from tests.support.formats import WRITERS

HEADER = ["Company", "Website", "City", "Region"]
ALPHABET = list("ab é日ß,;|\"'<>&#=-+@0.1🙂\u2028\n\t")
VALUES = st.one_of(
    st.text(st.sampled_from(ALPHABET), max_size=8),
    st.sampled_from(
        ["=1+1", "0012", "1.50", "1e5", "TRUE", "2026-01-31", "{}", "[1]", "null", "x" * 45, "a\x01b"]
    ),
)
ROWS = st.lists(st.lists(VALUES, min_size=4, max_size=4), min_size=1, max_size=8)
LIMITS = Limits(field=40)


def outcome(data: bytes) -> Any:
    """(rows kept, refused rows, format), without lines, which are a format's own."""
    kept, refused, sheet = read_accounts(io.BytesIO(data), limits=LIMITS, attributes={"region": "Region"})
    places = refused.select("row", "column", "reason").rows()
    return kept.select("row", "name", "website", "city", "region").rows(), places, sheet.format


@pytest.mark.parametrize("format_", ["tsv", "xlsx", "ods", "parquet", "ndjson", "json"])
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS)
@example(rows=[["=1+1", "x" * 45, "a\x01b", "0012"], [" ", "b", "", "\u00a0"], ["a\x01", "", "", ""]])
def test_a_table_is_read_alike_in_every_format(format_: str, rows: list[list[str]]) -> None:
    left_out = {"xlsx": "\x01", "ods": "\x01\t"}.get(
        format_, ""
    )  # XML has no controls, the guide names the tab
    rows = [[value.translate(dict.fromkeys(map(ord, left_out))) for value in row] for row in rows]
    rows = [row for row in rows if any(map(str.strip, row))]  # blank lines are no rows
    if not rows:
        return
    table = [HEADER, *rows]
    expected, places, _ = outcome(WRITERS["csv"](table))
    found, found_places, found_format = outcome(WRITERS[format_](table))

    assert found_format == ("csv" if format_ == "tsv" else format_)
    assert found == expected
    assert found_places == places
