"""Opportunities as a target of imports."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

import polars as pl

from service.accounts.attached import compare as attached
from service.accounts.attached import rollback as attached_rollback
from service.accounts.attached.compare import Work
from service.accounts.attached.joining import names_an_account, with_domain
from service.accounts.attached.keeping import with_stored
from service.accounts.attached.opportunity_values import DATES, read_values
from service.accounts.attached.table import SPEAKS_OF_ACCOUNT, Table
from service.accounts.rollback import forget_history
from service.accounts.rows import bounded, speaks_of, split_duplicates, with_digest_of
from service.accounts.staging import copy_in, refusals
from service.db.sessions import TenantReadSession, TenantSession
from service.imports.models import ImportKind
from service.imports.packed import PackedRows
from service.imports.target import Difference, Order, Outcome, Outlook, Ready, Traits
from service.kit.id_columns import new_ids

_STAGES = """jsonb_build_object('stages', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('stage', s.stage, 'entered_at', s.entered_at) ORDER BY s.place), '[]')
    FROM opportunity_stage s WHERE s.org_id = a.org_id AND s.opportunity_id = a.id))"""
TABLE: Final = Table(
    "opportunity",
    ImportKind.OPPORTUNITIES,
    {
        **dict.fromkeys(("name", "stage", "currency", "owner", "type", "next_step", "outcome"), "text"),
        **dict.fromkeys(("amount", "probability"), "numeric"),
        **dict.fromkeys(DATES, "date"),
    },
    image=f"to_jsonb(a) - 'org_id' || {_STAGES}",
    same="NOT i.has_history",
    more={"has_history": "boolean"},
    spoken={
        "account_id": SPEAKS_OF_ACCOUNT,
        "outcome": speaks_of("outcome") | speaks_of("stage"),
        "currency": speaks_of("currency") | speaks_of("amount") & pl.col("currency").is_not_null(),
    },
)
_INCOMING_STAGE = "CREATE TEMPORARY TABLE incoming_stage (id uuid, place int, stage text, entered_at timestamptz) ON COMMIT DROP"
_FORGET_STAGES = """
    DELETE FROM opportunity_stage s USING incoming i WHERE i.has_history AND s.org_id = $1 AND s.opportunity_id = i.id
"""
_ADD_STAGES = """
    INSERT INTO opportunity_stage (org_id, opportunity_id, place, stage, entered_at)
    SELECT $1, s.id, s.place, s.stage, s.entered_at FROM incoming_stage s JOIN incoming i ON s.id = coalesce(i.id, i.new_id)
"""
_ENTER_STAGE = """
    INSERT INTO opportunity_stage (org_id, opportunity_id, place, stage, entered_at)
    SELECT o.org_id, o.id, coalesce(last.place + 1, 0), o.stage, now()
    FROM incoming i JOIN opportunity o ON o.org_id = $1 AND o.id = coalesce(i.id, i.new_id)
    LEFT JOIN LATERAL (
        SELECT s.place, s.stage FROM opportunity_stage s WHERE s.org_id = o.org_id AND s.opportunity_id = o.id
        ORDER BY s.place DESC LIMIT 1
    ) last ON true
    WHERE o.stage IS NOT NULL AND o.stage IS DISTINCT FROM last.stage
"""

_FORGET_LATER_STAGES = """
    DELETE FROM opportunity_stage s USING opportunity o, image i
    WHERE s.org_id = $1 AND o.org_id = $1 AND o.id = s.opportunity_id AND o.id = i.of_id AND o.import_id = $2
"""
_BRING_BACK_STAGES = """
    INSERT INTO opportunity_stage (org_id, opportunity_id, place, stage, entered_at)
    SELECT $1, o.id, s.place - 1, s.said ->> 'stage', (s.said ->> 'entered_at')::timestamptz
    FROM opportunity o JOIN image i ON i.of_id = o.id,
        jsonb_array_elements(i.before -> 'stages') WITH ORDINALITY AS s (said, place)
    WHERE o.org_id = $1 AND o.import_id = $2
