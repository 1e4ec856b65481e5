"""What a run found against what was known: created, updated, removed, written by sets with one event a fact."""

from functools import partial
from io import BytesIO

import anyio.to_thread
import numpy as np
import polars as pl

from service.accounts.staging import copied
from service.db.sessions import MatcherSession
from service.db.turns import PATIENCE, Turn, take_turn
from service.kit.id_columns import new_ids
from service.linking.columns import U64
from service.overlaps.laid import COLUMNS, laid
from service.overlaps.models import COUNTED
from service.overlaps.rules import pack_evidence, pack_kinds, rules_text
from service.overlaps.said import apply_words, learn, read_words
from service.overlaps.scope import Scope
from service.partnerships.models import Partnership

FACTS = ["status", "scored", "confidence", "weight", "kinds", "evidence"]
PAIR = ["lo_ref", "hi_ref"]
_COUNTED = [status.value for status in COUNTED]
SCHEMA = {
    "lo_ref": pl.Int64, "hi_ref": pl.Int64, "id": pl.String, "status": pl.String, "scored": pl.String,
    "confidence": pl.Float64, "weight": pl.Float64, "kinds": pl.Int16, "evidence": pl.Int16,
}  # fmt: skip
_COLUMNS = ("change", "event", "place", "lo_ref", "hi_ref", "id", "event_id", "rules", *FACTS)
_KNOWN = "lo_ref, hi_ref, id, status, scored, confidence, weight, kinds, evidence"
_VERDICT = """
    CREATE TEMPORARY TABLE verdict (
        change text, event text, place bigint, lo_ref bigint, hi_ref bigint, id uuid, event_id uuid, status text, scored text,
        confidence double precision, weight double precision, kinds smallint, evidence smallint, data jsonb
    ) ON COMMIT DROP
"""
_INSERT = """
    INSERT INTO overlap (partnership_id, lo_ref, hi_ref, id, lo_org_id, hi_org_id, status, scored, confidence, weight, kinds, evidence,
                         lo_shows, hi_shows, found_at, updated_at, unmet_since)
    SELECT $1, lo_ref, hi_ref, id, $2, $3, status, scored, confidence, weight, kinds, evidence, false, false, now(), now(),
           CASE WHEN scored IS NULL THEN now() END
    FROM verdict WHERE change = $4
"""
_NOT_FRESH = (
    "DELETE FROM overlap WHERE partnership_id = $1 AND lo_ref = $2 AND hi_ref = $3",
    "DELETE FROM verdict WHERE $1::uuid IS NOT NULL AND lo_ref = $2 AND hi_ref = $3",
)
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
EARLY_FROM = VERY_MANY
"""Pairs of which the new ones are stored before it's one's turn to decide; fewer are stored as soon as looked at twice."""
_LAST = "SELECT coalesce(max(sequence), 0) FROM partnership_event WHERE partnership_id = $1"
"""Numbers are never given twice, so a partnership's newest event stays as long as the partnership."""
_TELL = """
    INSERT INTO partnership_event (partnership_id, sequence, id, type, data, lo_org_id, hi_org_id, created_at)
    SELECT $1, $4 + place, event_id, event, data, $2, $3, now() FROM verdict WHERE event IS NOT NULL
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


async def write_verdicts(
    session: MatcherSession, partnership: Partnership, found: pl.DataFrame, scope: Scope | None = None
) -> Scope:
    """Store what changed against what is known of the pairs in `scope`, as people's words leave it; number the events under the
    partnership's locks.

    Gives the references of which each side has to show something else: those of changed pairs, and those in scope.
    """
    driver, scope = await session.raw(), scope or Scope()
    sides = partnership.id, partnership.lo_org_id, partnership.hi_org_id
    await scope.lay(session)
    await driver.execute(_VERDICT)
    known, stored = await _write_fresh(session, partnership, found, scope)
    # behind the match's turn: whoever says a word takes this turn alone
    await take_turn(session, Turn.DECIDE, partnership.id, wait=PATIENCE)
    words = await read_words(session, partnership, scope)
    fresh = await _without_said(session, partnership, stored, words)
    if known is None or known.height:
        known = (await _known(session, scope)).join(fresh, on=PAIR, how="anti")
    await learn(session, partnership, found.join(words, on=PAIR, how="anti"), scope)
    decided = apply_words(found.join(fresh, on=PAIR, how="anti"), known, words)
    verdicts = await anyio.to_thread.run_sync(differences, known, decided)
    await _copy(session, verdicts.with_columns(pl.col("place") + stored.height))
    await driver.execute(_DELETE, partnership.id)
    await driver.execute(_UPDATE, partnership.id)
    await driver.execute(_INSERT, *sides, "created")
    last: int = await driver.fetchval(_LAST, partnership.id)
    await driver.execute(_TELL, *sides, last)
    if verdicts.height >= VERY_MANY:
        await driver.execute("SELECT count_overlaps()")
    if scope.lo is None or scope.hi is None:
        return Scope()
    changed = pl.concat([fresh.select(PAIR), verdicts.select(PAIR)])
    return Scope(_with(scope.lo, changed["lo_ref"]), _with(scope.hi, changed["hi_ref"]))


async def _write_fresh(
    session: MatcherSession, partnership: Partnership, found: pl.DataFrame, scope: Scope
) -> tuple[pl.DataFrame | None, pl.DataFrame]:
    """Of very many pairs store the new ones that nobody says anything of before it's one's turn: until the commit nobody sees them, so
    people go on deciding meanwhile. What is known, None for not looked up; and the pairs that were stored.
    """
    if found.height < EARLY_FROM:
        return None, found.select(PAIR).clear()
    driver, known = await session.raw(), await _known(session, scope)
    words = await read_words(session, partnership, scope)
    fresh = found.join(known, on=PAIR, how="anti").join(words, on=PAIR, how="anti")
    verdicts = await anyio.to_thread.run_sync(
        differences, known.clear(), fresh.with_columns(scored=pl.col("status"))
    )
    await _copy(session, verdicts.with_columns(change=pl.lit("fresh")))
    sides = partnership.id, partnership.lo_org_id, partnership.hi_org_id
    await driver.execute(_INSERT, *sides, "fresh")
    if verdicts.height >= VERY_MANY:
        await driver.execute("SELECT count_overlaps()")
    return known, fresh.select(PAIR)


async def _without_said(
    session: MatcherSession, partnership: Partnership, fresh: pl.DataFrame, words: pl.DataFrame
) -> pl.DataFrame:
    """Those of `fresh` of which nobody says anything by now either; an account that came back has brought its words. The others are taken back."""
    said = fresh.join(words, on=PAIR, how="semi")
    driver = await session.raw()
    for statement in _NOT_FRESH:
        await driver.executemany(statement, [(partnership.id, *pair) for pair in said.rows()])
    return fresh.join(said, on=PAIR, how="anti")


async def _copy(session: MatcherSession, verdicts: pl.DataFrame) -> None:
    driver = await session.raw()
    if verdicts.height:
        await driver.copy_to_table("verdict", source=laid(verdicts), format="binary", columns=COLUMNS)


async def judge_again(session: MatcherSession, partnership: Partnership, scope: Scope) -> Scope:
    """As `write_verdicts`, after people said something that no match will look at: of the pairs in scope the score stays as it is."""
    await take_turn(session, Turn.DECIDE, partnership.id, wait=PATIENCE)
    await scope.lay(session)
    known = (await _known(session, scope)).filter(pl.col("scored").is_not_null())
    await (await session.raw()).execute("DROP TABLE scope")
    rules = pl.Series("rules", [rules_text(kinds) for kinds in known["kinds"]], dtype=pl.String)
    found = known.with_columns(rules, status="scored").drop("scored", "id")
    return await write_verdicts(session, partnership, found, scope)


def _with(refs: U64, stored: pl.Series) -> U64:
    return np.union1d(refs, stored.to_numpy().view(np.uint64))


async def _known(session: MatcherSession, scope: Scope) -> pl.DataFrame:
    """The overlaps in scope as they stand."""
    query = scope.sql(_KNOWN, "overlap")
    return await copied(await session.raw(), query, SCHEMA, session.partnership_id)


async def csv_of(frame: pl.DataFrame) -> BytesIO:
    """Rows as `COPY` takes them, written in a thread."""
    buffer = BytesIO()
    await anyio.to_thread.run_sync(partial(frame.write_csv, buffer, include_header=False))
    buffer.seek(0)
    return buffer
