"""What a run found against what was known: created, updated, removed, written by sets with one event a fact."""

from dataclasses import dataclass
from functools import partial
from io import BytesIO

import anyio.to_thread
import numpy as np
import polars as pl

from service.accounts.staging import parsed
from service.db.sessions import MatcherSession
from service.db.turns import PATIENCE, Turn, take_turn
from service.kit.id_columns import new_ids
from service.linking.columns import U64
from service.overlaps.models import COUNTED
from service.overlaps.rules import pack_evidence, pack_kinds, rules_text
from service.overlaps.said import apply_words
from service.partnerships.models import Partnership

FACTS = ["status", "scored", "confidence", "weight", "kinds", "evidence"]
PAIR = ["lo_ref", "hi_ref"]
_COUNTED = [status.value for status in COUNTED]
SCHEMA = {
    "lo_ref": pl.Int64, "hi_ref": pl.Int64, "id": pl.String, "status": pl.String, "scored": pl.String,
    "confidence": pl.Float64, "weight": pl.Float64, "kinds": pl.Int16, "evidence": pl.Int16,
}  # fmt: skip
_COLUMNS = ("change", "event", "place", "lo_ref", "hi_ref", "id", "event_id", "rules", *FACTS)
_KNOWN = "SELECT lo_ref, hi_ref, id, status, scored, confidence, weight, kinds, evidence FROM overlap WHERE partnership_id = $1"
_SCOPE = "CREATE TEMPORARY TABLE scope (lo boolean, ref bigint) ON COMMIT DROP"
_KNOWN_WITHIN = """
    SELECT o.lo_ref, o.hi_ref, o.id, o.status, o.scored, o.confidence, o.weight, o.kinds, o.evidence FROM scope s
    JOIN overlap o ON o.partnership_id = $1 AND o.lo_ref = s.ref WHERE s.lo
    UNION
    SELECT o.lo_ref, o.hi_ref, o.id, o.status, o.scored, o.confidence, o.weight, o.kinds, o.evidence FROM scope s
    JOIN overlap o ON o.partnership_id = $1 AND o.hi_ref = s.ref WHERE NOT s.lo
"""
_VERDICT = """
    CREATE TEMPORARY TABLE verdict (
        change text, event text, place bigint, lo_ref bigint, hi_ref bigint, id uuid, event_id uuid, rules text, status text, scored text,
        confidence double precision, weight double precision, kinds smallint, evidence smallint
    ) ON COMMIT DROP
"""
_INSERT = """
    INSERT INTO overlap (partnership_id, lo_ref, hi_ref, id, lo_org_id, hi_org_id, status, scored, confidence, weight, kinds, evidence,
                         lo_shows, hi_shows, found_at, updated_at, unmet_since)
    SELECT $1, lo_ref, hi_ref, id, $2, $3, status, scored, confidence, weight, kinds, evidence, false, false, now(), now(),
           CASE WHEN scored IS NULL THEN now() END
    FROM verdict WHERE change = 'created'
"""
_UPDATE = """
    UPDATE overlap o SET status = v.status, scored = v.scored, confidence = v.confidence, weight = v.weight, kinds = v.kinds,
        evidence = v.evidence, updated_at = now(), unmet_since = CASE WHEN v.scored IS NULL THEN coalesce(o.unmet_since, now()) END
    FROM verdict v WHERE v.change = 'updated' AND o.partnership_id = $1 AND o.lo_ref = v.lo_ref AND o.hi_ref = v.hi_ref
"""
_DELETE = """
    DELETE FROM overlap o USING verdict v
    WHERE v.change = 'removed' AND o.partnership_id = $1 AND o.lo_ref = v.lo_ref AND o.hi_ref = v.hi_ref
"""
VERY_MANY = 10_000
"""Rows that the planner is told of at once: until it has counted them it takes them for a few, and a small change that comes next would look at
all of them for each of its own.
"""
_LAST = "SELECT coalesce(max(sequence), 0) FROM partnership_event WHERE partnership_id = $1"
"""Numbers are never given twice, so a partnership's newest event stays as long as the partnership."""
_TELL = """
    INSERT INTO partnership_event (partnership_id, sequence, id, type, data, lo_org_id, hi_org_id, created_at)
    SELECT $1, $4 + place, event_id, event,
           jsonb_build_object('overlap_id', id, 'rules', rules, 'confidence', round(confidence::numeric, 4)), $2, $3, now()
    FROM verdict WHERE event IS NOT NULL
"""


def packed(scored: pl.DataFrame) -> pl.DataFrame:
    """Scored pairs as they are stored: references as signed numbers, kinds and evidence packed."""
    return scored.select(
        pl.col("left").reinterpret(signed=True).alias("lo_ref"),
        pl.col("right").reinterpret(signed=True).alias("hi_ref"),
        "rules",
        "status",
        pl.col("confidence").round(6),
        pl.col("weight").round(4),
        pack_kinds(),
        pack_evidence(),
    )


