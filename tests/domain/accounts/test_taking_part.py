"""A long list is handed over some rows at a time, each row whole and once."""

import polars as pl
import pytest

from service.accounts.following import each_taking_part
from service.imports.operations import RUN_JOB
from tests.factories.world import Pair, company_list


async def test_a_long_list_comes_in_parts_and_no_row_is_torn_or_lost(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.accounts.following._AT_ONCE", 1000)
    names = [f'Orchard, "{n}" and\nSons' for n in range(4000)]
    quoted = (('"' + name.replace('"', '""') + '"', f"orchard{n}.com") for n, name in enumerate(names))
    await pair.world.upload(pair.left, company_list(*quoted))
    await pair.world.work(RUN_JOB)
    parts: list[pl.DataFrame] = []

    async def take(rows: pl.DataFrame) -> None:
        parts.append(rows)

    async with pair.world.database.tenant(pair.left.id) as session:
        await each_taking_part(await session.raw(), pair.left.id, 7, take)
    assert len(parts) > 1
    assert sorted(name for part in parts for name in part["name"]) == sorted(names)
