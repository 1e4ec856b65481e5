"""The history of stages of a record of the API → the text that a file has of it."""

import re
from typing import Any, Final

from service.accounts.attached.opportunity_values import BETWEEN, ENTRY
from service.ingest.refusals import Fault, RowReason

FIELD: Final = "stage_history"
_MEMBERS: Final = ({"stage", "entered"}, {"stage", "entered_at"})
"""The day is called as one says it, or as `GET` shows it."""
_SHAPE: Final = '[{"stage": "Qualified", "entered": "2026-01-31"}]'


def history_text(given: list[Any]) -> str | Fault:
    """The entries in a file's way to write them, in which their days are read."""
    if not given:
        return _fault(
            f"{FIELD} is an empty array: write {_SHAPE}, or null, which leaves the stages that are stored."
        )
    entries = []
    for at, entry in enumerate(given):
        if not isinstance(entry, dict) or set(entry) not in _MEMBERS or not _are_texts(entry):
            return _fault(f"{FIELD}.{at} is no stage with its day: write {_SHAPE}, both as texts.")
        stage = entry["stage"].strip()
        (day,) = entry.keys() - {"stage"}
        text = f"{stage}: {entry[day].strip()}"
        read = re.fullmatch(ENTRY, text)
        if re.search(BETWEEN, text) or read is None or read["stage"] != stage:
            return _fault(
                f"{FIELD}.{at} can't be told apart: a stage is some text without `;`, `|`, line breaks or a number behind `:`, `=` or `@`, "
                "and its day begins with a number, such as 2026-01-31."
            )  # fmt: skip
        entries.append(text)
    return "; ".join(entries)


def _are_texts(entry: dict[str, Any]) -> bool:
    return all(isinstance(said, str) for said in entry.values())


def _fault(message: str) -> Fault:
    return Fault(RowReason.UNREADABLE_VALUE, message, FIELD)
