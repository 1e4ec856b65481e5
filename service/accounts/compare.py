"""A file against the account table: which rows are new, which say something else, which accounts it no longer has.

Keys and digests alone go to the server first, so that a list of which little has changed costs little; whole rows follow
only for what is new or differs. PostgreSQL refuses COPY into a table with policies, so both go to temporary tables.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

import anyio.to_thread
import asyncpg
import polars as pl

from service.accounts.attribute_removal import purge_now
from service.accounts.attribute_values import Kept, kept_columns, read_kept
from service.accounts.attributes import Attributes
from service.accounts.bits import STANDARD_BITS
from service.accounts.columns import NAMES_DOMAIN, OWN_KEYS, TYPES, agreeing, columns_set
from service.accounts.footprints import Standing, check_current
from service.accounts.gone import TABLES as TABLES_OF_GONE
from service.accounts.gone import find_gone
from service.accounts.keeping import left_to_later, with_stored
from service.accounts.merged import Redirected, redirected, told_of_merged
from service.accounts.named import bits_that_keep, require_lists
from service.accounts.rows import bits_spoken_of, settled_by
from service.accounts.sieve import (
    ACCOUNT,
    ENTRY,
    PRINT,
    Overall,
    Sieve,
    account_columns,
    identity_hashes,
)
from service.accounts.staging import among, copied, copy_in, count_of, refusals
from service.accounts.values import joined, read_values, warnings_of
from service.db.sessions import TenantSession
from service.imports.errors import ReadAgainError
from service.imports.models import ImportMode
from service.imports.packed import PackedRows
from service.imports.target import Difference, Order, Unread
from service.kit.id_columns import new_ids
from service.matching.normalise import domains_of

_KEYS_AT_ONCE = 1 << 16
KEY_COLUMNS = ("at", "identity", "digest", "populations")
_INCOMING_KEY = ("account_id", "new_id", "identity", "digest", "populations")

_TABLES = """
    CREATE TEMPORARY TABLE incoming_key (at int, identity text COLLATE "C", digest bytea, populations bigint) ON COMMIT DROP;
    CREATE TEMPORARY TABLE newcomer (at int, domain text, name text, country text, named boolean) ON COMMIT DROP
"""
_INCOMING = """
    CREATE TEMPORARY TABLE incoming (
        same boolean NOT NULL DEFAULT false, account_id uuid, new_id uuid, identity text COLLATE "C", digest bytea, populations bigint,
        external_id text{}
    ) ON COMMIT DROP
"""
_DIFFERING = """
    SELECT k.at, a.id, false FROM incoming_key k LEFT JOIN account a ON a.org_id = $1 AND a.identity = k.identity{}
    WHERE a.id IS NULL OR a.digest <> k.digest OR (a.populations & $2::bigint) <> k.populations
"""
_TOLD = """
    SELECT k.at, a.id, a.id IS NOT NULL AND a.digest = k.digest AND (a.populations & $2::bigint) = k.populations
    FROM incoming_key k LEFT JOIN account a ON a.org_id = $1 AND a.identity = k.identity{}
"""
_ANY = "SELECT EXISTS (SELECT FROM account WHERE org_id = $1)"
_UNCLAIMED = """
    NOT (n.named AND a.external_id IS NOT NULL)
    AND NOT EXISTS (SELECT FROM incoming_key k WHERE k.identity = a.identity)
"""
_ADOPTABLE = f"""
    SELECT n.at, a.id, a.identity FROM newcomer n JOIN account a ON a.org_id = $1 AND a.domain = n.domain
    WHERE {_UNCLAIMED} AND NOT EXISTS (SELECT FROM account o WHERE o.org_id = $1 AND o.domain = n.domain AND o.id <> a.id)
    UNION ALL
    SELECT n.at, a.id, a.identity FROM newcomer n JOIN account a ON a.org_id = $1 AND a.name = n.name
    WHERE n.domain IS NULL AND (n.country IS NULL OR a.country IS NULL OR a.country = n.country) AND {_UNCLAIMED}
    AND NOT EXISTS (SELECT FROM account o WHERE o.org_id = $1 AND o.name = n.name AND o.id <> a.id)
"""
"""One account alone bears the domain; or, for rows that say no domain, the very name."""
_STORED = "SELECT id, {} FROM account WHERE org_id = $1 AND id = ANY($2::uuid[])"
_MARK_SAME = """
    UPDATE incoming i SET same = true FROM account a WHERE a.org_id = $1 AND a.id = i.account_id
    AND (i.external_id IS NULL OR a.external_id IS NOT DISTINCT FROM i.external_id)
    AND (a.populations & $2::bigint) = i.populations AND {}
