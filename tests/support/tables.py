"""What the database itself says of its tables: whose rows they hold, how they are kept apart, and rows to hide in each.

Nothing here knows a table by name, so that one which a later migration adds is tested without anybody thinking of it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

_TABLES = """
SELECT c.relname AS name, c.relrowsecurity AS protected,
       array_agg(a.attname::text ORDER BY a.attnum) AS columns,
       coalesce(array_agg(a.attname::text) FILTER (WHERE a.attgenerated <> ''), '{}') AS computed
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
 GROUP BY c.relname, c.relrowsecurity ORDER BY c.relname
"""
_COLUMNS = """
SELECT a.attname::text AS name, format_type(a.atttypid, NULL) AS type, a.attnotnull AS needed,
       a.atthasdef OR a.attidentity <> '' AS given,
       (SELECT (regexp_match(pg_get_constraintdef(k.oid), format('%s\\M.*?''([^'']+)''', a.attname)))[1] FROM pg_constraint k
         WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND a.attnum = ANY (k.conkey) LIMIT 1) AS checked
  FROM pg_attribute a
 WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
"""
_PARENTS = """
SELECT k.confrelid::regclass::text AS parent,
       (SELECT array_agg(a.attname::text ORDER BY n) FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, n)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum) AS columns,
       (SELECT array_agg(a.attname::text ORDER BY n) FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, n)
          JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum) AS named
  FROM pg_constraint k WHERE k.conrelid = $1::regclass AND k.contype = 'f'
"""

VALUES = {
    "uuid": "gen_random_uuid()",
    "text": "'Quarzwerk' || substr(gen_random_uuid()::text, 1, 8)",
    "bytea": "decode(replace(gen_random_uuid()::text, '-', ''), 'hex')",
    "boolean": "false",
    "timestamp with time zone": "now()",
    "date": "current_date",
    "jsonb": "'{}'",
    "json": "'{}'",
    "text[]": "'{}'",
    "uuid[]": "'{}'",
    "integer[]": "'{}'",
    "inet": "'192.0.2.7'",
    "bigint": "7",
    "integer": "7",
    "smallint": "7",
    "double precision": "0.5",
    "numeric": "1",
}
"""A value of each type for a row that stands for any other."""

ROWS: Mapping[str, Mapping[str, str]] = {
    "audit_entry": {"hash": "sha256('x')"},
    "idempotency_record": {"leased_until": "now()"},
    "partner_invitation": {"way": "'link'"},
}
"""Table → column → SQL, where a check of that table takes no value of `VALUES`."""


@dataclass(frozen=True)
class Table:
    """One table; `owners` are the columns that name an organization to which a row belongs."""

    name: str
    protected: bool
    columns: Sequence[str]
    computed: Sequence[str]

    @property
    def owners(self) -> list[str]:
        return [column for column in self.columns if re.fullmatch(r"(\w+_)?org_id", column)]

    @property
    def quoted(self) -> str:
        return f'"{self.name}"'

    @property
    def writable(self) -> list[str]:
        return [column for column in self.columns if column not in self.computed]

    @property
    def is_of_a_pair(self) -> bool:
        return self.name == "partnership" or "partnership_id" in self.columns

    @property
    def partnership(self) -> str:
        return "id" if self.name == "partnership" else "partnership_id"

    def of(self, parameter: str = "$1") -> str:
        """SQL: the row belongs to this organization, alone or with another."""
        return "(" + " OR ".join(f"{column} IS NOT DISTINCT FROM {parameter}" for column in self.owners) + ")"


async def tables(driver: asyncpg.Connection) -> list[Table]:
    return [Table(**dict(row)) for row in await driver.fetch(_TABLES)]


async def protected_tables(driver: asyncpg.Connection) -> list[Table]:
    """Every table with row-level security; each must say whose its rows are."""
    found = [table for table in await tables(driver) if table.protected]
    nameless = [table.name for table in found if not table.owners]
    assert not nameless, f"no column of {nameless} names an organization: rows of a tenant carry `org_id`"
    return found


async def fill(driver: asyncpg.Connection, given: Mapping[str, UUID]) -> None:
    """Put a row for `given["org_id"]` into every protected table that has none of it, as a superuser.

    `given` says what stands in the columns of these names: `org_id`, `lo_org_id`, `partnership_id` …
    """
    known = {table.name: table for table in await tables(driver)}
    made: dict[str, int] = {}
    for table in known.values():
        if table.protected:
            await _fill_one(driver, known, table.name, given, made)


async def _fill_one(
    driver: asyncpg.Connection,
    known: Mapping[str, Table],
    name: str,
    given: Mapping[str, UUID],
    made: dict[str, int],
) -> None:
    table = known[name]
    if name in made:
        return
    where, values = _place(table, given)
    made[name] = await driver.fetchval(f"SELECT count(*) FROM {table.quoted} WHERE {where}", *values)
    if made[name]:
        return
    fixed: dict[str, Any] = {column: given[column] for column in table.writable if column in given}
    for parent, columns, named in await driver.fetch(_PARENTS, table.quoted):
        if parent in known:
            await _fill_one(driver, known, parent, given, made)
            found = await _row_of(driver, known[parent], columns, named, given)
            fixed |= {column: value for column, value in found.items() if column not in given}
    await _insert(driver, table, fixed)
    made[name] = 1


def _place(table: Table, given: Mapping[str, UUID]) -> tuple[str, list[UUID]]:
    named = [column for column in table.columns if column in given]
    return " AND ".join(f"{c} = ${i}" for i, c in enumerate(named, 1)) or "true", [given[c] for c in named]


async def _row_of(
    driver: asyncpg.Connection,
    parent: Table,
    columns: Sequence[str],
    named: Sequence[str],
    given: Mapping[str, UUID],
) -> dict[str, Any]:
    where, values = _place(parent, given)
    row = await driver.fetchrow(
        f"SELECT {', '.join(named)} FROM {parent.quoted} WHERE {where} LIMIT 1", *values
    )
    return dict(zip(columns, row or (), strict=False))


async def _insert(driver: asyncpg.Connection, table: Table, fixed: Mapping[str, Any]) -> None:
    columns, expressions, values = [], [], []
    for column in await driver.fetch(_COLUMNS, table.quoted):
        name, said = column["name"], ROWS.get(table.name, {}).get(column["name"])
        if name in fixed:
            values.append(fixed[name])
            said = f"${len(values)}"
        elif said is None and column["needed"] and not column["given"]:
            said = f"'{column['checked']}'" if column["checked"] else VALUES[column["type"]]
        if said is not None:
            columns.append(f'"{name}"')
            expressions.append(said)
    statement = f"INSERT INTO {table.quoted} ({', '.join(columns)}) VALUES ({', '.join(expressions)})"
    try:
        await driver.execute(statement, *values)
    except asyncpg.PostgresError as error:
        raise AssertionError(
            f"no row to hide could be made for the table {table.name}: {error}. Say in ROWS of {__name__} what it takes."
        ) from error


async def fingerprint(
    driver: asyncpg.Connection, known: Iterable[Table], org_id: UUID, *, of_others: bool = True
) -> dict[str, str]:
    """Table → hash of all rows that have nothing to do with `org_id`, or of all that have."""
    which = "NOT " if of_others else ""
    return {
        table.name: await driver.fetchval(
            f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table.quoted} t WHERE {which}{table.of()}",
            org_id,
        )
        for table in known
    }
