"""Pairs of one owner, as they are stored: by sets, and without an event."""

from io import BytesIO

import anyio.to_thread
import polars as pl

from service.accounts.staging import parsed
from service.db.sessions import MatcherSession
from service.kit.id_columns import new_ids
from service.overlaps.rules import pack_kinds
from service.overlaps.scope import Scope
from service.overlaps.verdicts import PAIR, csv_of
from service.partnerships.models import Partnership

FACTS = ["level", "confidence", "weight", "kinds"]
_TYPES = {"level": pl.String, "confidence": pl.Float64, "weight": pl.Float64, "kinds": pl.Int16}
SCHEMA = {"lo_ref": pl.Int64, "hi_ref": pl.Int64, **_TYPES}
_COLUMNS = ("change", *PAIR, "id", *FACTS)
_KNOWN = "SELECT lo_ref, hi_ref, level, confidence, weight, kinds FROM related_pair WHERE partnership_id = $1"
_WORK = """
    CREATE TEMPORARY TABLE relation (
        change text, lo_ref bigint, hi_ref bigint, id uuid, level text, confidence double precision, weight double precision,
        kinds smallint
    ) ON COMMIT DROP
"""
_MEANT = "r.partnership_id = $1 AND r.lo_ref = n.lo_ref AND r.hi_ref = n.hi_ref"
_DELETE = f"DELETE FROM related_pair r USING relation n WHERE n.change = 'removed' AND {_MEANT}"
_UPDATE = f"""
    UPDATE related_pair r SET level = n.level, confidence = n.confidence, weight = n.weight, kinds = n.kinds, updated_at = now()
    FROM relation n WHERE n.change = 'updated' AND {_MEANT}
"""
_INSERT = """
    INSERT INTO related_pair (partnership_id, lo_ref, hi_ref, id, lo_org_id, hi_org_id, level, confidence, weight, kinds,
                              lo_shows, hi_shows, found_at, updated_at)
    SELECT $1, lo_ref, hi_ref, id, $2, $3, level, confidence, weight, kinds, false, false, now(), now()
    FROM relation WHERE change = 'created'
"""


def packed(found: pl.DataFrame) -> pl.DataFrame:
    """Pairs that `relate` found as they are stored: references as signed numbers, kinds packed."""
    return found.select(
        pl.col("left").reinterpret(signed=True).alias("lo_ref"),
        pl.col("right").reinterpret(signed=True).alias("hi_ref"),
        pl.col("level").cast(pl.String),
        pl.col("confidence").round(6),
        pl.col("weight").round(4),
        pack_kinds(),
    )


def differences(known: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Rows to write, by pair, with `change`."""
    both = found.join(known.rename({c: f"was_{c}" for c in FACTS}), on=PAIR, how="full", coalesce=True)
    gone, fresh = pl.col("level").is_null(), pl.col("was_level").is_null()
    same = pl.all_horizontal(pl.col(c).eq_missing(pl.col(f"was_{c}")) for c in FACTS)
    change = (
        pl.when(gone)
        .then(pl.lit("removed"))
        .when(fresh)
        .then(pl.lit("created"))
        .when(~same)
        .then(pl.lit("updated"))
    )
    changed = both.with_columns(change.alias("change")).drop_nulls("change").sort(PAIR)
    return changed.with_columns(new_ids(changed.height).alias("id")).select(_COLUMNS)


async def write_related(session: MatcherSession, partnership: Partnership, found: pl.DataFrame) -> Scope:
    """Store what changed against what is known. The references of changed pairs, of each side."""
    driver, buffer = await session.raw(), BytesIO()
    await driver.copy_from_query(_KNOWN, partnership.id, output=buffer, format="csv")
    changed = await anyio.to_thread.run_sync(differences, await parsed(buffer, SCHEMA), found)
    if changed.height:
        await driver.execute(_WORK)
        await driver.copy_to_table("relation", source=await csv_of(changed), format="csv", columns=_COLUMNS)
        await driver.execute("ANALYZE relation")
        await driver.execute(_DELETE, partnership.id)
        await driver.execute(_UPDATE, partnership.id)
        await driver.execute(_INSERT, partnership.id, partnership.lo_org_id, partnership.hi_org_id)
    return Scope(*(changed[column].unique().sort().reinterpret(signed=False).to_numpy() for column in PAIR))
