"""Verdicts by binary COPY: what the server reads is what was given, and an event's JSON is what the server itself would build."""

from collections.abc import AsyncIterator

import asyncpg
import polars as pl
import pytest

from service.kit.id_columns import new_ids
from service.overlaps.laid import COLUMNS, laid
from service.overlaps.verdicts import _VERDICT
from tests.support.servers import OwnDatabase

_BUILT = """
    SELECT count(*) FROM verdict JOIN asked USING (id)
    WHERE data IS NOT DISTINCT FROM CASE WHEN event IS NOT NULL THEN jsonb_build_object(
        'overlap_id', id, 'rules', asked.rules, 'confidence', round(confidence::numeric, 4)) END
"""
EVERY = 1000
_CONFIDENCES = [0.0, 1.0, 0.99005, 0.000049, 0.00005, 0.123456, 0.999949, 0.99995, 0.5]


def _frame() -> pl.DataFrame:
    row = pl.int_range(EVERY, eager=True)
    events = [None, "overlap.created", "overlap.removed"]
    rules = ["domain+name", "", None, 'a "quote"', "näme"]
    return pl.DataFrame(
        {
            "change": [["created", "updated", "fresh"][n % 3] for n in row],
            "event": [events[n // 2 % 3] for n in row],
            "place": row - 3,
            "lo_ref": [-(2**63) + n for n in row],
            "hi_ref": [2**63 - 1 - n for n in row],
            "id": [
                one if n % 2 else f"{one[:8]}-{one[8:12]}-{one[12:16]}-{one[16:20]}-{one[20:]}"
                for n, one in enumerate(new_ids(EVERY))
            ],
            "event_id": new_ids(EVERY),
            "rules": [rules[n % 5] for n in row],
            "status": [["auto", "review"][n % 2] for n in row],
            "scored": [["auto", None][n // 4 % 2] for n in row],
            "confidence": [_CONFIDENCES[n % 9] if n < EVERY // 2 else n / 999_983 for n in row],
            "weight": [n / 7 - 50 for n in row],
            "kinds": [n % 64 for n in row],
            "evidence": [n * 13 % 32768 for n in row],
        }
    ).with_columns(pl.col("confidence").round(6), pl.col("weight").round(4))


@pytest.fixture
async def driver(own_database: OwnDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(own_database.urls.matcher)
    async with connection.transaction():
        await connection.execute(_VERDICT)
        yield connection
    await connection.close()


async def test_what_is_laid_down_is_what_was_given(driver: asyncpg.Connection) -> None:
    frame = _frame()
    await driver.execute("CREATE TEMPORARY TABLE asked (id uuid, rules text)")
    assert await _copied(driver, laid(frame, at_once=300)) == f"COPY {EVERY}"
    await driver.executemany("INSERT INTO asked VALUES ($1, $2)", frame.select("id", "rules").rows())
    kept = [name for name in COLUMNS if name != "data"]
    rows = await driver.fetch(f"SELECT {', '.join(kept)} FROM verdict ORDER BY place")
    given = frame.with_columns(pl.col("id", "event_id").str.replace_all("-", "")).select(kept).rows()
    assert [
        tuple(v.hex if hasattr(v, "hex") and not isinstance(v, float) else v for v in r) for r in rows
    ] == given
    assert await driver.fetchval(_BUILT) == EVERY


async def test_nothing_is_laid_down_of_nothing(driver: asyncpg.Connection) -> None:
    assert await _copied(driver, laid(_frame().clear())) == "COPY 0"


async def _copied(driver: asyncpg.Connection, rows: AsyncIterator[bytes]) -> str:
    said = await driver.copy_to_table("verdict", source=rows, format="binary", columns=COLUMNS)
    return str(said)