"""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The `rows` of a file, and of those that stand for an account each `known`: `row`, `line`, `identity`, `digest` (bytes),
    `populations`, the `domain` of rows without an external id and, where fingerprints are kept, `PRINT`. `overall` is what all rows
    say together, those among them that the `sieve` took away.
    """

    rows: PackedRows
    known: pl.DataFrame
    overall: Overall
    sieve: Sieve | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What `write` needs beside the temporary tables: the bits spoken of, those that bound a removal, the columns to be set."""

    spoken: int
    scope: int
    said: tuple[str, ...]
    kept: Sequence[Kept] = ()
    """Columns that are attributes."""
    own_keys: bool = False
    """Each row says itself which attributes it speaks of."""
    keeping: int = 0
    """Of accounts that leave the population `scope`, those with one of these bits stay in the list: with `scope` itself all do."""
    reworded: int = 0
    """Accounts of which the file says the same in other words."""
    standing: Callable[[], Standing] | None = None
    """Finds what is to be known again of the file's rows, which is heavy; None where nothing is."""
    sieve: Sieve | None = None

    @property
    def keys(self) -> list[str] | None:
        return None if self.own_keys else [one.column.key for one in self.kept]


async def compare(session: TenantSession, batch: Batch, order: Order) -> Difference[Work]:
    """Fill the temporary tables `incoming_key` and `incoming` from `batch` and count what they would do.

    The caller sees to it that nobody else stores accounts of the organization.
    """
    driver, sieve = await session.raw(), batch.sieve
    await require_lists(session, order)
    spoken = bits_spoken_of(order)
    kept = await _kept(session, batch, order)
    if sieve and any(one.is_new for one in kept):
        raise ReadAgainError  # what its rows once said in such a column may have been left out then
    if sieve:  # after what the attributes may have taken from accounts
        await check_current(session, order, sieve)
    scope = spoken if order.population else 0
    work = Work(spoken, scope, columns_set(order.fields), kept, OWN_KEYS in batch.rows.schema)
    if scope and order.mode is ImportMode.REPLACE:
        work = replace(
            work, keeping=await bits_that_keep(session) & ~scope if scope & STANDARD_BITS else scope
        )
    await driver.execute(f"{_TABLES}; {TABLES_OF_GONE}")
    merged = await redirected(driver, session.org_id, batch.known.with_row_index("at"), sieve)
    comparison, known = _Comparison(driver, session.org_id, batch, order, work, merged), merged.known
    unchanged = known.clear().with_columns(pl.lit(None, pl.String).alias("id"))
    if await driver.fetchval(_ANY, session.org_id):
        changed, unchanged = await comparison.differing(known)
        changed = await comparison.adopted(changed)
    else:
        changed = known.with_columns(pl.lit(None, pl.String).alias("id"))
    changed, left = await left_to_later(driver, session.org_id, changed, batch.rows, order.later)
    if order.mode is ImportMode.APPEND:
        changed = changed.filter(pl.col("id").is_null())
        others = known.join(changed, on="at", how="anti")["row"]
        there = _already_there(batch.rows.where(others.filter(~others.is_in(left["row"].implode()))))
        left = pl.concat([left, there])
    left = pl.concat([left, told_of_merged(batch.rows, merged.left)])
    created, reworded, unread, staged = await comparison.stage(changed)
    updated = changed.height - created - reworded
    existing = removed = 0
    if order.mode is ImportMode.REPLACE:
        existing, removed = await find_gone(driver, session.org_id, work.scope, sieve)
    same = batch.known.height - created - updated - left.height + (sieve.height if sieve else 0)
    warnings = (*(one.told for one in kept if one.is_new), *warnings_of(unread))
    standing = partial(_standing, batch, unchanged, staged, merged) if comparison.keeps_prints else None
    work = replace(work, reworded=reworded, standing=standing, sieve=sieve)
    told = Difference(created, updated, same, removed, existing, work, left, warnings, tuple(unread))
    return replace(told, stands_for=merged.identities)


