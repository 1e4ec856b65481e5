"""What people said, applied to what matching finds: as the matcher, who sees references and marks and no account."""

from uuid import UUID

import polars as pl

from service.db.sessions import MatcherSession
from service.overlaps.decision_models import Word
from service.overlaps.rules import rules_text
from service.overlaps.words import STATUSES, WORDS
from service.partnerships.models import Partnership

PAIR = ["lo_ref", "hi_ref"]
_WORDS = """
    SELECT d.lo_ref, d.hi_ref, max(d.word) FILTER (WHERE d.stands AND d.org_id = $2), max(d.word) FILTER (WHERE d.stands AND d.org_id = $3),
           NOT EXISTS (SELECT FROM decided_account a WHERE a.partnership_id = $1 AND a.org_id = $2 AND a.ref = d.lo_ref AND a.gone_at IS NOT NULL)
           AND NOT EXISTS (SELECT FROM decided_account a WHERE a.partnership_id = $1 AND a.org_id = $3 AND a.ref = d.hi_ref AND a.gone_at IS NOT NULL)
    FROM decision d WHERE d.partnership_id = $1 GROUP BY d.lo_ref, d.hi_ref
"""
_NAMES = (
    "SELECT ref, name FROM decided_account WHERE partnership_id = $1 AND org_id = $2 AND name IS NOT NULL"
)
_REJECTED = (
    "SELECT lo_ref, hi_ref, org_id::text, kinds FROM decision WHERE partnership_id = $1 AND word = 'reject'"
)
_LEARN = """
    INSERT INTO decision (partnership_id, lo_ref, hi_ref, org_id, partner_org_id, word, open, kinds, learned, stands, actor_kind, decided_at)
    VALUES ($1, $2, $3, $4, $5, 'reject', false, $6, true, false, 'service', now()) ON CONFLICT DO NOTHING
"""
_WORD_SCHEMA = {
    "lo_ref": pl.Int64, "hi_ref": pl.Int64, "lo_word": pl.String, "hi_word": pl.String, "here": pl.Boolean,
}  # fmt: skip
_STANDING = {"scored": None, "confidence": 1.0, "weight": 0.0, "kinds": 0, "evidence": 0}
"""What is said of a pair that people linked, where no key ever met."""


async def apply_words(
    session: MatcherSession,
    partnership: Partnership,
    found: pl.DataFrame,
    known: pl.DataFrame,
    *,
    within: pl.Expr,
) -> pl.DataFrame:
    """The pairs that stand: scored ones as `packed` gives them, and those confirmed pairs of `within` that no key joins any more.

    `scored` is what the score says, `status` what both sides' words make of it.
    """
    scored = found.rename({"status": "scored"})
    words = await _words(session, partnership)
    if not words.height:
        return scored.with_columns(status="scored")
    if await _learn(session, partnership, scored, words):
        words = await _words(session, partnership)
    every = pl.concat([scored, _kept(scored, words.filter(within), known)], how="diagonal_relaxed")
    said = every.join(words, on=PAIR, how="left")
    return said.join(STATUSES, on=["scored", *WORDS], how="left", nulls_equal=True).drop(*WORDS, "here")


async def _words(session: MatcherSession, partnership: Partnership) -> pl.DataFrame:
    """The pairs of which somebody says something: `lo_word`, `hi_word`, and whether both accounts are `here`."""
    driver = await session.raw()
    rows = await driver.fetch(_WORDS, partnership.id, partnership.lo_org_id, partnership.hi_org_id)
    return pl.DataFrame([tuple(row) for row in rows], schema=_WORD_SCHEMA, orient="row")


def _kept(scored: pl.DataFrame, words: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Pairs that both sides confirm and that weren't found, with the facts that are known of them.

    One side's word keeps none: it would hold the other's account open, whatever company that has become.
    """
    confirmed = pl.all_horizontal(pl.col(word) == Word.CONFIRM for word in WORDS).fill_null(value=False)
    kept = words.filter(confirmed & pl.col("here")).select(PAIR).join(scored, on=PAIR, how="anti")
    facts = ["confidence", "weight", "kinds", "evidence"]
    standing = kept.join(known.select(*PAIR, *facts), on=PAIR, how="left").with_columns(
        *(pl.col(fact).fill_null(_STANDING[fact]) for fact in facts), scored=pl.lit(None, pl.String)
    )
    rules = pl.Series("rules", [rules_text(kinds) for kinds in standing["kinds"]], dtype=pl.String)
    return standing.with_columns(rules)


async def _learn(
    session: MatcherSession, partnership: Partnership, scored: pl.DataFrame, words: pl.DataFrame
) -> bool:
    """Say of pairs that nobody said anything of what was said of two others of the same names, where no further key speaks for them.

    So "Delta" stays apart from "Delta Faucet" when either comes back under another id, and two that share a domain as well may meet.
    Such a word stands once both sides are told of the pair: publishing finds that.
    """
    driver = await session.raw()
    sides = {"lo": partnership.lo_org_id, "hi": partnership.hi_org_id}
    names = {
        side: pl.DataFrame(
            [tuple(row) for row in await driver.fetch(_NAMES, partnership.id, org_id)],
            schema={f"{side}_ref": pl.Int64, f"{side}_name": pl.Binary}, orient="row",
        )
        for side, org_id in sides.items()
    }  # fmt: skip
    if not all(frame.height for frame in names.values()):
        return False

    def named(pairs: pl.DataFrame) -> pl.DataFrame:
        return pairs.join(names["lo"], on="lo_ref").join(names["hi"], on="hi_ref")

    rejected = await driver.fetch(_REJECTED, partnership.id)
    schema = {"lo_ref": pl.Int64, "hi_ref": pl.Int64, "org_id": pl.String, "said_of": pl.Int64}
    lessons = named(pl.DataFrame([tuple(row) for row in rejected], schema=schema, orient="row"))
    unsaid = named(scored.select(*PAIR, pl.col("kinds").cast(pl.Int64)).join(words, on=PAIR, how="anti"))
    alike = unsaid.join(lessons.drop(PAIR), on=["lo_name", "hi_name"])
    # a bit of `kinds` that isn't in `said_of`: something new speaks for the pair
    learned = alike.filter((pl.col("kinds") & ~pl.col("said_of")) == 0).unique([*PAIR, "org_id"])
    rows = [
        (partnership.id, lo, hi, UUID(org_id), partnership.partner_of(UUID(org_id)), kinds)
        for lo, hi, org_id, kinds in learned.select(*PAIR, "org_id", "kinds").rows()
    ]
    await driver.executemany(_LEARN, rows)
    return bool(rows)