def differences(known: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Rows to write, by pair, with `change`, the type of the `event` that tells it (null for what stays in review) and its `place`.

    Events tell of what counts alone: a pair that comes up from review is created for whoever listens, one that goes down to it
    is removed.
    """
    both = found.join(known.rename({c: f"was_{c}" for c in FACTS}), on=PAIR, how="full", coalesce=True)
    gone, fresh = pl.col("status").is_null(), pl.col("was_status").is_null()
    same = pl.all_horizontal(pl.col(c).eq_missing(pl.col(f"was_{c}")) for c in FACTS)
    change = (
        pl.when(gone)
        .then(pl.lit("removed"))
        .when(fresh)
        .then(pl.lit("created"))
        .when(~same)
        .then(pl.lit("updated"))
    )
    counts, counted = (pl.col(c).is_in(_COUNTED).fill_null(value=False) for c in ("status", "was_status"))
    event = (
        pl.when(counts & counted).then(pl.lit("overlap.updated"))
        .when(counts).then(pl.lit("overlap.created"))
        .when(counted).then(pl.lit("overlap.removed"))
    )  # fmt: skip
    told = [pl.when(gone).then(pl.col(f"was_{c}")).otherwise(pl.col(c)).alias(c) for c in FACTS]
    changed = both.with_columns(change.alias("change"), event.alias("event")).filter(
        pl.col("change").is_not_null()
    )
    # New ids ascend in the order in which pairs are inserted: into an index, ascending keys go four times faster than random ones.
    changed = changed.sort(PAIR)
    ids = new_ids(2 * changed.height)
    return changed.with_columns(
        *told,
        pl.coalesce("id", ids.head(changed.height)).alias("id"),
        ids.tail(changed.height).alias("event_id"),
        pl.col("event").is_not_null().cum_sum().alias("place"),
    ).select(_COLUMNS)


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """References of each side, sorted: a pair with one of them is meant. None stands for all pairs."""

    lo: U64 | None = None
    hi: U64 | None = None

    def holds(self) -> pl.Expr:
        """Whether the pair of a row is meant."""
        if self.lo is None or self.hi is None:
            return pl.lit(value=True)
        lo, hi = (pl.Series(refs.view(np.int64)).implode() for refs in (self.lo, self.hi))
        return pl.col("lo_ref").is_in(lo) | pl.col("hi_ref").is_in(hi)


async def write_verdicts(
    session: MatcherSession, partnership: Partnership, found: pl.DataFrame, scope: Scope | None = None
) -> Scope:
    """Store what changed against what is known of the pairs in `scope`, as people's words leave it; number the events under the
    partnership's locks.

    Gives the references of which each side has to show something else: those of changed pairs, and those in scope.
    """
    driver, scope = await session.raw(), scope or Scope()
    # behind the partnership's own row: whoever says a word takes this turn alone
    await take_turn(session, Turn.DECIDE, partnership.id, wait=PATIENCE)
    known = await _known(session, scope)
    decided = await apply_words(session, partnership, found, known, within=scope.holds())
    verdicts = await anyio.to_thread.run_sync(differences, known, decided)
    await driver.execute(_VERDICT)
    if verdicts.height:
        await driver.copy_to_table("verdict", source=await csv_of(verdicts), format="csv", columns=_COLUMNS)
    sides = partnership.id, partnership.lo_org_id, partnership.hi_org_id
    await driver.execute(_DELETE, partnership.id)
    await driver.execute(_UPDATE, partnership.id)
    await driver.execute(_INSERT, *sides)
    last: int = await driver.fetchval(_LAST, partnership.id)
    await driver.execute(_TELL, *sides, last)
    if verdicts.height >= VERY_MANY:
        await driver.execute("SELECT count_overlaps()")
    if scope.lo is None or scope.hi is None:
        return Scope()
    return Scope(_with(scope.lo, verdicts["lo_ref"]), _with(scope.hi, verdicts["hi_ref"]))


async def judge_again(session: MatcherSession, partnership: Partnership, scope: Scope) -> Scope:
    """As `write_verdicts`, after people said something that no match will look at: of the pairs in scope the score stays as it is."""
    await take_turn(session, Turn.DECIDE, partnership.id, wait=PATIENCE)
    known = (await _known(session, scope)).filter(pl.col("scored").is_not_null())
    await (await session.raw()).execute("DROP TABLE scope")
    rules = pl.Series("rules", [rules_text(kinds) for kinds in known["kinds"]], dtype=pl.String)
    found = known.with_columns(rules, status="scored").drop("scored", "id")
    return await write_verdicts(session, partnership, found, scope)


def _with(refs: U64, stored: pl.Series) -> U64:
    return np.union1d(refs, stored.to_numpy().view(np.uint64))


async def _known(session: MatcherSession, scope: Scope) -> pl.DataFrame:
    """The overlaps in scope as they stand."""
    driver, buffer = await session.raw(), BytesIO()
    if scope.lo is None or scope.hi is None:
        await driver.copy_from_query(_KNOWN, session.partnership_id, output=buffer, format="csv")
    else:
        await driver.execute(_SCOPE)
        for lo, refs in ((True, scope.lo), (False, scope.hi)):
            rows = pl.DataFrame(
                {"lo": lo, "ref": refs.view(np.int64)}, schema={"lo": pl.Boolean, "ref": pl.Int64}
            )
            if rows.height:
                await driver.copy_to_table("scope", source=await csv_of(rows), format="csv")
        await driver.execute("ANALYZE scope")
        await driver.copy_from_query(_KNOWN_WITHIN, session.partnership_id, output=buffer, format="csv")
    return await parsed(buffer, SCHEMA)


async def csv_of(frame: pl.DataFrame) -> BytesIO:
    """Rows as `COPY` takes them, written in a thread."""
    buffer = BytesIO()
    await anyio.to_thread.run_sync(partial(frame.write_csv, buffer, include_header=False))
    buffer.seek(0)
    return buffer
