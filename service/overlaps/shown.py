"""Shared records and account references: what stands between an overlap and whoever is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import polars as pl

from service.accounts.staging import parsed
from service.db.sessions import DutySession
from service.db.turns import Turn, take_turn
from service.linking.columns import U64
from service.matching.kinds import Level
from service.overlaps.models import COUNTED, OverlapStatus
from service.overlaps.verdicts import VERY_MANY, csv_of
from service.partnerships.models import Partnership, SharingLevel
from service.partnerships.rules import Rule, bits_at, fields_shown

_PAIRS = """
    SELECT CASE WHEN lo_org_id = $2 THEN lo_ref ELSE hi_ref END, status,
           CASE WHEN lo_org_id = $2 THEN lo_shows ELSE hi_shows END,
           CASE WHEN lo_org_id = $2 THEN hi_shows ELSE lo_shows END,
           EXISTS (SELECT FROM decision d WHERE d.partnership_id = $1 AND d.lo_ref = o.lo_ref AND d.hi_ref = o.hi_ref AND d.org_id = $2
                   AND d.word = 'offer')
    FROM overlap o WHERE partnership_id = $1{within}
    UNION ALL
    SELECT {side}_ref, 'review', true, true, true
    FROM (SELECT partnership_id, ref AS {side}_ref FROM link_proposal WHERE org_id = $2 AND sent AND state = 'open') o
    WHERE partnership_id = $1{within}
"""
"""An account that one has proposed is shown as one that is offered."""
_RELATED = """
    UNION ALL
    SELECT {side}_ref, 'auto', {side}_shows, {partner}_shows, false FROM related_pair o
    WHERE partnership_id = $1 AND level IN ({levels}){within}
"""
"""Pairs of one owner are shown as overlaps are, as far up as both sides look."""
_WITHIN = "CREATE TEMPORARY TABLE within (ref bigint PRIMARY KEY) ON COMMIT DROP"
_IS_WITHIN = " AND {column} IN (SELECT ref FROM within)"
"""With it a statement concerns the references that are to be published alone."""
_SHOWN = """
    CREATE TEMPORARY TABLE shown (ref bigint PRIMARY KEY, populations bigint, fields jsonb, rule_version int) ON COMMIT DROP
"""
_HIDE = """
    DELETE FROM shared_record s WHERE s.partnership_id = $1 AND s.owner_org_id = $2
    AND NOT EXISTS (SELECT FROM shown n WHERE n.ref = s.ref){within}
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
_PAIRED = ("overlap", "related_pair")
_FLAG = """
    UPDATE {table} o SET {side}_shows = NOT o.{side}_shows
    WHERE o.partnership_id = $1 AND o.{side}_shows <> EXISTS (SELECT FROM shown n WHERE n.ref = o.{side}_ref){within}
    RETURNING o.{partner}_ref
"""
_OPEN = """
    UPDATE decision d SET open = NOT d.open FROM overlap o
    WHERE o.partnership_id = $1{within} AND d.partnership_id = $1 AND d.lo_ref = o.lo_ref AND d.hi_ref = o.hi_ref
    AND d.open <> (o.lo_shows AND o.hi_shows AND (o.status <> 'review' OR d.word = 'offer'))
"""
_STAND = """
    UPDATE decision d SET stands = NOT d.stands FROM overlap o
    WHERE o.partnership_id = $1{within} AND d.partnership_id = $1 AND d.lo_ref = o.lo_ref AND d.hi_ref = o.hi_ref
    AND d.learned AND d.stands <> (o.lo_shows AND o.hi_shows)
"""
"""A word that nobody said themselves is nothing to a side that isn't told of the pair, and nobody could settle it."""
_TOLD = "CREATE TEMPORARY TABLE told (ref bigint PRIMARY KEY, account_id uuid) ON COMMIT DROP"
_FORGET = """
    DELETE FROM account_reference r WHERE r.org_id = $1 AND r.partnership_id = $2
    AND NOT EXISTS (SELECT FROM told t WHERE t.ref = r.ref){within}
"""
_REFER = """
    INSERT INTO account_reference (org_id, partnership_id, ref, account_id)
    SELECT $1, $2, t.ref, t.account_id FROM told t WHERE NOT EXISTS (
        SELECT FROM account_reference r WHERE r.org_id = $1 AND r.partnership_id = $2 AND r.ref = t.ref)
    ORDER BY t.ref
"""
PAIR_SCHEMA = {
    "ref": pl.Int64,
    "status": pl.String,
    "shows": pl.Boolean,
    "partner_shows": pl.Boolean,
    "offered": pl.Boolean,
}
RECORD_SCHEMA = {"ref": pl.Int64, "populations": pl.Int64, "fields": pl.String, "rule_version": pl.Int64}
OPEN = [status.value for status in (*COUNTED, OverlapStatus.DISPUTED)]
"""Pairs of which both sides see the other's account."""
REVIEW = OverlapStatus.REVIEW.value


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """What of a partnership is published by the session's side: the accounts with these references, None for all of them."""

    session: DutySession
    partnership: Partnership
    level: Level
    refs: U64 | None

    @property
    def side(self) -> str:
        return self.partnership.side_of(self.session.org_id)

    @property
    def partner_side(self) -> str:
        return "hi" if self.side == "lo" else "lo"

    async def begin(self) -> None:
        if self.refs is not None:
            driver = await self.session.raw()
            await driver.execute(_WITHIN)
            await _copy(driver, "within", pl.DataFrame({"ref": self.refs.view(np.int64)}))

    def sql(self, statement: str, column: str, **words: str) -> str:
        """The statement, as far as `column` is one of the references."""
        within = "" if self.refs is None else _IS_WITHIN.format(column=column)
        return statement.format(within=within, side=self.side, partner=self.partner_side, **words)


