"""The stages of a record as JSON: the same text as a file's, or a refusal that says which entry is wrong."""

from typing import Any

import pytest

from service.accounts.record_stages import history_text
from service.ingest.refusals import Fault, RowReason

DAY = "2026-01-31"


def test_entries_become_a_files_text() -> None:
    said: list[Any] = [
        {"stage": " Qualified ", "entered": DAY},
        {"entered_at": "2026-03-02T10:00:00Z", "stage": "Step: two"},
    ]
    assert history_text(said) == "Qualified: 2026-01-31; Step: two: 2026-03-02T10:00:00Z"


@pytest.mark.parametrize(
    "wrong",
    [
        "Qualified: 2026-01-31", None, [], {}, {"stage": "Won"}, {"stage": "Won", "entered": None}, {"stage": 3, "entered": DAY},
        {"stage": "Won", "entered": DAY, "entered_at": DAY}, {"stage": "Won", "when": DAY}, {"stage": "", "entered": DAY},
        {"stage": "Won; Lost", "entered": DAY}, {"stage": "Won|Lost", "entered": DAY}, {"stage": "Step: 2", "entered": DAY},
        {"stage": "Won", "entered": "tomorrow"}, {"stage": "Won", "entered": f"{DAY}; Lost: {DAY}"}, {"stage": "Won\n", "entered": f"{DAY}\nx"},
    ],
)  # fmt: skip
def test_what_is_no_stage_with_its_day_is_refused_by_its_place(wrong: Any) -> None:
    refused = history_text([{"stage": "Qualified", "entered": DAY}, wrong])
    assert isinstance(refused, Fault)
    assert (refused.reason, refused.column) == (RowReason.UNREADABLE_VALUE, "stage_history")
    assert refused.message.startswith("stage_history.1 ")


def test_no_entries_are_no_word() -> None:
    refused = history_text([])
    assert isinstance(refused, Fault)
    assert "null" in refused.message
