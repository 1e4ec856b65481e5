"""The guide to files names every refusal and every limit there is."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from service.ingest import IngestError, Limits, RowReason
from service.matching.records import ACCOUNT_FIELDS

GUIDE = (Path(__file__).parents[3] / "docs" / "guide" / "files.md").read_text("utf-8")


def codes(error: type[IngestError]) -> Iterator[str]:
    for kind in error.__subclasses__():
        if "code" in vars(kind):
            yield kind.code
        yield from codes(kind)


def table(heading: str) -> set[str]:
    """The code names of the first column of the table under a heading."""
    section = GUIDE.split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_every_refusal_of_a_file_is_in_the_guide_and_no_other() -> None:
    assert table("What refuses the file") | {"already_read"} == set(codes(IngestError))
    assert "`already_read`" in GUIDE


def test_every_refusal_of_a_row_is_in_the_guide_and_no_other() -> None:
    assert table("What refuses a row") == set(RowReason)


def test_every_limit_is_in_the_guide_and_no_other() -> None:
    assert table("Limits") == {field.name for field in dataclasses.fields(Limits)}
    assert f"| `rows` | {Limits().rows:,} |" in GUIDE


def test_every_field_is_in_the_guide() -> None:
    assert all(f"`{field}`" in GUIDE for field in ACCOUNT_FIELDS)
