"""Accounts as a target of imports."""

import os
import time

import numpy as np
import polars as pl

from service.accounts.models import StandardPopulation
from service.accounts.repository import Accounts
from service.accounts.rows import split_duplicates, with_identity, with_populations
from service.accounts.store import write_difference
from service.db.sessions import TenantSession
from service.imports.target import Order, Outcome, Ready
from service.matching.normalise import normalise
from service.matching.records import ACCOUNT_FIELDS


class AccountTarget:
    """Rows of a file become accounts; those without a population are kept and take part with nobody."""

    def ready(self, rows: pl.DataFrame, order: Order) -> Ready[pl.DataFrame]:
        """Population, identity, digest and a fresh id for each row; later rows of one identity are refused."""
        population = StandardPopulation(order.population) if order.population else None
        identified = with_identity(with_populations(rows, population), normalise(rows))
        first, later = split_duplicates(identified)
        batch = first.with_columns(new_ids(first.height))
        return Ready(batch, _refusals(later), _warnings(first))

    async def count(self, session: TenantSession) -> int:
        return await Accounts(session).count()

    async def store(self, session: TenantSession, batch: pl.DataFrame, order: Order) -> Outcome:
        return await write_difference(session, batch, import_id=order.import_id, mode=order.mode)


def new_ids(count: int, *, now_ms: int | None = None) -> pl.Series:
    """UUIDv7 (RFC 9562) as a column `new_id` of 32 hex characters: one millisecond, 74 random bits each, ascending."""
    rows = np.frombuffer(os.urandom(16 * count), dtype=np.uint8).reshape(count, 16).copy()
    moment = (time.time_ns() // 1_000_000 if now_ms is None else now_ms).to_bytes(6)
    rows[:, :6] = np.frombuffer(moment, dtype=np.uint8)
    rows[:, 6] = rows[:, 6] & 0x0F | 0x70
    rows[:, 8] = rows[:, 8] & 0x3F | 0x80
    text = rows.tobytes().hex()
    return pl.Series("new_id", [text[i : i + 32] for i in range(0, len(text), 32)], dtype=pl.String).sort()


def _refusals(later: pl.DataFrame) -> pl.DataFrame:
    """Later rows of an identity as refusals, with the row that stands for them and how to mend it."""
    message = pl.format(
        "Row {} (line {}) is the same account as row {} of this file: remove one of them, or give each its own external id.",
        "row", "line", "first_row",
    )  # fmt: skip
    text = pl.concat_str([pl.col(f) for f in ACCOUNT_FIELDS], separator=" | ", ignore_nulls=True).str.head(
        500
    )
    return later.select(
        "row", "line", pl.lit(None, pl.String).alias("column"), pl.lit("duplicate_in_file").alias("reason"),
        message.alias("message"), text.alias("text"),
    )  # fmt: skip


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
