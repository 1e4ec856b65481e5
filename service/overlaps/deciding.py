"""People's words on pairs: said, taken back, and what follows at once for both sides.

The word, the pair's status, the events and one's own log stand in one transaction. Nobody says a word in the partnership meanwhile,
and no match is stored in it (`Turn.DECIDE`).
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np

from service.audit import record
from service.db.names import Duty
from service.db.sessions import TenantSession
from service.db.turns import Turn, take_turn
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.overlaps.decision_models import Word
from service.overlaps.jobs.parts import enqueue_relay, enqueue_unlink, request_publish
from service.overlaps.models import COUNTED, OverlapStatus, Scored
from service.overlaps.rules import rules_text
from service.overlaps.told import CONDITIONS, OF_ONE, PAIRS, SAID, STANDS, STATUS, of_one
from service.overlaps.view import view_of
from service.overlaps.words import status_of
from service.partnerships.models import Partnership
from service.partnerships.repository import Partnerships

_TOLD = f"""
    SELECT o.id, {STATUS} AS status, o.status AS stored, o.scored, w.word AS own_word, v.word AS partner_word
    {PAIRS} {SAID} {CONDITIONS} {STANDS} AND o.id = ANY($7)
"""
_PAIRS = """
    SELECT o.id, o.lo_ref, o.hi_ref, o.status, o.scored, o.kinds, o.confidence, o.lo_shows AND o.hi_shows AS both_told,
           l.word AS lo_word, h.word AS hi_word
    FROM overlap o
    LEFT JOIN decision l ON l.partnership_id = o.partnership_id AND l.lo_ref = o.lo_ref AND l.hi_ref = o.hi_ref AND l.org_id = o.lo_org_id AND l.stands
    LEFT JOIN decision h ON h.partnership_id = o.partnership_id AND h.lo_ref = o.lo_ref AND h.hi_ref = o.hi_ref AND h.org_id = o.hi_org_id AND h.stands
    WHERE o.partnership_id = $1 AND o.id = ANY($2) ORDER BY o.lo_ref, o.hi_ref
"""
_BECOME = "UPDATE overlap SET status = $4, updated_at = $5 WHERE partnership_id = $1 AND lo_ref = $2 AND hi_ref = $3"
_SAY = """
    INSERT INTO decision (partnership_id, lo_ref, hi_ref, org_id, partner_org_id, word, open, kinds, actor_kind, actor_id, decided_at)
    VALUES ($1, $2, $3, $4, $5, $6, false, $7, $8, $9, $10)
    ON CONFLICT (partnership_id, lo_ref, hi_ref, org_id) DO UPDATE
    SET word = excluded.word, actor_kind = excluded.actor_kind, actor_id = excluded.actor_id,
        decided_at = excluded.decided_at, kinds = excluded.kinds, learned = false, stands = true, lo_was = '{}', hi_was = '{}'
"""
_TAKE_BACK = "DELETE FROM decision WHERE partnership_id = $1 AND lo_ref = $2 AND hi_ref = $3 AND org_id = $4"
_ANSWERED = """
    UPDATE decision SET word = 'confirm' WHERE partnership_id = $1 AND lo_ref = $2 AND hi_ref = $3 AND org_id = $4 AND word = 'offer'
"""
_SHOW = """
    UPDATE decision SET open = ($4 AND ($5 OR word = 'offer')) WHERE partnership_id = $1 AND lo_ref = $2 AND hi_ref = $3
"""
_LAST = "SELECT coalesce(max(sequence), 0) FROM partnership_event WHERE partnership_id = $1"
_TELL = """
    INSERT INTO partnership_event (partnership_id, sequence, id, type, data, lo_org_id, hi_org_id, by_org_id, to_org_id, created_at)
    VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8, $9, $10)
"""


class Choice(StrEnum):
    """What one may do about a pair."""

    CONFIRM = "confirm"
    REJECT = "reject"
    OFFER = "offer"
    """Of a pair in review: show what one's rules show of one's own account, and let the other side say whether it is theirs."""
    WITHDRAW = "withdraw"
    """Take back one's own word."""


class Refusal(StrEnum):
    """Why nothing was done about a pair."""

    UNKNOWN = "unknown"
    NOT_OFFERED = "not_offered"
    NOT_IN_REVIEW = "not_in_review"
    NOTHING_SAID = "nothing_said"
    TOO_MANY_COMMENTS = "too_many_comments"
    """Its reason has no room among one's comments on the pair."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one pair: the `status` that it has for whoever asked, None if they are no longer told of it; or why it was left
    alone.
    """

    overlap_id: UUID
    status: OverlapStatus | None = None
    refused: Refusal | None = None


