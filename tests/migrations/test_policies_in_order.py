"""Of what is listed by the thousand, the policy of those who read stands where PostgreSQL asks it first: behind the others by name."""

import asyncpg
import pytest

from tests.support.servers import OwnDatabase

_POLICIES = """
    SELECT policyname, qual LIKE '%app.duty%' AS on_duty FROM pg_policies
    WHERE tablename = $1 AND 'commonground_app' = ANY(roles) AND cmd IN ('SELECT', 'ALL')
"""


@pytest.mark.parametrize("table", ["overlap", "related_pair", "shared_record"])
async def test_readers_are_judged_before_jobs_on_duty(own_database: OwnDatabase, table: str) -> None:
    driver = await asyncpg.connect(own_database.urls.admin)
    try:
        found = dict(await driver.fetch(_POLICIES, table))
    finally:
        await driver.close()
    assert len(found) > 1
    assert not found[max(found)]
