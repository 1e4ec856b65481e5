"""The job that a good SQL person would write by hand: both lists copied, addresses made domains in SQL, indexed, joined, stored.

On plain text, without keys, tenants, evidence or explanation; as a superuser, without policies; on the same server.
"""

from io import BytesIO

import asyncpg
import polars as pl

from benchmarks.ground import fresh_database
from benchmarks.measure import Run
from service.db.embedded import EmbeddedServer

SECOND_LEVEL = [
    "co.uk",
    "org.uk",
    "ac.uk",
    "gov.uk",
    "com.au",
    "net.au",
    "org.au",
    "co.nz",
    "co.jp",
    "ne.jp",
    "or.jp",
    "com.br",
    "com.mx",
    "com.ar",
    "co.za",
    "co.in",
    "co.kr",
    "com.cn",
    "com.tr",
    "com.sg",
    "com.hk",
    "com.tw",
    "co.id",
    "co.il",
    "com.pl",
]
"""The suffixes of two labels that such a job knows; the service has the whole Public Suffix List."""

_TUNED = "SET LOCAL work_mem = '256MB'; SET LOCAL maintenance_work_mem = '512MB'; SET LOCAL jit = off"
_STAGE = "CREATE UNLOGGED TABLE {side}_raw (id bigint, website text)"
_HOST = """
    SELECT id, split_part(split_part(split_part(
        CASE WHEN strpos(website, '://') > 0 THEN split_part(lower(btrim(website)), '://', 2) ELSE lower(btrim(website)) END,
        '/', 1), '?', 1), ':', 1) AS host
    FROM {side}_raw WHERE website IS NOT NULL OFFSET 0
"""
_NORMALISE = f"""
    CREATE TABLE {{side}}_list AS
    SELECT id, CASE WHEN tail IN ({", ".join(f"'{suffix}'" for suffix in SECOND_LEVEL)})
               THEN split_part(host, '.', -3) || '.' || tail ELSE tail END AS domain
    FROM (SELECT id, host, split_part(host, '.', -2) || '.' || split_part(host, '.', -1) AS tail
          FROM ({_HOST}) AS hosts OFFSET 0) AS tails
"""
# OFFSET 0 keeps the planner from computing the host again for each use of it; without it this step takes half as long again,
# and twice to four times with regular expressions.
_STORE = """
    CREATE TABLE pair (left_id bigint, right_id bigint, PRIMARY KEY (left_id, right_id));
    INSERT INTO pair SELECT DISTINCT l.id, r.id FROM left_list l JOIN right_list r USING (domain)
"""


async def domains_joined(started: EmbeddedServer, left: pl.DataFrame, right: pl.DataFrame) -> Run:
    """From parsed columns (`id`, `website`) to a table of pairs."""
    run = Run()
    async with fresh_database(started, "bench_plain") as urls:
        connection = await asyncpg.connect(urls.admin)
        try:
            await _job(connection, {"left": left, "right": right}, run)
        finally:
            await connection.close()
    return run


async def _job(connection: asyncpg.Connection, sides: dict[str, pl.DataFrame], run: Run) -> None:
    await connection.execute(f"BEGIN; {_TUNED}")
    for side, rows in sides.items():
        with run.stage("copy"):
            await connection.execute(_STAGE.format(side=side))
            await connection.copy_to_table(f"{side}_raw", source=_csv(rows), format="csv")
        with run.stage("normalise in SQL"):
            await connection.execute(_NORMALISE.format(side=side))
        with run.stage("index"):
            await connection.execute(f"CREATE INDEX ON {side}_list (domain); ANALYZE {side}_list")
    with run.stage("join and store"):
        await connection.execute(_STORE)
    with run.stage("commit"):
        await connection.execute("COMMIT")
    run.facts["pairs"] = await connection.fetchval("SELECT count(*) FROM pair")


def _csv(rows: pl.DataFrame) -> BytesIO:
    buffer = BytesIO()
    rows.write_csv(buffer, include_header=False)
    buffer.seek(0)
    return buffer