async def decide(
    session: TenantSession,
    clock: Clock,
    ids: Ids,
    partnership_id: UUID,
    choices: Mapping[UUID, Choice],
    *,
    dry_run: bool = False,
) -> Sequence[Outcome]:
    """Say one's word on each overlap; those that one isn't told of are unknown. UnknownPartnershipError, PartnershipPausedError.

    A dry run says what would become of them, and leaves nothing behind.
    """
    partnership = await Partnerships(session).by_id(
        partnership_id
    )  # first: nobody holds up another's partnership
    (await view_of(session, partnership_id)).require_active()
    await take_turn(session, Turn.DECIDE, partnership_id)
    told = await _told(session, partnership_id, choices)
    refused = {
        overlap_id: why
        for overlap_id, choice in choices.items()
        if (why := _refusal(choice, told.get(overlap_id))) is not None
    }
    wanted = {overlap_id: choice for overlap_id, choice in choices.items() if overlap_id not in refused}
    after: Mapping[UUID, Mapping[str, Any]] = {}
    with suppress(_RehearsedError):
        async with session.savepoint():
            await _Deciding(session, clock, ids, partnership).apply(wanted)
            after = await _told(session, partnership_id, wanted)
            if dry_run:
                raise _RehearsedError
    return [
        Outcome(one, OverlapStatus(after[one]["status"]) if one in after else None, refused.get(one))
        for one in choices
    ]


class _RehearsedError(Exception):
    """Ends a dry run: what it wrote is undone."""


async def _told(
    session: TenantSession, partnership_id: UUID, wanted: Mapping[UUID, Choice]
) -> Mapping[UUID, Mapping[str, Any]]:
    """What whoever asks is told of those of the pairs that they are told of."""
    view = await view_of(session, partnership_id)
    driver: asyncpg.Connection = await session.raw()
    rows = await driver.fetch(view.sql(_TOLD, **OF_ONE), *of_one(session, view), list(wanted))
    return {row["id"]: row for row in rows}


def _refusal(choice: Choice, told: Mapping[str, Any] | None) -> Refusal | None:
    if told is None:
        return Refusal.UNKNOWN
    if choice is Choice.WITHDRAW and told["own_word"] is None:
        return Refusal.NOTHING_SAID
    # not by what the pair is to oneself: one's own rejection opens nothing
    if choice is Choice.OFFER and told["stored"] != OverlapStatus.REVIEW:
        return Refusal.NOT_IN_REVIEW
    asked = told["scored"] == Scored.AUTO or told["partner_word"] in {Word.OFFER, Word.CONFIRM}
    if choice is Choice.CONFIRM and not asked:
        return Refusal.NOT_OFFERED
    return None


@dataclass(frozen=True, slots=True)
class _Pair:
    """A pair before a word on it, and after."""

    row: Mapping[str, Any]
    word: Word | None
    words: Mapping[str, Word | None]
    status: OverlapStatus

    @property
    def place(self) -> tuple[int, int]:
        return self.row["lo_ref"], self.row["hi_ref"]

    @property
    def was(self) -> OverlapStatus:
        return OverlapStatus(self.row["status"])

    @property
    def is_over(self) -> bool:
        """Nothing but the words kept it."""
        return self.row["scored"] is None and self.status is OverlapStatus.REVIEW

    @property
    def events(self) -> list[str]:
        """What is told of it, in order. A pair in review isn't told of, whatever is said there."""
        if self.was is self.status is OverlapStatus.REVIEW:
            return []
        created = self.status in COUNTED and self.was not in COUNTED
        removed = self.was in COUNTED and self.status not in COUNTED
        return [*["overlap.created"] * created, "overlap.decided", *["overlap.removed"] * removed]


