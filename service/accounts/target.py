"""Accounts as a target of imports."""

import os
import time
from datetime import datetime
from uuid import UUID

import numpy as np
import polars as pl

from service.accounts.compare import Work, compare, refusals
from service.accounts.keys import keys_of
from service.accounts.models import StandardPopulation
from service.accounts.repository import Accounts
from service.accounts.rollback import forget_history, roll_back
from service.accounts.rows import (
    split_duplicates,
    split_nameless,
    with_digest,
    with_identity,
    with_populations,
)
from service.accounts.store import write_difference
from service.db.sessions import TenantSession
from service.imports.operations import CHANGED_JOB
from service.imports.target import Difference, Order, Outcome, Outlook, Ready, Traits
from service.organizations.standing import Quota


class AccountTarget:
    """Rows of a file become accounts; those without a population are kept and take part with nobody."""

    traits = Traits(quota=Quota.ACCOUNTS, changed_job=CHANGED_JOB)

    def ready(self, rows: pl.DataFrame, order: Order) -> Ready[pl.DataFrame]:
        """Population, identity, digest and a fresh id for each row; later rows of one identity are refused."""
        population = StandardPopulation(order.population) if order.population else None
        identified = with_identity(with_digest(with_populations(rows, population), order.fields))
        named, nameless = split_nameless(identified)
        first, later = split_duplicates(named)
        batch = first.with_columns(new_ids(first.height))
        refused = pl.concat([_duplicates(later), _nameless(nameless)])
        return Ready(batch, refused, _warnings(first))

    def outlook(self, rows: pl.DataFrame) -> Outlook:
        return Outlook(keys_of(rows))

    async def count(self, session: TenantSession) -> int:
        return await Accounts(session).count()

    async def compare(self, session: TenantSession, batch: pl.DataFrame, order: Order) -> Difference[Work]:
        return await compare(session, batch, order)

    async def write(self, session: TenantSession, difference: Difference[Work], order: Order) -> None:
        await write_difference(session, difference, order)

    async def roll_back(
        self, session: TenantSession, *, undone: UUID, import_id: UUID
    ) -> tuple[Outcome, int]:
        return await roll_back(session, undone=undone, import_id=import_id)

    async def forget_history(self, session: TenantSession, *, before: UUID, until: datetime) -> None:
        await forget_history(session, before=before, until=until)


def new_ids(count: int, *, now_ms: int | None = None) -> pl.Series:
    """UUIDv7 (RFC 9562) as a column `new_id` of 32 hex characters: one millisecond, 74 random bits each, ascending."""
    rows = np.frombuffer(os.urandom(16 * count), dtype=np.uint8).reshape(count, 16).copy()
    moment = (time.time_ns() // 1_000_000 if now_ms is None else now_ms).to_bytes(6)
    rows[:, :6] = np.frombuffer(moment, dtype=np.uint8)
    rows[:, 6] = rows[:, 6] & 0x0F | 0x70
    rows[:, 8] = rows[:, 8] & 0x3F | 0x80
    text = rows.tobytes().hex()
    return pl.Series("new_id", [text[i : i + 32] for i in range(0, len(text), 32)], dtype=pl.String).sort()


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


def _warnings(rows: pl.DataFrame) -> list[str]:
    without = int((rows["populations"] == 0).sum())
    if not without:
        return []
    spellings = (
        rows.filter(pl.col("populations") == 0)["status"].drop_nulls().unique().sort().head(5).to_list()
    )
    seen = f" (seen: {', '.join(spellings)})" if spellings else ""
    sentence = (
        f"{without} rows belong to no population, so no partner can match them: give the import a population, or use a "
        f"status column with values such as Customer, Open opportunity, Prospect{seen}."
    )
    return [sentence]