async def own_pairs(within: Within) -> pl.DataFrame:
    """The pairs from the session's side: `ref`, `status`, `shows`, `partner_shows`, and whether it has `offered` its account."""
    driver, buffer = await within.session.raw(), BytesIO()
    query, levels = _PAIRS, within.level.upto()[1:]
    if levels:
        query += _RELATED.replace("{levels}", ", ".join(repr(level.value) for level in levels))
    query = within.sql(query, f"o.{within.side}_ref")
    await driver.copy_from_query(
        query, within.partnership.id, within.session.org_id, output=buffer, format="csv"
    )
    said = ["shows", "partner_shows", "offered"]
    pairs = await parsed(buffer, PAIR_SCHEMA | dict.fromkeys(said, pl.String))
    return pairs.with_columns(pl.col(said) == "t")


def records_of(accounts: pl.DataFrame, pairs: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """What is to be shown: `ref`, `populations` (only those that show), `fields` (JSON text), `rule_version`.

    Accounts of a pair whose population shows overlaps, and every account of a population shared whole. An account
    that stands in review and rejected pairs only, and wasn't offered, has no fields: its record says that one shows, not what.
    """
    shown, whole = bits_at(rules, SharingLevel.OVERLAPPING), bits_at(rules, SharingLevel.ALL)
    paired = pairs.group_by("ref").agg((pl.col("status").is_in(OPEN) | pl.col("offered")).any().alias("open"))
    visible = accounts.join(paired, on="ref", how="left").with_columns(
        (pl.col("populations") & shown).alias("under"), (pl.col("populations") & whole != 0).alias("whole")
    )
    visible = visible.filter((pl.col("under") != 0) & (pl.col("open").is_not_null() | pl.col("whole")))
    parts = [pl.DataFrame(schema=RECORD_SCHEMA)]
    for under in visible["under"].unique():
        rows = visible.filter(pl.col("under") == under)
        version = max(rule.version for rule in rules if under & (1 << rule.bit))
        fields = pl.struct(fields_shown(rules, under)).struct.json_encode()
        told = pl.col("open").fill_null(value=False) | pl.col("whole")
        parts.append(
            rows.select(
                "ref", pl.col("under").alias("populations"), pl.when(told).then(fields).alias("fields"),
                pl.lit(version, pl.Int64).alias("rule_version"),
            )
        )  # fmt: skip
    return pl.concat(parts)


async def write_shown(within: Within, records: pl.DataFrame) -> U64:
    """Store the difference; the partner's references in pairs whose telling changed by it, sorted."""
    session, partnership = within.session, within.partnership
    driver, partner = await session.raw(), partnership.partner_of(session.org_id)
    await driver.execute(_SHOWN)
    await _copy(driver, "shown", records)
    await driver.execute(within.sql(_HIDE, "s.ref"), partnership.id, session.org_id)
    await driver.execute(_CHANGE, partnership.id, session.org_id)
    await driver.execute(_SHOW, partnership.id, session.org_id, partner)
    await take_turn(session, Turn.DECIDE, partnership.id)
    flipped: list[int] = []
    for table in _PAIRED:
        flag = within.sql(_FLAG, f"o.{within.side}_ref", table=table)
        flipped += [row[0] for row in await driver.fetch(flag, partnership.id)]
    await driver.execute(within.sql(_OPEN, f"o.{within.side}_ref"), partnership.id)
    if max(records.height, len(flipped)) >= VERY_MANY:
        await driver.execute("SELECT count_shown()")
    return np.unique(np.array(flipped, dtype=np.int64).view(np.uint64))


async def stand_or_fall(within: Within) -> bool:
    """Let learned words stand where both sides are told of the pair by now, and nowhere else; whether any changed."""
    driver = await within.session.raw()
    moved: str = await driver.execute(within.sql(_STAND, f"o.{within.side}_ref"), within.partnership.id)
    return not moved.endswith(" 0")


def told_references(pairs: pl.DataFrame) -> pl.DataFrame:
    """`ref` of one's own accounts in pairs that one is told of: the partner shows, and for a review both do."""
    told = pl.col("partner_shows") & ((pl.col("status") != REVIEW) | pl.col("shows"))
    return pairs.filter(told).select("ref").unique()


async def write_references(within: Within, told: pl.DataFrame) -> None:
    """Keep exactly the references in `told` (`ref`, `id`) for the session's organization."""
    driver, place = await within.session.raw(), (within.session.org_id, within.partnership.id)
    await driver.execute(_TOLD)
    await _copy(driver, "told", told)
    await driver.execute(within.sql(_FORGET, "r.ref"), *place)
    await driver.execute(_REFER, *place)


async def _copy(driver: object, table: str, frame: pl.DataFrame) -> None:
    if not frame.height:
        return
    await driver.copy_to_table(table, source=await csv_of(frame), format="csv")  # type: ignore[attr-defined]  # asyncpg has no annotations
    # Without it the planner takes the table for a few rows, and a hundred thousand may be joined row by row.
    await driver.execute(f"ANALYZE {table}")  # type: ignore[attr-defined]  # asyncpg has no annotations