"""


class OpportunityTarget:
    """Rows of a file become opportunities, each at the account that it names; those whose account isn't found have none."""

    traits = Traits()

    async def found(self, session: TenantReadSession, order: Order) -> Order:  # noqa: ARG002 - they are in no population
        return order

    async def sieve(self, session: TenantReadSession, order: Order, size: int) -> None:
        """Each row is compared."""

    def ready(self, packed: PackedRows, order: Order) -> Ready[tuple[pl.DataFrame, pl.DataFrame]]:
        """Values, identity, digest and a fresh id; with them the stages of the rows that have a history of their own.

        Refused are values that can't be read, rows that name no opportunity, and later rows of one identity.
        """
        rows = packed.whole()
        nameless = pl.col("name").is_null() & pl.col("external_id").is_null()
        read = read_values(rows.filter(~nameless), order)
        said = _said(read.rows, order.fields)
        identified = with_identity(with_domain(with_digest_of(read.rows, (*said, "stage_history"))))
        first, later = split_duplicates(identified)
        refused = [read.refused, _nameless(rows.filter(nameless), order), _duplicates(later, order)]
        history = pl.col("stage_history").is_not_null().alias("has_history")
        batch = first.with_columns(new_ids(first.height), history)
        return Ready((batch, read.stages), pl.concat(refused, how="vertical_relaxed"), [])

    def outlook(self, rows: PackedRows) -> Outlook:  # noqa: ARG002 - opportunities aren't matched
        return Outlook()

    async def count(self, session: TenantSession) -> int:
        driver = await session.raw()
        found: int = await driver.fetchval(
            "SELECT count(*) FROM opportunity WHERE org_id = $1", session.org_id
        )
        return found

    async def compare(
        self, session: TenantSession, batch: tuple[pl.DataFrame, pl.DataFrame], order: Order
    ) -> Difference[Work]:
        rows, stages = batch
        joins = names_an_account(order.fields)
        looked = await attached.look_up(session, TABLE, rows, order, joins=joins)
        said = _said(rows, order.fields) + (("account_id",) if joins else ())
        looked = replace(looked, changed=await with_stored(session, TABLE, looked.changed, said))
        owners = looked.changed.select("row", pl.coalesce("id", "new_id").alias("id"))
        work = Work(said, stages.join(owners, on="row").drop("row"))
        return await attached.difference(session, TABLE, looked, order, work, rows=rows.height)

    async def write(self, session: TenantSession, difference: Difference[Work], order: Order) -> None:
        driver, org_id = await session.raw(), session.org_id
        await attached.write(session, TABLE, difference, order)
        stages: pl.DataFrame = difference.work.more
        await driver.execute(_INCOMING_STAGE)
        await copy_in(driver, "incoming_stage", stages.select("id", "place", "stage", "entered_at"))
        for statement in (_FORGET_STAGES, _ADD_STAGES, _ENTER_STAGE):
            await driver.execute(statement, org_id)

    async def made(self, session: TenantSession) -> Sequence[UUID]:
        return await attached.made(session)

    async def roll_back(
        self, session: TenantSession, *, undone: UUID, import_id: UUID
    ) -> tuple[Outcome, int]:
        """Stages come back with the opportunities that they were of."""
        done = await attached_rollback.roll_back(session, TABLE, undone=undone, import_id=import_id)
        driver = await session.raw()
        for statement in (_FORGET_LATER_STAGES, _BRING_BACK_STAGES):
            await driver.execute(statement, session.org_id, import_id)
        return done

    async def forget_history(self, session: TenantSession, *, before: UUID | None, until: datetime) -> None:
        await forget_history(session, before=before, until=until)


def with_identity(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `identity`: the external id, else `plain_identity`: what names the account, and the name. Of a row without an external id the latter is null."""
    account = pl.coalesce(
        "account_external_id", "domain", pl.col("account_name").str.to_lowercase(), pl.lit("")
    )
    natural = pl.format("n:{}|{}", account, pl.col("name").fill_null("").str.to_lowercase())
    named = pl.col("external_id").is_not_null()
    identity = pl.when(named).then(pl.format("x:{}", "external_id")).otherwise(natural)
    return rows.with_columns(
        identity.alias("identity"), pl.when(named).then(natural).alias("plain_identity")
    ).with_columns(bounded("identity"), bounded("plain_identity"))


def _said(rows: pl.DataFrame, fields: frozenset[str]) -> tuple[str, ...]:
    """Columns that the import sets. An outcome may follow from the stage, a currency from the amount."""
    derived = {"outcome"} if "stage" in fields else set[str]()
    derived |= {"currency"} if "amount" in fields and rows["currency"].count() else set()
    return tuple(column for column in TABLE.columns if column in fields | derived)


def _nameless(rows: pl.DataFrame, order: Order) -> pl.DataFrame:
    message = pl.format("line {}: nothing names the opportunity. Give it a name or an external id.", "line")
    return refusals(rows, "nothing_named", message, list(order.headers))


def _duplicates(later: pl.DataFrame, order: Order) -> pl.DataFrame:
    message = pl.format(
        "Row {} (line {}) is the same opportunity as row {} of this file: remove one of them, or give each its own external id.",
        "row", "line", "first_row",
    )  # fmt: skip
    return refusals(later, "duplicate_in_file", message, list(order.headers))
