"""What happened to an organization's accounts since a number: for whoever keeps something made of them.

The database numbers every row that is written and notes every one that leaves a domain or the list, under a lock that
writers of one organization hold until they commit. So whoever has followed up to the highest number seen in one statement
has missed none below it; rows numbered higher may be read early, and are read again next time.
"""

from collections.abc import Awaitable, Callable, Sequence
from io import BytesIO
from uuid import UUID

import asyncpg
import polars as pl

from service.accounts.columns import as_text
from service.accounts.staging import parsed
from service.matching.records import ALIAS_FIELDS, KEY_FIELDS

_SEEN = """
    SELECT greatest($2::bigint, (SELECT max(change) FROM account WHERE org_id = $1),
                    (SELECT max(number) FROM account_departure WHERE org_id = $1))
"""
_MANY = """
    SELECT (SELECT count(*) FROM (SELECT FROM account WHERE org_id = $1 AND change > $2 LIMIT $3 + 1) written)
         + (SELECT count(*) FROM (SELECT FROM account_departure WHERE org_id = $1 AND number > $2 LIMIT $3 + 1) gone) > $3
"""
_DEPARTED = """
    SELECT d.account_id, had FROM account_departure d, unnest(array_append(d.alias_domains, d.domain)) AS had
    WHERE d.org_id = $1 AND d.number > $2
"""
_SIZES = """
    SELECT domain FROM (
        SELECT domain FROM account WHERE org_id = $1 AND domain = ANY($2) AND populations & $3 <> 0
        UNION ALL
        SELECT l.domain FROM account_alias l JOIN account a ON a.org_id = l.org_id AND a.id = l.account_id
        WHERE l.org_id = $1 AND l.domain = ANY($2) AND a.populations & $3 <> 0
    ) borne GROUP BY domain HAVING count(*) > $4
"""
_OF_DOMAINS = """
    populations & $2 <> 0 AND id IN (
        SELECT id FROM account WHERE org_id = $1 AND domain = ANY($3)
        UNION ALL
        SELECT account_id FROM account_alias WHERE org_id = $1 AND domain = ANY($3)
    )
"""
_TIRED = """
    DELETE FROM account_footprint WHERE org_id = $1 AND wording IN (
        SELECT wording FROM account_footprint f WHERE org_id = $1 GROUP BY wording
        HAVING (SELECT count(*) FROM account_departure d WHERE d.org_id = $1 AND d.number > min(f.number)) > sum(f.rows) / 2
    )
"""
"""Footprints that hold fast more departures than they are worth."""
_FORGET = """
    DELETE FROM account_departure d USING (
        SELECT number, account_id FROM account_departure
        WHERE org_id = $1 AND number < least($2, (SELECT min(number) FROM account_footprint WHERE org_id = $1))
        FOR UPDATE SKIP LOCKED
    ) old WHERE d.org_id = $1 AND d.number = old.number AND d.account_id = old.account_id
"""
"""Those of the highest number stay: the next one is counted from there."""
_AT_ONCE = 8 << 20
"""Bytes of text that are read before they are handed over, so that a long list needs little memory."""
_COLUMNS = ("id", "populations", "domain", *KEY_FIELDS, *ALIAS_FIELDS)
_SELECTED = ", ".join(map(as_text, _COLUMNS))
_SCHEMA: dict[str, type[pl.DataType]] = dict.fromkeys(_COLUMNS, pl.String) | {"populations": pl.Int64}


async def highest_number(driver: asyncpg.Connection, org_id: UUID, *, at_least: int = 0) -> int:
    """How far one has followed who reads all of the organization's accounts from now on."""
    found: int = await driver.fetchval(_SEEN, org_id, at_least)
    return found


async def each_taking_part(
    driver: asyncpg.Connection, org_id: UUID, bits: int, take: Callable[[pl.DataFrame], Awaitable[None]]
) -> None:
    """Accounts of any population in `bits`, in one statement, handed to `take` some at a time and in any order: `id`,
    `populations`, `domain` and aliases as stored, and the fields that yield keys. At least once; with nothing where there is none.
    """
    await _each(driver, take, "populations & $2 <> 0", org_id, bits)


async def each_account(
    driver: asyncpg.Connection, org_id: UUID, take: Callable[[pl.DataFrame], Awaitable[None]]
) -> None:
    """As `each_taking_part`, of all accounts."""
    await _each(driver, take, "true", org_id)


async def _each(
    driver: asyncpg.Connection, take: Callable[[pl.DataFrame], Awaitable[None]], where: str, *values: object
) -> None:
    text, taken = BytesIO(), 0

    async def hand_over() -> None:
        nonlocal text, taken
        full, text, taken = text, BytesIO(), taken + 1
        await take(await parsed(full, _SCHEMA))

    async def sink(lines: bytes) -> None:
        # the server sends a message a row (PostgreSQL, Message Flow, COPY Operations), and the driver hands over whole ones
        text.write(lines)
        if text.tell() >= _AT_ONCE:
            await hand_over()

    query = f"SELECT {_SELECTED} FROM account WHERE org_id = $1 AND {where}"
    await driver.copy_from_query(query, *values, output=sink, format="csv")
    if text.tell() or not taken:
        await hand_over()


async def many_changed(driver: asyncpg.Connection, org_id: UUID, since: int, *, than: int) -> bool:
    """Whether more than so many accounts were written, or left a domain or the list, after the number `since`."""
    found: bool = await driver.fetchval(_MANY, org_id, since, than)
    return found


async def read_changed(driver: asyncpg.Connection, org_id: UUID, since: int) -> pl.DataFrame:
    """Accounts written after the number `since`, in whatever population; columns of `each_taking_part`."""
    return await _read(driver, "change > $2", org_id, since)


async def read_of_domains(
    driver: asyncpg.Connection, org_id: UUID, bits: int, domains: Sequence[str]
) -> pl.DataFrame:
    """Accounts of any population in `bits` that have one of these domains, if only as an alias; columns of `each_taking_part`."""
    return await _read(driver, _OF_DOMAINS, org_id, bits, domains)


async def read_departed(driver: asyncpg.Connection, org_id: UUID, since: int) -> pl.DataFrame:
    """Of accounts that left a domain, an alias or the list after `since`: `id`, and each `domain` that they had."""
    rows = await driver.fetch(_DEPARTED, org_id, since)
    schema = {"id": pl.String, "domain": pl.String}
    return pl.DataFrame([(str(row[0]), row[1]) for row in rows], schema=schema, orient="row")


async def fuller_domains(
    driver: asyncpg.Connection, org_id: UUID, bits: int, domains: Sequence[str], *, than: int
) -> list[str]:
    """Those of `domains` that more than so many accounts of any population in `bits` have, as theirs or as an alias."""
    return [row[0] for row in await driver.fetch(_SIZES, org_id, domains, bits, than)]


async def forget_departed(driver: asyncpg.Connection, org_id: UUID, upto: int) -> None:
    """Every partnership has followed up to this number; what footprints rest on stays. Rows that somebody else forgets at this moment are left to them."""
    await driver.execute(_TIRED, org_id)
    await driver.execute(_FORGET, org_id, upto)


async def _read(driver: asyncpg.Connection, where: str, *values: object) -> pl.DataFrame:
    buffer = BytesIO()
    query = f"SELECT {_SELECTED} FROM account WHERE org_id = $1 AND {where} ORDER BY id"
    await driver.copy_from_query(query, *values, output=buffer, format="csv")
    return await parsed(buffer, _SCHEMA)