async def _kept(session: TenantSession, batch: Batch, order: Order) -> list[Kept]:
    """Columns of the file that are kept as attributes. UnfitAttributeError."""
    if not order.attributes:
        return []
    await purge_now(session, [one.key for one in order.attributes])
    defined = await Attributes(session).by_key()
    return await anyio.to_thread.run_sync(kept_columns, order.attributes, defined, batch.overall.samples)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Rows go to the server part by part, so that a long list needs little memory."""

    driver: asyncpg.Connection
    org_id: UUID
    batch: Batch
    order: Order
    work: Work
    merged: Redirected

    @property
    def keeps_prints(self) -> bool:
        """Of a list that only adds, rows that stand aren't told from those that were left."""
        return PRINT[0] in self.batch.known.columns and self.order.mode is not ImportMode.APPEND

    async def differing(self, known: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Rows that are new (`id` null) or say something else than the account `id` does; and those that say the same, as far as their
        fingerprints are kept.
        """
        for part in known.select(KEY_COLUMNS).iter_slices(_KEYS_AT_ONCE):
            await copy_in(self.driver, "incoming_key", part)
        await self.driver.execute("ANALYZE incoming_key (identity, digest)")
        schema = {"at": pl.UInt32, "id": pl.String, "same": pl.String}
        said_anew = await anyio.to_thread.run_sync(self._said_anew)
        query = _TOLD if self.keeps_prints or len(said_anew) else _DIFFERING
        looked_up = among(known.height, "incoming_key", key="a.identity", named="identity")
        found = await copied(self.driver, query.format(looked_up), schema, self.org_id, self.work.spoken)
        both = known.join(found, on="at", maintain_order="left")
        is_same = (pl.col("same") == "t") & ~pl.col("row").is_in(said_anew.implode())
        return both.filter(~is_same).drop("same"), both.filter(is_same).drop("same")

    def _said_anew(self) -> pl.Series:
        """Rows that say something in a column which becomes an attribute now: the same text may have been left out when it was another."""
        new = [one.column.column for one in self.work.kept if one.is_new]
        nothing = pl.Series("row", [], pl.UInt32)
        if not new:
            return nothing
        says = pl.any_horizontal(pl.col(new).is_not_null())
        return pl.concat([nothing, *(pack.filter(says)["row"] for pack in self.batch.rows)])

    async def adopted(self, changed: pl.DataFrame) -> pl.DataFrame:
        """`changed` with the accounts that stand under another identity: one row and one account of a domain, or of the very name
        where the row says no domain; at most one of them with an external id. The domains of new rows are known then.
        """
        new = changed.filter(pl.col("id").is_null())
        if not new.height:
            return changed
        domains = [new.select("at", "domain").clear()]
        async for part in self._parts(new):
            named = pl.col("external_id").is_not_null().alias("named")
            domains.append(part.select("at", "domain"))
            said = part.filter(pl.col("domain").is_not_null() | pl.col("name").is_not_null())
            await copy_in(self.driver, "newcomer", said.select("at", "domain", "name", "country", named))
        changed = changed.drop("domain").join(pl.concat(domains), on="at", how="left", maintain_order="left")
        await self.driver.execute("ANALYZE newcomer")
        schema = {"at": pl.UInt32, "stored_id": pl.String, "stored_identity": pl.String}
        found = self._unclaimed(await copied(self.driver, _ADOPTABLE, schema, self.org_id))
        alone = found.filter((pl.len().over("at") == 1) & (pl.len().over("stored_id") == 1))
        if not alone.height:
            return changed
        kept = alone.select("at", pl.col("stored_identity").alias("identity"))
        nothing = pl.lit(None).alias("digest"), pl.lit(None).alias("populations")
        await copy_in(self.driver, "incoming_key", kept.with_columns(nothing).select(KEY_COLUMNS))
        return (
            changed.join(alone.select("at", "stored_id"), on="at", how="left", maintain_order="left")
            .with_columns(pl.coalesce("id", "stored_id").alias("id"))
            .drop("stored_id")
        )

    def _unclaimed(self, found: pl.DataFrame) -> pl.DataFrame:
        """Without the accounts that rows stand for which the sieve took away."""
        if self.batch.sieve is None:
            return found
        told = found.with_columns(account_columns(found["stored_id"]))
        return told.join(self.batch.sieve.claimed, on=ACCOUNT, how="anti").select(found.columns)

    async def stage(self, changed: pl.DataFrame) -> tuple[int, int, list[Unread], list[pl.DataFrame]]:
        """Fill `incoming`, marking what says the same after all; how many are new, how many only reworded, what couldn't be read, and the
        accounts (`id`) that rows (`at`) will stand for, as far as their fingerprints are kept.

        It has no columns but those that the file sets: what the others cost would be in proportion to all there are.
        """
        said = self.work.said
        own_keys = [OWN_KEYS] if self.work.own_keys else []
        columns = "".join([*(f", {c} {TYPES[c]}" for c in said), *(f", {c} text[]" for c in own_keys)])
        await self.driver.execute(_INCOMING.format(columns))
        unread: list[Unread] = []
        staged: list[pl.DataFrame] = []
        async for part in self._parts(changed):
            named = [field for field in NAMES_DOMAIN if field in self.order.fields]
            whole = await with_stored(self.driver, self.org_id, part, named)
            whole = await self._with_domains_of_the_whole(whole)
            rows, more = await anyio.to_thread.run_sync(self._read, whole)
            unread = joined(unread, more)
            spoken = 0 if self.order.population else self.work.spoken
            rows = await with_stored(self.driver, self.org_id, rows, said, spoken)
            rows = rows.update(self.merged.at, on="at", include_nulls=True)
            rows = rows.with_columns(new_ids(rows.height), pl.col("id").alias("account_id"))
            told = None
            if self.keeps_prints:  # beside the copying
                ids = rows.select("at", pl.coalesce("id", "new_id").alias("id"))
                told = asyncio.create_task(asyncio.to_thread(_accounts, ids))
            await copy_in(
                self.driver, "incoming", rows.select(*_INCOMING_KEY, "external_id", *said, *own_keys)
            )
            if told:
                staged.append(await told)
        created, reworded = changed["id"].null_count(), 0
        if created < changed.height:
            await self.driver.execute(
                "CREATE INDEX ON incoming (account_id); ANALYZE incoming (account_id, same)"
            )
            agrees = agreeing(said, self.work.keys) + among(
                changed.height - created, "incoming WHERE account_id IS NOT NULL"
            )
            tag = await self.driver.execute(_MARK_SAME.format(agrees), self.org_id, self.work.spoken)
            reworded = count_of(tag)
        return created, reworded, unread, staged

    def _read(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Unread]]:
        rows, unread = read_values(rows, self.batch.overall.hints, self.order.headers)
        rows, more = read_kept(rows, self.batch.overall.hints, self.work.kept)
        return rows, [*unread, *more]

    async def _parts(self, changed: pl.DataFrame) -> AsyncIterator[pl.DataFrame]:
        """What the file says in these rows, beside what is known of them; of new ones the domain too.

        The next part is made while the server takes in the one before it.
        """
        packs = iter(self.batch.rows)
        ahead = asyncio.create_task(asyncio.to_thread(_part, packs, changed))
        try:
            while (part := await ahead) is not None:
                ahead = asyncio.create_task(asyncio.to_thread(_part, packs, changed))
                if part.height:
                    yield part
        finally:
            ahead.cancel()

    async def _with_domains_of_the_whole(self, part: pl.DataFrame) -> pl.DataFrame:
        """`domain` of the rows whose account is stored: by what the file says, and what is stored where it says nothing."""
        known = part.filter(pl.col("id").is_not_null())
        fields = self.order.fields
        if not known.height or not fields & set(NAMES_DOMAIN):
            return part
        lacking = [f for f in NAMES_DOMAIN if f not in fields]
        if lacking:
            schema = {"id": pl.String, **dict.fromkeys(lacking, pl.String)}
            query = _STORED.format(", ".join(lacking))
            stored = await copied(self.driver, query, schema, self.org_id, known["id"].to_list())
            known = known.drop(lacking).join(stored, on="id", how="left", maintain_order="left")
        found = await anyio.to_thread.run_sync(domains_of, known)
        return part.update(known.select("at").with_columns(found), on="at", include_nulls=True)


def _part(packs: Iterator[pl.DataFrame], changed: pl.DataFrame) -> pl.DataFrame | None:
    """The next pack's rows of `changed`; None behind the last pack."""
    pack = next(packs, None)
    if pack is None or not pack.height:
        return None
    here = changed.filter(pl.col("row").is_between(pack["row"][0], pack["row"][-1]))
    if not here.height:
        return pack.clear()
    part = pack.join(here.drop("line", "external_id", strict=False), on="row", maintain_order="left")
    due = part.filter(
        pl.col("id").is_null() & pl.col("domain").is_null() & pl.col("external_id").is_not_null()
    )
    return part.update(due.select("at").with_columns(domains_of(due)), on="at") if due.height else part


def _accounts(rows: pl.DataFrame) -> pl.DataFrame:
    """`at` and the columns `ACCOUNT` of `id`: less than half its size."""
    return rows.select("at", *account_columns(rows["id"]))


def _standing(
    batch: Batch, unchanged: pl.DataFrame, staged: Sequence[pl.DataFrame], merged: Redirected
) -> Standing:
    """Those of the rows that will stand for an account which bear its external id."""
    ids = pl.concat([_accounts(unchanged), *staged]).filter(~pl.col("at").is_in(merged.several.implode()))
    told = batch.known.with_row_index("at").filter(pl.col("external_id").is_not_null())
    told = told.select("at", *PRINT, identity_hashes(told["identity"]), "populations")
    return Standing(told.join(ids, on="at").select(ENTRY.names()), settled_by(batch.overall.hints))


def _already_there(rows: pl.DataFrame) -> pl.DataFrame:
    message = pl.format(
        "line {}: the account is in the list already, and mode=append leaves it as it is. Use mode=upsert to change it.",
        "line",
    )
    return refusals(rows, "already_there", message)
