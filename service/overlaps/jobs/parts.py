"""What the jobs of this room are made of, and their names."""

from asyncio import Semaphore
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from polars import thread_pool_size

from service.crypto import Keystore
from service.db.database import Database
from service.db.sessions import MatcherSession, TenantSession, WriteSession
from service.jobs import enqueue
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.linking.columns import U64
from service.overlaps.repository import put_publish_request
from service.overlaps.warm import WarmSegments
from service.partnerships.models import Partnership
from service.partnerships.rotation import EPOCH_ENDED_JOB

PUSH_JOB = "overlaps.push"
MEET_JOB = "overlaps.meet"
WEIGH_JOB = "overlaps.weigh"
SCORE_JOB = "overlaps.score"
LINK_JOB = "overlaps.link"
UNLINK_JOB = "overlaps.unlink"
JUDGE_JOB = "overlaps.judge"
PUBLISH_JOB = "overlaps.publish"
RELATE_JOB = "overlaps.relate"
SWITCH_JOB = "overlaps.switch_epoch"
PURGE_JOB = EPOCH_ENDED_JOB
RELAY_JOB = "events.relay"
LONG: Final = 1 << 18
"""Bytes from which on what is asked of a list is long: some ten thousand tokens."""
PROPOSED = "link.proposed"
"""What whoever is asked is told by an event, and by an entry in its log, once the account that was proposed is shown to it."""
ACCEPTED = "link.accepted"
"""What whoever proposed is told by an event, and by an entry in its log; never of a refusal."""


@dataclass(frozen=True, slots=True)
class Parts:
    database: Database
    keystore: Keystore
    clock: Clock
    ids: Ids
    warm: WarmSegments = field(default_factory=WarmSegments)
    """What this process has read of the token store."""
    long: Semaphore = field(default_factory=lambda: Semaphore(thread_pool_size()))
    """Of the jobs that go through a long list, as many at a time as there are cores that the process takes: the database would take as
    many again, and leave none to whoever asks it something.
    """

    def turn(self, nbytes: int) -> AbstractAsyncContextManager[None]:
        """For a job that is asked so many bytes."""
        return self.long if nbytes >= LONG else nullcontext()


async def request_publish(
    session: TenantSession | MatcherSession,
    ids: Ids,
    partnership: Partnership,
    org_id: UUID,
    refs: U64 | None,
) -> None:
    """Let one side bring what it shows of these references up to date, None for all."""
    if refs is None or len(refs):
        await put_publish_request(session, ids, partnership, org_id, refs)
        await enqueue_publish(session, partnership.id, org_id)


async def enqueue_publish(session: WriteSession, partnership_id: UUID, org_id: UUID) -> None:
    """Let one side bring what it shows up to date; one job that waits stands for several."""
    place = {"org_id": str(org_id), "partnership_id": str(partnership_id)}
    await enqueue(session, PUBLISH_JOB, place, dedupe_key=f"{partnership_id}:{org_id}")


async def enqueue_unlink(session: TenantSession, partnership_id: UUID) -> None:
    """Let the matcher remove the pairs that nothing keeps any more."""
    await enqueue(
        session, UNLINK_JOB, {"partnership_id": str(partnership_id)}, dedupe_key=str(partnership_id)
    )


async def enqueue_judge(session: WriteSession, partnership_id: UUID) -> None:
    """Let the matcher weigh anew what people said."""
    await enqueue(session, JUDGE_JOB, {"partnership_id": str(partnership_id)}, dedupe_key=str(partnership_id))


async def enqueue_relate(session: WriteSession, partnership_id: UUID) -> None:
    """Let the matcher look anew at who belongs to one owner."""
    await enqueue(
        session, RELATE_JOB, {"partnership_id": str(partnership_id)}, dedupe_key=str(partnership_id)
    )


async def enqueue_relay(session: WriteSession, partnership_id: UUID, org_id: UUID) -> None:
    """Let one side hear of what the other decided, proposed and accepted."""
    place = {"org_id": str(org_id), "partnership_id": str(partnership_id)}
    await enqueue(session, RELAY_JOB, place, dedupe_key=f"{partnership_id}:{org_id}")
