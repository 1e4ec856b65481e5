"""Shared records and account references: what stands between an overlap and whoever is told of it."""

from collections.abc import Sequence
from io import BytesIO
from uuid import UUID

import polars as pl

from service.db.sessions import DutySession
from service.overlaps.models import OverlapStatus
from service.partnerships.models import Partnership, SharingLevel
from service.partnerships.rules import Rule, bits_at, fields_shown

_PAIRS = """
    SELECT CASE WHEN lo_org_id = $2 THEN lo_ref ELSE hi_ref END, status,
           CASE WHEN lo_org_id = $2 THEN lo_shows ELSE hi_shows END,
           CASE WHEN lo_org_id = $2 THEN hi_shows ELSE lo_shows END
    FROM overlap WHERE partnership_id = $1
"""
_SHOWN = """
    CREATE TEMPORARY TABLE shown (ref bigint PRIMARY KEY, populations bigint, fields jsonb, rule_version int) ON COMMIT DROP
"""
_HIDE = """
    DELETE FROM shared_record s WHERE s.partnership_id = $1 AND s.owner_org_id = $2
    AND NOT EXISTS (SELECT FROM shown n WHERE n.ref = s.ref)
"""
_CHANGE = """
    UPDATE shared_record s SET populations = n.populations, fields = n.fields, rule_version = n.rule_version, written_at = now()
    FROM shown n WHERE s.partnership_id = $1 AND s.owner_org_id = $2 AND s.ref = n.ref
    AND (s.populations, s.fields, s.rule_version) IS DISTINCT FROM (n.populations, n.fields, n.rule_version)
"""
_SHOW = """
    INSERT INTO shared_record (partnership_id, owner_org_id, viewer_org_id, ref, populations, fields, rule_version, written_at)
    SELECT $1, $2, $3, n.ref, n.populations, n.fields, n.rule_version, now() FROM shown n
    WHERE NOT EXISTS (SELECT FROM shared_record s WHERE s.partnership_id = $1 AND s.owner_org_id = $2 AND s.ref = n.ref)
    ORDER BY n.ref
"""
_FLAG = """
    UPDATE overlap o SET {side}_shows = NOT o.{side}_shows
    WHERE o.partnership_id = $1 AND o.{side}_shows <> EXISTS (SELECT FROM shown n WHERE n.ref = o.{side}_ref)
"""
_TOLD = "CREATE TEMPORARY TABLE told (ref bigint PRIMARY KEY, account_id uuid) ON COMMIT DROP"
_FORGET = """
    DELETE FROM account_reference r WHERE r.org_id = $1 AND r.partnership_id = $2
    AND NOT EXISTS (SELECT FROM told t WHERE t.ref = r.ref)
"""
_REFER = """
    INSERT INTO account_reference (org_id, partnership_id, ref, account_id)
    SELECT $1, $2, t.ref, t.account_id FROM told t WHERE NOT EXISTS (
        SELECT FROM account_reference r WHERE r.org_id = $1 AND r.partnership_id = $2 AND r.ref = t.ref)
    ORDER BY t.ref
"""
PAIR_SCHEMA = {"ref": pl.Int64, "status": pl.String, "shows": pl.Boolean, "partner_shows": pl.Boolean}
RECORD_SCHEMA = {"ref": pl.Int64, "populations": pl.Int64, "fields": pl.String, "rule_version": pl.Int64}
AUTO = OverlapStatus.AUTO.value


async def own_pairs(session: DutySession, partnership: Partnership) -> pl.DataFrame:
    """The partnership's pairs from the session's side: `ref`, `status`, `shows`, `partner_shows`."""
    driver, buffer = await session.raw(), BytesIO()
    await driver.copy_from_query(_PAIRS, partnership.id, session.org_id, output=buffer, format="csv")
    if not buffer.tell():
        return pl.DataFrame(schema=PAIR_SCHEMA)
    buffer.seek(0)
    said = ["shows", "partner_shows"]
    pairs = pl.read_csv(buffer, has_header=False, schema=PAIR_SCHEMA | dict.fromkeys(said, pl.String))
    return pairs.with_columns(pl.col(said) == "t")


def records_of(accounts: pl.DataFrame, pairs: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """What is to be shown: `ref`, `populations` (only those that show), `fields` (JSON text), `rule_version`.

    Accounts of a pair whose population shows overlaps, and every account of a population shared whole. An account
    that stands in review pairs only has no fields: its record says that one shows, not what.
    """
    shown, whole = bits_at(rules, SharingLevel.OVERLAPPING), bits_at(rules, SharingLevel.ALL)
    paired = pairs.group_by("ref").agg((pl.col("status") == AUTO).any().alias("auto"))
    visible = accounts.join(paired, on="ref", how="left").with_columns(
        (pl.col("populations") & shown).alias("under"), (pl.col("populations") & whole != 0).alias("whole")
    )
    visible = visible.filter((pl.col("under") != 0) & (pl.col("auto").is_not_null() | pl.col("whole")))
    parts = [pl.DataFrame(schema=RECORD_SCHEMA)]
    for under in visible["under"].unique():
        rows = visible.filter(pl.col("under") == under)
        version = max(rule.version for rule in rules if under & (1 << rule.bit))
        fields = pl.struct(fields_shown(rules, under)).struct.json_encode()
        told = pl.col("auto").fill_null(value=False) | pl.col("whole")
        parts.append(
            rows.select(
                "ref", pl.col("under").alias("populations"), pl.when(told).then(fields).alias("fields"),
                pl.lit(version, pl.Int64).alias("rule_version"),
            )
        )  # fmt: skip
    return pl.concat(parts)


async def write_shown(session: DutySession, partnership: Partnership, records: pl.DataFrame) -> int:
    """Store the difference; the number of pairs whose telling changed by it."""
    driver = await session.raw()
    partner, side = partnership.partner_of(session.org_id), partnership.side_of(session.org_id)
    await driver.execute(_SHOWN)
    await _copy(driver, "shown", records)
    await driver.execute(_HIDE, partnership.id, session.org_id)
    await driver.execute(_CHANGE, partnership.id, session.org_id)
    await driver.execute(_SHOW, partnership.id, session.org_id, partner)
    tag: str = await driver.execute(_FLAG.format(side=side), partnership.id)
    return int(tag.rpartition(" ")[2])


def told_references(pairs: pl.DataFrame) -> pl.DataFrame:
    """`ref` of one's own accounts in pairs that one is told of: the partner shows, and for a review both do."""
    told = pl.col("partner_shows") & ((pl.col("status") == AUTO) | pl.col("shows"))
    return pairs.filter(told).select("ref").unique()


async def write_references(session: DutySession, partnership_id: UUID, told: pl.DataFrame) -> None:
    """Keep exactly the references in `told` (`ref`, `id`) for the session's organization."""
    driver = await session.raw()
    await driver.execute(_TOLD)
    await _copy(driver, "told", told)
    await driver.execute(_FORGET, session.org_id, partnership_id)
    await driver.execute(_REFER, session.org_id, partnership_id)


async def _copy(driver: object, table: str, frame: pl.DataFrame) -> None:
    if not frame.height:
        return
    buffer = BytesIO()
    frame.write_csv(buffer, include_header=False)
    buffer.seek(0)
    await driver.copy_to_table(table, source=buffer, format="csv")  # type: ignore[attr-defined]  # asyncpg has no annotations
    # Without it the planner takes the table for a few rows, and a hundred thousand may be joined row by row.
    await driver.execute(f"ANALYZE {table}")  # type: ignore[attr-defined]  # asyncpg has no annotations
