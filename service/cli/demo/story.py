"""What happens in the demo: two organizations, rules, uploads, the match, and what each side then reads with its own key."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from commonground_client.models import Import, ImportStatus, Preset, SharingLevel

from service.cli.demo.side import Side, SideView
from service.cli.demo.truth import Verdict, judge
from service.cli.errors import CommandError
from service.cli.ground import secret
from service.cli.operator import Desk
from service.cli.org import new_organization
from service.cli.partnership import new_partnership
from service.db.database import Database
from service.db.names import Duty
from service.events.repository import PartnershipEvents
from service.events.rules import Message, overlap_messages
from service.jobs import dead_letters, is_busy
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.settings import Settings, open_keystore

SAMPLES: Final = Path(__file__).parents[1] / "samples"
PATIENCE_SECONDS: Final = 60
POLL_SECONDS: Final = 0.1

Rules = Mapping[str, tuple[SharingLevel, Preset]]


@dataclass(frozen=True, slots=True)
class Cast:
    """One of the two organizations: how it is called, what it brings and what it lets the other see."""

    handle: str
    name: str
    rules: Rules

    @property
    def file(self) -> tuple[str, bytes]:
        """Name and content of its list."""
        path = SAMPLES / f"{self.handle}.csv"
        return path.name, path.read_bytes()


BRIGHTWATER: Final = Cast(
    "brightwater",
    "Brightwater Analytics",
    {
        "customers": (SharingLevel.OVERLAPPING, Preset.STANDARD),
        "open_opportunities": (SharingLevel.OVERLAPPING, Preset.STANDARD),
        "prospects": (SharingLevel.MATCHED, Preset.MINIMAL),
    },
)
KEYSTONE: Final = Cast(
    "keystone",
    "Keystone Cloud",
    {
        "customers": (SharingLevel.OVERLAPPING, Preset.STANDARD),
        "open_opportunities": (SharingLevel.OVERLAPPING, Preset.MINIMAL),
        "prospects": (SharingLevel.OVERLAPPING, Preset.STANDARD),
    },
)


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that the terminal and the page show; `left` and `right` are what each side read with its own key."""

    left: SideView
    right: SideView
    messages: tuple[list[Message], list[Message]]
    """The webhook messages that would have gone out to the left and to the right side."""
    verdict: Verdict
    seconds: float
    """From the first upload to the last answer that counted."""
    address: str
    keys: tuple[str, str]
    made: datetime


class Story:
    """Told once, over HTTP, on a service that has just started. `ready` is to be set when it answers."""

    def __init__(self, settings: Settings, address: str, doing: Callable[[str], None]) -> None:
        self.ready = asyncio.Event()
        self.told: Told | None = None
        self._settings, self._address, self._doing = settings, address, doing

    async def tell(self) -> Told:
        """CommandError if an upload is refused, a job is given up, or the match takes too long."""
        await self.ready.wait()
        async with self._desk() as desk, AsyncExitStack() as stack:
            self._doing("making two organizations and their partnership")
            keys = [(await new_organization(desk, c.handle, c.name))[1] for c in (BRIGHTWATER, KEYSTONE)]
            partnership = await new_partnership(desk, BRIGHTWATER.handle, KEYSTONE.handle)
            left, right = [
                await stack.enter_async_context(Side.at(self._address, key, partnership.id)) for key in keys
            ]
            for side, cast in ((left, BRIGHTWATER), (right, KEYSTONE)):
                await side.set_rules(cast.rules)
            loop = asyncio.get_running_loop()
            begun = loop.time()
            uploads = await self._upload(left, right)
            await self._settled(desk.database)
            seconds = loop.time() - begun
            self._doing("reading what each side is told")
            mine, theirs = await left.view(uploads[0]), await right.view(uploads[1])
            self.told = Told(
                left=mine,
                right=theirs,
                messages=(
                    await _messages(desk.database, partnership.id, mine),
                    await _messages(desk.database, partnership.id, theirs),
                ),
                verdict=judge(mine, theirs, SAMPLES),
                seconds=seconds,
                address=self._address,
                keys=(keys[0], keys[1]),
                made=desk.clock.now(),
            )
        return self.told

    @asynccontextmanager
    async def _desk(self) -> AsyncIterator[Desk]:
        urls = secret(self._settings.database_url), secret(self._settings.matcher_database_url)
        keystore = open_keystore(self._settings)
        async with Database(
            app_url=urls[0], matcher_url=urls[1], application="commonground demo"
        ) as database:
            yield Desk(database, keystore, SystemClock(), UuidV7Ids())

    async def _upload(self, left: Side, right: Side) -> list[Import]:
        """Send both lists and wait until each is live."""
        self._doing("uploading both lists")
        sent = [await side.upload(*cast.file) for side, cast in ((left, BRIGHTWATER), (right, KEYSTONE))]
        return [await self._imported(side, upload) for side, upload in zip((left, right), sent, strict=True)]

    async def _imported(self, side: Side, upload: Import) -> Import:
        async with _patience(f"The import of {upload.filename}"):
            while upload.status not in {ImportStatus.COMPLETED, ImportStatus.FAILED}:
                await asyncio.sleep(POLL_SECONDS)
                upload = await side.imported(upload.id)
        if upload.problem is not None:
            raise CommandError(f"The import of {upload.filename} failed: {upload.problem.message}")
        return upload

    async def _settled(self, database: Database) -> None:
        """Wait until no job is due: each adds its successor in its own transaction, so an idle queue is the end."""
        self._doing("hashing, matching, explaining")
        async with _patience("The match"):
            while await _at_work(database):  # noqa: ASYNC110  # the queue tells nobody that it is empty
                await asyncio.sleep(POLL_SECONDS)


async def _at_work(database: Database) -> bool:
    """CommandError names a job that was given up."""
    async with database.directory() as session:
        given_up = await dead_letters(session, limit=1)
        if given_up:
            raise CommandError(f"The job {given_up[0].name} was given up: {given_up[0].error}.")
        return await is_busy(session)


async def _messages(database: Database, partnership_id: UUID, view: SideView) -> list[Message]:
    """What the relay would send this side: only of overlaps that it is told of."""
    async with database.duty(view.me.id, Duty.RELAY) as session:
        events = await PartnershipEvents(session).after(partnership_id)
    return overlap_messages(events, told={overlap.id for overlap in view.overlaps})


@asynccontextmanager
async def _patience(what: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield
    except TimeoutError:
        raise CommandError(
            f"{what} took more than {PATIENCE_SECONDS} seconds; the log above may say why."
        ) from None
