"""What holds an import until somebody has looked: a list that suddenly shrinks or grows is mostly half a file, or the wrong one."""

from typing import Any

from service.imports.models import Guard, ImportMode
from service.imports.target import Difference

MOST_REMOVED = 0.2
"""Share of the records there were that a file may remove unasked."""
FEW = 5
"""Records that may always be removed: a share of a handful says nothing."""
MOST_GROWTH = 10
FROM_RECORDS = 1000
"""Records from which growth is judged."""


def may_grow_too_much(difference: Difference[Any]) -> bool:
    """Whether it matters how many records there are."""
    return difference.created > (MOST_GROWTH - 1) * FROM_RECORDS


def fired(difference: Difference[Any], mode: ImportMode, total: int) -> dict[Guard, str]:
    """The guards that hold the import, each with its reason; `total` is how many records there are before it."""
    found: dict[Guard, str] = {}
    if mode is ImportMode.REPLACE and difference.removed > max(FEW, MOST_REMOVED * difference.existing):
        found[Guard.REMOVES_TOO_MANY] = (
            f"The file lacks {difference.removed:,} of {difference.existing:,} records, more than {MOST_REMOVED:.0%}: "
            "with mode=replace they would be removed. If that is meant, confirm the import; otherwise cancel it and send "
            "the whole list, or send it with mode=upsert."
        )
    if total >= FROM_RECORDS and difference.created > (MOST_GROWTH - 1) * total:
        found[Guard.GROWS_TOO_MUCH] = (
            f"The file adds {difference.created:,} records to {total:,}, more than {MOST_GROWTH} times as many: it may be another "
            "list. If it is meant, confirm the import; otherwise cancel it."
        )
    return found
