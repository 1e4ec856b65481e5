"""The yardstick: the file copied as it is into a temporary table, and from there into a table with the account table's keys and policies.

By the service's own role under forced row-level security. Nothing is read, checked, normalised, compared or hashed for a partner; ids ascend, the
external id stands for the identity, and the digest is PostgreSQL's own SHA-256 of the line.
"""

import time
from pathlib import Path
from uuid import UUID

import asyncpg
import polars as pl

from service.db.embedded import Urls

_TABLE = """
    CREATE TABLE floor_account (LIKE account INCLUDING ALL);
    ALTER TABLE floor_account ENABLE ROW LEVEL SECURITY;
    ALTER TABLE floor_account FORCE ROW LEVEL SECURITY;
    CREATE POLICY floor_account_own ON floor_account TO commonground_app
        USING (org_id = current_setting('app.org_id')::uuid) WITH CHECK (org_id = current_setting('app.org_id')::uuid);
    GRANT SELECT, INSERT ON floor_account TO commonground_app
"""
_FIELDS = {
    "Account ID": "external_id", "Company": "name", "Website": "website", "Email": "email", "LinkedIn": "linkedin", "Country": "country",
    "City": "city", "Industry": "industry", "Employees": "employees", "Annual Revenue": "revenue", "Status": "status", "Owner": "owner",
}  # fmt: skip
_INSERT = f"""
    INSERT INTO floor_account (org_id, id, identity, digest, populations, created_by, import_id, change, created_at, updated_at,
        domain, {", ".join(_FIELDS.values())})
    SELECT $1, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'x:' || external_id,
        sha256(convert_to(concat_ws('|', {", ".join(_FIELDS.values())}), 'UTF8')), 1, $1, $1, 1, now(), now(),
        website, {", ".join(_FIELDS.values())}
    FROM incoming
"""


async def copied(urls: Urls, path: Path) -> float:
    """Seconds from the file to the committed rows."""
    await _on(urls.admin, _TABLE)
    columns = [_FIELDS[header] for header in pl.read_csv(path, n_rows=0).columns]
    org_id = UUID(int=1)
    driver = await asyncpg.connect(urls.app)
    try:
        began = time.perf_counter()
        async with driver.transaction():
            await driver.execute(f"SET LOCAL app.org_id = '{org_id}'")
            listed = ", ".join(f"{column} text" for column in columns)
            await driver.execute(f"CREATE TEMPORARY TABLE incoming (n int GENERATED ALWAYS AS IDENTITY, {listed}) ON COMMIT DROP")  # fmt: skip
            with path.open("rb") as file:
                await driver.copy_to_table(
                    "incoming", source=file, format="csv", header=True, columns=columns
                )
            await driver.execute(_INSERT, org_id)
        return time.perf_counter() - began
    finally:
        await driver.close()
        await _on(urls.admin, "DROP TABLE floor_account", "CHECKPOINT")


async def _on(url: str, *statements: str) -> None:
    driver = await asyncpg.connect(url)
    try:
        for statement in statements:
            await driver.execute(statement)
    finally:
        await driver.close()
