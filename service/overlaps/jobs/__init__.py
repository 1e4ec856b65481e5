"""The way from changed accounts to what people are told, one job a step:

    accounts or rules changed → push (as each owner: tokens) → meet (as the matcher: candidates) → weigh (as each owner:
    evidence codes) → score (as the matcher: overlaps and events) → publish (as each owner: shared records, references)

Where both sides look at owners, push leaves their tokens too, and

    push → relate (as the matcher: pairs of one owner) → publish

Where words begin or cease to stand on a pair:

    publish, push → judge (as the matcher) → publish

Where people of one side decide:

    a word on a pair, a proposal that is published, one that is accepted → relay (as the other side: into its log)

Where keys are rotated:

    an epoch opened → push (as each owner: tokens under both epochs) → switch (as the matcher) → purge (as each owner)

Each job is one transaction, names its successor inside it, and does nothing the second time.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final
from uuid import UUID

from service.accounts.membership import GONE_JOB, SETTLED_JOB
from service.imports.operations import CHANGED_JOB
from service.jobs import JobContext, Payload, Registry
from service.overlaps.comments import COMMENTED_JOB
from service.overlaps.jobs import commented
from service.overlaps.jobs.commented import plan
from service.overlaps.jobs.judge import judge
from service.overlaps.jobs.link import link
from service.overlaps.jobs.meet import meet
from service.overlaps.jobs.parts import (
    JUDGE_JOB,
    LINK_JOB,
    MEET_JOB,
    PUBLISH_JOB,
    PURGE_JOB,
    PUSH_JOB,
    RELATE_JOB,
    RELAY_JOB,
    SCORE_JOB,
    SWITCH_JOB,
    UNLINK_JOB,
    WEIGH_JOB,
    Parts,
)
from service.overlaps.jobs.publish import publish
from service.overlaps.jobs.purge import purge
from service.overlaps.jobs.push import push, push_everywhere
from service.overlaps.jobs.relate import relate
from service.overlaps.jobs.relay import relay
from service.overlaps.jobs.resume import resume
from service.overlaps.jobs.retire import retire
from service.overlaps.jobs.rules import follow_rules, follow_settled
from service.overlaps.jobs.score import score
from service.overlaps.jobs.switch import switch
from service.overlaps.jobs.unlink import unlink
from service.overlaps.jobs.weigh import weigh
from service.partnerships.errors import (
    EpochGoneError,
    PartnershipEndedError,
    PartnershipPausedError,
    UnknownPartnershipError,
)
from service.partnerships.operations import RULES_CHANGED_JOB
from service.partnerships.pausing import RESUMED_JOB
from service.partnerships.rotation import EPOCH_OPENED_JOB

__all__ = ["Parts", "plan", "register"]


STEPS: dict[str, Callable[..., Awaitable[None]]] = {
    CHANGED_JOB: push_everywhere,
    RULES_CHANGED_JOB: follow_rules,
    PUSH_JOB: push,
    MEET_JOB: meet,
    RELATE_JOB: relate,
    WEIGH_JOB: weigh,
    SCORE_JOB: score,
    PUBLISH_JOB: publish,
    LINK_JOB: link,
    UNLINK_JOB: unlink,
    JUDGE_JOB: judge,
    SETTLED_JOB: follow_settled,
    GONE_JOB: retire,
    EPOCH_OPENED_JOB: push,
    SWITCH_JOB: switch,
    PURGE_JOB: purge,
    COMMENTED_JOB: commented.commented,
    RELAY_JOB: relay,
    RESUMED_JOB: resume,
}


_NOTHING_TO_DO: Final = (
    UnknownPartnershipError,
    PartnershipEndedError,
    PartnershipPausedError,
    EpochGoneError,
)


def register(registry: Registry, parts: Parts) -> None:
    """Let the registry run every step; a job's arguments are the step's ids."""
    for name, step in STEPS.items():
        registry.add(name, _handler(step, parts))
    commented.register(registry, database=parts.database, clock=parts.clock)


def _handler(
    step: Callable[..., Awaitable[None]], parts: Parts
) -> Callable[[JobContext, Payload], Awaitable[None]]:
    async def handle(_context: JobContext, payload: Payload) -> None:
        # a partnership that is gone took with it whatever the step would write, and an epoch what was begun under it;
        # what one that rests leaves undone is done when it goes on
        with suppress(*_NOTHING_TO_DO):
            await step(parts, **{name: UUID(str(value)) for name, value in payload.items()})

    return handle
