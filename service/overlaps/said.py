"""What people said, applied to what matching finds: as the matcher, who sees references and marks and no account."""

from uuid import UUID

import polars as pl

from service.db.sessions import MatcherSession
from service.overlaps.decision_models import Word
from service.overlaps.rules import rules_text
from service.overlaps.scope import Scope
from service.overlaps.words import STATUSES, WORDS
from service.partnerships.models import Partnership

PAIR = ["lo_ref", "hi_ref"]
SIDES = ("lo", "hi")
_NAMES_OF = [f"{side}_name" for side in SIDES]
_WORDS = """
    SELECT d.lo_ref, d.hi_ref, max(d.word) FILTER (WHERE d.stands AND d.org_id = $2), max(d.word) FILTER (WHERE d.stands AND d.org_id = $3),
           NOT EXISTS (SELECT FROM decided_account a WHERE a.partnership_id = $1 AND a.org_id = $2 AND a.ref = d.lo_ref AND a.gone_at IS NOT NULL)
           AND NOT EXISTS (SELECT FROM decided_account a WHERE a.partnership_id = $1 AND a.org_id = $3 AND a.ref = d.hi_ref AND a.gone_at IS NOT NULL)
    FROM ({said}) d GROUP BY d.lo_ref, d.hi_ref
"""
_NAMES = (
    "SELECT ref, name FROM decided_account WHERE partnership_id = $1 AND org_id = $2 AND name IS NOT NULL"
)
_OF_THESE = " AND ref = ANY($3::bigint[])"
_REJECTED = """
    SELECT DISTINCT asked.lo, asked.hi, d.org_id::text, d.kinds FROM unnest($4::bytea[], $5::bytea[]) AS asked (lo, hi)
    JOIN decided_account l ON l.partnership_id = $1 AND l.org_id = $2 AND l.name = asked.lo
    JOIN decision d ON d.partnership_id = $1 AND d.lo_ref = l.ref AND d.word = 'reject'
    JOIN decided_account h ON h.partnership_id = $1 AND h.org_id = $3 AND h.ref = d.hi_ref AND h.name = asked.hi
"""
_LEARN = """
    INSERT INTO decision (partnership_id, lo_ref, hi_ref, org_id, partner_org_id, word, open, kinds, learned, stands, actor_kind, decided_at)
    VALUES ($1, $2, $3, $4, $5, 'reject', false, $6, true, false, 'service', now()) ON CONFLICT DO NOTHING
"""
_WORD_SCHEMA = {
    "lo_ref": pl.Int64, "hi_ref": pl.Int64, "lo_word": pl.String, "hi_word": pl.String, "here": pl.Boolean,
}  # fmt: skip
_STANDING = {"scored": None, "confidence": 1.0, "weight": 0.0, "kinds": 0, "evidence": 0}
"""What is said of a pair that people linked, where no key ever met."""


def apply_words(found: pl.DataFrame, known: pl.DataFrame, words: pl.DataFrame) -> pl.DataFrame:
    """The pairs that stand: scored ones as `packed` gives them, and confirmed pairs that no key joins any more.

    `scored` is what the score says, `status` what both sides' `words` make of it, as `read_words` gives them.
    """
    scored = found.rename({"status": "scored"})
    every = pl.concat([scored, _kept(scored, words, known)], how="diagonal_relaxed")
    said = every.join(words, on=PAIR, how="left")
    return said.join(STATUSES, on=["scored", *WORDS], how="left", nulls_equal=True).drop(*WORDS, "here")


async def read_words(session: MatcherSession, partnership: Partnership, scope: Scope) -> pl.DataFrame:
    """The pairs in scope of which somebody says something: `lo_word`, `hi_word`, and whether both accounts are `here`.

    The scope was laid down before.
    """
    driver = await session.raw()
    query = _WORDS.format(said=scope.sql("lo_ref, hi_ref, org_id, word, stands", "decision"))
    rows = await driver.fetch(query, partnership.id, partnership.lo_org_id, partnership.hi_org_id)
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


async def learn(
    session: MatcherSession, partnership: Partnership, unsaid: pl.DataFrame, scope: Scope
) -> None:
    """Say of pairs that nobody said anything of what was said of two others of the same names, where no further key speaks for them.

    So "Delta" stays apart from "Delta Faucet" when either comes back under another id, and two that share a domain as well may meet.
    Such a word stands once both sides are told of the pair, and counts from then on: publishing finds that. Only lessons of names that
    the pairs' accounts bear are read.
    """
    named = unsaid.select(*PAIR, pl.col("kinds").cast(pl.Int64))
    for side in SIDES:
        named = named.join(await _names(session, partnership, side, named, scope), on=f"{side}_ref")
        if not named.height:
            return
    driver, sides = await session.raw(), (partnership.lo_org_id, partnership.hi_org_id)
    asked = named.unique(_NAMES_OF)
    rejected = await driver.fetch(
        _REJECTED, partnership.id, *sides, *(asked[name].to_list() for name in _NAMES_OF)
    )
    schema = {"lo_name": pl.Binary, "hi_name": pl.Binary, "org_id": pl.String, "said_of": pl.Int64}
    lessons = pl.DataFrame([tuple(row) for row in rejected], schema=schema, orient="row")
    alike = named.join(lessons, on=_NAMES_OF)
    # a bit of `kinds` that isn't in `said_of`: something new speaks for the pair
    learned = alike.filter((pl.col("kinds") & ~pl.col("said_of")) == 0).unique([*PAIR, "org_id"])
    rows = [
        (partnership.id, lo, hi, UUID(org_id), partnership.partner_of(UUID(org_id)), kinds)
        for lo, hi, org_id, kinds in learned.select(*PAIR, "org_id", "kinds").rows()
    ]
    await driver.executemany(_LEARN, rows)


async def _names(
    session: MatcherSession, partnership: Partnership, side: str, pairs: pl.DataFrame, scope: Scope
) -> pl.DataFrame:
    """How accounts of one side were called when somebody decided on them: of these pairs, or of all where all are scored."""
    driver, column = await session.raw(), f"{side}_ref"
    org_id = partnership.lo_org_id if side == "lo" else partnership.hi_org_id
    these = [] if scope.is_all else [pairs[column].unique().to_list()]
    rows = await driver.fetch(_NAMES + _OF_THESE * len(these), partnership.id, org_id, *these)
    return pl.DataFrame(
        [tuple(row) for row in rows], schema={column: pl.Int64, f"{side}_name": pl.Binary}, orient="row"
    )