@dataclass(frozen=True, slots=True)
class _Deciding:
    """Words of the session's side in one partnership."""

    session: TenantSession
    clock: Clock
    ids: Ids
    partnership: Partnership

    async def apply(self, choices: Mapping[UUID, Choice]) -> None:
        if not choices:
            return
        async with self.session.on_duty(Duty.DECIDE):
            driver = await self.session.raw()
            rows = await driver.fetch(_PAIRS, self.partnership.id, list(choices))
            changed = [pair for row in rows if (pair := self._pair(row, choices[row["id"]])) is not None]
            await self._write(driver, changed)
            await self._tell(driver, changed)
        for pair in changed:
            await self._note(pair, choices[pair.row["id"]])
        await self._publish(changed)
        if any(pair.is_over for pair in changed):
            await enqueue_unlink(self.session, self.partnership.id)

    def _pair(self, row: Mapping[str, Any], choice: Choice) -> _Pair | None:
        """None where one has said so already."""
        own, partner = self._sides
        word = None if choice is Choice.WITHDRAW else Word(choice.value)
        said = {side: Word(row[f"{side}_word"]) if row[f"{side}_word"] else None for side in ("lo", "hi")}
        before = dict(said)
        said[own] = word
        if word is Word.CONFIRM and said[partner] is Word.OFFER:
            said[partner] = Word.CONFIRM  # whoever offered meant it
        if said == before:
            return None
        scored = Scored(row["scored"]) if row["scored"] else None
        return _Pair(row, word, said, status_of(scored, said["lo"], said["hi"]))

    @property
    def _sides(self) -> tuple[str, str]:
        own = self.partnership.side_of(self.session.org_id)
        return own, "hi" if own == "lo" else "lo"

    async def _write(self, driver: asyncpg.Connection, pairs: Sequence[_Pair]) -> None:
        """Every statement for all pairs at once; rows are locked in one order, and overlaps first, as by jobs."""
        own, now, actor = self.session.org_id, self.clock.now(), self.session.actor
        partner = self.partnership.partner_of(own)

        def rows(wanted: Iterable[_Pair], *values: Callable[[_Pair], Any]) -> list[tuple[Any, ...]]:
            return [(self.partnership.id, *pair.place, *(value(pair) for value in values)) for pair in wanted]

        moved = [pair for pair in pairs if pair.status is not pair.was]
        await driver.executemany(_BECOME, rows(moved, lambda pair: pair.status.value, lambda _: now))
        said = [pair for pair in pairs if pair.word is not None]
        await driver.executemany(
            _SAY,
            rows(
                said, lambda _: own, lambda _: partner, lambda pair: pair.word, lambda pair: pair.row["kinds"],
                lambda _: actor.kind.value, lambda _: actor.id, lambda _: now,
            ),
        )  # fmt: skip
        unsaid = [pair for pair in pairs if pair.word is None]
        await driver.executemany(_TAKE_BACK, rows(unsaid, lambda _: own))
        confirmed = [pair for pair in pairs if pair.word is Word.CONFIRM]
        await driver.executemany(_ANSWERED, rows(confirmed, lambda _: partner))
        is_open = rows(
            pairs, lambda pair: pair.row["both_told"], lambda pair: pair.status is not OverlapStatus.REVIEW
        )
        await driver.executemany(_SHOW, is_open)

    async def _tell(self, driver: asyncpg.Connection, pairs: Sequence[_Pair]) -> None:
        """Number the events behind those that are there: nobody else numbers any meanwhile."""
        told = [(pair, event) for pair in pairs for event in pair.events]
        if not told:
            return
        last: int = await driver.fetchval(_LAST, self.partnership.id)
        sides = self.partnership.lo_org_id, self.partnership.hi_org_id
        by, to = self.session.org_id, self.partnership.partner_of(self.session.org_id)
        rows = [
            (
                self.partnership.id,
                number,
                self.ids.new(),
                event,
                _said(pair, event),
                *sides,
                by,
                to,
                self.clock.now(),
            )
            for number, (pair, event) in enumerate(told, last + 1)
        ]
        await driver.executemany(_TELL, rows)
        await enqueue_relay(self.session, self.partnership.id, to)

    async def _note(self, pair: _Pair, choice: Choice) -> None:
        target, details = (
            f"overlap:{pair.row['id']}",
            {"partnership_id": str(self.partnership.id), "decision": choice.value},
        )
        await record(self.session, self.clock, "overlap.decided", target=target, details=details)

    async def _publish(self, pairs: Sequence[_Pair]) -> None:
        """What is shown of the accounts, and who is told of them, follows; and each side remembers which accounts they are."""
        sides = self.partnership.lo_org_id, self.partnership.hi_org_id
        for at, org_id in enumerate(sides):
            refs = np.unique(np.array([pair.place[at] for pair in pairs], dtype=np.int64).view(np.uint64))
            async with self.session.on_duty(Duty.PUBLISH):
                await request_publish(self.session, self.ids, self.partnership, org_id, refs)


def _said(pair: _Pair, event: str) -> str:
    """Thin: ids, the rule, the confidence; and what was decided."""
    data: dict[str, Any] = {
        "overlap_id": str(pair.row["id"]), "rules": rules_text(pair.row["kinds"]), "confidence": round(pair.row["confidence"], 4),
    }  # fmt: skip
    if event == "overlap.decided":
        both_reject = set(pair.words.values()) == {Word.REJECT}
        data["status"] = (OverlapStatus.REJECTED if both_reject else pair.status).value
    return json.dumps(data)
