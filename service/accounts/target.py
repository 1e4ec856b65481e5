"""Accounts as a target of imports."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

import polars as pl

from service.accounts.attributes import define
from service.accounts.compare import Batch, Work, compare
from service.accounts.footprints import keep_footprint, read_sieve
from service.accounts.keys import keys_of
from service.accounts.membership import number_before, settle_since
from service.accounts.merged import forget_undone, keep_aliases, name_anew
from service.accounts.named import with_lists
from service.accounts.repository import Accounts
from service.accounts.rollback import forget_history, roll_back
from service.accounts.rows import (
    KNOWN,
    identified,
    split_duplicates,
    split_nameless,
    with_digest,
    with_hints,
    with_names,
    with_populations,
)
from service.accounts.sieve import PRINT, Overall, Sieve, with_prints
from service.accounts.staging import refusals
from service.accounts.store import write_difference
from service.db.sessions import TenantReadSession, TenantSession
from service.imports.operations import CHANGED_JOB
from service.imports.packed import PackedRows
from service.imports.target import Difference, Order, Outcome, Outlook, Ready, Traits
from service.organizations.standing import Quota

PRINTS_FROM: Final = 10_000
"""Rows of a file from which on fingerprints of them are kept: fewer are as soon compared."""
_MADE = "SELECT new_id FROM incoming WHERE account_id IS NULL"


class AccountTarget:
    """Rows of a file become accounts; those without a population are kept and take part with nobody."""

    traits: ClassVar[Traits] = Traits(quota=Quota.ACCOUNTS, changed_job=CHANGED_JOB)

    def __init__(self, *, prints_from: int = PRINTS_FROM) -> None:
        self._prints_from = prints_from

    async def sieve(self, session: TenantReadSession, order: Order, size: int) -> Sieve | None:
        return await read_sieve(session, order, size)

    async def found(self, session: TenantReadSession, order: Order) -> Order:
        return await with_lists(session, order)

    def ready(self, rows: PackedRows, order: Order) -> Ready[Batch]:
        """Population, identity and digest of each row; later rows of one identity are refused."""
        sieve = rows.sieve if isinstance(rows.sieve, Sieve) else None
        overall = Overall(order.attributes) if sieve is None else sieve.overall
        known, unread = [], pl.Series("status", [], pl.String) if sieve is None else sieve.unread
        for frame in rows:
            if sieve is None:
                overall.take(frame)
            found = with_names(with_digest(with_populations(frame, order), order.fields))
            if told := rows.height >= self._prints_from and "said" not in frame.columns:
                found = with_prints(found, order.fields)
            kept = (*KNOWN, *PRINT) if told else KNOWN
            known.append(found.select(kept).with_columns(pl.col("digest").str.decode("hex")))
            unread = pl.concat(
                [unread, found.filter(pl.col("populations") == 0)["status"].drop_nulls()]
            ).unique()
        named, nameless = split_nameless(
            identified(with_hints(pl.concat(known, how="vertical_relaxed"), overall.hints))
        )
        del known
        if sieve:
            sieve.check_settled()
        first, later = split_duplicates(named, sieve.repeated(named) if sieve else None)
        refused = pl.concat([_duplicates(_with_fields(later, rows)), _nameless(_with_fields(nameless, rows))])
        without = _without_population(first) + (_without_population(sieve.claimed) if sieve else 0)
        return Ready(Batch(rows, first, overall, sieve), refused, _warnings(without, unread))

    def outlook(self, rows: PackedRows) -> Outlook:
        keys: Counter[str] = Counter()
        for frame in rows:
            keys.update(keys_of(frame))
        return Outlook(keys)

    async def count(self, session: TenantSession) -> int:
        return await Accounts(session).count()

    async def compare(self, session: TenantSession, batch: Batch, order: Order) -> Difference[Work]:
        return await compare(session, batch, order)

    async def write(self, session: TenantSession, difference: Difference[Work], order: Order) -> None:
        before = await number_before(session)
        new = [one for one in difference.work.kept if one.is_new]
        await define(session, [(one.column.key, one.column.header, one.type, one.currency) for one in new])
        find = difference.work.standing
        # beside the writing, for which the server alone works
        standing = asyncio.create_task(asyncio.to_thread(find)) if find else None
        try:
            await write_difference(session, difference, order)
            await name_anew(await session.raw(), session.org_id)
            await keep_aliases(await session.raw(), session.org_id, order.import_id)
            await settle_since(session, before)
            if standing:
                await keep_footprint(session, order, await standing, difference.work.sieve)
        finally:
            if standing:
                standing.cancel()

    async def made(self, session: TenantSession) -> Sequence[UUID]:
        driver = await session.raw()
        return [row[0] for row in await driver.fetch(_MADE)]

    async def roll_back(
        self, session: TenantSession, *, undone: UUID, import_id: UUID
    ) -> tuple[Outcome, int]:
        before = await number_before(session)
        outcome = await roll_back(session, undone=undone, import_id=import_id)
        await forget_undone(await session.raw(), session.org_id)
        await settle_since(session, before, restored=True)
        return outcome

    async def forget_history(self, session: TenantSession, *, before: UUID | None, until: datetime) -> None:
        await forget_history(session, before=before, until=until)


def _with_fields(rows: pl.DataFrame, packed: PackedRows) -> pl.DataFrame:
    """What the file says in these rows, beside what was found of them."""
    beside = [column for column in rows.columns if column not in packed.schema]
    return packed.where(rows["row"]).join(rows.select("row", *beside), on="row", maintain_order="left")


def _duplicates(later: pl.DataFrame) -> pl.DataFrame:
    """Later rows of an identity as refusals, with the row that stands for them and how to mend it."""
    message = pl.format(
        "Row {} (line {}) is the same account as row {} of this file: remove one of them, or give each its own external id.",
        "row", "line", "first_row",
    )  # fmt: skip
    return refusals(later, "duplicate_in_file", message)


def _nameless(rows: pl.DataFrame) -> pl.DataFrame:
    message = pl.format(
        "line {}: the row names no company: give it a name, a website or an external id, or remove it.",
        "line",
    )
    return refusals(rows, "no_key", message)


def _without_population(rows: pl.DataFrame) -> int:
    return rows.filter(pl.col("populations") == 0).height


def _warnings(without: int, unread: pl.Series) -> list[str]:
    """So many rows are `without` a population; `unread` are the spellings of a status that told none."""
    if not without:
        return []
    spellings = unread.sort().head(5).to_list()
    seen = f" (seen: {', '.join(spellings)})" if spellings else ""
    sentence = (
        f"{without} rows belong to no population, so no partner can match them: give the import a population, or use a "
        f"status column with values such as Customer, Open opportunity, Prospect{seen}."
    )
    return [sentence]
