"""How much room an organization takes, without reading what it keeps."""

from dataclasses import dataclass

from service.db.sessions import TenantReadSession

_TABLES = """
SELECT c.relname AS name, greatest(c.reltuples, 0)::bigint AS estimate, pg_total_relation_size(c.oid) AS bytes
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relrowsecurity ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class Usage:
    """Rows are counted in the index that begins with the organization; bytes are its share of the table and its indexes."""

    table: str
    rows: int
    bytes: int


async def usage_of(session: TenantReadSession) -> list[Usage]:
    """Of the session's organization, table by table; those in which it has nothing are left out.

    What two organizations share (overlaps, what each shows the other) is in neither's.
    """
    driver = await session.raw()
    found = []
    for table in await driver.fetch(_TABLES):
        rows = await driver.fetchval(
            f'SELECT count(*) FROM "{table["name"]}" WHERE org_id = $1', session.org_id
        )
        if rows:
            share = rows / max(table["estimate"], rows)
            found.append(Usage(table["name"], rows, round(table["bytes"] * share)))
    return found
