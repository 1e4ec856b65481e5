"""What a dry run answers: what would happen, what is wrong with the file, and what it is worth."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from service.imports.endings import Found
from service.imports.files import Read
from service.imports.models import Guard
from service.imports.target import Outlook

EXAMPLES = 3
HIDDEN = "…"
_PLACES = ("row", "line")


def preview(
    found: Found,
    outlook: Outlook,
    guards: Mapping[Guard, str],
    refusal: Mapping[str, str] | None,
    *,
    personal: bool = False,
) -> dict[str, Any]:
    """JSON-ready. `refusal` is why the import would keep nothing. Of what is `personal` the first rows show where something stands,
    not what.
    """
    read, refused, difference = found.read, found.refused, found.difference
    return {
        "rows": _shown(read, personal=personal),
        "columns": _filled(read),
        "problems": [*_problems(refused), *(asdict(one) for one in difference.unread)],
        "duplicates": refused.filter(pl.col("reason") == "duplicate_in_file").height,
        "keys": dict(outlook.keys),
        "guards": [{"guard": guard.value, "message": message} for guard, message in guards.items()],
        "refusal": dict(refusal) if refusal else None,
        "existing": difference.existing,
    }


def _shown(read: Read, *, personal: bool) -> list[dict[str, Any]]:
    fields = [*_PLACES, *read.report["mapping"]]
    shown = read.rows.head.select(fields)
    if personal:
        shown = shown.with_columns(
            pl.when(pl.col(name).is_not_null()).then(pl.lit(HIDDEN)).alias(name)
            for name in read.report["mapping"]
        )
    return [dict(row) for row in shown.iter_rows(named=True)]


def _filled(read: Read) -> dict[str, int]:
    """Field → rows that say something in it."""
    return {field: read.rows.filled[field] for field in read.report["mapping"]}


def _problems(refused: pl.DataFrame) -> list[dict[str, Any]]:
    """Refusals by column and reason, the most frequent first, each with its first places."""
    grouped = (
        refused.sort("row")
        .group_by("column", "reason", maintain_order=True)
        .agg(
            pl.len().alias("rows"),
            pl.col("line").head(EXAMPLES).alias("lines"),
            pl.col("message").first().alias("example"),
        )
        .sort("rows", descending=True, maintain_order=True)
    )
    return grouped.to_dicts()
