"""How many rows each table holds, and of whom: what a backup writes down and a restore is checked against."""

from dataclasses import dataclass

import asyncpg

from service.db.errors import RowsHiddenError

_OWNERS = ("org_id", "owner_org_id", "lo_org_id", "partnership_id")
"""The first of these columns that a table has says whose a row is."""

_TABLES = """
SELECT c.relname AS name,
       (SELECT o.name FROM unnest($1::text[]) WITH ORDINALITY AS o(name, place)
         WHERE EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = o.name AND NOT a.attisdropped)
         ORDER BY o.place LIMIT 1) AS owner
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
 ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """Of one table: all of them, and by owner where the table has one."""

    total: int
    by_owner: dict[str, int]


async def refuse_filtered(driver: asyncpg.Connection) -> None:
    """Raise RowsHiddenError unless this connection's role sees every row: policies would leave rows out in silence."""
    role = await driver.fetchrow(
        "SELECT rolname, rolsuper OR rolbypassrls AS whole FROM pg_roles WHERE rolname = current_user"
    )
    if not role["whole"]:
        raise RowsHiddenError(
            f"The role {role['rolname']!r} sees rows through row-level security, so a backup as this role would miss some. "
            "Set BACKUP_DATABASE_URL to an address of the role 'commonground_backup'; "
            "`commonground migrate --create-roles` makes it."
        )


async def count_rows(driver: asyncpg.Connection) -> dict[str, Rows]:
    """The rows of every table, in the transaction that is open. RowsHiddenError."""
    await refuse_filtered(driver)
    tables = await driver.fetch(_TABLES, list(_OWNERS))
    return {table["name"]: await _count(driver, table["name"], table["owner"]) for table in tables}


def differences(expected: dict[str, Rows], found: dict[str, Rows]) -> list[str]:
    """Say, table by table and owner by owner, what isn't equal; empty is well."""
    said = []
    for table in sorted(expected.keys() | found.keys()):
        one, other = expected.get(table), found.get(table)
        if one is None or other is None:
            said.append(f"table {table} is {'new' if one is None else 'missing'}")
        elif one != other:
            said.extend(_by_owner(table, one, other))
    return said


def _by_owner(table: str, expected: Rows, found: Rows) -> list[str]:
    owners = [
        f"{table} of {owner}: {found.by_owner.get(owner, 0)} rows, not {expected.by_owner.get(owner, 0)}"
        for owner in sorted(expected.by_owner.keys() | found.by_owner.keys())
        if found.by_owner.get(owner) != expected.by_owner.get(owner)
    ]
    return owners or [f"{table}: {found.total} rows, not {expected.total}"]


async def _count(driver: asyncpg.Connection, table: str, owner: str | None) -> Rows:
    if owner is None:
        return Rows(await driver.fetchval(f'SELECT count(*) FROM "{table}"'), {})
    rows = await driver.fetch(f'SELECT "{owner}"::text AS owner, count(*) AS rows FROM "{table}" GROUP BY 1')
    by_owner = {row["owner"] or "nobody": row["rows"] for row in rows}
    return Rows(sum(by_owner.values()), by_owner)
